//! Waiting for a change in the store.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use serde_json::{Value, json};

use crate::remote::etcd::client::{Broken, Client};
use crate::remote::etcd::message::{Item, WatchResult, encode};
use crate::remote::etcd::range::Range;

/// What is waited for.
#[derive(Clone, Debug)]
pub(in crate::remote) struct Target {
    pub(in crate::remote) key: String,
    end: Option<String>,
    filters: &'static [&'static str],
}

impl Target {
    /// That a key is deleted.
    pub(in crate::remote) fn deleted(key: &str) -> Self {
        Self { key: key.to_owned(), end: None, filters: &["NOPUT"] }
    }

    /// That a key is deleted or put again.
    pub(in crate::remote) fn changed(key: &str) -> Self {
        Self { filters: &[], ..Self::deleted(key) }
    }

    /// That a key of this range is deleted.
    pub(in crate::remote) fn deleted_in(range: &Range) -> Self {
        Self { end: Some(range.end.clone()), ..Self::deleted(&range.first) }
    }

    fn request(&self, since: u64) -> Value {
        let mut create = json!({"key": encode(&self.key), "filters": self.filters});
        if since > 0 {
            create["start_revision"] = (since + 1).to_string().into();
        }
        if let Some(end) = &self.end {
            create["range_end"] = encode(end).into();
        }
        json!({"create_request": create})
    }
}

/// How a wait ended. Each is only a hint: what is so is read afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::remote) enum Watched {
    /// It happened, or the store has forgotten what happened since the revision.
    Changed,
    TimedOut,
    /// The connection ended early.
    Broken,
}

/// Waits for a change by a revision after `since`, 0: from now on, for as long as `limit`.
pub(in crate::remote) fn wait_for(
    client: &mut Client,
    target: &Target,
    since: u64,
    limit: Duration,
) -> Watched {
    let response = match client.watch(&target.request(since).to_string(), limit) {
        Ok(response) => response,
        Err(Broken::TimedOut) => return Watched::TimedOut,
        Err(Broken::Refused) => {
            client.next();
            return Watched::Broken;
        }
    };
    for line in BufReader::new(response.into_body().into_reader()).lines() {
        match line {
            Ok(line) => match serde_json::from_str::<Item<WatchResult>>(&line) {
                Ok(item) if item.result.events.is_empty() && !item.result.canceled => {}
                Ok(_) => return Watched::Changed,
                Err(_) => break,
            },
            Err(e) if is_timeout(&e) => return Watched::TimedOut,
            Err(_) => break,
        }
    }
    client.next();
    Watched::Broken
}

fn is_timeout(error: &std::io::Error) -> bool {
    let of_ureq = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
    error.kind() == std::io::ErrorKind::TimedOut || matches!(of_ureq, Some(ureq::Error::Timeout(_)))
}
