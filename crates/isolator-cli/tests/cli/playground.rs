//! `isolator playground`: what the command line grants the page. The server's own tests are in its crate.

use crate::{fails, gets_hot, isolator};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// One that is ended with its test.
struct Serving {
    child: Child,
    host: String,
    place: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(args: &[&str]) -> Serving {
    let mut command = command(args);
    command.stderr(Stdio::null());
    serving(command)
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isolator"));
    command.args(["playground", "--port", "0"]).args(args);
    command
}

fn serving(mut command: Command) -> Serving {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut address)
        .unwrap();
    let rest = address.trim_end().strip_prefix("http://").unwrap();
    let (host, place) = rest.split_at(rest.find('/').unwrap());
    assert!(host.starts_with("127.0.0.1:"), "{host}");
    Serving {
        child,
        host: host.into(),
        place: place.into(),
    }
}

impl Serving {
    /// The whole answer to a request: `rest` is what its head has beside what all have, and its body.
    fn ask(&self, method: &str, name: &str, rest: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        write!(
            stream,
            "{method} {}{name} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{rest}",
            self.place, self.host
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The events of a run, of which the last is its end.
    fn run(&self, text: &str) -> Vec<Value> {
        let body = serde_json::json!({ "text": text }).to_string();
        let length = body.len();
        let answer = self.ask(
            "POST",
            "run",
            &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"),
        );
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        // Between the events there are the lengths of chunks.
        let lines = answer.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// What the page says of itself.
    fn about(&self) -> Value {
        let answer = self.ask("GET", "about", "\r\n");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

#[test]
fn packages_are_those_of_the_command_line_and_said() {
    let folder = tempfile::tempdir().unwrap();
    crate::script::package(folder.path(), "CliLibrary", &crate::fixture("CliLibrary"));
    let packages = folder.path().display().to_string();
    let server = serve(&[
        "--packages",
        &packages,
        "--allow-package",
        "CliLibrary@1.0.0",
        "--allow-http",
        "https://a.test/*",
    ]);
    let granted = server.about()["granted"].to_string();
    for part in [
        "The NuGet package `CliLibrary@1.0.0` can be used: code begins with the line `#:package CliLibrary@1.0.0`.",
        "HttpClient can send requests to `https://a.test/*` with GET or HEAD.",
    ] {
        assert!(granted.contains(part), "{granted}");
    }
    assert!(!granted.contains(&packages), "{granted}");
    for line in ["#:package CliLibrary@1.0.0", "#r \"nuget: CliLibrary\""] {
        let text = format!("{line}\nConsole.Write(CliLibrary.Calls.Label(1, \"two\"));");
        let events = server.run(&text);
        let written = events.iter().filter_map(|event| event["text"].as_str());
        assert_eq!(written.collect::<String>(), "1: two");
    }
    for (text, expected) in [
        (
            "#:package Other@1.0.0",
            "`Other` is not among the packages that scripts may use. `--allow-package` allows it",
        ),
        (
            "#load \"a.cs\"",
            "there is no folder that sources may be loaded from: put all of the code into this source",
        ),
    ] {
        let events = server.run(text);
        let end = events.last().unwrap();
        assert_eq!(end["outcome"], "errors");
        assert!(
            end["message"].as_str().unwrap().ends_with(expected),
            "{end}"
        );
    }
}

#[test]
fn programs_that_run_often_get_fast_unless_that_is_off() {
    let folder = tempfile::tempdir().unwrap();
    for (options, hot) in [(&[][..], true), (&["--no-hot-scripts"][..], false)] {
        let log = folder.path().join(hot.to_string());
        let mut command = command(options);
        command
            .env("ISOLATOR_LOG", "isolator_script=debug")
            .stderr(File::create(&log).unwrap());
        let server = serving(command);
        gets_hot(&log, hot, || {
            let events = server.run("Console.Write(6 * 7);");
            let written = events.iter().filter_map(|event| event["text"].as_str());
            assert_eq!(written.collect::<String>(), "42");
        });
    }
}

#[test]
fn grants_and_limits_are_those_of_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("note.txt"), "granted").unwrap();
    let grant = format!("{}::/data:ro", folder.path().display());
    let server = serve(&["--dir", &grant, "--env", "MODE=test", "--timeout", "2s"]);
    let text = "Console.Write(File.ReadAllText(\"/data/note.txt\") + Environment.GetEnvironmentVariable(\"MODE\"));";
    let events = server.run(text);
    let written = events.iter().filter_map(|event| event["text"].as_str());
    assert_eq!(written.collect::<String>(), "grantedtest");
    assert_eq!(events.last().unwrap()["outcome"], "exit");
    let events = server.run("while (true);");
    let end = events.last().unwrap();
    let message = end["message"].as_str().unwrap();
    assert_eq!(end["outcome"], "limit");
    assert!(message.contains("2s allowed"), "{message}");
}

#[test]
fn what_cannot_be_served_is_told_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    fails(
        &isolator(&["playground", "--port", &port]),
        1,
        &[
            &format!("cannot listen on port {port} of 127.0.0.1"),
            "--port",
        ],
    );
    fails(
        &isolator(&["playground", "--stats"]),
        1,
        &["--stats has nothing to do here"],
    );
    fails(
        &isolator(&["playground", "--dir", "/not/there::/data"]),
        1,
        &["/not/there"],
    );
}
