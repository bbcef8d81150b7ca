//! CC502: an unknown restart policy.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Kind};

pub(super) const RULE: Rule = Rule {
    code: "CC502",
    name: "restart-policy-unknown",
    level: Level::Error,
    what: "A restart policy is unknown to the engine",
    why: "Compose accepts it, but the engine rejects the container",
    example: "
services:
  db:
    image: postgres:15
    restart: sometimes
",
    good: "
services:
  db:
    image: postgres:15
    restart: on-failure:3
",
    fix: "use \"no\", always, unless-stopped, on-failure or on-failure:3",
    references: &["https://docs.docker.com/reference/compose-file/services/#restart"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let policy = entry.value.at(&["restart"])?;
    let Kind::Text(text) = &policy.kind else { return None };
    let (name, count) = text.split_once(':').unwrap_or((text, ""));
    let known = match name {
        "" | "no" | "always" | "unless-stopped" => count.is_empty(),
        "on-failure" => count.is_empty() || count.parse::<u32>().is_ok(),
        _ => false,
    };
    let message = format!("service '{}' has the unknown restart policy '{text}'", entry.key);
    (!known).then(|| RULE.finding(service(entry), policy.span, message))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn names_and_counts() {
        let of = |policy: &str| found("CC502", &format!("services: {{a: {{restart: {policy}}}}}"));
        for known in ["no", "'no'", "always", "unless-stopped", "on-failure", "'on-failure:3'"] {
            assert_eq!(of(known), [""; 0], "{known}");
        }
        for unknown in ["sometimes", "'always:3'", "'on-failure:x'", "Always"] {
            assert_eq!(of(unknown).len(), 1, "{unknown}");
        }
    }
}
