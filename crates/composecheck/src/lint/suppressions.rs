//! Comments that suppress a finding: `# composecheck: ignore CC301 it is shared on purpose`.

use granit_parser::{Event, Parser};

use crate::rules::by_code;
use crate::source::{FileId, Sources, Span};
use crate::yaml::parse::span_between;

/// The start of every such comment.
const PREFIX: &str = "composecheck:";

/// A comment for composecheck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    pub(crate) span: Span,
    /// The line that it applies to: its own, or the next one that has more than a comment.
    pub(crate) line: usize,
    pub(crate) directive: Directive,
}

/// The content of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    /// Suppresses findings of these rules.
    Ignore { codes: Vec<&'static str>, reason: String },
    /// Cannot be parsed, for this reason.
    Invalid(String),
}

/// The comments for composecheck in all files.
pub(super) fn comments(sources: &Sources) -> Vec<Comment> {
    let files = sources.all().iter().enumerate().filter(|(_, source)| source.text.contains(PREFIX));
    files.flat_map(|(file, source)| comments_of(FileId(file), &source.text)).collect()
}

fn comments_of(file: FileId, text: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    for event in Parser::new_from_str(text) {
        // The Compose files were parsed before: this is another file, such as one of variables.
        let Ok((event, span)) = event else { break };
        let Event::Comment(text_of_comment, _) = event else { continue };
        let Some(directive) = text_of_comment.trim_start().strip_prefix(PREFIX) else { continue };
        let span = span_between(file, span.start, span.end);
        found.push(Comment { span, line: target_line(text, span), directive: parse(directive.trim()) });
    }
    found
}

/// The line that a comment applies to.
fn target_line(text: &str, span: Span) -> usize {
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    if !text[line_start..span.start].trim().is_empty() {
        return span.line;
    }
    let is_skipped = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    span.line + text[span.end..].lines().skip(1).take_while(is_skipped).count() + 1
}

fn parse(text: &str) -> Directive {
    let Some(rest) = text.strip_prefix("ignore").filter(|rest| rest.starts_with([' ', '\t'])) else {
        return Directive::Invalid(format!("'{text}' is not a known directive; write: ignore CODE REASON"));
    };
    let mut codes = Vec::new();
    let mut rest = rest.trim_start();
    while rest.starts_with("CC") {
        let end = rest.find([' ', '\t', ',']).unwrap_or(rest.len());
        let Some(rule) = by_code(&rest[..end]) else {
            return Directive::Invalid(format!("there is no rule '{}'", &rest[..end]));
        };
        codes.push(rule.code);
        rest = rest[end..].trim_start_matches([' ', '\t', ',']);
    }
    match (codes.is_empty(), rest.is_empty()) {
        (true, _) => Directive::Invalid("it names no rule".into()),
        (false, true) => Directive::Invalid("it gives no reason".into()),
        (false, false) => Directive::Ignore { codes, reason: rest.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_line_a_comment_applies_to() {
        let text = "a: 1 # composecheck: ignore CC101 x\n# composecheck: ignore CC101, CC102 y z\n\n# more\nb: \
                    '# composecheck: ignore CC103 no comment'\n";
        let found = comments_of(FileId(0), text);
        let shown: Vec<(usize, &Directive)> =
            found.iter().map(|comment| (comment.line, &comment.directive)).collect();
        let ignore = |codes: &[&'static str], reason: &str| Directive::Ignore {
            codes: codes.to_vec(),
            reason: reason.into(),
        };
        assert_eq!(shown, [(1, &ignore(&["CC101"], "x")), (5, &ignore(&["CC101", "CC102"], "y z"))]);
        assert_eq!(&text[found[0].span.start..found[0].span.end], "# composecheck: ignore CC101 x");
    }

    #[test]
    fn invalid_comments_are_reported() {
        for (text, why) in [
            ("ignore CC999 x", "there is no rule 'CC999'"),
            ("ignore because", "it names no rule"),
            ("ignore CC101", "it gives no reason"),
            ("off", "'off' is not a known directive; write: ignore CODE REASON"),
            ("ignored CC101 x", "'ignored CC101 x' is not a known directive; write: ignore CODE REASON"),
        ] {
            assert_eq!(parse(text), Directive::Invalid(why.into()));
        }
    }
}
