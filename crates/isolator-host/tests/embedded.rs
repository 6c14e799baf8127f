//! A guest image inside the program: unpacked only to be compiled, and cached like any other.
#![cfg(feature = "embedded-guest")]

use isolator_host::{GuestImage, IsolatedRuntimeHost};

#[test]
fn the_embedded_guest_runs_from_an_empty_cache() {
    let cache = tempfile::tempdir().unwrap();
    let build = || {
        let image = GuestImage::embedded().unwrap();
        assert_eq!(image.origin(), "embedded");
        IsolatedRuntimeHost::builder()
            .guest_image(image)
            .cache_directory(cache.path())
            .max_runtimes(2)
            .build()
            .unwrap_or_else(|error| panic!("{error}"))
    };
    for _ in 0..2 {
        let mut runtime = build().create_runtime().unwrap();
        let max: i32 = runtime
            .call("System.Private.CoreLib", "System.Math", "Max", (3, 4))
            .unwrap();
        assert_eq!(max, 4);
    }
    assert!(
        std::fs::read_dir(cache.path()).unwrap().count() >= 2,
        "an entry and the lock"
    );
    assert!(build().copy_on_write().unwrap());
}
