//! How each command that a document names is tried.

use super::text::Command;
use crate::Arguments;
use anyhow::{Result, bail, ensure};
use clap::Parser;

/// How a command is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// This is run: the command itself, or a short form of it.
    Run(String),
    /// It picks tests: `cargo test` lists them with these arguments, and there must be one.
    ListsTests(String),
    /// Its program only reads it; the text says what runs it.
    Covered(&'static str),
}

/// The commands of `cargo` and `dotnet`, each as it stands in the documents.
const KNOWN: &[(&str, How)] = &[
    ("cargo xtask demo --install-deps", How::AsItIs),
    (
        "cargo xtask demo",
        How::Covered("with `--install-deps`, see above"),
    ),
    ("cargo xtask build-guest", How::AsItIs),
    (
        "dotnet run hello.cs",
        How::Covered("`cargo xtask bench --only-script` runs it"),
    ),
    ("cargo xtask codegen", How::AsItIs),
    (
        "cargo xtask page",
        How::Covered("by hand: it rewrites the page's files; `cargo xtask test` compares them"),
    ),
    (
        "cargo xtask page --picture",
        How::Covered("by hand: it takes the picture anew"),
    ),
    ("cargo xtask test", How::Covered("`.ci/run` runs it")),
    (
        "cargo xtask test --install-deps",
        How::Covered("`.ci/run` runs it"),
    ),
    (
        "cargo xtask test --every-tier",
        How::Covered("by hand: it takes as long as three runs"),
    ),
    (
        "cargo xtask train",
        How::Covered("by hand: it rewrites the list of compiled methods"),
    ),
    (
        "cargo xtask train --compiler",
        How::Covered("by hand: it rewrites the list of the compiler's compiled methods"),
    ),
    (
        "cargo xtask hot",
        How::Covered("by hand: it rewrites the list of functions that come first"),
    ),
    (
        "cargo xtask build-guest --interpreted",
        How::Covered("`cargo xtask test` builds that guest"),
    ),
    (
        "cargo xtask build-guest --icu-data FILE",
        How::Covered("by hand: the file is of 30 MB; tests of `icu.rs` read and write small ones"),
    ),
    ("cargo check", How::Covered("clippy does more")),
    (
        "dotnet tool install --global Isolator.DotNet.Tool",
        How::Covered("`cargo xtask test` installs the tool that it packed, into a folder"),
    ),
    (
        "cargo xtask documents",
        How::Covered("it is what runs this"),
    ),
    ("cargo xtask bench", How::Short(BENCH)),
    ("cargo xtask bench --this-build", How::Short(BENCH)),
    (
        "cargo xtask bench --this-build --library",
        How::Short("cargo xtask bench --this-build --library bits"),
    ),
    (
        "cargo xtask bench --this-build --samples 40",
        How::Short(BENCH),
    ),
    (
        "cargo xtask bench --this-build --only-ahead --samples 20",
        How::Short(BENCH),
    ),
    ("cargo xtask fuzz", How::Short(FUZZ)),
    ("cargo xtask fuzz --seconds 60", How::Short(FUZZ)),
    (
        "cargo xtask fuzz values --seconds 3600 --save --minimize",
        How::Short(FUZZ),
    ),
    (
        "cargo xtask pack",
        How::Covered("the first C# example is made with the packages"),
    ),
    ("cargo xtask example plug-ins", How::AsItIs),
    (
        "cargo xtask example tenants",
        How::Covered("examples/tests runs it"),
    ),
    (
        "cargo xtask example callbacks",
        How::Covered("examples/tests runs it"),
    ),
    (
        "cargo xtask example rules-server",
        How::Covered("examples/tests runs it"),
    ),
    (
        "cargo xtask example uploads",
        How::Covered("examples/tests runs it"),
    ),
    (
        "cargo xtask example workflow",
        How::Covered("examples/tests runs it"),
    ),
    (
        "cargo build --release --workspace --bin isolator",
        How::Short("cargo build --workspace --bin isolator"),
    ),
    ("cargo fmt --all", How::Short("cargo fmt --all --check")),
    (
        "cargo clippy --workspace --all-targets -- -D warnings",
        How::Covered("`.ci/run` runs it"),
    ),
    ("dotnet APP.dll ARGS", How::AsItIs),
    (
        "dotnet run",
        How::Covered("`cargo xtask bench --only-script`"),
    ),
    (
        "dotnet restore",
        How::Covered("`cargo xtask build-guest` runs it"),
    ),
    (
        "dotnet build",
        How::Covered("`cargo xtask build-guest` runs it"),
    ),
    (
        "dotnet test Isolator.Runtime.Tests",
        How::Covered("`cargo xtask test` runs it"),
    ),
];

/// A few samples say that it works, and nothing about speed.
const BENCH: &str = "cargo xtask bench --this-build --ordinary-only --samples 3";

/// One target for a moment: it is the build with counters that could fail.
const FUZZ: &str = "cargo xtask fuzz scalars --seconds 1";

/// What stands in a document for something of the reader's, and what it is in a trial.
pub const PLACEHOLDERS: &[(&str, &str)] = &[
    ("ARGS", "one two"),
    ("Namespace.Type", "CliLibrary.Calls"),
    ("TYPE", "CliLibrary.Calls"),
    ("Method", "Label"),
    ("'Namespace.Type.Method=[1,", "'CliLibrary.Calls.Label=[1,"),
];

/// A file that the documents make of the reader's assembly.
const SNAPSHOT: &str = "app.isolate";

/// A script of the reader's, and what it is in a trial.
const SCRIPT: (&str, &str) = ("hello.cs", "Console.WriteLine($\"hello {args[0]}\");");

/// A folder of packages of the reader's.
const FEED: &str = "./feed";

enum How {
    AsItIs,
    Short(&'static str),
    Covered(&'static str),
}

/// How this command is tried.
///
/// # Errors
/// If nothing is known of it, or its own program does not take it.
pub fn trial(command: &Command) -> Result<Trial> {
    let text = without_variables(&command.text);
    if let Some(arguments) = text.strip_prefix("cargo xtask ") {
        read_by_xtask(&command.place, arguments)?;
    }
    if text.starts_with("isolator ") {
        return Ok(Trial::Run(of_isolator(text, command.inline)));
    }
    for prefix in ["cargo xtask test -- ", "cargo test --workspace "] {
        if let Some(arguments) = text.strip_prefix(prefix) {
            return Ok(Trial::ListsTests(arguments.into()));
        }
    }
    match KNOWN.iter().find(|(known, _)| *known == text) {
        Some((_, How::AsItIs)) => Ok(Trial::Run(text.into())),
        Some((_, How::Short(form))) => {
            if let Some(arguments) = form.strip_prefix("cargo xtask ") {
                read_by_xtask("the short form", arguments)?;
            }
            Ok(Trial::Run((*form).into()))
        }
        Some((_, How::Covered(what))) => Ok(Trial::Covered(what)),
        None => bail!(
            "{}: nothing tries `{text}`. Add a row to `KNOWN` in xtask/src/documents/known.rs that says whether it is run as it is, \
             in which short form, or what else runs it",
            command.place
        ),
    }
}

/// The command without the environment variables that are set before it.
fn without_variables(text: &str) -> &str {
    let mut rest = text;
    while let Some((first, after)) = rest.split_once(' ')
        && first.contains('=')
    {
        rest = after.trim_start();
    }
    rest
}

/// The names of the environment variables that are set before a command.
#[cfg(test)]
pub fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ')
        .map_while(|word| word.split_once('=').map(|(name, _)| name))
}

/// `cargo xtask` itself takes the arguments: a flag that is gone is an error.
fn read_by_xtask(place: &str, arguments: &str) -> Result<()> {
    let words = ["cargo xtask"]
        .into_iter()
        .chain(arguments.split_whitespace());
    let read = Arguments::try_parse_from(words);
    let error = read.err().map(|error| error.to_string());
    ensure!(
        error.is_none(),
        "{place}: `cargo xtask {arguments}` is not understood: {}",
        error.unwrap_or_default()
    );
    Ok(())
}

/// All of `isolator` is run: a command as a document has it, on one of the tests' assemblies. A sentence may name a command without its
/// assembly; then the program reads it, and prints its help.
fn of_isolator(text: &str, inline: bool) -> String {
    match inline && !text.contains(".dll") && text != "isolator info" {
        true => format!("{text} --help"),
        false
            if ["isolator playground", "isolator mcp --http"]
                .iter()
                .any(|server| text.starts_with(server)) =>
        {
            until_it_serves(text)
        }
        false => text.into(),
    }
}

/// What serves until it is ended: here until it has said its address.
fn until_it_serves(text: &str) -> String {
    format!(
        "{text} > address 2>&1 & page=$!; until grep -q http: address; do kill -0 $page && sleep 0.1; done; kill $page"
    )
}

/// What is run, with the reader's things replaced, and with what may be left out.
pub fn with_placeholders(text: &str) -> String {
    let assembly = match text.contains("isolator run") || text.starts_with("dotnet ") {
        true => "CliHello",
        false => "CliLibrary",
    };
    // What is compiled lies beside its assembly, and the tests' own are used without.
    let writes_beside = text.starts_with("isolator compile ") && !text.ends_with(" --help");
    let words = text.split(' ').map(|word| {
        let word = match word.strip_prefix('[') {
            Some(optional) => optional.trim_end_matches(']'),
            None => word,
        };
        match PLACEHOLDERS.iter().find(|(name, _)| *name == word) {
            Some((_, value)) => (*value).into(),
            None if word.eq_ignore_ascii_case("app.dll") => match writes_beside {
                true => format!("{assembly}.dll"),
                false => format!("\"$FIXTURES/{assembly}/{assembly}.dll\""),
            },
            None => word.into(),
        }
    });
    let command = words.collect::<Vec<String>>().join(" ");
    // Each command is run by itself.
    let takes_snapshot = text.contains(SNAPSHOT) && !text.starts_with("isolator snapshot ");
    let before = match takes_snapshot && !text.ends_with(" --help") {
        true => {
            format!("isolator snapshot \"$FIXTURES/{assembly}/{assembly}.dll\" -o {SNAPSHOT} && ")
        }
        false if text.split(' ').any(|word| word == SCRIPT.0) => {
            // Packages that it may use, of which this one uses none.
            let feed = match text.split(' ').any(|word| word == FEED) {
                true => format!("mkdir -p {FEED} && "),
                false => String::new(),
            };
            format!("{feed}echo '{}' > {} && ", SCRIPT.1, SCRIPT.0)
        }
        false if writes_beside => format!("cp \"$FIXTURES/{assembly}/{assembly}.dll\" . && "),
        false => String::new(),
    };
    before + &command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str, inline: bool) -> Command {
        Command {
            place: "a.md:1".into(),
            text: text.into(),
            inline,
        }
    }

    #[test]
    fn wrong_and_unknown_commands_are_errors() {
        let error = trial(&command("cargo xtask bench --smaples 3", false))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("a.md:1") && error.contains("--smaples"),
            "{error}"
        );
        let error = trial(&command("cargo install isolator", false))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`KNOWN` in xtask/src/documents/known.rs"),
            "{error}"
        );
    }

    #[test]
    fn what_is_run_has_something_in_every_place() {
        let run = |text, inline| match trial(&command(text, inline)).unwrap() {
            Trial::Run(text) => with_placeholders(&text),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            run("isolator run --memory 1MiB APP.dll ARGS", false),
            "isolator run --memory 1MiB \"$FIXTURES/CliHello/CliHello.dll\" one two"
        );
        assert_eq!(
            run("isolator inspect APP.dll [TYPE] [--json]", true),
            "isolator inspect \"$FIXTURES/CliLibrary/CliLibrary.dll\" CliLibrary.Calls --json"
        );
        assert_eq!(
            run(
                "isolator call APP.dll Namespace.Type Method '[1, \"two\"]'",
                false
            ),
            "isolator call \"$FIXTURES/CliLibrary/CliLibrary.dll\" CliLibrary.Calls Label '[1, \"two\"]'"
        );
        assert_eq!(
            run(
                "isolator snapshot APP.dll -o app.isolate --call 'Namespace.Type.Method=[1, \"two\"]'",
                false
            ),
            "isolator snapshot \"$FIXTURES/CliLibrary/CliLibrary.dll\" -o app.isolate --call 'CliLibrary.Calls.Label=[1, \"two\"]'"
        );
        assert_eq!(
            run("isolator playground --port 8080", false),
            "isolator playground --port 8080 > address 2>&1 & page=$!; until grep -q http: address; do kill -0 $page && sleep 0.1; done; kill $page"
        );
        assert_eq!(
            run("isolator playground", true),
            "isolator playground --help"
        );
        assert_eq!(
            run("isolator run app.isolate ARGS", false),
            "isolator snapshot \"$FIXTURES/CliHello/CliHello.dll\" -o app.isolate && isolator run app.isolate one two"
        );
        assert_eq!(
            run("isolator compile APP.dll", false),
            "cp \"$FIXTURES/CliLibrary/CliLibrary.dll\" . && isolator compile CliLibrary.dll"
        );
        assert_eq!(
            run("isolator run --packages ./feed hello.cs", false),
            "mkdir -p ./feed && echo 'Console.WriteLine($\"hello {args[0]}\");' > hello.cs && isolator run --packages ./feed hello.cs"
        );
        assert_eq!(
            run("isolator run hello.cs world", false),
            "echo 'Console.WriteLine($\"hello {args[0]}\");' > hello.cs && isolator run hello.cs world"
        );
        assert_eq!(
            run("isolator info app.isolate", true),
            "isolator info app.isolate --help"
        );
        assert_eq!(
            run("isolator run --load-from-writable", true),
            "isolator run --load-from-writable --help"
        );
        let listed = trial(&command(
            "SEED=1 cargo xtask test -- --test hostile malformed",
            false,
        ))
        .unwrap();
        assert_eq!(listed, Trial::ListsTests("--test hostile malformed".into()));
        assert_eq!(
            variables("SEED=1 cargo xtask test").collect::<Vec<_>>(),
            ["SEED"]
        );
    }
}
