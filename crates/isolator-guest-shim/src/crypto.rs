//! Cryptography: the base class library's assembly for Linux, and OpenSSL's libcrypto, which it calls.
//!
//! The assembly is the SDK's own ([`framework`](crate::framework)). What it calls by name is answered by `c/crypto`, over a libcrypto that
//! is built here, from the sources in the crate `openssl-src`: for WASI, without assembler, threads, sockets, files and modules, and
//! without what .NET has no name for. Where the SDK brings no such assembly the pack's stays, and nothing of this is built.

use crate::error::{BuildError, Context};
use crate::mono::objects::Signature;
use crate::mono::tables::UnmanagedEntry;
use crate::steps::{Inputs, Steps, files_under};
use crate::tools::{Tools, run};
use isolator_compile::metadata::{IMPLEMENTED, METHOD_DEF, MODULE_REF, Metadata, compressed};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The assembly.
pub const ASSEMBLY: &str = "System.Security.Cryptography.dll";

/// The name under which it calls native functions.
pub const LIBRARY: &str = "libSystem.Security.Cryptography.Native.OpenSsl";

/// How the names of these functions begin.
const PREFIX: &str = "CryptoNative_";

/// The managed method that OpenSSL calls with each certificate of a chain that is not in order.
const CALLBACK: &str = "VerifyCallback#2:System.Security.Cryptography:System.Security.Cryptography.X509Certificates:OpenSslX509ChainProcessor";

/// What of OpenSSL is built: nothing that a guest has not (threads, sockets, files, modules, other processes), and of the algorithms those that
/// .NET has a name for, or that certificates are signed with.
///
/// There is no source of seeds, so that OpenSSL's generators give no byte: see `c/crypto/random.c`.
const CONFIGURATION: &str = "linux-generic32 --prefix=/usr --openssldir=/usr/lib/ssl --with-rand-seed=none \
    no-asm no-threads no-sock no-dgram no-dso no-module no-shared no-pic no-engine no-static-engine no-padlockeng no-loadereng no-afalgeng \
    no-async no-thread-pool no-secure-memory no-posix-io no-stdio no-ui-console no-autoload-config no-filenames no-jitter \
    no-apps no-docs no-tests no-demos no-makedepend no-ssl no-tls no-dtls no-quic no-ssl-trace no-srtp no-nextprotoneg no-multiblock no-psk \
    no-srp no-cmp no-cms no-comp no-ct no-ts no-rfc3779 no-gost no-argon2 no-scrypt no-aria no-bf no-blake2 no-camellia no-cast no-cmac \
    no-dh no-idea no-lms no-md4 no-mdc2 no-ocb no-rc4 no-rmd160 no-seed no-siphash no-siv no-sm2 no-sm3 no-sm4 no-whirlpool";

/// How its C is compiled.
const FLAGS: &str = "-O2 -w -mbulk-memory -msimd128 -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_MMAN \
    -D_WASI_EMULATED_PROCESS_CLOCKS -DNO_SYSLOG";

/// What would change the build, of a machine's environment.
const VARIABLES: &[&str] = &[
    "AR",
    "ARFLAGS",
    "CC",
    "CFLAGS",
    "CPP",
    "CPPDEFINES",
    "CPPFLAGS",
    "CPPINCLUDES",
    "CROSS_COMPILE",
    "CXX",
    "CXXFLAGS",
    "LDFLAGS",
    "LDLIBS",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
    "OPENSSL_CONF",
    "OPENSSL_LOCAL_CONFIG_DIR",
    "PERL",
    "PERL5LIB",
    "RANLIB",
];

/// What the guest links for cryptography.
#[derive(Debug, Clone)]
pub struct Crypto {
    /// Folders of OpenSSL's headers.
    pub headers: Vec<PathBuf>,
    /// All of libcrypto in one object. The linker takes what is called.
    pub object: PathBuf,
    /// The functions that the assembly calls.
    pub imports: BTreeMap<String, Signature>,
    /// The key of the step that built it.
    pub key: String,
}

/// Builds what an assembly calls; none where that is another flavour.
///
/// # Errors
/// If the assembly cannot be read, or a tool fails; its messages are in the error.
pub fn prepare(
    tools: &Tools,
    steps: &Steps<'_>,
    assembly: &Path,
    out: &Path,
) -> Result<Option<Crypto>, BuildError> {
    if !assembly.is_file() {
        return Ok(None);
    }
    let imports = imports(&std::fs::read(assembly).at("read", assembly)?);
    if imports.is_empty() {
        return Ok(None);
    }
    let object = out.join("libcrypto.o");
    let sources = openssl_src::source_dir();
    let inputs = Inputs::default()
        .value(openssl_src::version())
        .value(&tools.clang_version)
        .value(tools.clang_arguments.join(" "))
        .value(CONFIGURATION)
        .value(FLAGS)
        .value(BUILD_INFORMATION);
    let key = steps.run("build libcrypto", inputs, &[&object], || {
        build(tools, &sources, out, &object)
    })?;
    Ok(Some(Crypto {
        headers: vec![out.join("build/include"), sources.join("include")],
        object,
        imports,
        key,
    }))
}

/// Builds libcrypto, and links all of it into one object.
fn build(tools: &Tools, sources: &Path, out: &Path, object: &Path) -> Result<(), BuildError> {
    let folder = out.join("build");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).at("create", &folder)?;
    let step = "build libcrypto";
    let command = |program: &str| {
        let mut command = Command::new(program);
        command.current_dir(&folder).env("SOURCE_DATE_EPOCH", "0");
        for name in VARIABLES {
            command.env_remove(name);
        }
        command
    };
    let mut configure = command("perl");
    configure
        .arg(sources.join("Configure"))
        .args(CONFIGURATION.split_whitespace())
        .arg(format!("CC={}", compiler(tools, sources, &folder)))
        // Objects are linked as they are: no archive is made.
        .args(["CFLAGS=", "CXX=false", "AR=true", "RANLIB=true"]);
    run(step, &mut configure)?;
    // What it was compiled with would be in it, with the paths of this machine.
    let information = "crypto/buildinf.h";
    run(step, command("make").arg("build_generated"))?;
    run(step, command("make").arg(information))?;
    std::fs::write(folder.join(information), BUILD_INFORMATION).at("write", &folder)?;
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    run(
        step,
        command("make").arg(format!("-j{jobs}")).arg("libcrypto.a"),
    )?;

    let objects = files_under(&folder, &|path| path.extension().is_some_and(|e| e == "o"))?;
    let list = out.join("objects.txt");
    let lines: Vec<String> = objects
        .iter()
        .map(|path| format!("\"{}\"", path.display()))
        .collect();
    std::fs::write(&list, lines.join("\n")).at("write", &list)?;
    let mut link = Command::new(&tools.clang);
    link.args(&tools.clang_arguments)
        .args(["-nostdlib", "-Wl,--relocatable", "--no-wasm-opt"])
        .arg(format!("@{}", list.display()))
        .arg("-o")
        .arg(object);
    run(step, &mut link)?;
    Ok(())
}

/// What OpenSSL says of its own build, when it is asked.
const BUILD_INFORMATION: &str = "#define PLATFORM \"platform: wasm32-wasi\"\n\
    #define DATE \"built on: reproducible build\"\n\
    static const char compiler_flags[] = \"compiler: clang\";\n";

/// The compiler with its arguments, as a makefile has it. Sources of every machine are at the same place in the result.
fn compiler(tools: &Tools, sources: &Path, folder: &Path) -> String {
    let mut words = vec![tools.clang.display().to_string()];
    let linker = |argument: &&String| argument.starts_with("-fuse-ld");
    words.extend(tools.clang_arguments.iter().filter(|a| !linker(a)).cloned());
    words.extend(FLAGS.split_whitespace().map(str::to_owned));
    for (path, name) in [(sources, "openssl"), (folder, "libcrypto")] {
        words.push(format!("-ffile-prefix-map={}={name}", path.display()));
    }
    words.join(" ")
}

/// OpenSSL's licence, which goes with every image that has its code.
#[must_use]
pub fn licence() -> PathBuf {
    openssl_src::source_dir().join("LICENSE.txt")
}

/// The functions of [`LIBRARY`] that an assembly calls. None, if it is no assembly, or calls another library.
#[must_use]
pub fn imports(file: &[u8]) -> BTreeMap<String, Signature> {
    let Some(metadata) = Metadata::read(file) else {
        return BTreeMap::new();
    };
    (0..metadata.rows(IMPLEMENTED))
        .filter_map(|row| {
            let (_, library) = metadata.row(IMPLEMENTED, row, 3)?;
            if metadata.text(MODULE_REF, library, 0)? != LIBRARY {
                return None;
            }
            let (METHOD_DEF, method) = metadata.row(IMPLEMENTED, row, 1)? else {
                return None;
            };
            let name = metadata.text(IMPLEMENTED, row, 2)?;
            Some((name.to_owned(), signature(&metadata, method)?))
        })
        .collect()
}

/// The wasm signature of a function that a method stands for. ECMA-335 II.23.2.1; the types are those that need no conversion.
fn signature(metadata: &Metadata<'_>, method: usize) -> Option<Signature> {
    let mut blob = metadata.blob(METHOD_DEF, method, 4)?;
    let _convention = compressed(&mut blob)?;
    let count = compressed(&mut blob)?;
    let letters: Option<String> = (0..=count).map(|_| letter(&mut blob)).collect();
    Signature::of_letters(&letters?)
}

/// The letter of a type, see [`Signature`].
fn letter(blob: &mut &[u8]) -> Option<char> {
    const VALUE_TYPE: usize = 0x11;
    const POINTER: usize = 0x0f;
    const FUNCTION: usize = 0x1b;
    match compressed(blob)? {
        0x01 => Some('V'),
        // Numbers of at most 32 bits, and those of a pointer's size.
        0x02..=0x09 | 0x18 | 0x19 => Some('I'),
        0x0a | 0x0b => Some('L'),
        0x0c => Some('F'),
        0x0d => Some('D'),
        POINTER => {
            skip_pointed_to(blob)?;
            Some('I')
        }
        FUNCTION => {
            compressed(blob)?;
            let count = compressed(blob)?;
            for _ in 0..=count {
                letter(blob)?;
            }
            Some('I')
        }
        // An enum of numbers: of no other value types are there any.
        VALUE_TYPE => {
            compressed(blob)?;
            Some('I')
        }
        _ => None,
    }
}

fn skip_pointed_to(blob: &mut &[u8]) -> Option<()> {
    match compressed(blob)? {
        0x0f => skip_pointed_to(blob),
        0x11 | 0x12 => compressed(blob).map(|_| ()),
        _ => Some(()),
    }
}

impl Crypto {
    /// The functions for the table of what managed code calls, of all that the C side defines.
    ///
    /// # Errors
    /// If one that the assembly calls is missing, or has another signature: calling it would be a trap.
    pub fn functions(
        &self,
        defined: &BTreeMap<String, Signature>,
    ) -> Result<BTreeSet<String>, BuildError> {
        let wrong: Vec<String> = self
            .imports
            .iter()
            .filter_map(|(name, wanted)| match defined.get(name) {
                Some(found) if found == wanted => None,
                Some(found) => Some(format!(
                    "{name} is {}, and {} is called",
                    found.as_str(),
                    wanted.as_str()
                )),
                None => Some(format!("there is no {name} ({})", wanted.as_str())),
            })
            .collect();
        if !wrong.is_empty() {
            return Err(BuildError::Recipe(format!(
                "c/crypto does not fit the {ASSEMBLY} of this .NET (a result's letter comes first, see Signature): {}",
                wrong.join("; ")
            )));
        }
        Ok(defined
            .keys()
            .filter(|name| name.starts_with(PREFIX))
            .cloned()
            .collect())
    }

    /// The managed methods that libcrypto calls.
    #[must_use]
    pub fn callbacks() -> Vec<UnmanagedEntry> {
        let signature = Signature::of_letters("III").unwrap_or_else(Signature::none);
        vec![UnmanagedEntry {
            key: CALLBACK.into(),
            signature,
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(functions: &[(&str, &str)]) -> BTreeMap<String, Signature> {
        functions
            .iter()
            .map(|(name, letters)| ((*name).to_owned(), Signature::of_letters(letters).unwrap()))
            .collect()
    }

    fn crypto(imports: &[(&str, &str)]) -> Crypto {
        Crypto {
            headers: Vec::new(),
            object: PathBuf::new(),
            imports: table(imports),
            key: String::new(),
        }
    }

    #[test]
    fn every_function_that_is_called_is_there_as_it_is_called() {
        let crypto = crypto(&[("CryptoNative_A", "II"), ("CryptoNative_B", "VL")]);
        let more = [
            ("CryptoNative_A", "II"),
            ("CryptoNative_B", "VL"),
            ("CryptoNative_C", "V"),
            ("helper", "V"),
        ];
        let names = crypto.functions(&table(&more)).unwrap();
        assert_eq!(
            names.iter().map(String::as_str).collect::<Vec<_>>(),
            ["CryptoNative_A", "CryptoNative_B", "CryptoNative_C"]
        );
        let error = crypto
            .functions(&table(&[("CryptoNative_A", "LI")]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("CryptoNative_A is LI, and II is called")
                && error.contains("there is no CryptoNative_B (VL)"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_assembly_calls_nothing() {
        assert_eq!(imports(b"no assembly"), BTreeMap::new());
    }
}
