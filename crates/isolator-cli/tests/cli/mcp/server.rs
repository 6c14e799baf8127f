//! A server under test, and a client that says just what it is told.

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A test fails where an answer takes longer: no answer takes so long on a machine that is not broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// The protocol's versions, the current one and the one before.
pub const CURRENT: &str = "2026-07-28";
pub const BEFORE: &str = "2025-11-25";

/// `isolator mcp` over standard streams.
pub struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    next: i64,
    version: &'static str,
}

pub fn command(options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command
        .arg("mcp")
        .args(options)
        .env_remove("ISOLATOR_LOG")
        .env_remove("RUST_LOG");
    command
}

impl Server {
    /// One that nothing was said to.
    pub fn silent(options: &[&str]) -> Self {
        let mut command = command(options);
        command.stderr(Stdio::inherit());
        Self::of(command)
    }

    /// One whose log, of what the directives say, is in a file.
    pub fn logging(options: &[&str], directives: &str, log: &Path) -> Self {
        let mut command = command(options);
        command
            .env("ISOLATOR_LOG", directives)
            .stderr(File::create(log).unwrap());
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (lines, received) = channel();
        std::thread::spawn(move || {
            for line in output.lines() {
                if lines.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        Self {
            stdin: child.stdin.take(),
            child,
            lines: received,
            next: 1,
            version: CURRENT,
        }
    }

    /// One that speaks the current version, which has no handshake.
    pub fn start(options: &[&str]) -> Self {
        Self::silent(options)
    }

    /// One that shook hands in the version before.
    pub fn shaken(options: &[&str]) -> Self {
        let mut server = Self::silent(options);
        server.version = BEFORE;
        let answer = server.request("initialize", handshake(BEFORE));
        assert_eq!(answer["result"]["protocolVersion"], BEFORE, "{answer}");
        server.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        server
    }

    /// Sends a line.
    pub fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
        stdin.flush().unwrap();
    }

    /// Sends a request and says its number.
    pub fn send(&mut self, method: &str, mut params: Value) -> i64 {
        if self.version == CURRENT {
            with_meta(&mut params);
        }
        let id = self.next;
        self.next += 1;
        self.say(
            &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string(),
        );
        id
    }

    /// What comes next. Whatever is on standard output is a message.
    pub fn message(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("a message comes");
        let message: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        message
    }

    /// The answer to a request. What else comes before it is dropped.
    pub fn answer(&mut self, id: i64) -> Value {
        loop {
            let message = self.message();
            if message["id"] == id {
                return message;
            }
        }
    }

    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.answer(id)
    }

    pub fn begin(&mut self, tool: &str, arguments: Value) -> i64 {
        self.send("tools/call", json!({"name": tool, "arguments": arguments}))
    }

    /// The result of a tool.
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let id = self.begin(tool, arguments);
        result(self.answer(id))
    }

    /// What came of code.
    pub fn execute(&mut self, code: &str) -> Value {
        self.call("execute_csharp", json!({"code": code}))
    }

    /// Takes a request back.
    pub fn cancel(&mut self, id: i64) {
        let params = json!({"requestId": id, "reason": "a test"});
        let notification =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
        self.say(&notification.to_string());
    }

    /// Ends its input, and says what it ended with.
    pub fn end(mut self) -> Option<i32> {
        drop(self.stdin.take());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn handshake(version: &str) -> Value {
    json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}})
}

/// What each request of the current version says of its client.
pub fn with_meta(params: &mut Value) {
    let meta = &mut params["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = CURRENT.into();
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    meta["io.modelcontextprotocol/clientInfo"] = json!({"name": "test", "version": "1"});
}

/// The result in an answer.
#[track_caller]
pub fn result(mut answer: Value) -> Value {
    assert!(answer["result"].is_object(), "{answer}");
    answer["result"].take()
}

/// The text of a tool's result.
#[track_caller]
pub fn text(result: &Value) -> &str {
    assert_eq!(result["content"].as_array().unwrap().len(), 1, "{result}");
    result["content"][0]["text"].as_str().unwrap()
}

/// The structured form of a result that is this outcome.
#[track_caller]
pub fn ended<'a>(result: &'a Value, outcome: &str) -> &'a Value {
    let structured = &result["structuredContent"];
    assert_eq!(structured["outcome"], outcome, "{result}");
    assert_eq!(result["isError"], outcome != "completed", "{result}");
    structured
}
