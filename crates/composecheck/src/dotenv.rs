//! `.env` files: `KEY=VALUE` lines.

/// Reads the variables of a file; the error says which line is wrong.
pub(crate) fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        // A name alone takes its value from the environment, which wins anyway.
        let Some((key, value)) = line.split_once('=') else { continue };
        let value =
            value_of(value.trim()).ok_or_else(|| format!("line {}: a quote is not closed", number + 1))?;
        found.push((key.trim().to_owned(), value));
    }
    Ok(found)
}

fn value_of(text: &str) -> Option<String> {
    for quote in ['\'', '"'] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.find(quote).map(|end| inside[..end].to_owned());
        }
    }
    let end = if text.starts_with('#') { 0 } else { text.find(" #").unwrap_or(text.len()) };
    Some(text[..end].trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines() {
        let text = "# c\nA=1 # c\nexport B='x # y'\nC=\"z\"\nD=\nE\n";
        let pairs = super::parse(text).unwrap();
        let shown: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(shown, ["A=1", "B=x # y", "C=z", "D="]);
        assert!(super::parse("A='x").is_err());
    }
}
