//! CC602: logs in a single file.

use super::rule::{Check, Context, Rule, service};
use crate::finding::repair::{Action, NewValue};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC602",
    name: "log-file-count-missing",
    level: Level::Warning,
    what: "A service logs to json-file with max-size and without max-file",
    why: "There is only one file, which is emptied when it is full: the lines before a crash are lost",
    example: "
services:
  db:
    image: postgres:15
    logging:
      driver: json-file
      options: {max-size: 10m}
",
    good: r#"
services:
  db:
    image: postgres:15
    logging:
      driver: json-file
      options: {max-size: 10m, max-file: "3"}
"#,
    fix: "keep several files: max-file: \"3\"",
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
    let is_json = entry.value.text_at(&["logging", "driver"]).is_none_or(|driver| driver == "json-file");
    let options = entry.value.at(&["logging"])?.entry("options")?;
    // A missing size is found by CC601.
    let is_fine = options.value.at(&["max-file"]).is_some() || options.value.at(&["max-size"]).is_none();
    let message =
        format!("the logs of service '{}' are kept in one file, which is emptied when it is full", entry.key);
    (is_json && !is_fine).then(|| {
        let entries = vec![("max-file".to_owned(), NewValue::scalar("\"3\""))];
        let path = ["services", &entry.key, "logging", "options"];
        let finding = RULE.finding(service(entry), options.span, message);
        finding.with_fix(&path, Action::Insert { key: options.span, entries })
    })
}

#[cfg(test)]
mod tests {
    use super::super::policy::Environment;
    use super::super::testing::{found, repairs};

    #[test]
    fn a_fix_adds_a_number_of_files() {
        let text = "services: {a: {logging: {options: {max-size: 1m}}}}";
        assert_eq!(
            repairs(Environment::Test, "CC602", text),
            [r#"services.a.logging.options: options + max-file: "3""#]
        );
        assert_eq!(found("CC602", "services: {a: {logging: {options: {tag: x}}}}"), [""; 0], "CC601 says so");
    }

    #[test]
    fn size_and_count() {
        let of = |text: &str| found("CC602", &format!("services: {{a: {{logging: {{{text}}}}}}}")).len();
        assert_eq!(of("options: {max-size: 1m}"), 1);
        assert_eq!(of("options: {max-size: 1m, max-file: '3'}"), 0);
        assert_eq!(of("driver: local, options: {max-size: 1m}"), 0);
        assert_eq!(of("driver: json-file"), 0);
    }
}
