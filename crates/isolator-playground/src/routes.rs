//! What can be asked for.

use crate::Playground;
use crate::assets::{ASSETS, Asset, DOOR, DOOR_PAGE, PAGE};
use crate::check::{Compilers, Question, Unanswered};
use crate::door::{self, Token};
use crate::examples::{EXAMPLES, Example};
use crate::reply::{self, Reply};
use crate::run::{Order, Reader, Runs};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Frame, Incoming};
use isolator_script::replace_lone_surrogates;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Most bytes of a question.
pub const LARGEST_BODY: usize = 1 << 20;
/// So long a question may take to come.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What all connections share.
pub struct Site {
    pub playground: Playground,
    pub token: Token,
    pub compilers: Arc<Compilers>,
    pub runs: Arc<Runs>,
}

/// What the page is told at first.
#[derive(Serialize)]
struct About<'a> {
    version: &'static str,
    dotnet: &'a str,
    /// Milliseconds that a run may take.
    time: Option<u64>,
    /// Bytes that it may take.
    memory: Option<u64>,
    granted: &'a [String],
    examples: &'static [Example],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stop {
    run: u64,
}

#[derive(Serialize)]
struct Stopped {
    stopped: bool,
}

impl Site {
    /// Answers a request.
    pub async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, Infallible> {
        let (parts, body) = request.into_parts();
        let admitted = door::check(&parts);
        let has_token = admitted.is_ok() && self.token.below(parts.uri.path()).is_some();
        let answered = match admitted {
            Ok(()) => self.route(&parts, body).await,
            Err((status, why)) => Err(reply::refuse(status, why)),
        };
        let mut reply = answered.unwrap_or_else(|refusal| refusal);
        if !has_token {
            // Other pages, say: they keep none of the connections that the owner needs.
            let close = HeaderValue::from_static("close");
            reply.headers_mut().insert(header::CONNECTION, close);
        }
        Ok(reply)
    }

    async fn route(&self, parts: &Parts, body: Incoming) -> Result<Reply, Reply> {
        let Some(below) = self.token.below(parts.uri.path()) else {
            return self.outside(parts);
        };
        if let Some(asset) = ASSETS.iter().find(|asset| asset.name == below) {
            return served(parts, asset);
        }
        match (below, &parts.method) {
            ("about", &Method::GET) => Ok(self.about()),
            ("check", &Method::POST) => {
                let Question { text } = read(parts, body).await?;
                let checked = self.compilers.check(text).await;
                checked.map(|checked| reply::json(&checked)).map_err(busy)
            }
            ("complete", &Method::POST) => {
                let completed = self.compilers.complete(read(parts, body).await?).await;
                completed
                    .map(|completed| reply::json(&completed))
                    .map_err(busy)
            }
            ("run", &Method::POST) => self.run(read(parts, body).await?),
            ("stop", &Method::POST) => {
                let Stop { run } = read(parts, body).await?;
                let stopped = self.runs.stop(run);
                Ok(reply::json(&Stopped { stopped }))
            }
            ("about" | "check" | "complete" | "run" | "stop", _) => Err(wrong_method()),
            _ => Err(reply::refuse(
                StatusCode::NOT_FOUND,
                "there is no such thing here",
            )),
        }
    }

    /// For who has no token.
    #[expect(
        clippy::result_large_err,
        reason = "both are answers, made once for each question"
    )]
    fn outside(&self, parts: &Parts) -> Result<Reply, Reply> {
        let path = parts.uri.path();
        if parts.method != Method::GET {
            return Err(reply::refuse(
                StatusCode::FORBIDDEN,
                "the token is missing or wrong: use the address that `isolator playground` printed",
            ));
        }
        let known = DOOR
            .iter()
            .find(|asset| path.strip_prefix('/') == Some(asset.name));
        match known {
            Some(asset) => served(parts, asset),
            None => Err(reply::bytes(StatusCode::FORBIDDEN, PAGE, DOOR_PAGE)),
        }
    }

    fn about(&self) -> Reply {
        let limits = &self.playground.limits;
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        reply::json(&About {
            version: env!("CARGO_PKG_VERSION"),
            dotnet: self.playground.scripts.host().dotnet_version(),
            time: limits.get_lifetime().map(milliseconds),
            memory: limits.get_memory(),
            granted: &self.playground.granted,
            examples: EXAMPLES,
        })
    }

    #[expect(
        clippy::result_large_err,
        reason = "both are answers, made once for each question"
    )]
    fn run(&self, order: Order) -> Result<Reply, Reply> {
        let Some(place) = self.runs.place() else {
            return Err(reply::refuse(
                StatusCode::TOO_MANY_REQUESTS,
                "too many runs are under way: stop one, or wait for its end",
            ));
        };
        let reader = Reader::of(&place);
        let playground = self.playground.clone();
        tokio::task::spawn_blocking(move || playground.run(&order, &place));
        let lines = Lines::of(reader).boxed_unsync();
        Ok(reply::with(StatusCode::OK, "application/x-ndjson", lines))
    }
}

#[expect(
    clippy::result_large_err,
    reason = "both are answers, made once for each question"
)]
fn served(parts: &Parts, asset: &Asset) -> Result<Reply, Reply> {
    match parts.method {
        Method::GET => Ok(reply::bytes(StatusCode::OK, asset.kind, asset.content)),
        _ => Err(wrong_method()),
    }
}

fn wrong_method() -> Reply {
    reply::refuse(
        StatusCode::METHOD_NOT_ALLOWED,
        "this is not how it is asked for",
    )
}

fn busy(why: Unanswered) -> Reply {
    match why {
        Unanswered::Busy => reply::refuse(
            StatusCode::TOO_MANY_REQUESTS,
            "too many sources wait to be checked",
        ),
        Unanswered::Failed(error) => {
            reply::refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
    }
}

/// Reads a question: JSON of a bounded size, which comes in a bounded time.
async fn read<T: DeserializeOwned>(parts: &Parts, body: Incoming) -> Result<T, Reply> {
    let kind = parts.headers.get(header::CONTENT_TYPE);
    // Forms of other pages cannot say this.
    if kind.is_none_or(|kind| kind != "application/json") {
        return Err(reply::refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a question is `Content-Type: application/json`",
        ));
    }
    let too_large = || {
        reply::refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("it has more than {LARGEST_BODY} bytes"),
        )
    };
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        return Err(too_large());
    }
    let body = tokio::time::timeout(BODY_TIME, Limited::new(body, LARGEST_BODY).collect()).await;
    let body = match body {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
        Ok(Err(error)) => return Err(reply::refuse(StatusCode::BAD_REQUEST, broken(&*error))),
        Err(_) => {
            return Err(reply::refuse(
                StatusCode::REQUEST_TIMEOUT,
                "the question did not come to its end in time",
            ));
        }
    };
    let mut body = Vec::from(body);
    // The page writes what stands in its editor, which may be half a character.
    replace_lone_surrogates(&mut body);
    serde_json::from_slice(&body).map_err(|error| {
        reply::refuse(
            StatusCode::BAD_REQUEST,
            format!("the question is not understood: {error}"),
        )
    })
}

/// Why a question's bytes did not come to their end, down to its cause.
fn broken(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    format!(
        "the question cannot be read to its end: {}. Send all of it, as long as its head says or in whole chunks",
        causes.join(": ")
    )
}

/// The lines of a run as a body. Where the connection ends, this is dropped, and the run with it.
struct Lines {
    next: Pin<Box<dyn Future<Output = (Reader, Option<Bytes>)> + Send>>,
}

impl Lines {
    fn of(reader: Reader) -> Self {
        Self {
            next: Box::pin(async move {
                let line = reader.next().await;
                (reader, line)
            }),
        }
    }
}

impl Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Poll::Ready((reader, line)) = self.next.as_mut().poll(context) else {
            return Poll::Pending;
        };
        // At the end it is asked no more, and until then the reader goes along.
        *self = Self::of(reader);
        Poll::Ready(line.map(|line| Ok(Frame::data(line))))
    }
}
