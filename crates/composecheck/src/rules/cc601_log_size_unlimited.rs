//! CC601: logs that grow until the disk is full.

use super::{Check, Context, Finding, Level, Rule, service};
use crate::model::{Entry, Node};

pub(super) const RULE: Rule = Rule {
    code: "CC601",
    name: "log-size-unlimited",
    level: Level::Warning,
    what: "A service logs to json-file without max-size",
    why: "json-file, the default, never rotates by itself: a chatty container fills the disk of the engine",
    example: "
services:
  db:
    image: postgres:15
    logging: {driver: json-file}
",
    fix: "set logging.options: max-size: 10m and max-file: \"3\"",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let driver = entry.value.at(&["logging", "driver"]).and_then(Node::text);
    let is_json = driver.is_none_or(|driver| driver == "json-file");
    let limited = entry.value.at(&["logging", "options", "max-size"]).is_some();
    if !is_json || limited {
        return None;
    }
    let span = entry.value.entry("logging").map_or(entry.span, |logging| logging.span);
    let message = format!("the logs of service '{}' grow without limit", entry.key);
    Some(RULE.finding(service(entry), span, message))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn drivers_and_sizes() {
        let of = |text: &str| found("CC601", &format!("services: {{a: {{{text}}}}}")).len();
        assert_eq!(
            [of("image: x"), of("logging: {driver: json-file}"), of("logging: {options: {max-file: 3}}")],
            [1; 3]
        );
        assert_eq!([of("logging: {driver: local}"), of("logging: {options: {max-size: 10m}}")], [0; 2]);
    }
}
