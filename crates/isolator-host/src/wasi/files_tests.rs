//! Files as a guest has them: what is opened, listed, read and written, and when that ends.

use super::testing::*;
use super::*;
use crate::limits::{LimitKind, Limits, Stop};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const ACCES: u32 = Errno::Acces as u32;
const NOENT: u32 = Errno::Noent as u32;

fn guest() -> PlayedGuest {
    PlayedGuest::new(Limits::none(), Stdio::Discard)
}

#[cfg(unix)]
fn pipe(at: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, at, FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
}

/// Runs `f`, which must not block: another thread says so, since nobody else could.
fn in_time<T: Send>(what: &str, f: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let (done, ended) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            if ended.recv_timeout(Duration::from_secs(120))
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                eprintln!("{what} blocks");
                std::process::abort();
            }
        });
        let value = f();
        drop(done);
        value
    })
}

/// Every way to open something.
fn ways() -> impl Iterator<Item = (u64, u64, u64)> {
    let flags = (0..16u64).filter(|flags| flags & 2 == 0);
    flags.flat_map(|flags| {
        [0, FOLLOW].into_iter().flat_map(move |look| {
            [0, READ, WRITE, READ | WRITE].map(|rights| (look, flags, rights))
        })
    })
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_opened_and_nobody_waits_for_it() {
    let mut guest = guest();
    let path = guest.directory.path().to_owned();
    pipe(&path.join("pipe"));
    std::os::unix::fs::symlink("pipe", path.join("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(path.join("socket")).unwrap();
    in_time("opening a pipe", move || {
        for (look, flags, rights) in ways() {
            for name in ["pipe", "link", "socket"] {
                let opened = guest.open_with(name, look, flags, rights);
                // A link that is not followed is none to open; and nothing that is there is made.
                let allowed = [ACCES, Errno::Loop as u32, Errno::Exist as u32];
                assert!(
                    opened.is_err_and(|errno| allowed.contains(&errno)),
                    "{name} {look} {flags} {rights}: {opened:?}"
                );
            }
        }
        for name in ["pipe", "link"] {
            let len = guest.path(name);
            let args = [GRANTED, FOLLOW, PATH, len, 0, 0, 1 << 1 | 1 << 3];
            assert_eq!(guest.call("path_filestat_set_times", &args), ACCES);
            let args = [GRANTED, 0, PATH, len, 0, 0, 1 << 1 | 1 << 3];
            assert_eq!(guest.call("path_filestat_set_times", &args), 0);
            let args = [GRANTED, FOLLOW, PATH, len, OUT];
            assert_eq!(guest.call("path_filestat_get", &args), 0);
        }
    });
}

/// A name that is a file, a pipe, a link to it, a directory and nothing by turns, while a guest opens it in every way.
#[cfg(unix)]
#[test]
fn a_name_that_becomes_a_pipe_meanwhile_blocks_nobody() {
    let mut guest = guest();
    let path = guest.directory.path().to_owned();
    let outside = tempfile::tempdir().unwrap();
    let (stop, turns) = (AtomicBool::new(false), std::sync::atomic::AtomicU64::new(0));
    pipe(&path.join("pipe"));
    in_time("opening what becomes a pipe", || {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (name, next) = (path.join("x"), path.join("next"));
                for turn in 0u64.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    match turn % 4 {
                        0 => std::fs::write(&next, "file").unwrap(),
                        1 => pipe(&next),
                        2 => std::os::unix::fs::symlink("pipe", &next).unwrap(),
                        _ => {
                            std::os::unix::fs::symlink(outside.path().join("made"), &next).unwrap()
                        }
                    }
                    std::fs::rename(&next, &name).unwrap();
                    turns.store(turn, Ordering::Relaxed);
                }
            });
            let mut opened = 0;
            let mut round = 0;
            while round < 20 || turns.load(Ordering::Relaxed) < 2000 || opened == 0 {
                round += 1;
                for (look, flags, rights) in ways() {
                    let Ok(file) = guest.open_with("x", look, flags, rights) else {
                        continue;
                    };
                    opened += 1;
                    let args = [file.into(), OUT];
                    assert_eq!(guest.call("fd_filestat_get", &args), 0);
                    assert_eq!(guest.bytes(OUT + 16, 1), [4], "a regular file");
                    assert_eq!(guest.call("fd_close", &[file.into()]), 0);
                }
                let len = guest.path("x");
                let args = [GRANTED, FOLLOW, PATH, len, 0, 0, 1 << 1 | 1 << 3];
                guest.call("path_filestat_set_times", &args);
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
    assert_eq!(outside.path().read_dir().unwrap().count(), 0);
}

#[test]
fn what_is_opened_is_made_emptied_and_refused_as_asked_for() {
    const DIRECTORY: u64 = 2;
    let mut guest = guest();
    let path = guest.directory.path().to_owned();
    std::fs::write(path.join("a"), "content").unwrap();
    std::fs::create_dir(path.join("d")).unwrap();
    assert_eq!(guest.open_with("b", FOLLOW, 0, READ), Err(NOENT));
    let exist = Err(Errno::Exist as u32);
    assert_eq!(
        guest.open_with("a", FOLLOW, CREATE | EXCLUSIVE, READ),
        exist
    );
    assert_eq!(
        guest.open_with("d", FOLLOW, CREATE | EXCLUSIVE, READ),
        exist
    );
    let isdir = Err(Errno::Isdir as u32);
    assert_eq!(guest.open_with("d", FOLLOW, 0, WRITE), isdir);
    let notdir = Err(Errno::Notdir as u32);
    assert_eq!(guest.open_with("a", FOLLOW, DIRECTORY, READ), notdir);
    let inval = Err(Errno::Inval as u32);
    assert_eq!(
        guest.open_with("n", FOLLOW, DIRECTORY | CREATE, READ),
        inval
    );
    assert!(guest.open_with("d", FOLLOW, DIRECTORY, READ).is_ok());
    // Not emptied where it is not asked for, and then it is.
    assert!(guest.open_with("a", FOLLOW, CREATE, WRITE).is_ok());
    assert_eq!(std::fs::read(path.join("a")).unwrap(), b"content");
    assert!(guest.open_with("a", FOLLOW, TRUNCATE, READ).is_ok());
    assert_eq!(std::fs::read(path.join("a")).unwrap(), b"");
    assert!(
        guest
            .open_with("n", FOLLOW, CREATE | EXCLUSIVE, READ)
            .is_ok()
    );
    assert!(path.join("n").exists());
    for outside in ["../a", "/etc/passwd", "..", "d/../../a"] {
        let opened = guest.open_with(outside, FOLLOW, CREATE, READ);
        assert_eq!(opened, Err(Errno::Perm as u32), "{outside}");
    }
    // Not UTF-8, and not a name.
    guest.put(PATH, b"\xff");
    let args = [GRANTED, FOLLOW, PATH, 1, CREATE, READ, READ, 0, OUT];
    assert_eq!(guest.call("path_open", &args), Errno::Ilseq as u32);
    assert_eq!(guest.open_with("a\0b", FOLLOW, CREATE, READ), inval);
    assert_eq!(guest.open_with("", FOLLOW, CREATE, READ), Err(NOENT));
}

/// Names and cookies of a directory, with a buffer of so many bytes.
fn list(guest: &mut PlayedGuest, directory: u32, buffer: u64) -> Vec<(u64, String)> {
    let (mut all, mut cookie) = (Vec::new(), 0);
    loop {
        let args = [directory.into(), DATA, buffer, cookie, OUT];
        assert_eq!(guest.call("fd_readdir", &args), 0);
        let used = u64::from(guest.out());
        let mut bytes = guest.bytes(DATA, usize::try_from(used).unwrap());
        let mut rest = bytes.as_mut_slice();
        while let Some((header, names)) = rest.split_at_mut_checked(24) {
            let len = u32::from_le_bytes(header[16..20].try_into().unwrap()) as usize;
            let Some((name, next)) = names.split_at_mut_checked(len) else {
                break;
            };
            cookie = u64::from_le_bytes(header[0..8].try_into().unwrap());
            all.push((cookie, String::from_utf8(name.to_vec()).unwrap()));
            rest = next;
        }
        if used < buffer {
            return all;
        }
    }
}

fn names(guest: &mut PlayedGuest, directory: u32, buffer: u64) -> BTreeSet<String> {
    let all = list(guest, directory, buffer);
    let names: BTreeSet<String> = all.iter().map(|(_, name)| name.clone()).collect();
    assert_eq!(names.len(), all.len(), "no name comes twice");
    names
}

const GRANTED_FD: u32 = GRANTED as u32;

#[test]
fn a_listing_is_read_once_however_small_the_buffers_are() {
    let mut guest = guest();
    let mut made: BTreeSet<String> = (0..2000).map(|number| format!("name-{number}")).collect();
    for name in &made {
        std::fs::write(guest.directory.path().join(name), "").unwrap();
    }
    made.extend([".".to_owned(), "..".to_owned()]);
    for buffer in [64, 100, 4096, 64 << 10] {
        guest.fuel(1 << 40);
        assert_eq!(names(&mut guest, GRANTED_FD, buffer), made, "{buffer}");
        let used = (1 << 40) - guest.fuel_left();
        // 200 for each name, and for each that did not fit the one time that it was looked at in vain.
        assert!(used <= 200 * 2 * 2100, "{buffer}: {used}");
    }
    // From the start, what is there now.
    std::fs::write(guest.directory.path().join("one more"), "").unwrap();
    std::fs::remove_file(guest.directory.path().join("name-7")).unwrap();
    made.insert("one more".into());
    made.remove("name-7");
    assert_eq!(names(&mut guest, GRANTED_FD, 4096), made);
}

#[test]
fn a_position_that_is_not_where_the_guest_is_is_an_error() {
    let mut guest = guest();
    for name in 0..100 {
        std::fs::write(guest.directory.path().join(format!("{name}")), "").unwrap();
    }
    let inval = Errno::Inval as u32;
    let mut read = |cookie: u64| {
        let args = [GRANTED, DATA, 200, cookie, OUT];
        guest.call("fd_readdir", &args)
    };
    for unknown in [1, 5, 102, u64::MAX] {
        assert_eq!(read(unknown), inval, "nothing was begun");
    }
    assert_eq!(read(0), 0);
    assert_eq!(read(1), inval, "that is past");
    assert_eq!(read(50), inval, "and now it is unknown where the guest is");
    assert_eq!(read(0), 0);
    assert_eq!(read(0), 0);
    let first = list(&mut guest, GRANTED_FD, 4096);
    assert_eq!(first.last().unwrap().0, 102);
    // At the end, as often as one likes.
    for _ in 0..3 {
        let args = [GRANTED, DATA, 200, 102, OUT];
        assert_eq!(guest.call("fd_readdir", &args), 0);
        assert_eq!(guest.out(), 0);
    }
    let args = [GRANTED, u64::from(u32::MAX), 200, 0, OUT];
    assert_eq!(guest.call("fd_readdir", &args), Errno::Fault as u32);
}

#[test]
fn a_listing_that_is_under_way_counts_as_open() {
    let mut guest = PlayedGuest::new(Limits::none().max_open_files(3), Stdio::Discard);
    for name in 0..100 {
        std::fs::write(guest.directory.path().join(format!("{name}")), "").unwrap();
    }
    let args = [GRANTED, DATA, 200, 0, OUT];
    assert_eq!(guest.call("fd_readdir", &args), 0);
    assert!(guest.open("0").is_ok() && guest.open("1").is_ok());
    assert_eq!(guest.open("2"), Err(Errno::Mfile as u32));
    // Begun anew it is still one; at its end it is none.
    assert_eq!(guest.call("fd_readdir", &args), 0);
    assert_eq!(guest.open("2"), Err(Errno::Mfile as u32));
    assert_eq!(list(&mut guest, GRANTED_FD, 4096).len(), 102);
    assert!(guest.open("2").is_ok());
    assert_eq!(guest.call("fd_readdir", &args), Errno::Mfile as u32);
}

/// A name of bytes that are no text stays one of many: it is shown, opened and removed, and so are its neighbours.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_a_name_like_others() {
    use std::os::unix::ffi::OsStrExt;
    let mut guest = guest();
    let path = guest.directory.path().to_owned();
    let raw: [&[u8]; 6] = [
        b"caf\xe9.txt",
        b"\xff\xfe",
        b"\x80",
        "\u{ef80}".as_bytes(),
        b"\xed\xa0\x80",
        "plain ä".as_bytes(),
    ];
    for name in raw {
        std::fs::write(path.join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    std::os::unix::fs::symlink(
        std::ffi::OsStr::from_bytes(b"caf\xe9.txt"),
        path.join("link"),
    )
    .unwrap();
    let mut shown = names(&mut guest, GRANTED_FD, 100);
    assert!(
        shown.contains("plain ä") && shown.contains("caf\u{efe9}.txt"),
        "{shown:?}"
    );
    for own in [".", "..", "link"] {
        assert!(shown.remove(own), "{own}");
    }
    assert_eq!(shown.len(), raw.len());
    let len = guest.path("link");
    assert_eq!(
        guest.call("path_readlink", &[GRANTED, PATH, len, DATA, 100, OUT]),
        0
    );
    assert_eq!(
        guest.bytes(DATA, "caf\u{efe9}.txt".len()),
        "caf\u{efe9}.txt".as_bytes()
    );
    let mut contents = BTreeSet::new();
    for name in shown {
        let file = guest.open_with(&name, FOLLOW, 0, READ).expect(OPEN_ERROR);
        guest.buffer(0, 100);
        assert_eq!(guest.call("fd_read", &[file.into(), BUFFERS, 1, OUT]), 0);
        let read = guest.out() as usize;
        contents.insert(guest.bytes(DATA, read));
        assert_eq!(guest.on_path("path_unlink_file", &name), 0, "{name}");
    }
    assert_eq!(contents, raw.iter().map(|name| name.to_vec()).collect());
    assert_eq!(path.read_dir().unwrap().count(), 1, "the link");
    // What a guest makes by such a name is that name.
    guest.open("new\u{efff}").expect(OPEN_ERROR);
    assert!(path.join(std::ffi::OsStr::from_bytes(b"new\xff")).exists());
}

#[test]
fn reading_and_writing_are_done_in_steps() {
    const MIB: u64 = 1 << 20;
    let mut guest = guest();
    guest.memory.grow(&mut guest.store, 160).unwrap();
    let file = guest.open("a").expect(OPEN_ERROR);
    let size = |guest: &PlayedGuest| guest.directory.path().join("a").metadata().unwrap().len();
    let stopped = |outcome: wasmtime::Result<u32>| match outcome.unwrap_err().downcast_ref() {
        Some(Stop::Limit(hit)) => hit.kind,
        other => panic!("{other:?}"),
    };
    // Fuel for two and a half: two are written.
    guest.buffer(0, 8 << 20);
    guest.fuel(5 * MIB / 2);
    let wrote = guest.try_call("fd_write", &[file.into(), BUFFERS, 1, OUT]);
    assert_eq!(stopped(wrote), LimitKind::Fuel);
    assert_eq!((size(&guest), guest.fuel_left()), (2 * MIB, 0));
    guest.fuel(5 * MIB / 2);
    let wrote = guest.try_call("fd_pwrite", &[file.into(), BUFFERS, 1, 6 * MIB, OUT]);
    assert_eq!(stopped(wrote), LimitKind::Fuel);
    assert_eq!(size(&guest), 8 * MIB);
    for (name, args) in [
        ("fd_read", &[file.into(), BUFFERS, 1, OUT][..]),
        ("fd_pread", &[file.into(), BUFFERS, 1, 0, OUT]),
        ("random_get", &[DATA, 8 << 20]),
    ] {
        guest.fuel(5 * MIB / 2);
        assert_eq!(
            stopped(guest.try_call(name, args)),
            LimitKind::Fuel,
            "{name}"
        );
        guest.fuel(20 * MIB);
        assert_eq!(guest.call(name, args), 0, "{name}");
        assert!(guest.fuel_left() <= 14 * MIB, "{name}");
    }
}

/// Whatever the host does for a guest that takes time by the guest's numbers: it ends when the guest's time does.
#[test]
fn every_function_that_works_looks_at_the_deadline() {
    let mut guest = PlayedGuest::new(
        Limits::none().call_timeout(Duration::from_secs(3600)),
        Stdio::Discard,
    );
    let file = u64::from(guest.open("a").expect(OPEN_ERROR));
    let len = guest.path("a");
    guest.buffer(0, 100);
    guest.put(BUFFERS + 8, &[0; 48]);
    let (d, p) = (GRANTED, PATH);
    let calls: [(&str, &[u64]); 18] = [
        ("fd_read", &[file, BUFFERS, 1, OUT]),
        ("fd_pread", &[file, BUFFERS, 1, 0, OUT]),
        ("fd_write", &[file, BUFFERS, 1, OUT]),
        ("fd_pwrite", &[file, BUFFERS, 1, 0, OUT]),
        ("fd_write", &[1, BUFFERS, 1, OUT]),
        ("fd_readdir", &[d, DATA, 1000, 0, OUT]),
        ("random_get", &[DATA, 10]),
        ("poll_oneoff", &[BUFFERS + 8, DATA, 1, OUT]),
        ("path_create_directory", &[d, p, len]),
        ("path_filestat_get", &[d, 0, p, len, OUT]),
        ("path_filestat_set_times", &[d, 0, p, len, 0, 0, 0]),
        ("path_link", &[d, 0, p, len, d, p, len]),
        ("path_open", &[d, 0, p, len, 0, 2, 2, 0, OUT]),
        ("path_readlink", &[d, p, len, DATA, 10, OUT]),
        ("path_remove_directory", &[d, p, len]),
        ("path_rename", &[d, p, len, d, p, len]),
        ("path_symlink", &[p, len, d, p, len]),
        ("path_unlink_file", &[d, p, len]),
    ];
    guest.store.data_mut().meter.control.cancel();
    for (name, args) in calls {
        let stopped = guest.try_call(name, args).unwrap_err();
        assert!(
            matches!(stopped.downcast_ref(), Some(Stop::Cancelled)),
            "{name}: {stopped:?}"
        );
    }
    assert_eq!(
        guest.directory.path().join("a").metadata().unwrap().len(),
        0
    );
}

#[test]
fn a_file_of_a_directory_that_is_only_read_is_only_read() {
    let mut guest = guest();
    std::fs::write(guest.directory.path().join("a"), "content").unwrap();
    let files = open_directories(&[GrantedDirectory {
        host: guest.directory.path().to_path_buf(),
        guest: "/d".into(),
        writable: false,
    }]);
    guest.store.data_mut().wasi.files = files.unwrap();
    let perm = Errno::Perm as u32;
    for (flags, rights) in [
        (0, WRITE),
        (CREATE, READ),
        (TRUNCATE, READ),
        (TRUNCATE | CREATE, WRITE),
    ] {
        assert_eq!(guest.open_with("a", FOLLOW, flags, rights), Err(perm));
    }
    let file = u64::from(guest.open_with("a", FOLLOW, 0, READ).expect(OPEN_ERROR));
    let len = guest.path("a");
    let (d, p) = (GRANTED, PATH);
    guest.buffer(0, 3);
    let calls: [(&str, &[u64]); 12] = [
        ("fd_write", &[file, BUFFERS, 1, OUT]),
        ("fd_pwrite", &[file, BUFFERS, 1, 0, OUT]),
        ("fd_filestat_set_size", &[file, 0]),
        ("fd_filestat_set_times", &[file, 0, 0, 10]),
        ("path_create_directory", &[d, p, len]),
        ("path_filestat_set_times", &[d, FOLLOW, p, len, 0, 0, 10]),
        ("path_filestat_set_times", &[d, 0, p, len, 0, 0, 10]),
        ("path_link", &[d, 0, p, len, d, p, len]),
        ("path_remove_directory", &[d, p, len]),
        ("path_rename", &[d, p, len, d, p, len]),
        ("path_symlink", &[p, len, d, p, len]),
        ("path_unlink_file", &[d, p, len]),
    ];
    for (name, args) in calls {
        assert_eq!(guest.call(name, args), perm, "{name}");
    }
    assert_eq!(
        std::fs::read(guest.directory.path().join("a")).unwrap(),
        b"content"
    );
}
