//! Where assemblies are loaded from, and where not: links, and what the program may write.

use super::{Outcome, fails, finish, fixture};
use std::path::{Path, PathBuf};
use std::process::Command;

const NOT_FOUND: &str = "not found\n";

/// A program in a folder of its own, with a folder `data` and a secret beside it.
struct Place(tempfile::TempDir);

impl Place {
    fn new(program: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("app/data")).unwrap();
        for extension in ["dll", "pdb", "runtimeconfig.json"] {
            let from = fixture(program).with_extension(extension);
            let to = root.path().join(format!("app/{program}.{extension}"));
            std::fs::copy(from, to).unwrap();
        }
        std::fs::write(root.path().join("secret.txt"), "TOP SECRET").unwrap();
        Self(root)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Runs the program from inside its folder, as people do.
    fn run(&self, program: &str, options: &[&str], args: &[&str]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
        command
            .current_dir(self.at("app"))
            .arg("run")
            .arg(format!("{program}.dll"))
            .args(options)
            .arg("--")
            .args(args)
            .env("NUGET_PACKAGES", self.at("packages"));
        finish(command, "")
    }

    fn ask(&self, options: &[&str], args: &[&str]) -> String {
        let outcome = self.run("CliLoading", options, args);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.stdout
    }
}

fn link(target: impl AsRef<Path>, path: PathBuf) {
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[test]
fn no_file_of_the_host_comes_in_by_the_name_of_an_assembly() {
    let place = Place::new("CliLoading");
    std::fs::write(place.at("app/Own.dll"), "own").unwrap();
    link("/etc/passwd", place.at("app/Planted.dll"));
    link("/proc/self/environ", place.at("app/Environment.dll"));
    link("/dev/zero", place.at("app/Endless.dll"));
    std::fs::create_dir(place.at("app/de")).unwrap();
    assert_eq!(place.ask(&[], &["ask", "Own", ""]), "3: own\n");
    for name in ["Planted", "Environment", "Endless"] {
        assert_eq!(place.ask(&[], &["ask", name, ""]), NOT_FOUND, "{name}");
    }
    let outcome = place.run("CliLoading", &[], &["ask", "Planted", ""]);
    assert!(
        outcome.stderr.contains("Planted.dll` is a link"),
        "{}",
        outcome.stderr
    );
    // The form that `--help` shows, with a folder that is no culture's and one that is.
    for (grant, culture) in [
        ("./data::/data", "data"),
        ("./de::/data", "de"),
        (".::/data", ""),
    ] {
        let secret = place.at("secret.txt");
        for (number, target) in [
            "../../../../../../../../etc/passwd",
            secret.to_str().unwrap(),
        ]
        .iter()
        .enumerate()
        {
            let name = format!("Peek{number}");
            let path = format!("/data/{name}.dll");
            let outcome = place.run(
                "CliLoading",
                &["--dir", grant],
                &["link", &path, target, &name, culture],
            );
            assert!(
                !outcome.stdout.contains("root:") && !outcome.stdout.contains("SECRET"),
                "{outcome:?}"
            );
        }
        let found = place.ask(
            &["--dir", grant],
            &["write", "/data/Made.dll", "made", "Made", culture],
        );
        assert_eq!(found, NOT_FOUND, "{grant}");
        let found = place.ask(
            &["--dir", grant, "--memory", "32MiB", "--max-disk", "2GiB"],
            &["sparse", "/data/Big.dll", "1073741824", "Big", culture],
        );
        assert_eq!(found, NOT_FOUND, "{grant}");
    }
}

#[test]
fn a_program_loads_what_is_beside_it_unless_it_may_write_there() {
    let place = Place::new("CliLoading");
    std::fs::write(place.at("app/Own.dll"), "own").unwrap();
    let ask = |options: &[&str]| place.run("CliLoading", options, &["ask", "Own", ""]);
    for options in [
        &[][..],
        &["--dir", "./data::/data"],
        &["--dir", ".::/app:ro"],
        &["--dir", ".::/app", "--load-from-writable"],
    ] {
        let outcome = ask(options);
        assert_eq!(
            (&*outcome.stdout, &*outcome.stderr),
            ("3: own\n", ""),
            "{options:?}"
        );
    }
    for grant in [".::/app", "..::/all", "../app::/app"] {
        let outcome = ask(&["--dir", grant]);
        assert_eq!(outcome.stdout, NOT_FOUND, "{grant}");
        for part in ["no source of assemblies", "Own.dll", "--load-from-writable"] {
            assert!(outcome.stderr.contains(part), "{grant}: {outcome:?}");
        }
    }
}

#[test]
fn a_program_whose_folder_is_granted_finds_its_assemblies_there_itself() {
    let place = Place::new("CliApp");
    std::fs::copy(fixture("CliLibrary"), place.at("app/CliLibrary.dll")).unwrap();
    for grant in [".::/app", "..::/all", ".::/app:ro", "./data::/data"] {
        let outcome = place.run("CliApp", &["--dir", grant], &["depend"]);
        assert_eq!(
            (&*outcome.stdout, outcome.code),
            ("int 5\nCliLibrary\n", Some(0)),
            "{grant}: {outcome:?}"
        );
    }
}

#[test]
fn machine_code_is_not_granted_for_writing() {
    let place = Place::new("CliLoading");
    let cache = place.at("home/.cache/isolator");
    let start = |grant: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
        command
            .arg("run")
            .arg(place.at("app/CliLoading.dll"))
            .arg("--dir")
            .arg(format!("{}::/data{grant}", place.at("home").display()))
            .args(["--", "ask", "Own", ""])
            .env("ISOLATOR_CACHE", &cache);
        finish(command, "")
    };
    std::fs::create_dir(place.at("home")).unwrap();
    fails(
        &start(""),
        1,
        &["cannot be granted for writing", "ISOLATOR_CACHE"],
    );
    assert_eq!(start(":ro").stdout, NOT_FOUND);
}

#[test]
fn links_are_followed_where_the_command_line_names_them() {
    let place = Place::new("CliApp");
    std::fs::copy(fixture("CliLibrary"), place.at("app/CliLibrary.dll")).unwrap();
    // The folder is a link, and so is the program.
    link("app", place.at("current"));
    link("CliApp.dll", place.at("app/Linked.dll"));
    for path in ["current/CliApp.dll", "current/Linked.dll"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
        command
            .arg("run")
            .arg(place.at(path))
            .args(["--", "depend"]);
        let outcome = finish(command, "");
        assert_eq!(outcome.stdout, "int 5\nCliLibrary\n", "{path}: {outcome:?}");
    }
    // What lies beside the program was named by nobody.
    link("../secret.txt", place.at("app/CliApp.deps.json"));
    fails(
        &place.run("CliApp", &[], &["depend"]),
        1,
        &["CliApp.deps.json", "is a link"],
    );
    std::fs::remove_file(place.at("app/CliApp.deps.json")).unwrap();
    std::fs::remove_file(place.at("app/CliApp.pdb")).unwrap();
    link("../secret.txt", place.at("app/CliApp.pdb"));
    let outcome = place.run("CliApp", &[], &["depend"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stderr.contains("symbols are not used") && outcome.stderr.contains("is a link"),
        "{outcome:?}"
    );
    std::fs::remove_file(place.at("app/CliApp.runtimeconfig.json")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(place.at("app/CliApp.runtimeconfig.json"))
            .status()
            .unwrap()
            .success()
    );
    fails(
        &place.run("CliApp", &[], &["depend"]),
        1,
        &["CliApp.runtimeconfig.json", "a pipe"],
    );
}

#[test]
fn packages_that_a_file_beside_the_program_names_are_not_reached_by_links() {
    let place = Place::new("CliApp");
    let root = std::fs::canonicalize(place.0.path()).unwrap();
    let folder = place.at("store/clilibrary/1.0.0/lib/net10.0");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(fixture("CliLibrary"), folder.join("CliLibrary.dll")).unwrap();
    link("store", place.at("linked"));
    let deps = r#"{"runtimeTarget": {"name": "net"}, "targets": {"net": {"CliLibrary/1.0.0": {"runtime": {"lib/net10.0/CliLibrary.dll": {}}}}},
        "libraries": {"CliLibrary/1.0.0": {"type": "package", "path": "clilibrary/1.0.0"}}}"#;
    std::fs::write(place.at("app/CliApp.deps.json"), deps).unwrap();
    let names = |path: &str| {
        let json = format!(
            r#"{{"runtimeOptions": {{"additionalProbingPaths": ["{}"]}}}}"#,
            root.join(path).display()
        );
        std::fs::write(place.at("app/CliApp.runtimeconfig.dev.json"), json).unwrap();
        place.run("CliApp", &[], &["depend"])
    };
    assert_eq!(names("store").stdout, "int 5\nCliLibrary\n");
    fails(
        &names("linked"),
        134,
        &["System.IO.FileNotFoundException", "linked` is a link"],
    );
    // The user may name it so.
    link("store", place.at("packages"));
    assert_eq!(names("nothing").stdout, "int 5\nCliLibrary\n");
}
