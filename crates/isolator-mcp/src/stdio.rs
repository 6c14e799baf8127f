//! The protocol over standard streams: a message a line.
//!
//! `rmcp` has this, too, but passes over lines that are no JSON or too long without a word. Here the client is told.

use crate::error::{Error, Result};
use crate::server::{Client, Shared};
use rmcp::model::{ErrorData, RequestId, ServerJsonRpcMessage};
use rmcp::service::{RoleServer, RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value as Json;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Mutex, Notify};

/// Bytes of a message. Sources, and what programs read, are in it.
pub(crate) const LARGEST_MESSAGE: usize = 4 << 20;

/// Answers that wait for a client who does not read. With so many it is not listened to, either.
const MOST_ANSWERS: usize = 256;
/// Elements of a message: values, and names of members. Read, each takes some hundred bytes for a while.
const MOST_ELEMENTS: usize = 100_000;

/// Serves one client until its end.
pub(crate) async fn serve<R, W>(shared: &Arc<Shared>, read: R, write: W) -> Result<()>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let client = Client::new(shared).lasting();
    match rmcp::serve_server(client, Lines::new(read, write)).await {
        Ok(running) => {
            let ended = running.waiting().await;
            ended.map(drop).map_err(|error| Error::Start {
                message: error.to_string(),
            })
        }
        // It came to nothing, and left.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(Error::Handshake {
            message: error.to_string(),
        }),
    }
}

/// Messages, each a line of JSON.
struct Lines<R, W> {
    read: BufReader<R>,
    line: Vec<u8>,
    /// Whether the rest of the line is passed over, which was too long.
    skipping: bool,
    write: Arc<Mutex<W>>,
    answers: Arc<Answers>,
    /// The answer to a line that was no message. It is kept here since reading may be given up at each step, and begun again.
    replying: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>>,
    /// Whether a request came already.
    begun: bool,
}

/// Answers that are not written yet.
#[derive(Default)]
struct Answers {
    waiting: AtomicUsize,
    fewer: Notify,
}

/// One of them.
struct Answer(Arc<Answers>);

impl Answers {
    fn one_more(self: &Arc<Self>) -> Answer {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Answer(self.clone())
    }

    /// Waits until there are not too many.
    async fn are_few(&self) {
        loop {
            let fewer = self.fewer.notified();
            if self.waiting.load(Ordering::Relaxed) < MOST_ANSWERS {
                return;
            }
            fewer.await;
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        self.0.fewer.notify_one();
    }
}

/// What reading came to.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Whole,
    TooLong,
    End,
}

impl<R: AsyncRead + Send + Unpin, W: AsyncWrite + Send + Unpin + 'static> Lines<R, W> {
    fn new(read: R, write: W) -> Self {
        Self {
            read: BufReader::new(read),
            line: Vec::new(),
            skipping: false,
            write: Arc::new(Mutex::new(write)),
            answers: Arc::default(),
            replying: None,
            begun: false,
        }
    }

    /// Reads on until a line is whole. What was read so far is kept if this is dropped in the middle.
    async fn line(&mut self) -> io::Result<Line> {
        loop {
            let read = self.read.fill_buf().await?;
            if read.is_empty() {
                // The last line may lack its end.
                return Ok(
                    match std::mem::take(&mut self.skipping) || self.line.is_empty() {
                        true => Line::End,
                        false => Line::Whole,
                    },
                );
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let part = end.map_or(read, |end| read.get(..end).unwrap_or_default());
            let used = end.map_or(read.len(), |end| end + 1);
            let too_long = self.line.len() + part.len() > LARGEST_MESSAGE;
            if !self.skipping && !too_long {
                self.line.extend_from_slice(part);
            }
            self.read.consume(used);
            let skipped = self.skipping;
            self.skipping = (skipped || too_long) && end.is_none();
            match end {
                // Told as soon as it is known: the rest may be long in coming.
                _ if too_long && !skipped => {
                    self.line = Vec::new();
                    return Ok(Line::TooLong);
                }
                Some(_) if !skipped => return Ok(Line::Whole),
                _ => {}
            }
        }
    }

    fn reply(&mut self, (id, error): (Option<RequestId>, ErrorData)) {
        let message = ServerJsonRpcMessage::error(error, id);
        self.replying = Some(Box::pin(self.send(message)));
    }
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let (write, answer) = (self.write.clone(), self.answers.one_more());
        async move {
            let _answer = answer;
            let mut line = serde_json::to_vec(&message)?;
            line.push(b'\n');
            let mut write = write.lock().await;
            write.write_all(&line).await?;
            write.flush().await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(replying) = &mut self.replying {
                let replied = replying.await;
                self.replying = None;
                replied.ok()?;
            }
            self.answers.are_few().await;
            match self.line().await {
                Ok(Line::Whole) => {}
                Ok(Line::TooLong) => {
                    self.reply((None, too_long()));
                    continue;
                }
                Ok(Line::End) => return None,
                Err(error) => {
                    tracing::error!("cannot read from the client: {error}");
                    return None;
                }
            }
            let line = std::mem::take(&mut self.line);
            match parse(&line) {
                // Before its first request a client has nothing to say that would be of use.
                Ok(Some(message))
                    if self.begun
                        || matches!(message, RxJsonRpcMessage::<RoleServer>::Request(_)) =>
                {
                    self.begun = true;
                    return Some(message);
                }
                Ok(_) => {}
                Err(wrong) => self.reply(wrong),
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.write.lock().await.shutdown().await
    }
}

pub(crate) fn too_long() -> ErrorData {
    ErrorData::invalid_request(
        format!("the message has more than {LARGEST_MESSAGE} bytes, which is the most"),
        None,
    )
}

/// Reads a message; none from an empty line.
///
/// # Errors
/// What the sender is told, and in answer to what.
pub(crate) fn parse(
    line: &[u8],
) -> std::result::Result<Option<RxJsonRpcMessage<RoleServer>>, (Option<RequestId>, ErrorData)> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    if elements(line) > MOST_ELEMENTS {
        let message =
            format!("the message has more than {MOST_ELEMENTS} elements, which is the most");
        return Err((None, ErrorData::invalid_request(message, None)));
    }
    let wrong = match serde_json::from_slice(line) {
        Ok(message) => return Ok(Some(message)),
        Err(wrong) => wrong,
    };
    let json: Json = serde_json::from_slice(line).map_err(|error| {
        let message = format!("the message is no JSON: {error}");
        (None, ErrorData::parse_error(message, None))
    })?;
    let id = json.get("id").cloned();
    // A notification is never answered, however strange it is.
    if id.is_none() && json.get("method").is_some_and(Json::is_string) {
        return Ok(None);
    }
    let id = id.and_then(|id| serde_json::from_value(id).ok());
    let message = format!("the message is none of JSON-RPC 2.0: {wrong}");
    Err((id, ErrorData::invalid_request(message, None)))
}

/// How many values and names a text of JSON has at most, whether it is one or not.
fn elements(json: &[u8]) -> usize {
    let (mut count, mut in_text, mut escaped) = (1, false, false);
    for byte in json {
        match (in_text, byte) {
            (true, _) if std::mem::take(&mut escaped) => {}
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b',' | b':' | b'[' | b'{') => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    #[test]
    fn elements_are_counted_outside_of_texts() {
        for (json, expected) in [
            (r#"{"a":[1,2],"b":"x,y:[{\"},"}"#, 7),
            (r#""\\",1"#, 2),
            ("", 1),
            (r#""never ends,,,"#, 1),
        ] {
            assert_eq!(elements(json.as_bytes()), expected, "{json}");
        }
        let mut many = br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":["#.to_vec();
        many.extend(b"0,".repeat(MOST_ELEMENTS));
        many.extend(b"0]}");
        let (_, error) = parse(&many).unwrap_err();
        assert!(error.message.contains("elements"), "{error:?}");
    }

    #[tokio::test]
    async fn who_does_not_read_is_not_listened_to() {
        let (mut client, server) = duplex(1 << 20);
        // Nothing of what is written here comes through.
        let (write, _unread) = duplex(1);
        let mut lines = Lines::new(server, write);
        client
            .write_all(
                &b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n".repeat(MOST_ANSWERS + 1),
            )
            .await
            .unwrap();
        let mut answers = Vec::new();
        for _ in 0..MOST_ANSWERS {
            assert!(lines.receive().await.is_some());
            let error = ErrorData::invalid_request("no", None);
            answers.push(lines.send(ServerJsonRpcMessage::error(error, None)));
        }
        let soon = std::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(soon, lines.receive()).await.is_err());
        answers.pop();
        assert!(lines.receive().await.is_some());
    }
}
