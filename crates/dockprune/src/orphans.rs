//! What belongs to nothing alive: no Compose project with a running container, no environment that somebody holds.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_common::Timestamp;

use crate::facts::{Kind, Object};
use crate::scope::Policy;
use crate::select::{self, Decision, Decisions, Rule};

/// Finds the orphans among what is in scope, each with why it is one.
pub fn find(facts: &[Object], policy: &Policy, now: Timestamp) -> Decisions {
    let alive = Alive::among(facts, policy);
    let orphans: BTreeMap<usize, String> = facts
        .iter()
        .enumerate()
        .filter(|(_, object)| policy.scope.holds(object))
        .filter(|(_, object)| select::guarded(object, policy).is_none())
        .filter(|(_, object)| select::is_old(object, policy, now))
        .filter(|(_, object)| !facts.iter().any(|user| user.uses(object) && alive.holds(user)))
        .filter_map(|(place, object)| Some((place, alive.misses(object)?)))
        .collect();
    orphans.into_iter().map(|(place, reason)| (place, Decision { rule: Rule::Orphan, reason })).collect()
}

/// What is alive.
struct Alive<'a> {
    projects: BTreeSet<&'a String>,
    busy: &'a BTreeMap<String, String>,
}

impl<'a> Alive<'a> {
    fn among(facts: &'a [Object], policy: &'a Policy) -> Self {
        let running = facts.iter().filter(|object| is_running(object));
        Self { projects: running.filter_map(Object::project).collect(), busy: &policy.busy }
    }

    fn holds(&self, object: &Object) -> bool {
        self.misses(object).is_none()
    }

    /// Why nothing alive holds a resource, if so.
    fn misses(&self, object: &Object) -> Option<String> {
        let environments: Vec<&String> = object.environments().collect();
        let mut locks = environments.iter().copied().chain(object.project());
        if locks.any(|name| self.busy.contains_key(name)) {
            return None;
        }
        match (object.project(), environments.first()) {
            (Some(project), _) if self.projects.contains(project) => None,
            (Some(project), _) => Some(format!("nothing runs in its project {project}")),
            (None, Some(environment)) => Some(format!("nobody holds its environment {environment}")),
            // What runs by itself is its own reason.
            (None, None) if is_running(object) => None,
            (None, None) => Some("belongs to no project and no environment".into()),
        }
    }
}

fn is_running(object: &Object) -> bool {
    object.container().is_some_and(|container| container.state.is_live())
}

/// Names that may be those of locks: an environment, or a project that is locked as one.
pub fn environments(facts: &[Object]) -> BTreeSet<String> {
    let names = facts.iter().flat_map(|object| object.environments().chain(object.project()));
    names.filter_map(|name| evenkeel_common::state::parse_name(name).ok()).collect()
}

/// Kinds that can be orphans. Images are shared by design.
pub const KINDS: [Kind; 3] = [Kind::Container, Kind::Network, Kind::Volume];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::State;
    use crate::testing::{container, network, now, policy, volume};

    fn names(facts: &[Object], policy: &Policy) -> Vec<String> {
        find(facts, policy, now()).keys().map(|place| facts[*place].name.clone()).collect()
    }

    #[test]
    fn what_nothing_alive_holds_is_an_orphan() {
        let dev = [("com.docker.compose.project", "dev")];
        let gone = [("com.docker.compose.project", "gone")];
        let env = [("netra.env", "test")];
        let facts = [
            container("dev-db", State::Running, &dev),
            container("dev-init", State::Exited, &dev),
            network("dev-net", &dev),
            volume("dev-data", &dev),
            container("gone-db", State::Exited, &gone),
            network("gone-net", &gone),
            volume("gone-data", &gone),
            container("leaked", State::Running, &env),
            volume("leaked-data", &env),
            container("registry", State::Running, &[]),
            container("forgotten", State::Exited, &[]),
            volume("data", &[]),
        ];
        let mut policy = policy();
        policy.scope = crate::scope::Scope::Everything;
        assert_eq!(
            names(&facts, &policy),
            ["gone-db", "gone-net", "gone-data", "leaked", "leaked-data", "forgotten", "data"]
        );
        policy.busy.insert("test".into(), "locked".into());
        policy.busy.insert("gone".into(), "locked".into());
        assert_eq!(names(&facts, &policy), ["forgotten", "data"]);
    }

    #[test]
    fn what_something_alive_uses_is_none() {
        let mut user = container("registry", State::Running, &[]);
        user.container_mut().volumes.push("data".into());
        user.container_mut().networks.push("net".into());
        let facts = [user, volume("data", &[]), network("net", &[])];
        let mut policy = policy();
        policy.scope = crate::scope::Scope::Everything;
        assert_eq!(names(&facts, &policy), [""; 0]);
    }
}
