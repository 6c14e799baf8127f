//! HTTP by hand: what is sent is what the test says.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// So long a test waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who asks one server.
#[derive(Clone)]
pub struct Client {
    /// Its address with the port.
    pub host: String,
    /// The path with the token, and slashes around it.
    pub place: String,
}

/// An answer whose body is read as it comes.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    body: BufReader<TcpStream>,
}

impl Client {
    pub fn of(url: &str) -> Self {
        let rest = url.strip_prefix("http://").unwrap();
        let (host, place) = rest.split_at(rest.find('/').unwrap());
        Self {
            host: host.into(),
            place: place.into(),
        }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes and reads the answer's head.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // One that refuses may close before it has read all.
        let _ = stream.write_all(request);
        Answer::read(stream)
    }

    /// A request with these lines in its head, and no others but the length.
    pub fn with(&self, first: &str, lines: &[&str], body: &str) -> Answer {
        let mut text = format!("{first} HTTP/1.1\r\n");
        for line in lines {
            text += line;
            text += "\r\n";
        }
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.raw(text.as_bytes())
    }

    /// The line that says whom it is for.
    pub fn host_line(&self) -> String {
        format!("Host: {}", self.host)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.with(&format!("GET {path}"), &[&self.host_line()], "")
    }

    /// As the page asks.
    pub fn post(&self, what: &str, question: &Value) -> Answer {
        self.post_text(what, &question.to_string())
    }

    pub fn post_text(&self, what: &str, body: &str) -> Answer {
        let lines = [
            &*self.host_line(),
            &format!("Origin: http://{}", self.host),
            "Sec-Fetch-Site: same-origin",
            "Content-Type: application/json",
        ];
        self.with(&format!("POST {}{what}", self.place), &lines, body)
    }

    pub fn ask(&self, what: &str, question: &Value) -> Value {
        let answer = self.post(what, question);
        assert_eq!(answer.status, 200);
        serde_json::from_slice(&answer.body()).unwrap()
    }
}

impl Answer {
    /// Reads the head of an answer.
    pub fn read(stream: TcpStream) -> Self {
        let mut body = BufReader::new(stream);
        let mut line = || {
            let mut line = String::new();
            body.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        };
        let first = line();
        let status = first
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("no answer: `{first}`"));
        let status = status.parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = line();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Self {
            status,
            headers,
            body,
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| &**value)
    }

    /// The next chunk of a body that has no length before it; none at the end.
    fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut size = String::new();
        self.body.read_line(&mut size).unwrap();
        let size = usize::from_str_radix(size.trim_end(), 16).ok()?;
        let mut bytes = vec![0; size + 2];
        self.body.read_exact(&mut bytes).unwrap();
        bytes.truncate(size);
        (size > 0).then_some(bytes)
    }

    pub fn body(mut self) -> Vec<u8> {
        let Some(length) = self.header("content-length") else {
            return std::iter::from_fn(|| self.chunk()).flatten().collect();
        };
        let mut bytes = vec![0; length.parse().unwrap()];
        self.body.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// The lines of JSON in it, as they come.
    pub fn events(mut self) -> impl Iterator<Item = Value> {
        assert_eq!(self.status, 200);
        let mut known = Vec::new();
        std::iter::from_fn(move || {
            loop {
                if let Some(end) = known.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = known.drain(..=end).collect();
                    return Some(serde_json::from_slice(&line).unwrap());
                }
                known.extend(self.chunk()?);
            }
        })
    }
}
