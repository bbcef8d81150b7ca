//! Points in time, as well as the engine tells them.

use std::time::Duration;

use evenkeel_common::Timestamp;

/// A point in time, as well as it is known.
#[derive(Clone, Debug, PartialEq)]
pub enum KnownTime {
    /// It did not happen.
    Never,
    /// The engine gave the exact time.
    At(Timestamp),
    /// Known from the text of a listing, such as "3 hours ago".
    Ago(AgeRange),
    /// Not in the listing: the resource has to be inspected.
    Unread,
    /// In the listing, in a form that cannot be parsed.
    Unparsable(String),
}

impl KnownTime {
    /// The time, if it is known exactly.
    pub(crate) const fn exact(&self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(*at),
            _ => None,
        }
    }
}

/// How long ago something was, between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeRange {
    /// The shortest time that it can be.
    pub at_least: Duration,
    /// It is shorter than this (or exactly this, where both bounds are the same).
    pub below: Duration,
}

/// The engine's zero time, which stands for what never happened.
const YEAR_ONE: &str = "0001-01-01T00:00:00Z";

/// Parses a time in the engine's JSON.
pub(crate) fn parse_time(text: &str) -> KnownTime {
    if text.is_empty() || text == YEAR_ONE {
        return KnownTime::Never;
    }
    text.parse().map_or_else(|_| KnownTime::Unparsable(text.to_owned()), KnownTime::At)
}

/// Parses the status in a listing, which says how long ago a container ended ("Exited (0) 3 hours ago") or began
/// ("Up 5 minutes").
///
/// Such ages are rounded in a known way (HumanDuration of docker/go-units), which gives bounds. That saves one call for
/// every container whose bounds are enough to decide.
pub fn parse_status(status: &str) -> Option<AgeRange> {
    let phrase = match status.strip_prefix("Up ") {
        Some(rest) => rest.split(" (").next()?,
        None => status.strip_prefix("Exited (")?.split_once(") ")?.1.strip_suffix(" ago")?,
    };
    parse_human(phrase)
}

fn parse_human(phrase: &str) -> Option<AgeRange> {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = |from: u64, below: u64| {
        Some(AgeRange { at_least: Duration::from_secs(from), below: Duration::from_secs(below) })
    };
    match phrase {
        "Less than a second" => return seconds(0, 1),
        "About a minute" => return seconds(MINUTE, 2 * MINUTE),
        // Versions of the engine differ in whether this begins after 60 minutes or after 46.
        "About an hour" => return seconds(46 * MINUTE, 3 * HOUR / 2),
        _ => {}
    }
    let (count, unit) = phrase.split_once(' ')?;
    let count: u64 = count.parse().ok().filter(|count| *count < 1000)?;
    // Hours are rounded to the nearest; days, weeks and months are such hours, rounded down.
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

    #[test]
    fn times() {
        assert_eq!(parse_time("0001-01-01T00:00:00Z"), KnownTime::Never);
        assert_eq!(
            parse_time("2026-11-20T13:00:00.5+01:00"),
            KnownTime::At("2026-11-20T12:00:00.5Z".parse().unwrap())
        );
        assert_eq!(parse_time("soon"), KnownTime::Unparsable("soon".into()));
    }

    #[test]
    fn the_status_in_a_listing_gives_bounds() {
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
            assert_eq!(parse_status(text), Some(AgeRange { at_least, below }), "{text}");
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
