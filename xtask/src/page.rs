//! `cargo xtask page`: makes the scripts of the playground's page of their sources. They are checked in, so that nobody who builds the program needs node.

use crate::pinned::{self, Npm};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use isolator_abi::contract::hex;
use isolator_guest_shim::tools::{Surroundings, install_packages};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the page is.
const WEB: &str = "crates/isolator-playground/web";
/// Where its picture for the documents is.
const PICTURE: &str = "docs/playground.png";
/// What a browser that the page can be tested in may be called, as in its test.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// What is bundled, each with what it imports.
const ENTRIES: [&str; 2] = ["src/app.js", "src/door.js"];
/// What their packages are installed by.
const PINNED: [&str; 2] = ["package.json", "package-lock.json"];
/// What the bundler is told. Without the comments that packages ask to be kept: their licences are in `NOTICES`, whole.
const OPTIONS: [&str; 7] = [
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--charset=utf8",
    "--legal-comments=none",
    "--log-level=warning",
];
const NO_NPM: &str =
    "npm is not here, and the page's files were not made: install Node.js 18 or newer";
const NOTICES: &str = "THIRD-PARTY-NOTICES.md";
/// What the files were made of, so that this can be seen without node.
const SUMS: &str = "sources.txt";

/// Arguments of `page`.
#[derive(Args)]
pub struct Page {
    /// Change nothing; fail if a file is not what the sources make.
    #[arg(long)]
    check: bool,
    /// Take the picture for the documents, too: of what is built already, in a Chromium.
    #[arg(long)]
    picture: bool,
}

impl Page {
    /// Makes or compares.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        if self.check {
            ensure!(check(workspace)?, "{NO_NPM}");
            return Ok(());
        }
        let npm = Npm::find(workspace).context(NO_NPM)?;
        let made = make(&npm, workspace)?;
        let dist = workspace.join(WEB).join("dist");
        let _ = std::fs::remove_dir_all(&dist);
        std::fs::create_dir_all(&dist)?;
        for (name, content) in made {
            std::fs::write(dist.join(&name), content).with_context(|| format!("write {name}"))?;
        }
        if self.picture {
            picture(workspace)?;
        }
        Ok(())
    }
}

/// Gets the browser that the page is tested in, if it may be installed and none is there.
pub fn install_browser(workspace: &Path) -> Result<()> {
    let surroundings = Surroundings::of_process(workspace);
    let there = BROWSERS
        .iter()
        .any(|name| surroundings.which(name).is_some());
    if !there && std::env::var_os("ISOLATOR_CHROMIUM").is_none() {
        let elsewhere =
            "Install Chromium, and name it with ISOLATOR_CHROMIUM if it is not on the path";
        install_packages(&surroundings, &["chromium"], elsewhere)?;
    }
    Ok(())
}

/// Compares what is checked in with what the sources make; false where there is no npm to make it with.
pub fn check(workspace: &Path) -> Result<bool> {
    let Some(npm) = Npm::find(workspace) else {
        return Ok(false);
    };
    let made = make(&npm, workspace)?;
    let dist = workspace.join(WEB).join("dist");
    let mut names: BTreeSet<String> = made.keys().cloned().collect();
    for entry in std::fs::read_dir(&dist)? {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    for name in names {
        let there = std::fs::read(dist.join(&name)).ok();
        ensure!(
            there.as_ref() == made.get(&name),
            "{WEB}/dist/{name} is not what the sources make: run `cargo xtask page`"
        );
    }
    Ok(true)
}

/// The files, by name. They are made in the target folder: in the sources' `cargo package` would find what npm leaves.
fn make(npm: &Npm, workspace: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let (web, folder) = (workspace.join(WEB), workspace.join("target/page"));
    pinned::install(&web, &PINNED, &folder, || {
        eprintln!("getting the page's packages");
        npm.install("get the page's packages", &folder)
    })?;
    let source = folder.join("src");
    let _ = std::fs::remove_dir_all(&source);
    std::fs::create_dir_all(&source)?;
    let mut sums = String::new();
    for (name, content) in sources(&web)? {
        sums += &format!("{}  {name}\n", sum(&content));
        if name.starts_with("src/") {
            std::fs::write(folder.join(name), content)?;
        }
    }
    let output = Command::new(folder.join("node_modules/.bin/esbuild"))
        .current_dir(&folder)
        .args(ENTRIES)
        .args(OPTIONS)
        .args(["--outdir=made", "--metafile=meta.json"])
        .stdin(Stdio::null())
        .output()
        .context("start esbuild")?;
    ensure!(
        output.status.success() && output.stderr.is_empty(),
        "esbuild is not content: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut made: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for name in ["app.js", "door.js"] {
        made.insert(name.into(), std::fs::read(folder.join("made").join(name))?);
    }
    made.insert(NOTICES.into(), notices(&folder)?.into_bytes());
    for (name, content) in &made {
        sums += &format!("{}  dist/{name}\n", sum(content));
    }
    made.insert(SUMS.into(), sums.into_bytes());
    Ok(made)
}

/// What the files are made of, in order: the scripts in `src`, and the packages' list and lock. What else is in `src` is served as it is.
fn sources(web: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut names: Vec<String> = PINNED.map(String::from).into();
    for entry in std::fs::read_dir(web.join("src"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".js") {
            names.push(format!("src/{name}"));
        }
    }
    let read = |name: String| {
        let content = std::fs::read(web.join(&name)).with_context(|| format!("read {name}"))?;
        Ok((name, content))
    };
    names.into_iter().map(read).collect()
}

fn sum(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// The licences of the packages of which something is in the bundle.
fn notices(folder: &Path) -> Result<String> {
    let meta: Value = serde_json::from_slice(&std::fs::read(folder.join("meta.json"))?)?;
    let inputs = meta["inputs"]
        .as_object()
        .context("esbuild names no inputs")?;
    let packages: BTreeSet<String> = inputs.keys().filter_map(|path| package(path)).collect();
    let mut text = String::from(
        "# Third-party notices\nThe page's script holds parts of these packages. Made by `cargo xtask page`.\n",
    );
    for package in packages {
        let at = folder.join("node_modules").join(&package);
        let manifest: Value = serde_json::from_slice(&std::fs::read(at.join("package.json"))?)?;
        let field = |name: &str| {
            let value = manifest[name].as_str();
            value.with_context(|| format!("{package} names no {name}"))
        };
        let (version, licence) = (field("version")?, field("license")?);
        ensure!(
            ["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"].contains(&licence),
            "{package} has the licence {licence}, which is not among those that are allowed"
        );
        let path = at.join("LICENSE");
        let whole =
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        text += &format!(
            "\n## {package} {version} ({licence})\n```text\n{}\n```\n",
            whole.trim()
        );
    }
    Ok(text)
}

/// The package that a bundled file is of.
fn package(path: &str) -> Option<String> {
    let (_, rest) = path.rsplit_once("node_modules/")?;
    let parts = if rest.starts_with('@') { 2 } else { 1 };
    Some(rest.split('/').take(parts).collect::<Vec<_>>().join("/"))
}

/// Has the browser's test write the picture.
fn picture(workspace: &Path) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(workspace)
        .args(["test", "--workspace", "--test", "browser"])
        .env("ISOLATOR_PICTURE", workspace.join(PICTURE));
    if !cargo.status().context("start cargo")?.success() {
        bail!("the page's test failed: see above");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_that_are_checked_in_are_of_these_sources() {
        let web = crate::workspace().join(WEB);
        let listed = std::fs::read_to_string(web.join("dist").join(SUMS)).unwrap();
        let mut actual = String::new();
        for (name, content) in sources(&web).unwrap() {
            actual += &format!("{}  {name}\n", sum(&content));
        }
        let mut made: Vec<String> = std::fs::read_dir(web.join("dist"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != SUMS)
            .collect();
        made.sort();
        for name in made {
            let content = std::fs::read(web.join("dist").join(&name)).unwrap();
            actual += &format!("{}  dist/{name}\n", sum(&content));
        }
        assert_eq!(actual, listed, "run `cargo xtask page`");
    }

    #[test]
    fn the_lock_names_no_host_and_pins_all() {
        let web = crate::workspace().join(WEB);
        let lock = std::fs::read_to_string(web.join("package-lock.json")).unwrap();
        assert!(!lock.contains("resolved") && !lock.contains("http"));
        let lock: Value = serde_json::from_str(&lock).unwrap();
        for (name, package) in lock["packages"].as_object().unwrap() {
            assert!(
                name.is_empty() || package["integrity"].is_string(),
                "{name}"
            );
        }
        let listed = std::fs::read_to_string(web.join("package.json")).unwrap();
        let listed: Value = serde_json::from_str(&listed).unwrap();
        for of in ["dependencies", "devDependencies"] {
            for (name, version) in listed[of].as_object().unwrap() {
                let version = version.as_str().unwrap();
                assert!(
                    version.starts_with(|c: char| c.is_ascii_digit()),
                    "{name} {version}"
                );
            }
        }
    }

    #[test]
    fn packages_are_told_from_paths() {
        assert_eq!(
            package("node_modules/@codemirror/view/dist/index.js").as_deref(),
            Some("@codemirror/view")
        );
        assert_eq!(
            package("node_modules/a/node_modules/crelt/index.js").as_deref(),
            Some("crelt")
        );
        assert_eq!(package("src/app.js"), None);
    }
}
