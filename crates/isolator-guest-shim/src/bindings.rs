//! The guest's C bindings, generated from the WIT by `wit-bindgen`.

use crate::error::{BuildError, Context};
use std::path::Path;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

/// Writes `isolator.c`, `isolator.h` and `isolator_component_type.o`, which carries the world's type, into `out`.
///
/// # Errors
/// If the contract is not valid WIT, or a file cannot be written.
pub fn generate(out: &Path) -> Result<(), BuildError> {
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("isolator.wit", isolator_abi::WIT)
        .map_err(|e| BuildError::Recipe(format!("wit/isolator.wit is not valid: {e:#}")))?;
    let world = resolve
        .select_world(&[package], Some("runtime"))
        .map_err(|e| {
            BuildError::Recipe(format!("wit/isolator.wit has no world `runtime`: {e:#}"))
        })?;
    let mut files = Files::default();
    wit_bindgen_c::Opts {
        rename_world: Some("isolator".into()),
        ..Default::default()
    }
    .build()
    .generate(&mut resolve, world, &mut files)
    .map_err(|e| {
        BuildError::Recipe(format!(
            "wit-bindgen cannot generate C for the contract: {e:#}"
        ))
    })?;
    for (name, content) in files.iter() {
        let path = out.join(name);
        std::fs::write(&path, content).at("write", &path)?;
    }
    Ok(())
}
