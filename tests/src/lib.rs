//! What the integration tests share: where the guest, the fixtures and a native .NET are.

pub mod compiled;
pub mod value;

pub use value::Value;

use isolator_host::{
    AssemblyImage, AssemblyRequest, HostBuilder, IsolatedRuntime, IsolatedRuntimeHost, Stdio,
};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_path_buf()
}

/// The directory that holds one directory per built fixture.
#[must_use]
pub fn fixtures() -> PathBuf {
    std::env::var_os("ISOLATOR_FIXTURES")
        .map_or_else(|| workspace().join("target/fixtures"), PathBuf::from)
}

/// The directory of a built fixture.
///
/// # Panics
/// If it was not built.
#[must_use]
pub fn fixture(name: &str) -> PathBuf {
    let directory = fixtures().join(name);
    assert!(
        directory.join(format!("{name}.dll")).is_file(),
        "the fixture `{name}` is not in `{}`: `cargo xtask test` builds the fixtures, and then runs the tests",
        directory.display()
    );
    directory
}

/// Bytes of a file of a fixture.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn fixture_file(name: &str, file: &str) -> Vec<u8> {
    let path = fixture(name).join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A builder of hosts whose guests can load every fixture.
pub fn builder() -> HostBuilder {
    IsolatedRuntimeHost::builder().assembly_loader(load_fixture)
}

pub(crate) fn load_fixture(request: &AssemblyRequest) -> Option<AssemblyImage> {
    if let Some(culture) = &request.culture {
        let fixture = request.name.strip_suffix(".resources")?;
        let path = fixtures()
            .join(fixture)
            .join(culture)
            .join(format!("{}.dll", request.name));
        return Some(AssemblyImage::new(std::fs::read(path).ok()?));
    }
    if request.name.contains(['/', '\\', '.']) {
        return None;
    }
    let path = fixtures()
        .join(&request.name)
        .join(format!("{}.dll", request.name));
    let image = AssemblyImage::new(std::fs::read(&path).ok()?);
    Some(match std::fs::read(path.with_extension("pdb")) {
        Ok(symbols) => image.with_symbols(symbols),
        Err(_) => image,
    })
}

/// One host for all tests of a binary.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn host() -> &'static IsolatedRuntimeHost {
    static HOST: LazyLock<IsolatedRuntimeHost> =
        LazyLock::new(|| builder().build().unwrap_or_else(|error| panic!("{error}")));
    &HOST
}

/// A runtime to which nothing is granted, and whose output is captured.
///
/// # Panics
/// If it cannot be created.
#[must_use]
pub fn runtime() -> IsolatedRuntime {
    host()
        .runtime()
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture)
        .create()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A native .NET, with nothing of this process's environment but what it needs.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn native_dotnet() -> Command {
    let mut command = Command::new(find_dotnet());
    command
        .env_clear()
        .env("TZ", "UTC")
        .env("DOTNET_NOLOGO", "1")
        .env("DOTNET_CLI_TELEMETRY_OPTOUT", "1");
    command
}

fn find_dotnet() -> PathBuf {
    if let Some(path) = std::env::var_os("ISOLATOR_DOTNET") {
        return path.into();
    }
    let name = format!("dotnet{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let unpacked = workspace().join("target/toolchain/dotnet");
    std::env::split_paths(&path)
        .chain([unpacked])
        .map(|directory| directory.join(&name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("no `dotnet` in PATH, to compare with: name one with ISOLATOR_DOTNET, or run `cargo xtask test`"))
}

/// Panics with the first lines in which two texts differ.
///
/// # Panics
/// If they differ.
pub fn assert_same_text(what: &str, expected: &str, found: &str) {
    if expected == found {
        return;
    }
    let mut report = String::new();
    let (mut left, mut right) = (expected.split('\n'), found.split('\n'));
    let (mut number, mut shown) = (0, 0);
    while shown < 12 {
        number += 1;
        match (left.next(), right.next()) {
            (None, None) => break,
            (a, b) if a == b => {}
            (a, b) => {
                shown += 1;
                report += &format!("line {number}\n  expected {a:?}\n  found    {b:?}\n");
            }
        }
    }
    panic!("{what} differs:\n{report}");
}

/// The README's Rust, compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The crate's README, likewise.
#[cfg(doctest)]
#[doc = include_str!("../../crates/isolator-host/README.md")]
pub struct HostReadme;

/// The Rust about scripts, likewise.
#[cfg(doctest)]
#[doc = include_str!("../../docs/scripting.md")]
pub struct Scripting;

/// The guide's Rust, likewise.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide.md")]
pub struct Guide;
