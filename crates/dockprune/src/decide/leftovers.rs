//! What is left of a scope, whatever its age and state, and whether or not it may be removed.

use super::users::Users;
use crate::model::policy::Scope;
use crate::model::resource::{Detail, Kind, Resource};

/// Kinds that a run leaves behind. Images are shared by design.
pub(crate) const KINDS: [Kind; 3] = [Kind::Container, Kind::Network, Kind::Volume];

/// Finds what is left, each with why it belongs to the scope, in the order of removal.
pub(crate) fn find<'a>(facts: &'a [Resource], scope: &Scope) -> Vec<(&'a Resource, String)> {
    let users = Users::new(facts);
    let mut found: Vec<_> =
        facts.iter().filter_map(|resource| Some((resource, reason(resource, &users, scope)?))).collect();
    found.sort_by_key(|(resource, _)| resource.sort_key());
    found
}

/// Why a resource counts as left, if it does.
fn reason(resource: &Resource, users: &Users<'_>, scope: &Scope) -> Option<String> {
    match &resource.detail {
        Detail::Image(_) | Detail::BuildCache(_) => None,
        Detail::Network(network) if network.built_in => None,
        _ if scope.holds(resource) => Some(match resource.container() {
            Some(container) => format!("in scope, {}", container.state.name()),
            None => "in scope".into(),
        }),
        _ if !resource.is_anonymous_volume() => None,
        _ => {
            let (_, owner) = users.of(resource).find(|(_, user)| scope.holds(user))?;
            Some(format!("anonymous volume of container {}", owner.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::resource::State;
    use crate::testing::{container, network, policy, volume};

    const OURS: &[(&str, &str)] = &[("netra.env", "test")];

    fn using(mut container: Resource, name: &str) -> Resource {
        if let Detail::Container(detail) = &mut container.detail {
            detail.volumes.push(name.into());
        }
        container
    }

    #[test]
    fn all_in_scope_is_left_whatever_its_state_and_protection() {
        let protected = [OURS[0], ("evenkeel.protect", "true")];
        let facts = [
            volume("data", &protected),
            container("gone", State::Removing, OURS),
            container("live", State::Running, OURS),
            container("other", State::Exited, &[]),
            network("net", OURS),
        ];
        let found = find(&facts, &policy().scope);
        let names: Vec<&str> = found.iter().map(|(resource, _)| resource.name.as_str()).collect();
        assert_eq!(names, ["gone", "live", "net", "data"]);
        assert_eq!(found[1].1, "in scope, running");
    }

    #[test]
    fn an_anonymous_volume_is_left_with_its_container() {
        let anonymous = volume("0f3c", &[("com.docker.volume.anonymous", "")]);
        let ours = using(container("ours", State::Exited, OURS), "0f3c");
        let theirs = using(container("theirs", State::Exited, &[]), "0f3c");
        let left = |facts: &[Resource]| find(facts, &policy().scope).len();
        assert_eq!(left(&[ours.clone(), anonymous.clone()]), 2);
        assert_eq!(left(&[ours.clone(), theirs.clone(), anonymous.clone()]), 2);
        assert_eq!((left(&[theirs, anonymous.clone()]), left(&[anonymous])), (0, 0));
        let named = volume("0f3c", &[("of", "others")]);
        assert_eq!(left(&[ours, named]), 1, "a named volume is not the container's own");
    }

    #[test]
    fn the_engines_own_networks_are_never_left() {
        let mut bridge = network("bridge", &[]);
        if let Detail::Network(network) = &mut bridge.detail {
            network.built_in = true;
        }
        let everything = Scope::Matching { labels: Vec::new(), project: None, name: Some("*".into()) };
        assert_eq!(find(&[bridge, network("own", &[])], &everything).len(), 1);
    }
}
