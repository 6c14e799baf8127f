//! The protocol over HTTP, spoken by hand.

use super::hostile::{HALVES, OF_HALVES};
use super::server::{BEFORE, CURRENT, command, ended, handshake, with_meta};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const TOKEN: &str = "a-token-for-this-test-0123456789";

/// `isolator mcp --http`.
pub struct Site {
    child: Child,
    address: String,
}

/// What was answered.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Site {
    pub fn start(options: &[&str]) -> Self {
        Self::at("127.0.0.1:0", options)
    }

    fn at(address: &str, options: &[&str]) -> Self {
        let mut child = command(&["--http", address])
            .args(options)
            .env("ISOLATOR_TEST_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the address is told").unwrap();
            if let Some(url) = line.strip_prefix("listening at http://") {
                break url.strip_suffix("/mcp").unwrap().to_owned();
            }
        };
        // What else it says must find a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let port = address.rsplit_once(':').unwrap().1;
        Self {
            child,
            address: format!("127.0.0.1:{port}"),
        }
    }

    fn connect(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        let usual = [
            ("Host", &*self.address),
            ("Accept", "application/json, text/event-stream"),
            ("Content-Type", "application/json"),
        ];
        let given = |name: &str| {
            headers
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
        };
        let usual = usual.iter().filter(|(name, _)| !given(name));
        for (name, value) in usual.chain(headers) {
            head += &format!("{name}: {value}\r\n");
        }
        // A server that turns it away may have closed by now.
        let _ = stream.write_all(format!("{head}\r\n{body}").as_bytes());
        stream
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        Reply::read(self.connect(method, path, headers, body))
    }

    fn post(&self, headers: &[(&str, &str)], body: &Value) -> Reply {
        self.ask("POST", "/mcp", headers, &body.to_string())
    }

    pub fn request(&self, method: &str, params: Value) -> Reply {
        let (headers, body) = current(method, params);
        self.post(&borrowed(&headers), &body)
    }

    fn execute(&self, code: &str) -> Value {
        let params = json!({"name": "execute_csharp", "arguments": {"code": code}});
        self.request("tools/call", params).message()["result"].clone()
    }

    /// Shakes hands in the version before, and says the session.
    pub fn session(&self) -> String {
        let body =
            json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": handshake(BEFORE)});
        let reply = self.post(&[], &body);
        assert_eq!(reply.message()["result"]["protocolVersion"], BEFORE);
        reply.header("mcp-session-id").unwrap().to_owned()
    }

    pub fn in_session(&self, session: &str, id: i64, method: &str, params: Value) -> Reply {
        let headers = [
            ("Mcp-Session-Id", session),
            ("MCP-Protocol-Version", BEFORE),
        ];
        self.post(
            &headers,
            &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}),
        )
    }

    /// Ends a session of the protocol, and says the status.
    pub fn leave(&self, session: &str) -> u16 {
        let headers = [
            ("Mcp-Session-Id", session),
            ("MCP-Protocol-Version", BEFORE),
        ];
        self.ask("DELETE", "/mcp", &headers, "").status
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request of the current version, which says all that it has to.
fn current(method: &str, mut params: Value) -> (Vec<(String, String)>, Value) {
    with_meta(&mut params);
    let mut headers = vec![
        ("MCP-Protocol-Version".into(), CURRENT.into()),
        ("Mcp-Method".into(), method.into()),
    ];
    if let Some(name) = params["name"].as_str() {
        headers.push(("Mcp-Name".into(), name.into()));
    }
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    (headers, body)
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect()
}

impl Reply {
    fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        // The rest of a body that nobody read may reset the connection behind the answer.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut reply = Self {
            status,
            headers,
            body: body.to_owned(),
        };
        if reply.header("transfer-encoding") == Some("chunked") {
            reply.body = unchunked(body);
        }
        reply
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| &**value)
    }

    /// The last message in it, as JSON or as events.
    #[track_caller]
    pub fn message(&self) -> Value {
        let data = match self.header("content-type") {
            Some("text/event-stream") => self
                .body
                .lines()
                .filter_map(|line| line.strip_prefix("data:"))
                .rfind(|data| !data.trim().is_empty())
                .unwrap_or_else(|| panic!("no message: {self:?}")),
            _ => &self.body,
        };
        serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn unchunked(mut rest: &str) -> String {
    let mut whole = String::new();
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        whole += &after[..length];
        rest = after[length..].trim_start_matches("\r\n");
    }
    whole
}

#[test]
fn both_versions_are_served() {
    let site = Site::start(&[]);
    let answer = site.request(
        "tools/call",
        json!({"name": "execute_csharp", "arguments": {"code": "6 * 7"}}),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(
        ended(&answer.message()["result"], "completed")["result"],
        42
    );

    let session = site.session();
    let params =
        json!({"name": "execute_csharp", "arguments": {"code": "Console.Write(args.Length);"}});
    let answer = site.in_session(&session, 2, "tools/call", params);
    assert_eq!(
        ended(&answer.message()["result"], "completed")["stdout"],
        "0"
    );
    assert_eq!(site.leave(&session), 202);
    let answer = site.in_session(&session, 3, "tools/list", json!({}));
    assert_eq!(answer.status, 404);
}

#[test]
fn halves_of_characters_are_read_over_http_too() {
    let site = Site::start(&[]);
    let session = site.session();
    let headers = [
        ("Mcp-Session-Id", &*session),
        ("MCP-Protocol-Version", BEFORE),
    ];
    let body = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{HALVES}}}"#);
    let in_session = site.ask("POST", "/mcp", &headers, &body).message();

    let (headers, stated) = current("tools/call", json!({"name": "execute_csharp"}));
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{},"_meta":{}}}}}"#,
        HALVES.strip_suffix('}').unwrap(),
        stated["params"]["_meta"]
    );
    let alone = site
        .ask("POST", "/mcp", &borrowed(&headers), &body)
        .message();
    for answer in [in_session, alone] {
        assert_eq!(answer["id"], 7, "{answer}");
        assert_eq!(ended(&answer["result"], "completed")["stdout"], OF_HALVES);
    }
}

#[test]
fn who_comes_from_elsewhere_is_turned_away() {
    let site = Site::start(&["--allow-host", "mcp.example"]);
    let port = site.address.rsplit_once(':').unwrap().1.to_owned();
    let local = format!("localhost:{port}");
    let own = format!("http://{local}");
    let (headers, body) = current("tools/list", json!({}));
    let status = |more: &[(&str, &str)]| {
        let headers = [&borrowed(&headers)[..], more].concat();
        site.post(&headers, &body).status
    };
    assert_eq!(status(&[]), 200);
    assert_eq!(status(&[("Host", &local), ("Origin", &own)]), 200);
    assert_eq!(status(&[("Host", "mcp.example")]), 200);
    assert_eq!(status(&[("Host", "evil.example")]), 403);
    assert_eq!(
        status(&[("Host", &local), ("Origin", "http://evil.example")]),
        403
    );
    assert_eq!(status(&[("Origin", "null")]), 403);
    assert_eq!(site.ask("POST", "/", &[], "{}").status, 404);
    assert_eq!(site.ask("PUT", "/mcp", &[], "{}").status, 405);
    // What a browser asks before it lets a page send JSON to another origin.
    let preflight = site.ask(
        "OPTIONS",
        "/mcp",
        &[("Access-Control-Request-Method", "POST")],
        "",
    );
    assert_eq!(
        (
            preflight.status,
            preflight.header("access-control-allow-origin")
        ),
        (405, None)
    );
}

#[test]
fn beyond_loopback_a_token_is_asked_for() {
    let refused = crate::isolator(&["mcp", "--http", "0.0.0.0:0"]);
    crate::fails(
        &refused,
        1,
        &[
            "0.0.0.0:0 can be reached from other machines",
            "--token-env",
        ],
    );
    let refused = crate::isolator(&["mcp", "--http", "--token-env", "NO_SUCH_VARIABLE_IS_SET"]);
    crate::fails(&refused, 1, &["`NO_SUCH_VARIABLE_IS_SET` holds no token"]);
    let refused = crate::isolator(&["mcp", "--token-env", "X"]);
    crate::fails(&refused, 2, &["--http"]);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let from_file = ["--token-file", file.to_str().unwrap()];
    for options in [&["--token-env", "ISOLATOR_TEST_TOKEN"], &from_file] {
        let site = Site::at("0.0.0.0:0", options);
        let (headers, body) = current("tools/list", json!({}));
        let ask = |token: Option<&str>| {
            let mut headers = borrowed(&headers);
            headers.extend(token.map(|token| ("Authorization", token)));
            site.post(&headers, &body)
        };
        assert_eq!(ask(Some(&format!("Bearer {TOKEN}"))).status, 200);
        let refused = ask(None);
        assert_eq!(
            (refused.status, refused.header("www-authenticate")),
            (401, Some("Bearer"))
        );
        assert_eq!(
            ask(Some("Bearer a-token-for-this-test-0123456780")).status,
            401
        );
        assert_eq!(ask(Some(TOKEN)).status, 401);
    }
    std::fs::write(&file, "short").unwrap();
    let refused = crate::isolator(&["mcp", "--http", "--token-file", file.to_str().unwrap()]);
    crate::fails(&refused, 1, &["5 characters", "can be guessed"]);
}

#[test]
fn bodies_that_are_no_messages_are_errors_of_the_protocol() {
    let site = Site::start(&[]);
    for (body, status, code) in [
        ("{", 400, -32700),
        ("[]", 400, -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":1}", 400, -32600),
    ] {
        let reply = site.ask("POST", "/mcp", &[], body);
        assert_eq!(
            (reply.status, reply.message()["error"]["code"].as_i64()),
            (status, Some(code)),
            "{body}"
        );
    }
    let huge = "x".repeat(5 << 20);
    let of_an_id = format!(r#"{{"params":"{huge}","id":5}}"#);
    for (body, id) in [(huge, Value::Null), (of_an_id, json!(5))] {
        let reply = site.ask("POST", "/mcp", &[], &body);
        let message = reply.message();
        assert_eq!(
            (reply.status, &message["error"]["code"], &message["id"]),
            (413, &json!(-32600), &id)
        );
    }
    // A request that is cut off harms nobody.
    let mut stream = TcpStream::connect(&site.address).unwrap();
    stream
        .write_all(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        .unwrap();
    drop(stream);
    assert_eq!(ended(&site.execute("1 + 1"), "completed")["result"], 2);
}

#[test]
fn a_client_that_leaves_stops_its_code() {
    let site = Site::start(&["--at-once", "1", "--timeout", "10m"]);
    let endless = json!({"name": "execute_csharp", "arguments": {"code": "while (true) { }"}, "_meta": {"progressToken": 1}});
    let (headers, body) = current("tools/call", endless);
    let stream = site.connect("POST", "/mcp", &borrowed(&headers), &body.to_string());
    let mut lines = BufReader::new(stream).lines();
    while !lines.next().unwrap().unwrap().contains("\"running\"") {}
    drop(lines);
    let began = Instant::now();
    assert_eq!(ended(&site.execute("2 * 2"), "completed")["result"], 4);
    assert!(began.elapsed().as_secs() < 60);
}

#[test]
fn a_session_takes_its_calls_back() {
    let site = Site::start(&["--at-once", "1", "--timeout", "10m"]);
    let session = site.session();
    let headers = [
        ("Mcp-Session-Id", &*session),
        ("MCP-Protocol-Version", BEFORE),
    ];
    let params = json!({"name": "execute_csharp", "arguments": {"code": "while (true) { }"}, "_meta": {"progressToken": 1}});
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
    let stream = site.connect("POST", "/mcp", &headers, &body.to_string());
    let mut lines = BufReader::new(stream).lines();
    while !lines.next().unwrap().unwrap().contains("\"running\"") {}
    let taken =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}});
    assert_eq!(site.post(&headers, &taken).status, 202);
    let began = Instant::now();
    assert_eq!(ended(&site.execute("2 * 2"), "completed")["result"], 4);
    assert!(began.elapsed().as_secs() < 60);
}

#[test]
fn a_client_with_many_calls_does_not_keep_others_waiting_behind_all_of_them() {
    let site = Site::start(&["--at-once", "1"]);
    let (busy, other) = (site.session(), site.session());
    let ended_in_order = Mutex::new(Vec::new());
    let call = |session: &str, id: i64, code: &str| {
        let params = json!({"name": "execute_csharp", "arguments": {"code": code}});
        let reply = site.in_session(session, id, "tools/call", params);
        ended(&reply.message()["result"], "completed");
        ended_in_order.lock().unwrap().push(id);
    };
    std::thread::scope(|scope| {
        for id in 1..=12 {
            let (call, busy) = (&call, &busy);
            scope.spawn(move || call(busy, id, "Thread.Sleep(300);"));
        }
        // They are all in the queue by then, or will come to it later still.
        std::thread::sleep(Duration::from_millis(600));
        call(&other, 100, "1 + 1");
    });
    let order = ended_in_order.into_inner().unwrap();
    assert_eq!(order.len(), 13);
    assert_ne!(order.last(), Some(&100), "{order:?}");
}

#[test]
fn clients_that_shake_hands_are_bounded_in_number() {
    const CLIENTS: usize = 64;
    let site = Site::start(&[]);
    let sessions: Vec<String> = (0..CLIENTS).map(|_| site.session()).collect();
    let shake =
        json!({"jsonrpc": "2.0", "id": 65, "method": "initialize", "params": handshake(BEFORE)});
    let refused = site.post(&[], &shake);
    let message = refused.message();
    assert_eq!(
        (refused.status, &message["id"], &message["error"]["code"]),
        (503, &json!(65), &json!(-32603))
    );
    assert_eq!(
        message["error"]["message"],
        "the server has 64 clients, and no room for more. Try again later"
    );
    // Who is there is served, and so is who shakes no hands.
    let listed = site.in_session(&sessions[CLIENTS - 1], 2, "tools/list", json!({}));
    assert_eq!(listed.status, 200);
    assert_eq!(ended(&site.execute("1 + 1"), "completed")["result"], 2);
    assert_eq!(site.leave(&sessions[0]), 202);
    site.session();
}

#[test]
fn an_address_that_is_taken_is_told() {
    let site = Site::start(&[]);
    let refused = crate::isolator(&["mcp", "--http", &site.address]);
    crate::fails(&refused, 1, &["cannot listen at", &site.address]);
}
