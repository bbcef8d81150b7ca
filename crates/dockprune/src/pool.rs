//! How much room is left for networks: an engine has addresses for a small number of bridges only.

use crate::facts::{Detail, Object};

/// Bridge networks that a default engine has room for, beside its own.
const DEFAULT_ROOM: u64 = 30;

/// With fewer free places than this there is a warning.
const FEW: u64 = 6;

/// Bridge networks there are, and how many there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Bridge networks beside the engine's own.
    pub used: u64,
    /// How many the engine has addresses for.
    pub room: u64,
}

/// A range of addresses that an engine is set up with: the prefix of the base, and of each network cut from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Prefix length of the base.
    pub base: u32,
    /// Prefix length of each network.
    pub each: u32,
}

/// Counts bridge networks; `ranges` is empty on an engine with default settings.
pub fn count(objects: &[Object], ranges: &[Range]) -> Pool {
    let bridges = objects.iter().filter(|object| match &object.detail {
        Detail::Network(network) => network.driver == "bridge" && !network.built_in,
        _ => false,
    });
    let cut = ranges.iter().map(|range| 1_u64 << range.each.saturating_sub(range.base).min(32)).sum::<u64>();
    // The engine's own bridge takes one.
    let room = if ranges.is_empty() { DEFAULT_ROOM } else { cut.saturating_sub(1) };
    Pool { used: bridges.count() as u64, room }
}

impl Pool {
    /// Whether so few are left that it is worth a word.
    pub const fn is_nearly_full(self) -> bool {
        self.used + FEW > self.room
    }
}

/// Parses the prefix length of a range such as `10.10.0.0/16`. IPv6 ranges do not count.
pub fn parse_base(cidr: &str) -> Option<u32> {
    let (address, prefix) = cidr.split_once('/')?;
    address.parse::<std::net::Ipv4Addr>().ok()?;
    prefix.parse().ok().filter(|prefix| *prefix <= 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::age::Moment;
    use crate::facts::Network;

    fn network(driver: &str, built_in: bool) -> Object {
        Object {
            id: "id".into(),
            name: "name".into(),
            labels: std::collections::BTreeMap::new(),
            created: Moment::Never,
            active: Moment::Never,
            detail: Detail::Network(Network { driver: driver.into(), built_in }),
        }
    }

    #[test]
    fn only_bridges_of_users_count() {
        let mut networks = vec![network("bridge", true), network("overlay", false), network("bridge", false)];
        let pool = count(&networks, &[]);
        assert_eq!(pool, Pool { used: 1, room: 30 });
        assert!(!pool.is_nearly_full());
        networks.extend(vec![network("bridge", false); 23]);
        assert!(!count(&networks, &[]).is_nearly_full(), "6 are left");
        networks.push(network("bridge", false));
        assert!(count(&networks, &[]).is_nearly_full(), "5 are left");
    }

    #[test]
    fn other_address_pools() {
        let ranges = [Range { base: 16, each: 24 }, Range { base: 24, each: 24 }];
        assert_eq!(count(&[], &ranges).room, 256);
        assert_eq!(parse_base("10.10.0.0/16"), Some(16));
        for bad in ["fd00::/8", "10.0.0.0", "10.0.0.0/33", "x/16"] {
            assert_eq!(parse_base(bad), None, "{bad}");
        }
    }
}
