//! What is removed under the lock is what the model of the protocol removes, in which every order of steps is looked at.

use evenkeel_model::state::Seen;
use proptest::prelude::*;

use super::select::{reconsider, select};
use super::users::Users;
use crate::model::resource::{Resource, State};
use crate::testing::{container, network, now, policy};

const TEST: [(&str, &str); 1] = [("netra.env", "test")];

fn facts(seen: Seen) -> Vec<Resource> {
    let mut all = Vec::new();
    if seen.container {
        let mut user = container("web", State::Exited, &TEST);
        user.container_mut().networks.push("net".into());
        all.push(user);
    }
    all.extend(seen.network.then(|| network("net", &TEST)));
    all
}

proptest! {
    /// The container that was seen goes first; then the network that was seen, unless the container is there all the same.
    #[test]
    fn a_network_goes_after_its_container(container: bool, network: bool, stays: bool) {
        let seen = Seen { container, network };
        let before = facts(seen);
        let decisions = select(&before, &policy(), now());
        prop_assert!(decisions.values().all(|decision| decision.rule.removes()));
        prop_assert_eq!(decisions.len(), usize::from(container) + usize::from(network));
        let is_left = container && stays;
        let after = facts(Seen { container: is_left, network });
        if let Some((index, net)) = before.iter().enumerate().find(|(_, one)| one.name == "net") {
            let decision = reconsider((net, &decisions[&index]), net, &Users::new(&after), &policy(), now());
            prop_assert_eq!(decision.rule.removes(), seen.network && !is_left);
        }
    }
}
