//! Says which target this is, and packs a guest image for the feature `embedded-guest`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The engine's compiler wants it by name for code that other machines are to run.
    println!(
        "cargo::rustc-env=ISOLATOR_TARGET={}",
        std::env::var("TARGET").expect("cargo sets TARGET")
    );
    #[cfg(feature = "embedded-guest")]
    embed::pack();
}

#[cfg(feature = "embedded-guest")]
mod embed {
    use std::env;
    use std::fs;
    use std::path::{Path, PathBuf};

    const VARIABLE: &str = "ISOLATOR_GUEST_DIR";
    /// What a crate may carry.
    const MOST: usize = 10_000_000;

    pub fn pack() {
        println!("cargo::rerun-if-env-changed={VARIABLE}");
        println!("cargo::rerun-if-changed=../isolator-abi/src/dotnet-version.txt");
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
        let guest = find();
        let mut total = 0;
        let mut machine_code = Vec::new();
        let path = guest.join("code.cwasm");
        println!("cargo::rerun-if-changed={}", path.display());
        if let Ok(content) = fs::read(&path) {
            machine_code = compress(&content);
        }
        fs::write(out.join("code.cwasm.xz"), machine_code).expect("OUT_DIR can be written");
        for name in ["guest.json", "code.wasm", "state.wasm"] {
            let path = guest.join(name);
            println!("cargo::rerun-if-changed={}", path.display());
            let content = fs::read(&path).unwrap_or_else(|error| {
                panic!("the feature `embedded-guest` cannot read `{}`: {error}. Run `cargo xtask build-guest`, or set {VARIABLE}", path.display())
            });
            let (name, content) = match name {
                "guest.json" => (name.to_owned(), content),
                _ => (format!("{name}.xz"), compress(&content)),
            };
            total += content.len();
            fs::write(out.join(name), content).expect("OUT_DIR can be written");
        }
        assert!(
            total < MOST,
            "the compressed guest image has {total} bytes, and a crate may carry {MOST}"
        );
    }

    /// As small as it gets: it is unpacked once per machine, and then compiled.
    fn compress(content: &[u8]) -> Vec<u8> {
        use std::io::Read;
        const EXTREME: u32 = 1 << 31;
        let mut packed = Vec::new();
        liblzma::read::XzEncoder::new(content, 9 | EXTREME)
            .read_to_end(&mut packed)
            .expect("compressing in memory works");
        packed
    }

    fn find() -> PathBuf {
        if let Some(path) = env::var_os(VARIABLE) {
            return path.into();
        }
        let built = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
            .join("../../target/guest");
        // Not `include_str!`: a packaged crate has no neighbours.
        let version = Path::new("../isolator-abi/src/dotnet-version.txt");
        let preferred = fs::read_to_string(version).map(|version| built.join(version.trim()));
        if let Ok(preferred) = preferred
            && preferred.join("guest.json").is_file()
        {
            return preferred;
        }
        let mut found: Vec<_> = fs::read_dir(&built)
            .map(|entries| {
                entries
                    .flatten()
                    .map(|entry| entry.path())
                    .filter(|path| path.join("guest.json").is_file())
                    .collect()
            })
            .unwrap_or_default();
        found.sort();
        found.pop().unwrap_or_else(|| {
            panic!(
                "the feature `embedded-guest` found no guest image in `{}`. Run `cargo xtask build-guest` first, or set {VARIABLE} to an image's directory",
                built.display()
            )
        })
    }
}
