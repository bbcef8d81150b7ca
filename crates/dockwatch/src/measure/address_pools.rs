//! How many networks the engine can still create: free subnets of its address pools.

use std::net::Ipv4Addr;

/// The pools of an engine without `default-address-pools`: base, and prefix length of each subnet. From
/// `localScopeDefaultNetworks` in moby's ipamutils.
const DEFAULT: [(&str, u8); 7] = [
    ("172.17.0.0/16", 16),
    ("172.18.0.0/16", 16),
    ("172.19.0.0/16", 16),
    ("172.20.0.0/14", 16),
    ("172.24.0.0/14", 16),
    ("172.28.0.0/14", 16),
    ("192.168.0.0/16", 20),
];

/// The number of free subnets, and of all. An upper bound: the engine also avoids the machine's other routes.
pub(super) fn free_subnets(pools: &[(String, u8)], used: &[String]) -> (u64, u64) {
    let used: Vec<Block> = used.iter().filter_map(|subnet| Block::parse(subnet)).collect();
    let configured = pools.iter().map(|(base, size)| (base.as_str(), *size));
    let pools: Vec<_> = if pools.is_empty() { DEFAULT.to_vec() } else { configured.collect() };
    let subnets: Vec<Block> =
        pools.iter().filter_map(|(base, size)| Some(Block::parse(base)?.split(*size))).flatten().collect();
    let is_free = |subnet: &&Block| !used.iter().any(|block| block.overlaps(**subnet));
    (subnets.iter().filter(is_free).count() as u64, subnets.len() as u64)
}

/// A range of addresses: the first and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block(u32, u32);

impl Block {
    fn new(base: u32, length: u8) -> Self {
        let mask = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        Self(base & !mask, base | mask)
    }

    /// `None` for IPv6, whose pools are too large to run out.
    fn parse(cidr: &str) -> Option<Self> {
        let (address, length) = cidr.split_once('/')?;
        let length: u8 = length.parse().ok().filter(|length| *length <= 32)?;
        Some(Self::new(u32::from(address.parse::<Ipv4Addr>().ok()?), length))
    }

    fn split(self, length: u8) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut part = Self::new(self.0, length);
        // Bounds the memory for large pools, which do not run out.
        while part.1 <= self.1 && parts.len() < 65_536 {
            parts.push(part);
            let Some(next) = part.1.checked_add(1) else { break };
            part = Self::new(next, length);
        }
        parts
    }

    const fn overlaps(self, other: Self) -> bool {
        self.0 <= other.1 && other.0 <= self.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_free_subnets() {
        assert_eq!(free_subnets(&[], &[]), (31, 31));
        let used = ["172.17.0.0/16".to_owned(), "192.168.16.0/20".into(), "10.0.0.0/8".into()];
        assert_eq!(free_subnets(&[], &used), (29, 31));
        assert_eq!(free_subnets(&[], &["172.20.5.0/24".into()]), (30, 31), "a part of a subnet takes it");
        let pools = [("10.10.0.0/16".to_owned(), 24)];
        assert_eq!(free_subnets(&pools, &["10.10.3.0/24".into(), "fd00::/64".into()]), (255, 256));
        assert_eq!(free_subnets(&[("nonsense".into(), 24), ("255.255.255.0/24".into(), 24)], &[]), (1, 1));
    }
}
