//! Limits that the command line does not set: a server as a program makes it, asked over HTTP.

use isolator_host::{IsolatedRuntimeHost, Limits};
use isolator_mcp::{HttpSettings, Settings, serve_http};
use isolator_script::ScriptHost;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::channel;
use std::time::Duration;

const VERSION: &str = "2026-07-28";

/// A server that lives as long as the tests.
fn serve(settings: Settings) -> SocketAddr {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let http = HttpSettings::new("127.0.0.1:0".parse().unwrap());
        serve_http(settings, http, |address| tell.send(address).unwrap())
    });
    told.recv().unwrap()
}

/// The result of a tool, asked for in a request of its own.
fn call(address: SocketAddr, tool: &str, code: &str) -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    let params = json!({"name": tool, "arguments": {"code": code}, "_meta": meta});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    let patience = Duration::from_secs(120);
    stream.set_read_timeout(Some(patience)).unwrap();
    write!(
        stream,
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\n\
         MCP-Protocol-Version: {VERSION}\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    // Whatever stands around it: the message is one line of JSON.
    let message = answer
        .lines()
        .map(|line| line.trim_start_matches("data:"))
        .find_map(|line| {
            serde_json::from_str::<Value>(line)
                .ok()
                .filter(Value::is_object)
        })
        .unwrap_or_else(|| panic!("no message: {answer}"));
    assert_eq!(message["id"], 1, "{message}");
    message["result"].clone()
}

#[test]
fn a_limit_of_the_compiler_is_a_result_that_names_it() {
    let host = IsolatedRuntimeHost::builder()
        .max_runtimes(Settings::runtimes(2, 0))
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let limits = Limits::default()
        .memory(1 << 30)
        .call_timeout(Duration::from_secs(2));
    let scripts = ScriptHost::builder()
        .host(&host)
        .compile_limits(limits)
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let settings = Settings::new(scripts)
        .at_once(2)
        .sessions(0, Duration::from_secs(1));
    let address = serve(settings);
    // Each level doubles the compiler's work.
    let depth = 40;
    let nested = format!("{}1{};", "C.M(x => ".repeat(depth), ")".repeat(depth));
    let long = format!(
        "{nested}\nstatic class C {{ public static int M(Func<int, int> f) => 1; public static string M(Func<string, string> f) => \"\"; public static double M(Func<double, double> f) => 1; }}"
    );
    let begin = "the compiler was stopped by its limit (time of one call): 2s allowed, ";
    for (tool, outcome) in [
        ("execute_csharp", json!("timeout")),
        ("check_csharp", Value::Null),
    ] {
        let result = call(address, tool, &long);
        assert_eq!(result["isError"], true, "{result}");
        let structured = &result["structuredContent"];
        assert_eq!(structured["outcome"], outcome);
        let error = structured["error"].as_str().unwrap();
        assert!(
            error.starts_with(begin) && error.ends_with(". Give it less to compile"),
            "{error}"
        );
        assert_eq!(structured["diagnostics"], json!([]));
    }
    // The next is none the worse for it.
    let fine = call(address, "execute_csharp", "6 * 7");
    assert_eq!(fine["structuredContent"]["result"], 42, "{fine}");
}
