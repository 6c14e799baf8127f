//! Steps that are skipped when nothing that goes into them has changed.

use crate::error::{BuildError, Context};
use isolator_abi::contract::hex;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// What happens to a step, for whoever shows progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It starts now.
    Started,
    /// It ended well.
    Done,
    /// It was skipped: its inputs are the same as last time.
    Fresh,
}

/// Receives the name of each step and what happens to it.
pub type Progress<'a> = &'a dyn Fn(&str, StepState);

/// Everything that goes into a step, hashed.
#[derive(Clone, Default)]
pub struct Inputs(Sha256);

impl Inputs {
    /// Adds a value: a version, an option, the key of an earlier step.
    #[must_use]
    pub fn value(mut self, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.0.update((value.len() as u64).to_le_bytes());
        self.0.update(value);
        self
    }

    /// Adds a file's content, under its name without the folder.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn file(self, path: &Path) -> Result<Self, BuildError> {
        let content = std::fs::read(path).at("read", path)?;
        Ok(self
            .value(path.file_name().unwrap_or_default().as_encoded_bytes())
            .value(Sha256::digest(&content)))
    }

    /// Adds all files under a folder that a filter lets through, in the order of their names.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn folder(
        mut self,
        folder: &Path,
        take: &dyn Fn(&Path) -> bool,
    ) -> Result<Self, BuildError> {
        for path in files_under(folder, take)? {
            let relative = path.strip_prefix(folder).unwrap_or(&path);
            self = self
                .value(relative.as_os_str().as_encoded_bytes())
                .file(&path)?;
        }
        Ok(self)
    }

    /// The key: SHA-256 in hex.
    #[must_use]
    pub fn key(self) -> String {
        hex(&self.0.finalize())
    }
}

/// All files under a folder, sorted, without those that a build makes (`bin`, `obj`).
///
/// # Errors
/// If a folder cannot be listed.
pub fn files_under(
    folder: &Path,
    take: &dyn Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, BuildError> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).at("list", &folder)? {
            let path = entry.at("list", &folder)?.path();
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() {
                if name != "bin" && name != "obj" {
                    folders.push(path);
                }
            } else if take(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Runs steps and remembers their keys in a folder.
pub struct Steps<'a> {
    folder: PathBuf,
    progress: Progress<'a>,
}

impl<'a> Steps<'a> {
    /// Keys are kept in `folder`, which is created.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn new(folder: PathBuf, progress: Progress<'a>) -> Result<Self, BuildError> {
        std::fs::create_dir_all(&folder).at("create", &folder)?;
        Ok(Self { folder, progress })
    }

    /// Runs `make`, unless the key is last time's and every output is there. Returns the key, for steps that build on it.
    ///
    /// # Errors
    /// What `make` fails with; the step then runs again next time.
    pub fn run(
        &self,
        name: &str,
        inputs: Inputs,
        outputs: &[&Path],
        make: impl FnOnce() -> Result<(), BuildError>,
    ) -> Result<String, BuildError> {
        let key = inputs.key();
        let stamp = self.folder.join(format!("{}.key", name.replace(' ', "-")));
        let fresh = std::fs::read_to_string(&stamp).is_ok_and(|old| old == key)
            && outputs.iter().all(|o| o.exists());
        if fresh {
            (self.progress)(name, StepState::Fresh);
            return Ok(key);
        }
        (self.progress)(name, StepState::Started);
        let _ = std::fs::remove_file(&stamp);
        make()?;
        for output in outputs {
            if !output.exists() {
                return Err(BuildError::Recipe(format!(
                    "the step `{name}` ended without making {}",
                    output.display()
                )));
            }
        }
        std::fs::write(&stamp, &key).at("write", &stamp)?;
        (self.progress)(name, StepState::Done);
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_step_runs_again_only_when_its_inputs_change() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out");
        let seen = RefCell::new(Vec::new());
        let progress = |_: &str, state: StepState| seen.borrow_mut().push(state);
        let steps = Steps::new(folder.path().join("keys"), &progress).unwrap();
        let step = |input: &str| {
            steps.run("a step", Inputs::default().value(input), &[&output], || {
                std::fs::write(&output, input).at("write", &output)
            })
        };
        step("1").unwrap();
        step("1").unwrap();
        assert_eq!(
            *seen.borrow(),
            [StepState::Started, StepState::Done, StepState::Fresh]
        );
        std::fs::remove_file(&output).unwrap();
        step("1").unwrap();
        assert!(output.exists(), "a missing output is made again");
        step("2").unwrap();
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "2");
        assert!(
            steps
                .run(
                    "nothing",
                    Inputs::default(),
                    &[&folder.path().join("none")],
                    || Ok(())
                )
                .is_err()
        );
    }

    #[test]
    fn values_do_not_run_together() {
        let key = |a: &str, b: &str| Inputs::default().value(a).value(b).key();
        assert_ne!(key("ab", "c"), key("a", "bc"));
    }
}
