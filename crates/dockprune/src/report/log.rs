//! What `--log-file` gets from each run.

use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use super::{Counts, Report, Unreached};

/// `dockprune.run/1`: one line of the log.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    host: &'a str,
    dry_run: bool,
    elapsed_ms: u64,
    over_cap: usize,
    bytes_freed: u64,
    counts: Counts,
    unreached: &'a [Unreached],
    left: Vec<Left<'a>>,
}

#[derive(Debug, Serialize)]
struct Left<'a> {
    kind: &'static str,
    id: &'a str,
    name: &'a str,
    outcome: &'static str,
    error: Option<&'a str>,
}

impl<'a> From<&'a Report> for Line<'a> {
    fn from(report: &'a Report) -> Self {
        let left =
            report.items.iter().filter(|item| matches!(item.outcome, "failed" | "unknown" | "not_reached"));
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
                .map(|item| Left {
                    kind: item.kind,
                    id: &item.id,
                    name: &item.name,
                    outcome: item.outcome,
                    error: item.error.as_deref(),
                })
                .collect(),
        }
    }
}
