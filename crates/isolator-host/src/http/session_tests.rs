//! Exchanges with servers that do harm, and guests that do: without a guest, as anybody inside may call.

use super::fault::{HttpFault, HttpFaultKind};
use super::grant::HttpGrant;
use super::session::{Operation, Session};
use super::transport::{HttpBody, HttpFuture, HttpResolver, HttpTransport};
use http::{HeaderMap, Method, Request, Response};
use http_body::Frame;
use serde_bytes::ByteBuf;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

const SECRET: &str = "hunter22-is-secret";
const OTHER: &str = "correct-horse-battery";

/// A server, each of whose connections has a thread.
fn serve(each: impl Fn(TcpStream) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let each = each.clone();
            std::thread::spawn(move || each(stream));
        }
    });
    format!("http://127.0.0.1:{port}/")
}

/// One that answers each request's head so, and then does that.
fn answering(
    answer: impl AsRef<[u8]>,
    then: impl Fn(TcpStream) + Clone + Send + 'static,
) -> String {
    let answer = answer.as_ref().to_vec();
    serve(move |mut stream| {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
            head.extend_from_slice(&byte);
        }
        if stream.write_all(&answer).is_ok() {
            then(stream);
        }
    })
}

fn hold(stream: TcpStream) {
    std::thread::sleep(Duration::from_secs(30));
    drop(stream);
}

fn grant() -> HttpGrant {
    HttpGrant::new()
        .allow("http://127.0.0.1:*", [Method::GET, Method::POST])
        .address("127.0.0.1")
}

fn session(grant: &HttpGrant) -> Arc<Session> {
    Session::new(grant).unwrap()
}

struct Asked<'a> {
    number: u64,
    version: i32,
    headers: &'a [&'a str],
    follows: bool,
    content: Option<Vec<u8>>,
}

const GET: Asked<'_> = Asked {
    number: 1,
    version: 11,
    headers: &[],
    follows: false,
    content: None,
};

impl Asked<'_> {
    fn args(self, url: &str) -> Vec<u8> {
        let method = match self.follows || self.content.is_some() {
            true => "POST",
            false => "GET",
        };
        // Version 2 without encryption is for who wants no other.
        let policy = if self.version == 20 { 2 } else { 0 };
        rmp_serde::to_vec(&(
            self.number,
            method,
            url,
            self.version,
            policy,
            self.headers,
            -1,
            self.follows,
            self.content.map(ByteBuf::from),
        ))
        .unwrap()
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    executor.block_on(future)
}

fn call(session: &Arc<Session>, operation: Operation, args: &[u8]) -> Vec<u8> {
    wait(session.begin(operation, args, None))
}

fn read_args(number: u64, most: u32) -> Vec<u8> {
    rmp_serde::to_vec(&(number, most)).unwrap()
}

fn write_args(number: u64, bytes: usize) -> Vec<u8> {
    rmp_serde::to_vec(&(number, ByteBuf::from(vec![b'a'; bytes]))).unwrap()
}

fn number(number: u64) -> Vec<u8> {
    rmp_serde::to_vec(&(number,)).unwrap()
}

/// The kind and the text of a fault.
fn fault(answer: &[u8]) -> (String, String) {
    let told = rmp_serde::from_slice::<(u8, String, String)>(answer);
    let (_, kind, text) = told.unwrap_or_else(|_| panic!("no fault: {}", answer.escape_ascii()));
    (kind, text)
}

type Head = (u8, u16, Option<String>, u8, Vec<String>);

/// The head and all of the rest of a response; else what was told instead.
fn ask(session: &Arc<Session>, url: &str, headers: &[&str]) -> Result<(Head, String), String> {
    let asked = Asked { headers, ..GET };
    let answer = call(session, Operation::Send, &asked.args(url));
    let head: Head = rmp_serde::from_slice(&answer).map_err(|_| fault(&answer).1)?;
    let mut rest = String::new();
    loop {
        let read = read_args(1, u32::MAX);
        let answer = call(session, Operation::Read, &read);
        let piece = rmp_serde::from_slice::<(u8, ByteBuf, bool, Vec<String>)>(&answer);
        let (_, piece, is_last, trailers) = piece.map_err(|_| fault(&answer).1)?;
        rest.push_str(&String::from_utf8_lossy(&piece));
        if is_last {
            rest.push_str(&trailers.join("|"));
            return Ok((head, rest));
        }
    }
}

/// What a server saw of a request: whether its body was complete, and whether the request was broken off.
#[derive(Debug, PartialEq, Eq)]
struct Saw {
    complete: bool,
    broken_off: bool,
}

/// What frames of version 2 say.
fn frames(bytes: &[u8]) -> Saw {
    const DATA: u8 = 0;
    const RST_STREAM: u8 = 3;
    let mut saw = Saw {
        complete: false,
        broken_off: false,
    };
    // Behind the preface.
    let mut rest = bytes.get(24..).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<9>() {
        let length = usize::from(head[1]) << 8 | usize::from(head[2]);
        saw.complete |= head[3] == DATA && head[4] & 1 != 0;
        saw.broken_off |= head[3] == RST_STREAM;
        rest = after.get(length..).unwrap_or_default();
    }
    saw
}

/// A server that never answers. It says when so many bytes have come, and what it saw once that is known.
fn watching(version: i32, most: usize) -> (String, Receiver<()>, Receiver<Saw>) {
    let (to, from): (Sender<Saw>, _) = channel();
    let (to_begun, has_begun) = channel();
    let url = serve(move |mut stream| {
        if version == 20 {
            // Settings, of which none is another one.
            stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).unwrap();
        }
        stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        let begun = Instant::now();
        let mut all = Vec::new();
        let mut buffer = [0; 10_000];
        loop {
            let read = stream.read(&mut buffer);
            let is_over = match &read {
                Ok(0) => true,
                Ok(_) => false,
                Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            };
            all.extend_from_slice(&buffer[..*read.as_ref().unwrap_or(&0)]);
            if all.len() >= most {
                let _ = to_begun.send(());
            }
            let mut saw = match version {
                20 => frames(&all),
                _ => Saw {
                    complete: all.ends_with(b"\r\n0\r\n\r\n"),
                    broken_off: false,
                },
            };
            saw.broken_off |= is_over;
            let known = saw.complete || saw.broken_off;
            if is_over || (known && read.is_err()) || begun.elapsed() > Duration::from_secs(20) {
                let _ = to.send(saw);
                return;
            }
        }
    });
    (url, has_begun, from)
}

#[test]
fn an_upload_that_is_given_up_is_never_a_complete_one() {
    for version in [11, 20] {
        for way in [
            "finished",
            "closed",
            "cancelled",
            "late",
            "ended",
            "piece",
            "too large",
        ] {
            for round in 0..3 {
                let (url, begun, saw) = watching(version, 10_000);
                let mut grant = grant().max_request(20_000);
                if way == "late" {
                    grant = grant.timeout(Duration::from_secs(1));
                }
                let session = session(&grant);
                let asked = Asked {
                    version,
                    follows: true,
                    ..GET
                };
                let send = session.begin(Operation::Send, &asked.args(&url), None);
                let answer = call(&session, Operation::Write, &write_args(1, 10_000));
                assert_eq!(answer, [0x92, 0, 0xc3], "{}", answer.escape_ascii());
                // The server has some of it.
                begun.recv_timeout(Duration::from_secs(20)).unwrap();
                std::thread::sleep(Duration::from_millis(10 * round));
                match way {
                    "finished" => drop(call(&session, Operation::Finish, &number(1))),
                    "closed" => drop(session.close(&number(1))),
                    "late" => assert_eq!(fault(&wait(send)).0, "time"),
                    "ended" => session.end(),
                    "cancelled" => drop(send),
                    "piece" => {
                        drop(session.begin(Operation::Write, &write_args(1, 5000), None));
                        call(&session, Operation::Finish, &number(1));
                    }
                    _ => {
                        let answer = call(&session, Operation::Write, &write_args(1, 20_000));
                        assert_eq!(fault(&answer).0, "limit");
                        assert_eq!(fault(&wait(send)).0, "limit");
                    }
                }
                let saw = saw.recv_timeout(Duration::from_secs(30)).unwrap();
                let is_finished = way == "finished";
                assert_eq!(
                    (saw.complete, saw.broken_off),
                    (is_finished, !is_finished),
                    "{version} {way} {round}"
                );
            }
        }
    }
}

#[test]
fn what_waits_to_be_sent_is_little_however_many_exchanges_there_are() {
    let url = serve(hold);
    let session = session(&grant().max_concurrent(2));
    wait(async {
        let mut all = tokio::task::JoinSet::new();
        for number in 0..50 {
            let asked = Asked {
                number,
                follows: true,
                ..GET
            };
            all.spawn(session.begin(Operation::Send, &asked.args(&url), None));
            // More than what a connection takes that nobody reads, for those that get a place.
            let bytes = if number < 2 { 16 << 20 } else { 1 << 20 };
            for _ in 0..2 {
                let args = write_args(number, bytes);
                all.spawn(session.begin(Operation::Write, &args, None));
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let waiting = session.waiting();
        assert!((1..=2 * (256 << 10)).contains(&waiting), "{waiting}");
        // With less room in the host there waits less.
        let small = self::session(&grant().max_concurrent(2));
        let asked = Asked {
            follows: true,
            ..GET
        };
        all.spawn(small.begin(Operation::Send, &asked.args(&url), Some(20_000)));
        all.spawn(small.begin(Operation::Write, &write_args(1, 4 << 20), Some(20_000)));
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert!(small.waiting() <= 10_000, "{}", small.waiting());
        }
        session.end();
        small.end();
        all.shutdown().await;
    });
    assert_eq!(session.waiting(), 0);
}

#[test]
fn a_server_that_answers_before_it_reads_leaves_no_bodies_behind() {
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let (go, gone) = channel::<()>();
    let gone = Arc::new(std::sync::Mutex::new(gone));
    let url = answering(response, move |stream| {
        let _ = gone.lock().unwrap().recv();
        drop(stream);
    });
    let session = session(&grant().max_concurrent(1).timeout(Duration::from_secs(5)));
    let send = |number: u64, buffers: u64| {
        let content = Some(vec![0; 16 << 20]);
        let asked = Asked {
            number,
            content,
            ..GET
        };
        wait(session.begin(Operation::Send, &asked.args(&url), Some(buffers)))
    };
    let answer = send(1, 20 << 20);
    assert!(
        rmp_serde::from_slice::<Head>(&answer).is_ok(),
        "{}",
        answer.escape_ascii()
    );
    let read = read_args(1, 1000);
    call(&session, Operation::Read, &read);
    // The exchange is over, and its body is not: it counts, and so does its place.
    assert!(session.waiting() > 0);
    let (kind, text) = fault(&send(2, 20 << 20));
    assert!(
        kind == "limit" && text.contains("wait to be sent"),
        "{text}"
    );
    assert_eq!(fault(&send(2, 60 << 20)).0, "time");
    go.send(()).unwrap();
    let begun = Instant::now();
    while session.waiting() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_server_that_answers_before_it_reads_gets_all_of_an_upload() {
    let (to, from) = channel();
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let url = answering(response, move |mut stream| {
        let mut all = Vec::new();
        let mut buffer = [0; 10_000];
        while !all.ends_with(b"\r\n0\r\n\r\n") {
            match stream.read(&mut buffer) {
                Ok(read) if read > 0 => all.extend_from_slice(&buffer[..read]),
                _ => break,
            }
        }
        let _ = to.send((
            all.iter().filter(|b| **b == b'a').count(),
            all.ends_with(b"\r\n0\r\n\r\n"),
        ));
    });
    let session = session(&grant().max_concurrent(1));
    let asked = Asked {
        follows: true,
        ..GET
    };
    let answer = call(&session, Operation::Send, &asked.args(&url));
    assert!(rmp_serde::from_slice::<Head>(&answer).is_ok());
    for round in 0..2 {
        let read = read_args(1, 1000);
        let answer = call(&session, Operation::Read, &read);
        let (_, piece, is_last, _) =
            rmp_serde::from_slice::<(u8, ByteBuf, bool, Vec<String>)>(&answer).unwrap();
        assert!(piece.is_empty() && is_last, "{round}");
        let answer = call(&session, Operation::Write, &write_args(1, 300_000));
        assert_eq!(answer, [0x92, 0, 0xc3]);
    }
    call(&session, Operation::Finish, &number(1));
    let (bytes, is_complete) = from.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!((bytes, is_complete), (600_000, true));
    // The exchange is over, and the next has its place.
    let read = read_args(1, 1000);
    assert_eq!(fault(&call(&session, Operation::Read, &read)).0, "ended");
    let other = answering(response, hold);
    assert_eq!(ask(&session, &other, &[]).unwrap().1, "");
}

#[test]
fn a_response_that_nobody_reads_is_let_go_when_its_time_is_over() {
    let url = answering("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", hold);
    let other = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", hold);
    let session = session(&grant().max_concurrent(1).timeout(Duration::from_secs(1)));
    let answer = call(
        &session,
        Operation::Send,
        &Asked { number: 7, ..GET }.args(&url),
    );
    assert!(rmp_serde::from_slice::<Head>(&answer).is_ok());
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(ask(&session, &other, &[]).unwrap().1, "ok");
    let read = read_args(7, 1000);
    assert_eq!(fault(&call(&session, Operation::Read, &read)).0, "time");
}

fn masking() -> HttpGrant {
    // The second secret is another rule's.
    HttpGrant::new()
        .secret("key", SECRET)
        .secret("other", OTHER)
        .allow("http://127.0.0.1:*", [Method::GET])
        .header_secret("Authorization", "Bearer {key}")
        .allow("https://other.test/*", [Method::GET])
        .header_secret("Authorization", "Bearer {other}")
        .address("127.0.0.1")
        .mask_secrets()
}

#[test]
fn secrets_are_covered_in_all_of_a_response() {
    let response = format!(
        "HTTP/1.1 200 got {SECRET} and {OTHER}\r\nx-echo: {SECRET}, {OTHER}\r\nx-{SECRET}: name\r\ntransfer-encoding: chunked\r\n\r\n\
         9\r\n{}\r\n9\r\n{}\r\n15\r\n{OTHER}\r\n0\r\nx-late: {SECRET} {OTHER}\r\n\r\n",
        &SECRET[..9],
        &SECRET[9..]
    );
    let url = answering(response, hold);
    let ((_, _, reason, _, headers), rest) =
        ask(&session(&masking()), &url, &["TE", "trailers"]).unwrap();
    let (first, second) = ("*".repeat(SECRET.len()), "*".repeat(OTHER.len()));
    assert_eq!(reason, Some(format!("got {first} and {second}")));
    assert_eq!(
        headers[..4],
        [
            "x-echo".to_owned(),
            format!("{first}, {second}"),
            format!("x-{first}"),
            "name".to_owned()
        ]
    );
    assert_eq!(rest, format!("{first}{second}x-late|{first} {second}"));
}

#[test]
fn what_secrets_cannot_be_covered_in_is_refused() {
    let with = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}content-length: 2\r\n\r\nok");
    let told = |response: &str| ask(&session(&masking()), &answering(response, hold), &[]);
    for (response, why) in [
        (with("content-encoding: gzip\r\n"), "compressed"),
        (with("content-encoding: identity\r\ncontent-encoding: gzip\r\n"), "compressed"),
        (with("content-encoding: identity, br\r\n"), "compressed"),
        (with("").replace("200", "206"), "a part"),
        (with("").replace("200", "226"), "a part"),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n".into(),
            "Transfer-Encoding",
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".into(),
            "Transfer-Encoding",
        ),
    ] {
        let told = told(&response).unwrap_err();
        assert!(told.contains(why), "{response}: {told}");
    }
    assert_eq!(
        told(&with("content-encoding: identity\r\n")).unwrap().1,
        "ok"
    );
    // Nor is it asked for.
    let (to, from) = channel();
    let url = serve(move |mut stream| {
        let mut head = vec![0; 10_000];
        let read = stream.read(&mut head).unwrap();
        to.send(String::from_utf8_lossy(&head[..read]).into_owned())
            .unwrap();
    });
    let asked = [
        "Range",
        "bytes=0-3",
        "If-Range",
        "x",
        "Accept-Encoding",
        "gzip",
        "X-Kept",
        "1",
    ];
    let _ = ask(&session(&masking()), &url, &asked);
    let head = from.recv().unwrap();
    assert!(
        head.contains("x-kept: 1") && head.contains("accept-encoding: identity"),
        "{head}"
    );
    assert!(!head.contains("range") && !head.contains("gzip"), "{head}");
    // Where nothing is covered these are as ever.
    let part = answering(with("").replace("200", "206"), hold);
    assert_eq!(ask(&session(&grant()), &part, &[]).unwrap().1, "ok");
}

/// Tells secrets in its faults, and behind a body.
struct Telling;

impl HttpTransport for Telling {
    fn send(&self, request: Request<HttpBody>) -> HttpFuture<Response<HttpBody>> {
        Box::pin(async move {
            if request.uri().path() == "/fails" {
                return Err(HttpFault::new(
                    HttpFaultKind::Other,
                    format!("{SECRET} was sent"),
                ));
            }
            let mut trailers = HeaderMap::new();
            trailers.insert("x-late", SECRET.parse().unwrap());
            let mut frames = vec![
                Ok(Frame::trailers(trailers)),
                Ok(Frame::data(bytes::Bytes::from(OTHER))),
            ];
            Ok(Response::new(HttpBody::frames(
                Frames(Box::new(move || frames.pop())),
                None,
            )))
        })
    }
}

type Next = Option<Result<Frame<bytes::Bytes>, HttpFault>>;

struct Frames(Box<dyn FnMut() -> Next + Send>);

impl futures_core::Stream for Frames {
    type Item = Result<Frame<bytes::Bytes>, HttpFault>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready((self.0)())
    }
}

#[test]
fn secrets_are_covered_in_what_an_embedders_client_says() {
    let session = session(&masking().transport(Telling));
    let told = ask(&session, "http://127.0.0.1/fails", &[]).unwrap_err();
    assert_eq!(told, format!("{} was sent", "*".repeat(SECRET.len())));
    let (_, rest) = ask(&session, "http://127.0.0.1/", &[]).unwrap();
    assert_eq!(
        rest,
        format!(
            "{}x-late|{}",
            "*".repeat(OTHER.len()),
            "*".repeat(SECRET.len())
        )
    );
}

#[test]
fn a_server_that_floods_ends_and_keeps_nobody_waiting() {
    const HINT: &[u8] = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n";
    let flood = answering(
        "",
        |mut stream| while stream.write_all(&HINT.repeat(1000)).is_ok() {},
    );
    let good = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", hold);
    let session = session(&grant().max_response(32 << 20));
    let floods: Vec<_> = (10..14)
        .map(|number| session.begin(Operation::Send, &Asked { number, ..GET }.args(&flood), None))
        .collect();
    let begun = Instant::now();
    assert_eq!(ask(&session, &good, &[]).unwrap().1, "ok");
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    for flood in floods {
        let (kind, text) = fault(&wait(flood));
        assert!(
            kind == "limit" && text.contains("sends more than the host allows"),
            "{kind} {text}"
        );
    }
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_flood_of_pings_ends() {
    const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    let url = serve(|mut stream| {
        let mut answers = stream.try_clone().unwrap();
        // Its answers are read: else nothing more would be taken.
        std::thread::spawn(move || {
            let mut buffer = [0; 10_000];
            while answers.read(&mut buffer).is_ok_and(|read| read > 0) {}
        });
        let _ = stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
        while stream.write_all(&PING.repeat(100)).is_ok() {}
    });
    let session = session(
        &grant()
            .max_response(100_000)
            .timeout(Duration::from_secs(60)),
    );
    let asked = Asked { version: 20, ..GET };
    let (kind, text) = fault(&call(&session, Operation::Send, &asked.args(&url)));
    assert_eq!(kind, "limit", "{text}");
}

/// Every name is this machine's.
struct Here;

impl HttpResolver for Here {
    fn resolve(&self, _: &str) -> HttpFuture<Vec<IpAddr>> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

#[test]
fn who_asks_many_hosts_keeps_few_connections() {
    const HOSTS: usize = 100;
    let (opened, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (in_all, over) = (opened.clone(), closed.clone());
    let url = answering(
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        move |mut stream| {
            in_all.fetch_add(1, Ordering::SeqCst);
            while stream.read(&mut [0; 100]).is_ok_and(|read| read > 0) {}
            over.fetch_add(1, Ordering::SeqCst);
        },
    );
    let port = url.trim_end_matches('/').rsplit(':').next().unwrap();
    let grant = HttpGrant::new()
        .allow("http://*.test:*", [Method::GET])
        .address("127.0.0.1")
        .resolver(Here);
    let session = session(&grant);
    for host in 0..HOSTS {
        let url = format!("http://h{host}.test:{port}/");
        assert_eq!(ask(&session, &url, &[]).unwrap().1, "ok", "{host}");
    }
    let begun = Instant::now();
    while opened.load(Ordering::SeqCst) - closed.load(Ordering::SeqCst) > 65 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(opened.load(Ordering::SeqCst), HOSTS);
}

#[test]
fn a_second_address_is_looked_at_like_the_first() {
    let grant = HttpGrant::new()
        .allow("http://a.test/public/*", [Method::GET])
        .allow("http://a.test/other/*", [Method::GET])
        .allow("http://b.test/public/*", [Method::GET])
        .transport(Telling);
    let session = session(&grant);
    let asked = |to: &[&str]| {
        let headers: Vec<&str> = to.iter().flat_map(|to| ["Destination", to]).collect();
        ask(&session, "http://a.test/public/x", &headers).map(|_| ())
    };
    assert_eq!(asked(&["http://a.test/public/y"]), Ok(()));
    assert_eq!(asked(&["/public/y"]), Ok(()));
    for to in [
        &["/private/y"][..],
        &["/public/../private/y"],
        &["/public/%2e%2e/private/y"],
        &["http://a.test/other/y"],
        &["http://b.test/public/y"],
        &["//b.test/public/y"],
        // What is relative to the request's own address is no form that this header has.
        &["y"],
        &["public/y"],
        &["./y"],
        &["../private/y"],
        &["?y"],
        &[""],
        &["\\public\\y"],
        &["/\\b.test/public/y"],
        &["/public/y", "/private/y"],
    ] {
        let told = asked(to).unwrap_err();
        assert!(
            told.contains("'destination' was not granted"),
            "{to:?}: {told}"
        );
    }
}

#[test]
fn there_is_an_end_to_how_many_exchanges_a_runtime_has() {
    let url = serve(hold);
    let session = session(&grant().max_concurrent(1));
    let send = |number| {
        let asked = Asked { number, ..GET };
        session.begin(Operation::Send, &asked.args(&url), None)
    };
    let mut all: Vec<_> = (0..10_000).map(&send).collect();
    let (kind, text) = fault(&wait(send(10_000)));
    assert_eq!(kind, "limit");
    assert!(text.starts_with("10000 requests are under way"), "{text}");
    // One that is given up makes room for another one.
    drop(all.pop());
    let mut next = send(10_001);
    let goes_on = std::future::poll_fn(|context| {
        std::task::Poll::Ready(next.as_mut().poll(context).is_pending())
    });
    assert!(wait(goes_on));
}
