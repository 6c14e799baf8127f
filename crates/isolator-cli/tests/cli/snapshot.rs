//! `isolator snapshot`, and `run`, `call` and `info` with what it made.

use crate::{Outcome, fails, finish, fixture, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const CACHE: &str = "CliPrepared.Cache";

/// A folder in which snapshots are made. The program is elsewhere.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
        command.args(args).current_dir(self.0.path());
        // Where this repository's build restored the compiler.
        let packages =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/toolchain/nuget-packages");
        if packages.is_dir() {
            command.env("NUGET_PACKAGES", packages.canonicalize().unwrap());
        }
        command
    }

    fn isolator(&self, args: &[&str]) -> Outcome {
        finish(self.command(args), "")
    }

    /// `isolator snapshot` of a fixture, whatever comes of it.
    fn try_make(&self, program: &str, args: &[&str]) -> Outcome {
        let program = fixture(program);
        self.isolator(&[&["snapshot", program.to_str().unwrap()], args].concat())
    }

    /// A snapshot; what was said.
    #[track_caller]
    fn make(&self, args: &[&str]) -> String {
        let made = self.try_make("CliPrepared", args);
        assert_eq!((made.code, &*made.stdout), (Some(0), ""), "{made:?}");
        made.stderr
    }

    /// The names of all files, those of a temporary kind too.
    fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The program with what belongs to it.
    fn copy_program(&self, names: &[&str]) {
        for name in names {
            for extension in ["dll", "pdb", "runtimeconfig.json"] {
                let from = fixture("CliPrepared").with_file_name(format!("{name}.{extension}"));
                if from.exists() {
                    std::fs::copy(from, self.at(&format!("{name}.{extension}"))).unwrap();
                }
            }
        }
    }
}

/// Where the engine's form of a snapshot is noted, for the file that it was made of.
fn noted(file: &Path) -> PathBuf {
    use std::os::unix::fs::MetadataExt;
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("ISOLATOR_CACHE").unwrap_or_else(|| {
        let user = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
        user.unwrap().join("isolator")
    });
    let file = file.metadata().unwrap();
    cache.join(format!("snapshots/{:x}-{:x}.seen", file.dev(), file.ino()))
}

#[test]
fn the_first_run_finds_the_engines_form_in_the_cache() {
    let place = Place::new();
    place.make(&["-o", "app.isolate"]);
    let noted = noted(&place.at("app.isolate"));
    let before = std::fs::read(&noted).unwrap_or_else(|error| panic!("{noted:?}: {error}"));
    let ran = place.isolator(&["run", "app.isolate", "a"]);
    assert!(ran.stdout.starts_with("arguments: a\n"), "{ran:?}");
    assert_eq!(std::fs::read(&noted).unwrap(), before);
}

#[test]
fn what_was_computed_is_there_in_every_run() {
    let place = Place::new();
    let said = place.make(&[
        "-o",
        "app.isolate",
        "--call",
        r#"CliPrepared.Cache.Fill=["to be or not to be"]"#,
        "--call",
        r#"CliPrepared.Cache.FillLater(string)=["be"]"#,
        "--call=CliPrepared.Objects.Made",
        "--call=System.Math.Max, System.Private.CoreLib=[1, 2]",
    ]);
    assert!(
        said.starts_with("filled with 18 characters\nfilled with 2 characters\n"),
        "{said}"
    );
    let report = said.lines().nth(2).unwrap();
    for part in [
        "app.isolate: CliPrepared, after 4 calls; a file of ",
        " MB, a memory of ",
        " ms",
    ] {
        assert!(report.contains(part), "{report}");
    }
    assert_eq!(said.lines().count(), 3, "{said}");
    for _ in 0..2 {
        let count = place.isolator(&["call", "app.isolate", CACHE, "Count", r#"["be"]"#]);
        assert_eq!((&*count.stdout, &*count.stderr), ("3\n", ""));
        // What one copy does, no other sees.
        let calls = place.isolator(&["call", "app.isolate", CACHE, "Fill", r#"["be"]"#]);
        assert_eq!(calls.stdout, "4\n");
        let calls = place.isolator(&["call", "app.isolate", CACHE, "Calls"]);
        assert_eq!(calls.stdout, "2\n");
    }
    for args in [
        &["run", "app.isolate", "a", "two words", "--x"][..],
        &["run", "app.isolate", "--", "a", "two words", "--x"],
        &[
            "run",
            "--timeout",
            "1m",
            "app.isolate",
            "a",
            "two words",
            "--x",
        ],
    ] {
        let ran = place.isolator(args);
        assert_eq!(
            ran,
            Outcome {
                code: Some(13),
                stdout: "arguments: a|two words|--x\nbe: 3, calls: 2, made: 2\n".into(),
                stderr: "and this is an error\n".into(),
            },
            "{args:?}"
        );
    }
}

#[test]
fn a_snapshot_runs_as_its_program_does() {
    let place = Place::new();
    place.copy_program(&["CliPrepared", "CliLibrary"]);
    let made = place.isolator(&["snapshot", "CliPrepared.dll", "--preload", "CliLibrary"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.stderr
            .starts_with("CliPrepared.isolate: CliPrepared with CliLibrary; a file of "),
        "{made:?}"
    );
    std::fs::create_dir(place.at("data")).unwrap();
    let both = |options: &[&str], args: &[&str], input: &str| {
        let run = |app: &str| {
            let mut command = place.command(&[&["run"], options, &[app, "--"], args].concat());
            command.env("GREETING", "from the host");
            finish(command, input)
        };
        let (program, snapshot) = (run("CliPrepared.dll"), run("CliPrepared.isolate"));
        assert_eq!(snapshot, program, "{options:?} {args:?}");
        program
    };
    both(&[], &[], "");
    both(&[], &["one", "two"], "");
    both(&[], &["depend"], "");
    both(&[], &["read"], "line 1\nzwei ä\n");
    assert_eq!(both(&[], &["throw"], "").code, Some(134));
    both(&[], &["exhaust"], "");
    both(&[], &["env", "GREETING"], "");
    both(&["--env", "GREETING"], &["env", "GREETING"], "");
    let around = both(&[], &["around", "x"], "");
    assert!(
        around.stdout.starts_with(
            "base: /\ncurrent: /\narguments: CliPrepared.dll|around|x\nentry: CliPrepared\nzone: UTC\nculture: ''\n\
             property: set by the runtime configuration\nswitch: True\nheap: 100\n"
        ),
        "{}",
        around.stdout
    );
    let options = [
        "--dir",
        ".::/app:ro",
        "--dir",
        "data::/data",
        "--cwd",
        "/data",
        "--culture",
        "de-CH",
        "--time-zone",
        "Europe/Zurich",
    ];
    let around = both(&options, &["around"], "");
    for part in [
        "base: /app/\ncurrent: /data\n",
        "zone: Europe/Zurich\nculture: 'de-CH'",
    ] {
        assert!(around.stdout.contains(part), "{}", around.stdout);
    }
    // Limits are the run's own, too.
    let limited = both(&["--max-output", "10"], &[], "");
    assert_eq!(limited.code, Some(1), "{limited:?}");
    assert!(limited.stderr.contains("--max-output"), "{limited:?}");
}

/// What the prepared program found stays, where the next one is not told otherwise.
#[test]
fn settings_of_the_prepared_program_stay() {
    let place = Place::new();
    let folder = fixture("CliPrepared");
    let grant = format!("{}::/prepared:ro", folder.parent().unwrap().display());
    place.make(&[
        "-o",
        "app.isolate",
        "--dir",
        &grant,
        "--cwd",
        "/prepared",
        "--culture",
        "de-CH",
        "--time-zone",
        "Europe/Zurich",
    ]);
    let around = |options: &[&str]| {
        let ran = place.isolator(&[&["run"], options, &["app.isolate", "around"]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.stdout
    };
    let kept = around(&["--dir", ".::/here:ro"]);
    for part in [
        "base: /prepared/\ncurrent: /\n",
        "zone: Europe/Zurich\nculture: 'de-CH'",
    ] {
        assert!(kept.contains(part), "{kept}");
    }
    let other = around(&["--culture", "fr-FR", "--time-zone", "Asia/Tokyo"]);
    assert!(
        other.contains("zone: Asia/Tokyo\nculture: 'fr-FR'"),
        "{other}"
    );
}

#[test]
fn what_was_not_loaded_is_named_with_what_to_do() {
    let place = Place::new();
    place.make(&["-o", "app.isolate"]);
    let missing = place.isolator(&["run", "app.isolate", "depend"]);
    fails(
        &missing,
        134,
        &[
            "System.IO.FileNotFoundException",
            "`CliLibrary` was not loaded when `app.isolate` was made",
            "--preload CliLibrary",
            "--load-from",
        ],
    );
    let missing = place.isolator(&["call", "app.isolate", "CliLibrary.Calls, CliLibrary", "Add"]);
    fails(&missing, 1, &["--preload CliLibrary"]);
    let folder = fixture("CliLibrary");
    let folder = folder.parent().unwrap().to_str().unwrap();
    let found = place.isolator(&["run", "--load-from", folder, "app.isolate", "depend"]);
    assert_eq!((found.code, &*found.stdout), (Some(0), "int 5\n"));
    // Of the program as well, and for the calls that prepare it.
    place.copy_program(&["CliPrepared"]);
    let found = place.isolator(&["run", "--load-from", folder, "CliPrepared.dll", "depend"]);
    assert_eq!((found.code, &*found.stdout), (Some(0), "int 5\n"));
    let made = place.isolator(&[
        "snapshot",
        "CliPrepared.dll",
        "--preload",
        "CliLibrary",
        "--load-from",
        folder,
    ]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let ran = place.isolator(&["run", "CliPrepared.isolate", "depend"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "int 5\n"));
    let called = place.isolator(&[
        "call",
        "CliPrepared.isolate",
        "CliLibrary.Calls, CliLibrary",
        "Add",
        "[1, 2]",
    ]);
    assert_eq!(called.stdout, "3\n", "{called:?}");
    // What it may write is no source, here as elsewhere.
    std::fs::create_dir(place.at("plug-ins")).unwrap();
    std::fs::copy(fixture("CliLibrary"), place.at("plug-ins/CliLibrary.dll")).unwrap();
    let from_there = |command: &str, app: &str, options: &[&str], args: &[&str]| {
        let places = [
            command,
            app,
            "--load-from",
            "plug-ins",
            "--dir",
            "plug-ins::/plug-ins",
        ];
        place.isolator(&[&places[..], options, args].concat())
    };
    let depend = &["--", "depend"][..];
    let refused = from_there("run", "app.isolate", &[], depend);
    fails(&refused, 134, &["no source of assemblies", "CliLibrary"]);
    let refused = from_there(
        "snapshot",
        "CliPrepared.dll",
        &["--preload", "CliLibrary"],
        &[],
    );
    fails(&refused, 1, &["no source of assemblies"]);
    let found = from_there("run", "app.isolate", &["--load-from-writable"], depend);
    assert_eq!(found.stdout, "int 5\n", "{found:?}");
    fails(
        &place.isolator(&["run", "app.isolate", "--load-from", "nowhere"]),
        1,
        &["nowhere"],
    );
}

/// Nothing says that a translation is missing: the program goes on without.
#[test]
fn translations_come_along_that_were_used_or_preloaded() {
    let place = Place::new();
    let native = crate::run("CliApp", &["resource"]);
    for args in [
        &[
            "--preload",
            "CliLibrary",
            "--preload",
            "CliApp.resources, Culture=de",
        ][..],
        &["--call", r#"CliApp.Program.Main=[["resource"]]"#],
    ] {
        let made = place.try_make("CliApp", args);
        assert_eq!(made.code, Some(0), "{made:?}");
        assert_eq!(
            place.isolator(&["run", "CliApp.isolate", "resource"]),
            native
        );
    }
}

#[test]
fn a_file_is_what_its_content_is() {
    let place = Place::new();
    place.make(&["-o", "app.isolate"]);
    std::fs::copy(place.at("app.isolate"), place.at("snapshot.dll")).unwrap();
    place.copy_program(&["CliPrepared"]);
    std::fs::rename(place.at("CliPrepared.dll"), place.at("program.isolate")).unwrap();
    for app in ["snapshot.dll", "program.isolate"] {
        let ran = place.isolator(&["run", app, "one"]);
        assert_eq!(ran.code, Some(11), "{app}: {ran:?}");
    }
    let refused = |args: &[&str], expected: &[&str]| fails(&place.isolator(args), 1, expected);
    refused(
        &["snapshot", "app.isolate"],
        &["it is an app snapshot already", "Name the .dll"],
    );
    refused(
        &["compile", "app.isolate"],
        &["is an app snapshot", "`isolator snapshot --compile`"],
    );
    refused(
        &["info", "program.isolate"],
        &[
            "is no app snapshot",
            "`isolator inspect`",
            "`isolator snapshot`",
        ],
    );
    refused(&["info", "missing.isolate"], &["missing.isolate"]);
    // Modules of other kinds.
    std::fs::write(place.at("App.isolated.wasm"), b"\0asm\x01\0\0\0").unwrap();
    std::fs::write(place.at("other.wasm"), b"\0asm\x01\0\0\0").unwrap();
    for command in ["run", "info", "snapshot", "inspect"] {
        refused(
            &[command, "App.isolated.wasm"],
            &["compiled code of an assembly", "`App.dll`"],
        );
        refused(&[command, "other.wasm"], &["other.wasm"]);
    }
    refused(&["run", "other.wasm"], &["no section `isolator.app`"]);
    refused(
        &["inspect", "other.wasm"],
        &["WebAssembly module", "Name the .dll"],
    );
    // A library's snapshot can be called.
    let made = place.try_make("CliLibrary", &[]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let called = place.isolator(&[
        "call",
        "CliLibrary.isolate",
        "CliLibrary.Calls",
        "Add",
        "[1, 2]",
    ]);
    assert_eq!(called.stdout, "3\n", "{called:?}");
    refused(&["run", "CliLibrary.isolate"], &["it is a library"]);
}

#[test]
fn snapshots_of_libraries_are_taken_too() {
    let place = Place::new();
    let bytes = std::fs::read(fixture("CliPrepared")).unwrap();
    let host = isolator_host::IsolatedRuntimeHost::new().unwrap();
    for (name, keeps) in [("with.isolate", true), ("without.isolate", false)] {
        let made = host.snapshot(|runtime| {
            let program = runtime.load_image(&bytes, None)?;
            match keeps {
                true => runtime.keep("isolator.program", &program),
                false => Ok(()),
            }
        });
        let made = made.unwrap().with_note("version", "7");
        made.save(place.at(name)).unwrap();
        let told = json(&place.isolator(&["info", name, "--json"]).stdout);
        assert_eq!(told["notes"], json(r#"{"version": "7"}"#));
        assert!(told["program"].is_null());
    }
    assert_eq!(place.isolator(&["run", "with.isolate"]).code, Some(10));
    fails(
        &place.isolator(&["run", "without.isolate"]),
        1,
        &["holds no program", "`isolator.program`"],
    );
    fails(
        &place.isolator(&["call", "without.isolate", CACHE, "Calls"]),
        1,
        &["holds no program"],
    );
    let other = "CliPrepared.Cache, CliPrepared";
    let called = place.isolator(&["call", "without.isolate", other, "Calls"]);
    assert_eq!(
        (called.code, &*called.stdout),
        (Some(0), "0\n"),
        "{called:?}"
    );
}

#[test]
fn info_tells_what_a_snapshot_is() {
    let place = Place::new();
    place.make(&["-o", "app.isolate"]);
    let told = place.isolator(&["info", "app.isolate", "--json"]);
    assert_eq!((told.code, &*told.stderr), (Some(0), ""), "{told:?}");
    let told = json(&told.stdout);
    let image = json(&place.isolator(&["info", "--json"]).stdout);
    let bytes = std::fs::metadata(place.at("app.isolate")).unwrap().len();
    assert_eq!(told["program"], "CliPrepared");
    assert_eq!(told["file_bytes"], bytes);
    assert_eq!(told["dotnet"], image["dotnet"]);
    assert_eq!(told["guest"]["used"], image["guest"]["origin"]);
    assert_eq!(told["guest"]["fits"], true);
    assert!(
        told["memory_bytes"].as_u64() >= image["guest"]["memory_bytes"].as_u64(),
        "{told}"
    );
    assert_eq!(told["kept"], json(r#"["isolator.program"]"#));
    assert_eq!(told["compiled"], json("[]"));
    let text = place.isolator(&["info", "app.isolate"]).stdout;
    for part in [
        "program        CliPrepared\n",
        "to which it belongs\n",
        "kept           isolator.program\n",
    ] {
        assert!(text.contains(part), "{text}");
    }

    // Another image's, as far as the file says.
    let mut file = std::fs::read(place.at("app.isolate")).unwrap();
    let digest = told["guest"]["code_digest"].as_str().unwrap();
    let at = first(&file, digest.as_bytes());
    file[at] = if file[at] == b'0' { b'1' } else { b'0' };
    std::fs::write(place.at("other.isolate"), &file).unwrap();
    let told = json(&place.isolator(&["info", "other.isolate", "--json"]).stdout);
    assert_eq!(told["guest"]["fits"], false);
    let text = place.isolator(&["info", "other.isolate"]).stdout;
    assert!(text.contains("guest image    ANOTHER than "), "{text}");
    fails(
        &place.isolator(&["run", "other.isolate"]),
        1,
        &[
            "`other.isolate` is not a snapshot that can be used",
            "--guest",
        ],
    );
    // No image at all is needed.
    let mut command = place.command(&["info", "app.isolate", "--json"]);
    command.env("ISOLATOR_GUEST", place.at("nowhere"));
    let alone = finish(command, "");
    assert_eq!(alone.code, Some(0), "{alone:?}");
    assert!(json(&alone.stdout)["guest"]["fits"].is_null());
}

/// Where a text is in a file for the first time.
fn first(file: &[u8], text: &[u8]) -> usize {
    file.windows(text.len())
        .position(|window| window == text)
        .unwrap()
}

#[test]
fn a_snapshot_is_written_whole_or_not_at_all() {
    let place = Place::new();
    let refused = |output: &str, expected: &[&str]| {
        fails(&place.try_make("CliPrepared", &["-o", output]), 1, expected);
    };
    std::fs::create_dir(place.at("folder")).unwrap();
    refused(
        "folder",
        &["cannot write the snapshot `folder`", "directory"],
    );
    refused("folder/", &["directory"]);
    refused("new/", &["names no file"]);
    refused(
        "missing/app.isolate",
        &["there is no folder `missing`", "Make it first"],
    );
    let app = fixture("CliPrepared");
    refused(app.to_str().unwrap(), &["the assembly"]);
    assert_eq!(place.files(), ["folder"]);

    // What is there is replaced, by a file that only its owner reads.
    std::fs::write(place.at("app.isolate"), "old").unwrap();
    place.make(&["-o", "app.isolate"]);
    assert_eq!(place.isolator(&["run", "app.isolate"]).code, Some(10));
    let before = std::fs::read(place.at("app.isolate")).unwrap();
    // Nothing happens to it where none can be made.
    let thrown = place.try_make(
        "CliPrepared",
        &[
            "-o",
            "app.isolate",
            "--call",
            r#"CliPrepared.Wrong.Throw=["why"]"#,
        ],
    );
    assert_eq!(thrown.code, Some(134));
    assert!(before == std::fs::read(place.at("app.isolate")).unwrap());
    assert_eq!(place.files(), ["app.isolate", "folder"]);
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_stay_and_links_lead_on() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let place = Place::new();
    // Behind links, so that a fault here replaces no device of this machine.
    symlink("/dev/full", place.at("full")).unwrap();
    symlink("/dev/null", place.at("null")).unwrap();
    let made = Command::new("mkfifo").arg(place.at("pipe")).status();
    assert!(made.unwrap().success());
    for name in ["full", "null", "pipe"] {
        fails(
            &place.try_make("CliPrepared", &["-o", name]),
            1,
            &["it is no file"],
        );
    }
    let is_pipe = |path: &str| {
        let found = std::fs::symlink_metadata(place.at(path)).unwrap();
        found.file_type().is_fifo()
    };
    assert!(is_pipe("pipe"));
    std::fs::create_dir(place.at("real")).unwrap();
    std::fs::write(place.at("real/app.isolate"), "old").unwrap();
    symlink("real/app.isolate", place.at("link.isolate")).unwrap();
    place.make(&["-o", "link.isolate"]);
    let link = std::fs::symlink_metadata(place.at("link.isolate")).unwrap();
    assert!(link.file_type().is_symlink());
    let real = std::fs::metadata(place.at("real/app.isolate")).unwrap();
    assert!(real.len() > 1000);
    assert_eq!(
        real.permissions().mode() & 0o77,
        0,
        "it is the owner's alone"
    );
    // A folder in which nothing can be made.
    let gone = place.try_make("CliPrepared", &["-o", "/proc/app.isolate"]);
    fails(&gone, 1, &["cannot write the snapshot `/proc/app.isolate`"]);
}

#[test]
fn a_call_that_fails_ends_it_with_the_reason() {
    let place = Place::new();
    let attempt = |calls: &[&str], code: i32, expected: &[&str]| {
        let made = place.try_make("CliPrepared", calls);
        fails(&made, code, expected);
        assert!(place.files().is_empty(), "{calls:?}: {:?}", place.files());
        made
    };
    let thrown = attempt(
        &["--call", r#"CliPrepared.Wrong.Throw=["why"]"#],
        134,
        &[
            "Unhandled exception. System.InvalidOperationException: why\n   at CliPrepared.Wrong.Throw(String message)",
            "No snapshot was made: this was the call of `CliPrepared.Wrong.Throw`",
        ],
    );
    assert!(!thrown.stderr.contains("Isolator.Runtime"), "{thrown:?}");
    // Even if it says that all is well.
    attempt(
        &["--call", "CliPrepared.Wrong.Leave=[0]"],
        1,
        &["exit code 0", "No snapshot was made"],
    );
    attempt(
        &["--call", "CliPrepared.Wrong.Hang", "--timeout", "1500ms"],
        124,
        &["stopped by --timeout", "No snapshot was made"],
    );
    attempt(
        &["--call", "CliPrepared.Wrong.Take=[64]", "--memory", "32MiB"],
        137,
        &[
            "stopped by --memory: 32 MiB allowed",
            "No snapshot was made",
        ],
    );
    attempt(
        &[
            "--call",
            r#"CliPrepared.Cache.Fill=["to be"]"#,
            "--max-output",
            "5",
        ],
        1,
        &["stopped by --max-output", "No snapshot was made"],
    );
    attempt(
        &["--call", "CliPrepared.Wrong.Missing"],
        1,
        &["Missing", "static void Hang()", "No snapshot was made"],
    );
    attempt(
        &["--call", "Prepared.Cache.Fill"],
        1,
        &["Did you mean:\n  - CliPrepared.Cache"],
    );
    attempt(
        &["--call", "CliPrepared.Cache.Fill=[1]"],
        1,
        &["Argument 1 (text)"],
    );
    attempt(
        &["--preload", "Nowhere"],
        1,
        &["'Nowhere'", "`Nowhere` was to be preloaded"],
    );
    attempt(
        &["--preload", "plugins/Nowhere.dll"],
        1,
        &["`--preload Nowhere`", "--load-from"],
    );
    for (call, expected) in [
        ("Fill", "`Namespace.Type.Method`"),
        ("CliPrepared.Cache.Fill=to be", "not JSON"),
        (r#"CliPrepared.Cache.Fill="to be""#, "put it in brackets"),
    ] {
        attempt(&["--call", call], 2, &[expected]);
    }
    attempt(&["--compile", "--compiled", "off"], 2, &["--compiled"]);
}

#[test]
fn what_cannot_come_along_is_named() {
    let place = Place::new();
    let data = tempfile::tempdir().unwrap();
    let grant = format!("{}::/data", data.path().display());
    let open = place.try_make(
        "CliPrepared",
        &[
            "--dir",
            &grant,
            "--call",
            r#"CliPrepared.Wrong.Open=["/data/open"]"#,
        ],
    );
    fails(
        &open,
        1,
        &["1 files or directories are open", "No snapshot was made"],
    );
    let temporary = place.try_make(
        "CliPrepared",
        &["--call", r#"CliPrepared.Wrong.Open=["/tmp/open"]"#],
    );
    fails(&temporary, 1, &["are open: `/tmp/open`"]);
    assert!(place.files().is_empty());
}

#[test]
fn what_is_in_a_snapshot_is_listed() {
    let place = Place::new();
    place.make(&["-o", "app.isolate", "--preload", "CliLibrary"]);
    let inspected = place.isolator(&["inspect", "app.isolate"]);
    assert_eq!(inspected.code, Some(0), "{inspected:?}");
    let told = place.isolator(&["info", "app.isolate"]).stdout;
    let assemblies = inspected
        .stdout
        .strip_prefix(told.trim_end())
        .unwrap_or_else(|| panic!("{inspected:?} does not begin with {told}"));
    let mut lines = assemblies.trim_start().lines();
    assert_eq!(lines.next(), Some("assemblies"));
    let names: Vec<&str> = lines
        .map(|line| line.strip_prefix("  ").unwrap().split(',').next().unwrap())
        .collect();
    for name in ["CliLibrary", "CliPrepared"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    // What every runtime has is not listed.
    assert!(!names.contains(&"System.Private.CoreLib"), "{names:?}");
    let json = place.isolator(&["inspect", "app.isolate", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["program"], "CliPrepared");
    let full: Vec<&str> = json["assemblies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert!(
        full.iter()
            .any(|name| name.starts_with("CliPrepared, Version=")),
        "{full:?}"
    );
    // A type of the program, and one of another assembly.
    let listed = |type_name: &str| place.isolator(&["inspect", "app.isolate", type_name]);
    let cache = listed("CliPrepared.Cache").stdout;
    assert!(
        cache.contains("Fill(string") && !cache.contains("s_calls"),
        "{cache}"
    );
    let calls = listed("CliLibrary.Calls, CliLibrary").stdout;
    assert!(calls.contains("Add("), "{calls}");
    fails(&listed("CliPrepared.Nothing"), 1, &["CliPrepared.Nothing"]);
}

#[test]
fn temporary_files_come_along() {
    let place = Place::new();
    place.make(&[
        "-o",
        "app.isolate",
        "--call",
        "CliPrepared.Cache.WriteTemporary",
    ]);
    let read = place.isolator(&["call", "app.isolate", CACHE, "Load", r#"["/tmp/left"]"#]);
    assert_eq!(read.stdout, "4\n", "{read:?}");
}

/// Grants are for the calls that prepare the program, and what is read with them is kept only if it keeps it.
#[test]
fn grants_of_the_preparation_are_not_in_the_file() {
    let place = Place::new();
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("canary-of-the-folder");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("words"), "what-was-read-and-kept").unwrap();
    let grant = format!("{}::/canary-of-the-path:ro", folder.display());
    let mut command = place.command(&[
        "snapshot",
        fixture("CliPrepared").to_str().unwrap(),
        "--env",
        "SECRET=canary-of-a-value",
        "--env",
        "INHERITED",
        "--dir",
        &grant,
        "--call",
        r#"CliPrepared.Cache.Look=["SECRET"]"#,
        "--call",
        r#"CliPrepared.Cache.Look=["INHERITED"]"#,
        "--call",
        r#"CliPrepared.Cache.Load=["/canary-of-the-path/words"]"#,
    ]);
    command.env("INHERITED", "canary-of-this-process");
    command.env("OTHER", "canary-of-another-variable");
    let made = finish(command, "");
    assert_eq!(made.code, Some(0), "{made:?}");
    let file = std::fs::read(place.at("CliPrepared.isolate")).unwrap();
    let holds = |text: &str| {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [text.as_bytes(), &wide]
            .iter()
            .any(|text| file.windows(text.len()).any(|window| window == *text))
    };
    assert!(holds("what-was-read-and-kept"));
    for canary in [
        "canary-of-a-value",
        "canary-of-this-process",
        "canary-of-another-variable",
        "canary-of-the-folder",
    ] {
        assert!(!holds(canary), "{canary}");
    }
    let looked = place.isolator(&[
        "call",
        "CliPrepared.isolate",
        CACHE,
        "Look",
        r#"["SECRET"]"#,
    ]);
    assert_eq!(looked.stdout, "-1\n");
    let loaded = place.isolator(&["call", "CliPrepared.isolate", CACHE, "Loaded"]);
    assert_eq!(loaded.stdout, "\"what-was-read-and-kept\"\n");
    let again = place.isolator(&[
        "call",
        "CliPrepared.isolate",
        CACHE,
        "Load",
        r#"["/canary-of-the-path/words"]"#,
    ]);
    assert_eq!(again.code, Some(134), "{again:?}");
}

#[test]
fn names_do_not_reach_a_terminal_as_they_are() {
    let place = Place::new();
    let quiet = |outcome: Outcome| {
        assert!(
            !outcome.stderr.contains('\u{1b}') && !outcome.stdout.contains('\u{1b}'),
            "{outcome:?}"
        );
        outcome
    };
    for args in [
        &["--call", "A.\u{1b}[2JB.C"][..],
        &["--call", "CliPrepared.Cache.\u{1b}[2J"],
        &["--preload", "\u{1b}[2J"],
        &["--preload", "a/\u{1b}[2J.dll"],
        &["-o", "no\u{1b}[2J/app.isolate"],
        &["--load-from", "no\u{1b}[2J"],
    ] {
        let refused = quiet(place.try_make("CliPrepared", args));
        assert_eq!(refused.code, Some(1), "{refused:?}");
    }
    let mut command = place.command(&["snapshot"]);
    command
        .arg(fixture("CliPrepared"))
        .args(["-o", "red\u{1b}[31m"]);
    let made = quiet(finish(command, ""));
    assert_eq!(made.code, Some(0), "{made:?}");
    quiet(place.isolator(&["info", "red\u{1b}[31m"]));
    quiet(place.isolator(&["run", "red\u{1b}[31m", "depend"]));
    // A name that whoever wrote the file chose.
    let mut file = std::fs::read(place.at("red\u{1b}[31m")).unwrap();
    let at = first(&file, b"isolator.program.name");
    let at = at + first(&file[at..], b"CliPrepared");
    file[at..at + 4].copy_from_slice(b"\x1b[2J");
    std::fs::write(place.at("crafted"), &file).unwrap();
    for options in [&[][..], &["--json"]] {
        let told = quiet(place.isolator(&[&["info", "crafted"], options].concat()));
        assert_eq!(told.code, Some(0));
        assert!(told.stdout.contains("[2Jrepared"), "{told:?}");
    }
}

/// Whatever the bytes are: an error, or a guest in its sandbox.
#[test]
fn broken_files_are_errors() {
    let place = Place::new();
    place.make(&["-o", "app.isolate"]);
    let whole = std::fs::read(place.at("app.isolate")).unwrap();
    let attempt = |bytes: &[u8], what: &str| {
        std::fs::write(place.at("broken.isolate"), bytes).unwrap();
        let mut outcomes = Vec::new();
        for command in ["run", "info", "snapshot", "inspect"] {
            let limit: &[&str] = match command {
                "run" => &["--timeout", "20s"],
                _ => &[],
            };
            let args = [&[command], limit, &["broken.isolate"]].concat();
            let outcome = place.isolator(&args);
            assert!(
                !outcome.stderr.contains("panicked") && outcome.code.is_some(),
                "{what}: {command}: {outcome:?}"
            );
            outcomes.push(outcome);
        }
        outcomes
    };
    for length in [0, 3, 4, 8, 100, whole.len() / 2, whole.len() - 1] {
        for outcome in attempt(&whole[..length], &format!("{length} bytes")) {
            assert_eq!(outcome.code, Some(1), "{length}: {outcome:?}");
        }
    }
    // What lies beside the memory, and its end.
    let beside = first(&whole, b"isolator.app");
    let near = (0..10).map(|number| beside + 12 + number * 17);
    for (number, at) in near.chain([beside - 3, whole.len() - 4]).enumerate() {
        let mut bytes = whole.clone();
        bytes[at..at + 4].fill(0xff - number as u8);
        attempt(&bytes, &format!("at {at}"));
    }
    let mut longer = whole.clone();
    longer.extend([0; 10]);
    attempt(&longer, "with more at its end");
}

#[cfg(unix)]
#[test]
fn a_call_that_hangs_is_stopped_from_outside() {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;
    use std::process::Stdio;
    let place = Place::new();
    let mut command = place.command(&["snapshot"]);
    command
        .arg(fixture("CliPrepared"))
        .args(["--call", "CliPrepared.Wrong.Hang"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "it hangs");
    let sent = Command::new("kill")
        // An interrupt is ignored where this was started in the background of a script.
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    assert!(place.files().is_empty(), "{:?}", place.files());
}

/// Whether the guest image runs compiled programs.
fn runs_compiled() -> bool {
    let info = crate::isolator(&["info", "--json"]);
    json(&info.stdout)["guest"]["compiled_methods"].as_u64() != Some(0)
}

#[test]
fn a_compiled_program_runs_compiled_from_its_snapshot() {
    if !runs_compiled() {
        return;
    }
    let place = Place::new();
    let program = fixture("CliPrepared");
    let said = place.make(&[
        "-o",
        "app.isolate",
        "--compile",
        "--preload",
        "CliLibrary",
        "--call",
        "CliPrepared.Cache.Sum=[1000]",
    ]);
    assert!(
        said.contains("; compiled: CliPrepared, CliLibrary\n"),
        "{said}"
    );
    assert_eq!(place.files(), ["app.isolate"]);
    let told = json(&place.isolator(&["info", "app.isolate", "--json"]).stdout);
    assert_eq!(told["compiled"], json(r#"["CliPrepared", "CliLibrary"]"#));
    let sum = |app: &str, options: &[&str]| {
        let args = [&["call"], options, &[app, CACHE, "Sum", "[100000]"]].concat();
        place.isolator(&args)
    };
    let interpreted = sum(program.to_str().unwrap(), &["--compiled", "off"]);
    for options in [&["--stats"][..], &["--stats", "--compiled", "require"]] {
        let compiled = sum("app.isolate", options);
        assert_eq!(compiled.stdout, interpreted.stdout, "{compiled:?}");
        assert!(
            compiled
                .stderr
                .contains("compiled     CliPrepared, CliLibrary\n"),
            "{compiled:?}"
        );
    }
    fails(
        &sum("app.isolate", &["--compiled", "off"]),
        1,
        &[
            "2 assemblies run compiled in `app.isolate`",
            "--compiled off",
        ],
    );
    // One that was made without.
    place.make(&["-o", "interpreted.isolate"]);
    let ran = sum("interpreted.isolate", &["--stats"]);
    assert_eq!(ran.stdout, interpreted.stdout);
    assert!(!ran.stderr.contains("compiled "), "{ran:?}");
    // With --compile, too, what the program may write is no source.
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fixture("CliLibrary"), folder.path().join("CliLibrary.dll")).unwrap();
    place.copy_program(&["CliPrepared"]);
    let folder = folder.path().to_str().unwrap();
    let grant = format!("{folder}::/writable");
    let make = |grants: &[&str]| {
        let args = [
            "snapshot",
            "CliPrepared.dll",
            "--compile",
            "--preload",
            "CliLibrary",
            "--load-from",
            folder,
        ];
        place.isolator(&[&args[..], grants].concat())
    };
    let refused = make(&["--dir", &grant]);
    fails(&refused, 1, &["no source of assemblies"]);
    let made = make(&[]);
    assert!(
        made.stderr
            .contains("; compiled: CliPrepared, CliLibrary\n"),
        "{made:?}"
    );
    fails(
        &sum("interpreted.isolate", &["--compiled", "require"]),
        1,
        &[
            "`CliPrepared` is interpreted in `interpreted.isolate`",
            "`--compile`",
        ],
    );
}

#[test]
fn what_compiles_is_needed_only_where_nothing_fits() {
    if !runs_compiled() {
        return;
    }
    let place = Place::new();
    place.copy_program(&["CliPrepared"]);
    let nothing = tempfile::tempdir().unwrap();
    let without_tools = |args: &[&str]| {
        let mut command = place.command(args);
        command
            .env("PATH", nothing.path())
            .env("NUGET_PACKAGES", nothing.path())
            .env("ISOLATOR_COMPILER", nothing.path())
            .env_remove("WASI_SDK_PATH");
        finish(command, "")
    };
    let make = &["snapshot", "CliPrepared.dll", "--compile"];
    fails(
        &without_tools(make),
        1,
        &[
            "ahead-of-time compiler for .NET",
            "clang 20 or newer: no clang is on PATH",
            "wasm-ld 20 or newer",
        ],
    );
    assert!(!place.at("CliPrepared.isolate").exists());
    let compiled = place.isolator(&["compile", "CliPrepared.dll"]);
    assert_eq!(compiled.code, Some(0), "{compiled:?}");
    // What lies beside is taken without being asked for, and where it is.
    for args in [make, &["snapshot", "CliPrepared.dll"][..]] {
        let made = without_tools(args);
        assert_eq!(made.code, Some(0), "{made:?}");
        assert!(
            made.stderr.contains("; compiled: CliPrepared\n"),
            "{made:?}"
        );
    }
    // Of another build.
    let path = place.at("CliPrepared.dll");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.push(0);
    std::fs::write(&path, bytes).unwrap();
    fails(&without_tools(make), 1, &["clang 20 or newer"]);
    let made = place.isolator(make);
    assert!(
        made.stderr.contains("; compiled: CliPrepared\n"),
        "{made:?}"
    );
}

#[test]
fn help_says_what_there_is() {
    let help = crate::isolator(&["snapshot", "--help"]);
    assert_eq!(help.code, Some(0));
    for part in [
        "--call <METHOD[=ARGS]>",
        "--preload <ASSEMBLY>",
        "--compile",
        "in the current directory",
        "--dir",
        "--timeout",
        "--guest",
    ] {
        assert!(help.stdout.contains(part), "{part}: {}", help.stdout);
    }
    let help = crate::isolator(&["run", "--help"]);
    assert!(help.stdout.contains("app snapshot"), "{}", help.stdout);
}
