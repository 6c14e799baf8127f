//! What the documents name of the repository: files, and the tests that show a promise.

use super::text::Document;
use anyhow::{Context, Result};
use std::path::Path;

/// Endings of files that are meant when a piece of code is one.
const FILES: &[&str] = &[".rs", ".cs", ".c", ".h", ".S", ".wit", ".def", ".csproj"];

/// The document in which every promise names its tests.
const PROMISES: &str = "docs/security.md";

/// The repository as far as documents speak of it.
pub struct Repository {
    /// Paths with `/`.
    files: Vec<String>,
    /// Rust and C#, all of it.
    sources: String,
}

impl Repository {
    /// Reads it.
    pub fn read(workspace: &Path) -> Result<Self> {
        let mut repository = Self {
            files: Vec::new(),
            sources: String::new(),
        };
        repository.add(workspace, workspace)?;
        Ok(repository)
    }

    fn add(&mut self, workspace: &Path, folder: &Path) -> Result<()> {
        let entries = folder
            .read_dir()
            .with_context(|| format!("list {}", folder.display()))?;
        for entry in entries {
            let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if kind?.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "obj" {
                    self.add(workspace, &path)?;
                }
                continue;
            }
            if name.ends_with(".rs") || name.ends_with(".cs") {
                self.sources += &std::fs::read_to_string(&path)
                    .with_context(|| format!("read {}", path.display()))?;
            }
            let below = path.strip_prefix(workspace).unwrap_or(&path);
            self.files
                .push(format!("/{}", below.to_string_lossy().replace('\\', "/")));
        }
        Ok(())
    }

    /// Everything that a document names and that is not there.
    pub fn faults(&self, document: &Document) -> Vec<String> {
        let mut faults = Vec::new();
        let mut promising = false;
        for (line, text) in document.prose() {
            if text.starts_with("## ") {
                promising = document.path == PROMISES && text == "## What is promised";
            }
            for code in text.split('`').skip(1).step_by(2) {
                if !self.has_file(code) {
                    faults.push(format!(
                        "{}:{line}: there is no file `{code}`",
                        document.path
                    ));
                }
            }
            // `| promise | tests |`
            if promising && let Some(tests) = text.split(" | ").nth(1) {
                for name in tests.split('`').skip(1).step_by(2) {
                    if !self.has_test(name) {
                        faults.push(format!(
                            "{}:{line}: there is no test `{name}`",
                            document.path
                        ));
                    }
                }
            }
        }
        faults
    }

    fn has_file(&self, code: &str) -> bool {
        let is_path = code
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        let named = FILES
            .iter()
            .any(|ending| code.len() > ending.len() && code.ends_with(ending));
        !is_path
            || !named
            || self
                .files
                .iter()
                .any(|file| file.ends_with(&format!("/{code}")))
    }

    /// A function, a module, a file of tests, a class of C#, or a folder of a hostile program; `loop_*` is any of them that begins so.
    fn has_test(&self, name: &str) -> bool {
        let last = name.rsplit("::").next().unwrap_or(name);
        if !last
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_*".contains(c))
        {
            return true;
        }
        let (begin, end) = match last.strip_suffix('*') {
            Some(begin) => (begin, ""),
            None => (last, "/"),
        };
        let folder = format!("/tests/fixtures/Hostile/{}{end}", begin.replace('_', "-"));
        let file = format!("/{last}.rs");
        // Figures of the bench are measured, and asserted there.
        let words = [
            format!("fn {last}("),
            format!("mod {last}"),
            format!("class {last}"),
            format!("\"{last}\""),
        ];
        self.files.iter().any(|path| {
            path.starts_with(&folder)
                || path.ends_with(&file)
                || path.contains(&format!("/{last}/"))
        }) || words
            .iter()
            .any(|word| self.sources.contains(word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_found() {
        let repository = Repository::read(&crate::workspace()).unwrap();
        let document = Document {
            path: PROMISES.into(),
            text: "`no_such_file.rs` `xtask/src/main.rs` `main.rs` `a b.rs`\n## What is promised\n| x | `attacks::loop_*`, `attacks::loop_nowhere`, \
                   `what_is_not_there_is_found`, `WireTests`, `NoSuchTests` |\n"
                .into(),
        };
        assert_eq!(
            repository.faults(&document),
            [
                "docs/security.md:1: there is no file `no_such_file.rs`",
                "docs/security.md:3: there is no test `attacks::loop_nowhere`",
                "docs/security.md:3: there is no test `NoSuchTests`",
            ]
        );
    }
}
