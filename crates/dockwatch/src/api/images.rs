//! Images, and which containers are made from them.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, Engine};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// The IDs of all images.
pub(crate) async fn list(engine: &Engine, limit: Duration) -> Result<Vec<String>, CallError> {
    let found: Vec<ImageEntry> = engine.get_list(limit, "/images/json").await?;
    Ok(found.into_iter().map(|entry| entry.id).collect())
}

/// The ID of each container's image, by the container's ID.
pub(crate) async fn of_containers(
    engine: &Engine,
    limit: Duration,
) -> Result<BTreeMap<String, String>, CallError> {
    let found: Vec<ContainerEntry> = engine.get_list(limit, "/containers/json?all=true").await?;
    Ok(found.into_iter().map(|entry| (entry.id, entry.image_id)).collect())
}

/// An image that has a name now.
#[derive(Debug)]
pub(crate) struct NamedImage {
    pub(crate) id: String,
    /// When it was last given a name; `None` where the engine does not say.
    pub(crate) named_at: Option<Timestamp>,
}

/// The image that has this name or ID.
pub(crate) async fn named(engine: &Engine, name: &str, limit: Duration) -> Result<NamedImage, CallError> {
    let path = format!("/images/{}/json", utf8_percent_encode(name, NON_ALPHANUMERIC));
    let found: ImageInspect = engine.get(limit, &path).await?;
    let named_at = found.metadata.last_tag_time.and_then(|at| at.parse().ok());
    // The engine's zero time stands for what it does not know.
    Ok(NamedImage { id: found.id, named_at: named_at.filter(|at| *at > Timestamp::UNIX_EPOCH) })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ImageEntry {
    id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ContainerEntry {
    id: String,
    #[serde(rename = "ImageID")]
    image_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ImageInspect {
    id: String,
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Metadata {
    last_tag_time: Option<String>,
}
