//! `isolator-host`: the setters, the kinds, and the names of settings.

use super::{SOURCE, kinds, rust_path, setting, with_default};
use crate::made::{File, comment, head, rust};
use anyhow::Result;
use isolator_abi::limits::{LIMITS, Limit, OTHER_SETTINGS, Role, Unit};
use std::fmt::Write as _;

fn kind_of(limit: &Limit) -> &'static str {
    match limit.unit {
        Unit::Time => "Duration",
        Unit::Small => "u32",
        Unit::Switch => "bool",
        Unit::Bytes | Unit::Number => "u64",
    }
}

fn setters() -> impl Iterator<Item = &'static Limit> {
    LIMITS.iter().filter(|limit| limit.has_setter())
}

/// `Limits` and its setters.
pub fn set() -> Result<File> {
    let fields: String = setters()
        .map(|limit| format!("pub(super) {}: Option<{}>,", limit.setter, kind_of(limit)))
        .collect();
    let nones: String = setters()
        .map(|limit| format!("{}: None,", limit.setter))
        .collect();
    let mut defaults = String::new();
    let mut names: Vec<&str> = Vec::new();
    for limit in setters() {
        if let Some(given) = limit.default {
            let _ = write!(defaults, ".{}({})", limit.setter, given.name);
            names.push(given.name);
        }
    }
    names.sort_unstable();
    names.dedup();
    let mut methods = String::new();
    for limit in setters() {
        let (name, of) = (limit.setter, kind_of(limit));
        let doc = comment("/// ", &with_default(limit.doc, limit));
        let _ = write!(
            methods,
            "{doc}pub fn {name}(mut self, limit: impl Into<Option<{of}>>) -> Self {{ self.{name} = limit.into(); self }}\n\n\
             /// What [`{name}`](Self::{name}) was set to; none for no limit.\n#[must_use]\n\
             pub fn get_{name}(&self) -> Option<{of}> {{ self.{name} }}\n\n"
        );
    }
    let code = format!(
        "{}\n//! What an embedder lets a runtime use up.\n\nuse super::{{LimitKind, OutputOverflow}};\n\
         use isolator_abi::limits::{{{}}};\nuse std::time::Duration;\n\n{STRUCT}pub struct Limits {{ {fields}\n\
         pub(super) measure_cpu: bool,\npub(super) output_overflow: OutputOverflow,\n}}\n\n\
         impl Default for Limits {{\nfn default() -> Self {{ Self::none(){defaults} }}\n}}\n\n\
         impl Limits {{\n/// No limits at all, but those of the WebAssembly engine: 4 GiB of memory, the native stack.\n\
         pub const fn none() -> Self {{ Self {{ {nones} measure_cpu: false, output_overflow: OutputOverflow::Fail, }} }}\n\n{methods}}}\n",
        head(SOURCE),
        names.join(", ")
    );
    // Documentation mentions kinds; code does not.
    let code = code.replace(
        "use super::{LimitKind, OutputOverflow};",
        "#[cfg(doc)]\nuse super::LimitKind;\nuse super::OutputOverflow;",
    );
    Ok(("crates/isolator-host/src/limits/set.rs", rust(&code)?))
}

const STRUCT: &str = "\
/// What a runtime may use up. [`Limits::default`] is safe for code that is not trusted; [`Limits::none`] has no limits.
///
/// Set for all runtimes of a host ([`HostBuilder::limits`](crate::HostBuilder::limits)) or for one
/// ([`RuntimeBuilder::limits`](crate::RuntimeBuilder::limits)). Each setter takes a number, or `None` for no limit. A limit that is
/// reached is an [`Error::Limit`](crate::Error::Limit) that says which, and what was used.
///
/// ```
/// use isolator_host::Limits;
/// use std::time::Duration;
/// let limits = Limits::default()
///     .memory(64 << 20)
///     .call_timeout(Duration::from_secs(2))
///     .lifetime(None);
/// assert_eq!(limits.get_memory(), Some(64 << 20));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = \"limits do nothing until they are set on a host or a runtime\"]
";

/// Those of the kinds that a test holds for, as a pattern.
fn kinds_of(filter: impl Fn(&Limit) -> bool) -> String {
    kinds()
        .filter(|limit| filter(limit))
        .map(|limit| format!("Self::{}", limit.kind))
        .collect::<Vec<_>>()
        .join(" | ")
}

/// `LimitKind` and what is fixed of each.
pub fn kind_file() -> Result<File> {
    let mut variants = String::new();
    let mut words = String::new();
    for limit in kinds() {
        let path = rust_path(limit);
        let doc = format!(
            "{}: [`{path}`](crate::{path}){}.",
            limit.kind_doc, limit.kind_note
        );
        let _ = writeln!(variants, "{}{},", comment("/// ", &doc), limit.kind);
        let _ = writeln!(
            words,
            "Self::{} => ({:?}, Setting::{}),",
            limit.kind,
            limit.words,
            setting(limit)
        );
    }
    let bytes = kinds_of(|limit| limit.unit == Unit::Bytes);
    let times = kinds_of(|limit| limit.unit == Unit::Time);
    let numbers = kinds_of(|limit| matches!(limit.unit, Unit::Number | Unit::Small));
    let mild = kinds_of(|limit| !limit.fatal);
    let all = kinds()
        .map(|limit| format!("Self::{}", limit.kind))
        .collect::<Vec<_>>()
        .join(", ");
    let code = format!(
        "{}\n//! The kinds of limits.\n\nuse super::limit::Unit;\nuse crate::settings::Setting;\n\n\
         /// Which limit was reached.\n#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]\n#[non_exhaustive]\npub enum LimitKind {{ {variants} }}\n\n\
         impl LimitKind {{\n/// All of them.\npub const ALL: &[Self] = &[{all}];\n\n\
         pub(crate) fn unit(self) -> Unit {{ match self {{ {bytes} => Unit::Bytes, {times} => Unit::Time, {numbers} => Unit::Number, }} }}\n\n\
         /// Whether a runtime that reached the limit can no longer be used.\n#[must_use]\n\
         pub fn is_fatal(self) -> bool {{ !matches!(self, {mild}) }}\n\n\
         /// What ran out, and the setting that raises it.\n\
         pub(super) fn words(self) -> (&'static str, Setting) {{ match self {{ {words} }} }}\n}}\n",
        head(SOURCE)
    );
    Ok((
        "crates/isolator-host/src/error/limit_kinds.rs",
        rust(&code)?,
    ))
}

/// `Setting`.
pub fn settings() -> Result<File> {
    let (mut variants, mut all, mut names) = (String::new(), String::new(), String::new());
    let mut add = |name: &str, link: &str, rust: &str| {
        let _ = writeln!(variants, "/// [`{link}`](crate::{link}).\n{name},");
        let _ = write!(all, "Self::{name}, ");
        let _ = writeln!(names, "Self::{name} => {rust:?},");
    };
    for limit in LIMITS.iter().filter(|limit| limit.role != Role::OfHost) {
        let path = rust_path(limit);
        add(&setting(limit), &path, &path);
    }
    for limit in LIMITS.iter().filter(|limit| limit.role == Role::OfHost) {
        let path = rust_path(limit);
        add(&setting(limit), &path, &path);
    }
    for other in OTHER_SETTINGS {
        add(other.name, other.link, other.rust);
    }
    let code = format!(
        "{}\n//! The settings.\n\n/// A setting that a message of this library names: what to change where something does not suit.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]\n#[non_exhaustive]\npub enum Setting {{ {variants} }}\n\n\
         impl Setting {{\n/// All of them.\npub const ALL: &[Self] = &[{all}];\n\n/// The name in Rust.\n#[must_use]\n\
         pub const fn name(self) -> &'static str {{ match self {{ {names} }} }}\n}}\n",
        head(SOURCE)
    );
    Ok(("crates/isolator-host/src/settings/names.rs", rust(&code)?))
}
