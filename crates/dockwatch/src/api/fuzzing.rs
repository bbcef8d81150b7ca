//! For the fuzz targets.

use serde::de::DeserializeOwned;

use super::{containers, disk_usage, events, inspect, networks, stats, volumes};

/// Reads a text as each of the answers that it can be.
pub(crate) fn read(text: &str) {
    fn as_a<T: DeserializeOwned>(text: &str) -> Option<T> {
        serde_json::from_str(text).ok()
    }
    let containers: Vec<containers::Entry> = as_a(text).unwrap_or_default();
    containers.into_iter().for_each(|entry| drop(entry.summary()));
    let networks: Vec<networks::Entry> = as_a(text).unwrap_or_default();
    networks.into_iter().for_each(|entry| drop(entry.network("host")));
    let volumes = as_a::<volumes::Answer>(text).and_then(|answer| answer.volumes).unwrap_or_default();
    volumes.into_iter().for_each(|entry| drop(entry.volume("host")));
    as_a::<stats::Answer>(text).map(stats::Answer::stats);
    as_a::<disk_usage::Response>(text).map(|answer| answer.disk_usage().total());
    as_a::<inspect::Inspect>(text).map(inspect::Inspect::details);
    as_a::<inspect::Inspect>(text).map(inspect::Inspect::evidence);
    if let Some(event) = events::Event::parse(text) {
        let _ = (event.at(), event.exit_code());
    }
}
