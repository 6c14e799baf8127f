//! Messages as they come from clients: bytes that should be JSON.

use isolator_script::replace_lone_surrogates;
use rmcp::model::{ErrorData, RequestId};
use rmcp::service::{RoleServer, RxJsonRpcMessage};
use serde_json::Value as Json;

/// Bytes of a message. Sources, and what programs read, are in it.
pub(crate) const LARGEST_MESSAGE: usize = 4 << 20;

/// Elements of a message: values, and names of members. Read, each takes some hundred bytes for a while.
const MOST_ELEMENTS: usize = 100_000;
/// Bytes of a message that is read where it comes. Other clients would wait for what is larger, so that is read on a thread of its own.
const QUICK: usize = 64 << 10;
/// Bytes of a message in which its id is looked for.
const MOST_SEARCHED: usize = 32 << 20;
/// Bytes of an id, and of the names of members beside it.
const LONGEST_ID: usize = 512;

/// A message; none where a line is empty.
pub(crate) type Message = Option<RxJsonRpcMessage<RoleServer>>;
/// What the sender is told of what is none, and in answer to what.
pub(crate) type Wrong = (Option<RequestId>, ErrorData);

/// Reads a message. What it was read from comes back, as it was read.
pub(crate) async fn read(mut bytes: Vec<u8>) -> (Vec<u8>, Result<Message, Wrong>) {
    if bytes.len() <= QUICK {
        let message = parse(&mut bytes);
        return (bytes, message);
    }
    let reading = tokio::task::spawn_blocking(move || {
        let message = parse(&mut bytes);
        (bytes, message)
    });
    reading.await.unwrap_or_else(|error| {
        let message = format!("the server failed to read the message: {error}");
        let wrong = (None, ErrorData::internal_error(message, None));
        (Vec::new(), Err(wrong))
    })
}

pub(crate) fn too_long() -> ErrorData {
    ErrorData::invalid_request(
        format!("the message has more than {LARGEST_MESSAGE} bytes, which is the most"),
        None,
    )
}

/// Reads a message; none from an empty line. Halves of characters, which JSON can hold and no text, are replaced before.
///
/// # Errors
/// What the sender is told, and in answer to what.
fn parse(line: &mut [u8]) -> Result<Message, Wrong> {
    if elements(line) > MOST_ELEMENTS {
        let message =
            format!("the message has more than {MOST_ELEMENTS} elements, which is the most");
        let wrong = ErrorData::invalid_request(message, None);
        return Err((IdSearch::in_message(line), wrong));
    }
    replace_lone_surrogates(line);
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    let wrong = match serde_json::from_slice(line) {
        Ok(message) => return Ok(Some(message)),
        Err(wrong) => wrong,
    };
    let json: Json = serde_json::from_slice(line).map_err(|error| {
        let why = error.to_string();
        // What nests too deep is JSON all the same, and its sender waits for an answer. In what is broken, nothing is what it seems.
        let id = match why.starts_with("recursion limit exceeded") {
            true => IdSearch::in_message(line),
            false => None,
        };
        let message = format!("the message is no JSON: {why}");
        (id, ErrorData::parse_error(message, None))
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

/// Looks for the id of a message that cannot be read as a whole, so that its sender is told which one it was. The message comes in parts, and none of it is kept but the id, wherever it
/// stands: clients write it first or last.
#[derive(Debug, Default)]
pub(crate) struct IdSearch {
    /// How many arrays and objects are open.
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// Whether a member's value comes, and no name.
    in_value: bool,
    /// The name of the member of the message itself, in its quotes.
    name: Vec<u8>,
    /// Its value, if it is the id.
    value: Vec<u8>,
    searched: usize,
    is_over: bool,
    found: Option<RequestId>,
}

impl IdSearch {
    fn in_message(message: &[u8]) -> Option<RequestId> {
        let mut search = Self::default();
        search.add(message);
        search.found
    }

    /// Begins with what was kept of a message until it was too long, which is kept no longer, and the part that comes then.
    pub fn begin(kept: &mut Vec<u8>, part: &[u8]) -> Self {
        let mut search = Self::default();
        search.add(&std::mem::take(kept));
        search.add(part);
        search
    }

    /// Looks at the next part.
    pub fn add(&mut self, part: &[u8]) {
        for byte in part {
            if self.is_over {
                return;
            }
            self.step(*byte);
        }
        self.searched += part.len();
        self.is_over |= self.searched > MOST_SEARCHED;
    }

    /// Whether nothing that comes makes a difference.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// The id, if there is one.
    pub fn found(self) -> Option<RequestId> {
        self.found
    }

    fn step(&mut self, byte: u8) {
        if self.in_text {
            self.keep(byte);
            match byte {
                _ if std::mem::take(&mut self.escaped) => {}
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return;
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'{' | b'[' if self.depth > 0 => self.depth += 1,
            b'{' => self.depth = 1,
            // No message begins so.
            _ if self.depth == 0 => self.is_over = true,
            b'}' | b']' => {
                if self.depth == 1 {
                    self.end_member();
                    self.is_over = true;
                }
                self.depth -= 1;
            }
            b':' if self.depth == 1 => self.in_value = true,
            b',' if self.depth == 1 => self.end_member(),
            b'"' => {
                self.in_text = true;
                self.keep(byte);
            }
            _ => self.keep(byte),
        }
    }

    /// Keeps what is part of a name of the message itself, or of its id.
    fn keep(&mut self, byte: u8) {
        if self.depth != 1 {
            return;
        }
        let kept = match self.in_value {
            false => &mut self.name,
            true if self.name == b"\"id\"" => &mut self.value,
            true => return,
        };
        match kept.len() < LONGEST_ID {
            true => kept.push(byte),
            false => self.is_over = true,
        }
    }

    fn end_member(&mut self) {
        if !self.value.is_empty() {
            replace_lone_surrogates(&mut self.value);
            self.found = serde_json::from_slice(&self.value).ok();
            self.is_over = true;
        }
        self.name.clear();
        self.in_value = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::JsonRpcMessage;

    /// Messages whose ids are found, wherever they stand.
    fn ids() -> Vec<(&'static str, Option<RequestId>)> {
        let text = |id: &str| Some(RequestId::String(id.into()));
        vec![
            (r#"{"jsonrpc":"2.0","id":7,"params":[1]}"#, number(7)),
            (
                r#" { "method" : "a" , "params" : { "id" : 1, "b":["id", {"id":2}] } , "id" : -3 } "#,
                number(-3),
            ),
            (r#"{"id":"a\"}b","x":1}"#, text("a\"}b")),
            (r#"{"x":"\\","id":"\ud800"}"#, text("\u{fffd}")),
            (r#"{"x":"\"id\":5","id":6}"#, number(6)),
            (r#"{"x":"id","id":8}"#, number(8)),
            // None, or none that an id can be.
            (r#"{"x":"\"id\":5"}"#, None),
            (r#"{"params":{"id":5}}"#, None),
            (r#"{"id":null}"#, None),
            (r#"{"id":{"id":5}}"#, None),
            (r#"{"id":1.5}"#, None),
            (r#"[{"id":5}]"#, None),
            (r#""id":5"#, None),
            (r#"x{"id":5}"#, None),
            (r#"{"id":5"#, None),
            (r#"}"id":5}"#, None),
            ("", None),
        ]
    }

    fn number(id: i64) -> Option<RequestId> {
        Some(RequestId::Number(id))
    }

    #[test]
    fn an_id_is_found_wherever_it_stands() {
        for (message, expected) in ids() {
            let found = IdSearch::in_message(message.as_bytes());
            assert_eq!(found, expected, "{message}");
            // In parts of whatever size.
            let mut search = IdSearch::default();
            for byte in message.as_bytes() {
                search.add(&[*byte]);
            }
            assert_eq!(search.found(), expected, "{message}");
        }
    }

    #[test]
    fn an_id_is_not_looked_for_without_end() {
        let mut search = IdSearch::default();
        search.add(b"{\"x\":\"");
        let part = [b'x'; 1 << 20];
        for _ in 0..MOST_SEARCHED >> 20 {
            assert!(!search.is_over());
            search.add(&part);
        }
        assert!(search.is_over());
        search.add(b"\",\"id\":5}");
        assert_eq!(search.found(), None);
        let long = format!("{{\"id\":\"{}\"}}", "x".repeat(LONGEST_ID));
        let mut search = IdSearch::default();
        search.add(long.as_bytes());
        assert!(search.is_over() && search.value.len() == LONGEST_ID);
        assert_eq!(search.found(), None);
    }

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
    }

    #[test]
    fn what_is_too_much_is_answered_by_its_id() {
        for (begin, end) in [("\"id\":1,", ""), ("", ",\"id\":1")] {
            let mut many = format!("{{\"jsonrpc\":\"2.0\",{begin}\"method\":\"ping\",\"params\":[");
            many += &"0,".repeat(MOST_ELEMENTS);
            many += &format!("0]{end}}}");
            let (id, error) = parse(&mut many.into_bytes()).unwrap_err();
            assert!(error.message.contains("elements"), "{error:?}");
            assert_eq!(id, number(1));
            let mut deep = format!("{{\"jsonrpc\":\"2.0\",{begin}\"method\":\"ping\",\"params\":");
            deep += &format!("{}0{}{end}}}", "[".repeat(1000), "]".repeat(1000));
            let (id, error) = parse(&mut deep.into_bytes()).unwrap_err();
            assert!(error.message.contains("recursion"), "{error:?}");
            assert_eq!(id, number(1));
        }
    }

    #[tokio::test]
    async fn halves_of_characters_are_read_as_replacements() {
        for filling in [0, QUICK] {
            let text = format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"\ud800","arguments":{{"code":"\u0000\ude00\ud83d\ude00\\ud800","more":"{}"}}}}}}"#,
                "x".repeat(filling)
            );
            let (bytes, message) = read(text.into_bytes()).await;
            let Ok(Some(JsonRpcMessage::Request(request))) = message else {
                panic!("{message:?}");
            };
            assert_eq!(Some(request.id), number(1));
            let request = serde_json::to_value(&request.request).unwrap();
            assert_eq!(request["params"]["name"], "\u{fffd}");
            assert_eq!(
                request["params"]["arguments"]["code"],
                "\0\u{fffd}\u{1f600}\\ud800"
            );
            // Who reads the bytes again reads the same.
            let again: Json = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(again["params"]["name"], "\u{fffd}");
        }
    }
}
