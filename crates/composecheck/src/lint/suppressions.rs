//! Comments that accept a finding: `# composecheck: ignore CC301 it is shared on purpose`.

use granit_parser::{Event, Parser};

use crate::rules::by_code;
use crate::source::{FileId, Sources, Span};
use crate::yaml::parse::place;

/// What every such comment begins with.
const MARK: &str = "composecheck:";

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// Where it stands.
    pub(crate) span: Span,
    /// The line it speaks of: its own, or the next one with something on it.
    pub(crate) line: usize,
    /// What it says.
    pub(crate) says: Says,
}

/// What a comment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// These rules are to be silent here.
    Ignore {
        /// Their codes.
        codes: Vec<&'static str>,
        /// Why.
        reason: String,
    },
    /// Nothing that can be understood, and why.
    Nonsense(String),
}

/// The comments of all files.
pub(crate) fn comments(sources: &Sources) -> Vec<Comment> {
    let files = sources.all().iter().enumerate().filter(|(_, source)| source.text.contains(MARK));
    files.flat_map(|(file, source)| comments_of(FileId(file), &source.text)).collect()
}

fn comments_of(file: FileId, text: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    for event in Parser::new_from_str(text) {
        // The file was loaded: what cannot be read here is no YAML, such as a file of variables.
        let Ok((event, span)) = event else { break };
        let Event::Comment(words, _) = event else { continue };
        let Some(order) = words.trim_start().strip_prefix(MARK) else { continue };
        let span = place(file, span.start, span.end);
        found.push(Comment { span, line: line_meant(text, span), says: read(order.trim()) });
    }
    found
}

/// A comment with a line to itself speaks of the next one with something on it.
fn line_meant(text: &str, span: Span) -> usize {
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    if !text[line_start..span.start].trim().is_empty() {
        return span.line;
    }
    let bare = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    span.line + text[span.end..].lines().skip(1).take_while(bare).count() + 1
}

fn read(order: &str) -> Says {
    let Some(rest) = order.strip_prefix("ignore").filter(|rest| rest.starts_with([' ', '\t'])) else {
        return Says::Nonsense(format!("'{order}' is not understood"));
    };
    let mut codes = Vec::new();
    let mut rest = rest.trim_start();
    while rest.starts_with("CC") {
        let end = rest.find([' ', '\t', ',']).unwrap_or(rest.len());
        let Some(rule) = by_code(&rest[..end]) else {
            return Says::Nonsense(format!("there is no rule '{}'", &rest[..end]));
        };
        codes.push(rule.code);
        rest = rest[end..].trim_start_matches([' ', '\t', ',']);
    }
    match (codes.is_empty(), rest.is_empty()) {
        (true, _) => Says::Nonsense("it names no rule".into()),
        (false, true) => Says::Nonsense("it gives no reason".into()),
        (false, false) => Says::Ignore { codes, reason: rest.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_line_is_meant() {
        let text = "a: 1 # composecheck: ignore CC101 x\n# composecheck: ignore CC101, CC102 y z\n\n# more\nb: \
                    '# composecheck: ignore CC103 no comment'\n";
        let found = comments_of(FileId(0), text);
        let shown: Vec<(usize, &Says)> = found.iter().map(|comment| (comment.line, &comment.says)).collect();
        let ignore = |codes: &[&'static str], reason: &str| Says::Ignore {
            codes: codes.to_vec(),
            reason: reason.into(),
        };
        assert_eq!(shown, [(1, &ignore(&["CC101"], "x")), (5, &ignore(&["CC101", "CC102"], "y z"))]);
        assert_eq!(&text[found[0].span.start..found[0].span.end], "# composecheck: ignore CC101 x");
    }

    #[test]
    fn nonsense_is_told() {
        for (order, why) in [
            ("ignore CC999 x", "there is no rule 'CC999'"),
            ("ignore because", "it names no rule"),
            ("ignore CC101", "it gives no reason"),
            ("off", "'off' is not understood"),
            ("ignored CC101 x", "'ignored CC101 x' is not understood"),
        ] {
            assert_eq!(read(order), Says::Nonsense(why.into()));
        }
    }
}
