//! When images were last used, as dockwatch has noted it.

use std::collections::BTreeMap;

use evenkeel_common::Timestamp;
use serde::Deserialize;

/// What is read of `dockwatch.image_uses/1`.
#[derive(Clone, Debug, Deserialize)]
pub struct ImageUses {
    pub(crate) schema: String,
    pub(crate) host: String,
    /// Until when every use was seen.
    pub(crate) at: Timestamp,
    /// Since when, without a gap.
    pub(crate) watched_since: Timestamp,
    /// When each image was last used or, if it never was, first seen; by ID.
    pub(crate) images: BTreeMap<String, Timestamp>,
}
