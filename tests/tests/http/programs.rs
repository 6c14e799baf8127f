//! Programs print inside what they print natively, with the same server.

use crate::server::Server;
use crate::{WEB, all_of, runtime};
use isolator_tests::{assert_same_text, fixture, native_dotnet};
use std::sync::LazyLock;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

fn natively(program: &str, url: &str) -> String {
    let output = native_dotnet()
        .arg(fixture(WEB).join(format!("{WEB}.dll")))
        .args([program, url])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "`{program}` fails natively: {errors}"
    );
    String::from_utf8(output.stdout).unwrap()
}

fn compare(program: &str) {
    let url = SERVER.url();
    // Nothing listens there: a connection fails, as natively.
    let grant = all_of(&SERVER).allow("http://127.0.0.1:1/*", [isolator_host::http::Method::GET]);
    let mut runtime = runtime(Some(grant));
    let assembly = runtime.load_assembly(WEB).unwrap();
    let code = runtime.run_main(&assembly, &[program, &url]);
    let (out, errors) = (runtime.stdout_utf8(), runtime.stderr_utf8());
    let code =
        code.unwrap_or_else(|error| panic!("`{program}` fails inside: {error}\n{out}{errors}"));
    assert_eq!(code, 0, "{out}{errors}");
    assert_same_text(&format!("`{program}`"), &natively(program, &url), &out);
}

macro_rules! programs {
    ($($test:ident $name:literal)*) => {
        $(#[test] fn $test() { compare($name); })*

        #[test]
        fn every_program_is_compared() {
            let sources = std::fs::read_to_string(isolator_tests::workspace().join("tests/fixtures/Web/Program.cs")).unwrap();
            let listed: Vec<&str> = sources.split("        [\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert_eq!(listed, [$($name),*]);
        }
    };
}

programs! {
    get "get"
    send_sync "send-sync"
    post "post"
    methods "methods"
    headers "headers"
    status "status"
    json "json"
    redirects "redirects"
    cookies "cookies"
    decompression "decompression"
    credentials "credentials"
    digest "digest"
    handlers "handlers"
    factory "factory"
    delegating "delegating"
    trailers "trailers"
    web_requests "web-requests"
    web_clients "web-clients"
    download "download"
    download_sync "download-sync"
    upload "upload"
    upload_failing "upload-failing"
    many "many"
    cancel "cancel"
    time_out "time-out"
    broken "broken"
    unread "unread"
    too_large "too-large"
}
