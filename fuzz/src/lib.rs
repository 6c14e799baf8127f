//! Fuzz targets: everything of this project that reads bytes or text which somebody hostile may have written.
//!
//! `cargo xtask fuzz` runs them with coverage; the test of this crate replays their corpora and runs each for a moment without.

mod mutate;
mod targets;

pub use mutate::{Mutator, Random};
pub use targets::{TARGETS, Target};

// The command line is a program without a library, so its readers are compiled in here, too.
#[path = "../../crates/isolator-cli/src/error.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod error;
#[path = "../../crates/isolator-cli/src/grants.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod grants;
#[path = "../../crates/isolator-cli/src/http_args.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod http_args;
#[path = "../../crates/isolator-cli/src/json.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod json;
#[path = "../../crates/isolator-cli/src/limit_args.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod limit_args;
#[path = "../../crates/isolator-cli/src/limits.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod limits;
#[path = "../../crates/isolator-cli/src/method.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod method;
#[path = "../../crates/isolator-cli/src/msgpack.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod msgpack;
#[path = "../../crates/isolator-cli/src/print.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod print;
#[path = "../../crates/isolator-cli/src/time.rs"]
#[allow(dead_code, missing_docs, reason = "only its readers are used here")]
mod time;

use std::path::{Path, PathBuf};

/// The directory of a target's corpus.
#[must_use]
pub fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target)
}

/// The inputs in a target's corpus, in the order of their names.
///
/// # Errors
/// If a file cannot be read. A corpus that is not there is empty.
pub fn read_corpus(target: &str) -> std::io::Result<Vec<Vec<u8>>> {
    let mut files: Vec<PathBuf> = match std::fs::read_dir(corpus(target)) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    files.sort();
    files.into_iter().map(std::fs::read).collect()
}
