//! HTTP of guests, with servers on this machine: what programs see is what they see natively, and nothing goes where it was not granted.

mod copies;
mod digest;
mod failures;
mod hostile;
mod packed;
mod programs;
mod rules;
mod server;
mod version2;

use isolator_host::http::{HttpGrant, Method};
use isolator_host::{IsolatedRuntime, IsolatedRuntimeHost, Limits, Stdio};
use isolator_tests::{builder, fixture};
use server::{AUTHORITY, Server};
use std::sync::LazyLock;

/// The fixture.
const WEB: &str = "Web";

static HOST: LazyLock<IsolatedRuntimeHost> = LazyLock::new(|| {
    let builder = builder().assembly_directory(fixture(WEB)).unwrap();
    builder.build().unwrap()
});

const ALL: [Method; 7] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
    Method::OPTIONS,
    Method::HEAD,
];

/// Everything at a server.
fn all_of(server: &Server) -> HttpGrant {
    HttpGrant::new()
        .allow(&format!("{}*", server.url()), ALL)
        .address("127.0.0.1")
}

/// Everything at an encrypted server, by the name that its certificate has, and where that is.
fn all_of_encrypted(server: &Server) -> (HttpGrant, String) {
    let url = format!("https://localhost:{}/", server.port);
    let grant = HttpGrant::new()
        .allow(&format!("{url}*"), ALL)
        .address("127.0.0.1")
        .address("::1")
        .root_certificate(AUTHORITY.0.clone());
    (grant, url)
}

fn runtime(grant: Option<HttpGrant>) -> IsolatedRuntime {
    let mut runtime = HOST
        .runtime()
        .limits(Limits::default())
        .stdout(Stdio::Capture)
        .stderr(Stdio::Capture);
    if let Some(grant) = grant {
        runtime = runtime.http(grant);
    }
    runtime.create().unwrap()
}

/// What a method of the fixture's says about a request: its answer, or the exception.
fn ask(runtime: &mut IsolatedRuntime, url: &str, headers: &[&str]) -> String {
    let asked = runtime.call::<String>(WEB, "Web.Asking", "Ask", ("GET", url, headers));
    asked.unwrap_or_else(|error| error.to_string())
}
