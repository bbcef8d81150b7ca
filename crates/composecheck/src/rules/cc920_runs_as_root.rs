//! CC920: a service that is run as root on purpose.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC920",
    name: "runs-as-root",
    level: Level::Warning,
    what: "A service is run as root",
    why: "A break-in has the rights of root in the container, and outside of it where isolation fails",
    example: "
services:
  app:
    image: app:1
    user: root
",
    good: "
services:
  app:
    image: app:1
    user: 1000:1000
",
    fix: "remove it, or name a user: user: 1000:1000",
    references: &["https://docs.docker.com/reference/compose-file/services/#user"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let node = entry.value.at(&["user"])?;
    let user = node.text()?;
    let is_root = matches!(user.split(':').next(), Some("root" | "0"));
    is_root
        .then(|| RULE.finding(service(entry), node.span, format!("service '{}' is run as root", entry.key)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn by_name_and_number() {
        let of = |user: &str| found("CC920", &format!("services: {{a: {{user: {user}}}}}")).len();
        assert_eq!([of("root"), of("'0:0'"), of("0")], [1; 3]);
        assert_eq!([of("'1000:0'"), of("app")], [0; 2]);
    }
}
