//! What is known about the resources of an engine.

use std::collections::BTreeMap;

use evenkeel_common::docker::{self, LABEL_PROJECT};
use serde::{Deserialize, Serialize};

use super::known_time::KnownTime;

/// Kinds of resources, in the order in which they are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Container,
    Network,
    Volume,
    Image,
    /// A record of the build cache.
    #[serde(rename = "build_cache")]
    BuildCache,
}

impl Kind {
    /// The name of the kind in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Network => "network",
            Self::Volume => "volume",
            Self::Image => "image",
            Self::BuildCache => "build cache",
        }
    }
}

/// One resource of the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// What the engine removes it by: never ambiguous, except for volumes, which have only their name.
    pub id: String,
    /// Its name; of an image, its first tag, or the ID where it has none.
    pub name: String,
    /// Labels with their values.
    pub labels: BTreeMap<String, String>,
    /// When it was made.
    pub created: KnownTime,
    /// When a container last ended or, while it runs, began; when an image was last given a name or pulled; when a build
    /// last used a record of the build cache.
    pub active: KnownTime,
    /// What only its kind has.
    pub detail: Detail,
}

/// The facts that only one kind has.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Detail {
    Container(Container),
    Network(Network),
    Volume(Volume),
    Image(Image),
    BuildCache(CacheRecord),
}

/// The facts that only a container has.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Its state when it was listed or inspected.
    pub state: State,
    /// Names, IDs or prefixes of IDs of its networks: a container that never ran has them only as they were given.
    pub networks: Vec<String>,
    /// Names of the volumes it mounts.
    pub volumes: Vec<String>,
    /// ID of its image.
    pub image: String,
}

/// States of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Created and never started.
    Created,
    /// Its main process is running.
    Running,
    /// It was asked to stop and still runs.
    Stopping,
    /// Its processes are frozen.
    Paused,
    /// It waits for the restart policy to start it again.
    Restarting,
    /// Its process has ended.
    Exited,
    /// Left by a removal that failed half-way.
    Dead,
    /// Somebody is removing it.
    Removing,
    /// A state that this version does not know; such a container is never touched.
    #[serde(other)]
    Unknown,
}

impl State {
    /// The engine's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Removing => "removing",
            Self::Unknown => "unknown",
        }
    }

    /// Parses the engine's name for it.
    pub(crate) fn parse(name: &str) -> Self {
        const KNOWN: [State; 8] = [
            State::Created,
            State::Running,
            State::Stopping,
            State::Paused,
            State::Restarting,
            State::Exited,
            State::Dead,
            State::Removing,
        ];
        KNOWN.into_iter().find(|state| state.name() == name).unwrap_or(Self::Unknown)
    }

    /// Whether it can be removed as it is, without force. That includes one that somebody else is removing: the end
    /// of that removal is awaited.
    pub const fn is_stopped(self) -> bool {
        matches!(self, Self::Created | Self::Exited | Self::Dead | Self::Removing)
    }

    /// Whether it has to be stopped first.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Running | Self::Stopping | Self::Paused | Self::Restarting)
    }
}

/// The facts that only a network has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its driver, such as `bridge` or `overlay`.
    pub driver: String,
    /// Whether the engine made it for itself.
    pub built_in: bool,
}

/// The facts that only a volume has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Names of its driver options: with any, its data may be stored elsewhere.
    pub options: Vec<String>,
}

/// The facts that only an image has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Names that point to it.
    pub tags: Vec<String>,
    /// Its size, layers shared with other images included.
    pub size_bytes: u64,
}

/// The facts that only a record of the build cache has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheRecord {
    /// Its size, without the records that it is made from.
    pub size_bytes: u64,
    /// Whether a build uses it now.
    pub in_use: bool,
    /// Whether an image has the same data, so that its removal frees nothing.
    pub shared: bool,
    /// IDs of the records that it is made from: the engine cannot remove those before this one.
    pub parents: Vec<String>,
}

/// Label that says how long a resource is needed after it was made or last used, such as `2h`.
pub(crate) const LABEL_TTL: &str = "evenkeel.ttl";
/// Label that engines since version 23 put on a volume that was not given a name.
const LABEL_ANONYMOUS: &str = "com.docker.volume.anonymous";
/// Length of the name that an engine makes up for such a volume: 32 random bytes in hexadecimal.
const RANDOM_NAME_LENGTH: usize = 64;

impl Resource {
    /// Its kind, which follows from its detail.
    pub const fn kind(&self) -> Kind {
        match self.detail {
            Detail::Container(_) => Kind::Container,
            Detail::Network(_) => Kind::Network,
            Detail::Volume(_) => Kind::Volume,
            Detail::Image(_) => Kind::Image,
            Detail::BuildCache(_) => Kind::BuildCache,
        }
    }

    /// What reports are sorted by.
    pub(crate) fn sort_key(&self) -> (Kind, String, String) {
        (self.kind(), self.name.clone(), self.id.clone())
    }

    /// The facts that only a container has.
    pub const fn container(&self) -> Option<&Container> {
        match &self.detail {
            Detail::Container(container) => Some(container),
            _ => None,
        }
    }

    /// The facts that only a record of the build cache has.
    pub(crate) const fn cache_record(&self) -> Option<&CacheRecord> {
        match &self.detail {
            Detail::BuildCache(record) => Some(record),
            _ => None,
        }
    }

    /// Its size, where the engine says it.
    pub(crate) const fn size_bytes(&self) -> Option<u64> {
        match &self.detail {
            Detail::Image(image) => Some(image.size_bytes),
            Detail::BuildCache(record) => Some(record.size_bytes),
            _ => None,
        }
    }

    /// Whether this container refers to that network, volume or image.
    pub(crate) fn uses(&self, other: &Self) -> bool {
        let Some(container) = self.container() else { return false };
        match other.detail {
            Detail::Container(_) | Detail::BuildCache(_) => false,
            Detail::Network(_) => container.networks.iter().any(|text| other.is_network_called(text)),
            Detail::Volume(_) => container.volumes.contains(&other.id),
            Detail::Image(_) => container.image == other.id,
        }
    }

    fn is_network_called(&self, text: &str) -> bool {
        !text.is_empty() && (text == self.name || self.id.starts_with(text))
    }

    /// Whether no tool of the suite may remove it.
    pub(crate) fn is_protected(&self) -> bool {
        docker::is_protected(&self.labels)
    }

    /// How long it is needed after it was made or last used, as its label says it.
    pub(crate) fn ttl(&self) -> Option<&String> {
        self.labels.get(LABEL_TTL)
    }

    /// The environments that its labels name.
    pub(crate) fn environments(&self) -> impl Iterator<Item = &String> {
        docker::environments(&self.labels)
    }

    /// The Compose project it belongs to.
    pub(crate) fn project(&self) -> Option<&String> {
        self.labels.get(LABEL_PROJECT)
    }

    /// Whether it is a volume that the engine made for a container, without being given a name.
    ///
    /// Engines before version 23 do not label such a volume: there it is one without labels and options whose name is
    /// as random as the engine makes them.
    pub(crate) fn is_anonymous_volume(&self) -> bool {
        let Detail::Volume(volume) = &self.detail else { return false };
        let has_random_name = self.name.len() == RANDOM_NAME_LENGTH
            && self.name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        self.labels.contains_key(LABEL_ANONYMOUS)
            || (has_random_name && self.labels.is_empty() && volume.options.is_empty())
    }
}
