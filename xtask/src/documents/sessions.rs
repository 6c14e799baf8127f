//! What is typed and what comes of it, in blocks of `console`: a file that `cat` shows is written, all else is run beside it, and has to print what stands there.

use super::Workshop;
use super::text::{Block, Document};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Component, Path};

/// What the prompt shows before what is typed.
const PROMPT: &str = "> ";

/// A line that is typed, and what comes of it.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// A file is shown.
    File { name: String, text: String },
    /// A command is run.
    Run {
        line: String,
        /// What is typed at its prompt.
        input: String,
        /// What it prints.
        output: String,
    },
}

/// The blocks that are tried here. What begins with `dotnet` is the first C# example's.
pub fn blocks(documents: &[Document]) -> Vec<Block<'_>> {
    let blocks = documents.iter().flat_map(Document::blocks);
    blocks
        .filter(|block| block.language == "console" && !block.text.starts_with("$ dotnet "))
        .collect()
}

/// Does what a block does, and compares what comes of it.
pub fn follow(workshop: &Workshop<'_>, block: &Block<'_>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    for step in steps(&block.text)? {
        match step {
            Step::File { name, text } => write(folder.path(), &name, &text)?,
            Step::Run {
                line,
                input,
                output,
            } => run(workshop, folder.path(), &line, &input, &output)?,
        }
    }
    Ok(())
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = Path::new(name);
    let is_below = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    ensure!(is_below, "`{name}` is no file beside the others");
    let path = folder.join(path);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}

fn run(
    workshop: &Workshop<'_>,
    folder: &Path,
    line: &str,
    input: &str,
    output: &str,
) -> Result<()> {
    let typed = folder.join(".typed");
    std::fs::write(&typed, input)?;
    let mut shell = workshop.sh(line, folder)?;
    let ended = shell
        .stdin(std::fs::File::open(&typed)?)
        .output()
        .context("start sh")?;
    let mut printed = String::from_utf8_lossy(&ended.stdout).into_owned();
    printed += &String::from_utf8_lossy(&ended.stderr);
    ensure!(
        printed == output,
        "`{line}` printed {printed:?} instead of {output:?}"
    );
    let due = i32::from(output.contains(": error "));
    ensure!(
        ended.status.code() == Some(due),
        "`{line}` ended with {} instead of {due}",
        ended.status
    );
    Ok(())
}

/// Takes a block apart.
///
/// # Errors
/// Lines that come of nothing, or a file that is not there.
fn steps(block: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for line in block.lines() {
        if let Some(line) = line.strip_prefix("$ ") {
            steps.push(match line.strip_prefix("cat ") {
                Some(name) => Step::File {
                    name: name.into(),
                    text: String::new(),
                },
                None => Step::Run {
                    line: line.into(),
                    input: String::new(),
                    output: String::new(),
                },
            });
            continue;
        }
        let into = match steps.last_mut() {
            Some(Step::File { text, .. }) => text,
            Some(Step::Run {
                line: command,
                input,
                output,
            }) => match (line.strip_prefix(PROMPT), &**command) {
                (Some(typed), "isolator repl") => {
                    *input += typed;
                    input.push('\n');
                    continue;
                }
                // Only a terminal is greeted.
                (None, "isolator repl") if line == greeting() => continue,
                _ => output,
            },
            None => bail!("`{line}` comes of no command"),
        };
        *into += line;
        into.push('\n');
    }
    for step in &steps {
        let is_empty = match step {
            Step::File { text, .. } => text.is_empty(),
            Step::Run { output, .. } => output.is_empty(),
        };
        ensure!(!is_empty, "nothing comes of {step:?}");
    }
    Ok(steps)
}

fn greeting() -> String {
    format!(
        "C# in a sandbox, isolator {}. #help says more.",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(line: &str, input: &str, output: &str) -> Step {
        Step::Run {
            line: line.into(),
            input: input.into(),
            output: output.into(),
        }
    }

    #[test]
    fn a_block_is_files_and_commands_with_what_they_print() {
        let block =
            "$ cat lib/a.cs\nint x;\n\n$ isolator check lib/a.cs\nlib/a.cs(1,1): error\n  more\n";
        let file = Step::File {
            name: "lib/a.cs".into(),
            text: "int x;\n\n".into(),
        };
        assert_eq!(
            steps(block).unwrap(),
            [
                file,
                ran(
                    "isolator check lib/a.cs",
                    "",
                    "lib/a.cs(1,1): error\n  more\n"
                )
            ]
        );
        let block = format!(
            "$ isolator repl\n{}\n> int x = 1;\n> x\n1\n> \"> \"\n\"> \"\n",
            greeting()
        );
        assert_eq!(
            steps(&block).unwrap(),
            [ran(
                "isolator repl",
                "int x = 1;\nx\n\"> \"\n",
                "1\n\"> \"\n"
            )]
        );
        // Elsewhere that is no prompt.
        assert_eq!(
            steps("$ echo '> a'\n> a\n").unwrap(),
            [ran("echo '> a'", "", "> a\n")]
        );
    }

    #[test]
    fn what_compares_nothing_is_an_error() {
        let problem = |block: &str| steps(block).unwrap_err().to_string();
        assert_eq!(problem("a\n$ true\n"), "`a` comes of no command");
        assert!(problem("$ isolator info\n").starts_with("nothing comes of "));
        assert!(problem("$ cat a.cs\n$ echo 1\n1\n").starts_with("nothing comes of "));
        let folder = tempfile::tempdir().unwrap();
        for name in ["/a.cs", "../a.cs", "b/../../a.cs"] {
            let outcome = write(folder.path(), name, "");
            assert!(outcome.is_err(), "{name}");
        }
    }

    #[test]
    fn the_blocks_of_the_documents_are_understood() {
        let documents = super::super::text::documents(&crate::workspace()).unwrap();
        let blocks = blocks(&documents);
        let of_scripting = blocks
            .iter()
            .filter(|block| block.path == "docs/scripting.md");
        assert!(of_scripting.count() >= 5);
        for block in blocks {
            let place = format!("{}:{}", block.path, block.line);
            steps(&block.text).unwrap_or_else(|problem| panic!("{place}: {problem}"));
        }
    }
}
