//! What is known about the resources of an engine.

use std::collections::BTreeMap;

use evenkeel_common::docker::{self, LABEL_PROJECT};

use crate::age::Moment;

/// Kinds of resources, in the order in which they are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A container.
    Container,
    /// A network.
    Network,
    /// A volume.
    Volume,
    /// An image.
    Image,
}

impl Kind {
    /// All kinds, in order.
    pub const ALL: [Self; 4] = [Self::Container, Self::Network, Self::Volume, Self::Image];

    /// The word for it, in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Network => "network",
            Self::Volume => "volume",
            Self::Image => "image",
        }
    }
}

/// One resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// What the engine removes it by: never ambiguous, except for volumes, which have only their name.
    pub id: String,
    /// Its name; of an image, its first tag, or the ID where it has none.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// When it was made.
    pub created: Moment,
    /// When a container last ended or, while it runs, began; when an image was last given a name or pulled.
    pub active: Moment,
    /// What only its kind has.
    pub detail: Detail,
}

/// What only one kind has.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// A container.
    Container(Container),
    /// A network.
    Network(Network),
    /// A volume.
    Volume(Volume),
    /// An image.
    Image(Image),
}

/// A container's own facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// What it does.
    pub state: State,
    /// Names, IDs or prefixes of IDs of the networks it refers to: one that never ran knows only what it was told.
    pub networks: Vec<String>,
    /// Names of the volumes it mounts.
    pub volumes: Vec<String>,
    /// ID of its image.
    pub image: String,
}

/// States of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Made and never started.
    Created,
    /// Running.
    Running,
    /// Stopping.
    Stopping,
    /// Frozen.
    Paused,
    /// Between two starts.
    Restarting,
    /// Ended.
    Exited,
    /// A removal that failed half-way.
    Dead,
    /// Being removed.
    Removing,
    /// Something this version does not know: never touched.
    Unknown,
}

impl State {
    /// The engine's word for it.
    pub const fn word(self) -> &'static str {
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

    /// Reads the engine's word for it.
    pub fn parse(word: &str) -> Self {
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
        KNOWN.into_iter().find(|state| state.word() == word).unwrap_or(Self::Unknown)
    }

    /// Whether it can be removed as it is, without force. What somebody else is removing can: that is awaited.
    pub const fn is_stopped(self) -> bool {
        matches!(self, Self::Created | Self::Exited | Self::Dead | Self::Removing)
    }

    /// Whether it has to be stopped first.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Running | Self::Stopping | Self::Paused | Self::Restarting)
    }
}

/// A network's own facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// `bridge`, `overlay`, …
    pub driver: String,
    /// Whether the engine made it for itself.
    pub built_in: bool,
}

/// A volume's own facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Names of its driver options: with any, its data may live elsewhere.
    pub options: Vec<String>,
}

/// An image's own facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Names that point to it.
    pub tags: Vec<String>,
    /// Its size, layers shared with others included.
    pub size_bytes: u64,
}

/// Label that the engine puts on a volume nobody named.
const LABEL_ANONYMOUS: &str = "com.docker.volume.anonymous";

impl Object {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self.detail {
            Detail::Container(_) => Kind::Container,
            Detail::Network(_) => Kind::Network,
            Detail::Volume(_) => Kind::Volume,
            Detail::Image(_) => Kind::Image,
        }
    }

    /// What reports are sorted by.
    pub fn order(&self) -> (Kind, String, String) {
        (self.kind(), self.name.clone(), self.id.clone())
    }

    /// What only a container has.
    pub const fn container(&self) -> Option<&Container> {
        match &self.detail {
            Detail::Container(container) => Some(container),
            _ => None,
        }
    }

    /// Whether this container refers to that network, volume or image.
    pub fn uses(&self, other: &Self) -> bool {
        let Some(container) = self.container() else { return false };
        match other.detail {
            Detail::Container(_) => false,
            Detail::Network(_) => container.networks.iter().any(|word| other.is_network_called(word)),
            Detail::Volume(_) => container.volumes.contains(&other.id),
            Detail::Image(_) => container.image == other.id,
        }
    }

    fn is_network_called(&self, word: &str) -> bool {
        !word.is_empty() && (word == self.name || self.id.starts_with(word))
    }

    /// Whether nothing in evenkeel may remove it.
    pub fn is_protected(&self) -> bool {
        docker::is_protected(&self.labels)
    }

    /// The environments its labels name.
    pub fn environments(&self) -> impl Iterator<Item = &String> {
        docker::environments(&self.labels)
    }

    /// Its Compose project.
    pub fn project(&self) -> Option<&String> {
        self.labels.get(LABEL_PROJECT)
    }

    /// Whether it is a volume that the engine made for a container without being given a name.
    pub fn is_anonymous_volume(&self) -> bool {
        self.kind() == Kind::Volume && self.labels.contains_key(LABEL_ANONYMOUS)
    }
}
