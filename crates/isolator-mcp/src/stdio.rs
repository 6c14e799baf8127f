//! The protocol over standard streams: a message a line.
//!
//! `rmcp` has this, too, but passes over lines that are no JSON or too long without a word. Here the client is told.

use crate::error::{Error, Result};
use crate::message::{self, IdSearch, LARGEST_MESSAGE, Message, Wrong};
use crate::server::{Client, Shared};
use rmcp::model::{RequestId, ServerJsonRpcMessage};
use rmcp::service::{RoleServer, RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Mutex, Notify};

/// Answers that wait for a client who does not read. With so many it is not listened to, either.
const MOST_ANSWERS: usize = 256;

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

/// What is on its way. It is kept, since reading may be given up at each step, and begun again.
type Underway<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A line, and the message in it.
type Read = (Vec<u8>, std::result::Result<Message, Wrong>);

/// Messages, each a line of JSON.
struct Lines<R, W> {
    read: BufReader<R>,
    line: Vec<u8>,
    /// The rest of a line that is too long.
    rest: Option<Rest>,
    write: Arc<Mutex<W>>,
    answers: Arc<Answers>,
    /// The message in a line.
    reading: Option<Underway<Read>>,
    /// The answer to a line that was no message.
    replying: Option<Underway<io::Result<()>>>,
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
enum Line {
    Whole,
    /// What its id is, if that was found.
    TooLong(Option<RequestId>),
    End,
}

/// A line that is too long is passed over; until its id is found, that is looked for.
enum Rest {
    Searched(IdSearch),
    Told,
}

impl Rest {
    /// What its sender is told, once: as soon as all is known, since the rest may be long in coming.
    fn tell(&mut self, has_ended: bool) -> Option<Line> {
        match self {
            Self::Searched(search) if has_ended || search.is_over() => {
                let search = std::mem::take(search);
                *self = Self::Told;
                Some(Line::TooLong(search.found()))
            }
            Self::Searched(_) | Self::Told => None,
        }
    }
}

impl<R: AsyncRead + Send + Unpin, W: AsyncWrite + Send + Unpin + 'static> Lines<R, W> {
    fn new(read: R, write: W) -> Self {
        Self {
            read: BufReader::new(read),
            line: Vec::new(),
            rest: None,
            write: Arc::new(Mutex::new(write)),
            answers: Arc::default(),
            reading: None,
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
                return Ok(match self.rest.take() {
                    Some(mut rest) => rest.tell(true).unwrap_or(Line::End),
                    None if self.line.is_empty() => Line::End,
                    None => Line::Whole,
                });
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let part = end.map_or(read, |end| read.get(..end).unwrap_or_default());
            let used = end.map_or(read.len(), |end| end + 1);
            match &mut self.rest {
                Some(Rest::Searched(search)) => search.add(part),
                Some(Rest::Told) => {}
                None if self.line.len() + part.len() > LARGEST_MESSAGE => {
                    let search = IdSearch::begin(&mut self.line, part);
                    self.rest = Some(Rest::Searched(search));
                }
                None => self.line.extend_from_slice(part),
            }
            self.read.consume(used);
            let has_ended = end.is_some();
            let told = match &mut self.rest {
                Some(rest) => rest.tell(has_ended),
                None => has_ended.then_some(Line::Whole),
            };
            if has_ended {
                self.rest = None;
            }
            if let Some(line) = told {
                return Ok(line);
            }
        }
    }

    fn reply(&mut self, (id, error): Wrong) {
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
            let Some(reading) = &mut self.reading else {
                self.answers.are_few().await;
                match self.line().await {
                    Ok(Line::Whole) => {
                        let line = std::mem::take(&mut self.line);
                        self.reading = Some(Box::pin(message::read(line)));
                    }
                    Ok(Line::TooLong(id)) => self.reply((id, message::too_long())),
                    Ok(Line::End) => return None,
                    Err(error) => {
                        tracing::error!("cannot read from the client: {error}");
                        return None;
                    }
                }
                continue;
            };
            let (_, message) = reading.await;
            self.reading = None;
            match message {
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

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::ErrorData;
    use serde_json::{Value, json};
    use tokio::io::duplex;

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

    /// The errors that are answered to some input, each by its id.
    async fn errors(input: Vec<u8>) -> Vec<(Value, i64)> {
        let (client, server) = duplex(1 << 20);
        let (read, mut write) = tokio::io::split(client);
        let (server_read, server_write) = tokio::io::split(server);
        let mut lines = Lines::new(server_read, server_write);
        let writing = tokio::spawn(async move {
            write.write_all(&input).await.unwrap();
            write.shutdown().await.unwrap();
        });
        assert!(lines.receive().await.is_none());
        writing.await.unwrap();
        drop(lines);
        let mut answers = BufReader::new(read).lines();
        let mut errors = Vec::new();
        while let Some(answer) = answers.next_line().await.unwrap() {
            let answer: Value = serde_json::from_str(&answer).unwrap();
            let code = answer["error"]["code"].as_i64().unwrap();
            errors.push((answer["id"].clone(), code));
        }
        errors
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_answered_once_and_by_its_id() {
        let filling = "x".repeat(LARGEST_MESSAGE);
        for (line, id) in [
            (format!(r#"{{"id":7,"x":"{filling}"}}"#), json!(7)),
            (format!(r#"{{"x":"{filling}","id":"a"}}"#), json!("a")),
            (format!(r#"{{"x":"{filling}"}}"#), Value::Null),
            (format!("{filling}x"), Value::Null),
        ] {
            for (input, times) in [(line.clone(), 1), (format!("{line}\n{line}\n"), 2)] {
                let expected = vec![(id.clone(), -32600_i64); times];
                assert_eq!(errors(input.into_bytes()).await, expected);
            }
        }
        let broken = vec![(Value::Null, -32700_i64)];
        assert_eq!(errors(b"{".to_vec()).await, broken);
    }
}
