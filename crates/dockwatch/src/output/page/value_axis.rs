//! The axis of values: from zero to a round value above the highest one.

use std::time::Duration;

use evenkeel_common::units::{show_duration, show_size};

/// What the values of a plot are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Bytes,
    Count,
    Seconds,
    /// One of the given names, by its number.
    Names(&'static [&'static str]),
}

/// A budget further above the values than this is not on the scale: it would press them to the ground.
const LIMIT_SHOWN: f64 = 1.6;

/// Steps from one tick to the next, at most.
const MAX_STEPS: f64 = 5.0;

/// Round numbers of seconds.
const SECONDS: [f64; 15] =
    [0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];

/// A scale with its ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ValueAxis {
    pub(super) measure: Measure,
    /// The value at the upper end.
    pub(super) top: f64,
    step: f64,
}

impl ValueAxis {
    /// A scale for values up to `highest`, and for a limit that is not far above them.
    pub(super) fn new(measure: Measure, highest: f64, limit: Option<f64>) -> Self {
        if let Measure::Names(names) = measure {
            return Self {
                measure,
                top: f64::from(u32::try_from(names.len()).unwrap_or(1)) - 0.8,
                step: 1.0,
            };
        }
        let shown = limit.filter(|limit| highest <= 0.0 || *limit <= highest * LIMIT_SHOWN);
        let highest = (shown.unwrap_or(0.0).max(highest) * 1.04).max(smallest(measure));
        let step = step(measure, highest / MAX_STEPS);
        Self { measure, top: (highest / step).ceil() * step, step }
    }

    /// Where a value is, from 0 at the lower end to 1.
    pub(super) fn share(self, value: f64) -> f64 {
        value / self.top
    }

    /// The values with labels.
    pub(super) fn ticks(self) -> Vec<(f64, String)> {
        let values = std::iter::successors(Some(0.0), |at| Some(at + self.step));
        // The step may be inexact: half of one is far enough from the end.
        let values = values.take_while(|at| *at <= self.top + self.step / 2.0 && *at <= self.top * 1.001);
        values.map(|at| (at, show(self.measure, at))).collect()
    }
}

/// The least upper end of a scale.
const fn smallest(measure: Measure) -> f64 {
    match measure {
        Measure::Bytes => 1024.0,
        Measure::Seconds => 0.05,
        Measure::Count | Measure::Names(_) => 1.0,
    }
}

/// The smallest round step that is not below `least`.
fn step(measure: Measure, least: f64) -> f64 {
    match measure {
        Measure::Bytes => doubled(1.0, least),
        Measure::Seconds => {
            SECONDS.into_iter().find(|step| *step >= least).unwrap_or_else(|| doubled(3600.0, least))
        }
        Measure::Count | Measure::Names(_) => {
            let decade = 10.0_f64.powf(least.max(1.0).log10().floor());
            [1.0, 2.0, 5.0, 10.0]
                .map(|factor| factor * decade)
                .into_iter()
                .find(|step| *step >= least)
                .unwrap_or(decade)
        }
    }
}

fn doubled(first: f64, least: f64) -> f64 {
    std::iter::successors(Some(first), |step| Some(step * 2.0)).find(|step| *step >= least).unwrap_or(least)
}

/// A value for people.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size or a number for display")]
pub(super) fn show(measure: Measure, value: f64) -> String {
    let whole = value.max(0.0).round() as u64;
    match measure {
        Measure::Bytes if whole == 0 => "0".into(),
        Measure::Bytes => show_size(whole).replace(".0 ", " "),
        Measure::Count => whole.to_string(),
        Measure::Seconds => show_duration(Duration::try_from_secs_f64(value).unwrap_or_default()),
        Measure::Names(names) => {
            let name = usize::try_from(whole).ok().and_then(|number| names.get(number));
            name.map_or_else(String::new, ToString::to_string)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: f64 = 1_073_741_824.0;

    fn labels(measure: Measure, highest: f64, limit: Option<f64>) -> Vec<String> {
        ValueAxis::new(measure, highest, limit).ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_values() {
        assert_eq!(
            labels(Measure::Bytes, 3.1 * GIB, Some(4.0 * GIB)),
            ["0", "1 GiB", "2 GiB", "3 GiB", "4 GiB", "5 GiB"]
        );
        assert_eq!(
            labels(Measure::Bytes, 0.3 * GIB, None),
            ["0", "64 MiB", "128 MiB", "192 MiB", "256 MiB", "320 MiB"]
        );
        assert_eq!(labels(Measure::Count, 17.0, Some(20.0)), ["0", "5", "10", "15", "20", "25"]);
        assert_eq!(labels(Measure::Count, 1.0, None), ["0", "1", "2"]);
        assert_eq!(labels(Measure::Seconds, 290.0, Some(300.0)), ["0s", "2m", "4m", "6m"]);
        assert_eq!(labels(Measure::Names(&["safe", "warning"]), 0.0, None), ["safe", "warning"]);
    }

    #[test]
    fn a_far_limit_does_not_press_the_values_down() {
        let far = ValueAxis::new(Measure::Bytes, 0.3 * GIB, Some(4.0 * GIB));
        assert!(far.top < 0.5 * GIB, "{far:?}");
        assert!(
            ValueAxis::new(Measure::Bytes, 0.0, Some(4.0 * GIB)).top >= 4.0 * GIB,
            "without values the limit alone"
        );
        assert!(ValueAxis::new(Measure::Bytes, 8.0 * GIB, Some(4.0 * GIB)).top >= 8.0 * GIB);
    }

    #[test]
    fn the_highest_value_is_on_every_scale() {
        for measure in [Measure::Bytes, Measure::Count, Measure::Seconds] {
            for exponent in -2..14 {
                let highest = 3.3 * 10.0_f64.powi(exponent);
                let axis = ValueAxis::new(measure, highest, None);
                let ticks = axis.ticks().len();
                assert!(
                    axis.top >= highest && axis.share(highest) <= 1.0 && (2..=7).contains(&ticks),
                    "{axis:?} {ticks}"
                );
            }
        }
    }
}
