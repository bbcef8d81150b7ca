//! When a take-down that does not end is ended by force: at its deadline, or because a person insists.

use std::time::{Duration, Instant};

/// So many signals within [`BURST`] mean that somebody wants to end the take-down.
const SIGNALS: usize = 3;

/// See [`SIGNALS`].
const BURST: Duration = Duration::from_secs(1);

/// A take-down gets this long all the same: impatient people press keys just as fast, and Docker gives each container
/// 10 seconds to stop (the default of `docker stop`).
pub(super) const GUARANTEED: Duration = Duration::from_secs(30);

/// How long a take-down may take.
#[derive(Debug)]
pub(super) struct TeardownLimit {
    started: Instant,
    deadline: Option<Instant>,
    signals: Vec<Instant>,
    /// Whether everything about its end has been said.
    is_announced: bool,
}

/// What a signal during a take-down leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Response {
    /// It is the first one, and is ignored.
    Ignored,
    /// The take-down will be ended after this time.
    EndsIn(Duration),
    /// Nothing new.
    Silent,
}

impl TeardownLimit {
    /// For a take-down that starts now. Without a time-out it may take as long as it needs.
    pub(super) fn new(now: Instant, timeout: Option<Duration>) -> Self {
        // A time-out beyond the range of the clock is no limit.
        let deadline = timeout.and_then(|timeout| now.checked_add(timeout));
        Self { started: now, deadline, signals: Vec::new(), is_announced: false }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The take-down has been ended by force: what remains is to fetch its exit status.
    pub(super) fn on_terminated(&mut self) {
        self.deadline = None;
        self.is_announced = true;
    }

    pub(super) fn on_signal(&mut self, now: Instant) -> Response {
        let is_first = self.signals.is_empty();
        self.signals.push(now);
        if self.is_announced {
            return Response::Silent;
        }
        let recent = self.signals.iter().rev().take_while(|then| now.duration_since(**then) < BURST).count();
        if recent < SIGNALS {
            return if is_first { Response::Ignored } else { Response::Silent };
        }
        self.is_announced = true;
        let forced = now.max(self.started + GUARANTEED);
        let deadline = self.deadline.map_or(forced, |deadline| deadline.min(forced));
        self.deadline = Some(deadline);
        Response::EndsIn(deadline.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn signals_far_apart_never_end_it() {
        let start = Instant::now();
        let mut limit = TeardownLimit::new(start, None);
        assert_eq!(limit.on_signal(start), Response::Ignored);
        for second in 1..100 {
            assert_eq!(limit.on_signal(start + ms(500 * second)), Response::Silent);
        }
        assert_eq!(limit.deadline(), None);
    }

    #[test]
    fn three_within_a_second_end_it_once_it_had_its_time() {
        let start = Instant::now();
        for (first, ends_in) in [(ms(0), ms(29_001)), (ms(40_000), ms(0))] {
            let mut limit = TeardownLimit::new(start, None);
            let third = start + first + ms(999);
            limit.on_signal(start + first);
            assert_eq!(limit.on_signal(start + first + ms(998)), Response::Silent);
            assert_eq!(limit.on_signal(third), Response::EndsIn(ends_in));
            assert_eq!(limit.deadline(), Some(third + ends_in));
            assert_eq!(limit.on_signal(third), Response::Silent, "it is said once");
        }
    }

    #[test]
    fn a_deadline_is_only_ever_shortened() {
        let start = Instant::now();
        for (timeout, due) in [(ms(5_000), ms(5_000)), (ms(600_000), ms(30_000))] {
            let mut limit = TeardownLimit::new(start, Some(timeout));
            assert_eq!(limit.deadline(), Some(start + timeout));
            for _ in 0..3 {
                limit.on_signal(start);
            }
            assert_eq!(limit.deadline(), Some(start + due));
        }
        assert_eq!(TeardownLimit::new(start, Some(Duration::MAX)).deadline(), None);
        let mut ended = TeardownLimit::new(start, Some(ms(1)));
        ended.on_terminated();
        assert_eq!((ended.deadline(), ended.on_signal(start)), (None, Response::Silent));
    }
}
