//! A private etcd behind TLS, with users, as `scripts/etcd -t -a` starts it.

use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{root, skip};

/// One member with TLS and users. It and its files are gone soon after this is dropped, and after the test process has ended.
#[derive(Debug)]
pub struct SecureEtcd {
    dir: PathBuf,
    /// What reaches it: `ENVLOCK_VIA` and the variables that belong to it.
    pub variables: Vec<(String, String)>,
    _life: ChildStdin,
}

impl SecureEtcd {
    /// Starts it and waits until it answers. None: etcd cannot be had; the test is counted as skipped.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        if !script().arg("program").output().is_ok_and(|output| output.status.success()) {
            skip("etcd cannot be had here; scripts/etcd program says why");
            return None;
        }
        let dir = std::env::temp_dir().join(format!("evenkeel-etcd-tls-{}-{number}", std::process::id()));
        let started = script().arg("-d").arg(&dir).args(["-t", "-a", "up"]).output().expect("bash starts");
        let printed = String::from_utf8_lossy(&started.stdout).into_owned();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let variables = printed.lines().filter_map(|line| line.split_once('='));
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(Self { variables, _life: down_at_end(&dir), dir })
    }

    /// The value of one of the variables.
    ///
    /// # Panics
    /// Where there is none of this name.
    pub fn variable(&self, name: &str) -> &str {
        let found = self.variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value).expect("scripts/etcd prints it")
    }

    /// `HOST:PORT` of the member.
    pub fn address(&self) -> &str {
        let url = self.variable("ENVLOCK_VIA").trim_start_matches("etcds://");
        url.split('/').next().unwrap_or_default()
    }

    /// A file with certificates or a key, such as `client.pem`; see `scripts/etcd.d/certificates`.
    pub fn file(&self, name: &str) -> String {
        self.dir.join("tls").join(name).display().to_string()
    }

    /// Forgets all logins: whoever was logged in has to do it again.
    ///
    /// # Panics
    /// Where the member refuses that.
    pub fn end_tokens(&self) {
        let password = std::fs::read_to_string(self.dir.join("password")).expect("scripts/etcd made it");
        let login = format!(r#"{{"name":"root","password":"{}"}}"#, password.trim());
        let token = self.post("auth/authenticate", &login, None);
        let token = token["token"].as_str().expect("a token");
        self.post("auth/disable", "{}", Some(token));
        self.post("auth/enable", "{}", None);
    }

    fn post(&self, path: &str, body: &str, token: Option<&str>) -> serde_json::Value {
        let mut curl = Command::new("curl");
        curl.args(["-sf", "--max-time", "20", "-X", "POST", "-d", body]);
        for (option, file) in [("--cacert", "ca.pem"), ("--cert", "client.pem"), ("--key", "client-key.pem")]
        {
            curl.arg(option).arg(self.file(file));
        }
        curl.args(token.map(|token| format!("-HAuthorization: {token}")));
        let output = curl.arg(format!("https://{}/v3/{path}", self.address())).output().expect("curl starts");
        assert!(output.status.success(), "{path}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("etcd answers with JSON")
    }
}

fn script() -> Command {
    let mut script = Command::new(root().join("scripts/etcd"));
    script.stdin(Stdio::null());
    script
}

/// Starts a shell that takes the member down when its stdin ends.
fn down_at_end(dir: &Path) -> ChildStdin {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap '' INT TERM HUP; read -r _; "$1" -d "$2" down"#, "sh"]);
    shell.arg(root().join("scripts/etcd")).arg(dir).stdin(Stdio::piped());
    let mut shell = shell.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh starts");
    let life = shell.stdin.take().expect("it is a pipe");
    std::thread::spawn(move || shell.wait());
    life
}
