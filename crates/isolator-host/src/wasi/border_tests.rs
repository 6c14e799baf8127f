//! Tests of WASI's functions as a guest calls them: through the linker, with a memory and a granted directory.

use super::testing::*;
use super::*;
use crate::limits::{Limits, Stop};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[test]
fn giving_a_descriptor_its_own_number_closes_nothing() {
    let mut guest = PlayedGuest::new(Limits::none().max_open_files(2), Stdio::Discard);
    let first = u64::from(guest.open("a").expect(OPEN_ERROR));
    let second = u64::from(guest.open("a").expect(OPEN_ERROR));
    assert_eq!(guest.open("a"), Err(Errno::Mfile as u32));
    for _ in 0..3 {
        assert_eq!(guest.call("fd_renumber", &[first, first]), 0);
    }
    assert_eq!(guest.open("a"), Err(Errno::Mfile as u32));
    // That of another closes one.
    assert_eq!(guest.call("fd_renumber", &[first, second]), 0);
    assert!(guest.open("a").is_ok());
    assert_eq!(guest.open("a"), Err(Errno::Mfile as u32));
}

#[test]
fn what_is_not_counted_is_not_written() {
    let mut guest = PlayedGuest::new(Limits::none().directory_bytes(1000), Stdio::Discard);
    let file = u64::from(guest.open("a").expect(OPEN_ERROR));
    let size = |guest: &PlayedGuest| guest.directory.path().join("a").metadata().unwrap().len();
    let most = guest.buffers(1024, 100_000);
    assert_eq!(
        guest.call("fd_write", &[file, BUFFERS, most, OUT]),
        Errno::Inval as u32
    );
    assert_eq!(
        guest.call("fd_pwrite", &[file, BUFFERS, most, 0, OUT]),
        Errno::Inval as u32
    );
    assert_eq!(size(&guest), 0);
    let most = guest.buffers(1023, 100_000);
    assert_eq!(
        guest.call("fd_write", &[file, BUFFERS, most, OUT]),
        Errno::Nospc as u32
    );
    assert_eq!(size(&guest), 0);
    let most = guest.buffers(1023, 500);
    assert_eq!(guest.call("fd_write", &[file, BUFFERS, most, OUT]), 0);
    assert_eq!((size(&guest), guest.out()), (500, 500));
}

#[test]
fn the_target_of_a_link_is_written_too() {
    let mut guest = PlayedGuest::new(Limits::none().directory_bytes(1000), Stdio::Discard);
    let mut link = |name: &str, target: &str| {
        guest.put(PATH, name.as_bytes());
        guest.put(DATA, target.as_bytes());
        let (len, target_len) = (name.len() as u64, target.len() as u64);
        guest.call("path_symlink", &[DATA, target_len, GRANTED, PATH, len])
    };
    assert_eq!(link("one", &"a/".repeat(300)), 0);
    assert_eq!(link("two", &"a/".repeat(300)), Errno::Nospc as u32);
    assert_eq!(link("two", &"a/".repeat(200)), 0);
    assert_eq!(guest.store.data().stats().file_bytes, 1000);
}

#[test]
fn a_path_that_no_file_system_has_is_not_read() {
    let mut guest = PlayedGuest::new(Limits::none(), Stdio::Discard);
    // Nothing lies there: whoever reads it fails otherwise.
    let nowhere = 1 << 30;
    let (at, d) = (nowhere, GRANTED);
    guest.put(PATH, b"a");
    let directory = guest.directory.path().to_owned();
    let entries = |directory: &Path| directory.read_dir().unwrap().count();
    for len in [4097, 100 << 20] {
        let calls: [(&str, &[u64]); 13] = [
            ("path_create_directory", &[d, at, len]),
            ("path_filestat_get", &[d, 0, at, len, OUT]),
            ("path_filestat_set_times", &[d, 0, at, len, 0, 0, 0]),
            ("path_open", &[d, 0, at, len, 1, 2, 2, 0, OUT]),
            ("path_readlink", &[d, at, len, DATA, 10, OUT]),
            ("path_remove_directory", &[d, at, len]),
            ("path_unlink_file", &[d, at, len]),
            ("path_link", &[d, 0, at, len, d, PATH, 1]),
            ("path_link", &[d, 0, PATH, 1, d, at, len]),
            ("path_rename", &[d, at, len, d, PATH, 1]),
            ("path_rename", &[d, PATH, 1, d, at, len]),
            ("path_symlink", &[at, len, d, PATH, 1]),
            ("path_symlink", &[PATH, 1, d, at, len]),
        ];
        for spec in WASI_IMPORTS {
            let of_paths = spec.name.starts_with("path_");
            assert_eq!(
                of_paths,
                calls.iter().any(|(name, _)| *name == spec.name),
                "{}",
                spec.name
            );
        }
        for (name, args) in calls {
            assert_eq!(
                guest.try_call(name, args).ok(),
                Some(Errno::Nametoolong as u32),
                "{name}, {len} bytes"
            );
        }
    }
    assert_eq!(entries(&directory), 0);
    // The longest that there is.
    guest
        .open(&format!("{}a", "./".repeat(2000)))
        .expect(OPEN_ERROR);
    assert_eq!(entries(&directory), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_dead_runtime_holds_no_files() {
    let mut guest = PlayedGuest::new(Limits::none(), Stdio::Discard);
    let directory = guest.directory.path().canonicalize().unwrap();
    let open = || {
        std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|entry| entry.ok()?.path().read_link().ok())
            .filter(|target| target.starts_with(&directory))
            .count()
    };
    for name in ["a", "b", "c"] {
        guest.open(name).expect(OPEN_ERROR);
    }
    assert_eq!(open(), 4, "the directory, too");
    guest.store.data_mut().bury();
    assert_eq!(open(), 0);
}

#[test]
fn one_write_to_a_stream_is_a_short_one() {
    let lines = Arc::new(AtomicUsize::new(0));
    let seen = lines.clone();
    let stdout = Stdio::lines(move |_| {
        seen.fetch_add(1, Ordering::Relaxed);
    });
    let mut guest = PlayedGuest::new(Limits::none().max_output(1 << 20), stdout);
    guest.put(DATA, &vec![b'\n'; usize::try_from(DATA_LEN).unwrap()]);
    let len = u32::try_from(DATA_LEN).unwrap();
    for index in 0..1024 {
        guest.buffer(index, len);
    }
    for round in 1..=3 {
        for count in [1, 1024] {
            let before = lines.load(Ordering::Relaxed);
            assert_eq!(guest.call("fd_write", &[1, BUFFERS, count, OUT]), 0);
            let written = guest.out() as usize;
            assert_eq!(written, 64 << 10, "round {round}, {count} buffers");
            assert_eq!(lines.load(Ordering::Relaxed) - before, written);
        }
    }
    assert_eq!(guest.store.data().stats().output_bytes, 6 * (64 << 10));
    // Many that fit are taken whole.
    for index in 0..1024 {
        guest.buffer(index, 3);
    }
    assert_eq!(guest.call("fd_write", &[1, BUFFERS, 1024, OUT]), 0);
    assert_eq!(guest.out(), 3 * 1024);
}

#[test]
fn a_deadline_ends_a_guest_that_only_writes() {
    let stdout = Stdio::lines(|_| std::thread::sleep(Duration::from_millis(60)));
    let limits = Limits::none().call_timeout(Duration::from_millis(50));
    let mut guest = PlayedGuest::new(limits, stdout);
    guest.put(DATA, b"\n");
    guest.buffer(0, 1);
    let stopped = guest.try_call("fd_write", &[1, BUFFERS, 1, OUT]);
    let stopped = stopped.unwrap_err();
    assert!(
        matches!(stopped.downcast_ref(), Some(Stop::Limit(_))),
        "{stopped:?}"
    );
}
