//! A proxy in front of an engine's socket: an engine that answers some calls and hangs on others, or a record of calls.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Passes everything on to an engine and records it, except requests for a given text, which are never answered.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens, as `DOCKER_HOST` has it.
    pub host: String,
    route: Arc<Route>,
    // Removes the socket; the threads end with the test's process.
    _dir: tempfile::TempDir,
}

#[derive(Debug)]
struct Route {
    engine: PathBuf,
    /// `None` holds nothing.
    held: Mutex<Option<String>>,
    /// Requests for this text are passed on this much later.
    delayed: Option<(String, Duration)>,
    requests: Mutex<Vec<String>>,
}

impl Proxy {
    /// A proxy in front of `host` (`unix://…`) that never answers requests for `held`; `"/"` holds all.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn holding(host: &str, held: &str) -> Self {
        let proxy = Self::recording(host);
        proxy.hold(held);
        proxy
    }

    /// From now on requests for `held` are never answered.
    pub fn hold(&self, held: &str) {
        *self.route.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held.to_owned());
    }

    /// A proxy in front of `host` that passes requests for `delayed` on only after `delay`.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn delaying(host: &str, delayed: &str, delay: Duration) -> Self {
        Self::start(host, Some((delayed.to_owned(), delay)))
    }

    /// A proxy in front of `host` that passes everything on.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn recording(host: &str) -> Self {
        Self::start(host, None)
    }

    /// The first line of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.route.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn start(host: &str, delayed: Option<(String, Duration)>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let path = dir.path().join("docker.sock");
        let listener = UnixListener::bind(&path).expect("a socket can be bound");
        let engine = PathBuf::from(host.strip_prefix("unix://").unwrap_or(host));
        let route = Arc::new(Route { engine, held: Mutex::default(), delayed, requests: Mutex::default() });
        let served = Arc::clone(&route);
        std::thread::spawn(move || serve(&listener, &served));
        Self { host: format!("unix://{}", path.display()), route, _dir: dir }
    }
}

fn serve(listener: &UnixListener, route: &Arc<Route>) {
    for client in listener.incoming().flatten() {
        let route = Arc::clone(route);
        std::thread::spawn(move || connect(client, &route));
    }
}

fn connect(mut client: UnixStream, route: &Route) -> io::Result<()> {
    let engine = open(&route.engine);
    if let Ok(engine) = &engine {
        let (mut from, mut to) = (engine.try_clone()?, client.try_clone()?);
        std::thread::spawn(move || io::copy(&mut from, &mut to));
    }
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let line = buffer[..count].split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        let delay = route.delayed.as_ref().filter(|(text, _)| line.contains(text)).map(|(_, delay)| *delay);
        let held = route.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_held = held.is_some_and(|held| line.contains(&held));
        if line.ends_with(" HTTP/1.1") {
            route.requests.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
        if is_held {
            // Until the client gives up.
            while client.read(&mut buffer)? > 0 {}
            return Ok(());
        }
        if let Some(delay) = delay {
            std::thread::sleep(delay);
        }
        engine.as_ref().map_err(|e| io::Error::from(e.kind()))?.write_all(&buffer[..count])?;
    }
}

fn open(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path)
}
