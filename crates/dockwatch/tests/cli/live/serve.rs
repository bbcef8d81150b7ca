//! `dockwatch serve`, and the files for Prometheus and Grafana.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use evenkeel_tests::{BUSYBOX, Home, World, engine, root, skip};

use crate::dockwatch;

/// A running `dockwatch serve`, which ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    _stderr: BufReader<std::process::ChildStderr>,
}

impl Server {
    pub(crate) fn start(host: &str, home: &Home, args: &[&str]) -> Self {
        let mut command = dockwatch(host, home);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(args);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, address, _stderr: stderr }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// The whole answer to a request, until the connection is closed.
    fn answer(&self, request: &str) -> String {
        let mut stream = self.connect();
        // The server may refuse the request before it is complete.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    fn get(&self, path: &str) -> String {
        self.answer(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
    }

    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn only_two_pages_and_only_reading() {
    let home = Home::new();
    let server = Server::start("unix:///no.sock", &home, &[]);
    let metrics = server.get("/metrics");
    assert!(metrics.starts_with("HTTP/1.1 200") && metrics.contains("\ndockwatch_up 0\n"), "{metrics}");
    assert!(!metrics.contains("dockwatch_level"), "{metrics}");
    let page = server.get("/?x=1");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<h1>"), "{page}");
    assert!(server.get("/other").starts_with("HTTP/1.1 404"));
    let posted =
        server.answer("POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert!(posted.starts_with("HTTP/1.1 405") && posted.contains("allow: GET, HEAD"), "{posted}");
    let head = server.answer("HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn what_a_client_sends_is_limited() {
    let home = Home::new();
    let server = Server::start("unix:///no.sock", &home, &[]);
    // These say nothing, and must not keep the others out.
    let _silent: Vec<TcpStream> = (0..20).map(|_| server.connect()).collect();
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let refused = server.answer(&long);
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431"), "{refused}");
    let garbage = server.answer("\0\0\0\r\n\r\n");
    assert!(garbage.is_empty() || garbage.starts_with("HTTP/1.1 400"), "{garbage}");
    // A connection that sends no complete head within five seconds is closed.
    let mut slow = server.connect();
    slow.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    assert!(server.get("/metrics").starts_with("HTTP/1.1 200"));
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    let home = Home::new();
    let server = Server::start("unix:///no.sock", &home, &[]);
    let output =
        dockwatch("unix:///no.sock", &home).args(["serve", "--listen", &server.address]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains(&server.address) && stderr.contains("hint: "), "{stderr}");
}

#[test]
fn a_thousand_scrapes_do_not_make_it_grow() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    engine.docker(&["run", "-d", "--label", &world.label(), BUSYBOX, "sleep", "600"]);
    let server = Server::start(&engine.host, &home, &["--label", &world.label()]);
    let metrics = server.get("/metrics");
    assert!(
        metrics.contains("\ndockwatch_up 1\n") && metrics.contains("container_memory_working_set_bytes{")
    );
    (0..100).for_each(|_| drop(server.get("/metrics")));
    let before = server.resident_kib();
    (0..1000).for_each(|_| assert!(server.get("/metrics").starts_with("HTTP/1.1 200")));
    let after = server.resident_kib();
    println!("{before} KiB before, {after} KiB after 1,000 scrapes");
    assert!(after < before + 2048, "{before} KiB, then {after} KiB");
}

/// Path of promtool; none where it cannot be had.
fn promtool() -> Option<PathBuf> {
    let output = Command::new(root().join("scripts/platforms/promtool")).output().ok()?;
    if !output.status.success() {
        skip("promtool cannot be had here; scripts/platforms/promtool says why");
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).trim().into())
}

#[test]
fn prometheus_accepts_metrics_and_alerts() {
    let (Some(engine), Some(promtool)) = (engine(), promtool()) else { return };
    let (world, home) = (World::new(engine), Home::new());
    engine.docker(&["run", "-d", "-m", "64m", "--label", &world.label(), BUSYBOX, "sleep", "600"]);
    let server = Server::start(&engine.host, &home, &["--label", &world.label()]);
    let answer = server.get("/metrics");
    let metrics = answer.split_once("\r\n\r\n").unwrap().1;
    let mut check = Command::new(&promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    check.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (kind, file) in
        [("check", "docs/src/recipes/prometheus/alerts.yml"), ("test", "tests/prometheus/alerts_test.yml")]
    {
        let output = Command::new(&promtool).args([kind, "rules"]).arg(root().join(file)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn dashboard_and_alerts_use_metrics_that_exist() {
    let source = std::fs::read_to_string(root().join("crates/dockwatch/src/output/prometheus.rs")).unwrap();
    let names: BTreeSet<&str> = source.split('"').collect();
    for file in ["dashboard.json", "alerts.yml"] {
        let text = std::fs::read_to_string(root().join("docs/src/recipes/prometheus").join(file)).unwrap();
        if file.ends_with("json") {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
        let used = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for name in used.filter_map(|word| word.strip_prefix("dockwatch_")) {
            assert!(names.contains(name), "{file}: dockwatch_{name}");
        }
    }
}
