//! `cargo xtask documents`: does what the documents tell their readers to do. Every command is run, in a short form where it takes long;
//! every piece of C# is compiled; what is shown as typed prints what is shown behind it; the first C# example is made with the packages, step by step.
//! (Rust is compiled with the tests.)
//! What needs nothing to be built is tested here: that every command is known, every link leads somewhere, every contents list is whole.

#[cfg(test)]
mod claims;
mod csharp;
mod first_example;
mod known;
#[cfg(test)]
mod links;
mod sessions;
mod text;

use crate::guest::BuildGuest;
use crate::managed::Sdk;
use crate::pack::{self, Parts};
use crate::test::native_library;
use anyhow::{Context, Result, ensure};
use clap::Args;
use known::Trial;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Exit codes that are not 0.
const EXITS: &[(&str, i32)] = &[
    // This program's exit code is the number of its arguments.
    ("isolator run APP.dll ARGS", 2),
    ("isolator run app.isolate ARGS", 2),
    ("dotnet APP.dll ARGS", 2),
];

/// Arguments of `documents`.
#[derive(Args)]
pub struct Documents {}

/// Where everything is that the commands need.
pub struct Workshop<'a> {
    workspace: &'a Path,
    sdk: &'a Sdk,
    guest: &'a Path,
    /// Folder of the packages.
    packages: &'a Path,
}

impl Documents {
    /// Builds what is needed, and tries everything.
    pub fn run(&self, workspace: &Path) -> Result<ExitCode> {
        let guest = BuildGuest::ordinary(false).run(workspace)?;
        let sdk = Sdk::find(workspace)?;
        sdk.build(&workspace.join("tests/fixtures/Fixtures.proj"), None)?;
        let packages = tempfile::tempdir()?;
        let parts = Parts {
            built: workspace.join("target/debug"),
            guest: guest.folder,
            compiler: crate::scripting_package::folder(workspace),
        };
        native_library(workspace)?;
        pack::pack(&sdk, workspace, &parts, packages.path())?;
        let workshop = Workshop::new(workspace, &sdk, &parts.guest, packages.path());
        let (passed, failed) = workshop.try_all()?;
        println!("{passed} passed, {failed} failed");
        Ok(match failed {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    }
}

impl<'a> Workshop<'a> {
    /// With what has been built, and packed.
    pub fn new(workspace: &'a Path, sdk: &'a Sdk, guest: &'a Path, packages: &'a Path) -> Self {
        Self {
            workspace,
            sdk,
            guest,
            packages,
        }
    }

    /// Tries everything that the documents say, also after something failed; how much passed and failed.
    pub fn try_all(&self) -> Result<(u64, u64)> {
        let (mut passed, mut failed) = (0, 0);
        let mut count = |what: &str, outcome: Result<()>| match outcome {
            Ok(()) => passed += 1,
            Err(error) => {
                eprintln!("error: {what}: {error:#}");
                failed += 1;
            }
        };
        let documents = text::documents(self.workspace)?;
        let mut done = BTreeSet::new();
        for command in documents.iter().flat_map(text::Document::commands) {
            let outcome = known::trial(&command).and_then(|trial| {
                let form = format!("{trial:?}");
                if done.insert(form) {
                    self.attempt(&command, &trial)
                } else {
                    Ok(())
                }
            });
            count(&format!("{}: {}", command.place, command.text), outcome);
        }
        for block in sessions::blocks(&documents) {
            let place = format!("{}:{}", block.path, block.line);
            count(&place, sessions::follow(self, &block));
        }
        count("the C# of the documents", csharp::compile(self, &documents));
        count(
            "the first C# example",
            first_example::follow(self, &documents),
        );
        Ok((passed, failed))
    }

    fn attempt(&self, command: &text::Command, trial: &Trial) -> Result<()> {
        match trial {
            Trial::Run(form) => {
                let due = EXITS.iter().find(|(known, _)| *known == command.text);
                self.shell(
                    &known::with_placeholders(form),
                    due.map_or(0, |(_, code)| *code),
                )
            }
            Trial::ListsTests(arguments) => self.lists_tests(arguments),
            Trial::Covered(_) => Ok(()),
        }
    }

    /// Runs a command where a reader would: `cargo` in the repository, `isolator` where there is a folder `data`.
    fn shell(&self, line: &str, due: i32) -> Result<()> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("data"))?;
        let in_repository = line.starts_with("cargo ");
        let within = if in_repository {
            self.workspace
        } else {
            folder.path()
        };
        let mut shell = self.sh(line, within)?;
        let output = shell
            .stdin(std::process::Stdio::null())
            .output()
            .context("start sh")?;
        ensure!(
            output.status.code() == Some(due),
            "`{line}` ended with {} instead of {due}:\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// A command in a folder, which finds this build's programs and guest, the SDK, the tests' assemblies.
    fn sh(&self, line: &str, folder: &Path) -> Result<Command> {
        println!("$ {line}");
        let mut shell = Command::new("sh");
        shell
            .args(["-e", "-c", line])
            .current_dir(folder)
            .env("PATH", self.search_path()?)
            .env("FIXTURES", self.workspace.join("target/fixtures"))
            .env("ISOLATOR_GUEST", self.guest)
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        Ok(shell)
    }

    /// With this build's programs, and the SDK that was found.
    fn search_path(&self) -> Result<std::ffi::OsString> {
        let programs = std::env::current_exe()?;
        let own = programs.parent().map(Path::to_path_buf);
        let dotnet = self.sdk.tools.dotnet.parent().map(Path::to_path_buf);
        let before = std::env::var_os("PATH").unwrap_or_default();
        let all: Vec<PathBuf> = own
            .into_iter()
            .chain(dotnet)
            .chain(std::env::split_paths(&before))
            .collect();
        Ok(std::env::join_paths(all)?)
    }

    fn lists_tests(&self, arguments: &str) -> Result<()> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .current_dir(self.workspace)
            .args(["test", "--quiet", "--workspace"])
            .args(arguments.split_whitespace())
            .args(["--", "--list"]);
        println!("$ cargo test --workspace {arguments} -- --list");
        let output = cargo.output().context("start cargo")?;
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            output.status.success() && listed.lines().any(|line| line.ends_with(": test")),
            "no test is called `{arguments}`:\n{listed}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_documents_is_known() {
        let workspace = crate::workspace();
        let documents = text::documents(&workspace).unwrap();
        let commands: Vec<_> = documents
            .iter()
            .flat_map(text::Document::commands)
            .collect();
        assert!(
            commands.len() > 50,
            "only {} commands were found",
            commands.len()
        );
        let failures: Vec<String> = commands
            .iter()
            .filter_map(|command| known::trial(command).err())
            .map(|error| error.to_string())
            .collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        let ci = std::fs::read_to_string(workspace.join(".ci/run")).unwrap();
        for line in [
            "cargo xtask test --install-deps",
            "cargo clippy --workspace --all-targets",
        ] {
            assert!(ci.contains(line), ".ci/run does not run `{line}` any more");
        }
        // Variables that are set before a command are read by some test.
        let mut tests = String::new();
        for file in ["malformed.rs", "left_behind.rs"] {
            tests +=
                &std::fs::read_to_string(workspace.join("tests/tests/hostile").join(file)).unwrap();
        }
        for command in &commands {
            for name in known::variables(&command.text) {
                assert!(
                    tests.contains(name),
                    "{}: no test reads {name}",
                    command.place
                );
            }
        }
    }

    #[test]
    fn every_block_is_looked_at_by_something() {
        let workspace = crate::workspace();
        let doc_tests = std::fs::read_to_string(workspace.join("tests/src/lib.rs")).unwrap();
        let c_tests =
            std::fs::read_to_string(workspace.join("crates/isolator-capi/tests/c_program.rs"))
                .unwrap();
        for document in text::documents(&workspace).unwrap() {
            for block in document.blocks() {
                let known = match block.language {
                    // Commands, C#, and pictures and declarations of others' code.
                    "sh" | "csharp" | "" => true,
                    // A line of a project file: the sample's has it, and the first example's.
                    "xml" => block.text.contains("<PackageReference"),
                    // What is typed, after `$`, and what comes of it.
                    "console" => block.text.starts_with("$ "),
                    "rust,no_run" => {
                        doc_tests.contains(&format!("include_str!(\"../../{}\")", block.path))
                    }
                    // How a client starts the server: it is a command of the document's, too, or has no options.
                    "json" => configured(&block.text)
                        .is_some_and(|command| document.text.contains(&command)),
                    "c" => c_tests.contains(&format!("\"{}\"", block.path)),
                    _ => false,
                };
                assert!(
                    known,
                    "{}:{}: nothing tries a block of {:?}. Rust is included in tests/src/lib.rs, C in \
                     crates/isolator-capi/tests/c_program.rs; commands are `sh`, C# is `csharp`",
                    block.path, block.line, block.language
                );
            }
        }
    }

    /// The command in the configuration of a client of the Model Context Protocol.
    fn configured(json: &str) -> Option<String> {
        let json: serde_json::Value = serde_json::from_str(json).ok()?;
        let servers = json["mcpServers"].as_object()?;
        let server = servers.values().next().filter(|_| servers.len() == 1)?;
        let mut words = vec![server["command"].as_str()?];
        for word in server["args"].as_array()? {
            words.push(word.as_str()?);
        }
        Some(words.join(" "))
    }

    #[test]
    fn files_and_tests_that_are_named_are_there() {
        let workspace = crate::workspace();
        let repository = claims::Repository::read(&workspace).unwrap();
        let documents = text::documents(&workspace).unwrap();
        let faults: Vec<String> = documents
            .iter()
            .flat_map(|document| repository.faults(document))
            .collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn links_and_contents_are_true() {
        let workspace = crate::workspace();
        let documents = text::documents(&workspace).unwrap();
        let faults = links::faults(&workspace, &documents);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
