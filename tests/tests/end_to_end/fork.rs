//! A live runtime's memory is a state like the build's own: saved, loaded, and instantiated as often as wanted.

use crate::CALLS;
use isolator_abi::manifest::{GuestFile, GuestManifest, image_digest};
use isolator_abi::{GuestStamp, MANIFEST_FILE, STAMP_SECTION};
use isolator_host::IsolatedRuntimeHost;
use isolator_snapshot::state;
use isolator_tests::{host, runtime};
use std::path::Path;

#[test]
fn a_live_runtime_is_saved_loaded_and_forked() {
    let mut parent = runtime();
    parent
        .call::<i32>(CALLS, "Calls.State", "Set", (77,))
        .unwrap();
    parent
        .call_task::<i32>(CALLS, "Calls.Tasks", "Delayed", (1, 1))
        .unwrap();

    // Saved: no guest frame is on the stack, so the memory is all there is.
    let origin = Path::new(host().origin());
    let manifest = host().manifest();
    let code = std::fs::read(origin.join(&manifest.code.file)).unwrap();
    let original = std::fs::read(origin.join(&manifest.state.file)).unwrap();
    let stamp = GuestStamp {
        code_digest: Some(manifest.code.sha256.clone()),
        ..manifest.stamp.clone()
    };
    let maximum = state::read(&original, 1 << 32).unwrap().maximum;
    let sections: [(&str, &[u8]); 1] = [(STAMP_SECTION, &stamp.to_bytes())];
    let state = state::write(parent.memory(), maximum, &sections, &[]);
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("code.wasm"), &code).unwrap();
    std::fs::write(place.path().join("state.wasm"), &state).unwrap();
    let file = GuestFile::of("state.wasm", &state);
    let forked = GuestManifest {
        digest: image_digest(&manifest.code.sha256, &file.sha256),
        code: GuestFile::of("code.wasm", &code),
        state: file,
        component: None,
        precompiled: None,
        initial_memory_pages: (parent.memory().len() / state::WASM_PAGE) as u64,
        ..manifest.clone()
    };
    std::fs::write(place.path().join(MANIFEST_FILE), forked.to_json()).unwrap();

    // Loaded by a host that has no loader: the assembly and its statics are in the state.
    let children = IsolatedRuntimeHost::builder()
        .guest(place.path())
        .cache_directory(place.path().join("cache"))
        .max_runtimes(8)
        .build()
        .unwrap();
    assert!(children.copy_on_write().unwrap());
    let mut runtimes: Vec<_> = (0..4).map(|_| children.create_runtime().unwrap()).collect();
    for (number, child) in (0..).zip(&mut runtimes) {
        let get = |child: &mut isolator_host::IsolatedRuntime| {
            child.call::<i32>(CALLS, "Calls.State", "Get", ()).unwrap()
        };
        assert_eq!(get(child), 77);
        child
            .call::<i32>(CALLS, "Calls.State", "Set", (number,))
            .unwrap();
        assert_eq!(get(child), number);
        let delayed: i32 = child
            .call_task(CALLS, "Calls.Tasks", "Delayed", (1, 5))
            .unwrap();
        assert_eq!(delayed, 5);
        assert!(
            child
                .call::<i32>(CALLS, "Calls.Failing", "Nested", ())
                .is_err()
        );
    }
    let random = |runtime: &mut isolator_host::IsolatedRuntime| {
        runtime
            .call::<String>(CALLS, "Calls.Surroundings", "Random", ())
            .unwrap()
    };
    let [one, two, ..] = &mut runtimes[..] else {
        unreachable!()
    };
    let (one, two) = (random(one), random(two));
    for (a, b) in one.split('|').zip(two.split('|')) {
        assert_ne!(a, b, "two forks of a runtime give the same random numbers");
    }
    assert_eq!(
        parent.call::<i32>(CALLS, "Calls.State", "Get", ()).unwrap(),
        77
    );
}
