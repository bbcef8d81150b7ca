//! What was seen in one half of the experiment. Times are milliseconds since 1970.

use crate::event::{Run, Stack};

pub(crate) type Millis = i64;

/// The time from one moment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) from: Millis,
    pub(crate) to: Millis,
}

impl Interval {
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }

    pub(crate) const fn seconds(self) -> i64 {
        (self.to - self.from) / 1000
    }
}

/// A run that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) run: Run,
    pub(crate) lived: Interval,
    /// 128 + n where it died of signal n.
    pub(crate) code: i32,
    /// Whether the signal of the plan was sent: a run may end before.
    pub(crate) signalled: bool,
}

/// What envlock's history says of a run's hold.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    pub(crate) lock: String,
    pub(crate) run: String,
    pub(crate) held: Interval,
    pub(crate) waited_ms: i64,
    /// done, died, broken or lost.
    pub(crate) end: String,
    pub(crate) code: Option<i64>,
}

impl Hold {
    /// A slot is held before its environment is up, and while its run waits for something else.
    pub(crate) fn is_of_environment(&self) -> bool {
        !self.lock.ends_with("-slots")
    }
}

/// What restartgate's history says of a restart that it let through.
#[derive(Clone, Debug)]
pub(crate) struct GateLine {
    pub(crate) at: Millis,
    pub(crate) service: String,
}

/// A restart of a container, by the engine's events.
#[derive(Clone, Debug)]
pub(crate) struct Restart {
    pub(crate) at: Millis,
    pub(crate) service: String,
}

/// A change of something that nobody should have touched.
#[derive(Clone, Debug)]
pub(crate) struct Touch {
    pub(crate) project: String,
    pub(crate) service: String,
    pub(crate) what: String,
    /// Between two looks.
    pub(crate) when: Interval,
}

/// All that was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) runs: Vec<Ended>,
    /// When dockerd was killed, until it answered again.
    pub(crate) deaths: Vec<Interval>,
    pub(crate) hangs: Vec<Interval>,
    pub(crate) full: Vec<Interval>,
    /// When the engine's socket refused a connection.
    pub(crate) refused: Vec<Millis>,
    /// Containers that ran out of memory.
    pub(crate) out_of_memory: Vec<String>,
    pub(crate) restarts: Vec<Restart>,
    /// Most objects of environments that no run used.
    pub(crate) most_orphans: usize,
    pub(crate) orphans: Vec<String>,
    pub(crate) peak_bytes: u64,
    pub(crate) touches: Vec<Touch>,
    /// Containers run by hand that were gone when their owner removed them.
    pub(crate) lost_by_hand: Vec<String>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) gate: Vec<GateLine>,
}

/// The stack that a Compose project belongs to, also as a dedicated environment.
pub(crate) fn stack_of(project: &str) -> Option<Stack> {
    Stack::ALL.into_iter().find(|stack| {
        let base = stack.project();
        project == base || project.strip_prefix(&base).is_some_and(|rest| rest.starts_with('-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_belongs_to_its_stack_alone() {
        assert_eq!(stack_of("week-shop"), Some(Stack::Shop));
        assert_eq!(stack_of("week-shop-2"), Some(Stack::Shop));
        assert_eq!(stack_of("week-shopping"), None);
        assert_eq!(stack_of("neighbour"), None);
    }

    #[test]
    fn intervals_meet_where_they_share_a_moment() {
        let one = Interval { from: 10, to: 20 };
        assert!(one.meets(Interval { from: 20, to: 30 }));
        assert!(one.meets(Interval { from: 12, to: 13 }));
        assert!(!one.meets(Interval { from: 21, to: 30 }));
    }
}
