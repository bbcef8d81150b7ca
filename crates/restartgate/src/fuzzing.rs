//! What the fuzz targets call: all that reads what others have written.

use evenkeel_common::BootTimestamp;
use evenkeel_common::state::journal::Records;

use crate::decide::breaker_state::replay;
use crate::decide::gate::{Decision, Facts, RestartMode, decide};
use crate::decide::health::Health;
use crate::decide::{past, stats};
use crate::model::limits::Limits;
use crate::model::record::Record;

/// Reads a history, and decides about each of its services: no more restarts than the limits allow.
pub fn journal(text: &[u8]) {
    let mut found = Records::<Record> { records: Vec::new(), skipped: 0 };
    found.collect(text).expect("bytes in memory can be read");
    let (mut records, now, limits) = (found.records, BootTimestamp::now(), Limits::default());
    let machine = past::machine(&records, &now);
    let health = Health::Unhealthy("it exited".into());
    for service in past::services(&records) {
        let state = replay(&past::events(&records, &service, &now), &limits);
        let mode = RestartMode::IfUnhealthy;
        let facts = Facts {
            mode,
            health: &health,
            coalesced: false,
            unrecoverable: None,
            state: &state,
            machine: &machine,
        };
        if let Decision::Allow { .. } = decide(&facts, &limits) {
            assert!(state.attempts_used < limits.attempts, "{state:?}");
        }
        let _ = past::last_was_oom(&records, &service);
        past::without_running(&mut records, &service);
    }
    let _ = stats::tally(&records);
}
