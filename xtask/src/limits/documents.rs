//! The rows of the documents, and the sentences that say a default.

use super::{cli, with_default};
use anyhow::{Context, Result, ensure};
use isolator_abi::limits::{LIMITS, Limit, Role};
use isolator_abi::numbers;
use std::fmt::Write as _;
use std::path::Path;

/// What stands before and behind rows that are made.
const BEGIN: &str = "<!-- from the table of limits, by `cargo xtask codegen` -->\n";
const END: &str = "<!-- end of the table of limits -->\n";

/// The documents with their rows.
pub fn files(workspace: &Path) -> Result<Vec<(&'static str, String)>> {
    let read = |name: &str| {
        std::fs::read_to_string(workspace.join(name)).with_context(|| format!("read {name}"))
    };
    let made = [("docs/guide.md", guide()), ("docs/security.md", defaults())];
    let mut files = Vec::new();
    for (name, rows) in made {
        files.push((name, put(&read(name)?, &rows).with_context(|| name)?));
    }
    for (name, sentences) in sentences() {
        // Lines end where they end.
        let text = read(name)?.split_whitespace().collect::<Vec<_>>().join(" ");
        for sentence in sentences {
            ensure!(
                text.contains(&sentence),
                "{name} does not say \"{sentence}\", as the table of limits does"
            );
        }
    }
    Ok(files)
}

fn put(text: &str, rows: &str) -> Result<String> {
    let (before, rest) = text.split_once(BEGIN).context("no place for rows")?;
    let (_, after) = rest.split_once(END).context("no end of the rows")?;
    Ok(format!("{before}{BEGIN}{rows}{END}{after}"))
}

fn of_runtimes() -> impl Iterator<Item = &'static Limit> {
    LIMITS
        .iter()
        .filter(|limit| matches!(limit.role, Role::Limit | Role::Quiet))
}

/// The guide: all limits of a runtime.
fn guide() -> String {
    let mut text = String::from(
        "| limit | of what | default | when it is reached | in C# | `isolator run` |\n|---|---|---|---|---|---|\n",
    );
    for limit in of_runtimes() {
        let csharp = match (limit.property, limit.number) {
            (Some(property), _) => format!("`{}`", property.name),
            (None, Some(_)) => format!("`Limits[IsolatedLimit.{}]`", limit.in_csharp()),
            (None, None) => String::new(),
        };
        let flag = limit
            .flag
            .map_or_else(String::new, |flag| format!("`{}`", cli::written(flag)));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {csharp} | {flag} |",
            limit.setter,
            limit.what,
            limit.default_text(),
            limit.reached
        );
    }
    text
}

/// The security document: what holds without a word.
fn defaults() -> String {
    let mut text = String::from("| what a runtime may use up | without a word |\n|---|---|\n");
    let mut unlimited = Vec::new();
    for limit in of_runtimes() {
        match (limit.default, limit.role) {
            (Some(_), _) => {
                let _ = writeln!(text, "| {} | {} |", limit.what, limit.default_text());
            }
            (None, Role::Limit) => unlimited.push(limit.words),
            (None, _) => {}
        }
    }
    let _ = writeln!(
        text,
        "| {}; a coarser clock | no limit: set them for strangers, see [the guide](guide.md#limits) |",
        unlimited.join("; ")
    );
    text
}

/// What documents say in their own words.
fn sentences() -> Vec<(&'static str, Vec<String>)> {
    let default = |kind: &str| {
        let limit = LIMITS.iter().find(|limit| limit.kind == kind);
        limit.map_or_else(String::new, |limit| with_default("{default}", limit))
    };
    let (memory, time) = (default("Memory"), default("CallTimeout"));
    let calls = format!("{},000", numbers::MAX_CALLS / 1000);
    let depth = numbers::MAX_DEPTH;
    vec![
        (
            "README.md",
            vec![format!(
                "by default a runtime may take {memory} beyond its snapshot and a call {time}"
            )],
        ),
        (
            "docs/security.md",
            vec![
                format!("| host calls under way | {calls};"),
                format!("| nesting of values | {depth} levels |"),
            ],
        ),
        (
            "bindings/dotnet/README.md",
            vec![format!(
                "{calls} may be under way in one runtime, with arguments of {} in all",
                default("Buffers")
            )],
        ),
        (
            "guest-dotnet/README.md",
            vec![format!("Values nest {depth} levels at most")],
        ),
        (
            "crates/isolator-capi/src/host.rs",
            vec![format!(
                "Without this a runtime has {memory} beyond its snapshot, and a call {time}."
            )],
        ),
    ]
}
