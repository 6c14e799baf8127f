//! The server by raw HTTP: what it answers, to whom, and what it does not let pass.

mod client;
mod entering;
mod questions;
mod running;

use client::{Answer, Client};
use isolator_host::{IsolatedRuntimeHost, Limits};
use isolator_playground::{Playground, Shutdown};
use isolator_script::ScriptHost;
use serde_json::Value;
use std::sync::LazyLock;
use std::time::Duration;

/// One host for all tests, with room for all their servers.
fn scripts() -> &'static ScriptHost {
    static HOST: LazyLock<ScriptHost> = LazyLock::new(|| {
        let host = IsolatedRuntimeHost::builder()
            .max_runtimes(100)
            .build()
            .unwrap_or_else(|error| panic!("{error}"));
        ScriptHost::builder()
            .host(&host)
            .build()
            .unwrap_or_else(|error| panic!("{error}"))
    });
    &HOST
}

/// A server of a test's own.
struct Playing {
    client: Client,
    shutdown: Shutdown,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl std::ops::Deref for Playing {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.shutdown.shut_down();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(playground: Playground) -> Playing {
    let server = playground.bind(Some(0)).unwrap();
    let client = Client::of(&server.url());
    let shutdown = server.shutdown();
    let thread = std::thread::spawn(move || server.serve().unwrap());
    Playing {
        client,
        shutdown,
        thread: Some(thread),
    }
}

/// One with default settings.
fn playing() -> Playing {
    serve(Playground::new(scripts()))
}

/// One whose runs have these limits.
fn within(limits: Limits) -> Playing {
    serve(Playground::new(scripts()).limits(limits))
}

/// The limits of a run, but for its time.
fn for_so_long(milliseconds: u64) -> Limits {
    Playground::default_limits().lifetime(Duration::from_millis(milliseconds))
}

/// The events of a run, all of them.
fn run(client: &Client, order: &Value) -> Vec<Value> {
    client.post("run", order).events().collect()
}

/// A source to be run.
fn order(text: &str) -> Value {
    serde_json::json!({ "text": text })
}

/// The names of events, each once where they follow each other.
fn names(events: &[Value]) -> Vec<&str> {
    let mut names: Vec<&str> = events
        .iter()
        .filter_map(|event| event["event"].as_str())
        .collect();
    names.dedup();
    names
}

/// What was written to a stream.
fn written(events: &[Value], stream: &str) -> String {
    let of = events.iter().filter(|event| event["stream"] == stream);
    of.filter_map(|event| event["text"].as_str()).collect()
}

/// The last event.
fn end(events: &[Value]) -> &Value {
    let end = events.last().unwrap();
    assert_eq!(end["event"], "end", "{events:?}");
    end
}

/// What is refused, and why.
#[track_caller]
fn refused(answer: Answer, status: u16, why: &str) {
    assert_eq!(answer.status, status);
    let said: Value = serde_json::from_slice(&answer.body()).unwrap();
    let said = said["error"].as_str().unwrap();
    assert!(said.contains(why), "{said}");
}
