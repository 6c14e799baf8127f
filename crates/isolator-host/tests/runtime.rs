//! The host library against the built guest (`cargo xtask build-guest`): what needs a real .NET inside.

use isolator_host::{
    Access, Error, IsolatedRuntime, IsolatedRuntimeHost, MethodQuery, NextRun, Result, Stdin, Stdio,
};
use std::sync::OnceLock;
use std::time::Duration;

const CORELIB: &str = "System.Private.CoreLib";

fn host() -> &'static IsolatedRuntimeHost {
    static HOST: OnceLock<IsolatedRuntimeHost> = OnceLock::new();
    HOST.get_or_init(|| {
        IsolatedRuntimeHost::builder()
            .max_runtimes(50)
            .build()
            .unwrap_or_else(|error| panic!("{error}"))
    })
}

fn runtime() -> IsolatedRuntime {
    host().create_runtime().unwrap()
}

#[test]
fn methods_of_the_base_class_library_are_called() {
    let mut rt = runtime();
    assert_eq!(
        rt.call::<i32>(CORELIB, "System.Math", "Max", (3, 4))
            .unwrap(),
        4
    );
    assert_eq!(
        rt.call::<f64>(CORELIB, "System.Math", "Sqrt", (2.25,))
            .unwrap(),
        1.5
    );
    assert_eq!(
        rt.call::<String>(CORELIB, "System.String", "Concat", ("é", "😀"))
            .unwrap(),
        "é😀"
    );
    let ints = MethodQuery {
        parameter_types: Some(vec!["int".into(), "int".into()]),
        ..Default::default()
    };
    let max = rt
        .find_method_with(CORELIB, "System.Math", "Max", &ints)
        .unwrap();
    for i in -3..3 {
        assert_eq!(max.invoke::<i32>(&mut rt, (i, 0)).unwrap(), i.max(0));
    }
}

#[test]
fn objects_live_inside_until_they_are_dropped() {
    let mut rt = runtime();
    let live = rt.guest_statistics().unwrap().live_handles;
    let builder = rt
        .create_object_with(CORELIB, "System.Text.StringBuilder", ("one",))
        .unwrap();
    let append = rt
        .find_method_with(
            CORELIB,
            "System.Text.StringBuilder",
            "Append",
            &MethodQuery {
                parameter_types: Some(vec!["string".into()]),
                ..Default::default()
            },
        )
        .unwrap();
    let same = rt
        .invoke_object(&append, Some(&builder), (" two",))
        .unwrap()
        .unwrap();
    assert_eq!(
        rt.call_on::<String>(&same, "ToString", ()).unwrap(),
        "one two"
    );
    assert!(rt.guest_statistics().unwrap().live_handles > live);
    let of_type = rt.type_of(&builder).unwrap();
    assert_eq!(
        rt.inspect(&of_type).unwrap().name,
        "System.Text.StringBuilder"
    );
    let mut other = runtime();
    assert!(matches!(
        other.call_on::<String>(&builder, "ToString", ()),
        Err(Error::ForeignHandle { .. })
    ));
}

#[test]
fn errors_say_what_and_where() {
    let mut rt = runtime();
    let error = rt
        .call::<i32>(CORELIB, "System.Int32", "Parse", ("x",))
        .unwrap_err();
    let exception = error.exception().unwrap_or_else(|| panic!("{error}"));
    assert_eq!(exception.type_name, "System.FormatException");
    // Compiled methods have no frames in traces, and those of the dispatcher are never shown.
    let trace = exception.stack_trace.as_deref().unwrap_or_default();
    if host().manifest().compiled_methods > 0 {
        assert_eq!(trace, "", "{error}");
    } else {
        assert!(trace.contains("System.Int32.Parse"), "{error}");
    }
    let error = rt.call::<i32>("No.Such", "T", "M", ()).unwrap_err();
    assert!(
        matches!(error, Error::AssemblyNotFound { .. }) && error.to_string().contains("No.Such"),
        "{error:?}"
    );
    let error = rt.call::<i32>(CORELIB, "System.Nope", "M", ()).unwrap_err();
    assert!(
        matches!(error, Error::TypeNotFound { .. }) && error.to_string().contains("System.Nope"),
        "{error:?}"
    );
    let error = rt
        .call::<i32>(CORELIB, "System.Math", "Nope", ())
        .unwrap_err();
    assert!(
        matches!(error, Error::MethodNotFound { .. }) && error.to_string().contains("Nope"),
        "{error:?}"
    );
    let error = rt.find_method(CORELIB, "System.Math", "Max").unwrap_err();
    assert!(
        matches!(&error, Error::Ambiguous { candidates, .. } if candidates.len() > 5),
        "{error:?}"
    );
    let error = rt
        .call::<Vec<i32>>(CORELIB, "System.Math", "Sqrt", (1.0,))
        .unwrap_err();
    assert!(matches!(error, Error::Value { .. }), "{error:?}");
    let error = rt.load_image(b"MZ, but no assembly", None).unwrap_err();
    assert!(matches!(error, Error::BadImage { .. }), "{error:?}");
    assert_eq!(
        rt.call::<i32>(CORELIB, "System.Math", "Max", (3, 4))
            .unwrap(),
        4,
        "usable after all of them"
    );
}

#[test]
fn nothing_is_granted_by_default() {
    let mut rt = runtime();
    let path = std::env::current_exe().unwrap();
    assert!(
        !rt.call::<bool>(
            CORELIB,
            "System.IO.File",
            "Exists",
            (path.to_str().unwrap(),)
        )
        .unwrap()
    );
    assert!(
        rt.call::<String>(CORELIB, "System.IO.File", "ReadAllText", ("/etc/passwd",))
            .unwrap_err()
            .exception()
            .is_some()
    );
    assert_eq!(
        rt.call::<Option<String>>(
            CORELIB,
            "System.Environment",
            "GetEnvironmentVariable",
            ("PATH",)
        )
        .unwrap(),
        None
    );
}

#[test]
fn what_is_granted_is_there() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("in.txt"), "from outside").unwrap();
    let on = |access| {
        let builder =
            host()
                .runtime()
                .env("GREETING", "hello")
                .directory(directory.path(), "/data", access);
        builder.create().unwrap()
    };
    let read = |rt: &mut IsolatedRuntime, path: &str| {
        rt.call::<String>(CORELIB, "System.IO.File", "ReadAllText", (path,))
    };
    let write = |rt: &mut IsolatedRuntime, path: &str| {
        rt.call::<()>(
            CORELIB,
            "System.IO.File",
            "WriteAllText",
            (path, "from inside"),
        )
    };
    let all = || {
        let mut rt = on(Access::ReadOnly);
        assert_eq!(
            rt.call::<String>(
                CORELIB,
                "System.Environment",
                "GetEnvironmentVariable",
                ("GREETING",)
            )
            .unwrap(),
            "hello"
        );
        assert_eq!(read(&mut rt, "/data/in.txt").unwrap(), "from outside");
        assert!(
            write(&mut rt, "/data/out.txt")
                .unwrap_err()
                .exception()
                .is_some()
        );
        assert!(!directory.path().join("out.txt").exists());
        assert!(read(&mut rt, "/data/../etc/passwd").is_err());
        let mut rt = on(Access::ReadWrite);
        write(&mut rt, "/data/out.txt").unwrap();
        assert_eq!(
            std::fs::read_to_string(directory.path().join("out.txt")).unwrap(),
            "from inside"
        );
        std::fs::remove_file(directory.path().join("out.txt")).unwrap();
    };
    all();
    // Neither kind of executor is blocked on from within, which would panic.
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async { all() });
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
        .block_on(async { all() });
}

#[test]
fn the_console_is_captured_and_fed() {
    let mut rt = host()
        .runtime()
        .stdin(Stdin::Bytes(b"first\nsecond\n".to_vec()))
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture)
        .create()
        .unwrap();
    rt.call::<()>("System.Console", "System.Console", "WriteLine", ("héllo",))
        .unwrap();
    assert_eq!(rt.stdout_utf8(), "héllo\n");
    assert_eq!(rt.take_stdout(), "héllo\n".as_bytes());
    assert_eq!(rt.stdout(), b"");
}

#[test]
fn two_runtimes_differ_in_what_is_random() {
    let guid = |rt: &mut IsolatedRuntime| {
        let new = rt.find_method(CORELIB, "System.Guid", "NewGuid").unwrap();
        let guid = rt.invoke_object(&new, None, ()).unwrap().unwrap();
        rt.call_on::<String>(&guid, "ToString", ()).unwrap()
    };
    assert_ne!(guid(&mut runtime()), guid(&mut runtime()));
}

#[test]
fn environment_exit_is_an_exit() {
    let mut rt = runtime();
    let error = rt
        .call::<()>(CORELIB, "System.Environment", "Exit", (7,))
        .unwrap_err();
    assert!(matches!(error, Error::Exit { code: 7 }), "{error}");
    assert!(matches!(rt.collect(0), Err(Error::Dead { .. })));
}

#[test]
fn tasks_are_driven_by_the_hosts_clock() {
    let mut rt = runtime();
    let delay = rt
        .find_method_with(
            CORELIB,
            "System.Threading.Tasks.Task",
            "Delay",
            &MethodQuery {
                parameter_types: Some(vec!["int".into()]),
                ..Default::default()
            },
        )
        .unwrap();
    let began = std::time::Instant::now();
    let task = rt.start_task(&delay, None, (60,)).unwrap();
    assert!(rt.poll_task::<Option<()>>(&task).unwrap().is_none());
    assert!(matches!(
        rt.run_pending(Duration::ZERO).unwrap(),
        NextRun::After(_) | NextRun::Now
    ));
    rt.wait::<Option<()>>(&task).unwrap();
    assert!(
        (40..5000).contains(&began.elapsed().as_millis()),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn sixty_four_megabytes_cross_both_ways() {
    let mut rt = runtime();
    let bytes: Vec<u8> = (0..64u32 << 20).map(|i| i.to_le_bytes()[1]).collect();
    let back: serde_bytes::ByteBuf = rt
        .call(CORELIB, "System.Convert", "FromBase64String", ("AAEC",))
        .unwrap();
    assert_eq!(*back, [0, 1, 2]);
    let hex: String = rt
        .call(
            CORELIB,
            "System.Convert",
            "ToHexString",
            (serde_bytes::Bytes::new(&bytes[..1 << 20]),),
        )
        .unwrap();
    assert_eq!(hex.len(), 2 << 20);
}

#[test]
fn a_host_needs_no_stack_of_its_callers() {
    for size in [256 << 10, 1 << 20, 2 << 20] {
        std::thread::Builder::new()
            .stack_size(size)
            .spawn(|| {
                let mut rt = runtime();
                assert_eq!(
                    rt.call::<i32>(CORELIB, "System.Math", "Max", (3, 4))
                        .unwrap(),
                    4
                );
                assert!(
                    rt.call::<i32>(CORELIB, "System.Int32", "Parse", ("x",))
                        .unwrap_err()
                        .exception()
                        .is_some()
                );
            })
            .unwrap()
            .join()
            .unwrap();
    }
}

#[test]
fn a_runtime_moves_between_threads() {
    let mut rt = runtime();
    let builder = rt
        .create_object(CORELIB, "System.Text.StringBuilder")
        .unwrap();
    let moved = std::thread::spawn(move || -> Result<String> {
        let text = rt.call_on(&builder, "ToString", ())?;
        drop((builder, rt));
        Ok(text)
    });
    assert_eq!(moved.join().unwrap().unwrap(), "");
}

#[test]
fn the_image_is_shared_copy_on_write() {
    assert!(host().copy_on_write().unwrap());
}
