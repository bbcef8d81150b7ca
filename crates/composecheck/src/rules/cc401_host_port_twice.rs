//! CC401: two containers with the same host port.

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
    what: "Two containers of the project have the same host port",
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
    good: r#"
services:
  db:
    image: postgres:15
    ports: ["5432:5432"]
  other:
    image: postgres:15
    ports: ["5433:5432"]
"#,
    fix: "give each container its own port",
    references: &["https://docs.docker.com/reference/compose-file/services/#ports"],
    check: Check::Project(check),
};

/// Maximum number of ports that are checked, counting each port of a range. Larger ranges are mistakes.
const MAX_PORTS: usize = 200_000;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut bound = HashMap::new();
    let mut remaining = MAX_PORTS;
    let mut findings = Vec::new();
    for entry in context.project.services() {
        for port in ports(&entry.value) {
            findings.extend(check_replicas(entry, &port));
            findings.extend(bind(&mut bound, &mut remaining, entry, &port));
        }
    }
    findings
}

fn check_replicas(entry: &Entry, port: &Port<'_>) -> Option<Finding> {
    let replicas = memory::replicas(&entry.value);
    let available = u64::from(port.published.1 - port.published.0) + 1;
    let is_enough = if port.takes_any { replicas <= available } else { replicas <= 1 };
    let message =
        format!("all {replicas} replicas of service '{}' bind port {}", entry.key, port.published.0);
    (!is_enough).then(|| RULE.finding(service(entry), port.node.span, message))
}

/// The service that binds a port, and where.
type Holder<'a> = (&'a str, Span);

/// The holders of one port. As they do not clash, either one holds every address, or each holds another one.
#[derive(Default)]
struct Holders<'a> {
    /// The first one in the order of the files.
    first: Option<Holder<'a>>,
    /// By address; empty for every address.
    by_address: HashMap<String, Holder<'a>>,
}

impl<'a> Holders<'a> {
    /// The first holder that an address clashes with.
    fn clash(&self, address: &str) -> Option<Holder<'a>> {
        if address.is_empty() {
            return self.first;
        }
        self.by_address.get(address).or_else(|| self.by_address.get("")).copied()
    }

    fn add(&mut self, address: &str, holder: Holder<'a>) {
        self.first.get_or_insert(holder);
        self.by_address.insert(address.to_owned(), holder);
    }
}

/// Records the ports that a service binds, by protocol and number. Returns a finding if one is bound already.
fn bind<'a>(
    bound: &mut HashMap<(String, u16), Holders<'a>>,
    remaining: &mut usize,
    entry: &'a Entry,
    port: &Port<'_>,
) -> Option<Finding> {
    if port.takes_any {
        return None;
    }
    let address = port.ip.as_deref().unwrap_or_default();
    for number in port.published.0..=port.published.1 {
        *remaining = remaining.checked_sub(1)?;
        let holders = bound.entry((port.protocol.clone(), number)).or_default();
        if let Some((name, span)) = holders.clash(address) {
            let message = format!("port {number} is bound by both '{name}' and '{}'", entry.key);
            let finding = RULE.finding(service(entry), port.node.span, message);
            return Some(finding.with_related(span, "bound here already"));
        }
        holders.add(address, (&entry.key, port.node.span));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn which_ports_clash() {
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
    fn the_first_holder_is_named() {
        let holders: Vec<String> =
            (1..=8).map(|n| format!("h{n}: {{ports: ['127.0.0.{n}:80:80']}}")).collect();
        let text = format!("services: {{{}, all: {{ports: ['80:80']}}}}", holders.join(", "));
        for _ in 0..20 {
            let found = found("CC401", &text);
            assert!(found[0].ends_with(" port 80 is bound by both 'h1' and 'all'"), "{found:?}");
        }
    }

    #[test]
    fn replicas_share_no_port() {
        let of = |text: &str| found("CC401", &format!("services: {{a: {{{text}}}}}"));
        assert_eq!(of("scale: 2, ports: ['80:80']"), ["1:34 all 2 replicas of service 'a' bind port 80"]);
        assert_eq!(of("scale: 2, ports: ['80-81:80']"), [""; 0]);
        assert_eq!(of("scale: 3, ports: ['80-81:80']").len(), 1);
        assert_eq!(of("scale: 10, ports: ['80-89:80']"), [""; 0]);
    }

    #[test]
    fn huge_ranges_end() {
        let ports: Vec<String> =
            (1..=50).map(|first| format!("'1-60000:{first}-{}'", first + 59_999)).collect();
        let ports = ports.join(", ");
        assert_eq!(found("CC401", &format!("services: {{a: {{ports: [{ports}]}}}}")).len(), 49);
    }
}
