//! What a guest exports for programs that are compiled ahead beside it: the things of the runtime that such code calls by name.

use super::objects::Objects;
use crate::error::{BuildError, Context};
use isolator_abi::side::{self, CONSTANTS, FORGET, LIBRARY, REGISTER, TAG};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The names, for the linker. Of the wrappers it is those that these objects, the compiled base library, define.
///
/// # Errors
/// If an object cannot be read, or none has a wrapper: the compiler then calls them by other names.
pub fn exports(objects: &[PathBuf]) -> Result<BTreeSet<String>, BuildError> {
    let mut names = BTreeSet::new();
    for path in objects {
        let bytes = std::fs::read(path).at("read", path)?;
        let facts = Objects::of_object(&bytes).map_err(|error| {
            BuildError::Recipe(format!("{} is not a wasm object: {error}", path.display()))
        })?;
        let wrappers = facts.functions.into_keys();
        names.extend(wrappers.filter(|name| side::is_wrapper(name)));
    }
    if names.is_empty() {
        return Err(BuildError::Recipe(
            "the compiled base library has no wrappers of the runtime's functions, which compiled programs call. Look at how \
             this version of the compiler names them, and adapt `is_wrapper` in crates/isolator-abi/src/side.rs"
                .into(),
        ));
    }
    let others = LIBRARY
        .iter()
        .chain(CONSTANTS)
        .chain(&[TAG, REGISTER, FORGET]);
    names.extend(others.map(|name| (*name).to_owned()));
    Ok(names)
}
