//! `isolator info`.

use crate::app::NAME_NOTE;
use crate::args::{GuestArgs, InfoArgs};
use crate::error::{CliError, Result};
use crate::image::is_module;
use crate::json;
use crate::program::{host_builder, module_problem};
use isolator_host::{GuestImage, IsolatedRuntimeHost, SnapshotInfo, printable};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
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

/// What `--json` prints of an app snapshot.
#[derive(Debug, Serialize)]
struct OfSnapshot<'a> {
    file: String,
    file_bytes: u64,
    /// Its program's name, if `isolator snapshot` made it.
    program: Option<&'a str>,
    /// Version of .NET inside.
    dotnet: &'a str,
    guest: BelongsTo<'a>,
    /// Memory of a fresh runtime, in bytes.
    memory_bytes: u64,
    /// Names under which handles were kept.
    kept: &'a [String],
    /// Assemblies that run compiled.
    compiled: &'a [String],
    notes: &'a BTreeMap<String, String>,
    /// Names of the assemblies that are loaded in it, where somebody asked for them, and it can be started.
    #[serde(skip_serializing_if = "Option::is_none")]
    assemblies: Option<Vec<String>>,
}

/// The guest image that a snapshot belongs to.
#[derive(Debug, Serialize)]
struct BelongsTo<'a> {
    /// Digest of its code.
    code_digest: &'a str,
    /// Directory of the image that is used now, or `embedded`; none if there is none.
    used: Option<String>,
    /// Whether it is that one.
    fits: Option<bool>,
}

/// Shows versions, the image and its sizes; or what an app snapshot says of itself.
///
/// # Errors
/// A guest image that is not there or cannot be used; a file that is no snapshot.
pub fn info(command: &InfoArgs) -> Result<i32> {
    match &command.file {
        Some(file) => of_snapshot(file, &read(file)?, &command.guest, command.json, None),
        None => of_image(command),
    }
}

/// Lists the assemblies that are loaded in a snapshot of the guest image that is used.
pub type ListAssemblies<'a> = &'a dyn Fn() -> Result<Vec<String>>;

/// Reads what an app snapshot says of itself.
///
/// # Errors
/// A file that is no snapshot.
fn read(file: &Path) -> Result<SnapshotInfo> {
    if file.is_file() && !is_module(file) {
        return Err(CliError::new(format!(
            "`{}` is no app snapshot, of which there is something to say. `isolator inspect` lists what is in an assembly, and `isolator snapshot` \
             makes a snapshot of one",
            file.display()
        )));
    }
    SnapshotInfo::read(file).map_err(|error| match module_problem(file) {
        Some(problem) => CliError::new(format!(
            "`{}` is no app snapshot: {problem}",
            file.display()
        )),
        None => error.into(),
    })
}

/// Shows what was read of an app snapshot; and what is loaded in it, where that is asked for.
///
/// # Errors
/// A guest image that was named and cannot be used; what keeps its assemblies from being listed.
pub fn of_snapshot(
    file: &Path,
    read: &SnapshotInfo,
    guest: &GuestArgs,
    json: bool,
    list: Option<ListAssemblies<'_>>,
) -> Result<i32> {
    // Without one there is something to say, too, unless it was named.
    let used = match GuestImage::find(guest.guest.as_deref()) {
        Ok(image) => Some(image),
        Err(error) if guest.guest.is_some() => return Err(error.into()),
        Err(error) => {
            tracing::info!("there is no guest image to compare with: {error}");
            None
        }
    };
    let origin_of_used = used.as_ref().map(|image| origin(image.origin()));
    let fits = used.map(|image| image.manifest().code.sha256 == read.code_digest);
    let assemblies = list.filter(|_| fits == Some(true)).map(|list| list());
    let info = OfSnapshot {
        file: file.display().to_string(),
        file_bytes: read.file_size,
        program: read.notes.get(NAME_NOTE).map(|name| &**name),
        dotnet: &read.dotnet_version,
        guest: BelongsTo {
            code_digest: &read.code_digest,
            used: origin_of_used,
            fits,
        },
        memory_bytes: read.memory_size,
        kept: &read.kept,
        compiled: &read.compiled,
        notes: &read.notes,
        assemblies: assemblies.transpose()?,
    };
    let text = |info: &OfSnapshot<'_>| match (&info.assemblies, list) {
        (Some(assemblies), _) => text_of_snapshot(info) + &text_of_assemblies(assemblies),
        (None, Some(_)) => {
            text_of_snapshot(info)
                + "\n\nThe assemblies in it are listed where the guest image is used that it belongs to (--guest)."
        }
        (None, None) => text_of_snapshot(info),
    };
    print(&info, text, json)
}

/// What it says of itself, which whoever wrote it chose.
fn text_of_snapshot(info: &OfSnapshot<'_>) -> String {
    let names = |names: &[String]| match names.is_empty() {
        true => "nothing".to_owned(),
        false => names.join(", "),
    };
    let rows = [
        (
            "snapshot",
            format!("{}, {}", info.file, megabytes(info.file_bytes)),
        ),
        (
            "program",
            info.program.map_or_else(
                || "none that can be run by `isolator`".to_owned(),
                str::to_owned,
            ),
        ),
        (".NET", info.dotnet.to_owned()),
        (
            "guest image",
            match (&info.guest.used, info.guest.fits) {
                (Some(used), Some(true)) => format!("{used}, to which it belongs"),
                (Some(used), _) => format!("ANOTHER than {used}: it cannot be used with that"),
                (None, _) => "none was found to compare with".to_owned(),
            },
        ),
        ("its code", info.guest.code_digest.to_owned()),
        ("memory", megabytes(info.memory_bytes)),
        ("kept", names(info.kept)),
        ("compiled", names(info.compiled)),
    ];
    table(&rows.map(|(name, value)| (name, printable::line(&value).into_owned())))
}

fn text_of_assemblies(names: &[String]) -> String {
    let mut text = "\n\nassemblies".to_owned();
    for name in names {
        text.push_str("\n  ");
        text.push_str(&printable::line(name));
    }
    text
}

fn table(rows: &[(&str, String)]) -> String {
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("{name:<15}{value}"))
        .collect();
    lines.join("\n")
}

fn print<T: Serialize>(info: &T, text: impl Fn(&T) -> String, as_json: bool) -> Result<i32> {
    let text = match as_json {
        true => {
            let json = serde_json::to_string_pretty(info).map_err(|error| {
                CliError::new(format!(
                    "the information cannot be written as JSON: {error}"
                ))
            })?;
            json::harmless(&json).into_owned()
        }
        false => text(info),
    };
    writeln!(std::io::stdout(), "{text}")
        .map_err(|error| CliError::new(format!("cannot write to standard output: {error}")))?;
    Ok(0)
}

fn of_image(command: &InfoArgs) -> Result<i32> {
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
    print(&info, text, command.json)
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

/// Bytes, for people.
pub fn megabytes(bytes: u64) -> String {
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
    table(&rows)
}
