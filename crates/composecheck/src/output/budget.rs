//! The budget of a project as a table, for people and for machines.

use evenkeel_common::units::show_size;
use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::facts::budget::{Budget, Row};
use crate::lint::verdict::Verdict;

/// The budget on the wire.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    budget_bytes: u64,
    total_bytes: u64,
    unlimited: bool,
    services: Vec<RowOnWire<'a>>,
    volumes: Vec<RowOnWire<'a>>,
}

#[derive(Debug, Serialize)]
struct RowOnWire<'a> {
    name: &'a str,
    replicas: u64,
    limit_bytes: Option<u64>,
    reservation_bytes: Option<u64>,
    tmpfs_bytes: Option<u64>,
    shm_bytes: u64,
    total_bytes: Option<u64>,
}

impl<'a> Report<'a> {
    /// The report on this budget.
    pub(crate) fn new(budget: &'a Budget, allowed: u64, verdict: Verdict, at: Timestamp) -> Self {
        Self {
            schema: "composecheck.budget/1",
            tool_version: VERSION,
            at,
            verdict: verdict.name(),
            budget_bytes: allowed,
            total_bytes: budget.total(),
            unlimited: budget.is_open(),
            services: budget.services.iter().map(on_wire).collect(),
            volumes: budget.volumes.iter().map(on_wire).collect(),
        }
    }
}

fn on_wire(row: &Row) -> RowOnWire<'_> {
    RowOnWire {
        name: &row.name,
        replicas: row.replicas,
        limit_bytes: row.limit,
        reservation_bytes: row.reservation,
        tmpfs_bytes: (!row.unsized_tmpfs).then_some(row.tmpfs),
        shm_bytes: row.shm,
        total_bytes: (!row.is_open()).then(|| row.total()),
    }
}

/// The table for people.
pub(crate) fn words(budget: &Budget, allowed: u64) -> String {
    let head = ["SERVICE", "REPLICAS", "LIMIT", "RESERVED", "TMPFS", "SHM", "TOTAL"].map(str::to_owned);
    let rows = budget.services.iter().map(cells);
    let volumes = budget.volumes.iter().map(|row| {
        let mut cells = cells(row);
        cells[0] = format!("volume {}", row.name);
        cells
    });
    let lines: Vec<[String; 7]> = [head].into_iter().chain(rows).chain(volumes).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let mut shown = format!("{:<1$}", line[0], widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            shown += &format!("  {cell:>width$}");
        }
        text += shown.trim_end();
        text.push('\n');
    }
    text + &summary(budget, allowed)
}

fn cells(row: &Row) -> [String; 7] {
    let size = |bytes: Option<u64>| bytes.map_or_else(|| "none".to_owned(), show_size);
    let some = |bytes: u64| if bytes == 0 { "-".to_owned() } else { show_size(bytes) };
    let is_volume = row.shm == 0;
    let open = |text: String| if row.is_open() { format!("{text}+") } else { text };
    [
        row.name.clone(),
        if is_volume { "-".to_owned() } else { row.replicas.to_string() },
        if is_volume { "-".to_owned() } else { size(row.limit) },
        if is_volume { "-".to_owned() } else { size(row.reservation) },
        if row.unsized_tmpfs { "no size".to_owned() } else { some(row.tmpfs) },
        some(row.shm),
        open(show_size(row.total())),
    ]
}

fn summary(budget: &Budget, allowed: u64) -> String {
    let (total, most) = (show_size(budget.total()), show_size(allowed));
    let state = if budget.total() > allowed { "over" } else { "within" };
    if budget.is_open() {
        format!("{total} at least, of {most}: not everything has a limit\n")
    } else {
        format!("{total} of {most}: {state} the budget\n")
    }
}
