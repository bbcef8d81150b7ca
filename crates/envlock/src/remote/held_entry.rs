//! The entries of `ENVLOCK_HELD` for locks in a store: `NAME:MODE:TICKET:PID-START:CLUSTER/PREFIX`.

use std::fmt;

use crate::model::held_entry::HeldEntry;

/// The entry of a lock in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteEntry {
    /// Its `ticket` is the store's revision.
    pub(crate) entry: HeldEntry,
    /// The id that the cluster gave itself, and the prefix.
    pub(crate) store: String,
}

impl RemoteEntry {
    /// Names a store.
    pub(crate) fn store(cluster: u64, prefix: &str) -> String {
        format!("{cluster:x}/{prefix}")
    }

    /// Reads the variable. Local entries, and those that are not well formed, are left out.
    pub(crate) fn parse_list(variable: &str) -> Vec<Self> {
        variable.split(',').filter_map(Self::parse).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let (local, store) = text.rsplit_once(':')?;
        let entry = HeldEntry::parse(local)?;
        Some(Self { entry, store: store.to_owned() })
    }
}

impl fmt::Display for RemoteEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.entry, self.store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_and_remote_entries_are_not_mistaken_for_each_other() {
        let list = "test:x:12:345-678,dev:s:3:4-5:cdf818194e3a8c32/ci/main";
        let remote = RemoteEntry::parse_list(list);
        assert_eq!(remote.len(), 1);
        assert_eq!((&*remote[0].entry.name, &*remote[0].store), ("dev", "cdf818194e3a8c32/ci/main"));
        assert_eq!(remote[0].to_string(), "dev:s:3:4-5:cdf818194e3a8c32/ci/main");
        let local = HeldEntry::parse_list(list);
        assert_eq!((local.len(), &*local[0].name), (1, "test"));
    }
}
