//! The language server, with a client that talks to it as an editor does: framed messages over stdin and stdout.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use lsp_server::{Message, Notification, Request};
use serde_json::{Value, json};

struct Client {
    server: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    next: i32,
}

impl Client {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_composecheck"));
        server.arg("lsp").args(args).env_clear().current_dir(folder);
        let mut server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (server.stdin.take().unwrap(), BufReader::new(server.stdout.take().unwrap()));
        let mut client = Self { server, to, from, next: 0 };
        let answer =
            client.ask("initialize", json!({"capabilities": {}, "processId": null, "rootUri": null}));
        assert_eq!(answer["serverInfo"]["name"], "composecheck");
        assert_eq!(answer["capabilities"]["textDocumentSync"], 2, "incremental");
        client.tell("initialized", json!({}));
        client
    }

    fn tell(&mut self, method: &str, params: Value) {
        Message::from(Notification::new(method.to_owned(), params)).write(&mut self.to).unwrap();
    }

    /// The result of a request; what the server publishes meanwhile is left out.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let request = Request::new(self.next.into(), method.to_owned(), params);
        Message::from(request).write(&mut self.to).unwrap();
        loop {
            if let Message::Response(response) = Message::read(&mut self.from).unwrap().unwrap() {
                assert_eq!(response.id, self.next.into());
                return serde_json::to_value(response).unwrap()["result"].take();
            }
        }
    }

    fn open(&mut self, path: &Path, text: &str) -> Vec<Value> {
        let document = json!({"uri": uri(path), "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
        self.published(path, 1)
    }

    /// Replaces the range and waits for the diagnostics of this version.
    fn change(&mut self, path: &Path, version: i32, range: &Value, text: &str) -> Vec<Value> {
        let change = json!({"range": range, "text": text});
        let document = json!({"uri": uri(path), "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [change]}));
        self.published(path, version)
    }

    fn published(&mut self, path: &Path, version: i32) -> Vec<Value> {
        loop {
            let Message::Notification(note) = Message::read(&mut self.from).unwrap().unwrap() else {
                continue;
            };
            if note.params["uri"] == uri(path) && note.params["version"] == version {
                return note.params["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    fn at(&mut self, method: &str, path: &Path, line: usize, character: usize) -> Value {
        let position = json!({"line": line, "character": character});
        self.ask(method, json!({"textDocument": {"uri": uri(path)}, "position": position}))
    }

    fn actions(&mut self, path: &Path, line: usize, only: &[&str]) -> Vec<Value> {
        let range = json!({"start": {"line": line, "character": 0}, "end": {"line": line, "character": 1}});
        let context = if only.is_empty() {
            json!({"diagnostics": []})
        } else {
            json!({"diagnostics": [], "only": only})
        };
        let params = json!({"textDocument": {"uri": uri(path)}, "range": range, "context": context});
        self.ask("textDocument/codeAction", params).as_array().unwrap().clone()
    }

    /// The processor time that the server has used, where the system tells: what else runs does not change it.
    fn processor_time(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.server.id())).into_iter().flatten();
        let used = threads.flatten().filter_map(|thread| {
            let times = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            times.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(used.sum())
    }

    fn stop(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        assert_eq!(self.server.wait().unwrap().code(), Some(0));
    }
}

fn uri(path: &Path) -> String {
    let path = path.to_str().unwrap().replace('\\', "/");
    if path.starts_with('/') {
        format!("file://{path}")
    } else {
        format!("file:///{}", path.replace(':', "%3A"))
    }
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|one| one["code"].as_str()).collect()
}

fn range(start: (usize, usize), end: (usize, usize)) -> Value {
    json!({
        "start": {"line": start.0, "character": start.1},
        "end": {"line": end.0, "character": end.1},
    })
}

/// The text after the change of an action.
fn applied(text: &str, action: &Value, path: &Path) -> String {
    let edits = action["edit"]["changes"][uri(path)].as_array().unwrap();
    let edit = serde_json::from_value::<lsp_types::TextEdit>(edits[0].clone()).unwrap();
    evenkeel_composecheck::editor::text::changed(text, Some(edit.range), &edit.new_text)
}

const COMPOSE: &str = "\
services:
  db:
    image: postgres:15
    mem_limit: 1g
    healthcheck: {test: [CMD, x], interval: 1s}
  app:
    image: app:1
    depends_on: [db]
";

#[test]
fn findings_follow_what_is_typed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("compose.yml");
    let mut client = Client::start(dir.path(), &["--env", "test", "--stdio"]);
    let found = client.open(&path, COMPOSE);
    assert!(codes(&found).contains(&"CC202") && codes(&found).contains(&"CC101"), "{found:?}");
    let interval = found.iter().find(|one| one["code"] == "CC202").unwrap();
    assert_eq!(interval["range"], range((4, 44), (4, 46)));
    assert_eq!((&interval["severity"], &interval["source"]), (&json!(1), &json!("composecheck")));
    assert!(interval["message"].as_str().unwrap().contains("\nuse interval: 10s"), "{interval}");

    let found = client.change(&path, 2, &range((4, 44), (4, 46)), "10s");
    assert!(!codes(&found).contains(&"CC202"), "{found:?}");
    let found = client.change(&path, 3, &range((4, 44), (4, 48)), "");
    assert_eq!(codes(&found), ["CC000"], "half-typed: {found:?}");
    let found = client.change(&path, 4, &range((4, 44), (4, 44)), "2h}");
    assert!(!codes(&found).contains(&"CC000"), "{found:?}");
    client.stop();
}

#[test]
fn fixes_are_offered_and_work() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("compose.yml");
    let mut client = Client::start(dir.path(), &["--env", "test"]);
    client.open(&path, COMPOSE);
    let actions = client.actions(&path, 4, &["quickfix"]);
    let titles: Vec<&str> = actions.iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert!(titles[0].starts_with("Fix CC202: "), "{titles:?}");
    let text = applied(COMPOSE, &actions[0], &path);
    assert_eq!(text, COMPOSE.replace("interval: 1s", "interval: 10s"));
    let accept =
        actions.iter().find(|action| action["title"] == "Accept CC202 here; replace REASON").unwrap();
    let accepted = applied(COMPOSE, accept, &path);
    assert!(accepted.contains("\n    # composecheck: ignore CC202 REASON\n    healthcheck"), "{accepted}");
    assert!(actions.iter().all(|action| action["kind"] == "quickfix"), "{actions:?}");

    let all = client.actions(&path, 0, &["source.fixAll"]);
    assert_eq!((all.len(), &all[0]["kind"]), (1, &json!("source.fixAll.composecheck")));
    let fixed = applied(COMPOSE, &all[0], &path);
    assert!(fixed.contains("interval: 10s") && fixed.contains("condition: service_healthy"), "{fixed}");
    let found = client.change(&path, 2, &Value::Null, &fixed);
    assert!(!codes(&found).contains(&"CC204"), "{found:?}");
    assert_eq!(client.actions(&path, 0, &["source.fixAll"]), [Value::Null; 0]);
    client.stop();
}

#[test]
fn hover_explains_the_rule_and_the_merged_value() {
    let dir = tempfile::tempdir().unwrap();
    let (base, over) = (dir.path().join("compose.yml"), dir.path().join("compose.override.yml"));
    std::fs::write(&base, "services:\n  db:\n    image: postgres:15\n    mem_limit: 1g\n").unwrap();
    let text = "services:\n  db:\n    mem_limit: 2g\n    environment: [A=1]\n";
    let mut client = Client::start(dir.path(), &[]);
    client.open(&over, text);
    let hover = client.at("textDocument/hover", &over, 2, 6);
    let shown = hover["contents"]["value"].as_str().unwrap();
    let value = "services.db.mem_limit  2g  compose.override.yml:3:16, over compose.yml:4:16";
    assert!(shown.contains(value), "{shown}");
    assert_eq!(hover["range"], range((2, 4), (2, 13)));
    let shown = client.at("textDocument/hover", &over, 1, 3)["contents"]["value"].clone();
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("services.db.image ") && shown.contains("compose.yml:3:12"), "{shown}");
    assert!(shown.contains("services.db.environment.A"), "{shown}");

    let base_text = std::fs::read_to_string(&base).unwrap();
    let found = client.open(&base, &base_text);
    assert!(codes(&found).contains(&"CC201"), "{found:?}");
    let shown = client.at("textDocument/hover", &base, 1, 3)["contents"]["value"].clone();
    assert!(shown.as_str().unwrap().starts_with("**CC102** cpu-limit-missing"), "{shown}");
    assert_eq!(client.at("textDocument/hover", &base, 9, 0), Value::Null);
    client.stop();
}

#[test]
fn definitions_lead_through_extends_include_and_anchors() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("base.yml"), "services:\n  worker:\n    image: x\n").unwrap();
    std::fs::write(at("more.yml"), "services:\n  cache: {image: redis:7}\n").unwrap();
    let text = "\
include: [more.yml]
x-health: &health {test: [CMD, x]}
services:
  app:
    extends:
      file: base.yml
      service: worker
    healthcheck: *health
    depends_on: [cache]
";
    let path = at("compose.yml");
    let mut client = Client::start(dir.path(), &[]);
    client.open(&path, text);
    let mut defined = |line, character| {
        let place = client.at("textDocument/definition", &path, line, character);
        let name = place["uri"].as_str().unwrap_or_default().rsplit('/').next().unwrap().to_owned();
        (name, place["range"]["start"]["line"].as_u64(), place["range"]["start"]["character"].as_u64())
    };
    assert_eq!(defined(0, 12), ("more.yml".into(), Some(0), Some(0)));
    assert_eq!(defined(5, 14), ("base.yml".into(), Some(0), Some(0)));
    assert_eq!(defined(6, 18), ("base.yml".into(), Some(1), Some(2)));
    assert_eq!(defined(7, 20), ("compose.yml".into(), Some(1), Some(10)));
    assert_eq!(defined(8, 19), ("more.yml".into(), Some(1), Some(2)));
    assert_eq!(defined(3, 3), (String::new(), None, None));
    client.stop();
}

#[test]
fn other_files_and_broken_messages_do_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = Client::start(dir.path(), &[]);
    let other = dir.path().join("deployment.yaml");
    assert_eq!(client.open(&other, "kind: Deployment\n"), [Value::Null; 0]);
    client.tell("textDocument/didChange", json!({"textDocument": 5}));
    client.tell(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": "untitled:x", "languageId": "yaml", "version": 1, "text": "a"}}),
    );
    assert_eq!(client.ask("textDocument/hover", json!({})), Value::Null);
    assert_eq!(client.ask("no/such/method", json!({})), Value::Null);
    let path = dir.path().join("compose.yml");
    std::fs::write(dir.path().join("composecheck.toml"), "lable = 'x'\n").unwrap();
    let found = client.open(&path, COMPOSE);
    let broken = found.iter().find(|one| one["code"].is_null()).unwrap();
    assert!(broken["message"].as_str().unwrap().contains("did you mean 'label'?"), "{broken}");
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri(&path)}}));
    client.stop();
}

#[test]
fn an_editor_that_goes_away_ends_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let Client { mut server, to, .. } = Client::start(dir.path(), &[]);
    drop(to);
    assert_eq!(server.wait().unwrap().code(), Some(1));
}

fn compose_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            compose_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            found.push(path);
        }
    }
}

/// Types each file of the corpus from its first character to its last one. Each prefix is analysed, and the cursor asks for
/// everything now and then. `LSP_STEP=1` stops after each character, as somebody who types slowly; by default, longer and
/// odd steps keep the test short.
#[test]
fn every_file_can_be_typed() {
    let step = std::env::var("LSP_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(7);
    let mut files =
        vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/stack/compose.crashing.yml")];
    if let Some(corpus) = std::env::var_os("COMPOSE_CORPUS").map(PathBuf::from).filter(|path| path.is_dir()) {
        compose_files(&corpus, &mut files);
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("compose.yml");
    let mut client = Client::start(dir.path(), &[]);
    client.open(&path, "");
    let (mut version, mut prefixes, started) = (1, 0, Instant::now());
    let (mut slowest, mut most) = (Duration::ZERO, Duration::ZERO);
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let text = text.replace("\r\n", "\n");
        version += 1;
        client.change(&path, version, &Value::Null, "");
        let mut at = (0, 0);
        let characters: Vec<char> = text.chars().collect();
        for typed in characters.chunks(step) {
            let typed: String = typed.iter().collect();
            version += 1;
            prefixes += 1;
            let (before, used) = (Instant::now(), client.processor_time());
            client.change(&path, version, &range(at, at), &typed);
            slowest = slowest.max(before.elapsed());
            most = most.max(client.processor_time().saturating_sub(used));
            at = match typed.rfind('\n') {
                Some(last) => (at.0 + typed.matches('\n').count(), typed[last + 1..].encode_utf16().count()),
                None => (at.0, at.1 + typed.encode_utf16().count()),
            };
            if prefixes % 7 == 0 {
                client.at("textDocument/hover", &path, at.0, at.1.saturating_sub(1));
                client.at("textDocument/definition", &path, at.0, at.1.saturating_sub(1));
                client.actions(&path, at.0, &[]);
            }
        }
        // What was typed is what the file is: the server's text is the same, so a change at its end fits.
        version += 1;
        let whole = client.change(&path, version, &range(at, at), "");
        version += 1;
        let fresh = client.change(&path, version, &Value::Null, &text);
        assert_eq!(whole, fresh, "{}", file.display());
    }
    println!(
        "{} files, {prefixes} prefixes in {:?}, slowest answer {slowest:?}, most processor time {most:?}",
        files.len(),
        started.elapsed()
    );
    client.stop();
}
