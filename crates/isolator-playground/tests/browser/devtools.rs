//! Chromium without a window, spoken to by its own protocol over pipes: no driver between.

use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// So long the browser may take for anything.
const PATIENCE: Duration = Duration::from_secs(40);

/// Counts what the page's policy forbids and the page tried.
const WATCH: &str = "window.violations = []; \
    document.addEventListener('securitypolicyviolation', event => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));";

/// A browser with a profile of its own.
pub struct Browser {
    child: Child,
    orders: RefCell<ChildStdin>,
    told: Receiver<Value>,
    events: RefCell<VecDeque<Value>>,
    last: Cell<u64>,
    sessions: RefCell<Vec<String>>,
    _profile: tempfile::TempDir,
}

/// A tab of it.
pub struct Tab<'a> {
    browser: &'a Browser,
    session: String,
}

fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("ISOLATOR_CHROMIUM") {
        return path.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name)))
        .find(|program| program.is_file())
        .unwrap_or_else(|| {
            panic!("Chromium is not there: `cargo xtask test --install-deps` installs it on Debian; elsewhere name it with ISOLATOR_CHROMIUM")
        })
}

impl Browser {
    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        // It reads orders from its handle 3 and answers on 4: a shell puts our pipes there.
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1",
            ])
            .arg(program())
            .args([
                "--headless=new",
                "--remote-debugging-pipe",
                "--no-first-run",
                "--no-default-browser-check",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-default-apps",
                "--disable-dev-shm-usage",
                "--disable-extensions",
                "--disable-gpu",
                "--disable-sync",
                "--hide-scrollbars",
                "--mute-audio",
                // Root, as which containers run, has no sandbox of the browser's; what is shown here is our own page.
                "--no-sandbox",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for message in answers.split(0) {
                let Ok(message) = message else { break };
                if tell
                    .send(serde_json::from_slice(&message).unwrap())
                    .is_err()
                {
                    break;
                }
            }
        });
        Self {
            orders: RefCell::new(child.stdin.take().unwrap()),
            child,
            told,
            events: RefCell::default(),
            last: Cell::new(0),
            sessions: RefCell::default(),
            _profile: profile,
        }
    }

    fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.try_call(session, method, params)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The error is the browser's own.
    fn try_call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.last.get() + 1;
        self.last.set(id);
        let mut order = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            order["sessionId"] = session.into();
        }
        let mut bytes = order.to_string().into_bytes();
        bytes.push(0);
        self.orders.borrow_mut().write_all(&bytes).unwrap();
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = self
                .told
                .recv_timeout(left)
                .unwrap_or_else(|_| panic!("the browser does not answer {method}"));
            if message["id"] == id {
                return match &message["error"] {
                    Value::Null => Ok(message["result"].clone()),
                    error => Err(error.clone()),
                };
            }
            if message["id"].is_null() {
                self.events.borrow_mut().push_back(message);
            }
        }
    }

    /// A profile of its own, which knows nothing of what others saw.
    pub fn context(&self) -> String {
        let made = self.call(None, "Target.createBrowserContext", json!({}));
        made["browserContextId"].as_str().unwrap().into()
    }

    /// Opens an address in a new tab.
    pub fn tab(&self, context: Option<&str>, url: &str) -> Tab<'_> {
        let mut params = json!({ "url": "about:blank" });
        if let Some(context) = context {
            params["browserContextId"] = context.into();
        }
        let target = self.call(None, "Target.createTarget", params)["targetId"].clone();
        let attached = self.call(
            None,
            "Target.attachToTarget",
            json!({ "targetId": target, "flatten": true }),
        );
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        self.sessions.borrow_mut().push(session.clone());
        let tab = Tab {
            browser: self,
            session,
        };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        tab.call(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": WATCH }),
        );
        // Only who is in front is typed to.
        tab.call("Page.bringToFront", json!({}));
        tab.call("Page.navigate", json!({ "url": url }));
        tab
    }

    /// Looks at all that happened: no request left the origin, no policy was violated, no script failed.
    pub fn finish(mut self, origin: &str) {
        for session in self.sessions.take() {
            let tab = Tab {
                browser: &self,
                session,
            };
            assert_eq!(tab.evaluate("JSON.stringify(window.violations)"), "[]");
        }
        let mut requests = 0;
        for event in self.events.take() {
            let params = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    let url = params["request"]["url"].as_str().unwrap();
                    assert!(
                        url.starts_with(&format!("{origin}/")),
                        "the page asked for {url}"
                    );
                    requests += 1;
                }
                "Runtime.exceptionThrown" => panic!("a script failed: {params}"),
                "Log.entryAdded" => {
                    let entry = &params["entry"];
                    // The page that asks for the token is an answer of 403.
                    let expected = entry["source"] == "network"
                        && entry["text"]
                            .as_str()
                            .is_some_and(|text| text.contains("403"));
                    assert!(
                        expected || entry["level"] != "error",
                        "the browser complains: {entry}"
                    );
                }
                _ => {}
            }
        }
        assert!(requests > 20, "only {requests} requests were seen");
        self.call(None, "Browser.close", json!({}));
        let until = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Tab<'_> {
    fn call(&self, method: &str, params: Value) -> Value {
        self.browser.call(Some(&self.session), method, params)
    }

    /// The text that an expression gives.
    #[track_caller]
    pub fn evaluate(&self, expression: &str) -> String {
        let given = self.call(
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true }),
        );
        assert!(
            given["exceptionDetails"].is_null(),
            "{expression}: {}",
            given["exceptionDetails"]
        );
        match &given["result"]["value"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// Waits until an expression gives a text.
    #[track_caller]
    pub fn until(&self, expression: &str, expected: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            // While a page goes to another one there is nothing to ask, and what was asked then has no answer.
            let given = self
                .browser
                .try_call(
                    Some(&self.session),
                    "Runtime.evaluate",
                    json!({ "expression": expression, "returnByValue": true }),
                )
                .unwrap_or_default();
            let value = given["result"]["value"].as_str().unwrap_or_default();
            if value == expected {
                return;
            }
            assert!(
                Instant::now() < until,
                "{expression} is `{value}`, and not `{expected}`; the page says `{}`",
                self.evaluate("document.body.innerText")
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Presses a key. `modifiers`: 2 is Ctrl.
    pub fn press(&self, key: &str, code: &str, number: u32, modifiers: u32) {
        let commands = match (key, modifiers) {
            ("a", 2) => json!(["selectAll"]),
            _ => json!([]),
        };
        let text = match (key, modifiers) {
            ("Enter", 0) => json!("\r"),
            _ => Value::Null,
        };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({
                "type": if text.is_null() && kind == "keyDown" { "rawKeyDown" } else { kind },
                "key": key,
                "code": code,
                "windowsVirtualKeyCode": number,
                "modifiers": modifiers,
            });
            if kind == "keyDown" {
                params["commands"] = commands.clone();
                if !text.is_null() {
                    params["text"] = text.clone();
                }
            }
            self.call("Input.dispatchKeyEvent", params);
        }
    }

    /// Types a text.
    pub fn insert(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Has the window be so large, and light or dark.
    pub fn size(&self, width: u32, height: u32, scheme: &str) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
        self.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
        );
    }

    /// A picture of it, as PNG.
    pub fn picture(&self, width: u32, height: u32, scheme: &str) -> Vec<u8> {
        self.size(width, height, scheme);
        // What is drawn follows.
        std::thread::sleep(Duration::from_millis(300));
        let made = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        base64(made["data"].as_str().unwrap())
    }
}

fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut number) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = LETTERS.iter().position(|known| *known == letter).unwrap();
        bits = (bits << 6 | value as u32) & 0xffff;
        number += 6;
        if number >= 8 {
            number -= 8;
            bytes.push((bits >> number) as u8);
        }
    }
    bytes
}
