//! The exchanges of one runtime: what its calls ask for, and what is under way.

use super::background::{self, Work as Background};
use super::connect::not_public;
use super::fault::{HttpFault, HttpFaultKind};
use super::grant::{Granted, GrantedRule, HttpGrant};
use super::headers;
use super::lookup;
use super::mask::Mask;
use super::pattern::{as_sent, target};
use super::transport::{HttpBody, Share, VersionPolicy};
use super::upload::{Opening, Place, Upload, Writing, too_large};
use crate::RuntimeStats;
use crate::error::Result;
use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, Request, Response, StatusCode, Version};
use isolator_abi::wire;
use serde::Serialize;
use serde_bytes::ByteBuf;
use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};
use url::{Host, Position, Url};

/// Most bytes of a response's body that cross at once.
const PIECE: usize = 256 << 10;
/// Most exchanges of which a runtime may hold the numbers: what waits to begin is among them.
const MOST: usize = 10_000;
/// Bytes that reading a call's arguments may take of the host.
const ARGUMENTS: usize = 64 << 20;

/// What a call asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Send,
    Read,
    Write,
    Finish,
    Close,
}

impl Operation {
    /// By the last part of a call's name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "send" => Self::Send,
            "read" => Self::Read,
            "write" => Self::Write,
            "finish" => Self::Finish,
            "close" => Self::Close,
            _ => return None,
        })
    }
}

/// What a runtime has asked of the network: see [`RuntimeStats`].
#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

/// The exchanges of a runtime.
pub(crate) struct Session {
    granted: Arc<Granted>,
    exchanges: Mutex<HashMap<u64, Exchange>>,
    places: Arc<Semaphore>,
    /// Places to look names up.
    lookups: Arc<Semaphore>,
    /// Bytes of requests' bodies that are here and that no connection has taken.
    waiting: Arc<AtomicU64>,
    counters: Counters,
}

/// One that is under way.
#[derive(Default)]
struct Exchange {
    upload: Option<Upload>,
    response: Body,
}

/// The body of its response.
#[derive(Default)]
enum Body {
    /// There is no response yet.
    #[default]
    Awaited,
    There(Box<Reader>),
    /// Somebody reads it, or gave that up.
    Taken,
    /// The exchange's time was over before somebody had read it.
    Late,
}

/// What is left of a body.
struct Reader {
    body: HttpBody,
    /// What came and was not handed over.
    rest: Bytes,
    is_over: bool,
    rules: ResponseRules,
    read: u64,
    until: Instant,
    _place: Place,
    /// Ends it when its time is over.
    _end: Option<Background<()>>,
}

impl Exchange {
    /// Whether nothing is to be done any more: a server may answer before it has all, and go on reading.
    fn is_over(&self) -> bool {
        let is_read = matches!(&self.response, Body::There(reader) if reader.is_read());
        is_read && !self.upload.as_ref().is_some_and(Upload::is_under_way)
    }
}

/// A call's bytes, sooner or later.
type Answer = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;

impl Session {
    pub(crate) fn new(grant: &HttpGrant) -> Result<Arc<Self>> {
        Ok(Self::of(grant.check()?))
    }

    fn of(granted: Arc<Granted>) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(
                granted.limits.concurrent.min(Semaphore::MAX_PERMITS),
            )),
            granted,
            exchanges: Mutex::default(),
            lookups: Arc::new(Semaphore::new(lookup::OF_ONE)),
            waiting: Arc::default(),
            counters: Counters::default(),
        })
    }

    /// Lets go of all exchanges: the runtime is dead.
    pub(crate) fn end(&self) {
        let gone = std::mem::take(&mut *self.exchanges());
        drop(gone);
    }

    /// For a copy of the runtime: the same grant, and no exchange.
    pub(crate) fn anew(&self) -> Arc<Self> {
        Self::of(self.granted.clone())
    }

    /// Tells what was asked of the network.
    pub(crate) fn count(&self, stats: &mut RuntimeStats) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        stats.http_requests = read(&self.counters.requests);
        stats.http_sent = read(&self.counters.sent);
        stats.http_received = read(&self.counters.received);
    }

    /// Bytes of requests' bodies that wait to be sent.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    fn exchanges(&self) -> MutexGuard<'_, HashMap<u64, Exchange>> {
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a call of a runtime for which so many bytes may wait in the host. What it needs at once has happened when this returns.
    pub(crate) fn begin(
        self: &Arc<Self>,
        operation: Operation,
        args: &[u8],
        buffers: Option<u64>,
    ) -> Answer {
        let buffers = buffers.unwrap_or(u64::MAX);
        let work = match operation {
            Operation::Send => self.clone().send(args, buffers),
            Operation::Read => self.clone().read(args),
            Operation::Write => self.write(args),
            Operation::Finish => self.finish(args),
            Operation::Close => Ok(ready(Ok(self.close(args)))),
        };
        let work = work.unwrap_or_else(|fault| ready(Err(fault)));
        let granted = self.granted.clone();
        Box::pin(async move {
            work.await.unwrap_or_else(|mut fault| {
                // Its text may be another one's than ours, or have what a server said in it.
                let mask = granted.mask();
                if !mask.is_empty() {
                    let text = mask.text(fault.message.as_bytes());
                    fault.message = String::from_utf8_lossy(&text).into_owned();
                }
                told(&fault)
            })
        })
    }

    /// Lets go of an exchange, and answers at once.
    pub(crate) fn close(&self, args: &[u8]) -> Vec<u8> {
        let closed = arguments(args).and_then(|(number,): (u64,)| {
            self.let_go(number);
            answer(&(0, true))
        });
        closed.unwrap_or_else(|fault| told(&fault))
    }

    /// Lets go of an exchange, if it is there. It is dropped once the lock is.
    fn let_go(&self, number: u64) {
        let gone = self.exchanges().remove(&number);
        drop(gone);
    }

    /// Has an exchange's body be read, if it is there. What goes instead is dropped once the lock is.
    fn put(&self, number: u64, reader: Box<Reader>) {
        let reader = Body::There(reader);
        let gone = match self.exchanges().get_mut(&number) {
            Some(exchange) => std::mem::replace(&mut exchange.response, reader),
            None => reader,
        };
        drop(gone);
    }

    /// The time of an exchange is over: what it holds goes, whether somebody reads the response or not.
    fn late(&self, number: u64) {
        let gone = self.exchanges().get_mut(&number).map(|exchange| {
            let body = match &exchange.response {
                Body::There(_) => Some(std::mem::replace(&mut exchange.response, Body::Late)),
                // Whoever reads or waits finds out.
                Body::Awaited | Body::Taken | Body::Late => None,
            };
            (exchange.upload.take(), body)
        });
        drop(gone);
    }

    /// Lets go of an exchange if all of it is done.
    fn leave(&self, number: u64) {
        let over = {
            let mut exchanges = self.exchanges();
            match exchanges.get(&number) {
                Some(exchange) if exchange.is_over() => exchanges.remove(&number),
                _ => None,
            }
        };
        if let Some(upload) = over.and_then(|exchange| exchange.upload) {
            upload.leave();
        }
    }

    fn send(self: Arc<Self>, args: &[u8], buffers: u64) -> Result<Work, HttpFault> {
        type Arguments = (
            u64,
            String,
            String,
            i32,
            i32,
            Vec<String>,
            i64,
            bool,
            Option<ByteBuf>,
        );
        let (number, method, address, version, policy, given, length, follows, content): Arguments =
            arguments(args)?;
        let requests = self.counters.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let limits = self.granted.limits;
        if let Some(most) = limits.requests
            && requests > most
        {
            return Err(HttpFault::new(
                HttpFaultKind::Limit,
                format!("The host allows {most} requests, and they are made."),
            ));
        }
        let (method, url, rule) = self.allowed(&method, &address)?;
        let policy = VersionPolicy::numbered(policy);
        // As .NET where there is no QUIC: HTTP/3 is HTTP/2 to who takes less, and to nobody else.
        if version >= 30 && policy != VersionPolicy::OrLower {
            return Err(HttpFault::new(
                HttpFaultKind::Version,
                "The host speaks no HTTP/3, and the request takes no lower version: ask with HttpVersionPolicy.RequestVersionOrLower.",
            ));
        }
        let mut request = Request::builder()
            .method(method.clone())
            .uri(as_sent(&address, &url));
        request = request.version(match version {
            20.. => Version::HTTP_2,
            10 => Version::HTTP_10,
            _ => Version::HTTP_11,
        });
        let request = request.extension(policy);
        let request = request.extension(Share {
            response: limits.response,
            lookups: self.lookups.clone(),
        });
        let mut all = headers::of_request(&given, &url, &rule.headers)?;
        for second in all.get_all(headers::DESTINATION) {
            self.check_destination(second, &method, &url, rule)?;
        }
        all.extend(rule.headers.clone());
        let mask = self.granted.mask();
        if !mask.is_empty() {
            headers::ask_for_what_can_be_covered(&mut all);
        }
        // .NET says of methods that have content mostly that there is none; hyper does not.
        let without = [Method::GET, Method::HEAD, Method::OPTIONS, Method::DELETE];
        let says_none = match &content {
            Some(content) => content.is_empty(),
            None => !follows && !without.contains(&method),
        };
        if says_none {
            all.insert(http::header::CONTENT_LENGTH, http::HeaderValue::from(0));
        }
        let mut exchange = Exchange::default();
        let body = match (content, follows) {
            (Some(content), _) => {
                let length = content.len() as u64;
                if length > limits.request {
                    return Err(too_large(limits.request));
                }
                // One has room by itself: it was in memory a moment ago anyway.
                let waiting = self.waiting();
                if waiting > 0 && waiting.saturating_add(length) > buffers {
                    return Err(HttpFault::new(
                        HttpFaultKind::Limit,
                        format!(
                            "{waiting} bytes of other requests wait to be sent, and {buffers} bytes are the most that may wait in the host."
                        ),
                    ));
                }
                self.counters.sent.fetch_add(length, Ordering::Relaxed);
                if length == 0 {
                    HttpBody::empty()
                } else {
                    let content = content.into_vec().into();
                    let (upload, body) = Upload::whole(content, self.waiting.clone());
                    exchange.upload = Some(upload);
                    body
                }
            }
            (None, true) => {
                let said = u64::try_from(length).ok();
                if said.is_some_and(|said| said > limits.request) {
                    return Err(too_large(limits.request));
                }
                // There the body would be left out, and the request look whole.
                if version == 10 && said.is_none() {
                    return Err(HttpFault::new(
                        HttpFaultKind::Refused,
                        "HTTP/1.0 has no bodies of unknown length: give a length, or ask with HTTP/1.1.",
                    ));
                }
                let window = buffers / (limits.concurrent as u64).max(1);
                let window = usize::try_from(window).unwrap_or(usize::MAX);
                let (upload, body) =
                    Upload::new(said, limits.request, window, self.waiting.clone());
                exchange.upload = Some(upload);
                body
            }
            (None, false) => HttpBody::empty(),
        };
        let mut request = request.body(body).map_err(|_| {
            HttpFault::new(
                HttpFaultKind::Refused,
                "The request's address cannot be sent.",
            )
        })?;
        *request.headers_mut() = all;
        let response = ResponseRules {
            set_by_host: rule.headers.clone(),
            show_cookies: rule.headers.is_empty() || self.granted.show_cookies,
            mask,
        };
        let opening = exchange.upload.as_ref().map(Upload::opening);
        self.enter(number, exchange)?;
        let under_way = UnderWay {
            session: self,
            number,
            has_response: false,
        };
        Ok(under_way.go(request, opening, response))
    }

    /// A second address, to which the server moves or copies something, is one that is asked for, too.
    fn check_destination(
        &self,
        second: &http::HeaderValue,
        method: &Method,
        first: &Url,
        rule: &GrantedRule,
    ) -> Result<(), HttpFault> {
        let refused = |why: String| {
            HttpFault::new(
                HttpFaultKind::Refused,
                format!("The request's header 'destination' was not granted: {why}."),
            )
        };
        let text = second
            .to_str()
            .map_err(|_| refused("it is no address".into()))?;
        // What it is relative to.
        let whole = match text.starts_with('/') && !text.starts_with("//") {
            true => format!("{}{text}", &first[..Position::BeforePath]),
            false => text.to_owned(),
        };
        let url = target(&whole).map_err(refused)?;
        let other = self.granted.rule(method, &url).map_err(refused)?;
        match std::ptr::eq(other, rule)
            && url[..Position::BeforePath] == first[..Position::BeforePath]
        {
            true => Ok(()),
            false => Err(refused(
                "it is at another server, or under another rule, than the request's address".into(),
            )),
        }
    }

    /// Looks at where a request wants to go.
    fn allowed(
        &self,
        method: &str,
        address: &str,
    ) -> Result<(Method, Url, &GrantedRule), HttpFault> {
        let refused = |to: &str, why: String| {
            let to = crate::printable::line(to);
            HttpFault::new(
                HttpFaultKind::Refused,
                format!("HTTP to {to} was not granted: {why}."),
            )
        };
        let url = target(address).map_err(|why| refused(cut(address), why))?;
        let shown = cut(&url[..Position::AfterPath]);
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| refused(shown, "its method is none".into()))?;
        let rule = self
            .granted
            .rule(&method, &url)
            .map_err(|why| refused(shown, why))?;
        let literal = match url.host() {
            Some(Host::Ipv4(four)) => Some(IpAddr::V4(four)),
            Some(Host::Ipv6(six)) => Some(IpAddr::V6(six)),
            _ => None,
        };
        if literal.is_some_and(|address| !self.granted.addresses.allow(address)) {
            return Err(not_public(url.host_str().unwrap_or_default()));
        }
        Ok((method, url, rule))
    }

    fn enter(&self, number: u64, exchange: Exchange) -> Result<(), HttpFault> {
        let mut exchanges = self.exchanges();
        if exchanges.len() >= MOST {
            return Err(HttpFault::new(
                HttpFaultKind::Limit,
                format!(
                    "{MOST} requests are under way, or have responses that were not read and not disposed of."
                ),
            ));
        }
        if exchanges.contains_key(&number) {
            return Err(HttpFault::new(
                HttpFaultKind::Refused,
                "The request has the number of another one.",
            ));
        }
        exchanges.insert(number, exchange);
        Ok(())
    }

    fn read(self: Arc<Self>, args: &[u8]) -> Result<Work, HttpFault> {
        let (number, most): (u64, u32) = arguments(args)?;
        let most = usize::try_from(most).unwrap_or(PIECE).clamp(1, PIECE);
        let ended = |why: &str| Err(HttpFault::new(HttpFaultKind::Ended, why));
        let mut reader = {
            let mut exchanges = self.exchanges();
            let Some(exchange) = exchanges.get_mut(&number) else {
                return ended(
                    "The response is not there any more: it was closed, or it is one of the runtime that this one is a copy of.",
                );
            };
            match std::mem::replace(&mut exchange.response, Body::Taken) {
                Body::There(reader) => reader,
                Body::Taken => {
                    return ended(
                        "The response is read elsewhere already, or its reading was given up.",
                    );
                }
                Body::Awaited => {
                    exchange.response = Body::Awaited;
                    return ended("There is no response yet.");
                }
                Body::Late => {
                    exchange.response = Body::Late;
                    return Err(too_slow_body());
                }
            }
        };
        let limit = self.granted.limits.response;
        let work = background::begin(async move {
            let piece = reader.piece(most, limit).await;
            (reader, piece)
        });
        let work = work.map_err(|_| no_thread())?;
        Ok(Box::pin(async move {
            let (mut reader, piece) = work.await.map_err(|_| no_thread())?;
            let piece = piece.inspect_err(|_| self.let_go(number))?;
            self.counters
                .received
                .fetch_add(piece.len() as u64, Ordering::Relaxed);
            let is_last = reader.is_read();
            let trailers = match is_last {
                true => reader
                    .trailers(self.granted.limits.headers)
                    .inspect_err(|_| self.let_go(number))?,
                false => Vec::new(),
            };
            self.put(number, reader);
            self.leave(number);
            answer(&(0, serde_bytes::Bytes::new(&piece), is_last, trailers))
        }))
    }

    fn write(self: &Arc<Self>, args: &[u8]) -> Result<Work, HttpFault> {
        let (number, bytes): (u64, ByteBuf) = arguments(args)?;
        let length = bytes.len() as u64;
        let writing = {
            let exchanges = self.exchanges();
            let upload = exchanges.get(&number).and_then(|e| e.upload.as_ref());
            upload.and_then(|upload| upload.write(bytes.into_vec().into()))
        };
        let Some(writing) = writing else {
            // The response is read to its end, or the request has failed: nobody wants more.
            self.leave(number);
            return Ok(ready(answer(&(0, false))));
        };
        self.counters.sent.fetch_add(length, Ordering::Relaxed);
        Ok(Box::pin(hand_over(writing?)))
    }

    fn finish(self: &Arc<Self>, args: &[u8]) -> Result<Work, HttpFault> {
        let (number,): (u64,) = arguments(args)?;
        {
            let exchanges = self.exchanges();
            let upload = exchanges.get(&number).and_then(|e| e.upload.as_ref());
            upload.map_or(Ok(()), Upload::finish)?;
        }
        self.leave(number);
        Ok(ready(answer(&(0, true))))
    }
}

/// A call's work.
type Work = Pin<Box<dyn Future<Output = Result<Vec<u8>, HttpFault>> + Send>>;

fn ready(outcome: Result<Vec<u8>, HttpFault>) -> Work {
    Box::pin(std::future::ready(outcome))
}

/// Gives what comes next of a body to the request that sends it. The answer says whether that wants more.
async fn hand_over(writing: Writing) -> Result<Vec<u8>, HttpFault> {
    let wanted = writing.go().await;
    answer(&(0, wanted))
}

/// How a response is shown.
struct ResponseRules {
    set_by_host: HeaderMap,
    show_cookies: bool,
    mask: Mask,
}

impl ResponseRules {
    fn shown(&self, headers: &HeaderMap) -> Vec<String> {
        headers::of_response(headers, &self.set_by_host, self.show_cookies, &self.mask)
    }
}

/// A request that is under way; if it is given up, its exchange goes.
struct UnderWay {
    session: Arc<Session>,
    number: u64,
    has_response: bool,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if !self.has_response {
            self.session.let_go(self.number);
        }
    }
}

impl UnderWay {
    fn go(
        self,
        request: Request<HttpBody>,
        opening: Option<Opening>,
        rules: ResponseRules,
    ) -> Work {
        let granted = self.session.granted.clone();
        let places = self.session.places.clone();
        let time = granted.limits.time;
        let until = Instant::now().checked_add(time).unwrap_or_else(far);
        let sending = {
            let granted = granted.clone();
            background::begin(async move {
                let send = async {
                    let place = places.acquire_owned().await.map_err(|_| no_thread())?;
                    let place: Place = Arc::new(place);
                    if let Some(opening) = &opening {
                        opening.open(place.clone());
                    }
                    let response = granted.transport.send(request).await;
                    let response = response.map_err(|fault| {
                        let own = opening.as_ref().and_then(Opening::fault);
                        own.unwrap_or(fault)
                    })?;
                    Ok((response, place))
                };
                timeout_at(until, send)
                    .await
                    .unwrap_or_else(|_| Err(too_slow(time)))
            })
        };
        Box::pin(async move {
            let sending = sending.map_err(|_| no_thread())?;
            let (response, place) = sending.await.map_err(|_| no_thread())??;
            let head = head(&response, &rules, granted.limits.headers)?;
            let reader = Reader {
                body: response.into_body(),
                rest: Bytes::new(),
                is_over: false,
                rules,
                read: 0,
                until,
                _place: place,
                _end: self.end_at(until),
            };
            self.responded(reader);
            Ok(head)
        })
    }

    /// What ends the exchange then, also where nobody reads the response.
    fn end_at(&self, until: Instant) -> Option<Background<()>> {
        let (session, number) = (Arc::downgrade(&self.session), self.number);
        let end = background::begin(async move {
            sleep_until(until).await;
            if let Some(session) = session.upgrade() {
                session.late(number);
            }
        });
        end.ok()
    }

    /// There is a response: the exchange stays until it is read.
    fn responded(mut self, reader: Reader) {
        self.session.put(self.number, Box::new(reader));
        self.has_response = true;
    }
}

/// Looks whether a response's headers, or those behind its body, have at most so many bytes.
fn check_size(what: &str, headers: &HeaderMap, most: usize) -> Result<(), HttpFault> {
    let bytes = headers::size(headers);
    if bytes > most {
        return Err(HttpFault::new(
            HttpFaultKind::Limit,
            format!("The response has {what} of {bytes} bytes: {most} are the most."),
        ));
    }
    Ok(())
}

/// A response without its body, as the guest is told of it.
fn head(
    response: &Response<HttpBody>,
    rules: &ResponseRules,
    most: usize,
) -> Result<Vec<u8>, HttpFault> {
    let headers = response.headers();
    check_size("headers", headers, most)?;
    let invalid = |why: &str| Err(HttpFault::new(HttpFaultKind::Invalid, why));
    if !headers::says_only(headers, http::header::TRANSFER_ENCODING, "chunked") {
        return invalid(
            "The response has a Transfer-Encoding other than chunked, which nobody asked for.",
        );
    }
    if !rules.mask.is_empty() {
        if !headers::says_only(headers, http::header::CONTENT_ENCODING, "identity") {
            return invalid(
                "The response is compressed although that was not asked for, so secrets could not be covered in it.",
            );
        }
        if matches!(
            response.status(),
            StatusCode::PARTIAL_CONTENT | StatusCode::IM_USED
        ) {
            return invalid(
                "The response is a part of one although that was not asked for, so secrets could not be covered in it.",
            );
        }
    }
    let reason = reason(response, &rules.mask);
    let version = match response.version() {
        Version::HTTP_10 => 10,
        Version::HTTP_2 => 20,
        _ => 11,
    };
    let shown = rules.shown(headers);
    answer(&(0, response.status().as_u16(), reason, version, shown))
}

/// The words behind a status: the server's, if they are not the usual ones. Version 2 has none.
fn reason(response: &Response<HttpBody>, mask: &Mask) -> Option<String> {
    if response.version() == Version::HTTP_2 {
        return None;
    }
    let own = response.extensions().get::<hyper::ext::ReasonPhrase>();
    match own {
        Some(own) => Some(mask.letters(own.as_bytes())),
        None => response.status().canonical_reason().map(str::to_owned),
    }
}

impl Reader {
    /// Whether all of it was handed over.
    fn is_read(&self) -> bool {
        self.is_over && self.rest.is_empty()
    }

    /// What the guest is shown of the headers behind the body.
    fn trailers(&mut self, most: usize) -> Result<Vec<String>, HttpFault> {
        let Some(trailers) = self.body.take_trailers() else {
            return Ok(Vec::new());
        };
        check_size("trailers", &trailers, most)?;
        Ok(self.rules.shown(&trailers))
    }

    /// The next piece: what is there at once, up to so many bytes, and at least one unless this is the end.
    async fn piece(&mut self, most: usize, limit: u64) -> Result<Vec<u8>, HttpFault> {
        let mut piece = Vec::new();
        loop {
            let taken = self.rest.len().min(most - piece.len());
            piece.extend_from_slice(&self.rest.split_to(taken));
            if piece.len() == most || self.is_over {
                return Ok(piece);
            }
            let next = match piece.is_empty() {
                true => match timeout_at(self.until, self.body.next()).await {
                    Ok(next) => next,
                    Err(_) => return Err(too_slow_body()),
                },
                false => {
                    let body = &mut self.body;
                    let now = std::future::poll_fn(|context| Poll::Ready(body.poll(context)));
                    match now.await {
                        Poll::Ready(next) => next,
                        Poll::Pending => return Ok(piece),
                    }
                }
            };
            match next {
                Some(bytes) => {
                    let bytes = bytes?;
                    self.read = self.read.saturating_add(bytes.len() as u64);
                    if self.read > limit {
                        return Err(HttpFault::new(
                            HttpFaultKind::Limit,
                            format!(
                                "The response has more than the {limit} bytes that the host allows."
                            ),
                        ));
                    }
                    self.rest = self.rules.mask.next(&bytes);
                }
                None => {
                    self.is_over = true;
                    self.rest = self.rules.mask.end();
                }
            }
        }
    }
}

fn far() -> Instant {
    const YEAR: std::time::Duration = std::time::Duration::from_secs(365 * 24 * 3600);
    Instant::now() + YEAR
}

fn too_slow(time: std::time::Duration) -> HttpFault {
    HttpFault::new(
        HttpFaultKind::Time,
        format!("The request took longer than the {time:?} that the host allows."),
    )
}

fn too_slow_body() -> HttpFault {
    HttpFault::new(
        HttpFaultKind::Time,
        "The response took longer than the host allows.",
    )
}

fn no_thread() -> HttpFault {
    HttpFault::new(
        HttpFaultKind::Other,
        "The request was given up by the host.",
    )
}

/// What is shown of an address.
fn cut(address: &str) -> &str {
    const LONGEST: usize = 200;
    address
        .get(..address.floor_char_boundary(LONGEST))
        .unwrap_or(address)
}

fn arguments<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, HttpFault> {
    wire::from_bytes_within(bytes, ARGUMENTS).map_err(|_| {
        HttpFault::new(
            HttpFaultKind::Refused,
            "The call is none that HttpClient makes: its arguments cannot be read.",
        )
    })
}

fn answer<T: Serialize>(value: &T) -> Result<Vec<u8>, HttpFault> {
    wire::to_bytes(value).map_err(|error| HttpFault::new(HttpFaultKind::Other, error.to_string()))
}

fn told(fault: &HttpFault) -> Vec<u8> {
    answer(&(1, fault.kind.word(), &fault.message)).unwrap_or_default()
}
