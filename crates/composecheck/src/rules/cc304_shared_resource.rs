//! CC304: a volume or network that environments share.

use super::rule::{Check, Context, Rule};
use crate::facts::mounts::is_external;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC304",
    name: "shared-resource",
    level: Level::Warning,
    what: "A volume or network is external, or has a name without a variable",
    why: "All environments use the same one: tests see the data of others, and a clean-up deletes it for all",
    example: "
services:
  db:
    image: postgres:15
volumes:
  data:
    external: true
",
    good: "
services:
  db:
    image: postgres:15
    volumes: [data:/var/lib/postgresql/data]
volumes:
  data: {}
",
    fix: "remove the name; Compose derives it from the project",
    references: &[
        "https://docs.docker.com/reference/compose-file/volumes/#external",
        "https://docs.docker.com/reference/compose-file/networks/#external",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let of = |section: &'static str| {
        let entries = context.project.section(section).iter();
        entries.filter_map(move |entry| check_resource(context, section, entry))
    };
    of("volumes").chain(of("networks")).collect()
}

fn check_resource(context: &Context<'_>, section: &str, entry: &Entry) -> Option<Finding> {
    let word = section.trim_end_matches('s');
    let subject = format!("{section}.{}", entry.key);
    let name = entry.value.at(&["name"]);
    if name.is_some_and(|name| context.has_variable(name.span)) {
        return None;
    }
    if is_external(entry) {
        let span = entry.value.entry("external").map_or(entry.span, |external| external.span);
        let message = format!("the {word} '{}' is external and may be shared", entry.key);
        return Some(RULE.finding(subject, span, message));
    }
    let name = name?;
    let message = format!("the {word} '{}' has the name '{}' in every environment", entry.key, name.text()?);
    Some(RULE.finding(subject, name.span, message))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn external_and_named() {
        let of = |text: &str| found("CC304", &format!("volumes: {{v: {text}}}\nnetworks: {{default: {{}}}}"));
        assert_eq!(of("{external: true}"), ["1:15 the volume 'v' is external and may be shared"]);
        assert_eq!(of("{name: data}"), ["1:21 the volume 'v' has the name 'data' in every environment"]);
        assert_eq!(of("{name: 'data-${SLOT:-1}'}"), [""; 0]);
        assert_eq!(of("{external: false}"), [""; 0]);
        assert_eq!(of(""), [""; 0]);
    }
}
