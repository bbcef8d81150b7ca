//! Whether a port of this machine can be bound, and who has it.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};

/// Whether a port can be bound for a protocol; an address of none is every address. Where that cannot be tried (another
/// protocol, an address of another machine, a port that needs privileges), it counts as free: the engine will say.
pub(crate) fn is_free(host_ip: Option<&str>, port: u16, protocol: &str) -> bool {
    let addresses: Vec<IpAddr> = match host_ip.and_then(|ip| ip.parse::<IpAddr>().ok()) {
        Some(ip) if !ip.is_unspecified() => vec![ip],
        // The engine binds both.
        _ => vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
    };
    let bind = |ip: IpAddr| match protocol {
        "tcp" => TcpListener::bind((ip, port)).map(drop),
        "udp" => UdpSocket::bind((ip, port)).map(drop),
        _ => Ok(()),
    };
    let is_taken = |result: io::Result<()>| result.is_err_and(|e| e.kind() == ErrorKind::AddrInUse);
    !addresses.into_iter().any(|ip| is_taken(bind(ip)))
}

/// The process that has a port, such as `nginx (process 812)`, where /proc shows it.
#[cfg(target_os = "linux")]
pub(crate) fn holder(port: u16, protocol: &str) -> Option<String> {
    let inode = [protocol.to_owned(), format!("{protocol}6")].iter().find_map(|table| socket(table, port))?;
    let wanted = format!("socket:[{inode}]");
    let mut processes: Vec<u32> = std::fs::read_dir("/proc")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    processes.sort_unstable();
    let owner = processes.into_iter().find(|process| {
        let files = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        files.filter_map(|file| std::fs::read_link(file.path()).ok()).any(|link| *link == *wanted)
    })?;
    let name = std::fs::read_to_string(format!("/proc/{owner}/comm")).unwrap_or_default();
    Some(format!("{} (process {owner})", name.trim()))
}

/// The inode of the socket that listens on a port.
#[cfg(target_os = "linux")]
fn socket(table: &str, port: u16) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/net/{table}")).ok()?;
    text.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local) = fields.get(1)?.rsplit_once(':')?;
        // 0A is LISTEN; UDP sockets that are not connected have 07.
        let is_bound = matches!(*fields.get(3)?, "0A" | "07");
        (is_bound && u16::from_str_radix(local, 16) == Ok(port))
            .then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
    })
}

/// Only Linux has /proc.
#[cfg(not(target_os = "linux"))]
pub(crate) fn holder(_port: u16, _protocol: &str) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_port_is_taken_and_its_holder_is_known() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(None, port, "tcp") && !is_free(Some("127.0.0.1"), port, "tcp"));
        assert!(is_free(Some("192.0.2.1"), port, "tcp"), "an address of another machine");
        #[cfg(target_os = "linux")]
        assert!(holder(port, "tcp").unwrap().ends_with(&format!("(process {})", std::process::id())));
        let udp = UdpSocket::bind("[::1]:0").unwrap().local_addr().unwrap().port();
        assert_eq!(holder(udp, "sctp"), None);
    }
}
