//! Sizes and durations as Compose parses them.

use std::time::Duration;

/// Parses a size in bytes: a decimal number and an optional unit `k`, `m`, `g`, `t` or `p`, also as `kb` or `kib`; all
/// are powers of 1024.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let power = match unit.trim() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        "p" | "pb" | "pib" => 5,
        _ => return None,
    };
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(1024_u64.checked_pow(power)?);
    }
    let size = digits.parse::<f64>().ok()? * 1024_f64.powi(i32::try_from(power).ok()?);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "positive, and checked against the largest size"
    )]
    (size < u64::MAX as f64).then_some(size as u64)
}

/// Longest duration of Go, in seconds: it counts nanoseconds in 64 bits with a sign.
const GO_MAX: f64 = 9_223_372_036.854_776;

/// Parses a duration in Go's notation: `1m30s`, `1.5h`, `500ms`. The unit is required, except for `0`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut seconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let split = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest[..split].parse().ok()?;
        rest = &rest[split..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        seconds += value
            * match &rest[..end] {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                // Since Compose 2.27.
                "d" => 86_400.0,
                "w" => 604_800.0,
                _ => return None,
            };
        rest = &rest[end..];
    }
    (seconds < GO_MAX).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, size) in [
            ("512m", 512 << 20),
            ("1.5g", 3 << 29),
            ("64 MiB", 64 << 20),
            ("0", 0),
            ("100b", 100),
            ("2GB", 2 << 30),
        ] {
            assert_eq!(bytes(text), Some(size), "{text}");
        }
        for bad in ["", ".5g", "+5m", "50%", "-1", "1e3", "9999999999999p", "1.2.3g"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("1.5h"), Some(Duration::from_mins(90)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("0"), Some(Duration::ZERO));
        assert_eq!(duration("1w1d"), Some(Duration::from_hours(8 * 24)));
        for bad in ["", "99999999999999h", "5", "1y", "s", "-1s", "1s5", "..s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
