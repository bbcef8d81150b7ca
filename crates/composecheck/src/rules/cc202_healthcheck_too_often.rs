//! CC202: a health check that runs too often.

use std::time::Duration;

use super::rule::{Check, Context, Rule, service};
use crate::compose::units::duration;
use crate::finding::repair::Action;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC202",
    name: "healthcheck-too-often",
    level: Level::Error,
    what: "A health check runs more often than every 5 seconds",
    why: "Each run starts a process through the engine; many at once slow it down until health checks fail",
    example: "
services:
  db:
    image: postgres:15
    healthcheck: {test: [CMD, pg_isready], interval: 2s}
",
    good: "
services:
  db:
    image: postgres:15
    healthcheck: {test: [CMD, pg_isready], interval: 10s, timeout: 5s, retries: 5, start_period: 20s}
",
    fix: "use interval: 10s; from engine 25 on, start_interval with start_period finds out early that it is ready",
    references: &["https://docs.docker.com/reference/compose-file/services/#healthcheck"],
    check: Check::Project(check),
};

/// Shortest accepted interval.
const MIN_INTERVAL: Duration = Duration::from_secs(5);

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let interval = entry.value.at(&["healthcheck", "interval"])?;
    let text = interval.text()?;
    // Zero means Docker's default of 30 s.
    let is_too_often = duration(&text).is_some_and(|every| !every.is_zero() && every < MIN_INTERVAL);
    is_too_often.then(|| {
        let message = format!("the health check of service '{}' runs every {text}", entry.key);
        let action = Action::Replace { span: interval.span, with: "10s".into() };
        let path = ["services", &entry.key, "healthcheck", "interval"];
        RULE.finding(service(entry), interval.span, message).with_fix(&path, action)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn at_the_threshold() {
        let of = |every: &str| {
            found("CC202", &format!("services: {{a: {{healthcheck: {{interval: {every}}}}}}}")).len()
        };
        assert_eq!([of("5s"), of("0s"), of("1m")], [0; 3]);
        assert_eq!([of("4999ms"), of("2s")], [1; 2]);
    }
}
