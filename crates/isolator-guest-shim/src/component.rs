//! The snapshotted module as a WASI component of the contract's world.

use crate::error::BuildError;
use isolator_abi::{GuestStamp, STAMP_SECTION};
use std::borrow::Cow;
use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
use wasm_encoder::{ComponentSection, CustomSection, Encode};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Wraps a module. That it succeeds proves that the module's imports and exports are those of the WIT.
///
/// # Errors
/// If the module does not implement the world; the encoder's message says what does not fit.
pub fn encode(wasm: &[u8], stamp: &GuestStamp) -> Result<Vec<u8>, BuildError> {
    let failed = |e: &dyn std::fmt::Debug| {
        BuildError::Recipe(format!(
            "the guest is not a component of the world in wit/isolator.wit: {e:?}"
        ))
    };
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("isolator.wit", isolator_abi::WIT)
        .map_err(|e| failed(&e))?;
    let world = resolve
        .select_world(&[package], Some("runtime"))
        .map_err(|e| failed(&e))?;
    let mut module = wasm.to_vec();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .map_err(|e| failed(&e))?;
    let mut component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| {
            encoder.adapter(
                isolator_abi::contract::WASI_MODULE,
                WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
            )
        })
        .and_then(|encoder| encoder.encode())
        .map_err(|e| failed(&e))?;
    let section = CustomSection {
        name: STAMP_SECTION.into(),
        data: Cow::Owned(stamp.to_bytes()),
    };
    component.push(ComponentSection::id(&section));
    section.encode(&mut component);
    Ok(component)
}
