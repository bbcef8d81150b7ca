//! What is expected of a project: which environment it is for, and what that may use.

use serde::Deserialize;

use crate::compose::Project;
use crate::yaml::text_at;

/// Memory that an environment may take where nothing else is said.
pub(crate) const DEFAULT_BUDGET: u64 = 4 << 30;
/// Label that says which environment something belongs to.
pub(crate) const DEFAULT_LABEL: &str = "netra.env";

/// What an environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Started for a run and gone after it
    #[default]
    Test,
    /// Stays up and keeps its data
    Dev,
    /// Serves users
    Prod,
}

impl Environment {
    /// As written in labels.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Dev => "dev",
            Self::Prod => "prod",
        }
    }

    fn from_label(text: &str) -> Option<Self> {
        match text {
            "test" | "testing" | "ci" | "e2e" => Some(Self::Test),
            "dev" | "development" | "local" => Some(Self::Dev),
            "prod" | "production" | "staging" => Some(Self::Prod),
            _ => None,
        }
    }
}

/// What databases are tuned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Data that may be lost
    Fast,
    /// Data that must survive a power cut
    Durable,
}

/// What the rules expect.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What the project is for.
    pub environment: Environment,
    /// Label that every service, volume and network carries.
    pub label: String,
    /// Memory that the project may take.
    pub budget: u64,
    /// What databases are tuned for, if it is said.
    pub profile: Option<Profile>,
    /// Ports of the machine that the environment may take; none is all.
    pub ports: Option<Vec<(u16, u16)>>,
    /// Whether the project's name is given outside its files.
    pub named: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            label: DEFAULT_LABEL.to_owned(),
            budget: DEFAULT_BUDGET,
            profile: None,
            ports: None,
            named: false,
        }
    }
}

/// What the labels of a project say it is for.
pub(crate) fn environment_of(project: &Project, label: &str) -> Option<Environment> {
    let mut services = project.services().iter();
    services.find_map(|entry| Environment::from_label(&text_at(&entry.value, &["labels", label])?))
}
