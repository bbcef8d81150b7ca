//! The list of rules, and the explanation of one.

use evenkeel_common::{Error, Timestamp, VERSION};
use serde::Serialize;

use crate::finding::Level;
use crate::rules::policy::{Environment, Policy};
use crate::rules::rule::Rule;
use crate::rules::{ALL, levels};

/// The object of `rules --json`.
#[derive(Debug, Serialize)]
pub(crate) struct RulesJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    rules: Vec<RuleJson>,
}

#[derive(Debug, Serialize)]
struct RuleJson {
    code: &'static str,
    name: &'static str,
    level: &'static str,
    what: &'static str,
    why: &'static str,
    example: &'static str,
    good: &'static str,
    fix: &'static str,
    references: &'static [&'static str],
}

impl RulesJson {
    pub(crate) fn new(at: Timestamp) -> Self {
        let rules = ALL.iter().map(|rule| RuleJson {
            code: rule.code,
            name: rule.name,
            level: rule.level.name(),
            what: rule.what,
            why: rule.why,
            example: rule.example,
            good: rule.good,
            fix: rule.fix,
            references: rule.references,
        });
        Self {
            schema: "composecheck.rules/1",
            tool_version: VERSION,
            at,
            verdict: "done",
            rules: rules.collect(),
        }
    }
}

/// One line a rule.
pub(crate) fn list() -> String {
    let line =
        |rule: &&Rule| format!("{}  {:<8} {:<28} {}\n", rule.code, rule.level.name(), rule.name, rule.what);
    ALL.iter().map(line).collect()
}

/// The explanation of the rule with this code or name.
pub(crate) fn explain(wanted: &str) -> Result<String, Error> {
    let is_wanted = |rule: &&&Rule| rule.code.eq_ignore_ascii_case(wanted) || rule.name == wanted;
    let rule = ALL.iter().find(is_wanted).ok_or_else(|| {
        Error::usage(format!("explain '{wanted}'"), "there is no such rule")
            .hint("'composecheck rules' lists the rules")
    })?;
    let (code, name, level) = (rule.code, rule.name, rule.level.name());
    let references = rule.references.iter().map(|address| format!("See {address}\n"));
    Ok(format!(
        "{code}: {name} ({level})\n\n{what}.\n\nWhy: {why}.\n\nExample:\n\n{example}\nFix: {fix}.\n\nBetter:\n\n{good}\n\
         Level by purpose: {levels}.\n\nTo suppress it: # composecheck: ignore {code} REASON\n{references}",
        what = rule.what,
        why = rule.why,
        levels = by_purpose(rule),
        example = indented(rule.example),
        fix = rule.fix,
        good = indented(rule.good),
        references = references.collect::<String>(),
    ))
}

/// The levels of a rule: where the purpose is unknown, and in each environment.
fn by_purpose(rule: &Rule) -> String {
    levels_of(rule).map(|(purpose, level)| format!("{purpose} {level}")).join(", ")
}

/// Each purpose with the rule's level there.
pub(super) fn levels_of(rule: &Rule) -> [(&'static str, &'static str); 4] {
    let of = |policy: &Policy| levels::level(rule.code, rule.level, policy).map_or("off", Level::name);
    let at = |one: Environment| (one.name(), of(&Policy::from(one)));
    [("unknown", of(&Policy::default())), at(Environment::Test), at(Environment::Dev), at(Environment::Prod)]
}

fn indented(text: &str) -> String {
    text.trim_matches('\n').lines().flat_map(|line| ["    ", line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_known_by_code_and_by_name() {
        for wanted in ["CC101", "cc101", "memory-limit-missing"] {
            let text = explain(wanted).unwrap();
            assert!(text.starts_with("CC101: memory-limit-missing (error)\n"), "{text}");
        }
        assert!(explain("CC999").unwrap_err().to_string().contains("hint: 'composecheck rules'"));
        assert_eq!(list().lines().count(), ALL.len());
    }
}
