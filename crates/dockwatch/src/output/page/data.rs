//! What the script of the page shows at a moment: values of samples, and texts of bars.

use serde::Serialize;

use crate::history::records::SampleRecord;

use super::lane::Lane;
use super::markup::seconds;
use super::plots::{LEVELS, level_number};
use super::series::PARTS;
use super::time_axis::TimeAxis;

/// Bars of each row that have a text, the newest ones.
pub(super) const MOST_BARS: usize = 250;

/// The data; times are milliseconds since the Unix epoch.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    from: i64,
    to: i64,
    levels: [&'static str; 4],
    samples: Vec<Values>,
    lanes: Vec<LaneData<'a>>,
}

/// Time, memory, level by number (-1 where the engine did not answer), containers, free disk space.
type Values = (i64, Option<u64>, Option<i8>, Option<u64>, Option<u64>);

#[derive(Serialize)]
struct LaneData<'a> {
    name: &'a str,
    category: Option<usize>,
    /// From, to, text.
    bars: Vec<(i64, i64, &'a str)>,
}

impl<'a> Data<'a> {
    pub(super) fn new(samples: &[SampleRecord], lanes: &'a [Lane], axis: TimeAxis) -> Self {
        Self {
            from: millis(axis.from),
            to: millis(axis.to),
            levels: LEVELS,
            samples: highest(samples, axis).into_iter().map(values).collect(),
            lanes: lanes.iter().map(|lane| lane_data(lane, axis)).collect(),
        }
    }
}

fn lane_data(lane: &Lane, axis: TimeAxis) -> LaneData<'_> {
    let shown = lane.bars.iter().filter(|bar| axis.shows(bar.from, bar.to));
    let bars = shown.rev().take(MOST_BARS).map(|bar| (millis(bar.from), millis(bar.to), bar.text.as_str()));
    LaneData { name: &lane.name, category: lane.category, bars: bars.collect() }
}

/// Of each part of the axis the sample with the most memory.
fn highest(samples: &[SampleRecord], axis: TimeAxis) -> Vec<&SampleRecord> {
    let part = |sample: &SampleRecord| (axis.share(seconds(sample.at)) * PARTS).floor();
    let mut found: Vec<&SampleRecord> = Vec::new();
    for sample in samples {
        match found.last_mut() {
            Some(last) if part(last) >= part(sample) => {
                if sample.memory_working_set_bytes > last.memory_working_set_bytes {
                    *last = sample;
                }
            }
            _ => found.push(sample),
        }
    }
    found
}

#[expect(clippy::cast_possible_truncation, reason = "one of four levels")]
fn values(sample: &SampleRecord) -> Values {
    let level = if sample.healthy { level_number(sample).map(|level| level as i8) } else { Some(-1) };
    (
        sample.at.as_millisecond(),
        sample.memory_working_set_bytes,
        level,
        sample.containers,
        sample.disk_free_bytes,
    )
}

#[expect(clippy::cast_possible_truncation, reason = "a date")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}
