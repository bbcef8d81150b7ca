//! CC804: durability settings of `PostgreSQL` that do not fit the environment.

use super::policy::{Environment, Profile};
use super::rule::{Check, Context, Rule, service};
use crate::facts::settings::{Database, Setting, database, setting, settings};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC804",
    name: "postgres-durability",
    level: Level::Warning,
    what: "fsync or synchronous_commit of PostgreSQL does not fit the profile, or is off outside a test environment",
    why: "If off, a power failure can corrupt the database; if on, every commit of a test waits for the disk",
    example: "
services:
  db:
    image: postgres:15
    command: postgres -c fsync=on
",
    good: "
services:
  db:
    image: postgres:15
    command: postgres -c fsync=off -c synchronous_commit=off
",
    fix: "with profile fast set fsync=off and synchronous_commit=off, with profile durable both on",
    references: &["https://www.postgresql.org/docs/current/runtime-config-wal.html"],
    check: Check::Project(check),
};

const SWITCHES: [&str; 2] = ["fsync", "synchronous_commit"];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let profile = match (context.policy.profile, context.policy.environment) {
        (Some(profile), _) => profile,
        (None, Some(Environment::Dev | Environment::Prod)) => Profile::Durable,
        (None, Some(Environment::Test) | None) => return Vec::new(),
    };
    let services = context.project.services().iter();
    let services = services.filter(|entry| database(&entry.value) == Some(Database::Postgres));
    services.flat_map(|entry| check_service(context, entry, profile)).collect()
}

fn check_service(context: &Context<'_>, entry: &Entry, profile: Profile) -> Vec<Finding> {
    let (actual, wanted) = match profile {
        Profile::Fast => ("on", "off"),
        Profile::Durable => ("off", "on"),
    };
    let settings = settings(&entry.value);
    let switches = SWITCHES.iter().map(|name| (*name, setting(&settings, name)));
    let wrong = switches.filter(|(_, setting)| setting.is_some_and(is_off) != (profile == Profile::Fast));
    wrong
        .map(|(name, setting)| {
            let span =
                setting.map_or(entry.span, |given| context.project.sources.narrow(given.span, &given.word));
            let message = format!("{name} of service '{}' is {actual}, not {wanted}", entry.key);
            RULE.finding(service(entry), span, message)
        })
        .collect()
}

fn is_off(setting: &Setting) -> bool {
    matches!(setting.value.as_str(), "off" | "false" | "no" | "0")
}

#[cfg(test)]
mod tests {
    use super::super::policy::{Environment, Policy, Profile};
    use super::super::testing::found_with;

    fn of(environment: Environment, profile: Option<Profile>, command: &str) -> usize {
        let policy = Policy { profile, ..Policy::from(environment) };
        let text = format!("services: {{a: {{image: 'postgres:15', command: {command}}}}}");
        found_with(&policy, "CC804", &text).len()
    }

    #[test]
    fn switches_against_the_profile() {
        let (test, dev) = (Environment::Test, Environment::Dev);
        let off = "postgres -c fsync=off -c synchronous_commit=off";
        assert_eq!(of(test, Some(Profile::Fast), off), 0);
        let on = "postgres -c fsync=on -c synchronous_commit=on";
        assert_eq!([of(test, Some(Profile::Fast), "postgres"), of(test, Some(Profile::Fast), on)], [2; 2]);
        assert_eq!(of(test, Some(Profile::Durable), off), 2);
        assert_eq!(of(test, Some(Profile::Durable), "postgres"), 0);
        assert_eq!([of(test, None, off), of(test, None, "postgres")], [0, 0]);
        assert_eq!([of(dev, None, off), of(dev, None, "postgres")], [2, 0]);
    }
}
