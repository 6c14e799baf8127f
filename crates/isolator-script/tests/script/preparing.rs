//! The prepared compiler, its cache, and libraries.

use crate::{errors, scripts, source};
use isolator_host::{Access, AssemblyImage, Limits};
use isolator_script::{Error, ScriptHost};
use std::time::{Duration, Instant};

#[test]
fn a_library_is_found_when_compiling_and_when_running() {
    let script = "Console.Write(CliLibrary.Calls.Label(1, \"two\"));";
    assert_eq!(
        errors(scripts().compile(&source(script))).to_string(),
        "script.cs(1,15): error CS0103: The name 'CliLibrary' does not exist in the current context"
    );
    let cache = tempfile::tempdir().unwrap();
    let fixtures = std::env::var_os("ISOLATOR_FIXTURES").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fixtures"),
        Into::into,
    );
    let path = fixtures.join("CliLibrary/CliLibrary.dll");
    let with_library = ScriptHost::builder()
        .host(scripts().host())
        .cache_directory(cache.path())
        .library_file(&path)
        .unwrap()
        .build()
        .unwrap();
    let ran = with_library
        .run(&source(script), &[], |builder| builder)
        .unwrap();
    assert_eq!((ran.result.unwrap(), &*ran.stdout), (0, &b"1: two"[..]));
    let kept: Vec<_> = std::fs::read_dir(cache.path().join("scripting"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    // The compiler's, and what runs begin with.
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(
        kept.iter().all(|name| name.ends_with(".isolate")),
        "{kept:?}"
    );
    // The next host finds it.
    let began = Instant::now();
    let again = ScriptHost::builder()
        .host(scripts().host())
        .cache_directory(cache.path())
        .library_file(&path)
        .unwrap()
        .build()
        .unwrap();
    println!("loaded in {:?}", began.elapsed());
    assert_eq!(
        again
            .check(&source("CliLibrary.Calls.Label(1, \"two\");"))
            .unwrap()
            .to_string(),
        ""
    );
    // What was compiled is kept, where that is wanted: the next host compiles nothing.
    let keeping = |compiling: Limits| {
        let builder = ScriptHost::builder()
            .host(scripts().host())
            .cache_directory(cache.path())
            .library_file(&path)
            .unwrap();
        let builder = builder.compile_limits(compiling).keep_compiled(true);
        builder.build().unwrap()
    };
    let nothing = || Limits::default().call_timeout(Duration::from_nanos(1));
    let refused = keeping(nothing()).run(&source(script), &[], |builder| builder);
    assert!(matches!(refused, Err(Error::CompileLimit { .. })));
    for compiling in [ScriptHost::default_compile_limits(), nothing()] {
        let ran = keeping(compiling)
            .run(&source(script), &[], |builder| builder)
            .unwrap();
        assert_eq!((ran.result.unwrap(), &*ran.stdout), (0, &b"1: two"[..]));
    }
    let other = script.replace("two", "three");
    let refused = keeping(nothing()).run(&source(&other), &[], |builder| builder);
    assert!(matches!(refused, Err(Error::CompileLimit { .. })));
    // What is broken in the cache, or could be somebody else's, is made again.
    let files = kept
        .iter()
        .map(|name| cache.path().join("scripting").join(name));
    let files: Vec<_> = files.collect();
    std::fs::write(&files[0], b"\0asm broken").unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(
        &files[1],
        std::os::unix::fs::PermissionsExt::from_mode(0o666),
    )
    .unwrap();
    drop((with_library, again));
    let repaired = ScriptHost::builder()
        .host(scripts().host())
        .cache_directory(cache.path())
        .library_file(&path)
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(
        repaired
            .check(&source("CliLibrary.Calls.Label(1, \"two\");"))
            .unwrap()
            .to_string(),
        ""
    );
    for file in &files {
        let found = std::fs::metadata(file).unwrap();
        assert!(found.len() > 1_000_000);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&found) & 0o022, 0);
    }
}

#[test]
fn no_script_may_write_what_scripts_are_compiled_with() {
    let folder = std::env::var_os("ISOLATOR_SCRIPTING").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/scripting"),
        std::path::PathBuf::from,
    );
    for place in [&*folder, folder.parent().unwrap()] {
        let granted = |access| {
            scripts().run(&source("1.ToString();"), &[], move |builder| {
                builder.directory(place, "/c", access)
            })
        };
        let message = granted(Access::ReadWrite).unwrap_err().to_string();
        assert!(
            message.contains("cannot be granted for writing"),
            "{message}"
        );
        assert_eq!(granted(Access::ReadOnly).unwrap().result.unwrap(), 0);
    }
}

#[test]
fn what_is_no_library_and_no_compiler_is_said() {
    let broken = ScriptHost::builder()
        .host(scripts().host())
        .library(AssemblyImage::new(b"no assembly".to_vec()))
        .build();
    let message = broken.unwrap_err().to_string();
    assert!(
        message.starts_with("a library cannot be used: "),
        "{message}"
    );
    let empty = tempfile::tempdir().unwrap();
    let missing = ScriptHost::builder()
        .compiler(empty.path())
        .build()
        .unwrap_err();
    assert!(matches!(missing, Error::CompilerNotFound { .. }));
    let message = missing.to_string();
    assert!(
        message.contains("which has no `Isolator.Scripting.dll`")
            && message.contains("ISOLATOR_SCRIPTING"),
        "{message}"
    );
    let unreadable = ScriptHost::builder()
        .library_file(empty.path().join("none.dll"))
        .unwrap_err();
    assert!(matches!(unreadable, Error::Unreadable { .. }));
}
