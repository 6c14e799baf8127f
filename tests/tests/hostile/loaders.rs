//! Guests ask for assemblies by name, and write where they may: neither leads to a file that was not meant for them.

use isolator_host::{Access, AssemblyImage, AssemblyRequest, IsolatedRuntimeHost, Limits};
use isolator_tests::builder;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PROGRAM: &str = "CliLoading";
const SECRET: &str = "TOP SECRET";
const NOT_FOUND: &str = "not found";

/// A folder of assemblies `app` with a folder `data` and one of a culture, and a secret beside it.
struct Place {
    root: tempfile::TempDir,
    host: IsolatedRuntimeHost,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let app = root.path().join("app");
        std::fs::create_dir_all(app.join("data")).unwrap();
        std::fs::create_dir_all(app.join("de")).unwrap();
        std::fs::write(root.path().join("secret.txt"), SECRET).unwrap();
        std::fs::write(root.path().join("Secret.dll"), SECRET).unwrap();
        std::fs::write(app.join("Own.dll"), "own").unwrap();
        std::fs::write(app.join("de/Own.resources.dll"), "eigen").unwrap();
        let host = builder().assembly_directory(&app).unwrap();
        let host = host.max_runtimes(8).build().unwrap();
        Self { root, host }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// Calls a method of the program in a fresh runtime that may write these directories, under `/0`, `/1`…
    fn call<A: serde::Serialize>(
        &self,
        writable: &[&str],
        from_writable: bool,
        method: &str,
        args: A,
    ) -> String {
        let mut new = self.host.runtime();
        for (number, path) in writable.iter().enumerate() {
            new = new.directory(self.at(path), format!("/{number}"), Access::ReadWrite);
        }
        if from_writable {
            new = new.load_from_writable();
        }
        let mut runtime = new.create().unwrap();
        runtime.call(PROGRAM, "Asking", method, args).unwrap()
    }

    /// Asks in a runtime to which nothing is granted.
    fn ask(&self, name: &str, culture: &str) -> String {
        self.call(&[], false, "Ask", (name, culture))
    }
}

#[test]
fn what_a_runtime_writes_nobody_loads() {
    let place = Place::new();
    assert_eq!(place.ask("Own", ""), "3: own");
    assert_eq!(place.ask("Own.resources", "de"), "5: eigen");
    let write = |writable: &[&str], path: &str, name: &str, culture: &str| {
        place.call(writable, false, "Write", (path, "planted", name, culture))
    };
    // A folder below, which is no culture's; and one that is.
    assert_eq!(
        write(&["app/data"], "/0/Planted.dll", "Planted", "data"),
        NOT_FOUND
    );
    assert_eq!(
        write(
            &["app/de"],
            "/0/Planted.resources.dll",
            "Planted.resources",
            "de"
        ),
        NOT_FOUND
    );
    assert_eq!(
        place.ask("Own.resources", "de"),
        NOT_FOUND,
        "it could have been exchanged"
    );
    assert_eq!(place.ask("Own", ""), "3: own", "nobody could write that");
    // The folder itself; afterwards a neighbour gets nothing from there either.
    assert_eq!(write(&["app"], "/0/Planted.dll", "Planted", ""), NOT_FOUND);
    for name in ["Planted", "Own"] {
        assert_eq!(place.ask(name, ""), NOT_FOUND, "{name}");
        assert_ne!(
            place.call(&[], true, "Ask", (name, "")),
            NOT_FOUND,
            "the embedder may say so: {name}"
        );
    }
}

#[test]
fn a_grant_above_the_folder_or_by_another_path_is_the_same() {
    for way in ["above", "link"] {
        let place = Place::new();
        std::os::unix::fs::symlink("app", place.at("other-name")).unwrap();
        let (granted, path) = match way {
            "above" => (".", "/0/app/Planted.dll"),
            _ => ("other-name", "/0/Planted.dll"),
        };
        let found = place.call(&[granted], false, "Write", (path, "planted", "Planted", ""));
        assert_eq!(found, NOT_FOUND, "{way}");
        assert_eq!(place.ask("Own", ""), NOT_FOUND, "{way}");
    }
}

#[test]
fn links_lead_nowhere_even_where_the_embedder_allows_to_load_what_was_written() {
    let place = Place::new();
    std::os::unix::fs::symlink("/etc/passwd", place.at("app/Cloned.dll")).unwrap();
    std::os::unix::fs::symlink("..", place.at("app/fr")).unwrap();
    assert_eq!(place.ask("Cloned", ""), NOT_FOUND);
    assert_eq!(place.ask("Secret", "fr"), NOT_FOUND);
    for (number, target) in ["../secret.txt", "Own.dll", "data/../../secret.txt"]
        .iter()
        .enumerate()
    {
        let name = format!("Peek{number}");
        let args = (format!("/0/{name}.dll"), target, &name, "");
        assert_eq!(
            place.call(&["app"], true, "Link", args),
            NOT_FOUND,
            "{target}"
        );
    }
}

#[test]
fn a_pipe_or_a_device_behind_a_name_holds_nobody_up() {
    let place = Place::new();
    for name in ["Pipe.dll", "Own.pdb"] {
        let made = std::process::Command::new("mkfifo")
            .arg(place.at("app").join(name))
            .status();
        assert!(made.unwrap().success());
    }
    std::os::unix::fs::symlink("/dev/zero", place.at("app/Endless.dll")).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for name in ["Pipe", "Endless"] {
                    assert_eq!(place.ask(name, ""), NOT_FOUND);
                }
                assert_eq!(place.ask("Own", ""), "3: own");
            });
        }
    });
}

/// An empty file of this length.
fn sparse(path: &Path, bytes: u64) {
    std::fs::File::create(path).unwrap().set_len(bytes).unwrap();
}

#[test]
fn an_assembly_is_no_larger_than_the_memory_of_who_asks() {
    let place = Place::new();
    sparse(&place.at("app/Huge.dll"), 1 << 40);
    sparse(&place.at("app/Some.dll"), 20 << 20);
    let ask = |host: &IsolatedRuntimeHost, name: &str, memory: u64| {
        let limits = Limits::default().memory(memory << 20);
        let mut runtime = host.runtime().limits(limits).create().unwrap();
        let found: String = runtime.call(PROGRAM, "Asking", "Ask", (name, "")).unwrap();
        found.split(':').next().unwrap().to_owned()
    };
    assert_eq!(ask(&place.host, "Some", 64), (20 << 20).to_string());
    assert_eq!(ask(&place.host, "Some", 16), NOT_FOUND);
    assert_eq!(ask(&place.host, "Huge", 1024), NOT_FOUND);
    // A loader of the embedder's own is bounded, too, and is told how much.
    let (told, heard) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let own = builder()
        .assembly_loader(move |request: &AssemblyRequest| {
            let most = request.largest_assembly();
            told.lock().unwrap().send(most).unwrap();
            let bytes = usize::try_from(most).unwrap() + usize::from(request.name == "More");
            Some(AssemblyImage::new(vec![b'x'; bytes]))
        })
        .max_runtimes(2)
        .build()
        .unwrap();
    assert_eq!(ask(&own, "More", 16), NOT_FOUND);
    assert_eq!(heard.try_iter().last(), Some(16 << 20));
}

const INNER: &str = "ISOLATOR_LOADERS_INNER";

/// Bytes of anonymous memory of this process.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kib = line.unwrap().split_ascii_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() << 10
}

/// In a process of its own, since others take memory meanwhile.
#[test]
fn what_was_loaded_is_not_kept() {
    if std::env::var_os(INNER).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "loaders::what_was_loaded_is_not_kept",
                "--nocapture",
            ])
            .env(INNER, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        return;
    }
    let place = Place::new();
    // One file under sixty names, and sixty files.
    sparse(&place.at("app/One0.dll"), 16 << 20);
    for number in 1..60 {
        let to = place.at(&format!("app/One{number}.dll"));
        std::fs::hard_link(place.at("app/One0.dll"), to).unwrap();
    }
    for number in 0..60 {
        sparse(&place.at(&format!("app/Many{number}.dll")), 4 << 20);
        sparse(&place.at(&format!("app/Many{number}.pdb")), 4 << 20);
    }
    let tenant = |name: &str| {
        let limits = Limits::default().memory(48 << 20);
        let limits = limits.call_timeout(Duration::from_secs(60));
        let mut runtime = place.host.runtime().limits(limits).create().unwrap();
        let found: i32 = runtime
            .call(PROGRAM, "Asking", "AskAll", (name, 60))
            .unwrap();
        assert_eq!(found, 60);
        runtime
    };
    drop(tenant("Many"));
    let before = memory();
    for _ in 0..4 {
        drop((tenant("One"), tenant("Many")));
    }
    let grown = memory().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes are kept of what is gone");
    let living = (tenant("One"), tenant("Many"));
    let grown = memory().saturating_sub(before);
    // The memory of two guests, and symbols that wait: never more than half of a runtime's memory.
    assert!(grown < (2 * 48 + 24 + 64) << 20, "{grown} bytes");
    drop(living);
}
