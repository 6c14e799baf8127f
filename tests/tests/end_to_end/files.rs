//! Files: none, unless a directory is granted, and then nothing outside it.

use crate::CALLS;
use isolator_host::{Access, IsolatedRuntime, Limits};
use isolator_tests::{fixture, host, runtime};
use std::path::Path;

const FILES: &str = "Calls.Files";

fn attempt(runtime: &mut IsolatedRuntime, what: &str, path: &str) -> String {
    runtime
        .call(CALLS, FILES, "Try", (what, path))
        .unwrap_or_else(|error| panic!("{what} {path}: {error}"))
}

fn granted(directory: &Path, access: Access) -> IsolatedRuntime {
    host()
        .runtime()
        .directory(directory, "/data", access)
        .create()
        .unwrap()
}

fn tree() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("in/sub")).unwrap();
    std::fs::write(root.path().join("in/a.txt"), "inside ä").unwrap();
    std::fs::write(root.path().join("in/sub/b.txt"), "deeper").unwrap();
    std::fs::write(root.path().join("secret.txt"), "outside").unwrap();
    root
}

#[test]
fn without_a_grant_there_are_no_files() {
    let mut runtime = runtime();
    for path in [
        "/etc/passwd",
        "/",
        "secret.txt",
        "../x",
        "/proc/self/environ",
        "/dev/null",
        "/tmp/x",
    ] {
        let answer = attempt(&mut runtime, "read", path);
        assert!(answer.ends_with("Exception"), "{path}: {answer}");
    }
    for path in ["/x.txt", "x.txt", "/tmp/../x.txt", "/tmpx.txt"] {
        let answer = attempt(&mut runtime, "write", path);
        assert!(answer.ends_with("Exception"), "{path}: {answer}");
    }
    assert!(
        !runtime
            .call::<bool>(CALLS, FILES, "Exists", ("/etc",))
            .unwrap()
    );
}

#[test]
fn a_runtime_has_a_temporary_directory_of_its_own() {
    let (mut one, mut other) = (runtime(), runtime());
    let list = |runtime: &mut IsolatedRuntime| -> Vec<String> {
        runtime.call(CALLS, FILES, "List", ("/tmp",)).unwrap()
    };
    assert_eq!(list(&mut one), [""; 0]);
    one.call::<()>(CALLS, FILES, "Write", ("/tmp/mine.txt", "kept"))
        .unwrap();
    assert_eq!(list(&mut one), ["/tmp/mine.txt"]);
    assert_eq!(attempt(&mut one, "read", "/tmp/mine.txt"), "kept");
    assert_eq!(list(&mut other), [""; 0]);
    for path in [
        "/tmp/../etc/passwd",
        "/tmp/a/../../etc/passwd",
        "/etc/../tmp/../etc/passwd",
    ] {
        let answer = attempt(&mut one, "read", path);
        assert!(answer.ends_with("Exception"), "{path}: {answer}");
    }
    let linked = one.call::<()>(CALLS, FILES, "Link", ("/tmp/out", "/etc/passwd"));
    if linked.is_ok() {
        let answer = attempt(&mut one, "read", "/tmp/out");
        assert!(answer.ends_with("Exception"), "{answer}");
    }
}

#[test]
fn what_is_temporary_counts_as_the_runtimes_memory() {
    let limits = Limits::none().memory(16 << 20);
    let mut runtime = host().runtime().limits(limits).create().unwrap();
    // Some of it is the guest's own already.
    let kept: i64 = runtime
        .call(CALLS, FILES, "Fill", ("/tmp/big", 64))
        .unwrap();
    assert!((4 << 20..=16 << 20).contains(&kept), "{kept}");
    runtime
        .call::<()>(CALLS, FILES, "Delete", ("/tmp/big",))
        .unwrap();
    let again: i64 = runtime.call(CALLS, FILES, "Fill", ("/tmp/big", 4)).unwrap();
    assert_eq!(again, 4 << 20, "what is gone is given back");
}

#[test]
fn a_grant_takes_the_temporary_directorys_place() {
    let place = tempfile::tempdir().unwrap();
    let mut runtime = host()
        .runtime()
        .directory(place.path(), "/tmp", Access::ReadWrite)
        .create()
        .unwrap();
    runtime
        .call::<()>(CALLS, FILES, "Write", ("/tmp/x", "the host's"))
        .unwrap();
    let found = std::fs::read_to_string(place.path().join("x")).unwrap();
    assert_eq!(found, "the host's");
}

#[test]
fn an_assembly_knows_its_file_where_that_is_granted() {
    let mut runtime = runtime();
    let location: String = runtime.call(CALLS, FILES, "Location", ()).unwrap();
    assert_eq!(location, "");
    let mut runtime = host()
        .runtime()
        .directory(fixture(CALLS), "/app", Access::ReadOnly)
        .base_directory("/app")
        .create()
        .unwrap();
    let location: String = runtime.call(CALLS, FILES, "Location", ()).unwrap();
    assert_eq!(location, "/app/Calls.dll");
    let resolved: [Option<String>; 3] = runtime.call(CALLS, FILES, "Resolved", ()).unwrap();
    assert_eq!(resolved, [Some("/app/Calls.dll".to_owned()), None, None]);
}

#[test]
fn a_granted_directory_is_read() {
    let root = tree();
    let mut runtime = granted(&root.path().join("in"), Access::ReadOnly);
    assert_eq!(attempt(&mut runtime, "read", "/data/a.txt"), "inside ä");
    assert_eq!(
        attempt(&mut runtime, "read", "/data/sub/../sub/b.txt"),
        "deeper"
    );
    assert_eq!(
        attempt(&mut runtime, "list", "/data"),
        "/data/a.txt,/data/sub,/data/sub/b.txt"
    );
    assert_eq!(
        runtime
            .call::<i64>(CALLS, FILES, "Length", ("/data/a.txt",))
            .unwrap(),
        9
    );
    assert_eq!(
        attempt(&mut runtime, "read", "/data/missing"),
        "FileNotFoundException"
    );
}

#[test]
fn a_directory_that_is_only_read_stays_as_it_is() {
    let root = tree();
    let before = std::fs::metadata(root.path().join("in/a.txt"))
        .unwrap()
        .modified()
        .unwrap();
    let mut runtime = granted(&root.path().join("in"), Access::ReadOnly);
    for what in ["write", "append", "delete", "truncate", "touch"] {
        let answer = attempt(&mut runtime, what, "/data/a.txt");
        assert!(answer.ends_with("Exception"), "{what}: {answer}");
    }
    for what in ["mkdir", "write", "link"] {
        let answer = attempt(&mut runtime, what, "/data/new");
        assert!(answer.ends_with("Exception"), "{what}: {answer}");
    }
    assert!(
        runtime
            .call::<()>(CALLS, FILES, "Move", ("/data/a.txt", "/data/c.txt"))
            .is_err()
    );
    assert_eq!(
        std::fs::read_to_string(root.path().join("in/a.txt")).unwrap(),
        "inside ä"
    );
    assert_eq!(
        std::fs::metadata(root.path().join("in/a.txt"))
            .unwrap()
            .modified()
            .unwrap(),
        before
    );
    assert_eq!(
        std::fs::read_dir(root.path().join("in")).unwrap().count(),
        2
    );
}

#[test]
fn a_directory_that_may_be_written_is_written() {
    let root = tree();
    let inside = root.path().join("in");
    let mut runtime = granted(&inside, Access::ReadWrite);
    assert_eq!(attempt(&mut runtime, "write", "/data/new.txt"), "done");
    assert_eq!(attempt(&mut runtime, "append", "/data/new.txt"), "done");
    assert_eq!(
        std::fs::read_to_string(inside.join("new.txt")).unwrap(),
        "writtenappended"
    );
    assert_eq!(attempt(&mut runtime, "truncate", "/data/new.txt"), "done");
    assert_eq!(std::fs::metadata(inside.join("new.txt")).unwrap().len(), 0);
    assert_eq!(attempt(&mut runtime, "mkdir", "/data/x/y"), "done");
    assert!(inside.join("x/y").is_dir());
    runtime
        .call::<()>(CALLS, FILES, "Move", ("/data/a.txt", "/data/x/moved.txt"))
        .unwrap();
    assert_eq!(
        std::fs::read_to_string(inside.join("x/moved.txt")).unwrap(),
        "inside ä"
    );
    assert_eq!(attempt(&mut runtime, "delete", "/data/x/moved.txt"), "done");
    assert!(!inside.join("x/moved.txt").exists());
    // Only the granted directory is there.
    assert!(attempt(&mut runtime, "write", "/other.txt").ends_with("Exception"));
}

#[test]
fn nothing_outside_a_granted_directory_is_reached() {
    let root = tree();
    let inside = root.path().join("in");
    let absolute = root.path().join("secret.txt").display().to_string();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root.path(), inside.join("up")).unwrap();
        std::os::unix::fs::symlink("../secret.txt", inside.join("relative")).unwrap();
        std::os::unix::fs::symlink("/etc", inside.join("etc")).unwrap();
    }
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let mut runtime = granted(&inside, access);
        let paths = [
            "/data/../secret.txt",
            "/data/sub/../../secret.txt",
            "/data/..",
            "/data/up/secret.txt",
            "/data/relative",
            "/data/etc/passwd",
            "/data/sub/../../../../../etc/passwd",
            &absolute,
            "/etc/passwd",
            "//etc/passwd",
            "/data//../../etc/passwd",
            "/data/./../secret.txt",
        ];
        for path in paths {
            for what in ["read", "write", "append", "delete", "list"] {
                if what == "delete" && path == "/data/.." {
                    continue; // the guest's root: no file
                }
                let answer = attempt(&mut runtime, what, path);
                // `File.Delete` of what does not exist is no error; and the guest may list its own root.
                let harmless = what == "delete" || (what == "list" && path == "/data/..");
                assert!(
                    answer.ends_with("Exception") || harmless,
                    "{what} {path}: {answer}"
                );
                assert!(
                    !answer.contains("secret") && !answer.contains("passwd"),
                    "{what} {path}: {answer}"
                );
            }
        }
        let link = attempt(&mut runtime, "link", "/data/made");
        if link == "done" {
            assert!(attempt(&mut runtime, "read", "/data/made/passwd").ends_with("Exception"));
        }
    }
    assert_eq!(
        std::fs::read_to_string(root.path().join("secret.txt")).unwrap(),
        "outside"
    );
    assert!(root.path().join("in").exists());
}

#[test]
fn the_working_directory_is_where_relative_paths_start() {
    let root = tree();
    let inside = root.path().join("in");
    let mut runtime = host()
        .runtime()
        .directory(&inside, "/data", Access::ReadOnly)
        .working_directory("/data/sub")
        .create()
        .unwrap();
    assert_eq!(attempt(&mut runtime, "read", "b.txt"), "deeper");
    assert_eq!(attempt(&mut runtime, "read", "../a.txt"), "inside ä");
    assert!(attempt(&mut runtime, "read", "../../secret.txt").ends_with("Exception"));
}

#[test]
fn two_directories_are_kept_apart() {
    let (one, two) = (tree(), tree());
    let mut runtime = host()
        .runtime()
        .directory(one.path().join("in"), "/one", Access::ReadOnly)
        .directory(two.path().join("in"), "/two/inner", Access::ReadWrite)
        .create()
        .unwrap();
    assert_eq!(attempt(&mut runtime, "write", "/two/inner/new"), "done");
    assert!(attempt(&mut runtime, "write", "/one/new").ends_with("Exception"));
    assert!(two.path().join("in/new").is_file() && !one.path().join("in/new").exists());
}

#[test]
fn a_directory_that_cannot_be_opened_is_named() {
    let error = host()
        .runtime()
        .directory("/no/such/directory", "/data", Access::ReadOnly)
        .create()
        .unwrap_err();
    assert!(error.to_string().contains("/no/such/directory"), "{error}");
    for path in ["data", "/a/../b", ""] {
        let error = host()
            .runtime()
            .directory("/", path, Access::ReadOnly)
            .create()
            .unwrap_err();
        assert!(error.to_string().contains("absolute"), "{error}");
    }
}

/// One name that is no text used to fail the listing of all others.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8_is_listed_read_and_removed() {
    use std::os::unix::ffi::OsStrExt;
    let root = tree();
    let inside = root.path().join("in");
    let raw: [&[u8]; 3] = [b"caf\xe9.txt", b"\xff\xfe", &[0x80; 255]];
    for name in raw {
        let path = inside.join(std::ffi::OsStr::from_bytes(name));
        std::fs::write(path, "content").unwrap();
    }
    let mut runtime = granted(&inside, Access::ReadWrite);
    let listed = attempt(&mut runtime, "list", "/data");
    let mut names: Vec<&str> = listed.split(',').collect();
    for known in ["/data/a.txt", "/data/sub", "/data/sub/b.txt"] {
        let at = names.iter().position(|name| *name == known);
        names.remove(at.unwrap_or_else(|| panic!("{known} is missing: {listed}")));
    }
    assert!(names.contains(&"/data/caf\u{efe9}.txt"), "{listed}");
    assert_eq!(names.len(), raw.len(), "{listed}");
    for name in names {
        assert_eq!(attempt(&mut runtime, "read", name), "content", "{name}");
        assert_eq!(attempt(&mut runtime, "delete", name), "done", "{name}");
    }
    assert_eq!(
        attempt(&mut runtime, "list", "/data"),
        "/data/a.txt,/data/sub,/data/sub/b.txt"
    );
}
