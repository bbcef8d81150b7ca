//! A first `composecheck.toml` for a project: what it says about itself already, and no rule that it breaks at once.

use std::collections::BTreeMap;

use crate::compose::Project;
use crate::facts::budget::Budget;
use crate::facts::ports::ports;
use crate::facts::settings::{Database, database, setting, settings};
use crate::finding::Finding;
use crate::rules::policy::{DEFAULT_LABEL, Environment, Profile};

/// One GiB, to which the budget is rounded up.
const GIB: u64 = 1 << 30;

/// What a first configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StarterConfig {
    /// What the project is for; none if it does not say.
    pub(crate) environment: Option<Environment>,
    /// The label that names the environment; none if there is only the default.
    pub(crate) label: Option<String>,
    pub(crate) memory: Memory,
    /// How its PostgreSQL is tuned now; none without one.
    pub(crate) profile: Option<Profile>,
    /// The host ports that are bound now, in order.
    pub(crate) ports: Vec<(u16, u16)>,
    /// The number of findings by rule.
    pub(crate) findings: BTreeMap<&'static str, usize>,
}

/// The memory that a project may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// The sum of the limits, in bytes.
    Limited(u64),
    /// These services and volumes have no limit.
    Unlimited(Vec<String>),
}

impl StarterConfig {
    /// `environment` is the one that was asked for. `findings` are those of a check without a configuration.
    pub(crate) fn of(project: &Project, environment: Option<Environment>, findings: &[Finding]) -> Self {
        let label = environment_label(project);
        let named = label.as_ref().map(|(_, environment)| *environment);
        let mut by_rule = BTreeMap::new();
        for finding in findings {
            *by_rule.entry(finding.code).or_default() += 1;
        }
        Self {
            environment: environment.or(named),
            label: label.map(|(key, _)| key).filter(|key| key != DEFAULT_LABEL),
            memory: Memory::of(&Budget::of(project)),
            profile: profile(project),
            ports: bound_ports(project),
            findings: by_rule,
        }
    }
}

impl Memory {
    fn of(budget: &Budget) -> Self {
        let rows = budget.services.iter().chain(&budget.volumes);
        let unlimited: Vec<String> =
            rows.filter(|row| row.is_unlimited()).map(|row| row.name.clone()).collect();
        if unlimited.is_empty() { Self::Limited(budget.total()) } else { Self::Unlimited(unlimited) }
    }

    /// A budget in GiB that the project keeps to.
    pub(crate) const fn budget_gib(&self) -> Option<u64> {
        match self {
            Self::Limited(bytes) if *bytes > 0 => Some(bytes.div_ceil(GIB)),
            _ => None,
        }
    }
}

/// The label that names an environment on most services, with the first such environment.
fn environment_label(project: &Project) -> Option<(String, Environment)> {
    let mut labels: Vec<(String, Environment, usize)> = Vec::new();
    for label in project.services().iter().flat_map(|service| service.value.entries_at(&["labels"])) {
        let Some(environment) = label.value.text().and_then(|text| Environment::from_label(&text)) else {
            continue;
        };
        match labels.iter_mut().find(|(key, ..)| *key == label.key) {
            Some((.., count)) => *count += 1,
            None => labels.push((label.key.clone(), environment, 1)),
        }
    }
    // Of several with the same count the first one wins.
    let most = labels.into_iter().rev().max_by_key(|(.., count)| *count);
    most.map(|(key, environment, _)| (key, environment))
}

/// The profile that fits how the first PostgreSQL of the project is started.
fn profile(project: &Project) -> Option<Profile> {
    let first = project.services().iter().find(|entry| database(&entry.value) == Some(Database::Postgres))?;
    let settings = settings(&first.value);
    let is_off = |name| setting(&settings, name).is_some_and(|given| given.value == "off");
    Some(if is_off("fsync") || is_off("synchronous_commit") { Profile::Fast } else { Profile::Durable })
}

fn bound_ports(project: &Project) -> Vec<(u16, u16)> {
    let ports = project.services().iter().flat_map(|service| ports(&service.value));
    let mut bound: Vec<(u16, u16)> = ports.map(|port| port.published).collect();
    bound.sort_unstable();
    bound.dedup();
    bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::project;

    fn starter(text: &str) -> StarterConfig {
        StarterConfig::of(&project(text), None, &[])
    }

    #[test]
    fn what_a_project_says_about_itself() {
        let own = starter(
            "services: {a: {labels: {x: prod, acme.env: test}, mem_limit: 1g, ports: ['81:80', '80:80']}, \
             b: {labels: [acme.env=test], mem_limit: 1m, image: 'postgres:15', command: postgres -c fsync=off}}",
        );
        assert_eq!((own.environment, own.label.as_deref()), (Some(Environment::Test), Some("acme.env")));
        assert_eq!((own.memory.budget_gib(), own.profile), (Some(2), Some(Profile::Fast)));
        assert_eq!(own.ports, [(80, 80), (81, 81)]);
        let house = starter("services: {a: {labels: {netra.env: ci}}}");
        assert_eq!((house.environment, house.label), (Some(Environment::Test), None));
    }

    #[test]
    fn what_it_does_not_say_stays_open() {
        let none = starter("services: {a: {image: x, labels: {x: y}}, b: {mem_limit: 1g}}");
        assert_eq!((none.environment, none.label.as_deref(), none.profile), (None, None, None));
        assert_eq!(none.memory, Memory::Unlimited(vec!["a".into()]));
        assert_eq!(none.memory.budget_gib(), None);
        let asked =
            StarterConfig::of(&project("services: {a: {labels: {e: dev}}}"), Some(Environment::Prod), &[]);
        assert_eq!(asked.environment, Some(Environment::Prod));
    }
}
