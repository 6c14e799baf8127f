//! How files that are made look: comments in lines of a length, Rust as rustfmt writes it.

use anyhow::{Context, Result, ensure};
use std::io::Write;
use std::process::{Command, Stdio};

/// A file below the workspace's folder, and its content.
pub type File = (&'static str, String);

/// Columns of a comment.
const COLUMNS: usize = 130;

/// A documentation comment: paragraphs, in lines that begin with `mark`.
pub fn comment(mark: &str, text: &str) -> String {
    let mut lines = Vec::new();
    for (at, paragraph) in text.split("\n\n").enumerate() {
        if at > 0 {
            lines.push(mark.trim_end().to_owned());
        }
        let mut line = mark.to_owned();
        for word in paragraph.split_whitespace() {
            if line.len() > mark.len() && line.chars().count() + 1 + word.chars().count() > COLUMNS
            {
                lines.push(std::mem::replace(&mut line, mark.to_owned()));
            }
            if line.len() > mark.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n") + "\n"
}

/// The first line of a file that is made.
pub fn head(source: &str) -> String {
    format!("// Made by `cargo xtask codegen` from {source}: do not edit.\n")
}

/// Rust code as rustfmt writes it.
pub fn rust(code: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start rustfmt: is the component installed?")?;
    let mut stdin = child.stdin.take().context("rustfmt has no input")?;
    stdin.write_all(code.as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "rustfmt refused:\n{code}");
    Ok(String::from_utf8(output.stdout)?)
}
