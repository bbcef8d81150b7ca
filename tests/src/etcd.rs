//! Private members of an etcd cluster, each a process that tests may stop and kill.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::{root, skip};

/// A private cluster. Its members and their data are gone when this is dropped, and when the test process ends.
#[derive(Debug)]
pub struct Etcd {
    members: Vec<Member>,
    dir: PathBuf,
    _life: ChildStdin,
}

#[derive(Debug)]
struct Member {
    address: String,
    pid: Pid,
    /// A shell that waits for the end of this pipe, then kills the member.
    life: Option<ChildStdin>,
    flags: Vec<String>,
}

impl Etcd {
    /// Starts a cluster and waits until it answers. None: etcd cannot be had; the test is counted as skipped.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start(count: u8) -> Option<Self> {
        Self::start_with(count, &[])
    }

    /// As [`Self::start`], with further options for each member.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start_with(count: u8, options: &[&str]) -> Option<Self> {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let program = program()?;
        // Addresses of its own within 127/8: no port can be taken by anybody else.
        let first = NEXT.fetch_add(count, Ordering::Relaxed);
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = |i: u8| format!("127.{}.{low}.{}", 128 | high, first + i);
        let dir = std::env::temp_dir().join(format!("evenkeel-etcd-{}-{first}", std::process::id()));
        let all: Vec<String> = (0..count).map(|i| format!("m{i}=http://{}:2380", address(i))).collect();
        let members = (0..count).map(|i| {
            let mut flags = flags(&format!("m{i}"), &address(i), &dir, &all.join(","));
            flags.extend(options.iter().map(|option| (*option).to_owned()));
            let (pid, life) = spawn(program, &flags, &dir);
            Member { address: format!("{}:2379", address(i)), pid, life: Some(life), flags }
        });
        let members = members.collect();
        let etcd = Self { members, _life: remove_at_end(&dir), dir };
        etcd.await_leader();
        Some(etcd)
    }

    /// `etcd://…/PREFIX` with all members.
    pub fn url(&self, prefix: &str) -> String {
        let addresses: Vec<&str> = self.members.iter().map(|member| &*member.address).collect();
        format!("etcd://{}/{prefix}", addresses.join(","))
    }

    /// `HOST:PORT` of a member.
    pub fn address(&self, member: usize) -> &str {
        &self.members[member].address
    }

    /// How many members there are.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// Sends a signal to a member. SIGSTOP takes effect when the thread that gets it runs next, and the others answer until
    /// then: it is waited for.
    pub fn signal(&self, member: usize, signal: Signal) {
        let pid = self.members[member].pid;
        let _ = kill_process(pid, signal);
        while signal == Signal::STOP && !is_stopped(pid) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Starts a member again that was killed.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn restart(&mut self, member: usize) {
        let program = program().expect("it was there before");
        let mut flags = self.members[member].flags.clone();
        flags.push("--initial-cluster-state=existing".to_owned());
        let (pid, life) = spawn(program, &flags, &self.dir);
        self.members[member].pid = pid;
        self.members[member].life = Some(life);
    }

    /// The member that leads, as those that answer say.
    pub fn leader(&self) -> Option<usize> {
        let status = |member: &Member| post(&member.address, "maintenance/status", "{}");
        self.members.iter().position(|member| {
            status(member).is_some_and(|status| {
                status["leader"].is_string() && status["leader"] == status["header"]["member_id"]
            })
        })
    }

    /// Waits until most members agree on a leader.
    ///
    /// # Panics
    /// After 60 s.
    pub fn await_leader(&self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !self.members.iter().any(|member| {
            post(&member.address, "kv/range", r#"{"key":"YQ=="}"#)
                .is_some_and(|answer| answer["header"].is_object())
        }) {
            assert!(Instant::now() < deadline, "etcd does not answer: {}", self.dir.display());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks the first member that answers.
    pub fn ask(&self, path: &str, body: &str) -> Option<serde_json::Value> {
        self.members.iter().find_map(|member| post(&member.address, path, body))
    }
}

/// Path of etcd; none, and the reason is said, where it cannot be had.
fn program() -> Option<&'static str> {
    static PROGRAM: OnceLock<Option<String>> = OnceLock::new();
    let found = PROGRAM.get_or_init(|| script("program"));
    if found.is_none() {
        skip("etcd cannot be had here; scripts/etcd program says why");
    }
    found.as_deref()
}

/// Path of etcdctl; none where it cannot be had.
pub fn etcdctl() -> Option<String> {
    script("client")
}

/// Path of libfaketime, which changes the time of day for one process; none where it cannot be had.
pub fn libfaketime() -> Option<String> {
    script("clock")
}

fn script(what: &str) -> Option<String> {
    let output = Command::new(root().join("scripts/etcd")).arg(what).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn flags(name: &str, address: &str, dir: &std::path::Path, all: &str) -> Vec<String> {
    let (client, peer) = (format!("http://{address}:2379"), format!("http://{address}:2380"));
    [
        ("--name", name.to_owned()),
        ("--data-dir", dir.join(name).display().to_string()),
        ("--listen-client-urls", client.clone()),
        ("--advertise-client-urls", client),
        ("--listen-peer-urls", peer.clone()),
        ("--initial-advertise-peer-urls", peer),
        ("--initial-cluster", all.to_owned()),
    ]
    .map(|(flag, value)| format!("{flag}={value}"))
    .to_vec()
}

/// Starts a shell that removes the data when its stdin ends, a little later than the members do.
fn remove_at_end(dir: &std::path::Path) -> ChildStdin {
    let script = r#"trap '' INT TERM HUP; read -r _; sleep 1; rm -rf "$1""#;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script, "sh"])
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut shell = shell.spawn().expect("sh starts");
    let life = shell.stdin.take().expect("it is a pipe");
    std::thread::spawn(move || shell.wait());
    life
}

/// Starts a member below a shell that kills it when its stdin ends.
fn spawn(program: &str, flags: &[String], dir: &std::path::Path) -> (Pid, ChildStdin) {
    std::fs::create_dir_all(dir).expect("a directory for etcd");
    let script = r#"dir=$1; shift; trap '' INT TERM HUP
        "$@" >>"$dir/log" 2>&1 </dev/null & echo $!
        exec >/dev/null 2>&1; read -r _; kill -9 $!; wait $!"#;
    let mut shell = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(dir)
        .arg(program)
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh starts");
    let mut printed = String::new();
    let stdout = shell.stdout.take().expect("it is a pipe");
    BufReader::new(stdout).read_line(&mut printed).expect("sh prints the pid");
    let pid = printed.trim().parse().ok().and_then(Pid::from_raw).expect("a pid");
    let life = shell.stdin.take().expect("it is a pipe");
    std::thread::spawn(move || shell.wait());
    (pid, life)
}

/// Asks the member at `HOST:PORT` through its JSON gateway.
pub fn ask_etcd(address: &str, path: &str, body: &str) -> Option<serde_json::Value> {
    post(address, path, body)
}

fn post(address: &str, path: &str, body: &str) -> Option<serde_json::Value> {
    let mut stream = TcpStream::connect_timeout(&address.parse().ok()?, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    let request = format!(
        "POST /v3/{path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

impl Drop for Etcd {
    fn drop(&mut self) {
        for member in &mut self.members {
            let _ = kill_process(member.pid, Signal::KILL);
            member.life = None;
        }
    }
}

/// Whether no thread of a process runs any more.
fn is_stopped(pid: Pid) -> bool {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())) else { return true };
    tasks.flatten().all(|task| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('T'))
    })
}
