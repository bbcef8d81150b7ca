//! Patterns of names: `*`, `?`, `[a-z]`, `{a,b}`.

use glob_match::glob_match;

/// Whether a name matches a pattern. A `*` stands for slashes too: `app*` is meant to cover `app/web:1`.
pub(crate) fn matches(name: &str, pattern: &str) -> bool {
    glob_match(&without_slashes(pattern), &without_slashes(name))
}

/// The matcher gives slashes a meaning that they have in paths only; no name holds this character.
fn without_slashes(text: &str) -> String {
    text.replace('/', "\u{1}")
}

/// Refuses what would silently match nothing. For clap: a value parser.
pub(crate) fn parse_pattern(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it must not be empty".into());
    }
    for (open, close) in [('[', ']'), ('{', '}')] {
        if text.matches(open).count() != text.matches(close).count() {
            return Err(format!("'{open}' and '{close}' do not match up"));
        }
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_paths() {
        for (pattern, name) in [
            ("app*", "app/web:1"),
            ("*", "a/b/c"),
            ("app/*", "app/web"),
            ("app-?", "app-1"),
            ("{app,web}-*", "web-1"),
            ("app-[0-9]", "app-7"),
            ("sha256:*", "sha256:00c6"),
        ] {
            assert!(matches(name, pattern), "{pattern} {name}");
        }
        for (pattern, name) in [("app", "app-1"), ("app-?", "app-"), ("App*", "app-1"), ("*-web", "web")] {
            assert!(!matches(name, pattern), "{pattern} {name}");
        }
    }

    #[test]
    fn broken_patterns_are_refused() {
        for bad in ["", "[", "app-[0-9", "{a,b", "a}"] {
            assert!(parse_pattern(bad).is_err(), "{bad}");
        }
    }
}
