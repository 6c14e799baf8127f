//! Servers that do harm in version 2, frame by frame.

use crate::server::Server;
use crate::{ALL, WEB, all_of, ask, runtime};
use isolator_host::http::HttpGrant;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200`, of the static table.
const OK: u8 = 0x88;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let stream = stream.to_be_bytes();
    [&length[1..], &[kind, flags], &stream, payload].concat()
}

/// A head with a length of this many bytes, in the words of the static table.
fn with_length(length: &str) -> Vec<u8> {
    let said = u8::try_from(length.len()).unwrap();
    let block = [&[OK, 0x0f, 0x0d, said][..], length.as_bytes()].concat();
    frame(HEADERS, END_HEADERS, 1, &block)
}

/// Reads until a request's head is there.
async fn request(stream: &mut TcpStream) -> bool {
    const PREFACE: usize = 24;
    let (mut seen, mut at): (Vec<u8>, usize) = (Vec::new(), PREFACE);
    loop {
        while seen.len() >= at + 9 {
            if seen[at + 3] == HEADERS {
                return true;
            }
            let length = [0, seen[at], seen[at + 1], seen[at + 2]];
            at += 9 + u32::from_be_bytes(length) as usize;
        }
        if !stream.read_buf(&mut seen).await.is_ok_and(|read| read > 0) {
            return false;
        }
    }
}

/// A server that answers a request with the first bytes, and then with the second again and again, if there are any. It tells when the
/// connection is ended.
fn answering(once: Vec<u8>, endless: Vec<u8>, ended: Sender<()>) -> Server {
    Server::own(move |mut stream| {
        let (once, endless, ended) = (once.clone(), endless.repeat(1000), ended.clone());
        async move {
            let begun = stream.write_all(&frame(SETTINGS, 0, 0, &[])).await;
            if begun.is_err() || !request(&mut stream).await {
                return;
            }
            let mut sent = stream.write_all(&once).await;
            while sent.is_ok() && !endless.is_empty() {
                sent = stream.write_all(&endless).await;
            }
            // Until nothing comes any more.
            let mut rest = [0; 10_000];
            while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
            let _ = ended.send(());
        }
    })
}

/// A server that resets each exchange.
pub fn resetting() -> Server {
    let reset = frame(RST_STREAM, 0, 1, &2u32.to_be_bytes());
    answering(reset, Vec::new(), channel().0)
}

/// What a guest says of a server, and that the runtime goes on afterwards.
fn told(server: &Server, method: &str, limit: impl FnOnce(HttpGrant) -> HttpGrant) -> String {
    let good = Server::start();
    let grant = limit(all_of(server)).allow(&format!("{}*", good.url()), ALL);
    let mut runtime = runtime(Some(grant));
    let begun = Instant::now();
    let told: String = runtime
        .call_task(WEB, "Web.Asking", method, (server.url(), "2.0", 2))
        .unwrap();
    assert!(begun.elapsed() < Duration::from_secs(30), "{told}");
    assert_eq!(
        ask(&mut runtime, &format!("{}hello", good.url()), &[]),
        "200 hello w\u{f6}rld"
    );
    told
}

/// An exchange fails, by far before its time is over, and its connection is ended if the server goes on and on.
fn fails(what: &str, once: Vec<u8>, endless: Vec<u8>) {
    let goes_on = !endless.is_empty();
    let (ended, connection) = channel();
    let server = answering(once, endless, ended);
    let told = told(&server, "VersionAsync", |grant| grant);
    assert!(told.starts_with("HttpRequestException: "), "{what}: {told}");
    assert!(told.len() < 1000, "{what}: {told}");
    if goes_on {
        let end = connection.recv_timeout(Duration::from_secs(20));
        assert!(end.is_ok(), "{what}: the connection is still there");
    }
}

#[test]
fn heads_without_end_end() {
    let begun = frame(HEADERS, 0, 1, &[OK]);
    let empty = frame(CONTINUATION, 0, 1, &[]);
    fails("empty pieces", begun.clone(), empty);
    // A literal of a new name each, in each piece.
    let literal = [&[0u8, 1][..], b"x", &[100], &[b'a'; 100]].concat();
    let more = frame(CONTINUATION, 0, 1, &literal);
    fails("pieces", begun, more);
}

#[test]
fn a_small_head_that_is_large_once_it_is_read_is_too_large() {
    // One header of 4,000 bytes goes into the table of the connection, and is named ten thousand times.
    let value = vec![b'a'; 4000];
    // 4,000 is 127 and 3,873, of which seven bits go into each byte.
    let literal = [&[0x40u8, 1][..], b"x", &[0x7f, 0xa1, 0x1e], &value].concat();
    let block = [&[OK][..], &literal, &[0xbe; 10_000]].concat();
    let head = frame(HEADERS, END_HEADERS | END_STREAM, 1, &block);
    fails("a head", head, Vec::new());
}

#[test]
fn resets_and_goodbyes_end_an_exchange() {
    let reset = frame(RST_STREAM, 0, 1, &2u32.to_be_bytes());
    fails("a reset", reset.clone(), Vec::new());
    fails("resets", reset.clone(), reset);
    let goodbye = frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 11]);
    fails("a goodbye", goodbye, Vec::new());
    let head = frame(HEADERS, END_HEADERS, 1, &[OK]);
    let begun = frame(DATA, 0, 1, b"begun");
    let reset = frame(RST_STREAM, 0, 1, &2u32.to_be_bytes());
    fails("a reset within", [head, begun, reset].concat(), Vec::new());
}

#[test]
fn frames_that_are_none_end_a_connection() {
    for (what, bytes) in [
        ("data before a head", frame(DATA, END_STREAM, 1, b"data")),
        ("data of no exchange", frame(DATA, END_STREAM, 7, b"data")),
        (
            "a push",
            frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, OK]),
        ),
        ("no window", frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 0])),
        (
            "too large a window",
            frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffffu32.to_be_bytes()),
        ),
        (
            "a head in a head",
            [
                frame(HEADERS, 0, 1, &[OK]),
                frame(HEADERS, END_HEADERS, 1, &[OK]),
            ]
            .concat(),
        ),
        (
            "a head that cannot be read",
            frame(HEADERS, END_HEADERS, 1, &[0xff; 8]),
        ),
        ("a frame that is too large", vec![0xff; 9]),
        ("none of version 2", b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
    ] {
        fails(what, bytes, Vec::new());
    }
}

#[test]
fn lengths_that_are_wrong_are_errors() {
    for (what, said, body) in [("less", "10", &b"short"[..]), ("more", "1", b"longer")] {
        let bytes = [with_length(said), frame(DATA, END_STREAM, 1, body)].concat();
        fails(what, bytes, Vec::new());
    }
    // The same frames with the right one are a response.
    let (ended, _connection) = channel();
    let bytes = [with_length("5"), frame(DATA, END_STREAM, 1, b"right")].concat();
    let server = answering(bytes, Vec::new(), ended);
    assert_eq!(told(&server, "VersionAsync", |grant| grant), "2.0 right");
}

#[test]
fn a_window_that_never_opens_takes_its_time() {
    // The setting 4, of how much may come of a body: nothing.
    let closed = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let (ended, _connection) = channel();
    let server = answering(closed, Vec::new(), ended);
    let told = told(&server, "PourVersionAsync", |grant| {
        grant.timeout(Duration::from_secs(2))
    });
    assert_eq!(
        told,
        "HttpRequestException: The request took longer than the 2s that the host allows. <- TimeoutException"
    );
}
