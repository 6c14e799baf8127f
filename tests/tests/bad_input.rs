//! What is wrong with what a user gives: each a typed error that names what and where, nothing left half-written, and the
//! host usable afterwards.

use isolator_abi::MANIFEST_FILE;
use isolator_abi::manifest::{GuestFile, GuestManifest, image_digest};
use isolator_host::{
    AssemblyImage, AssemblyRequest, Error, GuestImage, IsolatedRuntime, IsolatedRuntimeHost,
    MethodQuery, Result,
};
use isolator_tests::{builder, fixture_file, host, runtime};
use std::path::{Path, PathBuf};
use std::process::Command;

const CALLS: &str = "Calls";

fn works(runtime: &mut IsolatedRuntime) {
    assert_eq!(
        runtime
            .call::<i32>(CALLS, "Calls.Arithmetic", "Add", (1, 2))
            .unwrap(),
        3
    );
}

// ---- guests ----

fn load(path: &Path) -> Result<IsolatedRuntimeHost> {
    builder()
        .guest(path)
        .cache_directory(path.with_extension("cache"))
        .max_runtimes(2)
        .build()
}

fn refused(path: &Path, expected: &[&str]) {
    let text = load(path).map(|_| ()).unwrap_err().to_string();
    for expected in expected {
        assert!(
            text.contains(expected),
            "`{expected}` is missing in:\n{text}"
        );
    }
    assert!(
        text.contains(&path.display().to_string()),
        "the path is missing in:\n{text}"
    );
}

/// A built image's code and state, without machine code: of the guest that is compiled soonest, if the tests were given it.
fn copy_image(to: &Path) -> GuestManifest {
    std::fs::create_dir_all(to).unwrap();
    let from = std::env::var_os("ISOLATOR_INTERPRETED_GUEST");
    let from = from.map_or_else(|| host().origin().into(), PathBuf::from);
    let manifest = GuestManifest {
        precompiled: None,
        component: None,
        ..GuestImage::open(&from).unwrap().manifest().clone()
    };
    for file in manifest.files() {
        let (from, to) = (from.join(file), to.join(file));
        std::fs::hard_link(&from, &to)
            .or_else(|_| std::fs::copy(&from, &to).map(|_| ()))
            .unwrap();
    }
    std::fs::write(to.join(MANIFEST_FILE), manifest.to_json()).unwrap();
    manifest
}

#[test]
fn what_is_no_guest_image_is_named() {
    let root = tempfile::tempdir().unwrap();
    refused(&root.path().join("missing"), &["does not exist"]);
    let empty = root.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    refused(&empty, &["guest.json"]);
    let file = root.path().join("file.wasm");
    std::fs::write(&file, "not a guest").unwrap();
    refused(&file, &["it is a file", "guest.json"]);
    let garbage = root.path().join("garbage");
    std::fs::create_dir(&garbage).unwrap();
    for (json, expected) in [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ("{\"format\":99}", "format 99"),
        ("\u{0}\u{1}", "cannot be read"),
    ] {
        std::fs::write(garbage.join(MANIFEST_FILE), json).unwrap();
        refused(&garbage, &[expected]);
    }
}

#[test]
fn a_manifest_that_points_elsewhere_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let guest = root.path().join("guest");
    let manifest = copy_image(&guest);
    for name in ["../secret", "/etc/passwd", "", "..", "a/b", "c:d"] {
        let mut wrong = manifest.clone();
        wrong.code.file = name.into();
        std::fs::write(guest.join(MANIFEST_FILE), wrong.to_json()).unwrap();
        refused(&guest, &["no plain file name"]);
    }
    let mut wrong = manifest.clone();
    wrong.digest = "0".repeat(64);
    std::fs::write(guest.join(MANIFEST_FILE), wrong.to_json()).unwrap();
    refused(&guest, &["contradicts itself"]);
}

#[test]
fn modules_that_are_truncated_changed_or_missing_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let guest = root.path().join("guest");
    let manifest = copy_image(&guest);
    let code = std::fs::read(guest.join(&manifest.code.file)).unwrap();
    let path = guest.join(&manifest.code.file);
    let change = |content: &[u8]| {
        // Not the hard link's other name.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, content).unwrap();
    };
    for length in [0, 1, 7, 8, 9, code.len() / 2, code.len() - 1] {
        change(&code[..length]);
        refused(&guest, &["code.wasm"]);
    }
    let mut flipped = code.clone();
    flipped[code.len() / 2] ^= 1;
    change(&flipped);
    refused(&guest, &["code.wasm"]);
    std::fs::remove_file(&path).unwrap();
    refused(&guest, &["code.wasm"]);

    // A manifest that agrees with the truncated module does not help it.
    for content in [
        &b"MZ is no wasm"[..],
        b"",
        b"\0asm\x01\0\0\0",
        b"\0asm\x0d\0\x01\0",
        &code[..code.len() / 2],
    ] {
        std::fs::write(&path, content).unwrap();
        let file = GuestFile::of("code.wasm", content);
        let agreeing = GuestManifest {
            digest: image_digest(&file.sha256, &manifest.state.sha256),
            code: file,
            ..manifest.clone()
        };
        std::fs::write(guest.join(MANIFEST_FILE), agreeing.to_json()).unwrap();
        refused(&guest, &["code: "]);
    }
    // And the good one loads after all that.
    std::fs::write(&path, &code).unwrap();
    std::fs::write(guest.join(MANIFEST_FILE), manifest.to_json()).unwrap();
    works(&mut load(&guest).unwrap().create_runtime().unwrap());
}

// ---- assemblies, types, methods, arguments ----

#[test]
fn what_is_not_dotnet_is_told() {
    let mut runtime = runtime();
    let dll = fixture_file(CALLS, "Calls.dll");
    let native = native_pe();
    let cases: [(&[u8], &str); 7] = [
        (b"", "0 bytes"),
        (b"rubbish", "do not begin with MZ"),
        (b"MZ", "cut off or damaged"),
        (&dll[..200], "cut off"),
        (&dll[..dll.len() / 2], "not a .NET image"),
        (b"\x7fELF\x02\x01\x01", "do not begin with MZ"),
        (&native, "native PE file"),
    ];
    for (bytes, expected) in cases {
        let error = runtime.load_image(bytes, None).unwrap_err();
        assert!(
            matches!(&error, Error::BadImage { message } if message.contains(expected)),
            "{expected}: {error}"
        );
    }
    // Symbols that are none do not keep an assembly from loading.
    runtime.load_image(&dll, Some(b"no symbols")).unwrap();
    works(&mut runtime);
}

/// A PE file as a linker for native code makes it, without .NET's directory.
fn native_pe() -> Vec<u8> {
    let mut pe = vec![0_u8; 1024];
    pe[..2].copy_from_slice(b"MZ");
    pe[0x3c] = 0x80;
    pe[0x80..0x84].copy_from_slice(b"PE\0\0");
    pe[0x84..0x86].copy_from_slice(&0x8664_u16.to_le_bytes()); // machine
    pe[0x94..0x96].copy_from_slice(&240_u16.to_le_bytes()); // size of the optional header
    pe[0x96..0x98].copy_from_slice(&0x2022_u16.to_le_bytes()); // a DLL
    pe[0x98..0x9a].copy_from_slice(&0x20b_u16.to_le_bytes()); // PE32+
    pe[0x98 + 108..0x98 + 112].copy_from_slice(&16_u32.to_le_bytes()); // directories, all empty
    pe
}

#[test]
fn a_loader_that_gives_rubbish_is_told() {
    let host = IsolatedRuntimeHost::builder()
        .max_runtimes(2)
        .assembly_loader(|request: &AssemblyRequest| {
            Some(AssemblyImage::new(
                format!("rubbish for {}", request.name).into_bytes(),
            ))
        })
        .build()
        .unwrap();
    let mut runtime = host.create_runtime().unwrap();
    let error = runtime.load_assembly("Anything").unwrap_err();
    assert!(
        matches!(&error, Error::BadImage { message } if message.contains("Anything") && message.contains("do not begin with MZ")),
        "{error}"
    );
    assert_eq!(
        runtime
            .call::<i32>("System.Private.CoreLib", "System.Math", "Max", (1, 2))
            .unwrap(),
        2
    );
}

#[test]
fn missing_things_are_named() {
    let mut runtime = runtime();
    let error = runtime.load_assembly("No.Such.Assembly").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Could not load assembly 'No.Such.Assembly'"
    );
    assert!(
        matches!(error, Error::AssemblyNotFound { assembly, .. } if assembly == "No.Such.Assembly")
    );

    let error = runtime.find_type(CALLS, "Calls.Nowhere").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Could not find type 'Calls.Nowhere' in assembly 'Calls'"
    );
    assert!(
        matches!(error, Error::TypeNotFound { assembly, type_name, .. } if assembly == CALLS && type_name == "Calls.Nowhere")
    );

    let error = runtime
        .call::<i32>(CALLS, "Calls.Counter", "Nothing", ())
        .unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("Could not find method [Calls]Calls.Counter::Nothing because the method Nothing could not be found"), "{text}");
    assert!(
        matches!(error, Error::MethodNotFound { type_name, method, .. } if type_name == "Calls.Counter" && method == "Nothing")
    );

    let counter = runtime.find_type(CALLS, "Calls.Counter").unwrap();
    let error = runtime
        .get_field::<i32>(&counter, None, "s_nothing")
        .unwrap_err();
    assert!(
        matches!(&error, Error::MethodNotFound { method, .. } if method == "s_nothing"),
        "{error}"
    );
    works(&mut runtime);
}

#[test]
fn wrong_arguments_are_told_with_what_would_fit() {
    let mut runtime = runtime();
    // The number of arguments, with the candidates.
    let error = runtime
        .call::<i32>(CALLS, "Calls.Counter", "SumOf", (1, 2, 3))
        .unwrap_err();
    let Error::MethodNotFound { candidates, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        candidates
            .iter()
            .any(|candidate| candidate.contains("SumOf(Calls.Counter[]")
                || candidate.contains("SumOf(")),
        "{error}"
    );
    let add = runtime
        .find_method(CALLS, "Calls.Arithmetic", "Add")
        .unwrap();
    for error in [
        runtime.invoke::<i32>(&add, (1,)).unwrap_err(),
        runtime.invoke::<i32>(&add, (1, 2, 3)).unwrap_err(),
    ] {
        assert!(
            matches!(&error, Error::Argument { message, .. } if message.contains("takes 2 arguments")),
            "{error}"
        );
    }
    // Their types.
    for (error, expected) in [
        (
            runtime.invoke::<i32>(&add, ("one", 2)).unwrap_err(),
            "Argument 1 (a)",
        ),
        (
            runtime.invoke::<i32>(&add, (1, 2.5)).unwrap_err(),
            "Argument 2 (b)",
        ),
        (
            runtime.invoke::<i32>(&add, (1, i64::MAX)).unwrap_err(),
            "Argument 2 (b)",
        ),
        (
            runtime.invoke::<i32>(&add, (None::<i32>, 1)).unwrap_err(),
            "Argument 1 (a)",
        ),
    ] {
        assert!(
            matches!(&error, Error::Argument { message, .. } if message.contains(expected)),
            "{expected}: {error}"
        );
    }
    // What is no tuple, and what cannot be read as asked.
    let error = runtime.invoke::<i32>(&add, 5).unwrap_err();
    assert!(
        matches!(&error, Error::Value { message } if message.contains("tuple")),
        "{error}"
    );
    let error = runtime.invoke::<String>(&add, (1, 2)).unwrap_err();
    assert!(
        matches!(&error, Error::Value { message } if message.contains("String")),
        "{error}"
    );
    works(&mut runtime);
}

#[test]
fn ambiguity_lists_what_fits() {
    let mut runtime = runtime();
    let error = runtime
        .find_method(CALLS, "Calls.Overloads", "Take")
        .unwrap_err();
    let Error::Ambiguous {
        candidates, method, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!((method.as_str(), candidates.len()), ("Take", 5), "{error}");
    let query = MethodQuery {
        argument_count: Some(1),
        ..Default::default()
    };
    let error = runtime
        .find_method_with(CALLS, "Calls.Overloads", "Take", &query)
        .unwrap_err();
    assert!(
        matches!(&error, Error::Ambiguous { candidates, .. } if candidates.len() == 4),
        "{error}"
    );
    let error = runtime
        .call::<String>(CALLS, "Calls.Overloads", "Same", (None::<i32>,))
        .unwrap_err();
    assert!(
        matches!(&error, Error::Ambiguous { candidates, .. } if candidates.len() == 2),
        "{error}"
    );
    works(&mut runtime);
}

// ---- the cache ----

/// The files of the cache's only entry.
fn entry(cache: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(cache)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    let mut files: Vec<PathBuf> = std::fs::read_dir(entries.remove(0))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn a_cache_entry_that_was_tampered_with_is_made_again() {
    let root = tempfile::tempdir().unwrap();
    let guest = root.path().join("guest");
    copy_image(&guest);
    let cache = guest.with_extension("cache");
    works(&mut load(&guest).unwrap().create_runtime().unwrap());
    let good: Vec<(PathBuf, Vec<u8>)> = entry(&cache)
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    let code = good
        .iter()
        .find(|(path, _)| path.file_name().unwrap() == "code.cwasm")
        .unwrap();
    let state = good
        .iter()
        .find(|(path, _)| path.file_name().unwrap() == "state.cwasm")
        .unwrap();
    let tamper: [(&str, &dyn Fn()); 4] = [
        ("a flipped bit", &|| {
            let mut bytes = code.1.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&code.0, bytes).unwrap();
        }),
        ("cut off", &|| {
            std::fs::write(&code.0, &code.1[..code.1.len() / 3]).unwrap()
        }),
        ("swapped", &|| {
            std::fs::write(&code.0, &state.1).unwrap();
            std::fs::write(&state.0, &code.1).unwrap();
        }),
        ("empty", &|| std::fs::write(&state.0, b"").unwrap()),
    ];
    for (what, tamper) in tamper {
        tamper();
        works(
            &mut load(&guest)
                .unwrap_or_else(|error| panic!("{what}: {error}"))
                .create_runtime()
                .unwrap(),
        );
        for (path, bytes) in &good {
            if path
                .extension()
                .is_some_and(|extension| extension == "cwasm")
            {
                assert!(
                    std::fs::read(path).unwrap() == *bytes,
                    "{what}: `{}` was not made again",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let root = tempfile::tempdir().unwrap();
    let guest = root.path().join("guest");
    copy_image(&guest);
    // A file where the directory should be.
    std::fs::write(guest.with_extension("cache"), "in the way").unwrap();
    works(&mut load(&guest).unwrap().create_runtime().unwrap());
    assert_eq!(
        std::fs::read_to_string(guest.with_extension("cache")).unwrap(),
        "in the way"
    );
}

#[cfg(target_os = "linux")]
fn allow_large_files() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: both calls read or write the one structure, which outlives them.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit), 0);
        limit.rlim_cur = limit.rlim_max;
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
}

/// In a process of its own that may write no large file, as on a full disk.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_nothing_half_written() {
    const VARIABLE: &str = "ISOLATOR_TESTS_FULL";
    if let Some(guest) = std::env::var_os(VARIABLE) {
        let host = load(Path::new(&guest)).unwrap();
        // The limit is for memory files, too, which the engine makes for the first runtime: no longer needed.
        allow_large_files();
        works(&mut host.create_runtime().unwrap());
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let guest = root.path().join("guest");
    copy_image(&guest);
    let cache = guest.with_extension("cache");
    // 1 MiB is less than either module's machine code. Without the signal, writing more fails with an error.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 2048 && exec \"$0\" --exact a_full_disk_leaves_nothing_half_written"])
        .arg(std::env::current_exe().unwrap())
        .env(VARIABLE, &guest)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let mut left = Vec::new();
    let mut directories = vec![cache.clone()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path)
            } else if path.metadata().unwrap().len() > 0 {
                left.push(path)
            }
        }
    }
    assert!(left.is_empty(), "half-written: {left:?}");
    // With room again, it is cached.
    works(&mut load(&guest).unwrap().create_runtime().unwrap());
    assert!(
        entry(&cache)
            .iter()
            .any(|path| path.metadata().unwrap().len() > 1 << 20)
    );
}
