//! A headless Chromium, driven through the pipe of its DevTools protocol: what a page does, says and asks for.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// The longest wait for an answer: on a busy machine it takes many seconds to start.
const PATIENCE: Duration = Duration::from_mins(3);

/// The programs that can be used, the first one that is there.
const PROGRAMS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// A browser with one page.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    to: File,
    from: Receiver<Value>,
    /// Events that came so far.
    events: Vec<Value>,
    last_id: u64,
    session: Option<String>,
    _home: tempfile::TempDir,
}

/// The look of a page.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// CSS pixels.
    pub width: u32,
    /// CSS pixels.
    pub height: u32,
    /// `light` or `dark`.
    pub theme: &'static str,
    /// `screen` or `print`.
    pub medium: &'static str,
}

/// Path of a browser: that of `EVENKEEL_CHROMIUM`, or an installed one. `None` where there is none.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("EVENKEEL_CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places =
        PROGRAMS.iter().flat_map(|name| directories.iter().map(move |directory| directory.join(name)));
    places.into_iter().find(|place| place.is_file())
}

impl Browser {
    /// Starts it; `None`, and a skipped test, where there is no Chromium.
    ///
    /// # Panics
    /// Where it is there and does not start.
    pub fn start() -> Option<Self> {
        let Some(program) = program() else {
            crate::skip("there is no Chromium; 'make test-report-page' installs it");
            return None;
        };
        let home = tempfile::tempdir().expect("a directory for the browser");
        let [requests, answers] = ["requests", "answers"].map(|name| home.path().join(name));
        let made = Command::new("mkfifo").args([&requests, &answers]).status().expect("mkfifo");
        assert!(made.success());
        // It reads requests from descriptor 3 and writes answers to descriptor 4.
        let mut command = Command::new("sh");
        command.args(["-c", r#"exec 3<"$1" 4>"$2" && shift 2 && exec "$@""#, "sh"]);
        command.args([&requests, &answers, &program]);
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ]);
        command.args(["--disable-background-networking", "--hide-scrollbars", "--remote-debugging-pipe"]);
        command.arg(format!("--user-data-dir={}", home.path().display()));
        command.env("HOME", home.path()).env("TZ", "UTC");
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh");
        let to = OpenOptions::new().write(true).open(&requests).expect("the pipe to the browser");
        let from = listen(File::open(&answers).expect("the pipe from the browser"));
        let mut browser =
            Self { child, to, from, events: Vec::new(), last_id: 0, session: None, _home: home };
        browser.attach();
        Some(browser)
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let wanted = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.call("Target.attachToTarget", &wanted);
        self.session = session["sessionId"].as_str().map(ToOwned::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// Calls a method of the protocol and returns its result.
    ///
    /// # Panics
    /// Where the browser refuses, ends or does not answer.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let mut request = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = &self.session {
            request["sessionId"] = session.as_str().into();
        }
        let mut message = request.to_string().into_bytes();
        message.push(0);
        self.to.write_all(&message).expect("the browser reads");
        loop {
            let mut message = self.next(method);
            if message["id"] == self.last_id {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    fn next(&mut self, awaited: &str) -> Value {
        self.from.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("waiting for {awaited}: {error}"))
    }

    /// Opens a page and waits until it is loaded. What was said and asked for before is forgotten.
    ///
    /// # Panics
    /// Where it cannot be opened.
    pub fn open(&mut self, address: &str) {
        self.events.clear();
        let answer = self.call("Page.navigate", &json!({ "url": address }));
        assert!(answer["errorText"].is_null(), "{address}: {answer}");
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.next("the page");
            self.events.push(event);
        }
    }

    /// The value of an expression, or of its promise.
    ///
    /// # Panics
    /// Where it throws.
    pub fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", &params);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// Errors and warnings of the page so far.
    pub fn complaints(&mut self) -> Vec<String> {
        // Whatever the page has said by now comes before this answer.
        self.eval("0");
        let is_complaint = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] != "log",
            Some("Log.entryAdded") => event["params"]["entry"]["level"] != "info",
            _ => false,
        };
        self.events.iter().filter(is_complaint).map(|event| event["params"].to_string()).collect()
    }

    /// The addresses that were asked for since the page was opened, its own first.
    pub fn requests(&mut self) -> Vec<String> {
        self.eval("0");
        let requests = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        requests
            .filter_map(|event| event["params"]["request"]["url"].as_str().map(ToOwned::to_owned))
            .collect()
    }

    /// Changes the look of the page.
    pub fn look(&mut self, look: Look) {
        let size = json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let theme = json!([{ "name": "prefers-color-scheme", "value": look.theme }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "media": look.medium, "features": theme }));
    }

    /// Moves the mouse over a place of the first element of a selector: its share of the width and height. `press` clicks.
    pub fn point(&mut self, selector: &str, [across, down]: [f64; 2], kinds: &[&str]) {
        let place = self.eval(&format!(
            "(() => {{ const element = document.querySelector({selector:?}); element.scrollIntoView({{ block: 'nearest' }}); \
             const box = element.getBoundingClientRect(); return [box.left + box.width * {across}, box.top + box.height * {down}]; }})()"
        ));
        for kind in kinds {
            let event =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// Clicks the middle of an element.
    pub fn click(&mut self, selector: &str) {
        self.point(selector, [0.5, 0.5], &["mouseMoved", "mousePressed", "mouseReleased"]);
    }

    /// Presses a key, such as `Enter`.
    pub fn press(&mut self, key: &str) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            self.call(
                "Input.dispatchKeyEvent",
                &json!({ "type": kind, "key": key, "code": key, "text": text,
                "windowsVirtualKeyCode": if key == "Enter" { 13 } else { 0 } }),
            );
        }
    }

    /// Saves a picture of the upper part of the page, of this height in CSS pixels.
    pub fn save_picture(&mut self, path: &Path, width: u32, height: u32) {
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let answer =
            self.call("Page.captureScreenshot", &json!({ "clip": clip, "captureBeyondViewport": true }));
        save(path, &answer);
    }

    /// Saves a picture of what can be seen without scrolling.
    pub fn save_view(&mut self, path: &Path) {
        let answer = self.call("Page.captureScreenshot", &json!({}));
        save(path, &answer);
    }

    /// Saves the page as it is printed.
    pub fn save_pdf(&mut self, path: &Path) {
        let answer =
            self.call("Page.printToPDF", &json!({ "preferCSSPageSize": true, "printBackground": false }));
        save(path, &answer);
    }
}

fn save(path: &Path, answer: &Value) {
    let bytes = BASE64_STANDARD.decode(answer["data"].as_str().unwrap_or_default()).expect("Base64");
    std::fs::write(path, bytes).expect("a picture is written");
}

/// Messages of the browser, each of which ends with a zero byte.
fn listen(from: File) -> Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for message in BufReader::new(from).split(0) {
            let Ok(message) = message else { return };
            let Ok(message) = serde_json::from_slice(&message) else { continue };
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
