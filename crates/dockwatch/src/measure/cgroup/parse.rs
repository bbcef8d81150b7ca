//! The text formats of the kernel's counter files.

/// The number after a key in lines of `key number`.
pub(super) fn number_of(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

/// Bytes read and written: `8:0 Read 4096` (v1) or `8:0 rbytes=4096 wbytes=0` (v2).
pub(super) fn block_bytes(text: &str) -> (u64, u64) {
    let mut sum = (0_u64, 0_u64);
    for line in text.lines() {
        let mut words = line.split(' ').skip(1).peekable();
        while let Some(word) = words.next() {
            let (key, value) = match word.split_once('=') {
                Some(pair) => pair,
                None => (word, words.peek().copied().unwrap_or_default()),
            };
            let bytes = value.parse().unwrap_or(0);
            match key {
                "Read" | "rbytes" => sum.0 = sum.0.saturating_add(bytes),
                "Write" | "wbytes" => sum.1 = sum.1.saturating_add(bytes),
                _ => {}
            }
        }
    }
    sum
}

/// Bytes received and sent over all interfaces but loopback, from `/proc/<pid>/net/dev`.
pub(super) fn net_bytes(text: &str) -> (u64, u64) {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(interface, _)| interface.trim() != "lo")
        .map(|(_, counts)| {
            let mut counts = counts.split_whitespace().map(|count| count.parse().unwrap_or(0));
            (counts.next().unwrap_or(0), counts.nth(7).unwrap_or(0))
        })
        .fold((0, 0), |sum: (u64, u64), (rx, tx)| (sum.0.saturating_add(rx), sum.1.saturating_add(tx)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_bytes_without_loopback() {
        let text = "Inter-| Receive | Transmit\n face |bytes packets\n\
                    lo: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n eth0: 200 2 0 0 0 0 0 0 300 3 0 0 0 0 0 0\n\
                    eth1:5 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n";
        assert_eq!(net_bytes(text), (205, 307));
    }

    #[test]
    fn sums_beyond_what_a_number_holds_stay_at_its_end() {
        let most = u64::MAX;
        let io = format!("8:0 rbytes={most} wbytes={most}\n8:1 rbytes=1 wbytes=1\n");
        assert_eq!(block_bytes(&io), (most, most));
        let net = format!("eth0: {most} 0 0 0 0 0 0 0 {most}\neth1: 1 0 0 0 0 0 0 0 1\n");
        assert_eq!(net_bytes(&net), (most, most));
    }
}
