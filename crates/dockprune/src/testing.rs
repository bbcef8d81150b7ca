//! Small worlds for unit tests.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::Timestamp;

use crate::age::Moment;
use crate::facts::{Container, Detail, Kind, Network, Object, State, Volume};
use crate::scope::{Live, Policy, Scope, Times};

pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub(crate) fn hours_ago(hours: u64) -> Moment {
    Moment::At(now() - Duration::from_hours(hours))
}

/// Everything labelled `netra.env=test` that is an hour old.
pub(crate) fn policy() -> Policy {
    Policy {
        scope: Scope::Matching {
            labels: vec![("netra.env".into(), "test".into())],
            project: None,
            name: None,
        },
        kinds: Kind::ALL.into_iter().collect(),
        older_than: Duration::from_hours(1),
        created_older_than: Duration::from_hours(1),
        live: Live::Keep,
        max_containers: None,
        keep: Vec::new(),
        times: Times::Enough,
        busy: BTreeMap::new(),
    }
}

fn object(name: &str, labels: &[(&str, &str)], detail: Detail) -> Object {
    Object {
        id: name.into(),
        name: name.into(),
        labels: labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        created: hours_ago(3),
        active: Moment::Never,
        detail,
    }
}

pub(crate) fn container(name: &str, state: State, labels: &[(&str, &str)]) -> Object {
    let own = Container { state, networks: Vec::new(), volumes: Vec::new(), image: "image".into() };
    let active = if state == State::Created { Moment::Never } else { hours_ago(2) };
    Object { active, ..object(name, labels, Detail::Container(own)) }
}

pub(crate) fn network(name: &str, labels: &[(&str, &str)]) -> Object {
    object(name, labels, Detail::Network(Network { driver: "bridge".into(), built_in: false }))
}

pub(crate) fn volume(name: &str, labels: &[(&str, &str)]) -> Object {
    object(name, labels, Detail::Volume(Volume { options: Vec::new() }))
}

impl Object {
    pub(crate) fn container_mut(&mut self) -> &mut Container {
        match &mut self.detail {
            Detail::Container(container) => container,
            _ => panic!("{} is no container", self.name),
        }
    }
}
