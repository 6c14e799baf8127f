//! Ways for fuzz targets to what reads bytes of guests. Only with the feature `fuzzing`; no part of the interface.

use crate::assemblies::loader::AssemblyRequest;
use crate::border::lift::{Lifting, bytes, read_failure, shape, text};
use crate::engine::state::State;
use crate::values::Value;
use crate::values::scalar::{Result64, Scalars};
use isolator_abi::side::{MOST_SIDE_ELEMENTS, MOST_SIDE_MEMORY};
use serde::Deserialize;
use std::cell::RefCell;
use std::path::Path;

/// The lifting layer, over a memory that is the input but for its first four bytes, where a result is said to lie.
pub fn lift(input: &[u8]) {
    let Some((at, memory)) = input.split_first_chunk::<4>() else {
        return;
    };
    let word = u32::from_le_bytes(*at);
    let lifting = Lifting::new(memory, 1 << 20);
    // Anywhere, and somewhere where it is likely to be.
    for at in [word, word % (memory.len() as u32 + 1)] {
        drop(shape::handle(&lifting, at));
        drop(shape::unit(&lifting, at));
        drop(shape::scalar(memory, at));
        let read = |bytes: &[u8]| Ok(isolator_abi::wire::from_bytes::<Value>(bytes).is_ok());
        drop(shape::value(read)(&lifting, at));
        drop(shape::optional(read)(&lifting, at));
        drop(shape::plain(read_failure)(&lifting, at));
        drop(shape::checked(|bytes| Ok(bytes.len()))(&lifting, at));
        drop(crate::border::batch::fuzz(memory, word as usize % 8));
        let found = bytes(memory, at, word);
        assert!(found.is_err() || at as usize + word as usize <= memory.len());
        drop(text(memory, at, word % 64));
    }
}

/// A failure, and what is made of it: an error, its text.
pub fn failure(input: &[u8]) {
    if let Ok(error) = read_failure(input) {
        let text = error.to_string();
        assert!(
            text.len() <= 16 * input.len() + 1000,
            "{} bytes of text",
            text.len()
        );
        let _ = error.is_fatal();
        drop(format!("{error:?}"));
    }
}

/// Two lines, a pattern and an address, and a rest: whether the one allows the other, and what is sent then; the rest as headers and as a body.
#[cfg(feature = "http")]
pub fn http(input: &[u8]) {
    crate::http::fuzzing::all(input);
}

/// A scalar signature, and a result word read as every type.
pub fn scalars(input: &[u8]) {
    let signature = std::str::from_utf8(input).ok().and_then(Scalars::parse);
    if let Some(signature) = signature {
        let _ = signature.encode(&(1, 2.5, true, 'x'));
        let _ = signature.encode(&vec![u64::MAX; input.len()]);
    }
    let Some((letter, rest)) = input.split_first() else {
        return;
    };
    let word = rest
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes));
    macro_rules! read {
        ($($ty:ty)*) => {$(drop(<$ty>::deserialize(Result64 { letter: *letter, word }));)*};
    }
    read!(bool u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 char String Option<i32> () Value);
}

/// WASI's functions, over a memory and with arguments that are the input.
pub fn wasi(input: &[u8]) {
    thread_local! {
        static STATE: RefCell<State> = RefCell::new(State::for_tests());
    }
    STATE.with_borrow_mut(|state| crate::wasi::fuzzing::call(state, input));
}

/// A side module: what is taken for one reserves no more than it may, and has no import that was not looked at.
pub fn side(input: &[u8]) {
    thread_local! {
        static ENGINE: wasmtime::Engine = crate::side::engine_for_tests();
    }
    let Ok(plan) = crate::side::check(input) else {
        return;
    };
    assert!(
        plan.memory <= MOST_SIDE_MEMORY
            && plan.elements <= MOST_SIDE_ELEMENTS
            && plan.alignment <= 4096,
        "{plan:?}"
    );
    // The compiler is the engine's own affair, and slow; small modules show whether both read the same imports.
    if input.len() < 4096
        && let Ok(module) = ENGINE.with(|engine| wasmtime::Module::new(engine, input))
    {
        assert_eq!(module.imports().len(), plan.imports.len());
        assert!(module.exports().any(|export| export.name() == plan.tables));
    }
}

/// The name and culture of an assembly, which become a path only if they are plain.
pub fn names(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (name, culture) = text.split_once('\n').unwrap_or((&text, ""));
    let mut request = AssemblyRequest::new(name);
    if !culture.is_empty() {
        request = request.with_culture(culture);
    }
    if let Some(file) = request.file() {
        let path = Path::new("/").join(&file);
        let depth = path.components().count();
        let most = 2 + usize::from(request.culture.is_some());
        assert!(
            depth == most && path.extension().is_some_and(|extension| extension == "dll"),
            "{path:?}"
        );
    }
}
