//! Which host port replaces which.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde_json::Value;

use super::{entries, items, text};
use crate::compose::shorthand::port_range;
use crate::identity;

/// Ports that are given out: above the services that a machine itself runs, below those that Linux gives to outgoing
/// connections (net.ipv4.ip_local_port_range, 32768 and up).
pub(crate) const RANGE: RangeInclusive<u16> = 20000..=32767;
/// A project starts its search at a multiple of this, so that blocks of different projects seldom meet.
const STRIDE: u16 = 16;

/// A host port or range of them, first and last.
pub(crate) type Range = (u16, u16);

/// A host port that a service publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) service: String,
    /// Its place in the list of ports of the service.
    pub(crate) index: usize,
    pub(crate) container_port: u16,
    /// In lower case, such as `tcp`.
    pub(crate) protocol: String,
    /// None for every address.
    pub(crate) host_ip: Option<String>,
    /// As in the files. For a range, each container takes any port of it.
    pub(crate) was: Range,
    /// Host ports that its containers need.
    pub(crate) width: u16,
}

/// How host ports are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum PortMode {
    /// Replace each by a free one
    #[default]
    Free,
    /// Keep them, and fail if one is taken
    Keep,
    /// Keep those that the environment or .env sets by a variable, replace the others
    Given,
}

/// The host ports in a model, by service and place. Ports that the engine chooses are left to it.
pub(crate) fn published(model: &Value) -> Vec<Published> {
    let of_service = |(name, service): (&String, &Value)| {
        let width = replicas(service);
        let ports = items(service, "ports").enumerate();
        ports.filter_map(|(index, port)| one(name, index, port, width)).collect::<Vec<_>>()
    };
    entries(model, "services")
        .filter(|(_, service)| text(service, "network_mode") != Some("host"))
        .flat_map(of_service)
        .collect()
}

fn one(service: &str, index: usize, port: &Value, replicas: u16) -> Option<Published> {
    let was = port_range(text(port, "published")?).filter(|(first, _)| *first > 0)?;
    Some(Published {
        service: service.to_owned(),
        index,
        container_port: u16::try_from(port.get("target")?.as_u64()?).ok()?,
        protocol: text(port, "protocol").unwrap_or("tcp").to_lowercase(),
        host_ip: text(port, "host_ip").filter(|ip| !ip.is_empty()).map(str::to_owned),
        was,
        width: if was.0 == was.1 { 1 } else { replicas },
    })
}

fn replicas(service: &Value) -> u16 {
    let number = service.get("scale").or_else(|| service.pointer("/deploy/replicas")).and_then(Value::as_u64);
    number.and_then(|number| u16::try_from(number).ok()).unwrap_or(1).max(1)
}

/// What is known about the ports of this machine.
pub(crate) struct Ground<'a> {
    /// Ports that other projects have reserved.
    pub(crate) reserved: &'a BTreeSet<u16>,
    /// What this project had the last time: the old port or range, and the first new port.
    pub(crate) earlier: &'a BTreeMap<Range, u16>,
    /// Whether a port can be bound for the same address and protocol as this one.
    pub(crate) is_free: &'a dyn Fn(&Published, u16) -> bool,
}

/// The first new port for each old port or range. Equal old ports stay equal: 53/tcp and 53/udp remain one number.
///
/// The earlier ports are kept while they are free; otherwise a block is searched, from a place that depends on the name
/// of the project alone. None if there is no such block.
pub(crate) fn assign(
    wanted: &[Published],
    project: &str,
    ground: &Ground<'_>,
) -> Option<BTreeMap<Range, u16>> {
    let mut groups: BTreeMap<Range, Vec<&Published>> = BTreeMap::new();
    for port in wanted {
        groups.entry(port.was).or_default().push(port);
    }
    let original: BTreeSet<u16> = wanted.iter().flat_map(|port| port.was.0..=port.was.1).collect();
    let fits = |group: &[&Published], at: u16| {
        let last = at.checked_add(width(group) - 1)?;
        (at..=last)
            .all(|port| {
                let is_known = ground.reserved.contains(&port) || original.contains(&port);
                !is_known && group.iter().all(|one| (ground.is_free)(one, port))
            })
            .then_some(())
    };
    let kept = |was: &Range, group: &Vec<&Published>| {
        let at = *ground.earlier.get(was)?;
        fits(group, at).map(|()| (*was, at))
    };
    let earlier: Option<BTreeMap<Range, u16>> = groups.iter().map(|(was, group)| kept(was, group)).collect();
    earlier.or_else(|| starts(project).find_map(|start| block(&groups, start, &fits)))
}

/// The consecutive ports from `start`, if all are free.
fn block(
    groups: &BTreeMap<Range, Vec<&Published>>,
    start: u16,
    fits: &impl Fn(&[&Published], u16) -> Option<()>,
) -> Option<BTreeMap<Range, u16>> {
    let mut at = start;
    let mut found = BTreeMap::new();
    for (was, group) in groups {
        let last = at.checked_add(width(group) - 1).filter(|last| RANGE.contains(last))?;
        fits(group, at)?;
        found.insert(*was, at);
        at = last + 1;
    }
    Some(found)
}

fn width(group: &[&Published]) -> u16 {
    group.iter().map(|port| port.width).max().unwrap_or(1)
}

/// Every place where a block may begin: first the strides from the project's own place on, then every port.
fn starts(project: &str) -> impl Iterator<Item = u16> {
    let (first, count) = (*RANGE.start(), RANGE.end() - RANGE.start() + 1);
    let strides = count / STRIDE;
    let own = identity::number(project) % strides;
    let by_stride = (0..strides).map(move |step| first + (own + step) % strides * STRIDE);
    by_stride.chain(RANGE)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model() -> Value {
        json!({"services": {
            "dns": {"ports": [
                {"target": 53, "published": "53", "protocol": "udp"},
                {"target": 53, "published": "53", "protocol": "tcp"},
            ]},
            "host": {"network_mode": "host", "ports": [{"target": 1, "published": "1"}]},
            "web": {"scale": 3, "ports": [
                {"target": 80, "published": "8080-8089", "protocol": "tcp", "host_ip": "127.0.0.1"},
                {"target": 81, "protocol": "tcp"},
            ]},
        }})
    }

    fn assigned(taken: &[u16], earlier: &[(Range, u16)], reserved: &[u16]) -> Option<Vec<(Range, u16)>> {
        let ground = Ground {
            reserved: &reserved.iter().copied().collect(),
            earlier: &earlier.iter().copied().collect(),
            is_free: &|_, port| !taken.contains(&port),
        };
        assign(&published(&model()), "shop", &ground).map(|found| found.into_iter().collect())
    }

    #[test]
    fn the_ports_of_a_model() {
        let shown: Vec<String> = published(&model())
            .iter()
            .map(|p| format!("{} {}/{} {:?} {}", p.service, p.container_port, p.protocol, p.was, p.width))
            .collect();
        assert_eq!(shown, ["dns 53/udp (53, 53) 1", "dns 53/tcp (53, 53) 1", "web 80/tcp (8080, 8089) 3"]);
    }

    #[test]
    fn a_block_is_chosen_by_the_name_alone() {
        let first = assigned(&[], &[], &[]).unwrap();
        let start = first[0].1;
        assert_eq!(first, [((53, 53), start), ((8080, 8089), start + 1)]);
        assert_eq!(assigned(&[], &[], &[]), Some(first.clone()));
        assert!(RANGE.contains(&start) && (start - RANGE.start()).is_multiple_of(STRIDE));
        // A taken or reserved port moves the whole block, also one in the middle of a range.
        for (taken, reserved) in [(vec![start + 2], vec![]), (vec![], vec![start])] {
            let moved = assigned(&taken, &[], &reserved).unwrap();
            assert_eq!((moved[0].1 - start, moved[1].1 - moved[0].1), (STRIDE, 1));
        }
    }

    #[test]
    fn earlier_ports_are_kept_while_they_are_free() {
        let earlier = [((53, 53), 21000), ((8080, 8089), 25000)];
        assert_eq!(assigned(&[], &earlier, &[]), Some(earlier.to_vec()));
        // One that is taken, reserved or missing gives a new block.
        for (taken, earlier, reserved) in [
            (vec![25002], earlier.as_slice(), vec![]),
            (vec![], &earlier, vec![21000]),
            (vec![], &earlier[..1], vec![]),
        ] {
            let found = assigned(&taken, earlier, &reserved).unwrap();
            assert_eq!(found[1].1, found[0].1 + 1);
        }
    }

    #[test]
    fn without_a_free_block_there_is_no_answer() {
        let all: Vec<u16> = RANGE.collect();
        assert_eq!(assigned(&all, &[], &[]), None);
        let odd: Vec<u16> = RANGE.filter(|port| port % 4 == 0).collect();
        assert_eq!(assigned(&odd, &[], &[]), None);
    }
}
