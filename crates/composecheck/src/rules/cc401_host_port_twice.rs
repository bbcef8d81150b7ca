//! CC401: two containers that want the same port of the machine.

use std::collections::HashMap;

use super::rule::{Check, Context, Rule, service};
use crate::facts::memory;
use crate::facts::ports::{Port, ports};
use crate::finding::{Finding, Level};
use crate::source::Span;
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC401",
    name: "host-port-twice",
    level: Level::Error,
    what: "A port of the machine is taken twice in the project",
    why: "The second container cannot start",
    example: "
services:
  db:
    image: postgres:15
    ports: [\"5432:5432\"]
  other:
    image: postgres:15
    ports: [\"5432:5432\"]
",
    fix: "give each its own port",
    check: Check::Project(check),
};

/// Most ports that are followed one by one; larger ranges only come from mistakes.
const MAX_PORTS: usize = 200_000;

/// Who has a port, by address; the empty one is every address.
type Taken<'a> = HashMap<String, (&'a str, Span)>;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut slots = HashMap::new();
    let mut left = MAX_PORTS;
    let mut findings = Vec::new();
    for entry in context.project.services() {
        for port in ports(&entry.value) {
            findings.extend(replicas_clash(entry, &port));
            findings.extend(take(&mut slots, &mut left, entry, &port));
        }
    }
    findings
}

fn replicas_clash(entry: &Entry, port: &Port<'_>) -> Option<Finding> {
    let replicas = memory::replicas(&entry.value);
    let room = u64::from(port.published.1 - port.published.0) + 1;
    let enough = if port.any_of { replicas <= room } else { replicas <= 1 };
    let message =
        format!("all {replicas} replicas of service '{}' want port {}", entry.key, port.published.0);
    (!enough).then(|| RULE.finding(service(entry), port.node.span, message))
}

/// Enters a port; a finding if somebody has it already.
fn take<'a>(
    slots: &mut HashMap<(String, u16), Taken<'a>>,
    left: &mut usize,
    entry: &'a Entry,
    port: &Port<'_>,
) -> Option<Finding> {
    if port.any_of {
        return None;
    }
    let ip = port.ip.clone().unwrap_or_default();
    for number in port.published.0..=port.published.1 {
        *left = left.checked_sub(1)?;
        let taken = slots.entry((port.protocol.clone(), number)).or_default();
        let holder = if ip.is_empty() { taken.values().next() } else { taken.get(&ip).or(taken.get("")) };
        if let Some((name, span)) = holder {
            let message = format!("port {number} is taken by both '{name}' and '{}'", entry.key);
            return Some(
                RULE.finding(service(entry), port.node.span, message).see(*span, "taken here already"),
            );
        }
        taken.insert(ip.clone(), (&entry.key, port.node.span));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn who_clashes() {
        let of = |a: &str, b: &str| {
            found("CC401", &format!("services: {{a: {{ports: ['{a}']}}, b: {{ports: ['{b}']}}}}")).len()
        };
        assert_eq!(of("80:80", "80:81"), 1);
        assert_eq!(of("80:80", "127.0.0.1:80:80"), 1);
        assert_eq!(of("127.0.0.1:80:80", "0.0.0.0:80:80"), 1);
        assert_eq!(of("80-90:80-90", "85:85"), 1);
        assert_eq!(of("80:80", "80:80/udp"), 0);
        assert_eq!(of("127.0.0.1:80:80", "127.0.0.2:80:80"), 0);
        assert_eq!(of("80:80", "81:80"), 0);
        assert_eq!(of("9090-9091:80", "9090:80"), 0);
        assert_eq!(of("80", "80"), 0);
    }

    #[test]
    fn replicas_share_no_port() {
        let of = |text: &str| found("CC401", &format!("services: {{a: {{{text}}}}}"));
        assert_eq!(of("scale: 2, ports: ['80:80']"), ["1:34 all 2 replicas of service 'a' want port 80"]);
        assert_eq!(of("scale: 2, ports: ['80-81:80']"), [""; 0]);
        assert_eq!(of("scale: 3, ports: ['80-81:80']").len(), 1);
    }

    #[test]
    fn huge_ranges_end() {
        let ports: Vec<String> =
            (1..=50).map(|first| format!("'1-60000:{first}-{}'", first + 59_999)).collect();
        let ports = ports.join(", ");
        assert_eq!(found("CC401", &format!("services: {{a: {{ports: [{ports}]}}}}")).len(), 49);
    }
}
