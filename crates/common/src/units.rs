//! Sizes and durations as people write and read them.

use std::time::Duration;

use bytesize::ByteSize;

/// Parses a duration such as `90s`, `2m 30s`, `1h`, `7d`. A bare number, such as `5` or `0.5`, is seconds, as in
/// flock(1) and timeout(1).
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let is_bare =
        text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let parsed = if is_bare {
        let seconds = text.parse().map_err(|_| format!("invalid number '{text}'"));
        seconds.and_then(|s| Duration::try_from_secs_f64(s).map_err(|e| e.to_string()))
    } else {
        humantime::parse_duration(text).map_err(|e| e.to_string())
    };
    parsed.map_err(|e| format!("{e} (write it like 90s, 5m, 1h or 7d; a bare number is seconds)"))
}

/// Parses a size in bytes such as `512MiB`, `2GiB`, `1500000`. As in Docker, `k`, `m`, `g` (also `MB`, `GB`)
/// count in powers of 1024.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => "B",
        "k" | "kb" | "kib" => "KiB",
        "m" | "mb" | "mib" => "MiB",
        "g" | "gb" | "gib" => "GiB",
        "t" | "tb" | "tib" => "TiB",
        other => return Err(format!("unknown unit '{other}' (write it like 512MiB or 2GiB)")),
    };
    format!("{}{unit}", &text[..digits])
        .parse::<ByteSize>()
        .map(|size| size.as_u64())
        .map_err(|e| format!("{e} (write it like 512MiB or 2GiB)"))
}

/// Shows a size for people: `512.0 MiB`.
pub fn show_size(bytes: u64) -> String {
    ByteSize::b(bytes).display().iec().to_string()
}

/// Shows a duration for people with its two largest units: `41m 3s`, `2d 4h`, `850ms`.
pub fn show_duration(duration: Duration) -> String {
    let cut = if duration >= Duration::from_secs(1) {
        Duration::from_secs(duration.as_secs())
    } else {
        Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    };
    let text = humantime::format_duration(cut).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("1h"), Ok(Duration::from_hours(1)));
        assert_eq!(parse_duration(" 2m 30s "), Ok(Duration::from_secs(150)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_hours(168)));
        for bad in ["", "-1s", "1 fortnight", "1e3s"] {
            assert!(parse_duration(bad).is_err(), "{bad} was accepted");
        }
        assert_eq!(show_duration(Duration::from_millis(850)), "850ms");
        assert_eq!(show_duration(Duration::from_secs(2463)), "41m 3s");
        assert_eq!(show_duration(Duration::from_secs(90_061)), "1day 1h");
        assert_eq!(show_duration(Duration::ZERO), "0s");
    }

    #[test]
    fn a_bare_number_is_seconds() {
        for (text, ms) in [("5", 5000), ("0", 0), ("0.5", 500), (".25", 250), ("2.", 2000), (" 90 ", 90_000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for bad in [".", "1.2.3", "-5", "1e3", "inf", "NaN", "99999999999999999999999"] {
            let error = parse_duration(bad).unwrap_err();
            assert!(error.contains("a bare number is seconds"), "{bad}: {error}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("1500000", 1_500_000),
            ("512MiB", 512 << 20),
            ("512m", 512 << 20),
            ("2 GB", 2 << 30),
            ("1.5g", 3 << 29),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "GiB", "1.2.3g", "-1", "4 parsecs", "1e9"] {
            assert!(parse_size(bad).is_err(), "{bad} was accepted");
        }
        assert_eq!(show_size(512 << 20), "512.0 MiB");
    }
}
