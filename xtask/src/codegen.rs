//! `cargo xtask codegen`: files that are made from others and checked in. With `--check` they are only compared.

use crate::made::File;
use anyhow::{Context, Result, bail};
use cbindgen::{Builder, Config, DocumentationStyle, Language, Style};
use clap::Args;
use std::path::Path;

/// Where the C header is.
const HEADER: &str = "crates/isolator-capi/include/isolator.h";

/// Enumerations whose values are passed as numbers, so that no function mentions them.
const MENTIONED_NOWHERE: &[&str] = &[
    "isolator_exception_text",
    "isolator_limit",
    "isolator_compiled",
    "isolator_host_number",
    "isolator_host_text",
    "isolator_runtime_number",
    "isolator_runtime_text",
    "isolator_runtime_pair",
    "isolator_http_number",
    "isolator_http_pair",
    "isolator_output",
    "isolator_statistic",
    "isolator_script_kind",
    "isolator_script_number",
    "isolator_script_text",
];

/// Arguments of `codegen`.
#[derive(Args)]
pub struct Codegen {
    /// Change nothing; fail if a file is not what it should be.
    #[arg(long)]
    check: bool,
}

impl Codegen {
    /// Compares only.
    pub fn checking() -> Self {
        Self { check: true }
    }

    /// Writes or compares.
    pub fn run(&self, workspace: &Path) -> Result<()> {
        for stage in STAGES {
            for (name, made) in stage(workspace)? {
                self.file(workspace, name, made)?;
            }
        }
        Ok(())
    }

    fn file(&self, workspace: &Path, name: &str, made: String) -> Result<()> {
        let path = workspace.join(name);
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        if there == made {
            eprintln!("{name}: nothing to do");
        } else if self.check {
            bail!("{name} is not what the sources say: run `cargo xtask codegen`");
        } else {
            std::fs::write(&path, made).with_context(|| format!("write {}", path.display()))?;
            eprintln!("{name}: written");
        }
        Ok(())
    }
}

/// What reads the sources and says what files are to hold.
type Stage = fn(&Path) -> Result<Vec<File>>;

/// What is made: the header from Rust sources of which some are made themselves, so after those.
const STAGES: [Stage; 3] = [tables, interface, texts];

fn tables(_: &Path) -> Result<Vec<File>> {
    let mut files = crate::limits::files()?;
    files.extend(crate::numbers::files());
    files.extend(crate::overloads::files());
    Ok(files)
}

fn interface(workspace: &Path) -> Result<Vec<File>> {
    let header = header(workspace)?;
    let native = crate::numbers::native(&header)?;
    Ok(vec![(HEADER, header), native])
}

fn texts(workspace: &Path) -> Result<Vec<File>> {
    crate::limits::documents::files(workspace)
}

/// The C header of `isolator-capi`.
fn header(workspace: &Path) -> Result<String> {
    let mut config = Config {
        language: Language::C,
        style: Style::Both,
        documentation_style: DocumentationStyle::C99,
        include_guard: Some("ISOLATOR_H".into()),
        cpp_compat: true,
        usize_is_size_t: true,
        line_length: 120,
        tab_width: 4,
        header: Some(preamble(workspace)?),
        autogen_warning: Some(
            "/* Made by `cargo xtask codegen` from crates/isolator-capi/src: do not edit. */"
                .into(),
        ),
        ..Config::default()
    };
    config.export.include = MENTIONED_NOWHERE
        .iter()
        .map(|name| (*name).into())
        .collect();
    let mut text = Vec::new();
    // The library's root names the other files.
    Builder::new()
        .with_src(workspace.join("crates/isolator-capi/src/lib.rs"))
        .with_config(config)
        .generate()
        .context("read the sources of isolator-capi")?
        .write(&mut text);
    Ok(String::from_utf8(text)?)
}

/// The rules, as the crate's own documentation says them.
fn preamble(workspace: &Path) -> Result<String> {
    let path = workspace.join("crates/isolator-capi/src/lib.rs");
    let source =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let rules: Vec<String> = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| format!("//{line}"))
        .collect();
    anyhow::ensure!(!rules.is_empty(), "{} has no documentation", path.display());
    Ok(rules.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_checked_in_is_what_is_made() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Codegen::checking().run(&workspace).unwrap();
    }
}
