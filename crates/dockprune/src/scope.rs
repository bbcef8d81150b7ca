//! What a run is about, and what it may do there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use evenkeel_common::docker::ENV_LABELS;
use evenkeel_common::state::parse_name;

use crate::age::Moment;
use crate::facts::{Kind, Object, State};
use crate::pattern::is_like;

/// What the user asked for, and what is locked.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What the run is about.
    pub scope: Scope,
    /// Kinds it may remove.
    pub kinds: BTreeSet<Kind>,
    /// How long something must have been unused.
    pub older_than: Duration,
    /// The same for containers that never started.
    pub created_older_than: Duration,
    /// What becomes of containers that run.
    pub live: Live,
    /// Most containers that the scope may hold.
    pub max_containers: Option<usize>,
    /// Patterns of names and IDs that stay.
    pub keep: Vec<String>,
    /// How well times have to be known.
    pub times: Times,
    /// Environments that somebody holds, each with who.
    pub busy: BTreeMap<String, String>,
}

/// What becomes of containers that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// They stay.
    Keep,
    /// They are stopped and removed like the others.
    Remove,
}

/// How well times have to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Well enough to decide.
    Enough,
    /// Exactly: a plan says by them whether something has changed.
    Exact,
}

/// What a run is about.
#[derive(Clone, Debug)]
pub enum Scope {
    /// All there is: to look at, never to remove from.
    Everything,
    /// What matches all of this. Without anything to match it holds nothing.
    Matching {
        /// Labels with their exact values.
        labels: Vec<(String, String)>,
        /// Compose project.
        project: Option<String>,
        /// Pattern of the name.
        name: Option<String>,
    },
    /// What an earlier run planned to remove.
    Planned(Vec<Planned>),
}

/// One resource of a plan, as it was when the plan was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its kind.
    pub kind: Kind,
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its labels: a volume made anew within the same second differs in nothing else.
    pub labels: BTreeMap<String, String>,
    /// When it was made.
    pub created: Moment,
    /// When it was last active.
    pub active: Moment,
    /// A container's state.
    pub state: Option<State>,
    /// Environments whose locks guard it.
    pub environments: Vec<String>,
}

impl Scope {
    /// Whether it holds the resource.
    pub fn holds(&self, object: &Object) -> bool {
        match self {
            Self::Everything => true,
            Self::Matching { labels, project: None, name: None } if labels.is_empty() => false,
            Self::Matching { labels, project, name } => {
                labels.iter().all(|(key, value)| object.labels.get(key) == Some(value))
                    && project.as_ref().is_none_or(|project| object.project() == Some(project))
                    && name.as_ref().is_none_or(|pattern| is_like(&object.name, pattern))
            }
            Self::Planned(_) => self.planned(object).is_some(),
        }
    }

    /// The resource as it was when the plan was made.
    pub fn planned(&self, object: &Object) -> Option<&Planned> {
        let Self::Planned(plan) = self else { return None };
        plan.iter().find(|planned| planned.is(object))
    }

    /// Whether a plan is carried out.
    pub const fn is_plan(&self) -> bool {
        matches!(self, Self::Planned(_))
    }

    /// Environments that the scope itself names, whatever it holds.
    pub fn own_environments(&self) -> BTreeSet<String> {
        match self {
            Self::Everything => BTreeSet::new(),
            Self::Matching { labels, .. } => {
                let named = labels.iter().filter(|(key, _)| ENV_LABELS.contains(&key.as_str()));
                let named = lockable(named.map(|(_, value)| value));
                if named.is_empty() { self.called() } else { named }.into_iter().collect()
            }
            Self::Planned(plan) => plan.iter().flat_map(|planned| planned.environments.clone()).collect(),
        }
    }

    /// What the scope is called.
    fn called(&self) -> Vec<String> {
        match self {
            Self::Matching { labels, project, .. } => {
                lockable(labels.iter().map(|(_, value)| value).chain(project))
            }
            _ => Vec::new(),
        }
    }

    /// Environments of a resource: what its labels name, otherwise what the scope is called.
    pub fn environments(&self, object: &Object) -> Vec<String> {
        let own = lockable(object.environments());
        match self {
            Self::Matching { .. } if own.is_empty() => self.called(),
            Self::Matching { .. } | Self::Everything => own,
            Self::Planned(_) => {
                self.planned(object).map_or_else(Vec::new, |planned| planned.environments.clone())
            }
        }
    }
}

/// A name that no lock can have is no environment.
fn lockable<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.filter_map(|name| parse_name(name).ok()).collect()
}

impl Planned {
    /// Whether it is about this resource, changed or not.
    pub fn is(&self, object: &Object) -> bool {
        self.kind == object.kind() && self.id == object.id
    }

    /// How a resource differs from what it was when the plan was made.
    pub fn difference(&self, object: &Object) -> Option<String> {
        if self.created != object.created || self.labels != object.labels {
            return Some("made anew or written to since".into());
        }
        if let (Some(then), Some(container)) = (self.state, object.container())
            && then != container.state
        {
            return Some(format!("was {}, is {}", then.word(), container.state.word()));
        }
        (self.active != object.active).then(|| "was active since".into())
    }
}
