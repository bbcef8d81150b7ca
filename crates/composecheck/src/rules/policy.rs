//! What the rules expect of a project: its environment, and what that environment may use.

use serde::Deserialize;

use crate::compose::Project;

/// Default budget of memory, in bytes.
pub(crate) const DEFAULT_BUDGET: u64 = 4 << 30;
/// Default label that names the environment of a resource.
pub(crate) const DEFAULT_LABEL: &str = "netra.env";

/// The purpose of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Created for a test run and removed after it
    Test,
    /// Long-running, keeps its data
    Dev,
    /// Serves users
    Prod,
}

impl Environment {
    /// As in labels.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Dev => "dev",
            Self::Prod => "prod",
        }
    }

    /// The environment that the value of a label names.
    pub(crate) fn from_label(text: &str) -> Option<Self> {
        match text {
            "test" | "testing" | "ci" | "e2e" => Some(Self::Test),
            "dev" | "development" | "local" => Some(Self::Dev),
            "prod" | "production" | "staging" => Some(Self::Prod),
            _ => None,
        }
    }
}

/// Which rules apply to a project that does not say what it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RuleSet {
    /// Only those about what is wrong or dangerous whatever the project is for.
    #[default]
    General,
    /// All, as for a test environment.
    Netra,
}

/// How databases should be tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// For speed: data may be lost in a crash
    Fast,
    /// For durability: data survives a power failure
    Durable,
}

/// What the rules expect of a project.
#[derive(Clone, Debug)]
pub struct Policy {
    /// None if the project does not say what it is for.
    pub(crate) environment: Option<Environment>,
    /// The label that every service, volume and network must have.
    pub(crate) label: String,
    /// The memory that the project may use, in bytes, if that is configured.
    pub(crate) budget: Option<u64>,
    /// How databases should be tuned, if that is configured.
    pub(crate) profile: Option<Profile>,
    /// The ranges of host ports that the environment may use; none allows all.
    pub(crate) ports: Option<Vec<(u16, u16)>>,
    /// Whether `COMPOSE_PROJECT_NAME` names the project.
    pub(crate) has_name: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            environment: None,
            label: DEFAULT_LABEL.to_owned(),
            budget: None,
            profile: None,
            ports: None,
            has_name: false,
        }
    }
}

impl Policy {
    /// The memory that the project may use, in bytes.
    pub(crate) fn budget_bytes(&self) -> u64 {
        self.budget.unwrap_or(DEFAULT_BUDGET)
    }
}

/// The policy of an environment, with defaults for the rest.
impl From<Environment> for Policy {
    fn from(environment: Environment) -> Self {
        Self { environment: Some(environment), ..Self::default() }
    }
}

/// The environment that the label of the first labelled service names.
pub(crate) fn environment_from_labels(project: &Project, label: &str) -> Option<Environment> {
    let mut services = project.services().iter();
    services.find_map(|entry| Environment::from_label(&entry.value.text_at(&["labels", label])?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::project;
    use super::*;

    #[test]
    fn environments_by_their_labels() {
        use Environment::{Dev, Prod, Test};
        for (names, environment) in [
            (&["test", "testing", "ci", "e2e"][..], Test),
            (&["dev", "development", "local"], Dev),
            (&["prod", "production", "staging"], Prod),
        ] {
            assert_eq!(environment.name(), names[0]);
            for name in names {
                assert_eq!(Environment::from_label(name), Some(environment), "{name}");
            }
        }
        assert_eq!((Environment::from_label(""), Environment::from_label("Test")), (None, None));
    }

    #[test]
    fn the_first_label_that_names_an_environment_counts() {
        let of = |services: &str| {
            environment_from_labels(&project(&format!("services: {services}")), DEFAULT_LABEL)
        };
        let labelled = "{a: {image: x}, b: {labels: {netra.env: odd}}, c: {labels: [netra.env=dev]}}";
        assert_eq!(of(labelled), Some(Environment::Dev));
        assert_eq!(of("{a: {labels: {other: dev}}}"), None);
    }

    #[test]
    fn without_a_budget_the_default_counts() {
        assert_eq!(Policy::default().budget_bytes(), 4 << 30);
        assert_eq!(Policy { budget: Some(7), ..Policy::default() }.budget_bytes(), 7);
        assert_eq!(Policy::from(Environment::Prod).environment, Some(Environment::Prod));
    }
}
