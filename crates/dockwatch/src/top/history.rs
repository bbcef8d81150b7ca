//! Memory of all containers over time, for the graph.

use std::collections::VecDeque;

use evenkeel_common::Timestamp;

/// Samples that are kept.
const SAMPLES: usize = 300;

/// The last samples of a figure, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    samples: VecDeque<(Timestamp, Option<u64>)>,
}

impl History {
    /// How many seconds of samples are kept.
    #[expect(clippy::cast_precision_loss, reason = "300")]
    pub(super) fn window_s(interval: std::time::Duration) -> f64 {
        interval.as_secs_f64() * SAMPLES as f64
    }

    /// Adds a sample; `None` where the figure is unknown.
    pub(super) fn push(&mut self, at: Timestamp, value: Option<u64>) {
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back((at, value));
    }

    pub(super) fn peak(&self) -> Option<u64> {
        self.samples.iter().filter_map(|(_, value)| *value).max()
    }

    /// The known samples: seconds before `now`, as negative numbers, and the figure. Where some are unknown, a new piece
    /// begins after them.
    pub(super) fn pieces(&self, now: Timestamp) -> Vec<Vec<(f64, u64)>> {
        let mut pieces = vec![Vec::new()];
        for (at, value) in &self.samples {
            match (value, pieces.last_mut()) {
                (Some(value), Some(piece)) => piece.push((at.duration_since(now).as_secs_f64(), *value)),
                (None, Some(piece)) if !piece.is_empty() => pieces.push(Vec::new()),
                _ => {}
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_samples_are_gaps_and_old_ones_are_dropped() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut history = History::default();
        for (second, value) in [(0, None), (1, Some(5)), (2, Some(7)), (3, None), (4, None), (5, Some(6))] {
            history.push(at(second), value);
        }
        assert_eq!(history.pieces(at(5)), [vec![(-4.0, 5), (-3.0, 7)], vec![(0.0, 6)]]);
        assert_eq!(history.peak(), Some(7));
        for second in 6..1000 {
            history.push(at(second), Some(1));
        }
        assert_eq!((history.len(), history.peak()), (SAMPLES, Some(1)));
    }
}
