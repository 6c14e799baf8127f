//! What a runtime may take of a disk: what the file system says afterwards, beside what was allowed.

use super::testing::*;
use super::*;
use crate::limits::Limits;

const NOSPC: u32 = Errno::Nospc as u32;

/// What may be taken beyond the limit, and for the file system's own sake.
const MORE: u64 = 24 << 10;

fn guest(bytes: u64) -> PlayedGuest {
    PlayedGuest::new(Limits::none().directory_bytes(bytes), Stdio::Discard)
}

/// Does something until there is no room. How often it could.
fn fill(guest: &mut PlayedGuest, mut once: impl FnMut(&mut PlayedGuest, u64) -> u32) -> u64 {
    for round in 0..1_000_000 {
        match once(guest, round) {
            0 => {}
            NOSPC => return round,
            errno => panic!("{errno} in round {round}"),
        }
    }
    panic!("there is no end");
}

#[test]
fn a_byte_in_each_page_takes_the_pages() {
    for step in [4096, 8192, 65_536, 1 << 20] {
        let mut guest = guest(64 << 10);
        let file = guest.open("sparse").expect(OPEN_ERROR);
        let rounds = fill(&mut guest, |guest, round| {
            guest.write_at(file, 1, round * step)
        });
        // The last of them begins a page that is beyond.
        assert_eq!(rounds, (64u64 << 10).div_ceil(step).max(1), "{step}");
        assert!(
            guest.taken() <= (64 << 10) + MORE,
            "{step}: {}",
            guest.taken()
        );
        // The same backwards: the first is the farthest, and pays for all.
        let other = guest.open("backwards").expect(OPEN_ERROR);
        assert_eq!(guest.write_at(other, 1, 1 << 30), NOSPC);
    }
}

#[test]
fn whatever_is_made_takes_something() {
    let name = |round: u64| format!("{round:0200}");
    type Once = fn(&mut PlayedGuest, String) -> u32;
    let ways: [(&str, Once); 6] = [
        ("empty files", |guest, name| {
            guest
                .open(&name)
                .map_or_else(|errno| errno, |file| guest.call("fd_close", &[file.into()]))
        }),
        ("small files", |guest, name| match guest.open(&name) {
            Ok(file) => {
                let wrote = guest.write_at(file, 1, 0);
                guest.call("fd_close", &[file.into()]);
                wrote
            }
            Err(errno) => errno,
        }),
        ("directories", |guest, name| {
            guest.on_path("path_create_directory", &name)
        }),
        ("long links", |guest, name| {
            guest.put(DATA, &[b'a'; 4000]);
            let len = guest.path(&name);
            guest.call("path_symlink", &[DATA, 4000, GRANTED, PATH, len])
        }),
        ("hard links", |guest, name| {
            std::fs::write(guest.directory.path().join("one"), "").unwrap();
            guest.put(DATA, b"one");
            let len = guest.path(&name);
            let args = [GRANTED, 0, DATA, 3, GRANTED, PATH, len];
            guest.call("path_link", &args)
        }),
        ("lengths", |guest, name| match guest.open(&name) {
            Ok(file) => guest.call("fd_filestat_set_size", &[file.into(), 100]),
            Err(errno) => errno,
        }),
    ];
    for (what, way) in ways {
        let mut guest = guest(256 << 10);
        let rounds = fill(&mut guest, |guest, round| way(guest, name(round)));
        assert!((30..300).contains(&rounds), "{what}: {rounds}");
        let taken = guest.taken();
        assert!(taken <= (256 << 10) + MORE, "{what}: {taken}");
        // The granted directory has grown by the names in it.
        let own = guest.directory.path().metadata().unwrap().len();
        assert!(own < 128 << 10, "{what}: {own}");
        assert_eq!(
            guest.store.data().stats().reached,
            [crate::LimitKind::DirectoryBytes]
        );
    }
}

#[test]
fn moving_names_through_directories_takes_something() {
    let mut guest = guest(64 << 10);
    for directory in ["a", "b"] {
        assert_eq!(guest.on_path("path_create_directory", directory), 0);
    }
    guest.open("a/x").expect(OPEN_ERROR);
    let moved = fill(&mut guest, |guest, round| {
        let (from, to) = if round % 2 == 0 {
            ("a/x", "b/x")
        } else {
            ("b/x", "a/x")
        };
        guest.put(DATA, from.as_bytes());
        let len = guest.path(to);
        guest.call("path_rename", &[GRANTED, DATA, 3, GRANTED, PATH, len])
    });
    assert!((30..100).contains(&moved), "{moved}");
}

#[test]
fn writing_again_what_is_there_is_free() {
    let mut guest = guest(64 << 10);
    let path = guest.directory.path().to_owned();
    std::fs::write(path.join("old"), vec![1; 1 << 20]).unwrap();
    let old = guest.open("old").expect(OPEN_ERROR);
    let new = guest.open("new").expect(OPEN_ERROR);
    for _ in 0..10 {
        for page in 0..256 {
            assert_eq!(guest.write_at(old, 4096, page * 4096), 0);
            assert_eq!(guest.write_at(new, 4096, page % 8 * 4096), 0);
        }
    }
    // Emptied, and written again.
    for _ in 0..10 {
        for (name, pages) in [("old", 256), ("new", 8)] {
            let file = guest
                .open_with(name, FOLLOW, TRUNCATE, READ | WRITE)
                .unwrap();
            assert_eq!(path.join(name).metadata().unwrap().len(), 0);
            for page in 0..pages {
                assert_eq!(guest.write_at(file, 4096, page * 4096), 0);
            }
            let args = [file.into(), 0];
            assert_eq!(guest.call("fd_filestat_set_size", &args), 0);
            assert_eq!(guest.call("fd_close", &[file.into()]), 0);
        }
    }
    // What is more is not.
    assert_eq!(guest.write_at(old, 4096, (1 << 20) + (32 << 10)), NOSPC);
    assert!(guest.taken() < 200 << 10, "{}", guest.taken());
}

#[cfg(target_os = "linux")]
#[test]
fn holes_that_were_there_are_paid_for_when_they_are_filled() {
    let mut guest = guest(64 << 10);
    let path = guest.directory.path().join("image");
    let image = std::fs::File::create(&path).unwrap();
    image.set_len(1 << 30).unwrap();
    std::os::unix::fs::FileExt::write_at(&image, &[1; 8192], 1 << 20).unwrap();
    drop(image);
    let before = guest.taken();
    let file = guest.open("image").expect(OPEN_ERROR);
    let mut attempt = |at: u64| guest.write_at(file, 1, at);
    // Data is free, as often as one likes.
    for _ in 0..100 {
        assert_eq!(attempt(1 << 20), 0);
        assert_eq!(attempt((1 << 20) + 4096), 0);
    }
    let mut filled = 0;
    while attempt((512 << 20) + filled * 4096) == 0 {
        filled += 1;
        assert!(filled < 1000);
    }
    assert_eq!(filled, 16);
    // And so is a hole that has been paid for.
    assert_eq!(attempt(512 << 20), 0);
    assert_eq!(attempt(3 << 20), NOSPC);
    assert!(guest.taken() <= before + (64 << 10) + MORE);
}

#[test]
fn without_a_limit_nothing_is_counted_but_what_is_written() {
    let mut guest = PlayedGuest::new(Limits::none(), Stdio::Discard);
    let file = guest.open("a").expect(OPEN_ERROR);
    for _ in 0..3 {
        assert_eq!(guest.write_at(file, 1000, 1 << 40), 0);
    }
    assert_eq!(guest.store.data().stats().file_bytes, 3000);
    assert!(guest.store.data().stats().reached.is_empty());
}

#[test]
fn a_write_that_goes_beyond_is_a_short_one() {
    let mut guest = guest(5 << 19);
    let pages = 64;
    guest.memory.grow(&mut guest.store, pages).unwrap();
    let file = guest.open("a").expect(OPEN_ERROR);
    // In steps of a MiB: two of them fit.
    assert_eq!(guest.write_at(file, 4 << 20, 0), 0);
    assert_eq!(guest.out(), 2 << 20);
    assert_eq!(guest.write_at(file, 1 << 20, 2 << 20), NOSPC);
    assert_eq!(guest.write_at(file, 1 << 19, 2 << 20), 0);
}
