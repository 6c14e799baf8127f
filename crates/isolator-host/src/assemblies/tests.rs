//! What a folder gives, and what lies in it and is not given.

use super::*;
use crate::assemblies::loader::Circumstances;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A folder `bin` with assemblies, and a secret beside it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("secret.txt", b"secret");
        place.write("Secret.dll", b"secret");
        place.write("bin/App.dll", b"app");
        place.write("bin/App.pdb", b"pdb");
        place.write("bin/de/App.resources.dll", b"german");
        place
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    #[cfg(unix)]
    fn link(&self, target: impl AsRef<Path>, path: &str) {
        std::os::unix::fs::symlink(target, self.at(path)).unwrap();
    }

    fn folder(&self) -> AssemblyFolder {
        AssemblyFolder::open(self.at("bin")).unwrap()
    }
}

fn load(folder: &AssemblyFolder, name: &str) -> Option<Vec<u8>> {
    let found = folder.load(&AssemblyRequest::new(name))?;
    Some(found.image.to_vec())
}

fn satellite(folder: &AssemblyFolder, culture: &str) -> Option<Vec<u8>> {
    let request = AssemblyRequest::new("App.resources").with_culture(culture);
    Some(folder.load(&request)?.image.to_vec())
}

#[test]
fn a_directory_gives_what_is_in_it_and_nothing_else() {
    let place = Place::new();
    let folder = place.folder();
    let app = folder.load(&AssemblyRequest::new("App")).unwrap();
    assert_eq!(
        (&*app.image, app.symbols.as_deref()),
        (&b"app"[..], Some(&b"pdb"[..]))
    );
    assert_eq!(satellite(&folder, "de").as_deref(), Some(&b"german"[..]));
    let secret = place.at("Secret");
    for name in [
        "../Secret",
        "..\\Secret",
        "",
        ".",
        "..",
        "Missing",
        "App\0",
        "de/App.resources",
        secret.to_str().unwrap(),
        "C:Secret",
    ] {
        assert_eq!(load(&folder, name), None, "{name:?}");
    }
    assert!(
        folder
            .load(&AssemblyRequest::new("Secret").with_culture(".."))
            .is_none()
    );
    for path in ["nothing", "bin/App.dll"] {
        let error = AssemblyFolder::open(place.at(path)).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
    }
}

#[test]
fn a_folder_that_is_no_cultures_gives_no_satellites() {
    let place = Place::new();
    for folder in ["data", "bin", "deutsch", "de-data-data"] {
        place.write(&format!("bin/{folder}/App.resources.dll"), b"planted");
        assert_eq!(satellite(&place.folder(), folder), None, "{folder}");
    }
    place.write("bin/zh-Hant-TW/App.resources.dll", b"real");
    assert_eq!(
        satellite(&place.folder(), "zh-Hant-TW").as_deref(),
        Some(&b"real"[..])
    );
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_below_the_folder() {
    let place = Place::new();
    place.link("../secret.txt", "bin/Relative.dll");
    place.link(place.at("secret.txt"), "bin/Absolute.dll");
    place.link("/etc/passwd", "bin/Passwd.dll");
    place.link("/proc/self/environ", "bin/Environ.dll");
    place.link("/dev/zero", "bin/Endless.dll");
    place.link("App.dll", "bin/Inside.dll");
    place.link("Inside.dll", "bin/Chain.dll");
    place.link("Loop.dll", "bin/Loop.dll");
    place.link("nothing", "bin/Dangling.dll");
    place.link("..", "bin/fr");
    place.link("de", "bin/it");
    place.link("/proc/self/root", "bin/es");
    place.write("App.resources.dll", b"secret");
    let folder = place.folder();
    for name in [
        "Relative", "Absolute", "Passwd", "Environ", "Endless", "Inside", "Chain", "Loop",
        "Dangling",
    ] {
        assert_eq!(load(&folder, name), None, "{name}");
        assert!(!folder.has_file(&format!("{name}.dll")), "{name}");
    }
    for culture in ["fr", "it", "es"] {
        assert_eq!(satellite(&folder, culture), None, "{culture}");
    }
    let refused = folder
        .source(&AssemblyRequest::new("x"), "fr/App.resources.dll")
        .unwrap_err();
    assert!(
        matches!(&refused, Refusal::Link(path) if *path == place.at("bin/fr")),
        "{refused}"
    );
    let error = folder.read("Relative.dll", 100).unwrap_err().to_string();
    assert!(
        error.contains("is a link") && error.contains("Relative.dll"),
        "{error}"
    );
    assert!(folder.read("Missing.dll", 100).unwrap().is_none());
}

#[cfg(unix)]
#[test]
fn symbols_behind_a_link_are_left_out() {
    let place = Place::new();
    std::fs::remove_file(place.at("bin/App.pdb")).unwrap();
    place.link("../secret.txt", "bin/App.pdb");
    let app = place.folder().load(&AssemblyRequest::new("App")).unwrap();
    assert_eq!((&*app.image, app.symbols), (&b"app"[..], None));
}

#[cfg(unix)]
#[test]
fn the_folder_itself_may_be_a_link_and_stays_what_it_was() {
    let place = Place::new();
    place.link("bin", "named");
    let folder = AssemblyFolder::open(place.at("named")).unwrap();
    assert_eq!(load(&folder, "App").as_deref(), Some(&b"app"[..]));
    // Who can write around it leads nobody elsewhere.
    place.write("other/App.dll", b"other");
    std::fs::remove_file(place.at("named")).unwrap();
    place.link("other", "named");
    assert_eq!(load(&folder, "App").as_deref(), Some(&b"app"[..]));
}

#[cfg(unix)]
#[test]
fn a_folder_that_a_file_names_is_reached_without_links() {
    let place = Place::new();
    let root = std::fs::canonicalize(place.0.path()).unwrap();
    let open = |path: &str| AssemblyFolder::open_without_links(root.join(path));
    assert_eq!(
        load(&open("bin").unwrap(), "App").as_deref(),
        Some(&b"app"[..])
    );
    place.link("bin", "named");
    place.link(".", "here");
    for path in ["named", "here/bin", "bin/../bin", "nothing"] {
        assert!(open(path).is_err(), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_opened_and_nothing_waits() {
    let place = Place::new();
    let pipe = |path: &str| {
        let status = std::process::Command::new("mkfifo")
            .arg(place.at(path))
            .status()
            .unwrap();
        assert!(status.success());
    };
    pipe("bin/Pipe.dll");
    pipe("bin/ja");
    pipe("bin/Piped.pdb");
    place.write("bin/Piped.dll", b"piped");
    let _socket = std::os::unix::net::UnixListener::bind(place.at("bin/Socket.dll")).unwrap();
    std::fs::create_dir(place.at("bin/Folder.dll")).unwrap();
    let folder = place.folder();
    for (name, expected) in [
        ("Pipe", "a pipe"),
        ("Socket", "a socket"),
        ("Folder", "a directory"),
    ] {
        assert_eq!(load(&folder, name), None, "{name}");
        let refused = folder.find(&format!("{name}.dll")).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    assert_eq!(satellite(&folder, "ja"), None);
    // Symbols that cannot be read keep nobody from loading.
    let piped = folder.load(&AssemblyRequest::new("Piped")).unwrap();
    assert_eq!((&*piped.image, piped.symbols), (&b"piped"[..], None));
    let named = read_named_file(&place.at("bin/Pipe.dll"), 100)
        .unwrap_err()
        .to_string();
    assert!(named.contains("a pipe"), "{named}");
    let device = AssemblyFolder::open("/dev").unwrap();
    let error = device.read("zero", 100).unwrap_err().to_string();
    assert!(error.contains("a device"), "{error}");
}

#[cfg(unix)]
#[test]
fn whatever_a_name_is_exchanged_for_meanwhile() {
    let place = Place::new();
    place.write("good", b"good");
    place.link("../secret.txt", "link");
    place.link("..", "up");
    std::fs::create_dir(place.at("real")).unwrap();
    place.write("real/App.resources.dll", b"good");
    place.write("App.resources.dll", b"secret");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(place.at("pipe"))
            .status()
            .unwrap()
            .success()
    );
    let folder = place.folder();
    let done = AtomicBool::new(false);
    let (mut good, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for what in ["good", "link", "pipe"] {
                    let aside = place.at("aside");
                    if what == "good" {
                        std::fs::copy(place.at("good"), &aside).unwrap();
                    } else {
                        std::fs::hard_link(place.at(what), &aside).unwrap();
                    }
                    std::fs::rename(&aside, place.at("bin/Race.dll")).unwrap();
                }
                for what in ["real", "up"] {
                    std::fs::rename(place.at(what), place.at("bin/ko")).unwrap();
                    std::fs::rename(place.at("bin/ko"), place.at(what)).unwrap();
                }
            }
        });
        let began = std::time::Instant::now();
        while (good < 200 || refused < 200) && began.elapsed() < Duration::from_secs(20) {
            for found in [load(&folder, "Race"), satellite(&folder, "ko")] {
                match found.as_deref() {
                    Some(b"good") => good += 1,
                    None => refused += 1,
                    Some(other) => panic!("{}", String::from_utf8_lossy(other)),
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(good > 0 && refused > 0, "{good} {refused}");
}

#[test]
fn no_more_is_read_than_the_runtime_can_take() {
    let place = Place::new();
    let sparse = |path: &str, bytes: u64| {
        let file = std::fs::File::create(place.at(path)).unwrap();
        file.set_len(bytes).unwrap();
    };
    sparse("bin/Huge.dll", 1 << 40);
    sparse("bin/Large.dll", LARGEST_ASSEMBLY + 1);
    sparse("bin/Some.dll", 1000);
    sparse("bin/Some.pdb", 501);
    let folder = place.folder();
    assert!(load(&folder, "Huge").is_none() && load(&folder, "Large").is_none());
    let mut request = AssemblyRequest::new("Some");
    for (most, image, symbols) in [
        (None, true, true),
        (Some(1002), true, true),
        (Some(1000), true, false),
        (Some(999), false, false),
    ] {
        request.circumstances.most = most;
        let found = folder.load(&request);
        assert_eq!(found.is_some(), image, "{most:?}");
        assert_eq!(
            found.is_some_and(|found| found.symbols.is_some()),
            symbols,
            "{most:?}"
        );
    }
    let error = folder.read("Some.dll", 999).unwrap_err().to_string();
    assert!(error.contains("1000") && error.contains("999"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_the_kernel_makes_up_have_no_content() {
    // They say that they are empty. So /proc, should somebody name it, gives nothing.
    let folder = AssemblyFolder::open("/proc/self").unwrap();
    assert_eq!(
        folder.read("environ", 1 << 20).unwrap().as_deref(),
        Some(&b""[..])
    );
}

#[test]
fn what_a_runtime_may_write_is_no_source_unless_the_embedder_says_so() {
    let place = Place::new();
    let folder = place.folder();
    let all = |from_writable: bool| {
        let ask = |request: AssemblyRequest| {
            let circumstances = Circumstances {
                from_writable,
                ..Circumstances::default()
            };
            folder
                .load(&AssemblyRequest {
                    circumstances,
                    ..request
                })
                .is_some()
        };
        [
            ask(AssemblyRequest::new("App")),
            ask(AssemblyRequest::new("App.resources").with_culture("de")),
        ]
    };
    assert_eq!(all(false), [true, true]);
    let below = writable::Sources::new([&*place.at("bin/de")], false).unwrap();
    assert_eq!(
        (all(false), all(true)),
        ([true, false], [true, true]),
        "only what is in it"
    );
    drop(below);
    let above = writable::Sources::new([place.0.path()], false).unwrap();
    assert_eq!((all(false), all(true)), ([false, false], [true, true]));
    drop(above);
    assert_eq!(
        all(false),
        [false, false],
        "what it wrote is there when it is gone"
    );
}

#[test]
fn a_changed_file_is_read_again() {
    let place = Place::new();
    let folder = place.folder();
    assert_eq!(load(&folder, "App").as_deref(), Some(&b"app"[..]));
    place.write("bin/App.dll", b"two");
    assert_eq!(load(&folder, "App").as_deref(), Some(&b"two"[..]));
}

#[test]
fn a_file_below_a_folder_is_read_by_names_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
    std::fs::write(folder.path().join("a/b/file"), "inside").unwrap();
    let read = |names: &[&str], most: u64| {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        crate::assemblies::read_file_below(&folder.path().join("a"), &names, most)
            .map(|content| content.to_vec())
            .map_err(|error| error.to_string())
    };
    assert_eq!(read(&["b", "file"], 6).unwrap(), b"inside");
    assert!(read(&["b", "file"], 5).unwrap_err().contains("6 bytes"));
    assert!(read(&["b"], 9).unwrap_err().contains("it is a directory"));
    for names in [
        &[][..],
        &["missing"],
        &["b", "file", "x"],
        &["..", "a", "b", "file"],
        &["b", "..", "b", "file"],
        &["b/file"],
        &["", "b", "file"],
        &["b", "fi\0le"],
    ] {
        assert!(read(names, 9).is_err(), "{names:?}");
    }
    // Where a colon names a stream of a file, it is no part of a name.
    #[cfg(not(windows))]
    std::fs::write(folder.path().join("a/b/file:x"), "colon").unwrap();
    let colon = read(&["b", "file:x"], 9);
    match cfg!(windows) {
        true => assert!(
            colon
                .unwrap_err()
                .contains("no file below a folder can have")
        ),
        false => assert_eq!(colon.unwrap(), b"colon"),
    }
}
