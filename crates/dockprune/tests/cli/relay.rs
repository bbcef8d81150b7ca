//! A relay in front of an engine that notes every request, and meddles with some.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::ops::Range;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};

/// The relay; it ends with the test's process.
pub(crate) struct Relay {
    /// Where it listens.
    pub(crate) host: String,
    state: Arc<State>,
    _dir: tempfile::TempDir,
}

struct State {
    engine: String,
    seen: Mutex<Vec<String>>,
    needle: String,
    /// Which of the requests that hold the needle are meddled with.
    which: Range<u32>,
    matched: Mutex<u32>,
    meddling: Meddling,
}

enum Meddling {
    /// Answer it ourselves.
    Answer(String),
    /// Do something just before the engine gets it.
    Before(Box<dyn Fn() + Send + Sync>),
}

impl Relay {
    /// The first `times` requests that hold `needle` get this status from us instead of the engine's answer.
    pub(crate) fn failing(host: &str, needle: &str, times: u32, status: u16) -> Self {
        let body = r#"{"message":"planted"}"#;
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        Self::start(host, needle, 0..times, Meddling::Answer(answer))
    }

    /// Just before the engine gets the first request that holds `needle`, `deed` is done.
    pub(crate) fn before(host: &str, needle: &str, deed: impl Fn() + Send + Sync + 'static) -> Self {
        Self::before_nth(host, needle, 0, deed)
    }

    /// The same with a later one, counted from 0. All others like it wait meanwhile.
    pub(crate) fn before_nth(
        host: &str,
        needle: &str,
        n: u32,
        deed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self::start(host, needle, n..n + 1, Meddling::Before(Box::new(deed)))
    }

    fn start(host: &str, needle: &str, which: Range<u32>, meddling: Meddling) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("docker.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let state = Arc::new(State {
            engine: host.trim_start_matches("unix://").to_owned(),
            seen: Mutex::default(),
            needle: needle.to_owned(),
            which,
            matched: Mutex::new(0),
            meddling,
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(client, &state));
            }
        });
        Self { host: format!("unix://{}", path.display()), state, _dir: dir }
    }

    /// Requests so far that hold these words.
    pub(crate) fn count(&self, words: &str) -> usize {
        self.state.seen.lock().unwrap().iter().filter(|line| line.contains(words)).count()
    }
}

fn serve(mut client: UnixStream, state: &State) -> io::Result<()> {
    let mut engine = UnixStream::connect(&state.engine)?;
    let (mut from, mut to) = (engine.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        // The engine is gone, or done: its client must hear of it.
        to.shutdown(Shutdown::Both)
    });
    let mut buffer = [0; 16 * 1024];
    // dockprune sends no bodies and waits for each answer, so what can be read at once is one request.
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let request = String::from_utf8_lossy(&buffer[..count]);
        let line = request.lines().next().unwrap_or_default().to_owned();
        let mut matched = state.matched.lock().unwrap();
        let holds = line.contains(&state.needle);
        let meddle = holds && state.which.contains(&matched);
        *matched += u32::from(holds);
        state.seen.lock().unwrap().push(line);
        match &state.meddling {
            Meddling::Answer(answer) if meddle => {
                client.write_all(answer.as_bytes())?;
                continue;
            }
            Meddling::Before(deed) if meddle => deed(),
            _ => {}
        }
        drop(matched);
        engine.write_all(&buffer[..count])?;
    }
}
