//! Tests of loading, caching and refusing guest images, with hand-made guests.

use super::*;
use crate::IsolatedRuntimeHost;
use crate::testing::test_guest::TestGuest;
use isolator_abi::GuestStamp;
use std::time::Duration;

/// A guest image and a cache of its own.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new(guest: &TestGuest) -> Self {
        let place = Self {
            root: tempfile::tempdir().unwrap(),
        };
        guest.write(&place.guest());
        place
    }
    fn guest(&self) -> PathBuf {
        self.root.path().join("guest")
    }
    fn cache(&self) -> PathBuf {
        self.root.path().join("cache")
    }
    fn host(&self) -> Result<IsolatedRuntimeHost> {
        IsolatedRuntimeHost::builder()
            .guest(self.guest())
            .cache_directory(self.cache())
            .max_runtimes(2)
            .build()
    }
    /// A file of the only cache entry.
    fn entry(&self, name: &str) -> PathBuf {
        let mut entries = std::fs::read_dir(self.cache())
            .unwrap()
            .flatten()
            .map(|e| e.path())
            .filter(|path| path.is_dir());
        let entry = entries.next().expect("an entry");
        assert_eq!(entries.next(), None);
        entry.join(name)
    }
}

fn works(host: &IsolatedRuntimeHost) {
    let mut runtime = host.create_runtime().unwrap();
    assert_eq!(runtime.call::<i64>("A", "T", "Add", (3, 4)).unwrap(), 7);
}

fn temporary_files(directory: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                temporary_files(&entry.path())
            } else {
                usize::from(name.ends_with(".tmp"))
            }
        })
        .sum()
}

#[test]
fn a_guest_is_compiled_once() {
    let place = Place::new(&TestGuest::echo());
    works(&place.host().unwrap());
    std::fs::remove_file(place.guest().join("code.wasm")).unwrap();
    works(&place.host().unwrap());
    assert_eq!(temporary_files(&place.cache()), 0);
}

#[test]
fn a_changed_cache_entry_is_made_again() {
    let place = Place::new(&TestGuest::echo());
    works(&place.host().unwrap());
    for name in ["code.cwasm", "state.cwasm"] {
        std::thread::sleep(Duration::from_millis(30));
        let good = std::fs::read(place.entry(name)).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 0x55;
        std::fs::write(place.entry(name), &bad).unwrap();
        works(&place.host().unwrap());
        assert_eq!(
            std::fs::read(place.entry(name)).unwrap(),
            good,
            "{name} is what it was"
        );
        std::fs::write(place.entry(name), b"short").unwrap();
        works(&place.host().unwrap());
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let place = Place::new(&TestGuest::echo());
    std::fs::write(place.cache(), "a file").unwrap();
    works(&place.host().unwrap());
    assert_eq!(std::fs::read(place.cache()).unwrap(), b"a file");
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let place = Place::new(&TestGuest::echo());
    // A limit on the size of files fails writes half-way, as a full disk does.
    let status = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact image::tests::on_a_full_disk --ignored --test-threads 1"])
        .arg(std::env::current_exe().unwrap())
        .env("ISOLATOR_TEST_ROOT", place.root.path())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&status.stdout).into_owned()
        + &String::from_utf8_lossy(&status.stderr);
    assert!(
        status.status.success() && output.contains("1 passed"),
        "{output}"
    );
    assert_eq!(temporary_files(place.root.path()), 0);
    assert!(!place.entry("code.cwasm").exists());
    works(&place.host().unwrap());
}

/// Run by the test above.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn on_a_full_disk() {
    let root = PathBuf::from(std::env::var_os("ISOLATOR_TEST_ROOT").unwrap());
    let host = IsolatedRuntimeHost::builder()
        .guest(root.join("guest"))
        .cache_directory(root.join("cache"))
        .max_runtimes(2);
    works(&host.build().unwrap());
    let mut image = GuestImage::open(root.join("guest")).unwrap();
    let error = image.precompile(Processors::This).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(error.to_string().contains("code.cwasm"), "{error}");
    assert_eq!(
        GuestImage::open(root.join("guest"))
            .unwrap()
            .manifest()
            .precompiled,
        None
    );
}

#[test]
fn machine_code_beside_the_image_is_used_and_checked() {
    let place = Place::new(&TestGuest::echo());
    let mut image = GuestImage::open(place.guest()).unwrap();
    image.precompile(Processors::This).unwrap();
    works(&place.host().unwrap());
    assert!(!place.cache().exists(), "nothing had to be compiled");
    std::thread::sleep(Duration::from_millis(30));
    let path = place.guest().join("code.cwasm");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    works(&place.host().unwrap());
    assert!(
        place.cache().exists(),
        "it was compiled, since what lies beside is not what was written"
    );
}

/// What is logged while this runs.
fn log_of(run: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(std::sync::Arc<std::sync::Mutex<String>>);
    impl tracing::field::Visit for Lines {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
            use std::fmt::Write;
            write!(self.0.lock().unwrap(), "{field}={value:?} ").unwrap();
        }
    }
    impl tracing::Subscriber for Lines {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            *metadata.level() <= tracing::Level::INFO
                && metadata.target().starts_with("isolator_host::image")
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            event.record(&mut self.clone());
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }
    let lines = Lines::default();
    // As long as there is but one subscriber, a thread without one that is the first to meet an event decides that nobody wants it.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    tracing::subscriber::with_default(lines.clone(), run);
    std::mem::take(&mut *lines.0.lock().unwrap())
}

#[test]
fn machine_code_for_common_processors_is_used_and_says_so() {
    let place = Place::new(&TestGuest::echo());
    GuestImage::open(place.guest())
        .unwrap()
        .precompile(Processors::Common)
        .unwrap();
    let log = log_of(|| works(&place.host().unwrap()));
    assert!(
        log.contains("the machine code that came with the guest image is used")
            && log.contains(Processors::Common.name()),
        "{log}"
    );
    assert!(!place.cache().exists(), "nothing had to be compiled");

    // A host that counts fuel needs other code.
    let fuel = || {
        IsolatedRuntimeHost::builder()
            .guest(place.guest())
            .cache_directory(place.cache())
            .meter_fuel()
            .max_runtimes(2)
            .build()
    };
    let log = log_of(|| works(&fuel().unwrap()));
    assert!(
        log.contains("is for another engine, other settings")
            && log.contains("was compiled for this machine"),
        "{log}"
    );
    assert!(place.entry("code.cwasm").exists());
}

#[test]
fn machine_code_that_this_processor_cannot_run_is_made_anew() {
    let place = Place::new(&TestGuest::echo());
    let mut image = GuestImage::open(place.guest()).unwrap();
    image.precompile(Processors::Common).unwrap();
    // No processor has this; the engine reads what the code needs from the code itself.
    let path = place.guest().join("code.cwasm");
    let mut bytes = std::fs::read(&path).unwrap();
    let needs = b"has_sse3";
    let Some(at) = bytes.windows(needs.len()).position(|part| part == needs) else {
        if cfg!(target_arch = "x86_64") {
            panic!("code for x86-64 says what it needs");
        }
        return;
    };
    bytes[at..at + needs.len()].copy_from_slice(b"has_xxxx");
    let code = verify::write_verified(&path, &bytes).unwrap();
    let made = image.manifest.precompiled.as_mut().unwrap();
    made.code = code;
    std::fs::write(place.guest().join(MANIFEST_FILE), image.manifest.to_json()).unwrap();
    let log = log_of(|| works(&place.host().unwrap()));
    assert!(
        log.contains("does not fit this machine")
            && log.contains("has_xxxx")
            && log.contains("was compiled for this machine"),
        "{log}"
    );
    assert!(place.entry("code.cwasm").exists());
}

#[test]
fn an_image_that_came_without_its_machine_code_is_compiled_and_nothing_is_wrong() {
    let place = Place::new(&TestGuest::echo());
    GuestImage::open(place.guest())
        .unwrap()
        .precompile(Processors::Common)
        .unwrap();
    for name in [
        "code.cwasm",
        "state.cwasm",
        "code.cwasm.json",
        "state.cwasm.json",
    ] {
        std::fs::remove_file(place.guest().join(name)).unwrap();
    }
    let log = log_of(|| works(&place.host().unwrap()));
    assert!(
        log.contains("came without its machine code")
            && log.contains("was compiled for this machine"),
        "{log}"
    );
}

#[test]
fn machine_code_inside_the_program_is_unpacked_once() {
    static BROUGHT: std::sync::OnceLock<[Vec<u8>; 3]> = std::sync::OnceLock::new();
    let packed = |machine_code| EmbeddedImage {
        code: || Ok(BROUGHT.get().unwrap()[0].clone()),
        state: || Ok(BROUGHT.get().unwrap()[1].clone()),
        machine_code,
    };
    let place = Place::new(&TestGuest::echo());
    GuestImage::open(place.guest())
        .unwrap()
        .precompile(Processors::Common)
        .unwrap();
    let read = |name: &str| std::fs::read(place.guest().join(name)).unwrap();
    BROUGHT
        .set(["code.wasm", "state.wasm", "code.cwasm"].map(read))
        .unwrap();
    let json = read(MANIFEST_FILE);
    let host = |packed, cache: &str| {
        let image = GuestImage::checked(&json, Source::Embedded(packed), "embedded".into());
        let host = IsolatedRuntimeHost::builder()
            .guest_image(image.unwrap())
            .cache_directory(place.root.path().join(cache))
            .max_runtimes(2);
        works(&host.build().unwrap());
    };

    let with = packed(|| Ok(Some(BROUGHT.get().unwrap()[2].clone())));
    let log = log_of(|| host(with, "cache"));
    assert!(
        log.contains("the machine code inside this program was unpacked")
            && !log.contains("was compiled"),
        "{log}"
    );
    assert_eq!(
        std::fs::read(place.entry("code.cwasm")).unwrap(),
        BROUGHT.get().unwrap()[2]
    );
    let log = log_of(|| host(with, "cache"));
    assert!(
        log.contains("machine code in the cache is used") && !log.contains("unpacked"),
        "{log}"
    );

    let log = log_of(|| host(packed(|| Ok(None)), "other"));
    assert!(
        log.contains("was compiled for this machine") && !log.contains("unpacked"),
        "{log}"
    );
}

#[test]
fn machine_code_without_a_record_is_hashed_once() {
    let place = Place::new(&TestGuest::echo());
    GuestImage::open(place.guest())
        .unwrap()
        .precompile(Processors::Common)
        .unwrap();
    let record = place.guest().join("code.cwasm.json");
    std::fs::remove_file(&record).unwrap();
    works(&place.host().unwrap());
    assert!(record.exists() && !place.cache().exists());
    assert_eq!(temporary_files(&place.guest()), 0);
}

#[test]
fn a_changed_module_is_refused_with_both_digests() {
    let guest = TestGuest::echo();
    let place = Place::new(&guest);
    std::fs::write(
        place.guest().join("state.wasm"),
        &guest.state[..guest.state.len() - 3],
    )
    .unwrap();
    let error = place.host().unwrap_err().to_string();
    assert!(
        error.contains("state.wasm") && error.contains(&guest.manifest().state.sha256),
        "{error}"
    );
}

#[test]
fn another_contract_is_refused_with_both_values() {
    let mut guest = TestGuest::echo();
    guest.stamp = GuestStamp {
        contract_hash: "f00".into(),
        ..GuestStamp::new("10.0.15")
    };
    let error = Place::new(&guest).host().unwrap_err();
    assert!(matches!(error, Error::IncompatibleGuest { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("f00")
            && text.contains(isolator_abi::contract_hash())
            && text.contains("build-guest"),
        "{text}"
    );
    guest.stamp = GuestStamp {
        abi_version: "7.0.0".into(),
        ..GuestStamp::new("10.0.15")
    };
    let text = Place::new(&guest).host().unwrap_err().to_string();
    assert!(
        text.contains("7.0.0") && text.contains(isolator_abi::ABI_VERSION),
        "{text}"
    );
}

#[test]
fn a_broken_guest_is_one_error_that_lists_everything() {
    let mut guest = TestGuest::echo();
    guest.code =
        wat::parse_str(r#"(module (import "env" "socket" (func)) (func (export "cabi_realloc")))"#)
            .unwrap();
    let error = Place::new(&guest).host().unwrap_err();
    let Error::BadGuest { problems, .. } = &error else {
        panic!("{error}")
    };
    assert!(problems.len() > 30, "{error}");
    for expected in [
        "`socket`",
        "cabi_realloc` has the signature () -> ()",
        "#start`",
        "state: it belongs to the code",
    ] {
        assert!(
            error.to_string().contains(expected),
            "{expected} is missing in {error}"
        );
    }
}

#[test]
fn what_is_no_image_is_named() {
    let root = tempfile::tempdir().unwrap();
    let open = |path: &Path| GuestImage::open(path).unwrap_err().to_string();
    let missing = open(&root.path().join("nothing"));
    assert!(
        missing.contains("nothing") && missing.contains("does not exist"),
        "{missing}"
    );
    let file = root.path().join("App.dll");
    std::fs::write(&file, b"MZ").unwrap();
    assert!(open(&file).contains("is a directory"), "{}", open(&file));
    std::fs::write(root.path().join(MANIFEST_FILE), b"MZ").unwrap();
    assert!(open(root.path()).contains("cannot be read"));
    let place = Place::new(&TestGuest::echo());
    assert!(
        GuestImage::open(place.guest().join(MANIFEST_FILE)).is_ok(),
        "the manifest's path will do"
    );
}

#[cfg(unix)]
mod trust {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Exchanges the machine code of a cache entry or image for something else, with a record that says that it was checked.
    fn exchange(path: &Path) {
        verify::write_verified(path, b"not machine code").unwrap();
    }

    #[test]
    fn a_cache_that_others_can_write_is_not_used() {
        let place = Place::new(&TestGuest::echo());
        works(&place.host().unwrap());
        let entry = place.entry("code.cwasm");
        let entry = entry.parent().unwrap();
        for path in [&place.cache(), entry] {
            let made = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(made & 0o777, 0o700, "{}", path.display());
        }
        // What is in it counts for nothing then, and stays as it is.
        let good = std::fs::read(place.entry("code.cwasm")).unwrap();
        exchange(&place.entry("code.cwasm"));
        mode(&place.cache(), 0o777);
        works(&place.host().unwrap());
        assert_eq!(
            std::fs::read(place.entry("code.cwasm")).unwrap(),
            b"not machine code"
        );
        mode(&place.cache(), 0o700);
        mode(&place.entry("code.cwasm"), 0o666);
        works(&place.host().unwrap());
        assert_eq!(std::fs::read(place.entry("code.cwasm")).unwrap(), good);
        assert_eq!(
            std::fs::metadata(place.entry("code.cwasm"))
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o644
        );
    }

    #[test]
    fn a_cache_entry_that_others_can_write_is_made_anew() {
        let place = Place::new(&TestGuest::echo());
        works(&place.host().unwrap());
        let path = place.entry("code.cwasm");
        let entry = path.parent().unwrap();
        let good = std::fs::read(&path).unwrap();
        let anew = || {
            works(&place.host().unwrap());
            assert_eq!(std::fs::read(&path).unwrap(), good);
            let found = std::fs::symlink_metadata(entry).unwrap();
            assert!(found.is_dir());
            assert_eq!(found.permissions().mode() & 0o777, 0o700);
        };
        exchange(&path);
        mode(entry, 0o777);
        anew();
        let elsewhere = place.root.path().join("elsewhere");
        std::fs::rename(entry, &elsewhere).unwrap();
        exchange(&elsewhere.join("code.cwasm"));
        std::os::unix::fs::symlink(&elsewhere, entry).unwrap();
        anew();
        assert_eq!(
            std::fs::read(elsewhere.join("code.cwasm")).unwrap(),
            b"not machine code"
        );
    }

    #[test]
    fn machine_code_that_others_can_write_is_not_used_though_the_image_was_named() {
        let place = Place::new(&TestGuest::echo());
        GuestImage::open(place.guest())
            .unwrap()
            .precompile(Processors::This)
            .unwrap();
        for (path, bad, good) in [
            (place.guest(), 0o777, 0o755),
            (place.guest().join("code.cwasm"), 0o666, 0o644),
            (place.guest().join("state.cwasm"), 0o666, 0o644),
            (place.guest().join(MANIFEST_FILE), 0o666, 0o644),
        ] {
            mode(&place.guest(), 0o755);
            mode(&path, good);
            works(&place.host().unwrap());
            assert!(!place.cache().exists(), "nothing had to be compiled");
            mode(&path, bad);
            works(&place.host().unwrap());
            assert!(place.cache().exists(), "{}", path.display());
            std::fs::remove_dir_all(place.cache()).unwrap();
            mode(&path, good);
        }
    }
}
