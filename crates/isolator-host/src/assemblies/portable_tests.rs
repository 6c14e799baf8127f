//! The way of opening files that systems other than Unix have, on Unix, beside Unix's own: what one finds or refuses, the other does, too.

use super::door::{Opened, Patience, Refusal};
use super::{portable, system};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// What came of an attempt, without what only one way says.
fn outcome<T>(result: Result<T, Refusal>, show: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(found) => show(found),
        Err(Refusal::Link(path)) => {
            let name = path.file_name().unwrap_or_default();
            format!("a link: {}", name.to_string_lossy())
        }
        Err(refusal) => refusal.to_string(),
    }
}

fn content(opened: Opened) -> String {
    let read = opened.read(100, &Patience::default());
    outcome(read, |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

const NAMES: [&str; 9] = [
    "App.dll",
    "link.dll",
    "dangling",
    "folder",
    "to-folder",
    "pipe",
    "missing",
    "CON",
    "long.dll",
];

/// What one of the ways makes of everything in a folder.
macro_rules! outcomes {
    ($way:ident, $root:expr) => {{
        let root = $way::Directory::named($root).unwrap();
        let mut found = Vec::new();
        for name in NAMES {
            // Names of devices are none on Unix.
            if name != "CON" {
                found.push((name, "look", outcome(root.look(name), |()| "a file".into())));
                found.push((name, "file", outcome(root.file(name), content)));
            }
            let below = outcome(root.directory(name), |below| {
                outcome(below.file("Inner.dll"), content)
            });
            found.push((name, "directory", below));
            let straight = $way::Directory::without_links(&$root.join(name));
            found.push((
                name,
                "without links",
                outcome(straight, |_| "a directory".into()),
            ));
        }
        found.push((
            "/missing",
            "named",
            match $way::Directory::named(&$root.join("missing")) {
                Ok(_) => "found".into(),
                Err(error) => error.kind().to_string(),
            },
        ));
        // Identities: of a folder by whatever path it is reached, and of what it is in.
        let folder = root.directory("folder").unwrap();
        let same = $way::identity(&$root.join("to-folder")).unwrap() == folder.identity().unwrap();
        found.push(("folder", "identity through a link", same.to_string()));
        let above = folder.above().unwrap();
        found.push((
            "folder",
            "is in its parent",
            (above.first() == Some(&root.identity().unwrap())).to_string(),
        ));
        found.push(("folder", "depth", above.len().to_string()));
        let opened = $way::open_named(&$root.join("link.dll")).and_then(Opened::check);
        found.push(("link.dll", "named by the user", outcome(opened, content)));
        found
    }};
}

#[test]
fn the_portable_way_finds_and_refuses_what_the_unix_way_does() {
    let root = tempfile::tempdir().unwrap();
    // The way to it may itself lead through links (`/tmp` does, on some systems).
    let root = fs::canonicalize(root.path())
        .map(|path| (path, root))
        .unwrap();
    let path: &Path = &root.0;
    fs::write(path.join("App.dll"), "an assembly").unwrap();
    fs::write(path.join("long.dll"), [b'x'; 101]).unwrap();
    fs::create_dir(path.join("folder")).unwrap();
    fs::write(path.join("folder/Inner.dll"), "an inner one").unwrap();
    symlink("App.dll", path.join("link.dll")).unwrap();
    symlink("nowhere", path.join("dangling")).unwrap();
    symlink("folder", path.join("to-folder")).unwrap();
    let made = Command::new("mkfifo").arg(path.join("pipe")).status();
    assert!(made.unwrap().success());
    let (unix, portable) = (outcomes!(system, path), outcomes!(portable, path));
    assert_eq!(unix, portable);
    let of = |name, what| {
        let row = unix.iter().find(|row| (row.0, row.1) == (name, what));
        row.map(|row| row.2.as_str()).unwrap_or_default()
    };
    assert_eq!(of("App.dll", "file"), "an assembly");
    assert_eq!(of("folder", "directory"), "an inner one");
    assert_eq!(of("link.dll", "file"), "a link: link.dll");
    assert_eq!(of("folder", "identity through a link"), "true");
    assert_eq!(of("folder", "is in its parent"), "true");
}
