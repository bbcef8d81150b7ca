//! CC901: differences between environments that are not expected.

use super::rule::{Check, Pair, Rule};
use crate::compare::{Difference, differences, show_short};
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC901",
    name: "environments-differ",
    level: Level::Warning,
    what: "Two environments differ in something that should be equal",
    why: "What passes in one may fail in the other, and the cause is hard to find among all differences",
    example: "
services: {db: {image: postgres:15}}
---
services: {db: {image: postgres:14}}
",
    good: "
services: {db: {image: postgres:15}}
---
services: {db: {image: postgres:15}}
",
    fix: "set it once, in a base file that both override",
    references: &["https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/"],
    check: Check::Pair(check),
};

/// Maximum length of a value in a message.
const MAX_SHOWN: usize = 40;

fn check(pair: &Pair<'_>) -> Vec<Finding> {
    let differences = differences(pair.first, pair.second);
    let services = differences.iter().filter(|difference| difference.subject.starts_with("services."));
    services.filter(|difference| !difference.is_expected()).filter_map(finding).collect()
}

fn finding(difference: &Difference<'_>) -> Option<Finding> {
    let Difference { subject, key, first, second } = difference;
    let shown = second.or(*first)?;
    let what = if key.is_empty() { subject.clone() } else { format!("{subject}.{key}") };
    let message = match (first, second) {
        (Some(first), Some(second)) => {
            let (before, now) = (show_short(first.node, MAX_SHOWN), show_short(second.node, MAX_SHOWN));
            format!("{what} is '{before}' in the first environment and '{now}' in the second")
        }
        (Some(_), None) => format!("{what} is in the first environment only"),
        _ => format!("{what} is in the second environment only"),
    };
    let finding = RULE.finding(what, shown.span, message);
    Some(match (first, second) {
        (Some(first), Some(_)) => finding.with_related(first.span, "in the first environment"),
        _ => finding,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{findings_between, found_between};

    #[test]
    fn unexpected_differences() {
        let of = |one: &str, two: &str| {
            found_between("CC901", &format!("services: {{{one}}}"), &format!("services: {{{two}}}"))
        };
        assert_eq!(
            of("a: {image: x}", "a: {image: y}"),
            ["1:23 services.a.image is 'x' in the first environment and 'y' in the second"]
        );
        assert_eq!(of("a: {}", "a: {user: x}"), ["1:22 services.a.user is in the second environment only"]);
        assert_eq!(of("a: {}, b: {}", "a: {}"), ["1:19 services.b is in the first environment only"]);
        assert_eq!(of("a: {restart: always}", "a: {restart: 'no'}"), [""; 0]);
    }

    #[test]
    fn what_both_have_is_shown_in_both() {
        let related = |one: &str, two: &str| {
            let [one, two] = [one, two].map(|service| format!("services: {{{service}}}"));
            let finding = findings_between("CC901", &one, &two).remove(0);
            finding.related.into_iter().map(|related| related.text).collect::<Vec<_>>()
        };
        let (x, y, none) = ("a: {image: x}", "a: {image: y}", "a: {}");
        assert_eq!(related(x, y), ["in the first environment"]);
        assert_eq!([related(x, none), related(none, y)], [[""; 0]; 2]);
    }
}
