//! A guest of another contract, and one that is broken, are refused with everything that is wrong.

use isolator_abi::manifest::{GuestFile, GuestManifest, image_digest};
use isolator_abi::{ABI_VERSION, GuestStamp, MANIFEST_FILE, STAMP_SECTION, contract_hash};
use isolator_host::{Error, HostBuilder, IsolatedRuntimeHost};
use isolator_tests::host;
use std::path::Path;
use wasm_encoder::{CustomSection, Encode, Section};

fn load(directory: &Path) -> Error {
    let builder: HostBuilder = IsolatedRuntimeHost::builder()
        .guest(directory)
        .cache_directory(directory.join("cache"))
        .max_runtimes(2);
    builder.build().map(|_| ()).unwrap_err()
}

/// A copy of the built image's modules, changed.
fn write(directory: &Path, stamp: &GuestStamp, code: &[u8], state: &[u8]) {
    std::fs::write(directory.join("code.wasm"), code).unwrap();
    std::fs::write(directory.join("state.wasm"), state).unwrap();
    let (code, state) = (
        GuestFile::of("code.wasm", code),
        GuestFile::of("state.wasm", state),
    );
    let manifest = GuestManifest {
        stamp: stamp.clone(),
        digest: image_digest(&code.sha256, &state.sha256),
        code,
        state,
        component: None,
        precompiled: None,
        ..host().manifest().clone()
    };
    std::fs::write(directory.join(MANIFEST_FILE), manifest.to_json()).unwrap();
}

fn modules() -> (Vec<u8>, Vec<u8>) {
    let directory = Path::new(host().origin());
    let read = |file: &GuestFile| std::fs::read(directory.join(&file.file)).unwrap();
    (
        read(&host().manifest().code),
        read(&host().manifest().state),
    )
}

#[test]
fn another_version_or_contract_is_refused_with_both_values() {
    let (code, state) = modules();
    let directory = tempfile::tempdir().unwrap();
    let stamp = host().manifest().stamp.clone();
    let other_version = GuestStamp {
        abi_version: "9.8.7".into(),
        ..stamp.clone()
    };
    let other_hash = GuestStamp {
        contract_hash: "0123abcd".into(),
        ..stamp
    };
    for (stamp, ours, theirs) in [
        (&other_version, ABI_VERSION, "9.8.7"),
        (&other_hash, contract_hash(), "0123abcd"),
    ] {
        write(directory.path(), stamp, &code, &state);
        let error = load(directory.path());
        let text = error.to_string();
        assert!(matches!(error, Error::IncompatibleGuest { .. }), "{text}");
        assert!(
            text.contains(ours)
                && text.contains(theirs)
                && text.contains(&directory.path().display().to_string()),
            "{text}"
        );
        assert!(text.contains("cargo xtask build-guest"), "{text}");
    }
}

#[test]
fn a_module_whose_own_stamp_is_another_is_refused() {
    // The manifest claims to fit; the section inside the code says otherwise.
    let (code, state) = modules();
    let stamp = host().manifest().stamp.clone();
    let lying = replace_stamp(
        &code,
        &GuestStamp {
            contract_hash: "feedface".into(),
            ..stamp.clone()
        },
    );
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &stamp, &lying, &state);
    let text = load(directory.path()).to_string();
    assert!(
        text.contains("feedface") && text.contains(contract_hash()),
        "{text}"
    );
    // And the state belongs to another code.
    assert!(
        text.contains("it belongs to the code with digest"),
        "all at once: {text}"
    );
}

/// The module with another stamp.
fn replace_stamp(wasm: &[u8], stamp: &GuestStamp) -> Vec<u8> {
    let mut out = wasm[..8].to_vec();
    let mut rest = &wasm[8..];
    let mut replaced = false;
    while let [id, after @ ..] = rest {
        let (mut length, mut shift, mut used) = (0_usize, 0, 0);
        for byte in after {
            length |= usize::from(byte & 0x7f) << shift;
            (shift, used) = (shift + 7, used + 1);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let body = &after[used..used + length];
        if *id == 0 && body.get(1..=STAMP_SECTION.len()) == Some(STAMP_SECTION.as_bytes()) {
            let section = CustomSection {
                name: STAMP_SECTION.into(),
                data: stamp.to_bytes().into(),
            };
            out.push(section.id());
            section.encode(&mut out);
            replaced = true;
        } else {
            out.push(*id);
            out.extend_from_slice(&after[..used + length]);
        }
        rest = &after[used + length..];
    }
    assert!(replaced, "the module carries no stamp");
    out
}

#[test]
fn a_broken_guest_is_refused_once_with_all_that_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let code = wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "sock_connect" (func (param i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32) (result i32)))
            (import "env" "system" (func (param i32) (result i32)))
            (import "isolator:runtime/host@0.1.0" "call" (func (param i32) (result i32)))
            (func (export "isolator:runtime/guest@0.1.0#start") (param i64) (result i32) unreachable)
            (memory (export "memory") 1))"#,
    )
    .unwrap();
    let state = wat::parse_str(r#"(module (func) (memory 1))"#).unwrap();
    write(directory.path(), &host().manifest().stamp, &code, &state);
    let error = load(directory.path());
    let text = error.to_string();
    let Error::BadGuest { problems, .. } = error else {
        panic!("{text}")
    };
    for expected in [
        "code: it has no `isolator` section",
        "`sock_connect`, which the host does not have",
        "`fd_write`",
        "`env` `system`",
        "`isolator:runtime/host@0.1.0` `call`",
        "guest@0.1.0#start` has the signature (i64) -> (i32), and the contract says (i32 i32) -> (i32)",
        "it does not export `isolator:runtime/guest@0.1.0#invoke`",
        "it does not export `cabi_realloc`",
        "it does not import its memory",
        "state: ",
        "state: it does not export its memory as `memory`",
    ] {
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "`{expected}` is missing in:\n{text}"
        );
    }
    assert!(text.contains(&directory.path().display().to_string()));
    assert!(
        !directory.path().join("cache").exists()
            || std::fs::read_dir(directory.path().join("cache"))
                .unwrap()
                .count()
                <= 1
    );
}
