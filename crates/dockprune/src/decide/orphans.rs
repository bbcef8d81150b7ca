//! Orphans: what belongs to no Compose project with a running container, and to no environment that somebody holds.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_common::Timestamp;

use super::rule::{Decisions, Rule};
use super::select;
use super::users::Users;
use crate::model::policy::Policy;
use crate::model::resource::{Kind, Resource};

/// Finds the orphans among what is in scope, each with the reason.
pub(crate) fn find(facts: &[Resource], policy: &Policy, now: Timestamp) -> Decisions {
    let in_use = InUse::among(facts, policy);
    let users = Users::new(facts);
    let reasons = facts
        .iter()
        .enumerate()
        .filter(|(_, resource)| policy.scope.holds(resource))
        .filter(|(_, resource)| select::guarded(resource, policy).is_none())
        .filter(|(_, resource)| select::is_old(resource, policy, now))
        .filter(|(_, resource)| !users.of(resource).any(|(_, user)| in_use.holds(user)))
        .filter_map(|(index, resource)| Some((index, in_use.reason_against(resource)?)));
    reasons.map(|(index, reason)| (index, (Rule::Orphan, reason).into())).collect()
}

/// Projects and environments that are in use.
struct InUse<'a> {
    running_projects: BTreeSet<&'a String>,
    locked: &'a BTreeMap<String, String>,
}

impl<'a> InUse<'a> {
    fn among(facts: &'a [Resource], policy: &'a Policy) -> Self {
        let running = facts.iter().filter(|resource| is_running(resource));
        Self { running_projects: running.filter_map(Resource::project).collect(), locked: &policy.busy }
    }

    fn holds(&self, resource: &Resource) -> bool {
        self.reason_against(resource).is_none()
    }

    /// Why a resource belongs to nothing in use, if so.
    fn reason_against(&self, resource: &Resource) -> Option<String> {
        let environments: Vec<&String> = resource.environments().collect();
        let mut names = environments.iter().copied().chain(resource.project());
        if names.any(|name| self.locked.contains_key(name)) {
            return None;
        }
        match (resource.project(), environments.first()) {
            (Some(project), _) if self.running_projects.contains(project) => None,
            (Some(project), _) => Some(format!("nothing runs in its project {project}")),
            (None, Some(environment)) => Some(format!("nobody holds its environment {environment}")),
            // A running container outside of any project was started on purpose.
            (None, None) if is_running(resource) => None,
            (None, None) => Some("belongs to no project and no environment".into()),
        }
    }
}

fn is_running(resource: &Resource) -> bool {
    resource.container().is_some_and(|container| container.state.is_live())
}

/// Names under which something may be locked: environments, and projects, since a project may be locked like one.
pub(crate) fn environments(facts: &[Resource]) -> BTreeSet<String> {
    let names = facts.iter().flat_map(|resource| resource.environments().chain(resource.project()));
    names.filter_map(|name| evenkeel_common::state::parse_name(name).ok()).collect()
}

/// Kinds that can be orphans. Images are shared by design.
pub(crate) const KINDS: [Kind; 3] = [Kind::Container, Kind::Network, Kind::Volume];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::resource::State;
    use crate::testing::{container, network, now, policy, volume};

    fn names(facts: &[Resource], policy: &Policy) -> Vec<String> {
        find(facts, policy, now()).keys().map(|index| facts[*index].name.clone()).collect()
    }

    #[test]
    fn what_belongs_to_nothing_in_use_is_an_orphan() {
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
        policy.scope = crate::model::policy::Scope::Everything;
        assert_eq!(
            names(&facts, &policy),
            ["gone-db", "gone-net", "gone-data", "leaked", "leaked-data", "forgotten", "data"]
        );
        policy.busy.insert("test".into(), "locked".into());
        policy.busy.insert("gone".into(), "locked".into());
        assert_eq!(names(&facts, &policy), ["forgotten", "data"]);
    }

    #[test]
    fn what_a_running_container_uses_is_no_orphan() {
        let mut user = container("registry", State::Running, &[]);
        user.container_mut().volumes.push("data".into());
        user.container_mut().networks.push("net".into());
        let facts = [user, volume("data", &[]), network("net", &[])];
        let mut policy = policy();
        policy.scope = crate::model::policy::Scope::Everything;
        assert_eq!(names(&facts, &policy), [""; 0]);
    }
}
