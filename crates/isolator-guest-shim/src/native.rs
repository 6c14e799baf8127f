//! The C side: compiled with the WIT's bindings and the generated tables, linked with the pack's static libraries.

use crate::bindings;
use crate::compatibility;
use crate::crypto::{self, Crypto};
use crate::error::{BuildError, Context};
use crate::mono::archives::{self as libraries, Archive};
use crate::mono::{ahead, hot, objects, side, tables, thunks, wraps};
use crate::pack::Pack;
use crate::steps::{Inputs, files_under};
use crate::tools::{Tools, run};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The library name under which the dispatcher finds the bridge's functions (`DllImport("isolator")`).
const BRIDGE_LIBRARY: &str = "isolator";

/// Bytes of the C stack in linear memory. The interpreter's own frames live elsewhere; this is for the C code.
const STACK_BYTES: u32 = 64 << 20;

/// Bytes between it and the data, where `boot.c` puts the interpreter's stack. Nothing of it is alive in a state, whose image is all from its first byte
/// that is not zero to its last one: anywhere else the engine would copy these zeros whenever it reads a state.
const INTERPRETER_STACK_BYTES: u32 = 32 << 20;

/// What a module does with managed code beside interpreting it.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'a> {
    /// Nothing.
    Interpreted,
    /// Runs these assemblies' compiled methods.
    Compiled {
        /// Names of the assemblies that have compiled methods.
        assemblies: &'a [String],
        /// Their objects.
        objects: &'a [PathBuf],
    },
    /// Notes which methods ran, for the list of those to compile.
    Profiling,
}

impl Kind<'_> {
    /// A word for the name of the module's folder.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Interpreted => "interpreted",
            Self::Compiled { .. } => "compiled",
            Self::Profiling => "profiling",
        }
    }
}

/// Libraries of wasi-libc and libc++ that stand in for what WASI lacks.
pub const SYSTEM_LIBRARIES: &[&str] = &[
    "-lwasi-emulated-signal",
    "-lwasi-emulated-mman",
    "-lwasi-emulated-process-clocks",
    "-lwasi-emulated-getpid",
    "-lc++",
    "-lc++abi",
];

/// The archives of a pack that a guest links, by file name.
///
/// Of the components that come in a full and a stub form the stub is taken: debugger, tracing, hot reload. The pack's
/// exception glue is for engines with legacy exceptions; `eh.S` takes its place.
///
/// # Errors
/// If the folder cannot be listed.
pub fn archives(pack: &Pack, kind: Kind<'_>) -> Result<Vec<PathBuf>, BuildError> {
    let all = files_under(&pack.native, &|path| {
        path.extension().is_some_and(|e| e == "a")
    })?;
    Ok(all
        .into_iter()
        .filter(|path| {
            is_linked(
                &path.file_name().unwrap_or_default().to_string_lossy(),
                kind,
            )
        })
        .collect())
}

fn is_linked(name: &str, kind: Kind<'_>) -> bool {
    if name == PROFILER {
        return matches!(kind, Kind::Profiling);
    }
    let full_component =
        name.starts_with("libmono-component-") && !name.ends_with("-stub-static.a");
    let other = name.starts_with("libmono-profiler-") || name.starts_with("libmono-wasm-eh-") || name == "libmono-wasm-nosimd.a"
        // Packs of .NET 11 have the time zones twice; this one has none in it.
        || name == "libSystem.Native.TimeZoneData.Invariant.a";
    !full_component && !other
}

/// Mono's profiler for its ahead-of-time compiler.
const PROFILER: &str = "libmono-profiler-aot.a";

/// The C sources of this crate: the bridge, the compatibility layer and, where there is a libcrypto for it, the layer over that.
///
/// # Errors
/// If the folder cannot be listed.
pub fn sources(c: &Path, with_crypto: bool) -> Result<Vec<PathBuf>, BuildError> {
    let is_source = |path: &Path| path.extension().is_some_and(|e| e == "c" || e == "S");
    Ok(files_under(c, &is_source)?
        .into_iter()
        .filter(|path| !path.starts_with(c.join("tests")))
        .filter(|path| with_crypto || !path.starts_with(c.join(CRYPTO)))
        .collect())
}

/// The folder of the layer over libcrypto.
const CRYPTO: &str = "crypto";

/// All that goes into the module, for the step's key.
///
/// # Errors
/// If a file cannot be read.
pub fn inputs(
    tools: &Tools,
    pack: &Pack,
    c: &Path,
    crypto: Option<&Crypto>,
    kind: Kind<'_>,
) -> Result<Inputs, BuildError> {
    let mut inputs = Inputs::default()
        .value(kind.name())
        .value(include_str!("crypto.rs"))
        .value(crypto.map_or("", |crypto| &crypto.key));
    if let Kind::Compiled { objects, .. } = kind {
        for object in objects {
            inputs = inputs.file(object)?;
        }
    }
    inputs
        .value(&tools.clang_version)
        .value(tools.clang_arguments.join(" "))
        .value(&pack.sha512)
        .value(isolator_abi::WIT)
        .value(include_str!("native.rs"))
        .value(compatibility::header())
        .value(include_str!("mono/tables.rs"))
        .value(include_str!("mono/thunks.rs"))
        .value(include_str!("mono/wraps.rs"))
        .value(include_str!("mono/side.rs"))
        .value(isolator_abi::side::LIBRARY.join(" "))
        .value(include_str!("mono/archives.rs"))
        .value(include_str!("mono/objects.rs"))
        .value(include_str!("mono/hot.rs"))
        .value(include_str!("mono/hot_functions.txt"))
        .folder(c, &|path| !path.starts_with(c.join("tests")))
}

/// Compiles and links `core.wasm` in `out`.
///
/// # Errors
/// If the pack cannot be read, or a tool fails; its messages are in the error.
pub fn build(
    tools: &Tools,
    pack: &Pack,
    c: &Path,
    crypto: Option<&Crypto>,
    out: &Path,
    kind: Kind<'_>,
) -> Result<(), BuildError> {
    let generated = out.join("generated");
    std::fs::create_dir_all(&generated).at("create", &generated)?;
    bindings::generate(&generated)?;
    let path = generated.join("compatibility.h");
    std::fs::write(&path, compatibility::header()).at("write", &path)?;

    let archives = libraries::prepare(archives(pack, kind)?, &generated)?;
    let compiler = Compiler {
        tools,
        pack,
        c,
        crypto,
        generated: &generated,
        out,
    };
    let mut linked = Vec::new();
    for source in sources(c, crypto.is_some())? {
        linked.push(compiler.compile(&source, &[])?);
    }
    linked.push(compiler.compile(&generated.join("isolator.c"), &["-w"])?);
    linked.push(generated.join("isolator_component_type.o"));
    let path = generated.join("thunks.S");
    std::fs::write(&path, thunks::assembly()).at("write", &path)?;
    linked.push(compiler.compile_as(&path, "assembled-thunks", &[])?);
    write_tables(pack, &generated, &archives, &linked, crypto)?;
    wraps::check(&archives)?;
    let mut pack_arguments = vec!["-w", "-DGEN_PINVOKE"];
    if let Kind::Compiled {
        assemblies,
        objects,
    } = kind
    {
        let path = generated.join("driver-gen.c");
        std::fs::write(&path, ahead::driver(assemblies)).at("write", &path)?;
        pack_arguments.extend([
            "-DENABLE_AOT=1",
            "-DEE_MODE_LLVMONLY_INTERP=1",
            "-DDRIVER_GEN=1",
        ]);
        linked.extend(objects.iter().cloned());
    }
    // The pack's own sources; their warnings are not ours.
    for name in ["runtime.c", "pinvoke.c"] {
        linked.push(compiler.compile_as(
            &pack.native.join("src").join(name),
            &format!("pack-{name}"),
            &pack_arguments,
        )?);
    }
    linked.extend(crypto.map(|crypto| crypto.object.clone()));
    linked.extend(archives.values().map(|archive| archive.path.clone()));
    hot_first(&compiler, &mut linked)?;
    link(tools, c, out, &archives, &linked, kind)
}

/// Puts an object before all others that lists the functions which most runtimes call by pointer, so that they come first in the table.
fn hot_first(compiler: &Compiler<'_>, linked: &mut Vec<PathBuf>) -> Result<(), BuildError> {
    let broken = |path: &Path, e: wasmparser::BinaryReaderError| {
        BuildError::Recipe(format!("{} is not a wasm object: {e}", path.display()))
    };
    let folder = compiler.generated.join("hot");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).at("create", &folder)?;
    let mut found = hot::Found::default();
    let mut contents = Vec::new();
    for path in &*linked {
        let bytes = std::fs::read(path).at("read", path)?;
        found.look(&bytes).map_err(|e| broken(path, e))?;
        contents.push(bytes);
    }
    for (path, mut bytes) in linked.iter_mut().zip(contents) {
        if found.publish(&mut bytes).map_err(|e| broken(path, e))? {
            let copy = folder.join(path.file_name().unwrap_or_default());
            std::fs::write(&copy, bytes).at("write", &copy)?;
            *path = copy;
        }
    }
    let missing: Vec<_> = found.missing().collect();
    tracing::debug!(?missing, "functions that do not come first in the table");
    let source = folder.join("first.S");
    std::fs::write(&source, found.assembly()).at("write", &source)?;
    linked.insert(0, compiler.compile_as(&source, "first", &[])?);
    Ok(())
}

struct Compiler<'a> {
    tools: &'a Tools,
    pack: &'a Pack,
    c: &'a Path,
    crypto: Option<&'a Crypto>,
    generated: &'a Path,
    out: &'a Path,
}

impl Compiler<'_> {
    fn compile(&self, source: &Path, more: &[&str]) -> Result<PathBuf, BuildError> {
        let relative = source
            .strip_prefix(self.c)
            .unwrap_or_else(|_| Path::new(source.file_name().unwrap_or_default()));
        self.compile_as(
            source,
            &relative.to_string_lossy().replace(['/', '\\'], "-"),
            more,
        )
    }

    fn compile_as(&self, source: &Path, name: &str, more: &[&str]) -> Result<PathBuf, BuildError> {
        let object = self.generated.join(format!("{name}.o"));
        let include = |path: &Path| format!("-I{}", path.display());
        let mut clang = Command::new(&self.tools.clang);
        clang
            .args(&self.tools.clang_arguments)
            .args(["-O2", "-c", "-mbulk-memory", "-msimd128"])
            .arg(format!("-DISOLATOR_DOTNET={}", self.pack.major()));
        if source.extension().is_some_and(|e| e == "S") {
            clang.arg("-mexception-handling");
        } else {
            clang.args([
                "-std=gnu17",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wno-deprecated",
                "-Wno-unused-command-line-argument",
            ]);
        }
        // Sources of every machine are at the same place in the result: same inputs, same bytes.
        for (path, name) in [
            (self.c, "shim"),
            (self.out, "out"),
            (&self.pack.root, "pack"),
        ] {
            clang.arg(format!("-ffile-prefix-map={}={name}", path.display()));
        }
        let headers = self.pack.native.join("include");
        clang
            .arg(include(&headers.join("wasm")))
            .arg(include(&headers.join("mono-2.0")));
        for folder in self.crypto.iter().flat_map(|crypto| &crypto.headers) {
            clang.arg(include(folder));
        }
        clang
            .arg(include(self.generated))
            .arg(include(self.c))
            .args(more)
            .arg(source)
            .arg("-o")
            .arg(&object);
        run("compile the C side", &mut clang)?;
        Ok(object)
    }
}

fn write_tables(
    pack: &Pack,
    generated: &Path,
    archives: &BTreeMap<String, Archive>,
    own: &[PathBuf],
    crypto: Option<&Crypto>,
) -> Result<(), BuildError> {
    let mut libraries = tables::libraries(archives);
    let mut signatures = BTreeSet::new();
    for archive in archives.values() {
        signatures.extend(archive.objects.signatures.iter().cloned());
    }
    let mut bridge = BTreeSet::new();
    let mut defined = BTreeMap::new();
    for object in own {
        let bytes = std::fs::read(object).at("read", object)?;
        let facts = objects::Objects::of_object(&bytes).map_err(|e| {
            BuildError::Recipe(format!("{} is not a wasm object: {e}", object.display()))
        })?;
        bridge.extend(
            facts
                .functions
                .keys()
                .filter(|name| {
                    name.starts_with("isolator_") && !name.starts_with("isolator_runtime_")
                })
                .cloned(),
        );
        signatures.extend(facts.signatures);
        defined.extend(facts.functions);
    }
    libraries.insert(BRIDGE_LIBRARY.into(), bridge);
    let mut entries = tables::unmanaged_entries(&pack.native)?;
    if let Some(crypto) = crypto {
        libraries.insert(crypto::LIBRARY.into(), crypto.functions(&defined)?);
        entries.extend(Crypto::callbacks());
    }
    let write = |name: &str, text: String| {
        let path = generated.join(name);
        std::fs::write(&path, text).at("write", &path)
    };
    write(
        "pinvoke-table.h",
        tables::pinvoke_table(&libraries, &entries),
    )?;
    write("wasm_m2n_invoke.g.h", tables::trampolines(&signatures))
}

fn link(
    tools: &Tools,
    c: &Path,
    out: &Path,
    archives: &BTreeMap<String, Archive>,
    objects: &[PathBuf],
    kind: Kind<'_>,
) -> Result<(), BuildError> {
    let mut clang = Command::new(&tools.clang);
    clang.args(&tools.clang_arguments);
    // A reactor: a command's exports each run all constructors again.
    clang.args(["-mexec-model=reactor", "--no-wasm-opt", "-O2"]);
    let mut linker = |argument: String| {
        clang.arg(format!("-Wl,{argument}"));
    };
    linker(format!("-z,stack-size={STACK_BYTES}"));
    // Below the data: a C stack that overflows leaves the memory and traps, instead of overwriting the heap.
    linker("--stack-first".into());
    linker(format!(
        "--global-base={}",
        STACK_BYTES + INTERPRETER_STACK_BYTES
    ));
    linker("--strip-debug".into());
    linker("--error-limit=0".into());
    // The host may later put compiled traces into the table: see docs/architecture.md.
    linker("--export-table".into());
    linker("--growable-table".into());
    // By it the host tells an overflow of the C stack from another access outside the memory.
    linker("--export=__stack_pointer".into());
    for name in wraps::names(matches!(kind, Kind::Compiled { .. })) {
        linker(format!("--wrap={name}"));
    }
    if let Kind::Compiled { objects, .. } = kind {
        for name in side::exports(objects)? {
            linker(format!("--export={name}"));
        }
    }
    if matches!(kind, Kind::Profiling) {
        // Nothing but a weak reference names it: profile.c.
        linker("--undefined=mono_profiler_init_aot".into());
    }
    // Where a pack has the time zones in an archive of their own, nothing else would pull them in. Unknown names are no error.
    linker("--undefined=mono_register_timezones_bundle".into());
    for name in wraps::of_compat(c)? {
        linker(format!("--wrap={name}"));
    }
    let tier_up: BTreeSet<&String> = archives
        .values()
        .flat_map(|archive| archive.objects.functions.keys())
        .filter(|name| name.starts_with("mono_jiterp_"))
        .collect();
    for name in tier_up {
        linker(format!("--export={name}"));
    }
    clang
        .args(objects)
        .args(SYSTEM_LIBRARIES)
        .arg("-o")
        .arg(out.join("core.wasm"));
    run("link", &mut clang)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stubs_of_components_are_linked_and_profilers_are_not() {
        let taken = [
            "libmonosgen-2.0.a",
            "libmono-component-debugger-stub-static.a",
            "libz.a",
            "wasm-bundled-timezones.a",
        ];
        let left = [
            "libmono-component-debugger-static.a",
            "libmono-profiler-log.a",
            "libmono-wasm-eh-wasm.a",
            "libmono-wasm-nosimd.a",
        ];
        let plain = Kind::Interpreted;
        assert!(taken.iter().all(|name| is_linked(name, plain)));
        assert!(!left.iter().any(|name| is_linked(name, plain)));
        assert!(!is_linked(PROFILER, plain) && is_linked(PROFILER, Kind::Profiling));
    }
}
