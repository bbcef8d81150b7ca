//! What can be decided about a resource.

use std::collections::BTreeMap;

use serde::Serialize;

/// The rule that made a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Removed: unused for long enough.
    Old,
    /// Removed: the scope holds too many containers.
    OverCap,
    /// Removed: the plan says so.
    InPlan,
    /// Removed: it has outlived its label `evenkeel.ttl`.
    Expired,
    /// Removed: a Testcontainers session that nobody is left to clean up.
    DeadSession,
    /// Removed: the least recently used part of a build cache that is too large.
    LeastUsed,
    /// Removed: an image that no container has used for long enough.
    Unused,
    /// Removed: an anonymous volume of containers that are removed.
    WithContainer,
    /// Listed: belongs to no running project and no locked environment.
    Orphan,
    /// Kept: the engine made it for itself.
    BuiltIn,
    /// Kept: labelled as protected.
    Protected,
    /// Kept: matches a pattern to keep.
    KeepPattern,
    /// Kept: somebody holds the lock of its environment.
    EnvLocked,
    /// Kept: not as it was when the plan was made.
    Changed,
    /// Kept: it is running.
    Live,
    /// Kept: in a state that this version does not know.
    State,
    /// Kept: a volume with driver options.
    DriverOptions,
    /// Kept: an image with several names.
    SeveralNames,
    /// Kept: a container that stays uses it.
    InUse,
    /// Kept: not old enough.
    Young,
    /// Kept: its Testcontainers session has a Ryuk, which cleans up.
    LiveSession,
    /// Kept: Testcontainers made it for no session, to be used again.
    NoSession,
    /// Kept: an image whose last use is not known.
    UnknownUse,
    /// Kept: an image has the same data.
    Shared,
    /// Kept: the build cache is small enough with it.
    WithinSize,
    /// Kept: its label `evenkeel.ttl` is no duration.
    InvalidTtl,
    /// Kept: its times cannot be right.
    NoTime,
}

impl Rule {
    /// Whether the rule removes a resource, rather than keeping or listing it.
    pub const fn removes(self) -> bool {
        matches!(
            self,
            Self::Old
                | Self::OverCap
                | Self::InPlan
                | Self::Expired
                | Self::DeadSession
                | Self::LeastUsed
                | Self::Unused
                | Self::WithContainer
        )
    }
}

/// The decision about one resource in scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The rule that made it.
    pub rule: Rule,
    /// The reason, as a phrase that reads after "removed: " or "kept: ".
    pub reason: String,
}

impl From<(Rule, String)> for Decision {
    fn from((rule, reason): (Rule, String)) -> Self {
        Self { rule, reason }
    }
}

/// Decisions by the index of the resource in the facts. What is out of scope has none.
pub type Decisions = BTreeMap<usize, Decision>;
