//! Servers that do harm, and guests that do.

use crate::packed::{BOMB, inner_bomb};
use crate::server::Server;
use crate::{WEB, all_of, all_of_encrypted, ask, runtime};
use isolator_host::http::HttpGrant;
use isolator_host::{IsolatedRuntime, Limits, Stdio};
use isolator_tests::value::Value;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn nothing(_: TcpStream) {}

/// Holds the connection open.
async fn hold(stream: TcpStream) {
    tokio::time::sleep(Duration::from_secs(60)).await;
    drop(stream);
}

/// What a guest says of a server, and that the runtime answers afterwards.
fn told(server: &Server, limit: impl FnOnce(HttpGrant) -> HttpGrant) -> String {
    let mut runtime = runtime(Some(limit(all_of(server))));
    let begun = Instant::now();
    let told = ask(&mut runtime, &server.url(), &[]);
    assert!(begun.elapsed() < Duration::from_secs(30), "{told}");
    let good = Server::start();
    let refused = ask(&mut runtime, &good.url(), &[]);
    assert!(refused.contains("was not granted"), "{refused}");
    told
}

fn soon(grant: HttpGrant) -> HttpGrant {
    grant.timeout(Duration::from_secs(2))
}

#[test]
fn headers_without_end_end() {
    let server = Server::raw(b"HTTP/1.1 200 OK\r\n", |mut stream| async move {
        while stream
            .write_all(b"x-more: and more and more\r\n")
            .await
            .is_ok()
        {}
    });
    let told = told(&server, |grant| grant);
    assert!(told.starts_with("HttpRequestException: "), "{told}");
    let server = Server::raw(b"HTTP/1.1 200 OK\r\nx: ", |mut stream| async move {
        while stream.write_all(&[b'a'; 10_000]).await.is_ok() {}
    });
    let told = self::told(&server, |grant| grant);
    assert!(told.starts_with("HttpRequestException: "), "{told}");
}

#[test]
fn many_headers_are_too_many_before_they_are_shown() {
    let server = Server::raw(
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n",
        |mut stream| async move {
            let line = format!("x: {}\r\n", "a".repeat(1000));
            let _ = stream
                .write_all(format!("{}\r\n", line.repeat(100)).as_bytes())
                .await;
        },
    );
    let told = told(&server, |grant| grant);
    assert!(
        told.contains("The response has headers of") && told.contains("65536 are the most"),
        "{told}"
    );
}

#[test]
fn what_comes_behind_a_body_is_bounded_and_says_nothing_of_it() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n";
    let told = |trailers: String| -> String {
        let server = Server::raw(HEAD.as_bytes(), move |mut stream| {
            let trailers = trailers.clone();
            async move {
                let _ = stream.write_all(trailers.as_bytes()).await;
                let _ = stream.write_all(b"\r\n").await;
                hold(stream).await;
            }
        });
        let mut runtime = runtime(Some(soon(all_of(&server))));
        let told = runtime.call_task(WEB, "Web.Trailers", "OfAsync", (server.url(),));
        told.unwrap()
    };
    // What would say how the body is read, or who asks, is left out; so is what no grant shows.
    let harmless = "x-a: 1\r\ncontent-length: 9\r\nTransfer-Encoding: gzip\r\nset-cookie: a=1\r\nhost: b\r\nx-a: 2\r\n";
    assert_eq!(told(harmless.to_owned()), "body: x-a=1|2");
    for (trailers, why) in [
        ("x: y\r\n".repeat(1000), "trailers count overflow"),
        (format!("x: {}\r\n", "a".repeat(300_000)), "trailer"),
        ("no header\r\n".to_owned(), "invalid header name"),
    ] {
        let told = told(trailers);
        assert!(
            !told.starts_with("body") && told.contains(why) && told.len() < 500,
            "{told}"
        );
    }
}

#[test]
fn a_server_that_says_nothing_takes_its_time() {
    let told = told(&Server::raw(b"", hold), soon);
    assert_eq!(
        told,
        "HttpRequestException: The request took longer than the 2s that the host allows. <- TimeoutException"
    );
}

#[test]
fn a_handshake_without_end_ends() {
    type Limit = fn(HttpGrant) -> HttpGrant;
    let limits: [(Limit, &str); 2] = [
        (
            soon,
            "HttpRequestException: The request took longer than the 2s that the host allows. <- TimeoutException",
        ),
        (
            |grant| grant,
            "HttpRequestException: The SSL connection to localhost could not be established: the server did not answer <- AuthenticationException",
        ),
    ];
    for (limit, expected) in limits {
        let (grant, url) = all_of_encrypted(&Server::own(hold));
        let url = format!("{url}hello");
        assert_eq!(ask(&mut runtime(Some(limit(grant))), &url, &[]), expected);
    }
}

#[test]
fn a_certificate_whose_time_is_over_is_none() {
    let server = Server::expired();
    let (grant, url) = all_of_encrypted(&server);
    let told = ask(&mut runtime(Some(grant)), &format!("{url}hello"), &[]);
    assert!(
        told.starts_with(
            "HttpRequestException: The SSL connection to localhost could not be established"
        ) && told.contains("expired"),
        "{told}"
    );
    assert!(server.seen().is_empty());
    // The same with one that is not.
    let server = Server::encrypted();
    let (grant, url) = all_of_encrypted(&server);
    let told = ask(&mut runtime(Some(grant)), &format!("{url}hello"), &[]);
    assert_eq!(told, "200 hello w\u{f6}rld");
}

#[test]
fn a_body_that_drips_takes_its_time() {
    let server = Server::raw(
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n",
        |mut stream| async move {
            while stream.write_all(b"a").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        },
    );
    let told = told(&server, soon);
    assert!(
        told.contains("The response took longer than the host allows."),
        "{told}"
    );
}

#[test]
fn lengths_that_are_wrong_are_errors() {
    for (answer, kind) in [
        (
            &b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort"[..],
            "HttpIOException",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            "The server's response is not valid HTTP",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            "The server's response is not valid HTTP",
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            "Exception",
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
            "HttpIOException",
        ),
        (
            b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
            "The server's response is not valid HTTP",
        ),
        (
            b"HTTP/9.9 200 OK\r\n\r\n",
            "The server's response is not valid HTTP",
        ),
        (
            b"nothing of HTTP\r\n\r\n",
            "The server's response is not valid HTTP",
        ),
        (b"", "HttpIOException"),
    ] {
        let told = told(&Server::raw(answer, nothing), soon);
        assert!(told.contains(kind), "{}: {told}", answer.escape_ascii());
    }
}

#[test]
fn a_response_within_a_response_is_not_one() {
    // Two in one piece: the second is of no request.
    let server = Server::raw(
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecond",
        hold,
    );
    let mut runtime = runtime(Some(soon(all_of(&server))));
    for _ in 0..3 {
        assert_eq!(ask(&mut runtime, &server.url(), &[]), "200 first");
    }
}

#[test]
fn redirects_without_end_end() {
    let server = Server::start();
    let url = format!("{}loop", server.url());
    // .NET's own end: the last redirect is the response.
    assert_eq!(ask(&mut runtime(Some(all_of(&server))), &url, &[]), "302 ");
    let limited = ask(
        &mut runtime(Some(all_of(&server).max_requests(30))),
        &url,
        &[],
    );
    assert!(limited.contains("The host allows 30 requests"), "{limited}");
}

/// One that may take 128 MiB more.
fn small(server: &Server) -> IsolatedRuntime {
    crate::HOST
        .runtime()
        .limits(
            Limits::default()
                .memory(128 << 20)
                .call_timeout(Duration::from_secs(300)),
        )
        .stdout(Stdio::Capture)
        .http(all_of(server))
        .create()
        .unwrap()
}

fn ends_for_want_of_memory(told: &str) {
    assert!(
        told.contains("OutOfMemory") || told.contains("memory"),
        "{}",
        told.get(..200).unwrap_or(told)
    );
}

#[test]
fn a_bomb_meets_the_guests_limits() {
    let server = Server::start();
    for kind in ["gzip", "deflate", "br"] {
        let url = format!("{}bomb/{kind}", server.url());
        ends_for_want_of_memory(&ask(&mut small(&server), &url, &[]));
        let told = small(&server).call_task::<String>(WEB, "Web.Asking", "WholeAsync", (&url,));
        ends_for_want_of_memory(&told.unwrap_or_else(|error| error.to_string()));
    }
    // The host goes on.
    let mut other = crate::runtime(Some(all_of(&server)));
    assert!(ask(&mut other, &format!("{}hello", server.url()), &[]).starts_with("200"));
}

#[test]
fn a_bomb_that_is_read_piece_by_piece_takes_no_memory() {
    let server = Server::start();
    let url = |kind: &str| format!("{}bomb/{kind}", server.url());
    for (kind, layers) in [("gzip", 0), ("deflate", 0), ("br", 0), ("nested", 1)] {
        let args = (url(kind), layers);
        let told: String = small(&server)
            .call_task(WEB, "Web.Asking", "DrainAsync", args)
            .unwrap();
        assert_eq!(told, BOMB.to_string(), "{kind}");
    }
    // Of several layers one is taken off, as natively.
    let told: String = small(&server)
        .call_task(WEB, "Web.Asking", "WholeAsync", (url("nested"),))
        .unwrap();
    assert_eq!(told, inner_bomb().to_string());
}

/// What an answer of the host's to a forged call is: `[1, kind, …]`.
fn forge(runtime: &mut IsolatedRuntime, name: &str, args: &Value) -> String {
    forge_bytes(runtime, name, args.bytes())
}

fn forge_bytes(runtime: &mut IsolatedRuntime, name: &str, args: Vec<u8>) -> String {
    let args = serde_bytes::ByteBuf::from(args);
    runtime
        .call(WEB, "Web.Asking", "Forge", (name, args))
        .unwrap()
}

fn text(hex: &str) -> String {
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .filter_map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn send(url: &str, headers: &[&str]) -> Vec<u8> {
    let content: Option<serde_bytes::ByteBuf> = None;
    rmp_serde::to_vec(&(7u64, "GET", url, 11, 0, headers, 0, false, content)).unwrap()
}

#[test]
fn calls_around_the_handler_meet_the_same_rules() {
    let server = Server::start();
    let grant = all_of(&server)
        .secret("key", "hunter22-is-secret")
        .header_secret("Authorization", "{key}");
    let mut runtime = runtime(Some(grant));
    let mut asked = |url: &str, headers: &[&str]| {
        let args = send(url, headers);
        text(&forge_bytes(&mut runtime, "isolator.http.send", args))
    };
    for url in [
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "http://127.0.0.1:1/",
        "",
        "http://user@127.0.0.1/",
    ] {
        let told = asked(url, &[]);
        assert!(
            told.contains("refused") && told.contains("was not granted"),
            "{url}: {told}"
        );
    }
    let url = server.url();
    for headers in [
        &["Host", "a\r\nX: y"][..],
        &["A", "b\r\nC: d"],
        &["A\r\nB", "c"],
        &["A"],
        &["Upgrade", "x"],
    ] {
        let told = asked(&format!("{url}hello"), headers);
        assert!(told.contains("refused"), "{headers:?}: {told}");
    }
    assert!(server.seen().is_empty());
    let told = asked(&format!("{url}hello"), &["Authorization", "mine"]);
    assert!(
        told.contains("text/plain") && !told.contains("hunter22"),
        "{told}"
    );
    assert_eq!(
        server.seen()[0].header("authorization"),
        ["hunter22-is-secret"]
    );
    // Its number is taken until the response is let go.
    assert!(asked(&format!("{url}hello"), &[]).contains("the number of another one"));
}

#[test]
fn calls_that_make_no_sense_are_answered_as_such() {
    let server = Server::start();
    let mut runtime = runtime(Some(all_of(&server)));
    for name in ["send", "read", "write", "finish", "close"] {
        let name = format!("isolator.http.{name}");
        for args in [
            Value::Nil,
            Value::List(Vec::new()),
            Value::List(vec![Value::Nil; 9]),
            Value::Text("text".into()),
            Value::List(vec![Value::Int(-1)]),
        ] {
            let told = text(&forge(&mut runtime, &name, &args));
            assert!(
                told.contains("arguments cannot be read"),
                "{name} {args:?}: {told}"
            );
        }
    }
    // Numbers that nobody has.
    let read = rmp_serde::to_vec(&(99u64, u32::MAX)).unwrap();
    assert!(
        text(&forge_bytes(&mut runtime, "isolator.http.read", read)).contains("not there any more")
    );
    let write = rmp_serde::to_vec(&(99u64, serde_bytes::Bytes::new(b"x"))).unwrap();
    assert_eq!(
        forge_bytes(&mut runtime, "isolator.http.write", write),
        "9200C2"
    );
    for name in [
        "isolator.http.other",
        "isolator.http.",
        "isolator.http.send ",
    ] {
        let told = forge_bytes(&mut runtime, name, vec![0x90]);
        assert!(told.starts_with("HostCallException"), "{name}: {told}");
    }
}

#[test]
fn a_callback_of_the_embedders_does_not_stand_in_for_the_hosts() {
    let server = Server::start();
    let mut runtime = runtime(Some(all_of(&server)));
    runtime.register_raw_callback("isolator.http.send", |_, _| {
        Ok::<_, isolator_host::Error>(b"mine".to_vec())
    });
    let told = ask(&mut runtime, &format!("{}hello", server.url()), &[]);
    assert!(told.starts_with("200 hello"), "{told}");
}

#[test]
fn responses_that_nobody_reads_do_not_stop_others() {
    let server = Server::start();
    let mut runtime = runtime(Some(all_of(&server).max_concurrent(10)));
    let url = format!("{}large", server.url());
    let done: String = runtime
        .call(WEB, "Web.Asking", "Forget", (&url, 40))
        .unwrap();
    assert_eq!(done, "done");
    assert!(ask(&mut runtime, &format!("{}hello", server.url()), &[]).starts_with("200"));
}

#[test]
fn a_runtime_that_ends_gives_its_exchanges_up() {
    let server = Server::start();
    let mut runtime = runtime(Some(all_of(&server)));
    runtime
        .call::<()>(
            WEB,
            "Web.Asking",
            "Start",
            (format!("{}never", server.url()),),
        )
        .unwrap();
    let began: String = runtime
        .call(
            WEB,
            "Web.Asking",
            "Begin",
            (format!("{}stuck", server.url()),),
        )
        .unwrap();
    assert_eq!(began, "OK");
    drop(runtime);
}
