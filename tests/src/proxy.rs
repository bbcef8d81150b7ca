//! A proxy in front of an engine's socket: an engine that answers some calls and hangs on others, or a record of calls.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Time between two looks at whether an answer that is kept back may go on.
const LOOK: Duration = Duration::from_millis(5);

/// Passes everything on to an engine and records it, except requests for a given text, which are never answered, or later.
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
    kept: Option<Kept>,
    requests: Mutex<Vec<String>>,
}

/// Answers that the engine has given and nobody has got yet.
#[derive(Debug)]
struct Kept {
    /// What is asked for.
    text: String,
    is_there: AtomicBool,
    may_go: AtomicBool,
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
        Self::start(host, Some((delayed.to_owned(), delay)), None)
    }

    /// A proxy in front of `host` that keeps the answers to requests for `text` back until [`Proxy::let_go`]: what they say
    /// is older than what happened until then.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn keeping(host: &str, text: &str) -> Self {
        let kept =
            Kept { text: text.to_owned(), is_there: AtomicBool::new(false), may_go: AtomicBool::new(false) };
        Self::start(host, None, Some(kept))
    }

    /// Whether an answer is kept back.
    pub fn keeps(&self) -> bool {
        self.route.kept.as_ref().is_some_and(|kept| kept.is_there.load(Ordering::SeqCst))
    }

    /// Lets the answers go that are kept back, and all later ones.
    pub fn let_go(&self) {
        if let Some(kept) = &self.route.kept {
            kept.may_go.store(true, Ordering::SeqCst);
        }
    }

    /// A proxy in front of `host` that passes everything on.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn recording(host: &str) -> Self {
        Self::start(host, None, None)
    }

    /// The first line of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.route.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn start(host: &str, delayed: Option<(String, Duration)>, kept: Option<Kept>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let path = dir.path().join("docker.sock");
        let listener = UnixListener::bind(&path).expect("a socket can be bound");
        let engine = PathBuf::from(host.strip_prefix("unix://").unwrap_or(host));
        let route =
            Arc::new(Route { engine, held: Mutex::default(), delayed, kept, requests: Mutex::default() });
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

fn connect(mut client: UnixStream, route: &Arc<Route>) -> io::Result<()> {
    let engine = open(&route.engine);
    let is_kept = Arc::new(AtomicBool::new(false));
    if let Ok(engine) = &engine {
        let (from, to) = (engine.try_clone()?, client.try_clone()?);
        let (route, is_kept) = (Arc::clone(route), Arc::clone(&is_kept));
        std::thread::spawn(move || answer(from, to, &route, &is_kept));
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
        is_kept.store(route.kept.as_ref().is_some_and(|kept| line.contains(&kept.text)), Ordering::SeqCst);
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

/// Passes answers on; those of a connection that `is_kept` only when they may go.
fn answer(mut from: UnixStream, mut to: UnixStream, route: &Route, is_kept: &AtomicBool) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        if let Some(kept) = route.kept.as_ref().filter(|_| is_kept.load(Ordering::SeqCst)) {
            kept.is_there.store(true, Ordering::SeqCst);
            while !kept.may_go.load(Ordering::SeqCst) {
                std::thread::sleep(LOOK);
            }
        }
        to.write_all(&buffer[..count])?;
    }
}

fn open(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path)
}
