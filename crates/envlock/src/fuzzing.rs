//! What the fuzz targets call: all that reads what others have written.

use evenkeel_common::BootTimestamp;
use evenkeel_common::state::journal::Records;

use crate::model::environment::{Facts, Recorded, SweepRule, Wanted};
use crate::model::held_entry::HeldEntry;
use crate::model::record::Record;
use crate::model::setup_key::SetupKey;
use crate::store::history::{PastHold, typical_hold};
use crate::store::ticket::{file_name, parse_file_name};

/// Reads the names and contents of the files beside a lock.
pub fn ticket(text: &str) {
    if let Some(id) = parse_file_name(text) {
        assert_eq!(parse_file_name(&file_name(id)), Some(id));
        assert!(id.blocked_by(&[id]).is_empty());
    }
    for entry in HeldEntry::parse_list(text) {
        assert_eq!(
            HeldEntry::parse(&entry.to_string()).map(|read| read.to_string()),
            Some(entry.to_string())
        );
    }
    if let Ok(record) = serde_json::from_str::<Record>(text) {
        let _ = (record.is_plain_holder(), record.is_in_environment());
    }
    if let Ok(key) = SetupKey::parse(text) {
        assert_eq!(key.difference(&key), None);
    }
    environment(text);
    let mut past = Records::<PastHold> { records: Vec::new(), skipped: 0 };
    past.collect(text.as_bytes()).expect("bytes in memory can be read");
    let _ = typical_hold(&past.records, &["make".to_owned()]);
}

fn environment(text: &str) {
    let recorded = serde_json::from_str(text).map_or(Recorded::Unreadable, Recorded::Known);
    let facts = Facts { recorded: &recorded, is_marked_dirty: false, now: &BootTimestamp::now() };
    let _ =
        (facts.unused(), facts.entry(&Wanted { key: None, replace: None }), facts.sweep(SweepRule::AllIdle));
}

/// Reads an answer of etcd.
#[cfg(target_os = "linux")]
pub fn etcd_answer(text: &[u8]) {
    crate::remote::etcd::fuzzing::read(text);
}
