//! How many restarts there were, by day and service.

use std::collections::{BTreeMap, HashMap};

use evenkeel_common::percentile;

use crate::model::record::{Action, Record, Service};

/// What happened to one service on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Restarts that have ended, or whose process died.
    pub(crate) restarts: usize,
    /// Those that came up healthy.
    pub(crate) healthy: usize,
    /// Those that did not, or whose process died.
    pub(crate) failed: usize,
    pub(crate) refused: usize,
    /// Times from begin to healthy (ms).
    pub(crate) took_ms: Vec<u64>,
}

impl Tally {
    /// Share of restarts that came up healthy, percent; `None` without any.
    #[expect(clippy::cast_precision_loss, reason = "a percentage for display")]
    pub(crate) fn success_pct(&self) -> Option<f64> {
        let share = |healthy: usize, all: usize| (healthy as f64 * 1000.0 / all as f64).round() / 10.0;
        (self.restarts > 0).then(|| share(self.healthy, self.restarts))
    }

    /// The time to healthy (ms) that so many percent of the successful restarts did not exceed.
    pub(crate) fn took_percentile(&self, percent: usize) -> Option<u64> {
        percentile(&self.took_ms, percent)
    }
}

/// Counts by day (UTC, as `2026-01-31`) and service. Restarts that are still running have to be left out before, see
/// [`super::past::without_running`]: a begin without an end counts as failed.
pub(crate) fn tally(records: &[Record]) -> BTreeMap<(String, Service), Tally> {
    let mut days = BTreeMap::<(String, Service), Tally>::new();
    let mut ends = HashMap::new();
    for end in records.iter().filter(|record| record.action == Action::End) {
        ends.entry(end.attempt_of_user()).or_insert(end);
    }
    for record in records {
        let mut day = record.time.at.to_string();
        day.truncate("2026-01-31".len());
        let row = days.entry((day, record.service.clone())).or_default();
        match record.action {
            Action::Begin => {
                row.restarts += 1;
                let end = ends.get(&record.attempt_of_user());
                match end.and_then(|end| end.healthy) {
                    Some(true) => {
                        row.healthy += 1;
                        row.took_ms.extend(end.and_then(|end| end.took_ms));
                    }
                    _ => row.failed += 1,
                }
            }
            Action::Refused => row.refused += 1,
            Action::End | Action::Trip | Action::Reset => {}
        }
    }
    days.retain(|_, row| row.restarts + row.refused > 0);
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(action: Action, at: &str, attempt: u64, healthy: Option<bool>, took_ms: u64) -> Record {
        let service = Service { host: "unix:///d".into(), project: None, name: "redis".into() };
        let mut record = Record::new(action, &service);
        record.time.at = at.parse().unwrap();
        (record.attempt, record.healthy, record.took_ms) = (Some(attempt), healthy, Some(took_ms));
        record
    }

    #[test]
    fn counts_by_day() {
        let records = [
            record(Action::Begin, "2026-01-01T23:59:59Z", 1, None, 0),
            record(Action::End, "2026-01-02T00:00:09Z", 1, Some(true), 10_000),
            record(Action::Begin, "2026-01-02T10:00:00Z", 2, None, 0),
            record(Action::End, "2026-01-02T10:00:05Z", 2, Some(true), 5000),
            record(Action::Begin, "2026-01-02T11:00:00Z", 3, None, 0),
            record(Action::Refused, "2026-01-02T11:00:01Z", 0, None, 0),
        ];
        let days: Vec<_> = tally(&records).into_iter().map(|((day, _), row)| (day, row)).collect();
        assert_eq!(days.len(), 2);
        let (day, row) = &days[1];
        assert_eq!(
            (day.as_str(), row.restarts, row.healthy, row.failed, row.refused),
            ("2026-01-02", 2, 1, 1, 1)
        );
        assert_eq!((row.success_pct(), row.took_percentile(50)), (Some(50.0), Some(5000)));
        assert_eq!(days[0].1.took_percentile(95), Some(10_000));
        assert_eq!(Tally::default().took_percentile(50), None);
    }
}
