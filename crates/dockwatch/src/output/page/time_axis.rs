//! The axis of time that all plots and rows of the page share. Times are seconds since the Unix epoch, labels are UTC.

use evenkeel_common::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Distances of ticks that people read easily, in seconds.
const STEPS: [i64; 25] = [
    1,
    2,
    5,
    10,
    15,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    91 * DAY,
    182 * DAY,
    364 * DAY,
];

/// More would touch each other on a screen of usual width.
const MAX_TICKS: i64 = 9;

/// The shortest span; a single record is drawn in its middle.
const MIN_SPAN: f64 = 2.0;

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeAxis {
    pub(super) from: f64,
    pub(super) to: f64,
}

/// A labelled time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    /// Where it is, from 0 to 1.
    pub(super) share: f64,
    pub(super) label: String,
}

impl TimeAxis {
    /// The span of some times; `None` without any.
    pub(super) fn of(times: impl IntoIterator<Item = f64>) -> Option<Self> {
        let ends = |ends: Option<(f64, f64)>, at: f64| {
            Some(ends.map_or((at, at), |(from, to)| (from.min(at), to.max(at))))
        };
        let (from, to) = times.into_iter().fold(None, ends)?;
        let missing = (MIN_SPAN - (to - from)).max(0.0) / 2.0;
        Some(Self { from: from - missing, to: to + missing })
    }

    /// Where a time is, from 0 to 1 for those within the span.
    pub(super) fn share(self, at: f64) -> f64 {
        (at - self.from) / (self.to - self.from)
    }

    /// Whether any of a span of time is on the axis.
    pub(super) fn shows(self, from: f64, to: f64) -> bool {
        to >= self.from && from <= self.to
    }

    /// Round times, at most [`MAX_TICKS`] and one more.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "whole seconds of a date"
    )]
    pub(super) fn ticks(self) -> Vec<Tick> {
        let (from, to) = (self.from.ceil() as i64, self.to.floor() as i64);
        // A record with a wrong date may be centuries away.
        let years = std::iter::successors(Some(2 * 364 * DAY), |step| Some(step * 2));
        let fits = |step: &i64| (to - from) / *step <= MAX_TICKS;
        let step = STEPS.into_iter().chain(years).find(fits).unwrap_or(1);
        let first = from.div_euclid(step) * step;
        let times = (first..=to).step_by(usize::try_from(step).unwrap_or(1)).filter(|at| *at >= from);
        times.map(|at| Tick { share: self.share(at as f64), label: label(at, step) }).collect()
    }
}

/// The time of day, or the date at midnight and where the steps are days.
fn label(at: i64, step: i64) -> String {
    let format = match step {
        _ if step > 28 * DAY => "%-d %b %Y",
        _ if at.rem_euclid(DAY) == 0 => "%-d %b",
        _ if step < MINUTE => "%H:%M:%S",
        _ => "%H:%M",
    };
    Timestamp::from_second(at).map_or_else(|_| String::new(), |at| at.strftime(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24 00:00:00 UTC
    const MIDNIGHT: f64 = 1_795_478_400.0;

    fn labels(from: f64, length: f64) -> Vec<String> {
        let axis = TimeAxis::of([MIDNIGHT + from, MIDNIGHT + from + length]).unwrap();
        axis.ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_times() {
        assert_eq!(
            labels(-7000.0, 14_000.0),
            ["22:30", "23:00", "23:30", "24 Nov", "00:30", "01:00", "01:30"]
        );
        assert_eq!(labels(1.0, 4.0), ["00:00:01", "00:00:02", "00:00:03", "00:00:04", "00:00:05"]);
        assert_eq!(labels(3600.0, 4.0 * 86_400.0)[..3], ["12:00", "25 Nov", "12:00"]);
        assert_eq!(labels(0.0, 7.0 * 86_400.0).len(), 8);
        assert_eq!(labels(0.0, 400.0 * 86_400.0)[0], "21 Jan 2027");
    }

    #[test]
    fn there_are_a_few_ticks_whatever_the_span() {
        for exponent in 0..10 {
            for factor in [1.0, 2.3, 7.7] {
                let length = factor * 10.0_f64.powi(exponent);
                let found = labels(12.5, length).len();
                assert!((1..=10).contains(&found), "{found} ticks for {length} s");
            }
        }
    }

    #[test]
    fn one_time_is_in_the_middle() {
        let axis = TimeAxis::of([MIDNIGHT]).unwrap();
        assert!((axis.share(MIDNIGHT) - 0.5).abs() < 1e-6, "{axis:?}");
        assert_eq!(TimeAxis::of([]), None);
    }
}
