//! The temporary directory as a guest has it: what a file system does, its bounds, and that nothing leads out of it.

use crate::limits::{LimitKind, Limits};
use crate::stdio::Stdio;
use crate::wasi::testing::*;
use crate::wasi::{Errno, KeptFiles, files};

/// The descriptor behind the granted directory's.
const TMP: u64 = 4;

const NEW: u64 = 2048;

struct Guest(PlayedGuest);

impl Guest {
    fn new(limits: Limits) -> Self {
        Self(PlayedGuest::new(limits, Stdio::Discard))
    }

    fn open_with(&mut self, path: &str, flags: u64, rights: u64) -> Result<u32, u32> {
        let len = self.0.path(path);
        let args = [TMP, FOLLOW, PATH, len, flags, rights, rights, 0, OUT];
        match self.0.call("path_open", &args) {
            0 => Ok(self.0.out()),
            errno => Err(errno),
        }
    }

    fn file(&mut self, path: &str) -> u32 {
        self.open_with(path, CREATE, READ | WRITE).expect(path)
    }

    fn on(&mut self, name: &str, path: &str) -> u32 {
        let len = self.0.path(path);
        self.0.call(name, &[TMP, PATH, len])
    }

    fn two(&mut self, name: &str, from: u64, old: &str, to: u64, new: &str) -> u32 {
        let len = self.0.path(old);
        self.0.put(NEW, new.as_bytes());
        let new_len = new.len() as u64;
        if name == "path_rename" {
            self.0.call(name, &[from, PATH, len, to, NEW, new_len])
        } else {
            self.0.call(name, &[from, 0, PATH, len, to, NEW, new_len])
        }
    }

    fn rename(&mut self, old: &str, new: &str) -> u32 {
        self.two("path_rename", TMP, old, TMP, new)
    }

    fn symlink(&mut self, target: &str, path: &str) -> u32 {
        self.0.put(NEW, target.as_bytes());
        let len = self.0.path(path);
        let args = [NEW, target.len() as u64, TMP, PATH, len];
        self.0.call("path_symlink", &args)
    }

    fn write(&mut self, file: u32, text: &str, at: u64) -> u32 {
        self.0.put(DATA, text.as_bytes());
        self.0
            .write_at(file, u32::try_from(text.len()).unwrap(), at)
    }

    fn text(&mut self, path: &str) -> String {
        let file = self.open_with(path, 0, READ).expect(path);
        self.0.buffer(0, 4096);
        let args = [file.into(), BUFFERS, 1, 0, OUT];
        assert_eq!(self.0.call("fd_pread", &args), 0);
        let len = self.0.out() as usize;
        assert_eq!(self.0.call("fd_close", &[file.into()]), 0);
        String::from_utf8(self.0.bytes(DATA, len)).unwrap()
    }

    fn close(&mut self, file: u32) {
        assert_eq!(self.0.call("fd_close", &[file.into()]), 0);
    }

    fn status(&mut self, path: &str) -> Result<(u8, u64, u64), u32> {
        let len = self.0.path(path);
        match self
            .0
            .call("path_filestat_get", &[TMP, FOLLOW, PATH, len, 4096])
        {
            0 => {
                let stat = self.0.bytes(4096, 64);
                let word = |at: usize| u64::from_le_bytes(stat[at..at + 8].try_into().unwrap());
                Ok((stat[16], word(24), word(32)))
            }
            errno => Err(errno),
        }
    }

    fn names(&mut self, room: u64) -> Vec<String> {
        let (mut names, mut cookie) = (Vec::new(), 0u64);
        loop {
            let args = [TMP, DATA, room, cookie, OUT];
            assert_eq!(self.0.call("fd_readdir", &args), 0);
            let used = self.0.out() as usize;
            let bytes = self.0.bytes(DATA, used);
            let mut at = 0;
            while at + 24 <= used {
                let len = u32::from_le_bytes(bytes[at + 16..at + 20].try_into().unwrap()) as usize;
                let Some(name) = bytes.get(at + 24..at + 24 + len) else {
                    break;
                };
                cookie = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
                names.push(String::from_utf8(name.to_vec()).unwrap());
                at += 24 + len;
            }
            if used < usize::try_from(room).unwrap() {
                return names;
            }
        }
    }

    fn taken(&self) -> u64 {
        let wasi = &self.0.store.data().wasi;
        let files = wasi.files.as_ref().unwrap();
        files.temporary.as_ref().unwrap().taken
    }
}

fn errno(of: Errno) -> u32 {
    of as u32
}

#[test]
fn files_are_made_read_written_and_gone() {
    let mut guest = Guest::new(Limits::none());
    assert_eq!(guest.open_with("a", 0, READ), Err(errno(Errno::Noent)));
    let file = guest.file("a");
    assert_eq!(guest.write(file, "content", 0), 0);
    assert_eq!(guest.write(file, "!", 9), 0);
    assert_eq!(guest.text("a"), "content\0\0!");
    assert_eq!(guest.status("a"), Ok((4, 1, 10)));
    assert_eq!(
        guest.open_with("a", CREATE | EXCLUSIVE, WRITE),
        Err(errno(Errno::Exist))
    );
    let again = guest.open_with("a", TRUNCATE, WRITE).unwrap();
    assert_eq!(guest.text("a"), "");
    assert_eq!(guest.write(again, "x", 0), 0);
    assert_eq!(guest.on("path_unlink_file", "a"), 0);
    assert_eq!(guest.status("a"), Err(errno(Errno::Noent)));
    // What is open is there until it is closed.
    guest.0.buffer(0, 10);
    let args = [file.into(), BUFFERS, 1, 0, OUT];
    assert_eq!((guest.0.call("fd_pread", &args), guest.0.out()), (0, 1));
    guest.close(file);
    guest.close(again);
    assert_eq!(guest.taken(), 0, "nothing is left");
}

#[test]
fn directories_are_listed_however_small_the_buffer() {
    let mut guest = Guest::new(Limits::none());
    assert_eq!(guest.on("path_create_directory", "d"), 0);
    let mut wanted = vec![".".to_owned(), "..".into(), "d".into()];
    for index in 0..50 {
        let file = guest.file(&format!("file {index:02}"));
        guest.close(file);
        wanted.push(format!("file {index:02}"));
    }
    for room in [40, 100, 333, 60_000] {
        assert_eq!(guest.names(room), wanted, "{room}");
    }
    assert_eq!(guest.on("path_remove_directory", "d"), 0);
    assert_eq!(
        guest.on("path_create_directory", "d/e"),
        errno(Errno::Noent)
    );
    assert_eq!(
        guest.on("path_create_directory", "file 01/e"),
        errno(Errno::Notdir)
    );
}

#[test]
fn a_directory_that_holds_something_stays_and_none_is_put_into_itself() {
    let mut guest = Guest::new(Limits::none());
    for path in ["a", "a/b", "a/b/c"] {
        assert_eq!(guest.on("path_create_directory", path), 0);
    }
    assert_eq!(
        guest.on("path_remove_directory", "a"),
        errno(Errno::Notempty)
    );
    assert_eq!(guest.on("path_unlink_file", "a"), errno(Errno::Isdir));
    assert_eq!(guest.on("path_remove_directory", "."), errno(Errno::Busy));
    assert_eq!(guest.rename("a", "a/b/c/d"), errno(Errno::Inval));
    assert_eq!(guest.rename("a", "a/x"), errno(Errno::Inval));
    assert_eq!(guest.rename("a/b/c", "c"), 0);
    assert_eq!(guest.rename("c", "a"), errno(Errno::Notempty));
    assert_eq!(guest.rename("a/b", "c"), 0, "over an empty one");
    assert_eq!(guest.on("path_create_directory", "c/../a/y"), 0);
    assert_eq!(guest.status("c/../a/y").unwrap().0, 3);
}

#[test]
fn renaming_replaces_and_links_share() {
    let mut guest = Guest::new(Limits::none());
    let (a, b) = (guest.file("a"), guest.file("b"));
    guest.write(a, "first", 0);
    guest.write(b, "second", 0);
    assert_eq!(guest.rename("a", "a"), 0);
    assert_eq!(guest.two("path_link", TMP, "a", TMP, "c"), 0);
    assert_eq!(guest.status("c"), Ok((4, 2, 5)));
    assert_eq!(guest.rename("a", "c"), 0, "two names of one file");
    assert_eq!(guest.text("a"), "first");
    assert_eq!(guest.rename("b", "a"), 0);
    assert_eq!(
        (guest.text("a"), guest.text("c")),
        ("second".into(), "first".into())
    );
    assert_eq!(guest.on("path_create_directory", "d"), 0);
    assert_eq!(guest.rename("a", "d"), errno(Errno::Isdir));
    assert_eq!(guest.rename("d", "a"), errno(Errno::Notdir));
    for file in [a, b] {
        guest.close(file);
    }
    for name in ["a", "c"] {
        assert_eq!(guest.on("path_unlink_file", name), 0);
    }
    assert_eq!(guest.on("path_remove_directory", "d"), 0);
    assert_eq!(guest.taken(), 0);
}

#[test]
fn what_is_kept_is_put_back_as_it_was() {
    let mut guest = Guest::new(Limits::none());
    let file = guest.file("gone");
    guest.close(file);
    assert_eq!(guest.on("path_unlink_file", "gone"), 0);
    assert_eq!(guest.0.store.data().wasi.temporary_files(), None);
    assert_eq!(guest.on("path_create_directory", "d"), 0);
    assert_eq!(guest.on("path_create_directory", "d/empty"), 0);
    let file = guest.file("d/file");
    guest.write(file, "text", 0);
    guest.write(file, "far", 98_304);
    let args = [file.into(), 5, 7, 1 | 1 << 2];
    assert_eq!(guest.0.call("fd_filestat_set_times", &args), 0);
    guest.close(file);
    assert_eq!(guest.two("path_link", TMP, "d/file", TMP, "again"), 0);
    assert_eq!(guest.symlink("d/file", "link"), 0);

    let kept = guest.0.store.data().wasi.temporary_files().unwrap();
    let bytes = rmp_serde::to_vec_named(&kept).unwrap();
    assert!(bytes.len() < 1000, "{} bytes", bytes.len());
    let read: KeptFiles = rmp_serde::from_slice(&bytes).unwrap();
    assert_eq!(read, kept);
    let takes = read.takes().unwrap();
    assert_eq!(takes, guest.taken());

    let mut other = Guest::new(Limits::none());
    assert!(other.0.store.data().wasi.has_temporary());
    other.0.store.data_mut().wasi.put_files(&read, takes);
    assert_eq!(other.0.store.data().wasi.temporary_files(), Some(kept));
    assert_eq!(other.taken(), takes);
    let len = other.0.path("d/file");
    let args = [TMP, FOLLOW, PATH, len, 4096];
    assert_eq!(other.0.call("path_filestat_get", &args), 0);
    let stat = other.0.bytes(4096, 64);
    assert_eq!((stat[40], stat[48]), (5, 7));
    assert_eq!(other.status("again"), Ok((4, 2, 98_307)));
    for path in ["d", "d/empty", "d/file", "again", "link"] {
        assert_eq!(other.status(path), guest.status(path), "{path}");
    }
    assert_eq!(other.names(500), [".", "..", "again", "d", "link"]);
    assert_eq!(other.text("link"), guest.text("d/file"));
    assert!(other.text("again").starts_with("text\0"));
    // It goes on, and gives back what it took.
    let file = other.file("d/new");
    assert_eq!(other.write(file, "x", 0), 0);
    other.close(file);
    for name in ["d/new", "again", "link", "d/file"] {
        assert_eq!(other.on("path_unlink_file", name), 0, "{name}");
    }
    for name in ["d/empty", "d"] {
        assert_eq!(other.on("path_remove_directory", name), 0, "{name}");
    }
    assert_eq!(other.taken(), 0);
    assert_eq!(other.0.store.data().wasi.temporary_files(), None);
}

#[test]
fn what_is_open_is_named() {
    let mut guest = Guest::new(Limits::none());
    assert_eq!(guest.0.store.data().wasi.stays_behind(), [""; 0]);
    std::fs::write(guest.0.directory.path().join("host"), "the host's").unwrap();
    let len = guest.0.path("host");
    let args = [GRANTED, FOLLOW, PATH, len, 0, READ, READ, 0, OUT];
    assert_eq!(guest.0.call("path_open", &args), 0);
    assert_eq!(guest.on("path_create_directory", "d"), 0);
    let directory = guest.open_with("d", 0, READ).unwrap();
    let len = guest.0.path("in\u{1b}it");
    let args = [directory.into(), 0, PATH, len, CREATE, WRITE, WRITE, 0, OUT];
    assert_eq!(guest.0.call("path_open", &args), 0);
    assert_eq!(
        guest.0.store.data().wasi.stays_behind(),
        [r"3 files or directories are open: `/d/host`, `/tmp/d`, `/tmp/d/in\u001bit`"]
    );
    for _ in 0..3 {
        guest.file("more");
    }
    let more = guest.0.store.data().wasi.stays_behind().remove(0);
    assert!(
        more.starts_with("6 files or directories are open: `/d/host`, ")
            && more.ends_with("`/tmp/more`, …"),
        "{more}"
    );
}

#[test]
fn nothing_leads_out() {
    let mut guest = Guest::new(Limits::none());
    std::fs::write(guest.0.directory.path().join("host"), "the host's").unwrap();
    assert_eq!(guest.on("path_create_directory", "d"), 0);
    for path in [
        "..",
        "../host",
        "d/../..",
        "d/../../d",
        "/d",
        "/etc/passwd",
        "/tmp/d",
    ] {
        let opened = guest.open_with(path, 0, READ);
        assert_eq!(opened, Err(errno(Errno::Perm)), "{path}");
    }
    for (target, name) in [
        ("../host", "up"),
        ("/d/host", "grant"),
        ("/etc/passwd", "etc"),
        ("/tmpx/a", "near"),
        ("d/../../x", "around"),
    ] {
        assert_eq!(guest.symlink(target, name), 0);
        let opened = guest.open_with(name, CREATE, READ | WRITE);
        assert_eq!(opened, Err(errno(Errno::Perm)), "{target}");
    }
    // Within, both kinds of links lead on, but for ever they do not.
    let file = guest.file("d/file");
    guest.write(file, "inside", 0);
    assert_eq!(guest.symlink("/tmp/d", "whole"), 0);
    assert_eq!(guest.symlink("whole/file", "part"), 0);
    assert_eq!(guest.text("part"), "inside");
    assert_eq!(guest.text("whole/../d/file"), "inside");
    assert_eq!(guest.symlink("loop", "loop"), 0);
    assert_eq!(guest.open_with("loop", 0, READ), Err(errno(Errno::Loop)));
    assert_eq!(guest.symlink("b/x", "a"), 0);
    assert_eq!(guest.symlink("a/x", "b"), 0);
    assert_eq!(guest.open_with("a", 0, READ), Err(errno(Errno::Loop)));
    // From one to the other is from one device to another.
    assert_eq!(
        guest.two("path_rename", TMP, "d/file", GRANTED, "x"),
        errno(Errno::Xdev)
    );
    assert_eq!(
        guest.two("path_rename", GRANTED, "host", TMP, "x"),
        errno(Errno::Xdev)
    );
    assert_eq!(
        guest.two("path_link", GRANTED, "host", TMP, "x"),
        errno(Errno::Xdev)
    );
    assert_eq!(
        guest.two("path_link", TMP, "d/file", GRANTED, "x"),
        errno(Errno::Xdev)
    );
    assert_eq!(
        std::fs::read_dir(guest.0.directory.path()).unwrap().count(),
        1
    );
}

#[test]
fn what_it_takes_is_the_runtimes_memory() {
    let mut guest = Guest::new(Limits::none().memory(1 << 20));
    let file = guest.file("big");
    let part = 64 << 10;
    let mut written = 0u64;
    while guest.0.write_at(file, part, written) == 0 && guest.0.out() == part {
        written += u64::from(part);
        assert!(written <= 1 << 20);
    }
    assert!(written >= 900 << 10, "{written}");
    let meter = &guest.0.store.data().meter;
    assert_eq!(meter.memory.ever_hit(), Some(LimitKind::Memory));
    // Names take memory, too.
    let mut made = 0;
    while guest
        .open_with(&format!("{made:0200}"), CREATE, WRITE)
        .is_ok()
    {
        made += 1;
    }
    assert!(made < 1000, "{made}");
    assert!(guest.taken() <= 1 << 20);
    // Holes take none, and what is gone is given back.
    assert_eq!(guest.0.call("fd_filestat_set_size", &[file.into(), 0]), 0);
    assert_eq!(
        guest
            .0
            .call("fd_filestat_set_size", &[file.into(), 1 << 39]),
        0
    );
    assert_eq!(guest.0.write_at(file, 1, 1 << 38), 0);
    let long = guest
        .0
        .call("fd_filestat_set_size", &[file.into(), u64::MAX]);
    assert_eq!(long, errno(Errno::Fbig));
    let far = guest.0.write_at(file, 1, u64::MAX);
    assert_eq!(far, errno(Errno::Fbig));
}

#[test]
fn it_is_bounded_without_a_limit_and_open_files_count() {
    let mut guest = Guest::new(Limits::none().max_open_files(5));
    for index in 0..5 {
        guest.file(&index.to_string());
    }
    assert_eq!(
        guest.open_with("x", CREATE, WRITE),
        Err(errno(Errno::Mfile))
    );
    let wasi = &mut guest.0.store.data_mut().wasi;
    let temporary = wasi.files.as_mut().unwrap().temporary.as_mut().unwrap();
    temporary.taken = super::MOST;
    assert_eq!(guest.0.write_at(5, 1, 0), errno(Errno::Nospc));
}

#[test]
fn a_grant_takes_its_place() {
    let place = tempfile::tempdir().unwrap();
    for (guest, covers) in [
        ("/tmp", true),
        ("tmp/", true),
        ("/", true),
        (".", true),
        ("/tmp/below", false),
        ("/tmpx", false),
        ("/d", false),
    ] {
        let opened = files::open_directories(&[files::GrantedDirectory {
            host: place.path().to_path_buf(),
            guest: guest.into(),
            writable: true,
        }]);
        assert_eq!(
            opened.unwrap().unwrap().temporary.is_none(),
            covers,
            "{guest}"
        );
    }
}

#[test]
fn times_are_kept_and_closed_is_closed() {
    let mut guest = Guest::new(Limits::none());
    let file = guest.file("a");
    let args = [file.into(), 5, 7, 1 | 1 << 2];
    assert_eq!(guest.0.call("fd_filestat_set_times", &args), 0);
    assert_eq!(guest.0.call("fd_filestat_get", &[file.into(), 4096]), 0);
    let stat = guest.0.bytes(4096, 64);
    assert_eq!((stat[40], stat[48]), (5, 7));
    guest.close(file);
    assert_eq!(guest.0.call("fd_close", &[file.into()]), errno(Errno::Badf));
    assert_eq!(guest.file("b"), file, "numbers are used again");
    guest.0.store.data_mut().wasi.close();
    assert_eq!(guest.open_with("a", 0, READ), Err(errno(Errno::Badf)));
}
