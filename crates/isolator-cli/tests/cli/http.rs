//! What `--allow-http` and its kin let a program ask.

use crate::{Outcome, finish, fixture};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

/// A server that answers each request with its own lines. It lives as long as the process.
pub fn server() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.ends_with(b"\r\n\r\n") {
                let read = stream.read(&mut buffer).unwrap_or(0);
                if read == 0 {
                    break;
                }
                request.extend_from_slice(&buffer[..read]);
            }
            let text = String::from_utf8_lossy(&request)
                .replace("\r\n", "|")
                .to_lowercase();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{text}",
                text.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

fn ask(url: &str, options: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command
        .arg("run")
        .arg(fixture("Web"))
        .args(options)
        .args(["--", "ask", url])
        .env("TOKEN_OF_A_TEST", "hunter22-is-secret");
    finish(command, "")
}

#[test]
fn requests_are_allowed_by_pattern_and_method_and_get_their_secrets() {
    let port = server();
    let url = format!("http://127.0.0.1:{port}/v1/a");
    let pattern = format!("http://127.0.0.1:{port}/v1/*");
    let refused = ask(&url, &[]);
    assert!(
        refused
            .stdout
            .contains("was not granted: the host gave this runtime no HTTP"),
        "{refused:?}"
    );
    let local = ask(&url, &["--allow-http", &pattern]);
    assert!(
        local
            .stdout
            .contains("its address is not one of the public network"),
        "{local:?}"
    );
    let header = format!("{pattern}=Authorization: Bearer {{token}}");
    let options = [
        "--allow-http",
        &pattern,
        "--allow-address",
        "127.0.0.1",
        "--secret",
        "token=TOKEN_OF_A_TEST",
        "--http-header",
        &header,
    ];
    let allowed = ask(&url, &options);
    assert_eq!(allowed.code, Some(0), "{allowed:?}");
    assert!(
        allowed.stdout.starts_with("200 get /v1/a http/1.1|"),
        "{allowed:?}"
    );
    assert!(
        allowed
            .stdout
            .contains("|authorization: bearer hunter22-is-secret|"),
        "{allowed:?}"
    );
    // Unless that is covered.
    let covered = ask(&url, &[&options[..], &["--mask-secrets"]].concat());
    assert!(
        covered
            .stdout
            .contains(&format!("|authorization: bearer {}|", "*".repeat(18))),
        "{covered:?}"
    );
    let elsewhere = ask(&format!("http://127.0.0.1:{port}/v2"), &options);
    assert!(
        elsewhere
            .stdout
            .contains("was not granted: no address that the host allows is like it"),
        "{elsewhere:?}"
    );
    let posts = format!("{pattern}=POST");
    let other = ask(
        &url,
        &["--allow-http", &posts, "--allow-address", "127.0.0.1"],
    );
    assert!(
        other.stdout.contains("there the host allows POST only"),
        "{other:?}"
    );
    let gets = format!("http://127.0.0.1:{port}=get");
    let small = ask(
        &url,
        &["--allow-http", &gets, "--allow-address", "127.0.0.1"],
    );
    assert!(
        small.stdout.starts_with("200 get /v1/a http/1.1|"),
        "{small:?}"
    );
}

#[test]
fn what_cannot_be_granted_is_an_error_of_the_command_line() {
    for (options, code, why) in [
        (
            &["--allow-http", "example.com"][..],
            2,
            "it begins with https://",
        ),
        (
            &["--allow-http", "https://a.test/*=CONNECT"],
            2,
            "cannot be allowed",
        ),
        (
            &["--allow-http", "https://a.test/id=ABC"],
            2,
            "may be a method or a part of the path",
        ),
        (&["--allow-http", "https://a.test=1"], 2, "a host has no ="),
        (&["--secret", "token"], 2, "NAME=VARIABLE"),
        (
            &["--secret", "token=HOME"],
            1,
            "of no use without `--allow-http`",
        ),
        (
            &["--allow-http", "https://a.test/*", "--mask-secrets"],
            1,
            "of no use without `--secret`",
        ),
        (
            &[
                "--allow-http",
                "https://a.test/*",
                "--secret",
                "a=NO_SUCH_VARIABLE_HERE",
            ],
            1,
            "is not set here",
        ),
        (
            &[
                "--allow-http",
                "https://a.test/*",
                "--http-header",
                "https://a.test/*=A: {b}",
            ],
            1,
            "names the secret 'b'",
        ),
        (
            &[
                "--allow-http",
                "https://a.test/*",
                "--allow-address",
                "localhost",
            ],
            1,
            "is no address",
        ),
    ] {
        let outcome = ask("https://a.test/", options);
        assert_eq!(outcome.code, Some(code), "{options:?}: {outcome:?}");
        assert!(outcome.stderr.contains(why), "{options:?}: {outcome:?}");
    }
}
