//! Sources to begin with.

use serde::Serialize;

/// A source that the page offers.
#[derive(Debug, Serialize)]
pub struct Example {
    /// What it is called.
    pub name: &'static str,
    /// The source.
    pub text: &'static str,
    /// Standard input, if it reads that.
    pub input: &'static str,
}

macro_rules! example {
    ($name:literal, $file:literal, $input:literal) => {
        Example {
            name: $name,
            text: include_str!(concat!("../examples/", $file)),
            input: $input,
        }
    };
}

/// All of them, the first of which is there at the beginning.
pub const EXAMPLES: &[Example] = &[
    example!("Hello", "hello.cs", ""),
    example!("Queries and records", "queries.cs", ""),
    example!("Output as it comes", "progress.cs", ""),
    example!("Standard input", "input.cs", "apple 3\npear 5\nplum 8\n"),
    example!("Patterns", "patterns.cs", ""),
    example!("What is out of reach", "reach.cs", ""),
    example!("A loop without an end", "endless.cs", ""),
    example!("All of the memory", "memory.cs", ""),
    example!("An exception", "exception.cs", ""),
];
