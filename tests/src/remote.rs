//! Engines that are reached over TCP, TLS and ssh.

use std::io::{self, BufRead, BufReader};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::engine::{run, script};
use crate::{Engine, OwnEngine, root, skip};

/// Certificates for an engine and its clients: `ca`, `server`, `client`, `expired` and `stranger`.
#[derive(Debug)]
pub struct Certificates(tempfile::TempDir);

impl Certificates {
    /// Makes them with openssl. `None` where that is missing; the test is then counted as skipped.
    ///
    /// # Panics
    /// When there is no room for them.
    pub fn make() -> Option<Self> {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let made = run(script("engine.d/certificates", &[]).arg(dir.path()));
        made.inspect_err(|why| skip(why)).ok().map(|_| Self(dir))
    }

    /// The directory of one kind.
    pub fn dir(&self, kind: &str) -> PathBuf {
        self.0.path().join(kind)
    }
}

/// An engine behind TLS on port 2376 of its own network, which [`OwnEngine::inside`] enters.
#[derive(Debug)]
pub struct TlsEngine {
    /// The engine.
    pub engine: OwnEngine,
    /// Its certificates and those of its clients.
    pub certificates: Certificates,
}

impl TlsEngine {
    /// Starts one. `None` where none can be had; the test is then counted as skipped.
    pub fn start() -> Option<Self> {
        let certificates = Certificates::make()?;
        let dockerd = root().join("scripts/engine.d/dockerd-tls");
        let variables = [("DOCKERD", dockerd.as_path()), ("CERTIFICATES", certificates.0.path())];
        let engine = OwnEngine::start_with(&variables)?;
        Some(Self { engine, certificates })
    }
}

/// An engine's socket as a plaintext port of the loopback interface.
#[derive(Debug)]
pub struct Relay {
    /// The port. Its threads end with the test's process.
    pub port: u16,
}

impl Relay {
    /// Starts to pass on.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn to(engine: &Engine) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be bound");
        let port = listener.local_addr().expect("it is bound").port();
        let socket = PathBuf::from(engine.host.strip_prefix("unix://").unwrap_or(&engine.host));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let socket = socket.clone();
                std::thread::spawn(move || pass_on(&client, &socket));
            }
        });
        Self { port }
    }
}

fn pass_on(client: &TcpStream, socket: &Path) -> io::Result<()> {
    let engine = UnixStream::connect(socket)?;
    let (mut from, mut to) = (engine.try_clone()?, client.try_clone()?);
    let back = std::thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        to.shutdown(Shutdown::Both)
    });
    let (mut from, mut to) = (client.try_clone()?, engine);
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)?;
    let _ = back.join();
    Ok(())
}

/// An sshd of the test's own, whose sessions reach an engine.
#[derive(Debug)]
pub struct Sshd {
    /// Its port on the loopback interface.
    pub port: u16,
    dir: tempfile::TempDir,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Sshd {
    /// Starts one whose sessions use this engine and have this `PATH`. `None` where none can be had; the test is then
    /// counted as skipped.
    ///
    /// # Panics
    /// When there is no room for its files.
    pub fn start(engine: &Engine, path: &str) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a port can be bound").port();
        let socket = engine.host.strip_prefix("unix://").unwrap_or(&engine.host);
        let mut command = script("engine.d/sshd", &[]);
        command.arg(dir.path()).args([&port.to_string(), socket, path]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("scripts can be run");
        let stderr = child.stderr.take().expect("it is piped");
        let sshd = Self { port, dir, child, log: Arc::default() };
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        let mut said = Vec::new();
        let listens = |line: String| {
            said.push(line);
            said.last().is_some_and(|line| line.contains("Server listening"))
        };
        if !lines.by_ref().any(listens) {
            skip(&said.join("\n"));
            return None;
        }
        let log = Arc::clone(&sshd.log);
        std::thread::spawn(move || lines.for_each(|line| log.lock().expect("no panic").push(line)));
        Some(sshd)
    }

    /// What it said since it listens.
    ///
    /// # Panics
    /// Never: the lock is held for no longer than a line is added.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }

    /// A file of its client: `client_key`, `known_hosts`, or `bin`, whose ssh uses both.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `PATH` of a client, for whom it is the only host.
    pub fn path(&self) -> String {
        format!("{}:{}", self.file("bin").display(), std::env::var("PATH").unwrap_or_default())
    }

    /// URL of the engine, as this user.
    ///
    /// # Panics
    /// When there is no `id`.
    pub fn url(&self) -> String {
        let user = Command::new("id").arg("-un").output().expect("id can be run").stdout;
        format!("ssh://{}@127.0.0.1:{}", String::from_utf8_lossy(&user).trim(), self.port)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
