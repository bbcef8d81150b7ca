//! A command in one text, split into words.

/// Splits a command as Compose does. Outside quotes, what a shell would do with `;`, `&`, `|`, `<` or `>` is not done:
/// the command ends there.
pub(crate) fn words(text: &str) -> Vec<String> {
    split(text).0
}

/// What a command ends at before its text does.
pub(crate) fn cut(text: &str) -> Option<char> {
    match split(text).1 {
        End::Cut(c) => Some(c),
        _ => None,
    }
}

/// Whether a quote is not closed, or nothing follows a backslash.
pub(crate) fn is_open(text: &str) -> bool {
    split(text).1 == End::Open
}

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    Open,
    Cut(char),
}

fn split(text: &str) -> (Vec<String>, End) {
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
                // `2>` is one sign: the number is no word.
                let is_number = c == '>' && word.starts_with(|c: char| c.is_ascii_digit());
                if begun && !is_number {
                    words.push(word);
                }
                return (words, End::Cut(c));
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
    (words, if escaped || quote.is_some() { End::Open } else { End::Whole })
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
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!((cut("a | b"), cut("a 'b|c'")), (Some('|'), None));
        assert!(is_open("a \"b") && is_open("a \\") && !is_open("a 'b'"));
    }
}
