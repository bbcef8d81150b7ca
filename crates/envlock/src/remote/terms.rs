//! The times that keep two owners apart.
//!
//! Let a ticket be deleted at time t by anybody but its owner, for whatever reason. Each renewal that the owner trusted
//! began before t, because a linearizable read that came after it still found the ticket. So the owner's last command is
//! dead by t + trust·(1+ρ) + kill, where ρ is how much two hosts' clocks differ in speed. Whoever comes next has seen the
//! marker without its ticket at t or later, and takes over no earlier than takeover·(1−ρ) after that. With ρ = 1 %:
//! 0.99·ttl > 0.909·ttl, for every ttl from [`LEAST`] on. No times of day are compared, and nothing rests on when the
//! store ends a lease.

use std::time::Duration;

/// The shortest lease time.
pub(crate) const LEAST: Duration = Duration::from_secs(5);

/// The longest lease time.
pub(crate) const MOST: Duration = Duration::from_mins(5);

/// The longest time that processes may take to end after SIGKILL.
pub(crate) const KILL: Duration = Duration::from_millis(500);

/// How long giving a lock back is tried.
pub(crate) const RETURN_LIMIT: Duration = Duration::from_secs(5);

/// The times that follow from the lease time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    ttl: Duration,
}

impl Terms {
    /// From the time that the lease was asked for, within [`LEAST`] and [`MOST`].
    pub(crate) fn new(ttl: Duration) -> Self {
        Self { ttl: ttl.clamp(LEAST, MOST) }
    }

    /// How long the store keeps a ticket that is not renewed, in whole seconds.
    pub(crate) fn ttl(self) -> Duration {
        self.ttl
    }

    /// How long after the start of a renewal its owner may be inside.
    pub(crate) fn trust(self) -> Duration {
        (self.ttl * 9 / 10).saturating_sub(KILL)
    }

    /// How long before the end of that time the command gets SIGTERM; it gets SIGKILL at its end.
    pub(crate) fn grace(self) -> Duration {
        Duration::from_secs(4).min(self.trust() / 3)
    }

    /// For how long renewals may fail before the command gets SIGTERM.
    pub(crate) fn silence(self) -> Duration {
        self.trust().saturating_sub(self.grace())
    }

    /// From one renewal to the next.
    pub(crate) fn renewal(self) -> Duration {
        self.ttl / 5
    }

    /// The same for those that wait: rarer, for they are many. Whoever enters renews as often as the others from then on.
    pub(crate) fn renewal_in_queue(self) -> Duration {
        self.ttl / 2
    }

    /// How long a watch is trusted to report what happens: a member that is cut off reports nothing.
    pub(crate) fn watch(self) -> Duration {
        self.ttl * 2 / 3
    }

    /// How long a marker without a ticket is respected, from the time that it was first seen so.
    pub(crate) fn takeover(self) -> Duration {
        self.ttl
    }

    /// How long a single call to one member may take.
    pub(crate) fn call_limit(self) -> Duration {
        self.renewal().min(Duration::from_secs(3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_over_before_the_last_command_is_dead() {
        for seconds in 5..=300 {
            let terms = Terms::new(Duration::from_secs(seconds));
            let dead = terms.trust().mul_f64(1.01) + KILL;
            assert!(terms.takeover().mul_f64(0.99) > dead, "{seconds} s");
            assert!(terms.grace() + terms.renewal() * 2 < terms.trust(), "{seconds} s: one renewal may fail");
        }
    }
}
