//! Fixtures that are compiled ahead, once for all tests of a binary.

use crate::{fixture_file, load_fixture, workspace};
use isolator_abi::side::{SIDE_ABI, SideStamp};
use isolator_compile::{Compiler, Guest, ToolLimits, Tools};
use isolator_host::{AssemblyImage, AssemblyRequest, GuestImage};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

/// The guest and the tools.
struct Setup {
    guest: Guest,
    tools: Tools,
    /// The digest of the guest image.
    image: String,
}

/// None where the guest runs no compiled programs.
static SETUP: LazyLock<Option<Setup>> = LazyLock::new(|| {
    let image = GuestImage::find(None).unwrap_or_else(|error| panic!("{error}"));
    if image.manifest().compiled_methods == 0 {
        return None;
    }
    let packages = [workspace().join("target/toolchain/nuget-packages")];
    let tools = Tools::find(&image.manifest().dotnet_version, &packages)
        .unwrap_or_else(|error| panic!("{error}"));
    let (code, state) = image
        .read_modules()
        .unwrap_or_else(|error| panic!("{error}"));
    let guest =
        Guest::new(image.manifest(), &code, &state).unwrap_or_else(|error| panic!("{error}"));
    Some(Setup {
        guest,
        tools,
        image: image.manifest().digest.clone(),
    })
});

/// Whether the guest runs compiled programs. One that is interpreted itself does not, and tests of them have nothing to look at.
#[must_use]
pub fn runs_compiled() -> bool {
    SETUP.is_some()
}

/// The digest of the guest image.
///
/// # Panics
/// Where [`runs_compiled`] is false.
#[must_use]
pub fn image_digest() -> &'static str {
    &SETUP.as_ref().unwrap().image
}

/// What a side module says of itself, as a text of the WebAssembly text format: one of this assembly, for this image.
///
/// # Panics
/// Where [`runs_compiled`] is false.
#[must_use]
pub fn stamp_text(name: &str, assembly: &[u8]) -> String {
    let stamp = SideStamp {
        abi: SIDE_ABI,
        assembly: name.into(),
        mvid: String::new(),
        assembly_blake3: blake3::hash(assembly).to_string(),
        image: image_digest().into(),
        methods: 1,
    };
    String::from_utf8(stamp.to_bytes())
        .unwrap()
        .replace('"', "\\\"")
}

/// Compiles an assembly.
///
/// # Panics
/// If that fails, or [`runs_compiled`] is false.
#[must_use]
pub fn compile(assembly: &[u8]) -> isolator_compile::Compiled {
    compile_with(assembly, &[])
}

/// Compiles an assembly that refers to others.
///
/// # Panics
/// As [`compile`].
#[must_use]
pub fn compile_with(assembly: &[u8], others: &[&[u8]]) -> isolator_compile::Compiled {
    let setup = SETUP.as_ref().unwrap();
    let compiler = Compiler {
        guest: &setup.guest,
        tools: &setup.tools,
        limits: ToolLimits::default(),
    };
    compiler
        .compile(assembly, others)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The compiled code of a fixture.
///
/// # Panics
/// As [`compile`].
#[must_use]
pub fn compiled(fixture: &str) -> Arc<[u8]> {
    // A lock for each, so that nobody waits for others' compilers.
    type Known = HashMap<String, Arc<OnceLock<Arc<[u8]>>>>;
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let cell = KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_default()
        .entry(fixture.into())
        .or_default()
        .clone();
    cell.get_or_init(|| {
        compile(&fixture_file(fixture, &format!("{fixture}.dll")))
            .wasm
            .into()
    })
    .clone()
}

/// A loader of fixtures with their compiled code.
#[must_use]
pub fn load_compiled(request: &AssemblyRequest) -> Option<AssemblyImage> {
    let image = load_fixture(request)?;
    Some(match request.culture {
        Some(_) => image,
        None => image.with_compiled(compiled(&request.name)),
    })
}

/// The names of the methods that would be compiled of one of the guest's own assemblies.
///
/// # Panics
/// Where [`runs_compiled`] is false.
#[must_use]
pub fn names_of(assembly: &str) -> Vec<isolator_compile::methods::MethodName> {
    SETUP.as_ref().unwrap().guest.methods(assembly)
}
