//! How long the calls of a collection may take: each for itself, and all together.

use std::time::{Duration, Instant};

/// Limits each call, and ends with the whole collection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    end: Instant,
    per_call: Duration,
}

impl Deadline {
    pub(crate) fn new(total: Duration, per_call: Duration) -> Self {
        Self { end: Instant::now() + total, per_call }
    }

    /// How long a call may take that starts now.
    pub(crate) fn next(&self) -> Duration {
        self.per_call.min(self.end.saturating_duration_since(Instant::now()))
    }
}
