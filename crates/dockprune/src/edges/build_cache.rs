//! The records of the engine's build cache. bollard reads only the newest engines' answers, so the list is asked for
//! beside it.

use std::collections::{BTreeMap, HashMap};

use bollard::query_parameters::PruneBuildOptions;
use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;

use crate::model::known_time::{KnownTime, parse_time};
use crate::model::resource::{CacheRecord, Detail, Resource};

/// Lists the records, each before those that it is made from, which is the order in which they can be removed.
pub(crate) async fn list(engine: &Engine) -> Result<Vec<Resource>, CallError> {
    let path = "/system/df?type=build-cache&verbose=1";
    let answer: Answer = engine.get(engine.call_timeout, path).await?;
    Ok(records(answer))
}

pub(super) fn records(answer: Answer) -> Vec<Resource> {
    let found = answer.build_cache.or_else(|| answer.build_cache_usage?.items).unwrap_or_default();
    // An ID is part of an expression when a record is removed; one that could mean something else there is left alone.
    let plain = |entry: &Entry| !entry.id.is_empty() && entry.id.chars().all(|c| c.is_ascii_alphanumeric());
    children_first(found.into_iter().filter(plain).map(record).collect())
}

/// Has the engine remove one record. Whether it did: it keeps what a build uses or another record is made from.
pub(crate) async fn remove(engine: &Engine, id: &str) -> Result<bool, CallError> {
    let filters = HashMap::from([("id".to_owned(), vec![id.to_owned()])]);
    let options = PruneBuildOptions { all: Some(true), filters: Some(filters), ..Default::default() };
    let answer = engine.call(engine.docker.prune_build(Some(options))).await?;
    Ok(answer.caches_deleted.unwrap_or_default().iter().any(|removed| removed == id))
}

/// The answer up to API 1.51, and from 1.52 on.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Answer {
    build_cache: Option<Vec<Entry>>,
    build_cache_usage: Option<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Usage {
    items: Option<Vec<Entry>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Entry {
    #[serde(rename = "ID")]
    id: String,
    /// Before API 1.42.
    parent: Option<String>,
    parents: Option<Vec<String>>,
    description: Option<String>,
    in_use: bool,
    shared: bool,
    size: i64,
    created_at: Option<String>,
    last_used_at: Option<String>,
}

fn record(entry: Entry) -> Resource {
    let mut parents: Vec<String> =
        entry.parents.unwrap_or_default().into_iter().chain(entry.parent).collect();
    parents.retain(|id| !id.is_empty());
    parents.sort_unstable();
    parents.dedup();
    Resource {
        name: entry.description.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| entry.id.clone()),
        id: entry.id,
        labels: BTreeMap::new(),
        created: parse_time(&entry.created_at.unwrap_or_default()),
        active: entry.last_used_at.map_or(KnownTime::Never, |at| parse_time(&at)),
        detail: Detail::BuildCache(CacheRecord {
            size_bytes: entry.size.try_into().unwrap_or(0),
            in_use: entry.in_use,
            shared: entry.shared,
            parents,
        }),
    }
}

/// Sorts records so that each comes before those that it is made from.
fn children_first(mut records: Vec<Resource>) -> Vec<Resource> {
    let parents: HashMap<&str, &[String]> =
        records.iter().map(|record| (&*record.id, parents(record))).collect();
    let mut depths = HashMap::<String, usize>::new();
    // Each round moves a record below its parents; a cache that was a cycle would end after as many rounds as records.
    for _ in 0..records.len() {
        let mut changed = false;
        for record in &records {
            let below =
                |id: &String| parents.contains_key(&**id).then(|| depths.get(id).copied().unwrap_or(0) + 1);
            let depth = parents[&*record.id].iter().filter_map(below).max().unwrap_or(0);
            changed |= depths.insert(record.id.clone(), depth) != Some(depth);
        }
        if !changed {
            break;
        }
    }
    records.sort_by_key(|record| std::cmp::Reverse(depths.get(&record.id).copied()));
    records
}

fn parents(record: &Resource) -> &[String] {
    record.cache_record().map_or(&[], |record| &record.parents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Vec<Resource> {
        let answer: Answer = serde_json::from_str(body).unwrap();
        let found = answer.build_cache.or_else(|| answer.build_cache_usage?.items).unwrap_or_default();
        children_first(found.into_iter().map(record).collect())
    }

    #[test]
    fn both_answers_are_read_and_children_come_first() {
        let records = r#"[{"ID": "a", "Description": "from local", "Shared": true},
            {"ID": "b", "Parent": "a", "Size": 5, "LastUsedAt": "2026-11-20T12:00:00Z"},
            {"ID": "c", "Parents": ["b", "gone"], "InUse": true, "Size": -1, "Future": 1}]"#;
        for body in [
            format!(r#"{{"BuildCache": {records}}}"#),
            format!(r#"{{"BuildCacheUsage": {{"TotalSize": 5, "Items": {records}}}}}"#),
        ] {
            let found = parse(&body);
            assert_eq!(found.iter().map(|record| &*record.id).collect::<String>(), "cba");
            let record = found[0].cache_record().unwrap();
            assert_eq!((record.size_bytes, record.in_use, record.shared), (0, true, false));
            assert_eq!((&*found[2].name, &*found[1].name), ("from local", "b"));
            assert!(matches!(found[1].active, KnownTime::At(_)) && found[2].active == KnownTime::Never);
        }
        assert!(parse("{}").is_empty() && parse(r#"{"BuildCache": null}"#).is_empty());
        let cycle = r#"{"BuildCache": [{"ID": "a", "Parent": "b"}, {"ID": "b", "Parent": "a"}]}"#;
        assert_eq!(parse(cycle).len(), 2);
    }
}
