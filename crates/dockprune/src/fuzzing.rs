//! What the fuzz targets call: all that reads what others have written.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use evenkeel_common::Timestamp;

use crate::decide::select;
use crate::model::policy::{Live, Policy, Scope, Times};
use crate::model::resource::Kind;

/// Reads an answer of the engine, and decides about it: nothing outside of the scope is selected, and nothing protected.
pub fn answer(text: &str) {
    let labels = vec![("netra.env".to_owned(), "test".to_owned())];
    let policy = Policy {
        scope: Scope::Matching { labels, project: None, name: None },
        kinds: BTreeSet::from([Kind::Container, Kind::Network, Kind::Image]),
        older_than: Duration::ZERO,
        created_older_than: Duration::ZERO,
        live: Live::Keep,
        max_containers: Some(1),
        keep: Vec::new(),
        times: Times::Enough,
        busy: BTreeMap::new(),
    };
    let found = crate::edges::fuzzing::read(text);
    for (index, decision) in select::select(&found, &policy, Timestamp::now()) {
        let resource = &found[index];
        if decision.rule.removes() {
            assert_eq!(resource.labels.get("netra.env").map(String::as_str), Some("test"), "{resource:?}");
            assert!(!resource.is_protected(), "{resource:?}");
        }
    }
}
