//! Host ports of services.

use crate::compose::shorthand::{self, port_range};
use crate::yaml::Node;

/// An item of `ports` that binds host ports.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Port<'a> {
    /// The item, or its `published` key in long syntax.
    pub(crate) node: &'a Node,
    /// The host address; none for every address.
    pub(crate) ip: Option<String>,
    /// First and last host port.
    pub(crate) published: (u16, u16),
    /// Whether only one port of the range is bound, whichever is free.
    pub(crate) takes_any: bool,
    /// In lower case, such as `tcp`.
    pub(crate) protocol: String,
}

/// The host ports of a service, except those that the engine chooses.
pub(crate) fn ports(service: &Node) -> Vec<Port<'_>> {
    if service.text_at(&["network_mode"]).as_deref() == Some("host") {
        return Vec::new();
    }
    let items = service.items_at(&["ports"]);
    items.iter().filter_map(|item| if item.entries().is_empty() { short(item) } else { long(item) }).collect()
}

/// A port in short syntax.
fn short(node: &Node) -> Option<Port<'_>> {
    let text = node.text()?;
    let shorthand::Port { ip, published, target, protocol } = shorthand::port(&text);
    let protocol = if protocol.is_empty() { "tcp" } else { protocol };
    let ip = Some(ip.trim_matches(['[', ']'])).filter(|ip| !ip.is_empty());
    port(node, ip, published, target, protocol)
}

fn long(node: &Node) -> Option<Port<'_>> {
    let published = node.text_at(&["published"])?;
    let target = node.text_at(&["target"]).unwrap_or_default();
    let ip = node.text_at(&["host_ip"]);
    let protocol = node.text_at(&["protocol"]);
    port(node.at(&["published"])?, ip.as_deref(), &published, &target, protocol.as_deref().unwrap_or("tcp"))
}

fn port<'a>(
    node: &'a Node,
    ip: Option<&str>,
    published: &str,
    target: &str,
    protocol: &str,
) -> Option<Port<'a>> {
    let published = port_range(published).filter(|(first, _)| *first > 0)?;
    let is_range = |(first, last): (u16, u16)| first < last;
    Some(Port {
        node,
        ip: ip.filter(|ip| !matches!(*ip, "" | "0.0.0.0" | "::")).map(ToOwned::to_owned),
        published,
        takes_any: is_range(published) && !port_range(target).is_some_and(is_range),
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
                    let (ip, any) = (p.ip.as_deref().unwrap_or("*"), if p.takes_any { " any" } else { "" });
                    format!("{ip} {}-{} {}{any}", p.published.0, p.published.1, p.protocol)
                })
                .collect();
            assert_eq!(found.join(";"), shown, "{item}");
        }
        let node = yaml::parse(FileId(0), "{network_mode: host, ports: ['80:80']}").unwrap().remove(0);
        assert_eq!(ports(&node), []);
    }
}
