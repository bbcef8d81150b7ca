//! The budget as a table and as JSON.

use evenkeel_common::table::Table;
use evenkeel_common::units::show_size;
use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::facts::budget::{Budget, Row};
use crate::lint::verdict::Verdict;

/// The object of `budget --json`.
#[derive(Debug, Serialize)]
pub(crate) struct BudgetJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    budget_bytes: u64,
    total_bytes: u64,
    unlimited: bool,
    services: Vec<RowJson<'a>>,
    volumes: Vec<RowJson<'a>>,
}

#[derive(Debug, Serialize)]
struct RowJson<'a> {
    name: &'a str,
    replicas: u64,
    limit_bytes: Option<u64>,
    reservation_bytes: Option<u64>,
    tmpfs_bytes: Option<u64>,
    shm_bytes: u64,
    total_bytes: Option<u64>,
}

impl<'a> BudgetJson<'a> {
    /// `allowed` is the budget in bytes.
    pub(crate) fn new(budget: &'a Budget, allowed: u64, verdict: Verdict, at: Timestamp) -> Self {
        Self {
            schema: "composecheck.budget/1",
            tool_version: VERSION,
            at,
            verdict: verdict.name(),
            budget_bytes: allowed,
            total_bytes: budget.total(),
            unlimited: budget.is_unlimited(),
            services: budget.services.iter().map(row_json).collect(),
            volumes: budget.volumes.iter().map(row_json).collect(),
        }
    }
}

fn row_json(row: &Row) -> RowJson<'_> {
    RowJson {
        name: &row.name,
        replicas: row.replicas,
        limit_bytes: row.limit,
        reservation_bytes: row.reservation,
        tmpfs_bytes: (!row.unsized_tmpfs).then_some(row.tmpfs),
        shm_bytes: row.shm,
        total_bytes: (!row.is_unlimited()).then(|| row.total()),
    }
}

/// The table, and a line with the sum and the budget in bytes.
pub(crate) fn to_text(budget: &Budget, allowed: u64) -> String {
    let header = ["SERVICE", "REPLICAS", "LIMIT", "RESERVED", "TMPFS", "SHM", "TOTAL"];
    let mut table = Table::new(header).right_from(1);
    budget.services.iter().for_each(|row| table.add_row(service_cells(row)));
    budget.volumes.iter().for_each(|row| table.add_row(volume_cells(row)));
    table.to_string() + &summary(budget, allowed)
}

fn service_cells(row: &Row) -> [String; 7] {
    let size = |bytes: Option<u64>| bytes.map_or_else(|| "none".to_owned(), show_size);
    [
        row.name.clone(),
        row.replicas.to_string(),
        size(row.limit),
        size(row.reservation),
        tmpfs(row),
        size_or_dash(row.shm),
        total(row),
    ]
}

fn volume_cells(row: &Row) -> [String; 7] {
    let dash = || "-".to_owned();
    [format!("volume {}", row.name), dash(), dash(), dash(), tmpfs(row), dash(), total(row)]
}

fn tmpfs(row: &Row) -> String {
    if row.unsized_tmpfs { "no size".to_owned() } else { size_or_dash(row.tmpfs) }
}

fn size_or_dash(bytes: u64) -> String {
    if bytes == 0 { "-".to_owned() } else { show_size(bytes) }
}

fn total(row: &Row) -> String {
    let unlimited = if row.is_unlimited() { "+" } else { "" };
    format!("{}{unlimited}", show_size(row.total()))
}

fn summary(budget: &Budget, allowed: u64) -> String {
    let (total, max) = (show_size(budget.total()), show_size(allowed));
    let state = if budget.total() > allowed { "over" } else { "within" };
    if budget.is_unlimited() {
        format!("at least {total} of {max}: something has no limit\n")
    } else {
        format!("{total} of {max}: {state} the budget\n")
    }
}
