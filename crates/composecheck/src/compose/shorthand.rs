//! The short syntax of ports, mounts, devices and hosts, as Compose parses it.

use std::net::IpAddr;

/// A port: `[IP:][HOST[-HOST]:]CONTAINER[-CONTAINER][/PROTOCOL]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Port<'a> {
    /// The host address, in brackets for IPv6; empty for every address.
    pub(crate) ip: &'a str,
    /// Host port or range; empty for any free port.
    pub(crate) published: &'a str,
    /// Container port or range.
    pub(crate) target: &'a str,
    /// Empty for tcp.
    pub(crate) protocol: &'a str,
}

/// Splits a port; does not check its parts.
pub(crate) fn port(text: &str) -> Port<'_> {
    let (rest, protocol) = text.split_once('/').unwrap_or((text, ""));
    let (rest, target) = rest.rsplit_once(':').unwrap_or(("", rest));
    let (ip, published) = rest.rsplit_once(':').unwrap_or(("", rest));
    Port { ip, published, target, protocol }
}

/// What is wrong with a port, to follow its key path in a message.
pub(crate) fn port_error(text: &str) -> Option<String> {
    let Port { ip, published, target, protocol } = port(text);
    let address = match ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')) {
        Some(inside) => inside.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()),
        None => ip.is_empty() || ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4()),
    };
    if !address {
        return Some(format!(
            "has the host address '{ip}', which is not an IP address (IPv6 must be in brackets)"
        ));
    }
    let Some((first, last)) = port_range(target).filter(|(first, _)| *first != 0) else {
        return Some(format!(
            "has the container port '{target}', which is not a port or range from 1 to 65535"
        ));
    };
    if !published.is_empty() {
        let Some((start, end)) = port_range(published) else {
            return Some(format!(
                "has the host port '{published}', which is not a port or range from 0 to 65535"
            ));
        };
        if first != last && end - start != last - first {
            return Some(format!(
                "maps the range {published} to the range {target}, which has another length"
            ));
        }
    }
    let known = ["", "tcp", "udp", "sctp"].contains(&protocol.to_lowercase().as_str());
    (!known).then(|| format!("has the protocol '{protocol}', which is not tcp, udp or sctp"))
}

/// First and last port of `5432` or `5432-5440`.
pub(crate) fn port_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (range.0 <= range.1).then_some(range)
}

/// Source, target and options of a mount: `[SOURCE:]TARGET[:OPTIONS]`.
pub(crate) fn mount(text: &str) -> (Option<&str>, &str, &str) {
    match split_mount(text).as_slice() {
        [source, target, rest @ ..] => (Some(source), target, rest.first().copied().unwrap_or_default()),
        _ => (None, text, ""),
    }
}

/// Splits a mount at its colons, except for the colon of a Windows drive. Compose does not split a text of two bytes.
fn split_mount(text: &str) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, _) in text.match_indices(':').filter(|_| text.len() > 2) {
        let mut part = text[start..at].chars();
        let is_drive = part.next().is_some_and(char::is_alphabetic) && part.next().is_none();
        if !is_drive {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

/// What is wrong with a mount.
pub(crate) fn mount_error(text: &str) -> Option<String> {
    let parts = split_mount(text);
    if parts.len() > 3 {
        return Some("has too many colons; the syntax is SOURCE:TARGET:OPTIONS".to_owned());
    }
    parts.contains(&"").then(|| "has an empty part; the syntax is SOURCE:TARGET:OPTIONS".to_owned())
}

/// Source, target and permissions of a device: `SOURCE[:TARGET[:PERMISSIONS]]`.
pub(crate) fn device(text: &str) -> (&str, &str, &str) {
    let mut parts = text.splitn(3, ':');
    let source = parts.next().unwrap_or_default();
    (source, parts.next().unwrap_or(source), parts.next().unwrap_or("rwm"))
}

/// What is wrong with a device.
pub(crate) fn device_error(text: &str) -> Option<String> {
    (text.matches(':').count() > 2)
        .then(|| "has too many colons; the syntax is SOURCE:TARGET:PERMISSIONS".to_owned())
}

/// A host and its address: `HOST=ADDRESS` or `HOST:ADDRESS`.
pub(crate) fn host(text: &str) -> (&str, &str) {
    let (host, address) = text.split_once('=').or_else(|| text.split_once(':')).unwrap_or((text, ""));
    (host, address.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(address))
}

/// What is wrong with a host.
pub(crate) fn host_error(text: &str) -> Option<String> {
    let (host, address) = host(text);
    (host.is_empty() || address.is_empty()).then(|| "must be HOST=ADDRESS".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        for good in [
            "80",
            "8080:80",
            "127.0.0.1:8000-8010:8000-8010/udp",
            "9090-9091:80",
            "[::1]:80:80",
            "127.0.0.1::80",
            "0:80",
            "80/TCP",
        ] {
            assert_eq!(port_error(good), None, "{good}");
        }
        for bad in [
            "::1:80:80",
            "a:80:80",
            "80:",
            "",
            "80-81:80-82",
            "80/foo",
            "99999:80",
            "81-80:81-80",
            "80:80-81",
            "x",
            "0",
            "80:0",
        ] {
            assert!(port_error(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn mounts_devices_and_hosts() {
        assert_eq!(mount("v:/d"), (None, "v:/d", ""));
        assert_eq!(mount("vol:/d:ro,z"), (Some("vol"), "/d", "ro,z"));
        assert_eq!(mount("C:\\x:/d"), (Some("C:\\x"), "/d", ""));
        assert!(mount_error("").is_some() && mount_error(":/x").is_some() && mount_error("/x:").is_some());
        assert!(mount_error("/a:/b:ro:/c").is_some() && mount_error("/a:/b:ro").is_none());
        assert_eq!(device("/a"), ("/a", "/a", "rwm"));
        assert!(device_error("a:b:c:d").is_some());
        assert_eq!(host("a:::1"), ("a", "::1"));
        assert_eq!(host("a=[::1]"), ("a", "::1"));
        assert!(host_error("a").is_some() && host_error(":1").is_some());
    }
}
