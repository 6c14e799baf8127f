//! Numbers and names that more than one language has: those of the wire (`crates/isolator-abi/src/numbers.rs`), the kinds of failures
//! (`wire.rs` beside it), and the enumerations of the C header.

use crate::made::{File, head};
use anyhow::{Context, Result};
use isolator_abi::numbers::{self, extension};
use isolator_abi::wire::FailureKind;
use std::fmt::Write as _;

const SOURCE: &str = "crates/isolator-abi/src/numbers.rs";

/// Enumerations of the header that C# has, as what.
const ENUMERATIONS: &[(&str, &str, &str)] = &[
    ("isolator_host_number", "ISOLATOR_HOST_", "HostNumber"),
    ("isolator_host_text", "ISOLATOR_HOST_", "HostText"),
    (
        "isolator_runtime_number",
        "ISOLATOR_RUNTIME_",
        "RuntimeNumber",
    ),
    ("isolator_runtime_text", "ISOLATOR_RUNTIME_", "RuntimeText"),
    ("isolator_runtime_pair", "ISOLATOR_RUNTIME_", "RuntimePair"),
    ("isolator_http_number", "ISOLATOR_HTTP_", "HttpNumber"),
    ("isolator_http_pair", "ISOLATOR_HTTP_", "HttpPair"),
    ("isolator_statistic", "ISOLATOR_STATISTIC_", "Statistic"),
    ("isolator_handle_kind", "ISOLATOR_HANDLE_", "HandleKind"),
    ("isolator_script_number", "ISOLATOR_SCRIPT_", "ScriptNumber"),
    ("isolator_script_text", "ISOLATOR_SCRIPT_", "ScriptText"),
];

/// Files that are made from Rust's numbers.
pub fn files() -> Vec<File> {
    vec![codes(), failures(), c()]
}

/// For C#, guest and binding alike.
fn codes() -> File {
    let text = format!(
        "{head}namespace Isolator.Runtime.Wire;\n\n/// <content>What host, guest and bindings have alike; the Rust source says more.</content>\n\
         internal static partial class Codes\n{{\n    \
         /// <summary>Extension type of a handle.</summary>\n    public const sbyte Handle = {handle};\n\n    \
         /// <summary>Extension type of a <see cref=\"System.DateTime\"/> whose kind is not UTC.</summary>\n    public const sbyte DateTimeWithKind = {date};\n\n    \
         /// <summary>Extension type of a value with its type.</summary>\n    public const sbyte Typed = {typed};\n\n    \
         /// <summary>Extension type of an object of the message's graph, and of the graph.</summary>\n    public const sbyte Graph = {graph};\n\n    \
         /// <summary>Extension type of an array of numbers.</summary>\n    public const sbyte Block = {block};\n\n    \
         /// <summary>Extension type of an object that leads to no others and is the only one of its message.</summary>\n    public const sbyte Plain = {plain};\n\n    \
         /// <summary>How deep values may nest.</summary>\n    public const int MaxDepth = {depth};\n\n    \
         /// <summary>Most bytes that cross at once.</summary>\n    public const long LargestValue = {largest};\n\n    \
         /// <summary>Most asynchronous calls of the host that one runtime may have under way.</summary>\n    public const int MaxCalls = {calls};\n\n    \
         /// <summary>Bytes of arguments and results that these may have, unless the runtime is given another limit.</summary>\n    public const ulong DefaultBuffers = {buffers};\n}}\n",
        head = head(SOURCE),
        handle = extension::HANDLE,
        date = extension::DATE_TIME_WITH_KIND,
        typed = extension::TYPED,
        graph = extension::GRAPH,
        block = extension::BLOCK,
        plain = extension::PLAIN,
        depth = numbers::MAX_DEPTH,
        largest = numbers::LARGEST_VALUE,
        calls = numbers::MAX_CALLS,
        buffers = isolator_abi::limits::DEFAULT_MAX_VALUE,
    );
    ("guest-dotnet/Isolator.Runtime/Wire/Codes.Shared.cs", text)
}

/// The kinds of failures, for the guest.
fn failures() -> File {
    let mut text = format!(
        "{}namespace Isolator.Runtime;\n\n/// <summary>The kinds of failure, spelled as they cross.</summary>\ninternal static class FailureKind\n{{\n",
        head("crates/isolator-abi/src/wire.rs")
    );
    for kind in FailureKind::ALL {
        let _ = writeln!(
            text,
            "    public const string {kind:?} = \"{}\";",
            kind.name()
        );
    }
    text += "}\n";
    ("guest-dotnet/Isolator.Runtime/FailureKind.cs", text)
}

/// For the guest's C side.
fn c() -> File {
    let text = format!(
        "{}#pragma once\n\n// Most arguments of a call of numbers.\n#define MAX_SCALARS {}\n",
        head(SOURCE),
        numbers::MAX_SCALARS
    );
    ("crates/isolator-guest-shim/c/numbers.h", text)
}

/// The header's enumerations, for C#.
pub fn native(header: &str) -> Result<File> {
    let mut text = format!(
        "{}namespace DotNetIsolator.Interop;\n\n/// <summary>Kinds of the native library's errors.</summary>\ninternal enum NativeErrorKind\n{{\n",
        head("crates/isolator-capi/include/isolator.h")
    );
    for (name, number) in members(header, "isolator_error_kind", "ISOLATOR_ERROR_")? {
        let _ = writeln!(text, "    {name} = {number},");
    }
    text += "}\n";
    for (enumeration, prefix, class) in ENUMERATIONS {
        let _ = write!(
            text,
            "\n/// <summary><c>{enumeration}</c>.</summary>\ninternal static class {class}\n{{\n"
        );
        for (name, number) in members(header, enumeration, prefix)? {
            let _ = writeln!(text, "    public const uint {name} = {number};");
        }
        text += "}\n";
    }
    Ok((
        "bindings/dotnet/DotNetIsolator/Interop/NativeNumbers.cs",
        text,
    ))
}

/// The names and numbers of an enumeration in a header, without the prefix.
fn members(header: &str, enumeration: &str, prefix: &str) -> Result<Vec<(String, i64)>> {
    let missing = || format!("the header has no {enumeration}");
    let (_, rest) = header
        .split_once(&format!("enum {enumeration}\n"))
        .with_context(missing)?;
    // A comment may have braces, too.
    let code: Vec<&str> = rest
        .lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code))
        .collect();
    let code = code.join("\n");
    let (_, rest) = code.split_once("{\n").with_context(missing)?;
    let (body, _) = rest.split_once('}').with_context(missing)?;
    body.lines()
        .filter_map(|line| line.trim().strip_prefix(prefix))
        .map(|line| {
            let (name, number) = line.split_once(" = ").with_context(missing)?;
            let number = number.trim_end_matches(',').parse().with_context(missing)?;
            Ok((pascal(name), number))
        })
        .collect()
}

/// `BadGuestBehavior` of `BAD_GUEST_BEHAVIOR`.
fn pascal(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{first}{}", rest.to_lowercase())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_header_are_read() {
        let header = "enum a\n#if x\n : int32_t\n#endif\n {\n    // One.\n    P_ONE_MORE = 1,\n    P_B = 20,\n};\n";
        let read = members(header, "a", "P_").unwrap();
        assert_eq!(read, [("OneMore".to_owned(), 1), ("B".to_owned(), 20)]);
        assert!(members(header, "b", "P_").is_err());
    }

    #[test]
    fn braces_in_comments_end_nothing() {
        let header = "enum a\n {\n    // `{NAME}` is a secret, in `}`.\n    P_A = 1, // {\n    // P_NOT = 3,\n    P_B = 2,\n};\nenum b\n {\n    P_C = 4,\n};\n";
        let read = members(header, "a", "P_").unwrap();
        assert_eq!(read, [("A".to_owned(), 1), ("B".to_owned(), 2)]);
        assert!(members("enum a\n {\n    P_A = 1, // }\n", "a", "P_").is_err());
    }
}
