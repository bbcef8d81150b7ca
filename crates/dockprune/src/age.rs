//! How old something is, and how sure that is.

use std::time::Duration;

use evenkeel_common::Timestamp;

/// A point in time, as well as it is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// It did not happen.
    Never,
    /// Known exactly.
    At(Timestamp),
    /// Known from the engine's words in a listing, such as "3 hours ago".
    Ago(Span),
    /// Not told in the listing: the resource has to be inspected.
    Unread,
    /// Told, and not understood.
    Unknown(String),
}

/// How long ago something was: at least this, and less than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// It was not later.
    pub at_least: Duration,
    /// It was later.
    pub below: Duration,
}

impl Span {
    const fn exactly(age: Duration) -> Self {
        Self { at_least: age, below: age }
    }
}

/// What an age limit says about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It has reached the limit.
    Old,
    /// It has not.
    Young,
    /// The listing is too coarse: inspect it.
    Unsettled,
    /// Its times make no sense: keep it.
    Senseless(String),
}

/// The engine's zero time, which means that it never happened.
const YEAR_ONE: &str = "0001-01-01T00:00:00Z";

/// Parses a time as the engine writes it.
pub fn parse_moment(text: &str) -> Moment {
    if text.is_empty() || text == YEAR_ONE {
        return Moment::Never;
    }
    text.parse().map_or_else(|_| Moment::Unknown(text.to_owned()), Moment::At)
}

/// The age of something made at `created` and last active at `active`: the younger of both counts.
pub fn age(created: &Moment, active: &Moment, now: Timestamp) -> Result<Option<Span>, String> {
    let ages = [since(created, now)?, since(active, now)?];
    if [created, active].contains(&&Moment::Unread) {
        return Ok(None);
    }
    let younger =
        |a: Span, b: Span| Span { at_least: a.at_least.min(b.at_least), below: a.below.min(b.below) };
    ages.into_iter().flatten().reduce(younger).map(Some).ok_or_else(|| "it has no time of creation".into())
}

/// Measures an age against a limit. What is exactly as old as the limit has reached it.
pub fn judge(created: &Moment, active: &Moment, limit: Duration, now: Timestamp) -> Judged {
    // The later moment decides, so a young creation settles it, whatever else is unread.
    match since(created, now) {
        Ok(Some(span)) if limit > span.below => return Judged::Young,
        _ if limit.is_zero() && *active == Moment::Unread => {
            return age(created, &Moment::Never, now).map_or_else(Judged::Senseless, |_| Judged::Old);
        }
        _ => {}
    }
    match age(created, active, now) {
        Err(why) => Judged::Senseless(why),
        Ok(Some(span)) if span.at_least >= limit => Judged::Old,
        Ok(Some(span)) if span.below <= limit => Judged::Young,
        Ok(_) => Judged::Unsettled,
    }
}

fn since(moment: &Moment, now: Timestamp) -> Result<Option<Span>, String> {
    match moment {
        Moment::Never | Moment::Unread => Ok(None),
        Moment::Ago(span) => Ok(Some(*span)),
        Moment::Unknown(text) => Err(format!("its time '{text}' is not understood")),
        Moment::At(at) => {
            let age = Duration::try_from(now.duration_since(*at));
            age.map(|age| Some(Span::exactly(age))).map_err(|_| format!("its time {at} lies in the future"))
        }
    }
}

/// Reads the engine's words for how long ago a container ended ("Exited (0) 3 hours ago") or began ("Up 5 minutes").
///
/// They are rounded in a known way (HumanDuration of docker/go-units), which gives bounds. That spares one call for
/// every container whose bounds settle the matter.
pub fn parse_status(status: &str) -> Option<Span> {
    let words = match status.strip_prefix("Up ") {
        Some(rest) => rest.split(" (").next()?,
        None => status.strip_prefix("Exited (")?.split_once(") ")?.1.strip_suffix(" ago")?,
    };
    parse_human(words)
}

fn parse_human(words: &str) -> Option<Span> {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = |from: u64, below: u64| {
        Some(Span { at_least: Duration::from_secs(from), below: Duration::from_secs(below) })
    };
    match words {
        "Less than a second" => return seconds(0, 1),
        "About a minute" => return seconds(MINUTE, 2 * MINUTE),
        // Its versions differ in whether an hour begins after 60 minutes or after 46.
        "About an hour" => return seconds(46 * MINUTE, 3 * HOUR / 2),
        _ => {}
    }
    let (count, unit) = words.split_once(' ')?;
    let count: u64 = count.parse().ok().filter(|count| *count < 1000)?;
    // Hours are rounded to the nearest; days, weeks and months are cut from such hours.
    let cut = |unit: u64| seconds((count * unit).checked_sub(HOUR / 2)?, (count + 1) * unit);
    match unit {
        "second" | "seconds" => seconds(count, count + 1),
        "minutes" => seconds(count * MINUTE, (count + 1) * MINUTE),
        "hours" => seconds((count * HOUR).checked_sub(HOUR / 2)?, count * HOUR + HOUR / 2),
        "days" => cut(DAY),
        "weeks" => cut(7 * DAY),
        "months" => cut(30 * DAY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const HOUR: Duration = Duration::from_hours(1);

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn ago(age: Duration) -> Moment {
        Moment::At(now() - age)
    }

    fn words(text: &str) -> Moment {
        Moment::Ago(parse_status(text).unwrap())
    }

    #[test]
    fn the_later_moment_counts_and_the_limit_is_reached_exactly_at_it() {
        let ns = Duration::from_nanos(1);
        for (created, active, judged) in [
            (ago(HOUR), Moment::Never, Judged::Old),
            (ago(HOUR.abs_diff(ns)), Moment::Never, Judged::Young),
            (ago(HOUR + ns), Moment::Never, Judged::Old),
            (ago(3 * HOUR), ago(HOUR), Judged::Old),
            (ago(3 * HOUR), ago(HOUR.abs_diff(ns)), Judged::Young),
            (ago(MINUTE), ago(3 * HOUR), Judged::Young),
            (ago(MINUTE), Moment::Unread, Judged::Young),
            (ago(3 * HOUR), Moment::Unread, Judged::Unsettled),
            (ago(3 * HOUR), words("Exited (0) 2 hours ago"), Judged::Old),
            (ago(3 * HOUR), words("Exited (0) About an hour ago"), Judged::Unsettled),
            (ago(3 * HOUR), words("Exited (137) 59 minutes ago"), Judged::Young),
            (ago(MINUTE), words("Exited (0) 2 hours ago"), Judged::Young),
        ] {
            assert_eq!(judge(&created, &active, HOUR, now()), judged, "{created:?} {active:?}");
        }
    }

    #[test]
    fn a_limit_of_zero_needs_no_inspection() {
        assert_eq!(judge(&ago(Duration::ZERO), &Moment::Unread, Duration::ZERO, now()), Judged::Old);
    }

    #[test]
    fn times_without_sense_keep_a_resource() {
        let later = Moment::At(now() + Duration::from_secs(1));
        let garbled = Moment::Unknown("yesterday".into());
        for (created, active) in [
            (later.clone(), Moment::Never),
            (ago(HOUR), later),
            (garbled.clone(), Moment::Never),
            (ago(HOUR), garbled.clone()),
            (garbled, Moment::Unread),
            (Moment::Never, Moment::Never),
        ] {
            let judged = judge(&created, &active, Duration::ZERO, now());
            assert!(matches!(judged, Judged::Senseless(_)), "{created:?} {active:?}: {judged:?}");
        }
    }

    #[test]
    fn moments() {
        assert_eq!(parse_moment("0001-01-01T00:00:00Z"), Moment::Never);
        assert_eq!(
            parse_moment("2026-11-20T13:00:00.5+01:00"),
            Moment::At(now() + Duration::from_millis(500))
        );
        assert_eq!(parse_moment("soon"), Moment::Unknown("soon".into()));
    }

    #[test]
    fn the_words_of_the_engine_give_bounds() {
        for (text, at_least, below) in [
            ("Up Less than a second", Duration::ZERO, Duration::from_secs(1)),
            ("Exited (0) 1 second ago", Duration::from_secs(1), Duration::from_secs(2)),
            ("Up 59 seconds (healthy)", Duration::from_secs(59), MINUTE),
            ("Up About a minute (Paused)", MINUTE, 2 * MINUTE),
            ("Exited (1) 59 minutes ago", 59 * MINUTE, HOUR),
            ("Exited (1) 47 hours ago", 93 * HOUR / 2, 95 * HOUR / 2),
            ("Exited (1) 2 days ago", 95 * HOUR / 2, 72 * HOUR),
            ("Exited (1) 2 weeks ago", 671 * HOUR / 2, 504 * HOUR),
            ("Exited (1) 2 months ago", 2879 * HOUR / 2, 2160 * HOUR),
        ] {
            assert_eq!(parse_status(text), Some(Span { at_least, below }), "{text}");
        }
        for text in ["", "Created", "Dead", "Removal In Progress", "Exited (0)", "Up", "Exited (0) soon ago"]
        {
            assert_eq!(parse_status(text), None, "{text}");
        }
        for text in ["Exited (0) 3 years ago", "Exited (0) -1 hours ago", "Restarting (1) 3 seconds ago"] {
            assert_eq!(parse_status(text), None, "{text}");
        }
    }
}
