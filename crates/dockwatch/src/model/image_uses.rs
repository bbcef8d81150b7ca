//! When the images of an engine were last used.

use std::collections::BTreeMap;

use evenkeel_common::{Timestamp, VERSION};
use serde::{Deserialize, Serialize};

/// `dockwatch.image_uses/1`: a file in the state directory, which dockprune reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ImageUses {
    pub(crate) schema: String,
    pub(crate) tool_version: String,
    /// Until when every use was seen, by the engine's clock.
    pub(crate) at: Timestamp,
    /// The engine, as a URL.
    pub(crate) host: String,
    /// Since when every use was seen: until `at` there is no gap.
    pub(crate) watched_since: Timestamp,
    /// IDs of the images of all containers that were there at `at`, by the container's ID.
    pub(crate) containers: BTreeMap<String, String>,
    /// When each image was last used or, if it never was, first seen; by ID.
    pub(crate) images: BTreeMap<String, Timestamp>,
}

impl ImageUses {
    /// The schema of this version.
    pub(crate) const SCHEMA: &str = "dockwatch.image_uses/1";

    /// Of an engine that was not looked at before.
    pub(crate) fn new(host: &str, at: Timestamp) -> Self {
        Self {
            schema: Self::SCHEMA.into(),
            tool_version: VERSION.into(),
            at,
            host: host.to_owned(),
            watched_since: at,
            containers: BTreeMap::new(),
            images: BTreeMap::new(),
        }
    }

    /// Whether this is a record of this version, and of this engine.
    pub(crate) fn is_of(&self, host: &str) -> bool {
        self.schema == Self::SCHEMA && self.host == host
    }
}

/// What is seen of an engine at one moment.
#[derive(Clone, Debug)]
pub(crate) struct ImageLook {
    /// All that happened until then was looked at, by the engine's clock.
    pub(crate) at: Timestamp,
    /// The oldest event that the engine still keeps; `None` where it keeps none.
    pub(crate) oldest_event: Option<Timestamp>,
    /// IDs of all images.
    pub(crate) images: Vec<String>,
    /// IDs of the images of all containers, running or not, by the container's ID.
    pub(crate) containers: BTreeMap<String, String>,
    /// Containers that were started, as far back as the engine keeps events, and are gone.
    pub(crate) gone: Vec<GoneContainer>,
}

/// A container that was started and is not there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GoneContainer {
    /// All 64 hex digits.
    pub(crate) id: String,
    pub(crate) started_at: Timestamp,
    /// ID of its image; `None` where the image's name means another one by now, or none.
    pub(crate) image: Option<String>,
}
