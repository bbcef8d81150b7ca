//! The engine's disk usage (`GET /system/df`).
//!
//! bollard parses only the answer of API 1.52 and later, so this request is made beside it.

use std::time::Duration;

use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;

use crate::model::engine::DiskUsage;

/// Asks the engine to add up its disk usage, which takes it seconds where there is much.
pub(crate) async fn fetch(engine: &Engine, limit: Duration) -> Result<DiskUsage, CallError> {
    Ok(engine.get::<Response>(limit, "/system/df").await?.disk_usage())
}

/// The answer of both formats: lists of all objects (up to API 1.51), and sums (from 1.52).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Response {
    layers_size: Option<i64>,
    images: Option<Vec<ImageSize>>,
    containers: Option<Vec<ContainerUsage>>,
    volumes: Option<Vec<VolumeUsage>>,
    build_cache: Option<Vec<CacheUsage>>,
    image_usage: Option<Sum>,
    container_usage: Option<Sum>,
    volume_usage: Option<Sum>,
    build_cache_usage: Option<Sum>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ImageSize {
    size: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sum {
    total_size: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerUsage {
    size_rw: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VolumeUsage {
    usage_data: Option<VolumeSize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VolumeSize {
    size: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CacheUsage {
    size: Option<i64>,
}

impl Response {
    pub(super) fn disk_usage(self) -> DiskUsage {
        let of = |sum: Option<Sum>| bytes(sum?.total_size);
        // Podman says 0 whatever its images take.
        let has_images = self.images.iter().flatten().any(|image| image.size.is_some_and(|size| size > 0));
        let layers = bytes(self.layers_size).filter(|size| *size > 0 || !has_images);
        DiskUsage {
            images: of(self.image_usage).or(layers),
            containers: of(self.container_usage).or_else(|| add(self.containers, |found| found.size_rw)),
            volumes: of(self.volume_usage)
                .or_else(|| add(self.volumes, |found| found.usage_data.as_ref()?.size)),
            build_cache: of(self.build_cache_usage).or_else(|| add(self.build_cache, |found| found.size)),
        }
    }
}

/// The engine writes -1 for an unknown size.
fn bytes(count: Option<i64>) -> Option<u64> {
    count.and_then(|count| u64::try_from(count).ok())
}

fn add<T>(all: Option<Vec<T>>, size: fn(&T) -> Option<i64>) -> Option<u64> {
    Some(all?.iter().filter_map(|one| bytes(size(one))).fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(body: &str) -> DiskUsage {
        serde_json::from_str::<Response>(body).unwrap().disk_usage()
    }

    #[test]
    fn parses_both_formats() {
        let old = r#"{"LayersSize": 7, "Images": [], "Containers": [{"SizeRw": 3}, {"Id": "x"}],
            "Volumes": [{"UsageData": {"Size": 5}}, {"UsageData": {"Size": -1}}, {}], "BuildCache": null}"#;
        let wanted = DiskUsage { images: Some(7), containers: Some(3), volumes: Some(5), build_cache: None };
        assert_eq!((disk(old), disk(old).total()), (wanted, Some(15)));
        let new = r#"{"ImageUsage": {"TotalSize": 7}, "ContainerUsage": {"TotalSize": 3},
            "VolumeUsage": {"TotalSize": 5}, "BuildCacheUsage": {"TotalSize": 1}}"#;
        assert_eq!(disk(new).total(), Some(16));
        assert_eq!(disk("{}").total(), None);
        let most =
            format!(r#"{{"Containers": [{0}, {0}, {0}]}}"#, format_args!(r#"{{"SizeRw": {}}}"#, i64::MAX));
        assert_eq!(disk(&most).containers, Some(u64::MAX), "the sum stays at the end of its range");
        let podmans = r#"{"LayersSize": 0, "Images": [{"Size": 9}], "Containers": [], "Volumes": []}"#;
        assert_eq!(disk(podmans).images, None, "unknown, not 0");
        assert_eq!(disk(r#"{"LayersSize": 0, "Images": []}"#).images, Some(0));
    }
}
