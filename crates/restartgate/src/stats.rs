//! Counts by day and service: pure.

use std::collections::BTreeMap;

use crate::history::{Action, Record, Service};

/// What happened to one service on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Restarts begun.
    pub restarts: usize,
    /// Those that came up healthy.
    pub healthy: usize,
    /// Those that did not, or whose process died.
    pub failed: usize,
    /// Restarts refused.
    pub refused: usize,
    /// Times from begin to healthy (ms), sorted.
    pub took_ms: Vec<u64>,
}

impl Tally {
    /// Share of restarts that came up healthy, percent; `None` without any.
    #[expect(clippy::cast_precision_loss, reason = "a percentage for display")]
    pub fn success_pct(&self) -> Option<f64> {
        let share = |healthy: usize, all: usize| (healthy as f64 * 1000.0 / all as f64).round() / 10.0;
        (self.restarts > 0).then(|| share(self.healthy, self.restarts))
    }

    /// The time to healthy that so many percent of the good restarts did not exceed (nearest rank).
    pub fn percentile(&self, pct: usize) -> Option<u64> {
        let rank = (self.took_ms.len() * pct).div_ceil(100).max(1);
        self.took_ms.get(rank - 1).copied()
    }
}

/// Counts by day (UTC, as `2026-01-31`) and service.
pub fn tally(records: &[Record]) -> BTreeMap<(String, Service), Tally> {
    let mut days = BTreeMap::<(String, Service), Tally>::new();
    for record in records {
        let mut day = record.moment.at.to_string();
        day.truncate("2026-01-31".len());
        let row = days.entry((day, record.service.clone())).or_default();
        match record.action {
            Action::Begin => {
                row.restarts += 1;
                let end = records.iter().find(|r| r.action == Action::End && r.attempt == record.attempt);
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
    for row in days.values_mut() {
        row.took_ms.sort_unstable();
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(action: Action, at: &str, attempt: u64, healthy: Option<bool>, took_ms: u64) -> Record {
        let service = Service { host: "unix:///d".into(), project: None, name: "redis".into() };
        let mut record = Record::new(action, &service);
        record.moment.at = at.parse().unwrap();
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
        assert_eq!((row.success_pct(), row.percentile(50)), (Some(50.0), Some(5000)));
        assert_eq!(days[0].1.percentile(95), Some(10_000));
        assert_eq!(Tally::default().percentile(50), None);
    }
}
