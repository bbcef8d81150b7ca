//! A command that is written as one string, split into words.

/// Splits a command as Compose does. No shell runs it: at an unquoted `;`, `&`, `|`, `<` or `>` the command ends.
pub(crate) fn split(text: &str) -> Vec<String> {
    scan(text).0
}

/// The shell operator that ends a command before the end of its text.
pub(crate) fn first_operator(text: &str) -> Option<char> {
    match scan(text).1 {
        End::Operator(c) => Some(c),
        _ => None,
    }
}

/// Whether a quote is not closed, or the text ends with a backslash.
pub(crate) fn is_unterminated(text: &str) -> bool {
    scan(text).1 == End::Unterminated
}

/// What ends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Text,
    Unterminated,
    Operator(char),
}

fn scan(text: &str) -> (Vec<String>, End) {
    let (mut words, mut word) = (Vec::new(), String::new());
    let (mut begun, mut escaped, mut quote) = (false, false, None);
    for c in text.chars() {
        match (c, quote) {
            _ if escaped => {
                word.push(match c {
                    't' => '\t',
                    'n' => '\n',
                    other => other,
                });
                (begun, escaped) = (true, false);
            }
            ('\\', None | Some('"')) => escaped = true,
            ('"' | '\'', None) => (begun, quote) = (true, Some(c)),
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => {
                if std::mem::take(&mut begun) {
                    words.push(std::mem::take(&mut word));
                }
            }
            (';' | '&' | '|' | '<' | '>', None) => {
                // `2>` is one operator: its number is not a word.
                let is_number = c == '>' && word.starts_with(|c: char| c.is_ascii_digit());
                if begun && !is_number {
                    words.push(word);
                }
                return (words, End::Operator(c));
            }
            (c, _) => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    (words, if escaped || quote.is_some() { End::Unterminated } else { End::Text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_escapes_and_ends() {
        for (text, expected) in [
            ("a  b", vec!["a", "b"]),
            ("sh -c \"a 'b' c\"", vec!["sh", "-c", "a 'b' c"]),
            ("echo 'a \\n' x\\ y", vec!["echo", "a \\n", "x y"]),
            ("echo ''", vec!["echo", ""]),
            ("a | b", vec!["a"]),
            ("a 2>/dev/null", vec!["a"]),
            ("a 'x;y'", vec!["a", "x;y"]),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
        assert_eq!((first_operator("a | b"), first_operator("a 'b|c'")), (Some('|'), None));
        assert!(is_unterminated("a \"b") && is_unterminated("a \\") && !is_unterminated("a 'b'"));
    }
}
