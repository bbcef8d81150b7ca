//! What a run is about, and what it may remove.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use evenkeel_common::docker::ENV_LABELS;
use evenkeel_common::state::parse_name;

use super::image_uses::ImageUses;
use super::known_time::KnownTime;
use super::pattern::matches;
use super::resource::{Kind, Resource, State};
use super::testcontainers;

/// What the user asked for, and which environments are locked.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Which resources the run is about.
    pub scope: Scope,
    /// Kinds it may remove.
    pub kinds: BTreeSet<Kind>,
    /// How long something must have been unused.
    pub older_than: Duration,
    /// The same for containers that never started.
    pub created_older_than: Duration,
    /// What becomes of running containers.
    pub live: Live,
    /// Most containers that the scope may hold.
    pub max_containers: Option<usize>,
    /// Patterns of names and IDs that stay.
    pub keep: Vec<String>,
    /// How well times have to be known.
    pub times: Times,
    /// Locked environments, each with a sentence that says by whom.
    pub busy: BTreeMap<String, String>,
}

/// What becomes of running containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// They stay, whatever their age.
    Keep,
    /// They are stopped and removed like the others.
    Remove,
}

/// How well times have to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Well enough to decide.
    Enough,
    /// Exactly: a plan tells by them whether something has changed.
    Exact,
}

/// Which resources a run is about.
#[derive(Clone, Debug)]
pub enum Scope {
    /// All there are: to list orphans, never to remove.
    Everything,
    /// Those that match all of this. Without anything to match there are none.
    Matching {
        /// Labels with their exact values.
        labels: Vec<(String, String)>,
        /// Name of a Compose project.
        project: Option<String>,
        /// Pattern of the name.
        name: Option<String>,
    },
    /// Those of a wider scope that carry a label which says when they may go.
    Expiring(Box<Scope>),
    /// Those that Testcontainers made.
    Testcontainers,
    /// The records of the build cache, of which this many bytes may stay.
    BuildCache {
        /// Size that the rest should have at most.
        keep_bytes: u64,
    },
    /// Images of a wider scope, by their last use.
    Unused {
        /// The wider scope.
        within: Box<Scope>,
        /// When images were last used; `None` where nothing is known of this engine.
        uses: Option<ImageUses>,
    },
    /// Those that an earlier run planned to remove.
    Planned(Vec<Planned>),
}

/// One resource of a plan, as it was when the plan was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// What kind of resource it is.
    pub kind: Kind,
    /// Its ID; of a volume, its name.
    pub id: String,
    /// Its name at that time.
    pub name: String,
    /// Its labels: a volume made anew within the same second differs in nothing else.
    pub labels: BTreeMap<String, String>,
    /// When it was made.
    pub created: KnownTime,
    /// When it was last active.
    pub active: KnownTime,
    /// A container's state at that time.
    pub state: Option<State>,
    /// Environments whose locks guard it.
    pub environments: Vec<String>,
}

impl Scope {
    /// Whether the resource is in scope.
    pub(crate) fn holds(&self, resource: &Resource) -> bool {
        match self {
            Self::Everything => true,
            Self::Matching { labels, project: None, name: None } if labels.is_empty() => false,
            Self::Matching { labels, project, name } => {
                labels.iter().all(|(key, value)| resource.labels.get(key) == Some(value))
                    && project.as_ref().is_none_or(|project| resource.project() == Some(project))
                    && name.as_ref().is_none_or(|pattern| matches(&resource.name, pattern))
            }
            Self::Expiring(within) => resource.ttl().is_some() && within.holds(resource),
            Self::Testcontainers => testcontainers::is_made_by(resource),
            Self::BuildCache { .. } => resource.kind() == Kind::BuildCache,
            Self::Unused { within, .. } => resource.kind() == Kind::Image && within.holds(resource),
            Self::Planned(_) => self.planned(resource).is_some(),
        }
    }

    /// The resource as it was when the plan was made.
    pub(crate) fn planned(&self, resource: &Resource) -> Option<&Planned> {
        let Self::Planned(plan) = self else { return None };
        plan.iter().find(|planned| planned.is(resource))
    }

    /// Whether one age limit holds for all that is in scope.
    pub(crate) const fn has_age_limit(&self) -> bool {
        !matches!(self, Self::Expiring(_) | Self::Planned(_))
    }

    /// Whether something else than its own age decides about each resource: a label, a session, a plan. That takes
    /// exact times, and says of a running container, too, that it may go.
    pub(crate) const fn decides_itself(&self) -> bool {
        !matches!(self, Self::Everything | Self::Matching { .. } | Self::BuildCache { .. })
    }

    /// Environments that the scope itself names, whatever resources are in it.
    pub(crate) fn own_environments(&self) -> BTreeSet<String> {
        match self {
            Self::Everything | Self::Testcontainers | Self::BuildCache { .. } => BTreeSet::new(),
            Self::Matching { labels, .. } => {
                let named = labels.iter().filter(|(key, _)| ENV_LABELS.contains(&key.as_str()));
                let named = lockable(named.map(|(_, value)| value));
                if named.is_empty() { self.names() } else { named }.into_iter().collect()
            }
            Self::Expiring(within) | Self::Unused { within, .. } => within.own_environments(),
            Self::Planned(plan) => plan.iter().flat_map(|planned| planned.environments.clone()).collect(),
        }
    }

    /// The values that define the scope, as far as they can be names of environments.
    fn names(&self) -> Vec<String> {
        match self {
            Self::Matching { labels, project, .. } => {
                lockable(labels.iter().map(|(_, value)| value).chain(project))
            }
            _ => Vec::new(),
        }
    }

    /// Environments of a resource: those that its labels name, otherwise those named as the scope is.
    pub(crate) fn environments(&self, resource: &Resource) -> Vec<String> {
        let own = lockable(resource.environments());
        match self {
            Self::Expiring(within) | Self::Unused { within, .. } => within.environments(resource),
            Self::Matching { .. } if own.is_empty() => self.names(),
            Self::Matching { .. } | Self::Everything | Self::Testcontainers | Self::BuildCache { .. } => own,
            Self::Planned(_) => {
                self.planned(resource).map_or_else(Vec::new, |planned| planned.environments.clone())
            }
        }
    }
}

/// Keeps what can be the name of a lock; nothing else is an environment.
fn lockable<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.filter_map(|name| parse_name(name).ok()).collect()
}

impl Planned {
    /// Whether it is about this resource, changed or not.
    pub(crate) fn is(&self, resource: &Resource) -> bool {
        self.kind == resource.kind() && self.id == resource.id
    }

    /// How the resource differs from what it was when the plan was made.
    pub(crate) fn difference(&self, resource: &Resource) -> Option<String> {
        if self.created != resource.created || self.labels != resource.labels {
            return Some("created again or written to since the plan was made".into());
        }
        if let (Some(then), Some(container)) = (self.state, resource.container())
            && then != container.state
        {
            return Some(format!("was {}, is {}", then.name(), container.state.name()));
        }
        (self.active != resource.active).then(|| "was active since the plan was made".into())
    }
}
