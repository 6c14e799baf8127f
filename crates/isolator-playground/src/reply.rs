//! Answers: what each of them says of itself to the browser.

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use serde::Serialize;
use std::convert::Infallible;

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;
/// An answer.
pub type Reply = Response<Body>;

/// A page that may load its own scripts and styles and ask this server, and nothing else; that nobody may frame, and that makes no HTML of strings.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// What every answer says.
const ALWAYS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// An answer with this body.
pub fn with(status: StatusCode, kind: &'static str, body: Body) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in ALWAYS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    reply
}

/// Bytes.
pub fn bytes(status: StatusCode, kind: &'static str, content: impl Into<Bytes>) -> Reply {
    with(status, kind, Full::new(content.into()).boxed_unsync())
}

/// A value as JSON.
pub fn json(value: &impl Serialize) -> Reply {
    answer(StatusCode::OK, value)
}

/// A refusal, and why.
pub fn refuse(status: StatusCode, why: impl Into<String>) -> Reply {
    #[derive(Serialize)]
    struct Refusal {
        error: String,
    }
    answer(status, &Refusal { error: why.into() })
}

fn answer(status: StatusCode, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(text) => bytes(status, "application/json", text),
        // Maps have text for keys, and there is nothing else that could fail.
        Err(error) => bytes(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/plain; charset=utf-8",
            error.to_string(),
        ),
    }
}
