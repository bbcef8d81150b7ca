//! Numbers and durations as Go prints them, for output that equals that of Compose.

use std::time::Duration;

/// The shortest text that parses to the same number, with an exponent below 0.0001 and from 1e6.
pub(crate) fn float(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || !number.is_finite() || (1e-4..1e6).contains(&size) {
        return match number {
            f64::INFINITY => "+Inf".into(),
            f64::NEG_INFINITY => "-Inf".into(),
            _ => number.to_string(),
        };
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// As Go's `Duration.String`: `1h2m0.5s`, `100ms`, `0s`; below a second in the largest unit that fits.
pub(crate) fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".into();
    }
    if nanos < 1_000_000_000 {
        let (size, unit) = match nanos {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            _ => (1_000_000, "ms"),
        };
        return format!("{}{unit}", decimal(nanos, size));
    }
    let minutes = nanos / 60_000_000_000;
    let seconds = decimal(nanos % 60_000_000_000, 1_000_000_000);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// `count / size` without trailing zeros; `size` is a power of ten.
fn decimal(count: u128, size: u128) -> String {
    let (whole, rest) = (count / size, count % size);
    if rest == 0 {
        return whole.to_string();
    }
    let width = size.ilog10() as usize;
    format!("{whole}.{}", format!("{rest:0width$}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (nanos, shown) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (100_000_000, "100ms"),
            (60_500_000_000, "1m0.5s"),
            (7_200_000_000_000, "2h0m0s"),
            (5_000_000_000, "5s"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), shown);
        }
    }

    #[test]
    fn floats() {
        for (number, shown) in [
            (1.5, "1.5"),
            (123_456.5, "123456.5"),
            (1e9, "1e+09"),
            (-1_234_567.5, "-1.2345675e+06"),
            (1e21, "1e+21"),
            (0.00001, "1e-05"),
            (0.0001, "0.0001"),
            (2.0, "2"),
        ] {
            assert_eq!(float(number), shown);
        }
    }
}
