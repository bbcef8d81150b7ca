//! How containers ended, from the engine's events. Events may come twice: after a gap the engine repeats those that it
//! still knows.

use std::collections::HashMap;

use crate::model::scope::{Ending, Event, EventKind, Seen};

/// What is known of the last process of each container.
#[derive(Debug, Default)]
pub(crate) struct Endings {
    by_id: HashMap<String, Noted>,
}

#[derive(Clone, Copy, Debug)]
struct Noted {
    seen: Seen,
    /// Somebody asked for its end.
    asked: bool,
    ended: bool,
}

impl Noted {
    const RUNNING: Self = Self { seen: Seen::Running, asked: false, ended: false };
    const UNKNOWN: Self = Self { seen: Seen::Never, asked: false, ended: false };
}

impl Endings {
    /// Notes an event.
    pub(crate) fn note(&mut self, event: &Event) {
        let noted = || self.by_id.get(&event.id).copied().unwrap_or(Noted::UNKNOWN);
        let now = match event.kind {
            EventKind::Started => Noted::RUNNING,
            EventKind::AskedToEnd => Noted { asked: true, ..noted() },
            EventKind::Ended => Noted { ended: true, ..noted() },
            EventKind::HealthChanged => return,
            EventKind::Removed => {
                self.by_id.remove(&event.id);
                return;
            }
        };
        self.by_id.insert(event.id.clone(), now);
    }

    /// Notes that a container runs now. Where its end was noted, its start was missed.
    pub(crate) fn saw_running(&mut self, id: &str) {
        let noted = self.by_id.entry(id.to_owned()).or_insert(Noted::RUNNING);
        if noted.ended {
            *noted = Noted::RUNNING;
        }
        noted.seen = Seen::Running;
    }

    /// How the last process of a container ended, which does not run now.
    pub(crate) fn of(&self, id: &str) -> Ending {
        match self.by_id.get(id) {
            Some(Noted { asked: true, .. }) => Ending::Asked,
            Some(Noted { ended: true, .. }) => Ending::ByItself,
            Some(Noted { seen, .. }) => Ending::Unrecorded(*seen),
            None => Ending::Unrecorded(Seen::Never),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EventKind::{AskedToEnd, Ended, HealthChanged, Removed, Started};

    fn after(kinds: &[EventKind]) -> Endings {
        let mut endings = Endings::default();
        for &kind in kinds {
            endings.note(&Event { id: "a".into(), kind });
        }
        endings
    }

    #[test]
    fn how_it_ended() {
        let cases: &[(&[EventKind], Ending)] = &[
            (&[], Ending::Unrecorded(Seen::Never)),
            (&[Started], Ending::Unrecorded(Seen::Running)),
            (&[Started, Ended], Ending::ByItself),
            // Its start is older than what the engine remembers.
            (&[Ended], Ending::ByItself),
            (&[Started, AskedToEnd, Ended], Ending::Asked),
            // The engine reports a stop after the end.
            (&[Started, Ended, AskedToEnd], Ending::Asked),
            (&[AskedToEnd, Ended, AskedToEnd, Started, HealthChanged, Ended], Ending::ByItself),
            (&[Started, AskedToEnd, Ended, Removed], Ending::Unrecorded(Seen::Never)),
        ];
        for (kinds, ending) in cases {
            assert_eq!(after(kinds).of("a"), *ending, "{kinds:?}");
            let twice = [*kinds, *kinds].concat();
            if kinds.first() == Some(&Started) {
                assert_eq!(after(&twice).of("a"), *ending, "repeated: {kinds:?}");
            }
        }
    }

    #[test]
    fn a_missed_start_and_a_missed_end() {
        let mut endings = after(&[Started, AskedToEnd, Ended]);
        endings.saw_running("a");
        assert_eq!(endings.of("a"), Ending::Unrecorded(Seen::Running));
        // It was asked to end and does not do so yet.
        let mut endings = after(&[Started, AskedToEnd]);
        endings.saw_running("a");
        assert_eq!(endings.of("a"), Ending::Asked);
        endings.saw_running("b");
        assert_eq!(endings.of("b"), Ending::Unrecorded(Seen::Running));
    }
}
