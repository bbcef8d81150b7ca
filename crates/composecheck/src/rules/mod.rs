//! The rules, one file each. Codes are permanent.

pub(crate) mod cc000_not_loaded;
mod cc001_variable_unset;
mod cc002_setting_without_effect;
mod cc003_version_obsolete;
mod cc004_suppression_unused;
mod cc005_suppression_unclear;
mod cc006_absent;
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
mod cc307_container_name_twice;
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
mod cc911_engine_socket_mounted;
mod cc912_privileged;
mod cc913_credential_literal;
mod cc914_ports_on_all_interfaces;
mod cc915_capability_dangerous;
mod cc916_host_namespace;
mod cc917_confinement_off;
mod cc918_device_dangerous;
mod cc919_host_path_sensitive;
mod cc920_runs_as_root;
mod cc921_new_privileges_allowed;
mod cc922_capabilities_kept;
mod cc923_root_writable;
mod cc924_processes_unlimited;
mod cc925_digest_missing;
mod cc926_built_image_replaces;
mod database_limits;
mod hardening;
pub(crate) mod levels;
pub mod policy;
pub(crate) mod rule;
#[cfg(test)]
pub(crate) mod testing;

use crate::compose::Project;
use crate::finding::Finding;
use policy::Policy;
use rule::{Check, Context, Pair, Rule};

pub(crate) use cc004_suppression_unused::RULE as SUPPRESSION_UNUSED;
pub(crate) use cc005_suppression_unclear::RULE as SUPPRESSION_UNCLEAR;

/// Every rule, by code.
pub(crate) static ALL: [&Rule; 58] = [
    &cc000_not_loaded::RULE,
    &cc001_variable_unset::RULE,
    &cc002_setting_without_effect::RULE,
    &cc003_version_obsolete::RULE,
    &SUPPRESSION_UNUSED,
    &SUPPRESSION_UNCLEAR,
    &cc006_absent::RULE,
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
    &cc307_container_name_twice::RULE,
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
    &cc911_engine_socket_mounted::RULE,
    &cc912_privileged::RULE,
    &cc913_credential_literal::RULE,
    &cc914_ports_on_all_interfaces::RULE,
    &cc915_capability_dangerous::RULE,
    &cc916_host_namespace::RULE,
    &cc917_confinement_off::RULE,
    &cc918_device_dangerous::RULE,
    &cc919_host_path_sensitive::RULE,
    &cc920_runs_as_root::RULE,
    &cc921_new_privileges_allowed::RULE,
    &cc922_capabilities_kept::RULE,
    &cc923_root_writable::RULE,
    &cc924_processes_unlimited::RULE,
    &cc925_digest_missing::RULE,
    &cc926_built_image_replaces::RULE,
];

pub(crate) fn by_code(code: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.code == code).copied()
}

/// Runs the rules that check one project.
pub(crate) fn check(project: &Project, policy: &Policy) -> Vec<Finding> {
    let context = Context { project, policy };
    let findings = |rule: &&Rule| match rule.check {
        Check::Project(check) => check(&context),
        Check::Pair(_) | Check::Suppressions | Check::Load => Vec::new(),
    };
    ALL.iter().flat_map(findings).collect()
}

/// Runs the rules that compare two projects.
pub(crate) fn check_pair(pair: &Pair<'_>) -> Vec<Finding> {
    let findings = |rule: &&Rule| match rule.check {
        Check::Pair(check) => check(pair),
        Check::Project(_) | Check::Suppressions | Check::Load => Vec::new(),
    };
    ALL.iter().flat_map(findings).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_every_rule_explains_itself() {
        assert!(ALL.is_sorted_by(|a, b| a.code < b.code));
        for rule in ALL {
            for text in [rule.name, rule.what, rule.why, rule.example, rule.good, rule.fix] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: '{text}'", rule.code);
            }
        }
    }

    #[test]
    fn a_rule_is_found_by_its_code_alone() {
        for rule in ALL {
            assert_eq!(by_code(rule.code).map(|found| found.name), Some(rule.name));
        }
        assert!(by_code("CC999").is_none() && by_code("").is_none());
    }

    #[test]
    fn every_example_is_found_and_mended_by_the_good_one() {
        for rule in ALL.into_iter().filter(|rule| !matches!(rule.check, Check::Load | Check::Suppressions)) {
            assert!(!found_in(rule.code, rule.example).is_empty(), "{}", rule.code);
            // A base file is a third one.
            if rule.code != "CC902" {
                let found = found_in(rule.code, rule.good);
                assert!(found.is_empty(), "{}: {found:?}", rule.code);
            }
        }
    }

    fn found_in(code: &str, text: &str) -> Vec<String> {
        // Of the hardening rules the levels of test are off; what they find is the same.
        let policy = Policy {
            profile: Some(policy::Profile::Fast),
            ports: Some(vec![(20_000, 29_999)]),
            ..Policy::from(policy::Environment::Test)
        };
        match text.split_once("---\n") {
            Some((first, second)) => testing::found_between(code, first, second),
            None => testing::found_with(&policy, code, text),
        }
    }
}
