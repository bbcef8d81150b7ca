//! CC601: logs without a size limit.

use super::rule::{Check, Context, Rule, service};
use crate::finding::repair::{Action, NewValue};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC601",
    name: "log-size-unlimited",
    level: Level::Warning,
    what: "A service logs to json-file without max-size",
    why: "json-file, the default driver, does not rotate by default: one container can fill the disk of the engine",
    example: "
services:
  db:
    image: postgres:15
    logging: {driver: json-file}
",
    good: r#"
services:
  db:
    image: postgres:15
    logging:
      driver: json-file
      options: {max-size: 10m, max-file: "3"}
"#,
    fix: "set in logging.options: max-size: 10m and max-file: \"3\"",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#logging",
        "https://docs.docker.com/engine/logging/drivers/json-file/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let driver = entry.value.text_at(&["logging", "driver"]);
    let is_json = driver.is_none_or(|driver| driver == "json-file");
    let is_limited = entry.value.at(&["logging", "options", "max-size"]).is_some();
    if !is_json || is_limited {
        return None;
    }
    let span = entry.value.entry("logging").map_or(entry.span, |logging| logging.span);
    let message = format!("the logs of service '{}' have no size limit", entry.key);
    let (path, action) = repair(entry);
    Some(RULE.finding(service(entry), span, message).with_fix(&path, action))
}

/// Adds the options, and the mappings around them that are missing.
fn repair(entry: &Entry) -> (Vec<&str>, Action) {
    let size = ("max-size".to_owned(), NewValue::scalar("10m"));
    let count = ("max-file".to_owned(), NewValue::scalar("\"3\""));
    let logging = entry.value.entry("logging");
    let options = logging.and_then(|logging| logging.value.entry("options"));
    let mut path = vec!["services", entry.key.as_str(), "logging"];
    let (key, entries) = match (logging, options) {
        (_, Some(options)) => {
            path.push("options");
            let has_count = options.value.entry("max-file").is_some();
            (options.span, if has_count { vec![size] } else { vec![size, count] })
        }
        (Some(logging), None) => {
            (logging.span, vec![("options".to_owned(), NewValue::Map(vec![size, count]))])
        }
        (None, None) => {
            let options = ("options".to_owned(), NewValue::Map(vec![size, count]));
            let logging = NewValue::Map(vec![("driver".to_owned(), NewValue::scalar("json-file")), options]);
            (entry.span, vec![("logging".to_owned(), logging)])
        }
    };
    (path, Action::Insert { key, entries })
}

#[cfg(test)]
mod tests {
    use super::super::policy::Environment;
    use super::super::testing::{found, repairs};

    #[test]
    fn a_fix_adds_what_is_missing() {
        let of = |text: &str| repairs(Environment::Test, "CC601", &format!("services: {{a: {{{text}}}}}"));
        let both = r#"max-size: 10m, max-file: "3""#;
        assert_eq!(
            of("image: x"),
            [format!("services.a.logging: a + logging: {{driver: json-file, options: {{{both}}}}}")]
        );
        assert_eq!(
            of("logging: {driver: json-file}"),
            [format!("services.a.logging: logging + options: {{{both}}}")]
        );
        assert_eq!(
            of("logging: {options: {tag: x}}"),
            [format!("services.a.logging.options: options + {both}")]
        );
        assert_eq!(
            of("logging: {options: {max-file: '5'}}"),
            ["services.a.logging.options: options + max-size: 10m"]
        );
    }

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
