//! What composecheck finds: one rule, one file. Codes are permanent.

use crate::model::{Entry, Project};
use crate::source::Span;

mod cc001_variable_unset;
mod cc101_memory_limit_missing;
mod cc102_cpu_limit_missing;
mod cc103_tmpfs_in_ram;
mod cc201_healthcheck_missing;
mod cc202_healthcheck_too_often;
mod cc301_label_missing;
mod cc601_log_size_unlimited;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Worth mending.
    Warning,
    /// It crashes environments.
    Error,
}

impl Level {
    /// As written in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a rule looks at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The merged files.
    pub project: &'a Project,
}

/// Another place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's code.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where it is written; a missing key is shown at the key it is missing under.
    pub primary: Span,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// What it is about, such as `services.db`.
    pub subject: String,
    /// What to do.
    pub fix: String,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Permanent code.
    pub code: &'static str,
    /// Readable name.
    pub name: &'static str,
    /// Level.
    pub level: Level,
    /// What it finds.
    pub what: &'static str,
    /// Why that is bad.
    pub why: &'static str,
    /// A file that it finds something in.
    pub example: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Finds it.
    pub check: fn(&Context<'_>) -> Vec<Finding>,
}

impl Rule {
    /// A finding of this rule.
    pub fn finding(&self, subject: String, primary: Span, message: String) -> Finding {
        Finding {
            code: self.code,
            level: self.level,
            message,
            primary,
            related: Vec::new(),
            subject,
            fix: self.fix.to_owned(),
        }
    }
}

/// Every rule, by code.
pub static ALL: [&Rule; 8] = [
    &cc001_variable_unset::RULE,
    &cc101_memory_limit_missing::RULE,
    &cc102_cpu_limit_missing::RULE,
    &cc103_tmpfs_in_ram::RULE,
    &cc201_healthcheck_missing::RULE,
    &cc202_healthcheck_too_often::RULE,
    &cc301_label_missing::RULE,
    &cc601_log_size_unlimited::RULE,
];

/// Runs every rule; findings come in the order of the files.
pub fn check(project: &Project) -> Vec<Finding> {
    let context = Context { project };
    let mut findings: Vec<Finding> = ALL.iter().flat_map(|rule| (rule.check)(&context)).collect();
    findings.sort_by(|a, b| (a.primary, a.code).cmp(&(b.primary, b.code)));
    findings
}

/// How a service is named in findings.
fn service(entry: &Entry) -> String {
    format!("services.{}", entry.key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Sources};
    use crate::{merge, yaml};

    /// The places (`code@line:column`) that the rules find in a file.
    fn found(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        sources.add("a.yml".into(), text.into());
        let mut root = yaml::parse(FileId(0), text).unwrap().remove(0);
        merge::canonical(&mut root);
        let project = Project { sources, root, unset: Vec::new() };
        check(&project)
            .iter()
            .map(|f| format!("{}@{}:{}", f.code, f.primary.line, f.primary.column))
            .collect()
    }

    #[test]
    fn codes_are_in_order_and_every_rule_explains_itself() {
        assert!(ALL.is_sorted_by(|a, b| a.code < b.code));
        for rule in ALL {
            for text in [rule.name, rule.what, rule.why, rule.example, rule.fix] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: '{text}'", rule.code);
            }
        }
    }

    #[test]
    fn every_example_is_found() {
        for rule in ALL.iter().filter(|rule| rule.code != "CC001") {
            assert!(found(rule.example).iter().any(|f| f.starts_with(rule.code)), "{}", rule.code);
        }
    }

    const MENDED: &str = "
services:
  a:
    image: x
    mem_limit: 512m
    cpus: 0.5
    labels: [netra.env=test]
    logging: {driver: json-file, options: {max-size: 10m}}
    healthcheck: {test: [CMD, 'true'], interval: 10s}
networks: {default: {labels: {netra.env: test}}}
";

    #[test]
    fn a_mended_file_is_clean() {
        assert_eq!(found(MENDED), [""; 0]);
        let deploy = "deploy: {resources: {limits: {memory: 1g, cpus: '1'}}}";
        assert_eq!(found(&MENDED.replace("mem_limit: 512m", deploy).replace("    cpus: 0.5\n", "")), [""; 0]);
    }

    #[test]
    fn tmpfs_in_all_its_spellings() {
        for spelling in ["tmpfs: /data", "tmpfs: [/data]", "volumes: [{type: tmpfs, target: /data}]"] {
            let text = MENDED.replace("image: x", &format!("image: x\n    {spelling}"));
            assert_eq!(found(&text).len(), 1, "{spelling}: {:?}", found(&text));
            assert!(found(&text)[0].starts_with("CC103@5:"), "{spelling}: {:?}", found(&text));
        }
        let text = format!(
            "{MENDED}volumes:\n  v:\n    labels: {{netra.env: test}}\n    driver_opts: {{type: tmpfs, o: size=1g}}\n"
        );
        assert_eq!(found(&text), ["CC103@14:25"]);
    }

    #[test]
    fn health_checks_at_the_threshold() {
        assert_eq!(found(&MENDED.replace("10s", "5s")), [""; 0]);
        assert_eq!(found(&MENDED.replace("10s", "4999ms")), ["CC202@9:50"]);
        assert_eq!(found(&MENDED.replace("test: [CMD, 'true']", "disable: true")), ["CC201@9:19"]);
    }

    #[test]
    fn limits_that_are_none() {
        for none in ["0", "1e9", "abc"] {
            let text = MENDED.replace("512m", none);
            assert_eq!(found(&text), ["CC101@5:16"], "{none}");
        }
    }
}
