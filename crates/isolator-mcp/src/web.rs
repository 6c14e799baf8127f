//! The protocol over streamable HTTP.

use crate::error::{Error, Result};
use crate::guard::{HttpSettings, PATH, Refusal};
use crate::message::{self, IdSearch, LARGEST_MESSAGE};
use crate::server::{Client, Shared};
use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::model::{
    ClientRequest, ErrorCode, ErrorData, JsonRpcMessage, RequestId, ServerJsonRpcMessage,
};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Connections at once.
const CONNECTIONS: usize = 256;
/// Sessions of the protocol at once; each is a client that shook hands.
const CLIENTS: usize = 64;
/// Time in which the head of a request has to come, and its body.
const SLOWEST_HEAD: Duration = Duration::from_secs(10);
const SLOWEST_BODY: Duration = Duration::from_secs(30);
/// Time without a word after which a session of the protocol is over, if sessions of C# do not last longer.
const SILENCE: Duration = Duration::from_secs(300);

type Answer = Response<BoxBody<Bytes, Infallible>>;

/// What answers requests.
struct Site {
    settings: HttpSettings,
    service: StreamableHttpService<Client, LocalSessionManager>,
    clients: Arc<LocalSessionManager>,
}

/// Serves until the process ends.
pub(crate) async fn serve(
    shared: &Arc<Shared>,
    settings: HttpSettings,
    listening: impl FnOnce(SocketAddr),
) -> Result<()> {
    settings.check()?;
    let address = settings.address();
    let cannot = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    listening(listener.local_addr().map_err(cannot)?);
    let site = Arc::new(Site::new(shared, settings));
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = connections.clone().acquire_owned().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                let site = site.clone();
                tokio::spawn(async move {
                    let _place = place;
                    site.connection(stream).await;
                });
            }
            // Of one connection, or of descriptors that have run out: the next may do better.
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

impl Site {
    fn new(shared: &Arc<Shared>, settings: HttpSettings) -> Self {
        let mut clients = LocalSessionManager::default();
        clients.session_config.keep_alive = Some(shared.settings.session_idle.max(SILENCE));
        let clients = Arc::new(clients);
        let shared = shared.clone();
        // Hosts and origins were looked at before.
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .with_json_response(true)
            .with_max_request_body_bytes(LARGEST_MESSAGE);
        Self {
            settings,
            service: StreamableHttpService::new(
                move || Ok(Client::new(&shared)),
                clients.clone(),
                config,
            ),
            clients,
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let answering = service_fn(|request| {
            let site = self.clone();
            async move { Ok::<_, Infallible>(site.answer(request).await) }
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(SLOWEST_HEAD)
            .serve_connection(TokioIo::new(stream), answering)
            .await;
        if let Err(error) = served {
            tracing::debug!("a connection ended: {error}");
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        if let Err(refusal) = self.settings.admit(&head) {
            return refused(refusal);
        }
        // The protocol's own library answers whatever else is asked; it is given what a client may send only.
        let body = match head.method {
            Method::POST => match self.message(body).await {
                Ok(body) => body,
                Err(answer) => return answer,
            },
            Method::GET | Method::DELETE => Bytes::new(),
            _ => {
                let mut answer = refused((
                    StatusCode::METHOD_NOT_ALLOWED,
                    "there are GET, POST and DELETE",
                ));
                answer
                    .headers_mut()
                    .insert(ALLOW, HeaderValue::from_static("GET, POST, DELETE"));
                return answer;
            }
        };
        let request = Request::from_parts(head, Full::new(body));
        self.service.handle(request).await
    }

    /// The message in a body.
    ///
    /// # Errors
    /// What the client is answered that sent none.
    async fn message(&self, body: Incoming) -> Result<Bytes, Answer> {
        let body = match tokio::time::timeout(SLOWEST_BODY, whole(body)).await {
            Ok(Ok(body)) => body,
            Ok(Err(Unread::TooLong(id))) => {
                let error = message::too_long();
                return Err(wrong(StatusCode::PAYLOAD_TOO_LARGE, id, error));
            }
            Ok(Err(Unread::Broken)) => {
                return Err(refused((
                    StatusCode::BAD_REQUEST,
                    "the body ends too early",
                )));
            }
            Err(_) => {
                return Err(refused((
                    StatusCode::REQUEST_TIMEOUT,
                    "the body is too slow",
                )));
            }
        };
        // The protocol's own library reads it again.
        let (body, message) = message::read(body).await;
        let body = Bytes::from(body);
        match message {
            Ok(Some(JsonRpcMessage::Request(request)))
                if matches!(request.request, ClientRequest::InitializeRequest(_)) =>
            {
                self.room(request.id).await.map(|()| body)
            }
            Ok(_) => Ok(body),
            Err((id, error)) => Err(wrong(StatusCode::BAD_REQUEST, id, error)),
        }
    }

    /// Whether one more client can be had.
    async fn room(&self, id: RequestId) -> Result<(), Answer> {
        if self.clients.sessions.read().await.len() < CLIENTS {
            return Ok(());
        }
        let error = ErrorData::new(
            ErrorCode::INTERNAL_ERROR,
            format!("the server has {CLIENTS} clients, and no room for more. Try again later"),
            None,
        );
        Err(wrong(StatusCode::SERVICE_UNAVAILABLE, Some(id), error))
    }
}

/// Why a body is not there.
enum Unread {
    /// What the id of the message is, if that was found.
    TooLong(Option<RequestId>),
    Broken,
}

/// A body that is no larger than messages are. In a larger one the id is looked for.
async fn whole(mut body: Incoming) -> Result<Vec<u8>, Unread> {
    let mut whole = Vec::new();
    let mut search: Option<IdSearch> = None;
    while let Some(frame) = body.frame().await {
        // Trailers are no part of it.
        let Ok(part) = frame.map_err(|_| Unread::Broken)?.into_data() else {
            continue;
        };
        match &mut search {
            Some(search) => search.add(&part),
            None if whole.len() + part.len() > LARGEST_MESSAGE => {
                search = Some(IdSearch::begin(&mut whole, &part));
            }
            None => whole.extend_from_slice(&part),
        }
        if search.as_ref().is_some_and(IdSearch::is_over) {
            break;
        }
    }
    match search {
        Some(search) => Err(Unread::TooLong(search.found())),
        None => Ok(whole),
    }
}

fn refused((status, why): Refusal) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from_static(why.as_bytes())).boxed());
    *answer.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, plain);
    // Who is refused keeps no connection, of which there are so many.
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(CONNECTION, close);
    if status == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer");
        answer.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    }
    answer
}

fn wrong(status: StatusCode, id: Option<RequestId>, error: ErrorData) -> Answer {
    let message = ServerJsonRpcMessage::error(error, id);
    // Texts and numbers alone: that can be written as JSON.
    let body = serde_json::to_vec(&message).unwrap_or_default();
    let mut answer = Response::new(Full::new(Bytes::from(body)).boxed());
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

/// The address as clients are told it.
#[must_use]
pub fn url(address: SocketAddr) -> String {
    format!("http://{address}{PATH}")
}
