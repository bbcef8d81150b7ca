//! Who uses the locks of environments.

use std::collections::BTreeMap;

use evenkeel_common::docker::lock_name;

/// The locks that are in use, by name, each with a sentence that says by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Locks {
    /// Nobody could be asked.
    #[default]
    Unknown,
    Known(BTreeMap<String, String>),
}

/// The use of an environment's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LockUse {
    Unknown,
    Free,
    /// With a sentence that says by whom.
    Used(String),
}

impl Locks {
    /// The use of an environment on an engine, by its URL: both the lock of its name, which people take by hand whatever
    /// the engine, and the one that tools take on this engine count.
    pub(crate) fn of(&self, host: &str, environment: &str) -> LockUse {
        let Self::Known(used) = self else { return LockUse::Unknown };
        let found = used.get(environment).or_else(|| used.get(&lock_name(host, environment)));
        found.map_or(LockUse::Free, |by| LockUse::Used(by.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_a_lock_count() {
        let host = "tcp://10.0.0.1:2375";
        let by = || "locked by ann".to_owned();
        let locks = |name: String| Locks::Known(BTreeMap::from([(name, by())]));
        assert_eq!(locks("test".into()).of(host, "test"), LockUse::Used(by()));
        assert_eq!(locks(lock_name(host, "test")).of(host, "test"), LockUse::Used(by()));
        assert_eq!(locks("dev".into()).of(host, "test"), LockUse::Free);
        assert_eq!(Locks::Unknown.of(host, "test"), LockUse::Unknown);
    }
}
