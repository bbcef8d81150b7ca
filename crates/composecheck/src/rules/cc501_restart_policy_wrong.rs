//! CC501: a restart policy that does not fit the environment.

use super::policy::Environment;
use super::rule::{Check, Context, Rule, service};
use crate::finding::repair::Action;
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Node};

pub(super) const RULE: Rule = Rule {
    code: "CC501",
    name: "restart-policy-wrong",
    level: Level::Warning,
    what: "A service restarts without limit in a test environment, or never in production",
    why: "In a test, a container that crashes is restarted again and again, which loads the engine and hides the cause",
    example: "
services:
  db:
    image: postgres:15
    restart: always
",
    good: r#"
services:
  db:
    image: postgres:15
    restart: "no"
"#,
    fix: "in test use \"no\" or on-failure:3, in production unless-stopped",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#restart",
        "https://docs.docker.com/engine/containers/start-containers-automatically/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(environment) = context.policy.environment else { return Vec::new() };
    context.project.services().iter().filter_map(|entry| check_service(environment, entry)).collect()
}

fn check_service(environment: Environment, entry: &Entry) -> Option<Finding> {
    let policy = policy(&entry.value)?;
    let text = policy.text()?;
    let is_unlimited = matches!(text.as_str(), "always" | "unless-stopped" | "on-failure" | "any");
    let is_never = matches!(text.as_str(), "no" | "none" | "false");
    let (is_wrong, how) = match environment {
        Environment::Test => (is_unlimited, "without limit"),
        Environment::Prod => (is_never, "never"),
        Environment::Dev => (false, ""),
    };
    let message = format!("service '{}' restarts {how} ('{text}') in {}", entry.key, environment.name());
    is_wrong.then(|| {
        let finding = RULE.finding(service(entry), policy.span, message);
        match environment {
            Environment::Test if entry.value.at(&["restart"]).is_some() => {
                let with = if text == "on-failure" { "on-failure:3" } else { "\"no\"" };
                let action = Action::Replace { span: policy.span, with: with.to_owned() };
                finding.with_fix(&["services", &entry.key, "restart"], action)
            }
            _ => finding,
        }
    })
}

fn policy(service: &Node) -> Option<&Node> {
    service.at(&["restart"]).or_else(|| {
        let deploy = service.at(&["deploy", "restart_policy"])?;
        deploy.at(&["condition"]).filter(|_| deploy.at(&["max_attempts"]).is_none())
    })
}

#[cfg(test)]
mod tests {
    use super::super::policy::{Environment, Policy};
    use super::super::testing::{found_with, repairs};

    #[test]
    fn a_fix_limits_restarts_in_test() {
        let of = |environment, policy: &str| {
            repairs(environment, "CC501", &format!("services: {{a: {{{policy}}}}}"))
        };
        let in_test = |policy: &str| of(Environment::Test, policy);
        assert_eq!(in_test("restart: always"), [r#"services.a.restart: always -> "no""#]);
        assert_eq!(in_test("restart: on-failure"), ["services.a.restart: on-failure -> on-failure:3"]);
        assert_eq!(in_test("deploy: {restart_policy: {condition: any}}"), [""; 0]);
        assert_eq!(of(Environment::Prod, "restart: 'no'"), [""; 0], "what is meant only its author knows");
        let message = "1:25 service 'a' restarts without limit ('always') in test";
        let text = "services: {a: {restart: always}}";
        assert_eq!(found_with(&Policy::from(Environment::Test), "CC501", text), [message]);
        assert_eq!(found_with(&Policy::default(), "CC501", text), [""; 0]);
    }

    #[test]
    fn by_environment() {
        for (environment, policy, wrong) in [
            (Environment::Test, "restart: always", true),
            (Environment::Test, "restart: unless-stopped", true),
            (Environment::Test, "restart: on-failure", true),
            (Environment::Test, "restart: on-failure:3", false),
            (Environment::Test, "restart: 'no'", false),
            (Environment::Test, "image: x", false),
            (Environment::Test, "deploy: {restart_policy: {condition: any}}", true),
            (Environment::Test, "deploy: {restart_policy: {condition: any, max_attempts: 3}}", false),
            (Environment::Dev, "restart: always", false),
            (Environment::Prod, "restart: 'no'", true),
            (Environment::Prod, "restart: always", false),
        ] {
            let text = format!("services: {{a: {{{policy}}}}}");
            let found = found_with(&Policy::from(environment), "CC501", &text);
            assert_eq!(!found.is_empty(), wrong, "{environment:?} {policy}");
        }
    }
}
