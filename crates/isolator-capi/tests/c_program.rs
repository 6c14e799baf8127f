//! C programs that use the header and the library as embedders do, also under AddressSanitizer.
//!
//! Not under valgrind: its processor lacks instructions that the image's machine code has, so the engine compiles the image
//! again, and under valgrind that takes far too long for a test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The engine handles the signals of guest code itself.
const ASAN_OPTIONS: &str =
    "detect_leaks=1:handle_segv=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0";

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
fn compile(name: &str, into: &Path, options: &[&str]) -> PathBuf {
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
        .args(options)
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
    std::env::var_os("ISOLATOR_GUEST").map_or_else(|| target().join("guest/10.0.15"), PathBuf::from)
}

fn fixtures() -> PathBuf {
    std::env::var_os("ISOLATOR_FIXTURES").map_or_else(|| target().join("fixtures"), PathBuf::from)
}

fn scripting() -> PathBuf {
    std::env::var_os("ISOLATOR_SCRIPTING").map_or_else(|| target().join("scripting"), PathBuf::from)
}

#[test]
fn a_c_program_compiles_and_runs_scripts() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    // Prepared once for both.
    for options in [&[] as &[&str], &["-fsanitize=address"]] {
        let program = compile("script", directory.path(), options);
        let said = run(Command::new(program)
            .env("ASAN_OPTIONS", ASAN_OPTIONS)
            .arg(guest())
            .arg(scripting())
            .arg(&cache));
        assert!(said.contains("all is well"), "{said}");
    }
}

#[test]
fn a_c_program_uses_the_interface() {
    let directory = tempfile::tempdir().unwrap();
    let program = compile("program", directory.path(), &[]);
    let said = run(Command::new(program).arg(guest()).arg(fixtures()));
    assert!(said.contains("all is well"), "{said}");
}

/// With the sanitizer's allocator for the library, too: what either side loses or frees twice is found.
#[test]
fn nothing_is_lost_or_freed_twice() {
    let directory = tempfile::tempdir().unwrap();
    let program = compile("program", directory.path(), &["-fsanitize=address"]);
    let sanitized = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command
            .env("ASAN_OPTIONS", ASAN_OPTIONS)
            .arg(guest())
            .arg(fixtures())
            .args(arguments);
        command
    };
    let said = run(&mut sanitized(&[]));
    assert!(said.contains("all is well"), "{said}");
    // It would be found.
    let leaking = sanitized(&["leak"]).output().unwrap();
    let said = String::from_utf8_lossy(&leaking.stderr).into_owned();
    assert!(
        !leaking.status.success() && said.contains("LeakSanitizer"),
        "{said}"
    );
}

/// The pieces of C in the READMEs, each in a function of its own, or as the declarations that they are.
#[test]
fn the_readmes_c_is_compiled() {
    let directory = tempfile::tempdir().unwrap();
    for (path, within) in [
        ("crates/isolator-capi/README.md", "void example(void) {"),
        ("docs/scripting.md", "void example(void) {"),
        ("guest-dotnet/README.md", ""),
    ] {
        let text = std::fs::read_to_string(crate_directory().join("../..").join(path)).unwrap();
        let blocks: Vec<&str> = text.split("```c\n").skip(1).collect();
        assert!(!blocks.is_empty(), "{path}");
        for from in blocks {
            let (code, _) = from.split_once("```").expect(path);
            let end = if within.is_empty() { "" } else { "}" };
            let source = directory.path().join("readme.c");
            let program =
                format!("#include <stdio.h>\n#include <isolator.h>\n{within}\n{code}\n{end}\n");
            std::fs::write(&source, program).unwrap();
            run(
                Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
                    .args(["-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"])
                    .arg("-I")
                    .arg(crate_directory().join("include"))
                    .arg(&source),
            );
        }
    }
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
