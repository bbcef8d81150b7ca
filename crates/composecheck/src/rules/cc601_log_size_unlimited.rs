//! CC601: logs that grow until the disk is full.

use super::rule::{Check, Context, Rule, service};
use crate::finding::repair::{Action, Yaml};
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Node};

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
    let (path, action) = repair(entry);
    Some(RULE.finding(service(entry), span, message).mended_by(&path, action))
}

/// Adds the options, with as much around them as is missing.
fn repair(entry: &Entry) -> (Vec<&str>, Action) {
    let size = ("max-size".to_owned(), Yaml::scalar("10m"));
    let count = ("max-file".to_owned(), Yaml::scalar("\"3\""));
    let logging = entry.value.entry("logging");
    let options = logging.and_then(|logging| logging.value.entry("options"));
    let mut path = vec!["services", entry.key.as_str(), "logging"];
    let (under, entries) = match (logging, options) {
        (_, Some(options)) => {
            path.push("options");
            let counted = options.value.entry("max-file").is_some();
            (options.span, if counted { vec![size] } else { vec![size, count] })
        }
        (Some(logging), None) => (logging.span, vec![("options".to_owned(), Yaml::Map(vec![size, count]))]),
        (None, None) => {
            let options = ("options".to_owned(), Yaml::Map(vec![size, count]));
            let logging = Yaml::Map(vec![("driver".to_owned(), Yaml::scalar("json-file")), options]);
            (entry.span, vec![("logging".to_owned(), logging)])
        }
    };
    (path, Action::Add { under, entries })
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
