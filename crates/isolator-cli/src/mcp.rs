//! `isolator mcp`: C# as a tool of agents, over the Model Context Protocol.

use crate::args::{PackageArgs, Surroundings};
use crate::error::{CliError, Result};
use crate::grants::Notes;
use crate::limits::{parse_size, parse_time};
use crate::script::{configured, explain};
use crate::serving;
use clap::Args;
use isolator_host::{IsolatedRuntimeHost, read_named_file};
use isolator_mcp::{HttpSettings, Settings, Topic, default_at_once, serve_http, serve_stdio, url};
use isolator_script::ScriptHost;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Where it is served over HTTP if nothing is said.
const ADDRESS: &str = "127.0.0.1:8722";
/// Bytes of a file with a token.
const LARGEST_TOKEN: u64 = 4096;

/// Serve the Model Context Protocol, so that agents can run C#: each call in a sandbox of its own.
///
/// Over standard input and output, as programs for agents start servers; or over streamable HTTP with `--http`. The tools run a program or an expression, check code, and keep sessions with
/// their state. What code may do is said here: grants and limits are those of `isolator run`, for each call and each session, and no client can ask for more. Without more, code
/// sees no file and no variable, and has 256 MiB of memory and 30 seconds.
///
/// Directories that are granted are the same ones for all calls and all clients. Standard output holds nothing but the protocol; the log is on standard error.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  isolator mcp
  isolator mcp --dir ./data::/data:ro --memory 128MiB --timeout 10s
  isolator mcp --library Shop.dll
  isolator mcp --http
  ISOLATOR_TOKEN=... isolator mcp --http 0.0.0.0:8722 --token-env ISOLATOR_TOKEN --allow-host mcp.example.org")]
pub struct McpArgs {
    /// Serve over streamable HTTP, at http://ADDRESS/mcp, instead of standard input and output [default address: 127.0.0.1:8722]. Another address than a loopback one needs a token.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address, num_args = 0..=1, default_missing_value = ADDRESS, help_heading = "HTTP")]
    pub http: Option<SocketAddr>,
    /// The environment variable that holds the bearer token that clients have to send.
    #[arg(
        long,
        value_name = "NAME",
        requires = "http",
        conflicts_with = "token_file",
        help_heading = "HTTP"
    )]
    pub token_env: Option<String>,
    /// The file that holds the bearer token.
    #[arg(long, value_name = "FILE", requires = "http", help_heading = "HTTP")]
    pub token_file: Option<PathBuf>,
    /// Answer requests for this host, too, such as a proxy's: numbers and `localhost` are always answered, other names never. May be repeated.
    #[arg(long, value_name = "NAME", requires = "http", help_heading = "HTTP")]
    pub allow_host: Vec<String>,

    /// Calls that run at once; others wait for their turn [default: as many as there are processors].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "Limits")]
    pub at_once: Option<u16>,
    /// Sessions at once, of all clients; 0 for none.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(0..=1000), default_value = "16", help_heading = "Limits")]
    pub max_sessions: u16,
    /// Time after which a session that nobody uses is gone.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "15m", help_heading = "Limits")]
    pub session_idle: Duration,
    /// Bytes that an answer holds of standard output, of standard error, of a result, of an error and of the compiler's messages; of more the beginning and the end, of a result nothing.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "64KiB", help_heading = "Limits")]
    pub shown: u64,

    /// Leave code that runs often as it is. Without this it is made faster in the background: see docs/scripting.md.
    #[arg(long)]
    pub no_hot_scripts: bool,
    #[command(flatten)]
    pub packages: PackageArgs,
    #[command(flatten)]
    pub surroundings: Surroundings,
}

/// Serves until the client, or the process, ends.
///
/// # Errors
/// What cannot be granted, or served.
pub fn mcp(command: &McpArgs) -> Result<i32> {
    let http = command.http.map(|address| http(command, address));
    let http = http.transpose()?;
    let settings = settings(command)?;
    match http {
        None => serve_stdio(settings),
        Some(http) => serve_http(settings, http, |address| {
            // Where nobody reads, nobody is told.
            let _ = writeln!(std::io::stderr(), "listening at {}", url(address));
        }),
    }
    .map_err(|error| CliError::new(told(&error)))?;
    Ok(0)
}

/// An error, in words of the command line.
fn told(error: &isolator_mcp::Error) -> String {
    match error {
        isolator_mcp::Error::TokenNeeded { address } => format!(
            "{address} can be reached from other machines, so who calls must be known: give a bearer token with --token-env or --token-file, or serve at {ADDRESS}"
        ),
        other => other.to_string(),
    }
}

fn settings(command: &McpArgs) -> Result<Settings> {
    let surroundings = &command.surroundings;
    let at_once = command.at_once.map_or_else(default_at_once, usize::from);
    let sessions = usize::from(command.max_sessions);
    let runtimes = Settings::runtimes(at_once, sessions);
    let host = serving::host(
        surroundings,
        runtimes,
        "each answer says what its call used",
    )?;
    let mut settings = Settings::new(scripts(command, &host)?)
        .at_once(at_once)
        .sessions(sessions, command.session_idle)
        .shown(usize::try_from(command.shown).unwrap_or(usize::MAX))
        .limits(serving::limits(surroundings))
        .grant(serving::grant(surroundings));
    if let Some(timeout) = surroundings.limits.timeout {
        settings = settings.timeout(timeout);
    }
    for (topic, sentence) in notes(command) {
        settings = settings.note(topic, sentence);
    }
    Ok(settings)
}

fn scripts(command: &McpArgs, host: &IsolatedRuntimeHost) -> Result<ScriptHost> {
    configured(host, &command.packages, None)?
        .compile_limits(serving::compile_limits(&command.surroundings))
        .name_folders(false)
        .hot_scripts(!command.no_hot_scripts)
        .build()
        .map_err(explain)
}

/// What models are told of the grants.
fn notes(command: &McpArgs) -> Vec<(Topic, String)> {
    let Notes {
        files,
        network,
        variables,
    } = command.surroundings.grants.notes();
    let mut notes = Vec::new();
    let mut add = |topic, sentences: Vec<String>| {
        notes.extend(sentences.into_iter().map(|sentence| (topic, sentence)));
    };
    add(Topic::Files, files);
    add(Topic::Network, network);
    add(Topic::Other, variables);
    if let Some(directory) = &command.surroundings.cwd {
        let sentence = format!("The working directory is `{directory}`.");
        add(Topic::Other, vec![sentence]);
    }
    add(Topic::Libraries, command.packages.notes());
    notes
}

fn http(command: &McpArgs, address: SocketAddr) -> Result<HttpSettings> {
    let mut http = HttpSettings::new(address);
    for name in &command.allow_host {
        http = http.host(name);
    }
    match token(command)? {
        None => Ok(http),
        Some(token) => http
            .token(token.trim_end_matches(['\r', '\n']))
            .map_err(|error| CliError::new(error.to_string())),
    }
}

/// The token that the command line names: never in an argument, which other users of the machine can see.
fn token(command: &McpArgs) -> Result<Option<String>> {
    if let Some(name) = &command.token_env {
        return match std::env::var(name) {
            Ok(token) => Ok(Some(token)),
            Err(error) => Err(CliError::new(format!(
                "the environment variable `{name}` holds no token: {error}. Set it, or leave --token-env out"
            ))),
        };
    }
    let Some(path) = &command.token_file else {
        return Ok(None);
    };
    let cannot = |why: String| {
        CliError::new(format!(
            "cannot read the token in `{}`: {why}",
            path.display()
        ))
    };
    let bytes = read_named_file(path, LARGEST_TOKEN).map_err(|error| cannot(error.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| cannot("it is no text".into()))?;
    Ok(Some(text.to_owned()))
}

/// Reads `ADDRESS:PORT`, or a port of this machine's own.
///
/// # Errors
/// How it is written.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    text.parse().map_err(|_| {
        format!("`{text}` is no address: write a number and a port, such as {ADDRESS} or [::1]:8722, or a port alone")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_told_by_what_they_are_about() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            mcp: McpArgs,
        }
        let line: Line = clap::Parser::parse_from([
            "mcp",
            "--dir",
            "data::/data:ro",
            "--allow-http",
            "https://a.test/*",
            "--env",
            "A=b",
            "--cwd",
            "/data",
            "--library",
            "x/Shop.dll",
            "--allow-package",
            "P",
        ]);
        let topics: Vec<Topic> = notes(&line.mcp).iter().map(|note| note.0).collect();
        let expected = [
            Topic::Files,
            Topic::Network,
            Topic::Other,
            Topic::Other,
            Topic::Libraries,
            Topic::Libraries,
        ];
        assert_eq!(topics, expected);
    }

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("8000", "127.0.0.1:8000"),
            ("0", "127.0.0.1:0"),
            ("localhost:80", "127.0.0.1:80"),
            ("0.0.0.0:8722", "0.0.0.0:8722"),
            ("[::1]:8722", "[::1]:8722"),
        ] {
            assert_eq!(parse_address(text), Ok(expected.parse().unwrap()), "{text}");
        }
        for text in ["", "example.org:80", "127.0.0.1", "70000", ":80"] {
            assert!(
                parse_address(text).unwrap_err().contains("is no address"),
                "{text}"
            );
        }
    }
}
