//! For the fuzz targets.

use bollard::models;
use serde::de::DeserializeOwned;

use super::{build_cache, engine};
use crate::model::resource::Resource;

/// Reads a text as each of the engine's lists that it can be.
pub(crate) fn read(text: &str) -> Vec<Resource> {
    fn all_of<T: DeserializeOwned>(text: &str, read: fn(T) -> Resource) -> Vec<Resource> {
        serde_json::from_str::<Vec<T>>(text).unwrap_or_default().into_iter().map(read).collect()
    }
    let mut all = all_of::<models::ContainerSummary>(text, engine::container);
    all.extend(all_of::<models::Network>(text, engine::network));
    all.extend(all_of::<models::Volume>(text, engine::volume));
    all.extend(all_of::<models::ImageSummary>(text, engine::image));
    all.extend(serde_json::from_str(text).map(build_cache::records).unwrap_or_default());
    all
}
