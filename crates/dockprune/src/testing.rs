//! Resources and a policy for unit tests.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::Timestamp;

use crate::model::known_time::KnownTime;
use crate::model::policy::{Live, Policy, Scope, Times};
use crate::model::resource::{Container, Detail, Image, Kind, Network, Resource, State, Volume};

pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub(crate) fn hours_ago(hours: u64) -> KnownTime {
    KnownTime::At(now() - Duration::from_hours(hours))
}

/// Everything labelled `netra.env=test` that is an hour old.
pub(crate) fn policy() -> Policy {
    Policy {
        scope: Scope::Matching {
            labels: vec![("netra.env".into(), "test".into())],
            project: None,
            name: None,
        },
        kinds: [Kind::Container, Kind::Network, Kind::Volume, Kind::Image].into(),
        older_than: Duration::from_hours(1),
        created_older_than: Duration::from_hours(1),
        live: Live::Keep,
        max_containers: None,
        keep: Vec::new(),
        times: Times::Enough,
        busy: BTreeMap::new(),
    }
}

fn resource(name: &str, labels: &[(&str, &str)], detail: Detail) -> Resource {
    Resource {
        id: name.into(),
        name: name.into(),
        labels: labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        created: hours_ago(3),
        active: KnownTime::Never,
        detail,
    }
}

pub(crate) fn container(name: &str, state: State, labels: &[(&str, &str)]) -> Resource {
    let own = Container { state, networks: Vec::new(), volumes: Vec::new(), image: "image".into() };
    let active = if state == State::Created { KnownTime::Never } else { hours_ago(2) };
    Resource { active, ..resource(name, labels, Detail::Container(own)) }
}

pub(crate) fn network(name: &str, labels: &[(&str, &str)]) -> Resource {
    resource(name, labels, Detail::Network(Network { driver: "bridge".into(), built_in: false }))
}

pub(crate) fn volume(name: &str, labels: &[(&str, &str)]) -> Resource {
    resource(name, labels, Detail::Volume(Volume { options: Vec::new() }))
}

/// Of a container from [`container`], where it is called `image`.
pub(crate) fn image(name: &str, labels: &[(&str, &str)]) -> Resource {
    resource(name, labels, Detail::Image(Image { tags: vec![name.into()], size_bytes: 1 }))
}

impl Resource {
    pub(crate) fn container_mut(&mut self) -> &mut Container {
        match &mut self.detail {
            Detail::Container(container) => container,
            _ => panic!("{} is no container", self.name),
        }
    }
}
