//! What composecheck finds: one rule, one file. Codes are permanent.

use crate::facts::memory;
use crate::facts::settings::{Database, database, setting, settings};
use crate::model::{Entry, Project};
use crate::policy::Policy;
use crate::repair::{Action, Repair};
use crate::source::Span;

pub(crate) mod cc000_not_loaded;
mod cc001_variable_unset;
mod cc002_setting_without_effect;
mod cc003_version_obsolete;
mod cc004_suppression_unused;
mod cc005_suppression_unclear;
mod cc101_memory_limit_missing;
mod cc102_cpu_limit_missing;
mod cc103_tmpfs_in_ram;
mod cc104_memory_reservation_missing;
mod cc105_memory_over_budget;
mod cc106_tmpfs_sum;
mod cc107_tmpfs_over_limit;
mod cc108_reservation_over_limit;
mod cc201_healthcheck_missing;
mod cc202_healthcheck_too_often;
mod cc203_healthcheck_not_standard;
mod cc204_depends_on_unhealthy;
mod cc301_label_missing;
mod cc302_container_name_fixed;
mod cc303_anonymous_volume;
mod cc304_shared_resource;
mod cc305_project_name_missing;
mod cc306_shared_between;
mod cc401_host_port_twice;
mod cc402_port_outside_range;
mod cc403_port_fixed;
mod cc404_port_in_both;
mod cc501_restart_policy_wrong;
mod cc502_restart_policy_unknown;
mod cc601_log_size_unlimited;
mod cc602_log_files_unlimited;
mod cc701_image_tag_missing;
mod cc702_lighter_image;
mod cc801_postgres_over_limit;
mod cc802_redis_over_limit;
mod cc803_clickhouse_over_limit;
mod cc804_postgres_durability;
mod cc901_drift;
mod cc902_base_not_used;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use cc004_suppression_unused::RULE as SUPPRESSION_UNUSED;
pub(crate) use cc005_suppression_unclear::RULE as SUPPRESSION_UNCLEAR;

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
    /// What is expected of them.
    pub policy: &'a Policy,
}

/// Two projects, such as dev and test; their places are in the same files.
#[derive(Debug)]
pub struct Pair<'a> {
    /// The first.
    pub first: &'a Project,
    /// The second, which findings are shown in.
    pub second: &'a Project,
}

impl Context<'_> {
    /// Whether what is written in a place is moved by a variable.
    pub fn has_variable(&self, span: Span) -> bool {
        self.project.sources.get(span.file).written(span).contains('$')
    }
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
    /// What `--fix` would do.
    pub repair: Option<Repair>,
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
    pub check: Check,
}

/// Where a rule looks.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// At one project.
    Project(fn(&Context<'_>) -> Vec<Finding>),
    /// At two that are compared.
    Pair(fn(&Pair<'_>) -> Vec<Finding>),
    /// At what was suppressed: see [`crate::judge`].
    Judge,
    /// At whether it loads: see [`crate::load`].
    Load,
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
            repair: None,
        }
    }
}

impl Finding {
    /// Points at another place that explains it.
    #[must_use]
    pub fn see(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Related { span, text: text.into() });
        self
    }

    /// Moves its places so many files on.
    pub fn shift(&mut self, by: usize) {
        self.primary.file.0 += by;
        self.related.iter_mut().for_each(|other| other.span.file.0 += by);
    }

    /// Says what would mend it, and which value of the model that changes.
    #[must_use]
    pub fn mended_by(mut self, path: &[&str], action: Action) -> Self {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        self.repair = Some(Repair { path, action });
        self
    }
}

/// Every rule, by code.
pub static ALL: [&Rule; 40] = [
    &cc000_not_loaded::RULE,
    &cc001_variable_unset::RULE,
    &cc002_setting_without_effect::RULE,
    &cc003_version_obsolete::RULE,
    &SUPPRESSION_UNUSED,
    &SUPPRESSION_UNCLEAR,
    &cc101_memory_limit_missing::RULE,
    &cc102_cpu_limit_missing::RULE,
    &cc103_tmpfs_in_ram::RULE,
    &cc104_memory_reservation_missing::RULE,
    &cc105_memory_over_budget::RULE,
    &cc106_tmpfs_sum::RULE,
    &cc107_tmpfs_over_limit::RULE,
    &cc108_reservation_over_limit::RULE,
    &cc201_healthcheck_missing::RULE,
    &cc202_healthcheck_too_often::RULE,
    &cc203_healthcheck_not_standard::RULE,
    &cc204_depends_on_unhealthy::RULE,
    &cc301_label_missing::RULE,
    &cc302_container_name_fixed::RULE,
    &cc303_anonymous_volume::RULE,
    &cc304_shared_resource::RULE,
    &cc305_project_name_missing::RULE,
    &cc306_shared_between::RULE,
    &cc401_host_port_twice::RULE,
    &cc402_port_outside_range::RULE,
    &cc403_port_fixed::RULE,
    &cc404_port_in_both::RULE,
    &cc501_restart_policy_wrong::RULE,
    &cc502_restart_policy_unknown::RULE,
    &cc601_log_size_unlimited::RULE,
    &cc602_log_files_unlimited::RULE,
    &cc701_image_tag_missing::RULE,
    &cc702_lighter_image::RULE,
    &cc801_postgres_over_limit::RULE,
    &cc802_redis_over_limit::RULE,
    &cc803_clickhouse_over_limit::RULE,
    &cc804_postgres_durability::RULE,
    &cc901_drift::RULE,
    &cc902_base_not_used::RULE,
];

/// The rule with this code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.code == code).copied()
}

/// Runs every rule.
pub fn check(project: &Project, policy: &Policy) -> Vec<Finding> {
    let context = Context { project, policy };
    let of_rule = |rule: &&Rule| match rule.check {
        Check::Project(check) => check(&context),
        Check::Pair(_) | Check::Judge | Check::Load => Vec::new(),
    };
    ALL.iter().flat_map(of_rule).collect()
}

/// Runs every rule that compares.
pub fn check_pair(pair: &Pair<'_>) -> Vec<Finding> {
    let of_rule = |rule: &&Rule| match rule.check {
        Check::Pair(check) => check(pair),
        Check::Project(_) | Check::Judge | Check::Load => Vec::new(),
    };
    ALL.iter().flat_map(of_rule).collect()
}

/// Puts findings in the order of files and lines.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (a.primary, a.code, &a.subject).cmp(&(b.primary, b.code, &b.subject)));
}

/// How a service is named in findings.
fn service(entry: &Entry) -> String {
    format!("services.{}", entry.key)
}

/// Settings of a database that are sizes above the memory limit of its service.
fn over_limit(
    rule: &Rule,
    context: &Context<'_>,
    kind: Database,
    names: &[&str],
    size: fn(&str) -> Option<u64>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in context.project.services().iter().filter(|entry| database(&entry.value) == Some(kind)) {
        let Some(limit) = memory::limit(&entry.value) else { continue };
        let settings = settings(&entry.value);
        let given = names.iter().filter_map(|name| setting(&settings, name));
        findings.extend(given.filter(|given| size(&given.value) > Some(limit.bytes)).map(|given| {
            let (name, value) = (&given.name, &given.value);
            let message = format!("{name} of service '{}' is {value}, above its memory limit", entry.key);
            rule.finding(service(entry), given.span, message).see(limit.node.span, "the limit")
        }));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let policy = Policy {
            profile: Some(crate::policy::Profile::Fast),
            ports: Some(vec![(20_000, 29_999)]),
            ..Policy::default()
        };
        for rule in ALL.into_iter().filter(|rule| !matches!(rule.check, Check::Load)) {
            let found = match rule.example.split_once("---\n") {
                Some((first, second)) => testing::found_between(rule.code, first, second),
                None => testing::found_with(&policy, rule.code, rule.example),
            };
            assert!(!found.is_empty(), "{}", rule.code);
        }
    }
}
