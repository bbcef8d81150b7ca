//! `dockprune.run/1`: the line that `--log-file` gets from each run.

use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use super::place_json::PlaceJson;
use super::report_json::{Counts, ItemOutcome, ReportJson, UnreachedJson, Verdict};
use crate::model::resource::Kind;

/// `dockprune.run/1`.
#[derive(Debug, Serialize)]
pub(crate) struct LineJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: Verdict,
    host: &'a str,
    dry_run: bool,
    elapsed_ms: u64,
    over_cap: usize,
    bytes_freed: u64,
    counts: Counts,
    unreached: &'a [UnreachedJson],
    left: Vec<LeftJson<'a>>,
    #[serde(flatten)]
    place: &'a PlaceJson,
}

#[derive(Debug, Serialize)]
struct LeftJson<'a> {
    kind: Kind,
    id: &'a str,
    name: &'a str,
    outcome: ItemOutcome,
    error: Option<&'a str>,
}

impl<'a> From<&'a ReportJson> for LineJson<'a> {
    fn from(report: &'a ReportJson) -> Self {
        let left = report.items.iter().filter(|item| item.outcome.is_left());
        Self {
            schema: "dockprune.run/1",
            tool_version: VERSION,
            at: report.at,
            verdict: report.verdict,
            host: &report.host,
            dry_run: report.dry_run,
            elapsed_ms: report.elapsed_ms,
            over_cap: report.over_cap,
            bytes_freed: report.bytes_freed,
            counts: report.counts,
            unreached: &report.unreached,
            left: left
                .map(|item| LeftJson {
                    kind: item.kind,
                    id: &item.id,
                    name: &item.name,
                    outcome: item.outcome,
                    error: item.error.as_deref(),
                })
                .collect(),
            place: &report.place,
        }
    }
}
