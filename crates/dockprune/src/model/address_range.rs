//! The address ranges that an engine takes networks from.

/// A range of addresses, and how it is divided into networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AddressRange {
    /// Prefix length of the whole range.
    pub(crate) base: u32,
    /// Prefix length of each network in it.
    pub(crate) each: u32,
}

/// Parses the prefix length of a range such as `10.10.0.0/16`. IPv6 ranges do not count.
pub(crate) fn parse_base(cidr: &str) -> Option<u32> {
    let (address, prefix) = cidr.split_once('/')?;
    address.parse::<std::net::Ipv4Addr>().ok()?;
    prefix.parse().ok().filter(|prefix| *prefix <= 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ipv4_ranges_have_a_prefix_length() {
        assert_eq!(parse_base("10.10.0.0/16"), Some(16));
        for bad in ["fd00::/8", "10.0.0.0", "10.0.0.0/33", "x/16"] {
            assert_eq!(parse_base(bad), None, "{bad}");
        }
    }
}
