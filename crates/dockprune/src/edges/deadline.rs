//! What ends a run early: its deadline, a signal, an engine that is no longer reachable.

use std::cell::Cell;
use std::time::Duration;

use evenkeel_common::signals::Signals;
use tokio::time::Instant;

/// Why nothing further is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The time for the run is over.
    Deadline,
    /// A signal of this number asked for it.
    Signal(u8),
    /// The engine stopped answering.
    EngineGone,
}

impl StopReason {
    /// The reason as a sentence of the report.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Deadline => "the deadline passed first",
            Self::Signal(_) => "interrupted",
            Self::EngineGone => "the engine is no longer reachable",
        }
    }
}

/// The deadline of a run, and what may end it before.
#[derive(Debug)]
pub(crate) struct Deadline {
    at: Instant,
    stopped: Cell<Option<StopReason>>,
}

impl Deadline {
    /// A run that may last this long from now on.
    pub(crate) fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, stopped: Cell::new(None) }
    }

    /// When the time is over.
    pub(crate) const fn at(&self) -> Instant {
        self.at
    }

    /// Why nothing further may be started, if so.
    pub(crate) fn stop_reason(&self) -> Option<StopReason> {
        self.stopped.get().or_else(|| (Instant::now() >= self.at).then_some(StopReason::Deadline))
    }

    /// Notes that the run has to end. The first reason stays.
    pub(crate) fn stop(&self, reason: StopReason) {
        self.stopped.set(self.stopped.get().or(Some(reason)));
    }

    /// Waits for signals. The first one stops the run, which then reports what it did; with the second one this
    /// returns its number, so that the run can be ended at once.
    pub(crate) async fn second_signal(&self) -> u8 {
        // Where signals cannot be caught, they end the process as usual.
        let Ok(mut signals) = Signals::ending() else { return std::future::pending().await };
        self.stop(StopReason::Signal(signals.next().await.number()));
        signals.next().await.number()
    }
}
