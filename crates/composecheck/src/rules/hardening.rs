//! What the rules share that want every service to have a setting: one finding for all services without it.

use super::rule::{Context, Rule};
use crate::finding::Finding;
use crate::yaml::{Entry, Node};

/// One finding for all services that do not have a setting.
pub(super) fn missing(
    rule: &Rule,
    context: &Context<'_>,
    message: &str,
    is_set: fn(&Node) -> bool,
) -> Vec<Finding> {
    let services = context.project.services().iter();
    one_for_all(rule, context, message, &services.filter(|entry| !is_set(&entry.value)).collect::<Vec<_>>())
}

/// One finding at the first of these services, which names all of them.
pub(super) fn one_for_all(
    rule: &Rule,
    context: &Context<'_>,
    message: &str,
    services: &[&Entry],
) -> Vec<Finding> {
    let Some(first) = services.first() else { return Vec::new() };
    let names: Vec<&str> = services.iter().map(|entry| entry.key.as_str()).collect();
    let which = if names.len() == context.project.services().len() && names.len() > 3 {
        format!("all {} services", names.len())
    } else {
        names.join(", ")
    };
    vec![rule.finding("services".into(), first.span, format!("{message}: {which}"))]
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    /// Code, message, and the ways to write the setting that the rule wants.
    const WANTED: [(&str, &str, &[&str]); 4] = [
        (
            "CC921",
            "processes may gain rights",
            &[
                "security_opt: ['no-new-privileges:true']",
                "security_opt: [no-new-privileges=true]",
                "security_opt: [no-new-privileges]",
            ],
        ),
        ("CC922", "default capabilities are kept", &["cap_drop: [ALL]", "cap_drop: [all]"]),
        ("CC923", "the root file system can be changed", &["read_only: true"]),
        (
            "CC924",
            "the number of processes has no limit",
            &["pids_limit: 100", "deploy: {resources: {limits: {pids: 100}}}"],
        ),
    ];

    #[test]
    fn one_finding_for_all_services_without_the_setting() {
        for (code, message, settings) in WANTED {
            let of = |keys: &str| found(code, &format!("services: {{a: {{{keys}}}, b: {{{keys}}}}}"));
            assert_eq!(of("image: x"), [format!("1:12 {message}: a, b")]);
            for keys in settings {
                assert_eq!(of(keys), [""; 0], "{code} {keys}");
            }
        }
    }

    #[test]
    fn no_limit_of_processes_is_none() {
        for limit in ["pids_limit: 0", "pids_limit: -1"] {
            assert_eq!(found("CC924", &format!("services: {{a: {{{limit}}}}}")).len(), 1, "{limit}");
        }
    }

    #[test]
    fn many_services_are_counted() {
        let text = "services: {a: {image: x}, b: {image: x}, c: {image: x}}";
        assert_eq!(found("CC923", text), ["1:12 the root file system can be changed: a, b, c"]);
        let text = "services: {a: {image: x}, b: {image: x}, c: {image: x}, d: {image: x}}";
        assert_eq!(found("CC923", text), ["1:12 the root file system can be changed: all 4 services"]);
    }
}
