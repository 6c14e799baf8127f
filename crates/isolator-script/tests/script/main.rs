//! Compiles and runs C# inside sandboxes: what comes of it, to the letter; and what does not come of sources that are made to harm.

mod checking;
mod compiled;
mod completing;
mod evaluating;
mod functions;
mod hostile;
mod hot;
mod loading;
mod packages;
mod preparing;
mod running;
mod sessions;

use isolator_script::{Diagnostics, Error, Options, ScriptHost, Source};
use std::sync::LazyLock;

/// One host for all tests.
fn scripts() -> &'static ScriptHost {
    static HOST: LazyLock<ScriptHost> =
        LazyLock::new(|| ScriptHost::new().unwrap_or_else(|error| panic!("{error}")));
    &HOST
}

fn with(options: Options) -> ScriptHost {
    scripts().with_options(options)
}

fn source(text: &str) -> [Source; 1] {
    [Source::new("script.cs", text)]
}

/// What is wrong with a source, as a build prints it.
fn check(text: &str) -> String {
    scripts().check(&source(text)).unwrap().to_string()
}

/// The errors of what does not compile.
#[track_caller]
fn errors<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Diagnostics {
    match outcome {
        Err(Error::Compile(diagnostics)) => diagnostics,
        other => panic!("{other:?}"),
    }
}
