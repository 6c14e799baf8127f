//! What the documents hold: blocks of code, and commands in blocks and in lines.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// A document of the repository.
pub struct Document {
    /// Its path below the repository's root, with `/`.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// A fenced block.
pub struct Block<'a> {
    /// Path of its document.
    pub path: &'a str,
    /// Line of its first line of content.
    pub line: usize,
    /// What follows the fence, such as `rust,no_run`.
    pub language: &'a str,
    /// The content.
    pub text: String,
}

/// A command that a reader is told to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// `PATH:LINE`.
    pub place: String,
    /// The command, without its comment.
    pub text: String,
    /// It stands within a sentence, where a command may be named without what it needs.
    pub inline: bool,
}

/// All documents, but the changelog, which also tells what was.
pub fn documents(workspace: &Path) -> Result<Vec<Document>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let absolute = workspace.join(&folder);
        for entry in absolute
            .read_dir()
            .with_context(|| format!("list {}", absolute.display()))?
        {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = folder.join(&name);
            if entry.file_type()?.is_dir() {
                if !name.starts_with('.')
                    && !matches!(
                        name.as_str(),
                        "target" | "bin" | "obj" | "dist" | "node_modules"
                    )
                {
                    folders.push(path);
                }
            } else if name.ends_with(".md") && name != "CHANGELOG.md" {
                let text = std::fs::read_to_string(entry.path())
                    .with_context(|| format!("read {}", entry.path().display()))?;
                let path = path.to_string_lossy().replace('\\', "/");
                found.push(Document { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

impl Document {
    /// Its fenced blocks.
    pub fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut open = false;
        for (number, line) in self.text.lines().enumerate() {
            match (line.strip_prefix("```"), open) {
                (Some(language), false) => {
                    open = true;
                    blocks.push(Block {
                        path: &self.path,
                        line: number + 2,
                        language: language.trim(),
                        text: String::new(),
                    });
                }
                (Some(_), true) => open = false,
                (None, true) => {
                    if let Some(block) = blocks.last_mut() {
                        block.text += line;
                        block.text.push('\n');
                    }
                }
                (None, false) => {}
            }
        }
        blocks
    }

    /// Its lines that are in no block, with their numbers.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut open = false;
        let mut lines = Vec::new();
        for (number, line) in self.text.lines().enumerate() {
            if line.starts_with("```") {
                open = !open;
            } else if !open {
                lines.push((number + 1, line));
            }
        }
        lines
    }

    /// The commands of its `sh` blocks and of its sentences.
    pub fn commands(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        for block in self.blocks() {
            if block.language != "sh" || is_script(&block.text) {
                continue;
            }
            for (number, line) in block.text.lines().enumerate() {
                let text = without_comment(line);
                if !text.is_empty() {
                    commands.push(Command {
                        place: format!("{}:{}", self.path, block.line + number),
                        text: text.into(),
                        inline: false,
                    });
                }
            }
        }
        for (number, line) in self.prose() {
            for code in line.split('`').skip(1).step_by(2) {
                let program = code.split(' ').next().unwrap_or_default();
                if code.contains(' ') && matches!(program, "cargo" | "dotnet" | "isolator") {
                    commands.push(Command {
                        place: format!("{}:{number}", self.path),
                        text: code.into(),
                        inline: true,
                    });
                }
            }
        }
        commands
    }
}

/// A block whose lines build on one another is a script, and not a list of commands.
pub fn is_script(block: &str) -> bool {
    block.split_whitespace().any(|word| word == "cd")
}

/// The line without a comment that begins with ` #`.
fn without_comment(line: &str) -> &str {
    line.split(" #").next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_commands_are_found() {
        let document = Document {
            path: "a.md".into(),
            text: "Run `cargo xtask test` or `dotnet`.\n```sh\ncargo build   # slow\n\nisolator info\n```\n`isolator run`\n```sh\ncd x\nls\n```\n".into(),
        };
        let found: Vec<(String, String, bool)> = document
            .commands()
            .into_iter()
            .map(|command| (command.place, command.text, command.inline))
            .collect();
        let expected = [
            ("a.md:3", "cargo build", false),
            ("a.md:5", "isolator info", false),
            ("a.md:1", "cargo xtask test", true),
            ("a.md:7", "isolator run", true),
        ];
        let expected: Vec<(String, String, bool)> = expected
            .into_iter()
            .map(|(place, text, inline)| (place.into(), text.into(), inline))
            .collect();
        assert_eq!(found, expected);
        let blocks: Vec<(usize, &str)> = document
            .blocks()
            .iter()
            .map(|block| (block.line, block.language))
            .collect();
        assert_eq!(blocks, [(3, "sh"), (9, "sh")]);
    }
}
