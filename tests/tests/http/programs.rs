//! Programs print inside what they print natively, with the same server, plain and encrypted.

use crate::server::{AUTHORITY, Server};
use crate::{ALL, WEB, all_of, all_of_encrypted, runtime};
use isolator_host::http::{HttpGrant, Method};
use isolator_tests::{assert_same_text, fixture, native_dotnet};
use std::sync::LazyLock;
use tempfile::TempDir;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);
static ENCRYPTED: LazyLock<Server> = LazyLock::new(Server::encrypted);

/// A folder in which a native .NET finds the tests' own authority, and no other.
fn roots() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = base64(&AUTHORITY.0)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    );
    std::fs::write(folder.path().join("root.pem"), pem).unwrap();
    std::fs::create_dir(folder.path().join("none")).unwrap();
    folder
}

/// Standard base64, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let all =
            group.iter().fold(0u32, |all, b| (all << 8) | u32::from(*b)) << (8 * (3 - group.len()));
        for i in 0..4 {
            let digit = DIGITS[(all >> (18 - 6 * i)) as usize & 63];
            text.push(if i <= group.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

/// What the fixture prints natively.
pub fn natively(args: &[&str]) -> String {
    let roots = roots();
    let output = native_dotnet()
        .env("SSL_CERT_FILE", roots.path().join("root.pem"))
        .env("SSL_CERT_DIR", roots.path().join("none"))
        .arg(fixture(WEB).join(format!("{WEB}.dll")))
        .args(args)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "`{args:?}` fails natively: {errors}"
    );
    String::from_utf8(output.stdout).unwrap()
}

fn compare(program: &str, url: &str, grant: HttpGrant) {
    // Nothing listens there: a connection fails, as natively.
    let grant = grant
        .allow("http://127.0.0.1:1/*", [Method::GET])
        // Another host, at the same address.
        .allow(&format!("http://localhost:{}/*", SERVER.port), ALL)
        .address("::1");
    let mut runtime = runtime(Some(grant));
    let assembly = runtime.load_assembly(WEB).unwrap();
    let code = runtime.run_main(&assembly, &[program, url]);
    let (out, errors) = (runtime.stdout_utf8(), runtime.stderr_utf8());
    let code =
        code.unwrap_or_else(|error| panic!("`{program}` fails inside: {error}\n{out}{errors}"));
    assert_eq!(code, 0, "{out}{errors}");
    assert_same_text(
        &format!("`{program} {url}`"),
        &natively(&[program, url]),
        &out,
    );
}

fn plain(program: &str) {
    compare(program, &SERVER.url(), all_of(&SERVER));
}

fn encrypted(program: &str) {
    let (grant, url) = all_of_encrypted(&ENCRYPTED);
    compare(program, &url, grant);
}

macro_rules! programs {
    ($($test:ident $name:literal)*) => {
        $(#[test] fn $test() { plain($name); })*

        mod over_tls {
            $(#[test] fn $test() { super::encrypted($name); })*
        }

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
    queries "queries"
    methods "methods"
    headers "headers"
    status "status"
    json "json"
    redirects "redirects"
    redirects_with_bodies "redirects-with-bodies"
    cookies "cookies"
    decompression "decompression"
    credentials "credentials"
    digest "digest"
    handlers "handlers"
    factory "factory"
    delegating "delegating"
    trailers "trailers"
    version_2 "version-2"
    versions "versions"
    web_requests "web-requests"
    web_clients "web-clients"
    web_time_outs "web-time-outs"
    download "download"
    download_sync "download-sync"
    upload "upload"
    upload_sync "upload-sync"
    upload_failing "upload-failing"
    many "many"
    cancel "cancel"
    cancel_sync "cancel-sync"
    time_out "time-out"
    time_out_sync "time-out-sync"
    broken "broken"
    unread "unread"
    too_large "too-large"
}
