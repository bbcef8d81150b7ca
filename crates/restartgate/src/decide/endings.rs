//! How containers ended, from the engine's events. Events may come twice: after a gap the engine repeats those that it
//! still knows.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::model::engine_kind::EngineKind;
use crate::model::scope::{Ending, Event, EventKind, Seen};

/// From the end of a container to the moment in which it is known who wanted it: an engine reports a stop or kill after the
/// end, and a busy one a while after.
const SETTLE: Duration = Duration::from_secs(3);

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
    /// When it was first known that it does not run.
    down_since: Option<Instant>,
}

impl Noted {
    const RUNNING: Self = Self { seen: Seen::Running, asked: false, ended: false, down_since: None };
    const UNKNOWN: Self = Self { seen: Seen::Never, ..Self::RUNNING };
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

    /// Whether the end of a container was reported, and no start since then.
    pub(crate) fn has_ended(&self, id: &str) -> bool {
        self.by_id.get(id).is_some_and(|noted| noted.ended)
    }

    /// Notes that a container runs now. Where its end was noted, its start was missed.
    pub(crate) fn saw_running(&mut self, id: &str) {
        let noted = self.by_id.entry(id.to_owned()).or_insert(Noted::RUNNING);
        if noted.ended {
            *noted = Noted::RUNNING;
        }
        noted.seen = Seen::Running;
        noted.down_since = None;
    }

    /// When it is known how a container has ended that is not running `now`.
    pub(crate) fn settles_at(&mut self, id: &str, now: Instant) -> Instant {
        let noted = self.by_id.entry(id.to_owned()).or_insert(Noted::UNKNOWN);
        let since = *noted.down_since.get_or_insert(now);
        if noted.asked { since } else { since + SETTLE }
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

impl Ending {
    /// The same ending, as it is known on an engine of this kind. `was_stopped` is what Podman says of the container itself;
    /// its events tell of a kill, and not of a stop.
    pub(crate) const fn known_by(self, kind: EngineKind, was_stopped: bool) -> Self {
        match (self, kind) {
            (Self::Asked, _) | (_, EngineKind::Docker) => self,
            (_, EngineKind::Podman) if was_stopped => Self::Asked,
            (_, EngineKind::Podman) => Self::ByItself,
            (_, EngineKind::PodmanBefore5_4) => Self::Unrecorded(Seen::Never),
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
    fn podman_tells_stops_otherwise_or_not_at_all() {
        use Ending::{Asked, ByItself, Unrecorded};
        let all = [Asked, ByItself, Unrecorded(Seen::Running), Unrecorded(Seen::Never)];
        for ending in all {
            assert_eq!(ending.known_by(EngineKind::Docker, false), ending);
            assert_eq!(ending.known_by(EngineKind::Podman, true), Asked);
        }
        for ending in &all[1..] {
            assert_eq!(ending.known_by(EngineKind::Podman, false), ByItself);
            assert_eq!(ending.known_by(EngineKind::PodmanBefore5_4, false), Unrecorded(Seen::Never));
        }
        assert_eq!(Asked.known_by(EngineKind::PodmanBefore5_4, false), Asked);
    }

    #[test]
    fn who_wanted_an_end_is_known_a_while_after_it() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut endings = after(&[Started, Ended]);
        assert_eq!(
            (endings.settles_at("a", now), endings.settles_at("a", later)),
            (now + SETTLE, now + SETTLE)
        );
        endings.note(&Event { id: "a".into(), kind: AskedToEnd });
        assert_eq!(endings.settles_at("a", later), now, "it is known now");
        endings.note(&Event { id: "a".into(), kind: Started });
        assert_eq!(endings.settles_at("a", later), later + SETTLE, "another end");
        endings.saw_running("a");
        assert_eq!(endings.settles_at("a", now), now + SETTLE);
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
        assert!(!endings.has_ended("a") && after(&[Ended]).has_ended("a"));
        endings.saw_running("b");
        assert_eq!(endings.of("b"), Ending::Unrecorded(Seen::Running));
    }
}
