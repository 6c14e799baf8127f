//! What the documents name of the repository: its files. (The tests that docs/security.md names are looked for by the hostile tests.)

use super::text::Document;
use anyhow::{Context, Result};
use std::path::Path;

/// Endings of files that are meant when a piece of code is one.
const FILES: &[&str] = &[".rs", ".cs", ".c", ".h", ".S", ".wit", ".def", ".csproj"];

/// The repository as far as documents speak of it.
pub struct Repository {
    /// Paths with `/`.
    files: Vec<String>,
}

impl Repository {
    /// Reads it.
    pub fn read(workspace: &Path) -> Result<Self> {
        let mut repository = Self { files: Vec::new() };
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
            let below = path.strip_prefix(workspace).unwrap_or(&path);
            self.files
                .push(format!("/{}", below.to_string_lossy().replace('\\', "/")));
        }
        Ok(())
    }

    /// Everything that a document names and that is not there.
    pub fn faults(&self, document: &Document) -> Vec<String> {
        let mut faults = Vec::new();
        for (line, text) in document.prose() {
            for code in text.split('`').skip(1).step_by(2) {
                if !self.has_file(code) {
                    faults.push(format!(
                        "{}:{line}: there is no file `{code}`",
                        document.path
                    ));
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_found() {
        let repository = Repository::read(&crate::workspace()).unwrap();
        let document = Document {
            path: "docs/security.md".into(),
            text: "`no_such_file.rs` `xtask/src/main.rs` `main.rs` `a b.rs`\n".into(),
        };
        assert_eq!(
            repository.faults(&document),
            ["docs/security.md:1: there is no file `no_such_file.rs`"]
        );
    }
}
