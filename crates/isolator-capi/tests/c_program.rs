//! C programs that use the header and the library as embedders do, also under valgrind.

use std::path::{Path, PathBuf};
use std::process::Command;

fn crate_directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn target() -> PathBuf {
    crate_directory().join("../../target")
}

/// The directory of the library that was built with this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let dependencies = test.parent().unwrap().to_path_buf();
    let file = dependencies.join("libisolator_capi.so");
    assert!(
        file.is_file(),
        "{} was not built: the crate is a cdylib",
        file.display()
    );
    dependencies
}

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success(),
        "{command:?}: {}\n{text}",
        output.status
    );
    text
}

/// Compiles a program, with all warnings as errors.
fn compile(name: &str, into: &Path) -> PathBuf {
    let (source, program) = (
        crate_directory().join(format!("tests/c/{name}.c")),
        into.join(name),
    );
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    run(Command::new(compiler)
        .args([
            "-std=gnu11",
            "-g",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pthread",
        ])
        .arg("-I")
        .arg(crate_directory().join("include"))
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(library())
        .arg(format!("-Wl,-rpath,{}", library().display()))
        .arg("-lisolator_capi"));
    program
}

fn guest() -> PathBuf {
    std::env::var_os("ISOLATOR_GUEST").map_or_else(|| target().join("guest/10.0.12"), PathBuf::from)
}

fn fixtures() -> PathBuf {
    std::env::var_os("ISOLATOR_FIXTURES").map_or_else(|| target().join("fixtures"), PathBuf::from)
}

#[test]
fn a_c_program_uses_the_interface() {
    let directory = tempfile::tempdir().unwrap();
    let program = compile("program", directory.path());
    let said = run(Command::new(program).arg(guest()).arg(fixtures()));
    assert!(said.contains("all is well"), "{said}");
}

#[test]
fn the_header_is_c_plus_plus_too() {
    run(
        Command::new(std::env::var_os("CXX").unwrap_or_else(|| "c++".into()))
            .args([
                "-x",
                "c++",
                "-std=c++17",
                "-fsyntax-only",
                "-Wall",
                "-Wextra",
                "-Werror",
            ])
            .arg(crate_directory().join("include/isolator.h")),
    );
}
