//! What a guest sees of the world: standard streams, environment, culture, time zone; and nothing that was not granted.

use crate::{CALLS, standard_output};
use isolator_host::{Error, IsolatedRuntime, Stdin, Stdio};
use isolator_tests::{builder, host, runtime};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const SURROUNDINGS: &str = "Calls.Surroundings";

fn ask(runtime: &mut IsolatedRuntime, method: &str) -> String {
    runtime.call(CALLS, SURROUNDINGS, method, ()).unwrap()
}

#[test]
fn output_is_captured_taken_discarded_or_written_elsewhere() {
    let mut runtime = runtime();
    runtime
        .call::<()>(CALLS, SURROUNDINGS, "Print", ("grüße\n",))
        .unwrap();
    runtime
        .call::<()>(CALLS, SURROUNDINGS, "PrintError", ("error",))
        .unwrap();
    assert_eq!(
        (runtime.stdout_utf8().as_str(), runtime.stderr()),
        ("grüße\n", &b"error"[..])
    );
    assert_eq!(runtime.take_stdout(), "grüße\n".as_bytes());
    runtime
        .call::<()>(CALLS, SURROUNDINGS, "Print", ("more",))
        .unwrap();
    assert_eq!(runtime.take_stdout(), b"more");

    let mut silent = host().create_runtime().unwrap();
    silent
        .call::<()>(CALLS, SURROUNDINGS, "Print", ("nobody hears",))
        .unwrap();
    assert_eq!(silent.stdout(), b"");

    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    let mut told = host()
        .runtime()
        .stdout(Stdio::lines(move |line| {
            kept.lock().unwrap().push(line.to_owned())
        }))
        .create()
        .unwrap();
    told.call::<()>(CALLS, SURROUNDINGS, "Print", ("one\ntw",))
        .unwrap();
    told.call::<()>(CALLS, SURROUNDINGS, "Print", ("o\nrest",))
        .unwrap();
    drop(told);
    assert_eq!(*lines.lock().unwrap(), ["one", "two", "rest"]);
}

#[test]
fn a_long_write_arrives_whole_although_the_host_takes_it_in_parts() {
    let mut runtime = runtime();
    let stream = standard_output(&mut runtime);
    let written: Vec<u8> = (0..300_000u32).map(|index| (index % 251) as u8).collect();
    let bytes = serde_bytes::Bytes::new(&written);
    let kept = runtime
        .create_object("System.Private.CoreLib", "System.IO.MemoryStream")
        .unwrap();
    runtime
        .call_on::<()>(&kept, "Write", (bytes, 0, written.len()))
        .unwrap();
    runtime.call_on::<()>(&kept, "WriteTo", (&stream,)).unwrap();
    assert!(runtime.stdout() == written, "{}", runtime.stdout().len());
}

#[test]
fn a_capture_that_is_full_is_an_exception_in_the_guest() {
    let mut runtime = host()
        .runtime()
        .stdout(Stdio::CaptureUpTo(10))
        .create()
        .unwrap();
    runtime
        .call::<()>(CALLS, SURROUNDINGS, "Print", ("12345678",))
        .unwrap();
    let error = runtime
        .call::<()>(CALLS, SURROUNDINGS, "Print", ("12345678",))
        .unwrap_err();
    assert!(
        matches!(&error, Error::GuestException(exception) if exception.type_name == "System.IO.IOException"),
        "{error}"
    );
    assert!(runtime.stdout().len() <= 10);
    runtime.take_stdout();
    runtime
        .call::<()>(CALLS, SURROUNDINGS, "Print", ("again",))
        .unwrap();
    assert_eq!(runtime.stdout(), b"again");
}

#[test]
fn standard_input_is_what_was_given() {
    let mut runtime = host()
        .runtime()
        .stdin(Stdin::Bytes("first ä\nsecond".into()))
        .create()
        .unwrap();
    let mut line = || {
        runtime
            .call::<Option<String>>(CALLS, SURROUNDINGS, "ReadLine", ())
            .unwrap()
    };
    assert_eq!(line().as_deref(), Some("first ä"));
    assert_eq!(line().as_deref(), Some("second"));
    assert_eq!(line(), None);
    let mut empty = host().create_runtime().unwrap();
    assert_eq!(
        empty
            .call::<Option<String>>(CALLS, SURROUNDINGS, "ReadLine", ())
            .unwrap(),
        None
    );
}

#[test]
fn the_environment_is_what_was_granted() {
    let environment = |runtime: &mut IsolatedRuntime| -> BTreeMap<String, String> {
        runtime
            .call(CALLS, SURROUNDINGS, "Environment", ())
            .unwrap()
    };
    assert_eq!(environment(&mut runtime()), BTreeMap::new());
    let granted = BTreeMap::from([
        ("GREETING".to_owned(), "hällo".to_owned()),
        ("EMPTY".to_owned(), String::new()),
    ]);
    let mut runtime = host().runtime().envs(granted.clone()).create().unwrap();
    assert_eq!(environment(&mut runtime), granted);
}

#[test]
fn nothing_of_the_machines_is_visible() {
    // Whatever identifies this machine, its user or the build: of this process's environment, what is long enough to tell.
    let mut runtime = runtime();
    let facts: Vec<Option<String>> = runtime.call(CALLS, SURROUNDINGS, "Facts", ()).unwrap();
    let facts: Vec<String> = facts.into_iter().map(Option::unwrap_or_default).collect();
    let told = facts.join("\n");
    let mut secrets: Vec<String> = std::env::vars()
        .map(|(_, value)| value)
        .filter(|value| value.len() > 5)
        .collect();
    secrets.push(env!("CARGO_MANIFEST_DIR").to_owned());
    secrets.extend(
        std::fs::read_to_string("/etc/hostname")
            .ok()
            .map(|name| name.trim().to_owned())
            .filter(|name| name.len() > 5),
    );
    for secret in secrets {
        assert!(
            !told.contains(&secret),
            "the guest sees `{secret}`:\n{told}"
        );
    }
    assert_eq!((facts[0].as_str(), facts[5].as_str()), ("/", "/"));
    // The image itself: neither the build's paths nor the build user's name.
    let directory = std::path::Path::new(host().origin());
    let state = std::fs::read(directory.join(&host().manifest().state.file)).unwrap();
    let root = isolator_tests::workspace().display().to_string();
    assert!(
        !contains(&state, root.as_bytes()),
        "the image holds the build's path"
    );
    for variable in ["PATH", "HOME", "HOSTNAME"] {
        if let Ok(value) = std::env::var(variable)
            && value.len() > 8
        {
            assert!(
                !contains(&state, value.as_bytes()),
                "the image holds {variable}'s value"
            );
        }
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[test]
fn arguments_are_the_command_line() {
    let mut runtime = host()
        .runtime()
        .args(["one", "two words", ""])
        .create()
        .unwrap();
    let line: Vec<String> = runtime
        .call(CALLS, SURROUNDINGS, "CommandLine", ())
        .unwrap();
    assert_eq!(line[1..], ["one", "two words", ""]);
}

#[test]
fn culture_and_time_zone_are_the_runtimes_own() {
    assert_eq!(
        ask(&mut runtime(), "Culture"),
        "  1,234.5 Saturday, 09 March 2024"
    );
    let mut german = host().runtime().culture("de-DE").create().unwrap();
    assert_eq!(
        ask(&mut german, "Culture"),
        "de-DE de-DE 1.234,5 Samstag, 9. März 2024"
    );
    assert_eq!(ask(&mut runtime(), "TimeZone"), "UTC 0");
    let mut zurich = host()
        .runtime()
        .time_zone("Europe/Zurich")
        .create()
        .unwrap();
    assert_eq!(ask(&mut zurich, "TimeZone"), "Europe/Zurich 2");
}

#[test]
fn an_unknown_culture_or_zone_is_named() {
    for (builder, name) in [
        (host().runtime().culture("no culture"), "no culture"),
        (host().runtime().time_zone("Mars/Olympus"), "Mars/Olympus"),
    ] {
        let started = builder.create().and_then(|mut runtime| runtime.start());
        let error = started.unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    runtime().start().unwrap();
}

#[test]
fn properties_reach_the_app_context() {
    let mut runtime = host()
        .runtime()
        .property("My.Switch", "on")
        .base_directory("/app")
        .create()
        .unwrap();
    assert_eq!(
        runtime
            .call::<String>(CALLS, SURROUNDINGS, "Property", ("My.Switch",))
            .unwrap(),
        "on"
    );
    assert_eq!(
        runtime
            .call::<String>(
                CALLS,
                SURROUNDINGS,
                "Property",
                ("APP_CONTEXT_BASE_DIRECTORY",)
            )
            .unwrap(),
        "/app/"
    );
}

#[test]
fn a_loader_is_asked_for_names_never_for_paths() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let host = builder()
        .max_runtimes(2)
        .assembly_loader(move |request: &isolator_host::AssemblyRequest| {
            seen.lock().unwrap().push(request.name.clone());
            None
        })
        .build()
        .unwrap();
    let mut runtime = host.create_runtime().unwrap();
    for name in ["Missing", "../../etc/passwd", "/etc/passwd", ""] {
        assert!(
            matches!(
                runtime.load_assembly(name),
                Err(Error::AssemblyNotFound { .. } | Error::BadImage { .. })
            ),
            "{name}"
        );
    }
    assert!(asked.lock().unwrap().contains(&"Missing".to_owned()));
}

#[test]
fn nothing_leads_out_of_the_sandbox() {
    let mut runtime = runtime();
    for how in [
        "tcp", "udp", "listen", "dns", "http", "process", "kill", "native", "map", "pipe",
    ] {
        let ended: String = runtime
            .call_task(CALLS, SURROUNDINGS, "Leave", (how,))
            .unwrap_or_else(|error| panic!("{how}: {error}"));
        assert!(ended.ends_with("Exception"), "{how}: {ended}");
    }
    runtime.start().unwrap();
}

/// Cultures and time zones that are not there, and what is no name of any: the error names it and those like it, and no code of
/// the guest's has run.
#[test]
fn a_culture_or_time_zone_that_is_not_there_is_named_with_those_like_it() {
    for (culture, expected) in [
        ("xx-YY", "'xx-YY'"),
        ("dee-CH", "de-CH"),
        ("../de", r"'../de' is no name of a culture"),
        ("de\0CH", r"'de\u0000CH'"),
        ("de\u{202e}", r"'de\u202e'"),
        (&"x".repeat(10_000), "xxx…'"),
    ] {
        let created = host().runtime().culture(culture).create();
        let error = created
            .and_then(|mut runtime| runtime.load_assembly(CALLS))
            .unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("culture") && message.contains(expected) && message.len() < 500,
            "{culture:.20}: {message}"
        );
        assert!(!message.contains("NullReference"), "{message}");
    }
    for (zone, expected) in [
        ("Europe/Zurick", "Europe/Zurich"),
        ("Nowhere/Land", "'Nowhere/Land'"),
        ("Zurich", "Europe/Zurich"),
        ("../../etc/passwd", "is no name of a time zone"),
        ("/etc/passwd", "is no name of a time zone"),
        ("Europe/\u{1b}[2J", r"\u001b[2J"),
    ] {
        let created = host().runtime().time_zone(zone).create();
        let error = created
            .and_then(|mut runtime| runtime.load_assembly(CALLS))
            .unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("time zone") && message.contains(expected),
            "{zone}: {message}"
        );
    }
    for culture in ["", "de-CH", "tr-TR"] {
        let mut runtime = host().runtime().culture(culture).create().unwrap();
        assert!(runtime.load_assembly(CALLS).is_ok(), "{culture}");
    }
}
