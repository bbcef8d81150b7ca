//! Ports of the machine that a service takes.

use crate::compose::shorthand::{self, range};
use crate::yaml::{Node, text_at};

/// One item of `ports` that takes ports of the machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Port<'a> {
    /// The item.
    pub(crate) node: &'a Node,
    /// The address it is bound to; none is every address.
    pub(crate) ip: Option<String>,
    /// First and last port of the machine.
    pub(crate) published: (u16, u16),
    /// Whether only one port of the range is taken, whichever is free.
    pub(crate) any_of: bool,
    /// `tcp` or `udp`.
    pub(crate) protocol: String,
}

/// The ports of the machine that a service takes. What is left to the engine to choose is not among them.
pub(crate) fn ports(service: &Node) -> Vec<Port<'_>> {
    if text_at(service, &["network_mode"]).as_deref() == Some("host") {
        return Vec::new();
    }
    let items = service.at(&["ports"]).map_or(&[][..], Node::items);
    items.iter().filter_map(|item| if item.entries().is_empty() { short(item) } else { long(item) }).collect()
}

/// `[IP:][HOST[-HOST]:]CONTAINER[-CONTAINER][/PROTOCOL]`
fn short(node: &Node) -> Option<Port<'_>> {
    let text = node.text()?;
    let shorthand::Port { ip, published, target, protocol } = shorthand::port(&text);
    let protocol = if protocol.is_empty() { "tcp" } else { protocol };
    let ip = Some(ip.trim_matches(['[', ']'])).filter(|ip| !ip.is_empty());
    port(node, ip, published, target, protocol)
}

fn long(node: &Node) -> Option<Port<'_>> {
    let published = text_at(node, &["published"])?;
    let target = text_at(node, &["target"]).unwrap_or_default();
    let ip = text_at(node, &["host_ip"]);
    let protocol = text_at(node, &["protocol"]);
    // The place that people change is the published port.
    port(node.at(&["published"])?, ip.as_deref(), &published, &target, protocol.as_deref().unwrap_or("tcp"))
}

fn port<'a>(
    node: &'a Node,
    ip: Option<&str>,
    published: &str,
    target: &str,
    protocol: &str,
) -> Option<Port<'a>> {
    let published = range(published).filter(|(first, _)| *first > 0)?;
    let is_range = |(first, last): (u16, u16)| first < last;
    Some(Port {
        node,
        ip: ip.filter(|ip| !matches!(*ip, "" | "0.0.0.0" | "::")).map(ToOwned::to_owned),
        published,
        any_of: is_range(published) && !range(target).is_some_and(is_range),
        protocol: protocol.to_ascii_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    #[test]
    fn short_and_long_ports() {
        for (item, shown) in [
            ("'80:8080'", "* 80-80 tcp"),
            ("'127.0.0.1:80:80/udp'", "127.0.0.1 80-80 udp"),
            ("'[::1]:80-81:80-81'", "::1 80-81 tcp"),
            ("'0.0.0.0:80:80'", "* 80-80 tcp"),
            ("'9090-9091:80'", "* 9090-9091 tcp any"),
            ("{target: 80, published: 8080}", "* 8080-8080 tcp"),
            ("{target: 80, published: '81', host_ip: 127.0.0.1, protocol: udp}", "127.0.0.1 81-81 udp"),
            ("'80'", ""),
            ("8080", ""),
            ("'127.0.0.1::80'", ""),
            ("{target: 80}", ""),
            ("'x:y'", ""),
        ] {
            let node = yaml::parse(FileId(0), &format!("ports: [{item}]")).unwrap().remove(0);
            let found: Vec<String> = ports(&node)
                .iter()
                .map(|p| {
                    let (ip, any) = (p.ip.as_deref().unwrap_or("*"), if p.any_of { " any" } else { "" });
                    format!("{ip} {}-{} {}{any}", p.published.0, p.published.1, p.protocol)
                })
                .collect();
            assert_eq!(found.join(";"), shown, "{item}");
        }
        let node = yaml::parse(FileId(0), "{network_mode: host, ports: ['80:80']}").unwrap().remove(0);
        assert_eq!(ports(&node), []);
    }
}
