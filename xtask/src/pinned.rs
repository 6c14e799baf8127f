//! Packages of registries that are pinned, for the page and for the clients in the tests.

use anyhow::{Context, Result};
use isolator_abi::contract::hex;
use isolator_guest_shim::tools::{Surroundings, run};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What marks a folder in which all is installed.
const INSTALLED: &str = "installed";

/// Has a folder filled, once for each content of the files that pin what is installed; those are in it then, and nothing of before.
pub fn install(
    sources: &Path,
    pins: &[&str],
    folder: &Path,
    fill: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let mut sum = Sha256::new();
    for name in pins {
        let path = sources.join(name);
        let content = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        sum.update((content.len() as u64).to_le_bytes());
        sum.update(content);
    }
    let sum = hex(&sum.finalize());
    let mark = folder.join(INSTALLED);
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == sum) {
        return Ok(());
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("remove the old {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder)?;
    for name in pins {
        std::fs::copy(sources.join(name), folder.join(name))?;
    }
    fill()?;
    std::fs::write(&mark, sum)?;
    Ok(())
}

/// npm.
pub struct Npm(PathBuf);

impl Npm {
    /// It, if it is on `PATH`.
    pub fn find(workspace: &Path) -> Option<Self> {
        let name = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let path = Surroundings::of_process(workspace).path;
        let mut programs = path.iter().map(|folder| folder.join(name));
        programs.find(|program| program.is_file()).map(Self)
    }

    /// Installs what `package-lock.json` pins, in its folder. No script of a package runs: what they have to do is done by what they bring.
    pub fn install(&self, step: &str, folder: &Path) -> Result<()> {
        let mut npm = Command::new(&self.0);
        npm.current_dir(folder)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .arg("--loglevel=error");
        run(step, &mut npm)?;
        Ok(())
    }
}
