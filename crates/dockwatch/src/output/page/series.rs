//! Values over time, thinned for a plot: no more than a screen can show, but every peak and every gap.

use super::time_axis::TimeAxis;

/// Points further apart than this (seconds) are not joined, because nothing was measured between them.
const GAP_S: f64 = 900.0;

/// Parts of the axis. Of each part the lowest and the highest value are kept, so that no peak is lost.
pub(super) const PARTS: f64 = 800.0;

/// Points that are joined by a line, in order of time.
pub(super) type Segment = Vec<(f64, f64)>;

/// The values of one part of the axis.
struct Part {
    number: f64,
    last_at: f64,
    lowest: (f64, f64),
    highest: (f64, f64),
    /// Nothing is known right before it.
    follows_gap: bool,
}

impl Part {
    fn new(number: f64, point: (f64, f64), follows_gap: bool) -> Self {
        Self { number, last_at: point.0, lowest: point, highest: point, follows_gap }
    }

    fn add(&mut self, point: (f64, f64)) {
        self.last_at = point.0;
        if point.1 < self.lowest.1 {
            self.lowest = point;
        }
        if point.1 > self.highest.1 {
            self.highest = point;
        }
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> + use<> {
        let (lowest, highest) = (self.lowest, self.highest);
        let in_order = if lowest.0 <= highest.0 { [lowest, highest] } else { [highest, lowest] };
        let is_one = lowest == highest;
        in_order.into_iter().take(if is_one { 1 } else { 2 })
    }
}

/// Thins points, given in order of time. A value of `None` is a gap.
pub(super) fn thin(points: impl IntoIterator<Item = (f64, Option<f64>)>, axis: TimeAxis) -> Vec<Segment> {
    let mut parts: Vec<Part> = Vec::new();
    let mut is_after_unknown = false;
    for (at, value) in points {
        let Some(value) = value else {
            is_after_unknown = true;
            continue;
        };
        let number = (axis.share(at) * PARTS).floor();
        match parts.last_mut() {
            Some(part) if part.number >= number => part.add((at, value)),
            previous => {
                let is_far = previous.is_none_or(|part| at - part.last_at > GAP_S);
                parts.push(Part::new(number, (at, value), is_far || is_after_unknown));
            }
        }
        is_after_unknown = false;
    }
    segments(&parts)
}

fn segments(parts: &[Part]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for part in parts {
        match segments.last_mut() {
            Some(segment) if !part.follows_gap => segment.extend(part.points()),
            _ => segments.push(part.points().collect()),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIS: TimeAxis = TimeAxis { from: 0.0, to: 8000.0 };

    #[test]
    fn gaps_are_not_bridged() {
        let points =
            [(0.0, Some(1.0)), (50.0, Some(2.0)), (100.0, None), (150.0, Some(3.0)), (5000.0, Some(4.0))];
        let found = thin(points, AXIS);
        assert_eq!(found, [vec![(0.0, 1.0), (50.0, 2.0)], vec![(150.0, 3.0)], vec![(5000.0, 4.0)]]);
        assert_eq!(thin([(1.0, None)], AXIS), [] as [Segment; 0]);
    }

    #[test]
    fn a_million_points_become_few_and_keep_every_peak() {
        let value = |index: u32| if index == 777_777 { 9.0 } else { f64::from(index % 7) };
        let points = (0..1_000_000).map(|index| (f64::from(index) * 0.008, Some(value(index))));
        let found = thin(points, AXIS);
        let [segment] = &found[..] else { panic!("{} segments", found.len()) };
        assert!(segment.len() <= 1600, "{}", segment.len());
        assert_eq!(segment.iter().filter(|(_, value)| *value > 8.0).count(), 1);
        assert!(segment.is_sorted_by(|a, b| a.0 <= b.0));
    }

    #[test]
    fn gaps_do_not_multiply_the_points() {
        let points = (0..100_000).map(|index| (f64::from(index) * 0.08, (index % 2 == 0).then_some(1.0)));
        assert!(thin(points, AXIS).iter().map(Vec::len).sum::<usize>() <= 1600);
    }
}
