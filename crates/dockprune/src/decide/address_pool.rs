//! How many more networks fit: an engine has addresses for a small number of bridges only.

use crate::model::address_range::AddressRange;
use crate::model::resource::{Detail, Resource};

/// Bridge networks that an engine with default settings has addresses for, beside its own: it has 31, from 172.17.0.0/16 to
/// 192.168.240.0/20 (libnetwork, ipamutils).
const DEFAULT_ROOM: u64 = 30;

/// With fewer networks left than this there is a warning.
const FEW: u64 = 6;

/// How many bridge networks there are, and how many there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AddressPool {
    /// Bridge networks beside the engine's own.
    pub(crate) used: u64,
    /// How many the engine has addresses for.
    pub(crate) room: u64,
}

/// Counts bridge networks; `ranges` is empty on an engine with default settings.
pub(crate) fn count(resources: &[Resource], ranges: &[AddressRange]) -> AddressPool {
    let bridges = resources.iter().filter(|resource| match &resource.detail {
        Detail::Network(network) => network.driver == "bridge" && !network.built_in,
        _ => false,
    });
    let cut = ranges.iter().map(|range| 1_u64 << range.each.saturating_sub(range.base).min(32)).sum::<u64>();
    // The engine's own bridge takes one.
    let room = if ranges.is_empty() { DEFAULT_ROOM } else { cut.saturating_sub(1) };
    AddressPool { used: bridges.count() as u64, room }
}

impl AddressPool {
    /// Whether so few are left that it is worth a warning.
    pub(crate) const fn is_nearly_full(self) -> bool {
        self.used + FEW > self.room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::known_time::KnownTime;
    use crate::model::resource::Network;

    fn network(driver: &str, built_in: bool) -> Resource {
        Resource {
            id: "id".into(),
            name: "name".into(),
            labels: std::collections::BTreeMap::new(),
            created: KnownTime::Never,
            active: KnownTime::Never,
            detail: Detail::Network(Network { driver: driver.into(), built_in }),
        }
    }

    #[test]
    fn only_bridges_of_users_count() {
        let mut networks = vec![network("bridge", true), network("overlay", false), network("bridge", false)];
        let pool = count(&networks, &[]);
        assert_eq!(pool, AddressPool { used: 1, room: 30 });
        assert!(!pool.is_nearly_full());
        networks.extend(vec![network("bridge", false); 23]);
        assert!(!count(&networks, &[]).is_nearly_full(), "6 are left");
        networks.push(network("bridge", false));
        assert!(count(&networks, &[]).is_nearly_full(), "5 are left");
    }

    #[test]
    fn other_address_pools() {
        let ranges = [AddressRange { base: 16, each: 24 }, AddressRange { base: 24, each: 24 }];
        assert_eq!(count(&[], &ranges).room, 256);
    }
}
