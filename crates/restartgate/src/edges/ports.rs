//! Whether a container's TCP ports accept connections, without a connection that the service would see.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::model::container::ContainerStatus;
use crate::model::definition::{Port, PortState};

/// Longest wait for a connection to a published port: it is on this machine.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(300);
/// Docker's proxy accepts first and closes when the container does not: a connection that stays open this long is real.
const PROXY_CLOSES: Duration = Duration::from_millis(100);

/// The state of the ports, or `None` where it cannot be known from here: the container's processes are not on this machine,
/// and no published port can be reached.
pub(crate) async fn states(container: &ContainerStatus, ports: &[Port]) -> Option<Vec<PortState>> {
    let state = |port: &Port, accepts| PortState {
        number: port.number,
        published: !port.published.is_empty(),
        accepts,
    };
    if let Some(listening) = listening(container) {
        return Some(ports.iter().map(|port| state(port, listening.contains(&port.number))).collect());
    }
    let mut states = Vec::new();
    for port in ports.iter().filter(|port| !port.published.is_empty()) {
        states.push(state(port, connects(port).await?));
    }
    Some(states).filter(|states| !states.is_empty())
}

/// Ports on which something in the container listens for others, as the kernel says. `None` where its process cannot be
/// seen, or where another process has that number here, because the engine is on another machine.
fn listening(container: &ContainerStatus) -> Option<Vec<u16>> {
    let process = format!("/proc/{}", container.pid);
    let cgroups = fs::read_to_string(format!("{process}/cgroup")).ok()?;
    if container.id.is_empty() || !cgroups.contains(&container.id) {
        return None;
    }
    let tcp = fs::read_to_string(format!("{process}/net/tcp")).ok()?;
    // A kernel without IPv6 has no such file.
    let tcp6 = fs::read_to_string(format!("{process}/net/tcp6")).unwrap_or_default();
    Some(parse_listening(&tcp).chain(parse_listening(&tcp6)).collect())
}

/// Listening ports of a table in the form of proc(5), without those that only the container itself can reach.
fn parse_listening(table: &str) -> impl Iterator<Item = u16> {
    // The state TCP_LISTEN of the kernel.
    const LISTEN: &str = "0A";
    table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (address, port) = fields.next()?.split_once(':')?;
        let is_open = fields.nth(1)? == LISTEN && !is_loopback(address);
        is_open.then(|| u16::from_str_radix(port, 16).ok())?
    })
}

/// Whether an address of proc(5) is a loopback address: words of 32 bits in the machine's byte order.
fn is_loopback(address: &str) -> bool {
    let words = address.as_bytes().chunks(8).map(|word| {
        let text = str::from_utf8(word).unwrap_or_default();
        u32::from_str_radix(text, 16).unwrap_or(0).to_ne_bytes()
    });
    let bytes: Vec<u8> = words.flatten().collect();
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(v4) => Ipv4Addr::from(v4).is_loopback(),
        Err(_) => <[u8; 16]>::try_from(bytes.as_slice())
            .is_ok_and(|v6| Ipv6Addr::from(v6).to_canonical().is_loopback()),
    }
}

/// Whether a published port accepts; `None` where it cannot be reached. A refusal is no proof that the service does not
/// listen: the port may be another machine's.
async fn connects(port: &Port) -> Option<bool> {
    let (address, number) = *port.published.first()?;
    let address = match address {
        IpAddr::V4(v4) if v4.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    };
    let connect = TcpStream::connect(SocketAddr::new(address, number));
    let mut stream = tokio::time::timeout(CONNECT_TIMEOUT, connect).await.ok()?.ok()?;
    Some(match tokio::time::timeout(PROXY_CLOSES, stream.read(&mut [0; 1])).await {
        // Open and silent, or it speaks first.
        Err(_) | Ok(Ok(1..)) => true,
        Ok(Ok(0) | Err(_)) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_that_listen_for_others_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue\n\
                     \x20  0: 00000000:1538 00000000:0000 0A 00000000:00000000\n\
                     \x20  1: 0100007F:0050 00000000:0000 0A 00000000:00000000\n\
                     \x20  2: 020011AC:C350 0100007F:1538 01 00000000:00000000\n";
        assert_eq!(parse_listening(table).collect::<Vec<_>>(), [5432]);
        let six = "header\n\
                   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A x\n\
                   1: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A x\n\
                   2: 0000000000000000FFFF00000100007F:0052 00000000000000000000000000000000:0000 0A x\n";
        assert_eq!(parse_listening(six).collect::<Vec<_>>(), [80]);
        assert_eq!(parse_listening("").count(), 0);
    }

    fn published(port: u16) -> Port {
        Port { number: 80, published: vec![(Ipv4Addr::UNSPECIFIED.into(), port)] }
    }

    #[tokio::test]
    async fn a_proxy_that_closes_at_once_is_no_service() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = published(listener.local_addr().unwrap().port());
        assert_eq!(connects(&port).await, Some(true), "it stays open");
        let closing = tokio::spawn(async move {
            loop {
                drop(listener.accept().await);
            }
        });
        assert_eq!(connects(&port).await, Some(false));
        closing.abort();
        let _ = closing.await;
        assert_eq!(connects(&port).await, None, "refused: nothing is known");
    }
}
