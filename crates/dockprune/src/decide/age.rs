//! How old something is, and what an age limit says about it.

use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::units::show_duration;

use crate::model::known_time::{AgeRange, KnownTime};
use crate::model::resource::Resource;

/// What an age limit says about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AgeVerdict {
    /// It has reached the limit.
    Old,
    /// It has not reached the limit.
    Young,
    /// The times in the listing are too coarse to tell.
    NeedsInspection,
    /// Its times cannot be right: keep it.
    InvalidTime(String),
}

/// The age of something made at `created` and last active at `active`: the later of both counts. `None` where one of
/// them is not known yet.
pub(crate) fn age(
    created: &KnownTime,
    active: &KnownTime,
    now: Timestamp,
) -> Result<Option<AgeRange>, String> {
    let ages = [since(created, now)?, since(active, now)?];
    if [created, active].contains(&&KnownTime::Unread) {
        return Ok(None);
    }
    let younger = |a: AgeRange, b: AgeRange| AgeRange {
        at_least: a.at_least.min(b.at_least),
        below: a.below.min(b.below),
    };
    ages.into_iter().flatten().reduce(younger).map(Some).ok_or_else(|| "it has no time of creation".into())
}

/// The age of a resource in seconds, at least; `None` where it is not known.
pub(crate) fn whole_seconds(resource: &Resource, now: Timestamp) -> Option<u64> {
    let age = age(&resource.created, &resource.active, now).ok().flatten()?;
    Some(age.at_least.as_secs())
}

/// Compares an age with a limit. What is exactly as old as the limit has reached it.
pub(crate) fn compare(
    created: &KnownTime,
    active: &KnownTime,
    limit: Duration,
    now: Timestamp,
) -> AgeVerdict {
    // The later time decides, so a recent creation is enough, whatever else is unread.
    match since(created, now) {
        Ok(Some(range)) if limit > range.below => return AgeVerdict::Young,
        _ if limit.is_zero() && *active == KnownTime::Unread => {
            return age(created, &KnownTime::Never, now)
                .map_or_else(AgeVerdict::InvalidTime, |_| AgeVerdict::Old);
        }
        _ => {}
    }
    match age(created, active, now) {
        Err(cause) => AgeVerdict::InvalidTime(cause),
        Ok(Some(range)) if range.at_least >= limit => AgeVerdict::Old,
        Ok(Some(range)) if range.below <= limit => AgeVerdict::Young,
        Ok(_) => AgeVerdict::NeedsInspection,
    }
}

/// What a resource last did, as a word that reads before "2h ago".
pub(super) fn last_event(resource: &Resource) -> &'static str {
    match resource.container() {
        _ if matches!(resource.active, KnownTime::Never | KnownTime::Unread) => "created",
        None if resource.cache_record().is_some() => "last used",
        None => "tagged",
        Some(container) if container.state.is_live() => "started",
        Some(_) => "exited",
    }
}

/// The age as text; of an age between two bounds, the lower one.
pub(super) fn show_age(resource: &Resource, now: Timestamp) -> String {
    let active = if resource.active == KnownTime::Unread { &KnownTime::Never } else { &resource.active };
    match age(&resource.created, active, now) {
        Ok(Some(range)) => show_duration(range.at_least),
        _ => "?".into(),
    }
}

fn since(time: &KnownTime, now: Timestamp) -> Result<Option<AgeRange>, String> {
    match time {
        KnownTime::Never | KnownTime::Unread => Ok(None),
        KnownTime::Ago(range) => Ok(Some(*range)),
        KnownTime::Unparsable(text) => Err(format!("its time '{text}' cannot be parsed")),
        KnownTime::At(at) => {
            let age = Duration::try_from(now.duration_since(*at));
            age.map(|age| Some(AgeRange { at_least: age, below: age }))
                .map_err(|_| format!("its time {at} lies in the future"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::known_time::parse_status;
    use crate::testing::now;

    const MINUTE: Duration = Duration::from_mins(1);
    const HOUR: Duration = Duration::from_hours(1);

    fn ago(age: Duration) -> KnownTime {
        KnownTime::At(now() - age)
    }

    fn status(text: &str) -> KnownTime {
        KnownTime::Ago(parse_status(text).unwrap())
    }

    #[test]
    fn the_later_time_counts_and_the_limit_is_reached_exactly_at_it() {
        let ns = Duration::from_nanos(1);
        for (created, active, verdict) in [
            (ago(HOUR), KnownTime::Never, AgeVerdict::Old),
            (ago(HOUR.abs_diff(ns)), KnownTime::Never, AgeVerdict::Young),
            (ago(HOUR + ns), KnownTime::Never, AgeVerdict::Old),
            (ago(3 * HOUR), ago(HOUR), AgeVerdict::Old),
            (ago(3 * HOUR), ago(HOUR.abs_diff(ns)), AgeVerdict::Young),
            (ago(MINUTE), ago(3 * HOUR), AgeVerdict::Young),
            (ago(MINUTE), KnownTime::Unread, AgeVerdict::Young),
            (ago(3 * HOUR), KnownTime::Unread, AgeVerdict::NeedsInspection),
            (ago(3 * HOUR), status("Exited (0) 2 hours ago"), AgeVerdict::Old),
            (ago(3 * HOUR), status("Exited (0) About an hour ago"), AgeVerdict::NeedsInspection),
            (ago(3 * HOUR), status("Exited (137) 59 minutes ago"), AgeVerdict::Young),
            (ago(MINUTE), status("Exited (0) 2 hours ago"), AgeVerdict::Young),
        ] {
            assert_eq!(compare(&created, &active, HOUR, now()), verdict, "{created:?} {active:?}");
        }
    }

    #[test]
    fn a_limit_of_zero_needs_no_inspection() {
        assert_eq!(compare(&ago(Duration::ZERO), &KnownTime::Unread, Duration::ZERO, now()), AgeVerdict::Old);
    }

    #[test]
    fn invalid_times_keep_a_resource() {
        let later = KnownTime::At(now() + Duration::from_secs(1));
        let unparsable = KnownTime::Unparsable("yesterday".into());
        for (created, active) in [
            (later.clone(), KnownTime::Never),
            (ago(HOUR), later),
            (unparsable.clone(), KnownTime::Never),
            (ago(HOUR), unparsable.clone()),
            (unparsable, KnownTime::Unread),
            (KnownTime::Never, KnownTime::Never),
        ] {
            let verdict = compare(&created, &active, Duration::ZERO, now());
            assert!(matches!(verdict, AgeVerdict::InvalidTime(_)), "{created:?} {active:?}: {verdict:?}");
        }
    }
}
