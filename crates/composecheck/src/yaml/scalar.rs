//! The type of a plain scalar, as go-yaml resolves it.

use super::node::Kind;
use super::timestamp::Timestamp;

/// Resolves an unquoted scalar. `yes`, `on` and `22:22` stay text.
pub(crate) fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Kind::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Kind::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Kind::Float(f64::NAN),
        _ => number_or_timestamp(text).unwrap_or_else(|| Kind::Text(text.to_owned())),
    }
}

fn number_or_timestamp(text: &str) -> Option<Kind> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    if let Some(time) = Timestamp::parse(text) {
        return Some(Kind::Timestamp(time));
    }
    let digits = text.replace('_', "");
    int(&digits).map(Kind::Int).or_else(|| float(&digits).map(Kind::Float))
}

fn int(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (radix, rest) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        Some("0o" | "0O") => (8, &digits[2..]),
        Some("0b" | "0B") => (2, &digits[2..]),
        // 08 is not an octal number: go-yaml reads it as a float.
        Some(two) if two.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    i64::from_str_radix(&format!("{sign}{rest}"), radix).ok()
}

fn float(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let legal = |c: char| c.is_ascii_digit() || ".eE+-".contains(c);
    (body.starts_with(|c: char| c.is_ascii_digit() || c == '.') && body.chars().all(legal))
        .then(|| text.parse().ok())
        .flatten()
        .filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_as_go_yaml_gives_them() {
        for (text, value) in
            [("017", 15), ("0b11", 3), ("1_000", 1000), ("0x1f", 31), ("-5", -5), ("0", 0), ("+3", 3)]
        {
            assert_eq!(plain(text), Kind::Int(value), "{text}");
        }
        for text in
            ["22:22", "yes", "no", "on", "1.2.3", "0x", "-", ".", "10s", "512m", "1e", "1e400", "2024-01-32"]
        {
            assert_eq!(plain(text), Kind::Text(text.into()), "{text}");
        }
        assert_eq!((plain("0.25"), plain("08")), (Kind::Float(0.25), Kind::Float(8.0)));
        assert_eq!(plain("~"), Kind::Null);
        assert!(matches!(plain("2024-01-01"), Kind::Timestamp(_)));
    }
}
