//! How containers ended, from the engine's events. Events may come twice: after a gap the engine repeats those that it
//! still knows.

use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use evenkeel_common::Timestamp;

use crate::model::engine_kind::EngineKind;
use crate::model::scope::{Ending, Event, EventKind, Seen};

/// From the end of a container to the moment in which it is known who wanted it: an engine reports a stop or kill after the
/// end, and a busy one a while after.
const SETTLE: Duration = Duration::from_secs(3);

/// What is known of the last process of each container.
#[derive(Debug, Default)]
pub(crate) struct Endings {
    by_id: HashMap<String, Noted>,
    /// When the engine began to serve; `None` where that is not known.
    engine_began: Option<Timestamp>,
    /// Since when the engine does not answer; `None` where it does.
    engine_lost: Option<Timestamp>,
    /// From the loss of the engine to the time at which it began to serve again, the last time that it began anew.
    away: Option<Range<Timestamp>>,
}

#[derive(Clone, Copy, Debug)]
struct Noted {
    seen: Seen,
    asked: Asker,
    ended: bool,
    /// When it was first known that it does not run.
    down_since: Option<Instant>,
}

/// Who asked for the end of a container. A person's will is never outdone by what the engine does later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asker {
    Nobody,
    /// The engine itself.
    Engine,
    Somebody,
}

impl Noted {
    const RUNNING: Self = Self { seen: Seen::Running, asked: Asker::Nobody, ended: false, down_since: None };
    const UNKNOWN: Self = Self { seen: Seen::Never, ..Self::RUNNING };
}

impl Endings {
    /// Notes that the engine does not answer.
    pub(crate) fn engine_lost(&mut self, at: Timestamp) {
        self.engine_lost.get_or_insert(at);
    }

    /// Notes when the engine began to serve, before what it tells of that time is noted.
    pub(crate) fn engine_began(&mut self, at: Option<Timestamp>) {
        self.engine_began = at;
        // One that has hung, and one that a network has hidden, began before.
        if let (Some(lost), Some(began)) = (self.engine_lost.take(), at)
            && lost < began
        {
            self.away = Some(lost..began);
        }
    }

    /// Notes an event.
    pub(crate) fn note(&mut self, event: &Event) {
        let noted = || self.by_id.get(&event.id).copied().unwrap_or(Noted::UNKNOWN);
        let now = match event.kind {
            EventKind::Started => Noted::RUNNING,
            EventKind::AskedToEnd => Noted { asked: noted().asked.max(self.asked_by(event)), ..noted() },
            EventKind::Ended => Noted { ended: true, ..noted() },
            EventKind::HealthChanged => return,
            EventKind::Removed => {
                self.by_id.remove(&event.id);
                return;
            }
        };
        self.by_id.insert(event.id.clone(), now);
    }

    /// Who asked for the end. An engine forgets all events with its own end: one that it tells of a time at which it did not
    /// serve anybody is of its own doing. So it ends what outlived its crash.
    fn asked_by(&self, event: &Event) -> Asker {
        match (event.at, self.engine_began) {
            (Some(at), Some(began)) if at < began => Asker::Engine,
            _ => Asker::Somebody,
        }
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
        if noted.asked == Asker::Nobody { since + SETTLE } else { since }
    }

    /// How the last process of a container ended, which does not run now. A busy engine has forgotten the events of its
    /// beginning before it can be asked for them; then the time of the end tells.
    pub(crate) fn of(&self, id: &str, finished_at: Option<Timestamp>) -> Ending {
        let was_away = || self.away.as_ref().zip(finished_at).is_some_and(|(away, at)| away.contains(&at));
        match self.by_id.get(id) {
            Some(Noted { asked: Asker::Somebody, .. }) => Ending::Asked,
            Some(Noted { asked: Asker::Engine, .. }) => Ending::ByEngine,
            Some(Noted { ended: true, .. }) => Ending::ByItself,
            Some(Noted { seen: Seen::Running, .. }) if was_away() => Ending::WhileAway,
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
            (Self::Asked | Self::ByEngine, _) | (_, EngineKind::Docker) => self,
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
            endings.note(&Event { id: "a".into(), kind, at: None });
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
            assert_eq!(after(kinds).of("a", None), *ending, "{kinds:?}");
            let twice = [*kinds, *kinds].concat();
            if kinds.first() == Some(&Started) {
                assert_eq!(after(&twice).of("a", None), *ending, "repeated: {kinds:?}");
            }
        }
    }

    /// After events at these seconds, of an engine that began at another one.
    fn after_at(endings: &mut Endings, began: i64, events: &[(i64, EventKind)]) -> Ending {
        let at = |second| Timestamp::from_second(second).ok();
        endings.engine_began(at(began));
        for &(second, kind) in events {
            endings.note(&Event { id: "a".into(), kind, at: at(second) });
        }
        endings.of("a", None)
    }

    #[test]
    fn what_an_engine_ends_before_it_serves_anybody_is_its_own_doing() {
        let stop = [AskedToEnd, Ended, AskedToEnd];
        let at = |seconds: [i64; 3]| [0, 1, 2].map(|n| (seconds[n], stop[n]));
        let first = |began, events: &[(i64, EventKind)]| after_at(&mut Endings::default(), began, events);
        assert_eq!(first(10, &at([7, 8, 9])), Ending::ByEngine);
        assert_eq!(first(10, &at([10, 11, 12])), Ending::Asked, "from the moment at which it serves");
        assert_eq!(
            first(10, &[(7, AskedToEnd), (8, Ended), (11, Started)]),
            Ending::Unrecorded(Seen::Running)
        );
        assert_eq!(first(10, &[(7, AskedToEnd), (8, Ended), (11, Started), (12, Ended)]), Ending::ByItself);
        let mut unknown = after(&stop);
        assert_eq!(unknown.of("a", None), Ending::Asked, "when it began is not known");
        // It settles at once: who wanted it is known.
        let mut ended = Endings::default();
        after_at(&mut ended, 10, &at([7, 8, 9]));
        let now = Instant::now();
        assert_eq!((ended.settles_at("a", now), unknown.settles_at("a", now)), (now, now));
    }

    #[test]
    fn what_a_person_stopped_before_a_crash_stays_his() {
        let mut endings = Endings::default();
        assert_eq!(
            after_at(&mut endings, 10, &[(11, Started), (12, AskedToEnd), (13, Ended)]),
            Ending::Asked
        );
        assert_eq!(after_at(&mut endings, 20, &[]), Ending::Asked, "the engine has begun again");
        // It did not end in time, and the engine ended it when it began again.
        let mut endings = Endings::default();
        after_at(&mut endings, 10, &[(11, Started), (12, AskedToEnd)]);
        assert_eq!(after_at(&mut endings, 20, &[(18, AskedToEnd), (19, Ended)]), Ending::Asked);
    }

    #[test]
    fn what_ended_while_the_engine_was_away_is_told_by_the_time_of_its_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut endings = after(&[Started]);
        endings.engine_began(Some(at(10)));
        endings.engine_lost(at(20));
        endings.engine_lost(at(24));
        endings.engine_began(Some(at(30)));
        let running = Ending::Unrecorded(Seen::Running);
        let of = |endings: &Endings, second| endings.of("a", Some(at(second)));
        assert_eq!([20, 29].map(|end| of(&endings, end)), [Ending::WhileAway; 2]);
        assert_eq!([19, 30].map(|end| of(&endings, end)), [running; 2]);
        assert_eq!(endings.of("a", None), running);
        assert_eq!(endings.of("b", Some(at(25))), Ending::Unrecorded(Seen::Never));
        // It has hung since then, and did not begin anew.
        endings.engine_lost(at(40));
        endings.engine_began(Some(at(30)));
        assert_eq!((of(&endings, 25), of(&endings, 45)), (Ending::WhileAway, running));
        // Events tell more.
        endings.note(&Event { id: "a".into(), kind: Ended, at: None });
        assert_eq!(of(&endings, 25), Ending::ByItself);
        endings.note(&Event { id: "a".into(), kind: AskedToEnd, at: None });
        assert_eq!(of(&endings, 25), Ending::Asked);
    }

    #[test]
    fn podman_tells_stops_otherwise_or_not_at_all() {
        use Ending::{Asked, ByItself, Unrecorded};
        assert_eq!(Ending::ByEngine.known_by(EngineKind::Docker, false), Ending::ByEngine);
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
        endings.note(&Event { id: "a".into(), kind: AskedToEnd, at: None });
        assert_eq!(endings.settles_at("a", later), now, "it is known now");
        endings.note(&Event { id: "a".into(), kind: Started, at: None });
        assert_eq!(endings.settles_at("a", later), later + SETTLE, "another end");
        endings.saw_running("a");
        assert_eq!(endings.settles_at("a", now), now + SETTLE);
    }

    #[test]
    fn a_missed_start_and_a_missed_end() {
        let mut endings = after(&[Started, AskedToEnd, Ended]);
        endings.saw_running("a");
        assert_eq!(endings.of("a", None), Ending::Unrecorded(Seen::Running));
        // It was asked to end and does not do so yet.
        let mut endings = after(&[Started, AskedToEnd]);
        endings.saw_running("a");
        assert_eq!(endings.of("a", None), Ending::Asked);
        assert!(!endings.has_ended("a") && after(&[Ended]).has_ended("a"));
        endings.saw_running("b");
        assert_eq!(endings.of("b", None), Ending::Unrecorded(Seen::Running));
    }
}
