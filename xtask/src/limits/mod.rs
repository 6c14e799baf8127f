//! What is made from the table of limits (`crates/isolator-abi/src/limits.rs`), for each language and the documents.

mod capi;
mod cli;
mod csharp;
pub mod documents;
mod host;

use crate::made::File;
use anyhow::Result;
use isolator_abi::limits::{LIMITS, Limit, Role};

/// Where the table is, as the files that are made from it name it.
const SOURCE: &str = "crates/isolator-abi/src/limits.rs";

/// Files and their content.
pub fn files() -> Result<Vec<File>> {
    Ok(vec![
        host::set()?,
        host::kind_file()?,
        host::settings()?,
        capi::numbers()?,
        capi::settings()?,
        cli::arguments()?,
        csharp::limits(),
        csharp::options(),
        csharp::wording(),
    ])
}

/// Those of which an error tells.
fn kinds() -> impl Iterator<Item = &'static Limit> {
    LIMITS.iter().filter(|limit| limit.has_kind())
}

/// `MaxOutput` of `max_output`.
fn pascal(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        })
        .collect()
}

/// `CALL_TIMEOUT` of `CallTimeout`.
fn upper(name: &str) -> String {
    let mut text = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

/// The variant of `Setting`.
fn setting(limit: &Limit) -> String {
    if limit.role == Role::OfHost {
        limit.kind.into()
    } else {
        pascal(limit.setter)
    }
}

/// The setter as Rust code spells it.
fn rust_path(limit: &Limit) -> String {
    let of = match limit.role {
        Role::OfHost => "HostLimits",
        _ => "Limits",
    };
    format!("{of}::{}", limit.setter)
}

/// A text with the default in its place.
fn with_default(text: &str, limit: &Limit) -> String {
    let spoken = match limit.default.map(|given| given.value) {
        Some(60_000_000_000) => "60 seconds".into(),
        Some(1_000_000) => "a million".into(),
        _ => limit.default_text(),
    };
    text.replace("{default}", &spoken)
}
