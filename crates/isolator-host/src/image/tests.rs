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
    let error = image.precompile().unwrap_err();
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
    image.precompile().unwrap();
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
            .precompile()
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
