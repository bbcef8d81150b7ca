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

    /// How long a call may take that starts now, in whole milliseconds, because errors show it.
    pub(crate) fn next(&self) -> Duration {
        let left = self.per_call.min(self.end.saturating_duration_since(Instant::now()));
        Duration::from_millis(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
    }
}
