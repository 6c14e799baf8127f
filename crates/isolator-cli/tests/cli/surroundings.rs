//! What a program finds around it: grants, dependencies, settings.

use crate::{fails, finish, fixture, native, run, run_with};
use std::process::Command;

#[test]
fn directories_are_seen_only_where_they_are_granted() {
    let root = tempfile::tempdir().unwrap();
    let granted = root.path().join("granted");
    std::fs::create_dir(&granted).unwrap();
    std::fs::write(granted.join("a.txt"), "content").unwrap();
    std::fs::write(root.path().join("secret.txt"), "secret").unwrap();
    let host = granted.display().to_string();

    let denied = run("CliApp", &["files", "/data"]);
    assert_eq!(
        (denied.code, &*denied.stdout),
        (Some(1), "System.IO.DirectoryNotFoundException\n")
    );
    assert_ne!(
        run("CliApp", &["files", &host]).code,
        Some(0),
        "nor by its real path"
    );

    let read_only = format!("{host}::/data:ro");
    let seen = run_with("CliApp", &["--dir", &read_only], &["files", "/data"], "");
    assert_eq!(
        (seen.code, &*seen.stdout),
        (Some(0), "/data/a.txt: content\n")
    );
    assert_eq!(
        run_with("CliApp", &["--dir", &read_only], &["files", "/data/.."], "").stdout,
        "",
        "nothing above it"
    );
    assert_eq!(
        run_with(
            "CliApp",
            &["--dir", &read_only],
            &["write", "/data/new.txt"],
            ""
        )
        .code,
        Some(1)
    );
    assert!(!granted.join("new.txt").exists());

    let writable = format!("{host}::/data");
    assert_eq!(
        run_with(
            "CliApp",
            &["--dir", &writable],
            &["write", "/data/new.txt"],
            ""
        )
        .code,
        Some(0)
    );
    assert_eq!(
        std::fs::read_to_string(granted.join("new.txt")).unwrap(),
        "written inside"
    );
    assert_ne!(
        run_with(
            "CliApp",
            &["--dir", &writable],
            &["write", "/data/../out.txt"],
            ""
        )
        .code,
        Some(0)
    );
    assert!(!root.path().join("out.txt").exists());
}

#[test]
fn the_environment_is_empty_but_for_what_is_granted() {
    let env = |options: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
        command
            .arg("run")
            .args(options)
            .arg(fixture("CliApp"))
            .args(["--", "env", "GREETING"])
            .env("GREETING", "from the host");
        finish(command, "").stdout
    };
    assert_eq!(env(&[]), "GREETING=(none)\n0 variables\n");
    assert_eq!(
        env(&["--env", "GREETING=hi=there"]),
        "GREETING=hi=there\n1 variables\n"
    );
    assert_eq!(
        env(&["--env", "GREETING", "--env", "OTHER=x"]),
        "GREETING=from the host\n2 variables\n"
    );
    assert_eq!(
        env(&["--env", "A_VARIABLE_THAT_IS_NOT_SET"]),
        "GREETING=(none)\n0 variables\n"
    );
}

#[test]
fn a_program_finds_its_surroundings() {
    let default = run("CliApp", &["around", "x"]);
    assert_eq!(
        default.stdout,
        "base: /\ncurrent: /\narguments: around|x\nprogram: CliApp.dll\nzone: UTC\nculture: ''\n"
    );
    let fixtures = fixture("CliApp")
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .display()
        .to_string();
    let set = run_with(
        "CliApp",
        &[
            "--dir",
            &format!("{fixtures}::/srv:ro"),
            "--cwd",
            "/srv",
            "--culture",
            "de-CH",
            "--time-zone",
            "Europe/Zurich",
        ],
        &["around"],
        "",
    );
    assert_eq!(
        set.stdout,
        "base: /srv/CliApp/\ncurrent: /srv\narguments: around\nprogram: CliApp.dll\nzone: Europe/Zurich\nculture: 'de-CH'\n"
    );
}

#[test]
fn dependencies_satellites_and_settings_are_found_beside_the_program() {
    for args in [&["depend"][..], &["property"]] {
        let inside = run("CliApp", args);
        assert_eq!(inside, native("CliApp", args, ""));
        assert_eq!(inside.code, Some(0));
    }
    assert_eq!(
        run("CliApp", &["property"]).stdout,
        "set by the runtime configuration\nTrue\n17\n"
    );
    let resources = run_with("CliApp", &["--culture", "de-CH"], &["resource"], "");
    assert_eq!(
        resources.stdout,
        "'': Good day\n'de': Guten Tag\n'de-CH': Guten Tag\n'fr': Good day\ncurrent: Guten Tag\n"
    );
}

#[test]
fn a_dependency_is_found_in_a_package_folder_that_the_deps_file_points_into() {
    let root = tempfile::tempdir().unwrap();
    let (app, packages) = (root.path().join("app"), root.path().join("packages"));
    let folder = packages.join("clilibrary/1.0.0/lib/net10.0");
    std::fs::create_dir_all(&app).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(fixture("CliApp"), app.join("CliApp.dll")).unwrap();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
        command
            .arg("run")
            .arg(app.join("CliApp.dll"))
            .args(["--", "depend"])
            .env("NUGET_PACKAGES", &packages);
        finish(command, "")
    };
    fails(
        &start(),
        134,
        &["System.IO.FileNotFoundException", "CliLibrary"],
    );

    std::fs::copy(fixture("CliLibrary"), folder.join("CliLibrary.dll")).unwrap();
    let deps = r#"{"runtimeTarget": {"name": "net"}, "targets": {"net": {"CliLibrary/1.0.0": {"runtime": {"lib/net10.0/CliLibrary.dll": {}}}}},
        "libraries": {"CliLibrary/1.0.0": {"type": "package", "path": "clilibrary/1.0.0"}}}"#;
    std::fs::write(app.join("CliApp.deps.json"), deps).unwrap();
    assert_eq!(start().stdout, "int 5\nCliLibrary\n");
}

#[test]
fn a_culture_or_time_zone_that_is_not_there_is_told_before_the_program_runs() {
    for (option, name, expected) in [
        ("--culture", "xx-YY", "'xx-YY' is not known"),
        ("--culture", "dee-CH", "de-CH"),
        ("--culture", "\u{1b}[2J", r"\u001b[2J"),
        ("--time-zone", "Europe/Zurick", "Europe/Zurich"),
        (
            "--time-zone",
            "../../etc/passwd",
            "is no name of a time zone",
        ),
    ] {
        let outcome = run_with("CliApp", &[option, name], &["around"], "");
        fails(&outcome, 1, &["error: ", expected]);
        assert!(
            !outcome.stderr.contains("NullReference") && !outcome.stderr.contains('\u{1b}'),
            "{outcome:?}"
        );
    }
}
