//! Shows on a terminal how far a long run is.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// A line on stderr that is rewritten, after the first second.
#[derive(Debug)]
pub struct Progress {
    begun: Instant,
    shown: bool,
}

const QUIET: Duration = Duration::from_secs(1);

impl Progress {
    /// Nothing shown yet.
    pub fn new() -> Self {
        Self { begun: Instant::now(), shown: false }
    }

    /// So many of so many are done.
    pub fn show(&mut self, done: usize, all: usize) {
        let mut stderr = std::io::stderr();
        if self.begun.elapsed() >= QUIET && stderr.is_terminal() {
            self.shown = true;
            // Progress is a courtesy: where it cannot be written, the run goes on.
            let _ = write!(stderr, "\r\x1b[Kremoving: {done} of {all}");
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
