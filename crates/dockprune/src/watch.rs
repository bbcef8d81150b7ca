//! What ends a run early: the deadline, a signal, an engine that went away.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// Why nothing further is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The time is up.
    Deadline,
    /// A signal asked for it.
    Signal(u8),
    /// The engine stopped answering.
    EngineGone,
}

impl End {
    /// The same in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Deadline => "the deadline struck first",
            Self::Signal(_) => "interrupted",
            Self::EngineGone => "the engine went away",
        }
    }
}

/// Watches for the end of a run.
#[derive(Debug)]
pub struct Watch {
    deadline: Instant,
    end: Cell<Option<End>>,
}

impl Watch {
    /// A run that may last this long from now on.
    pub fn new(limit: Duration) -> Self {
        Self { deadline: Instant::now() + limit, end: Cell::new(None) }
    }

    /// Why nothing further may begin, if so.
    pub fn end(&self) -> Option<End> {
        self.end.get().or_else(|| (Instant::now() >= self.deadline).then_some(End::Deadline))
    }

    /// Notes that the run has to end. The first reason stays.
    pub fn end_with(&self, end: End) {
        self.end.set(self.end.get().or(Some(end)));
    }

    /// When the time is up.
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Waits for signals: the first ends the run in good order, with the second this returns, to end it at once.
    pub async fn signals(&self) -> u8 {
        let first = next_signal().await;
        self.end_with(End::Signal(first));
        next_signal().await
    }
}

/// Numbers of SIGINT and SIGTERM.
const INT: u8 = 2;
#[cfg(unix)]
const TERM: u8 = 15;

#[cfg(unix)]
async fn next_signal() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => INT,
        _ = terminate.recv() => TERM,
    }
}

#[cfg(not(unix))]
async fn next_signal() -> u8 {
    let _ = tokio::signal::ctrl_c().await;
    INT
}
