//! Who may ask, and what is said to everybody.

use crate::{order, playing, refused};
use std::path::Path;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// What is always said to the browser.
const ALWAYS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// A file of the page's.
fn file(path: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
    std::fs::read(folder.join(path)).unwrap()
}

#[test]
fn the_page_and_its_files_are_served_with_a_strict_policy() {
    let server = playing();
    for (name, path, kind) in [
        ("", "src/index.html", "text/html; charset=utf-8"),
        ("app.js", "dist/app.js", "text/javascript; charset=utf-8"),
        ("app.css", "src/app.css", "text/css; charset=utf-8"),
        ("icon.svg", "src/icon.svg", "image/svg+xml"),
    ] {
        let answer = server.get(&format!("{}{name}", server.place));
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.header("content-type"), Some(kind));
        for (header, value) in ALWAYS {
            assert_eq!(answer.header(header), Some(*value), "{name}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert!(answer.body() == file(path), "{name} is not the file");
    }
    refused(
        server.get(&format!("{}nothing", server.place)),
        404,
        "no such thing",
    );
    refused(
        server.get(&format!("{}run", server.place)),
        405,
        "not how it is asked for",
    );
}

#[test]
fn without_the_token_there_is_a_page_that_asks_for_it_and_no_more() {
    let server = playing();
    let token = server.place.trim_matches('/').to_owned();
    let mut wrong = token.clone().into_bytes();
    wrong[0] ^= 1;
    let wrong = String::from_utf8(wrong).unwrap();
    for path in [
        "/".to_owned(),
        "/about".into(),
        "/run".into(),
        "/app.js".into(),
        format!("/{wrong}/"),
        format!("/{wrong}/about"),
        format!("/{}/about", &token[..token.len() - 1]),
        format!("/{token}0/about"),
        format!("/{token}"),
        format!("//{token}/about"),
        format!("/about?token={token}"),
        format!("/%2f{token}/about"),
        format!("/{}/about", token.to_uppercase()),
    ] {
        let answer = server.get(&path);
        assert_eq!(answer.status, 403, "{path}");
        for (header, value) in ALWAYS {
            assert_eq!(answer.header(header), Some(*value), "{path}");
        }
        // It takes none of the connections that the owner needs.
        assert_eq!(answer.header("connection"), Some("close"), "{path}");
        assert!(answer.body() == file("src/door.html"), "{path}");
    }
    for (name, path) in [("door.js", "dist/door.js"), ("door.css", "src/door.css")] {
        let answer = server.get(&format!("/{name}"));
        assert_eq!(answer.status, 200);
        assert!(answer.body() == file(path), "{name}");
    }
    let host = server.host_line();
    let json = "Content-Type: application/json";
    for path in [
        "/run".to_owned(),
        format!("/{wrong}/run"),
        "/door.js".into(),
    ] {
        let answer = server.with(&format!("POST {path}"), &[&host, json], "{\"text\":\"\"}");
        refused(answer, 403, "the token is missing or wrong");
    }
}

#[test]
fn requests_for_other_hosts_are_refused_with_the_token_too() {
    let server = playing();
    let first = format!("GET {}about", server.place);
    for lines in [
        &["Host: evil.example"][..],
        &["Host: 127.0.0.1.evil.example:7247"],
        &["Host: 192.168.0.1"],
        &["Host: localhost", "Host: localhost"],
        &[],
    ] {
        let answer = server.with(&first, lines, "");
        refused(answer, 421, "127.0.0.1 and localhost only");
    }
    let whole = format!("GET http://{}{}about", server.host, server.place);
    refused(
        server.with(&whole, &[&server.host_line()], ""),
        400,
        "no proxy",
    );
    assert_eq!(server.with(&first, &["Host: localhost"], "").status, 200);
}

#[test]
fn pages_of_other_origins_are_refused_with_the_token_too() {
    let server = playing();
    let (host, json) = (server.host_line(), "Content-Type: application/json");
    let first = format!("POST {}run", server.place);
    let body = order("Console.Write(1);").to_string();
    for line in [
        "Origin: http://evil.example",
        "Origin: null",
        "Origin: http://127.0.0.1:1",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
    ] {
        let answer = server.with(&first, &[&host, json, line], &body);
        refused(answer, 403, "another origin");
    }
    // What a form of another page can send is no question.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let kind = format!("Content-Type: {kind}");
        refused(
            server.with(&first, &[&host, &kind], &body),
            415,
            "application/json",
        );
    }
    refused(
        server.with(&first, &[&host], &body),
        415,
        "application/json",
    );
    // And no browser asks for another page what that may send.
    let asked = [
        "Origin: http://evil.example",
        "Access-Control-Request-Method: POST",
    ];
    let answer = server.with(
        &first.replace("POST", "OPTIONS"),
        &[&host, asked[0], asked[1]],
        "",
    );
    assert_eq!(answer.header("access-control-allow-origin"), None);
    refused(answer, 403, "another origin");
}
