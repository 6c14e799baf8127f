//! `isolator info`.

use crate::args::InfoArgs;
use crate::error::{CliError, Result};
use crate::program::host_builder;
use isolator_host::IsolatedRuntimeHost;
use serde::Serialize;
use std::io::Write;
use std::time::Instant;

const PAGE: u64 = 64 << 10;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Info<'a> {
    /// Version of this program.
    version: &'a str,
    contract: Contract<'a>,
    /// Version of .NET inside.
    dotnet: &'a str,
    guest: GuestInfo<'a>,
    /// Time that loading the image took, in milliseconds.
    load_ms: f64,
    /// Whether runtimes share the pages of the snapshot that they have not written.
    copy_on_write: bool,
}

#[derive(Debug, Serialize)]
struct Contract<'a> {
    version: &'a str,
    hash: &'a str,
}

#[derive(Debug, Serialize)]
struct GuestInfo<'a> {
    /// Directory of the image, or `embedded`.
    origin: String,
    digest: &'a str,
    /// Size of the code module, in bytes.
    code_bytes: u64,
    /// Methods of .NET that are compiled ahead of time.
    compiled_methods: u32,
    /// Size of the snapshot (the state module), in bytes.
    snapshot_bytes: u64,
    /// Memory of a fresh runtime, in bytes.
    memory_bytes: u64,
    /// Whether machine code lies beside the image.
    precompiled: bool,
}

/// Shows versions, the image and its sizes.
///
/// # Errors
/// A guest image that is not there or cannot be used.
pub fn info(command: &InfoArgs) -> Result<i32> {
    let began = Instant::now();
    let host = host_builder(&command.guest).build()?;
    let load_ms = began.elapsed().as_secs_f64() * 1e3;
    let info = Info {
        version: env!("CARGO_PKG_VERSION"),
        contract: Contract {
            version: isolator_abi::ABI_VERSION,
            hash: isolator_abi::contract_hash(),
        },
        dotnet: host.dotnet_version(),
        guest: guest(&host),
        load_ms: (load_ms * 10.0).round() / 10.0,
        copy_on_write: host.copy_on_write()?,
    };
    let text = if command.json {
        serde_json::to_string_pretty(&info).map_err(|error| {
            CliError::new(format!(
                "the information cannot be written as JSON: {error}"
            ))
        })?
    } else {
        text(&info)
    };
    writeln!(std::io::stdout(), "{text}")
        .map_err(|error| CliError::new(format!("cannot write to standard output: {error}")))?;
    Ok(0)
}

fn guest(host: &IsolatedRuntimeHost) -> GuestInfo<'_> {
    let manifest = host.manifest();
    GuestInfo {
        origin: origin(host.origin()),
        digest: &manifest.digest,
        code_bytes: manifest.code.bytes,
        compiled_methods: manifest.compiled_methods,
        snapshot_bytes: manifest.state.bytes,
        memory_bytes: manifest.initial_memory_pages * PAGE,
        precompiled: manifest.precompiled.is_some(),
    }
}

/// The directory without detours.
fn origin(origin: &str) -> String {
    std::fs::canonicalize(origin)
        .map_or_else(|_| origin.to_owned(), |path| path.display().to_string())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn code(guest: &GuestInfo<'_>) -> String {
    let size = megabytes(guest.code_bytes);
    match guest.compiled_methods {
        0 => format!("{size}; all of .NET is interpreted"),
        methods => format!("{size}, with {methods} methods of .NET compiled ahead of time"),
    }
}

fn text(info: &Info<'_>) -> String {
    let rows = [
        ("isolator", info.version.to_owned()),
        (
            "contract",
            format!(
                "{} ({})",
                info.contract.version,
                info.contract.hash.get(..16).unwrap_or(info.contract.hash)
            ),
        ),
        (".NET", info.dotnet.to_owned()),
        ("guest image", info.guest.origin.clone()),
        ("digest", info.guest.digest.to_owned()),
        ("code", code(&info.guest)),
        (
            "snapshot",
            format!(
                "{}, of a memory of {}",
                megabytes(info.guest.snapshot_bytes),
                megabytes(info.guest.memory_bytes)
            ),
        ),
        (
            "machine code",
            if info.guest.precompiled {
                "beside the image"
            } else {
                "made on first use, in the cache"
            }
            .to_owned(),
        ),
        ("loaded in", format!("{:.1} ms", info.load_ms)),
        (
            "copy-on-write",
            if info.copy_on_write {
                "active: runtimes share the snapshot's pages"
            } else {
                "NOT active: each runtime copies the whole snapshot"
            }
            .to_owned(),
        ),
    ];
    rows.map(|(name, value)| format!("{name:<15}{value}"))
        .join("\n")
}
