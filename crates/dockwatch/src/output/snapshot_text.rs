//! The snapshot for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, Table, presets};
use evenkeel_common::units::show_size;

use crate::measure::disk_usage::Disk;
use crate::model::container::{Answer, Container, EngineFacts, Facts};
use crate::model::level::{Level, Verdict};
use crate::output::snapshot_json::Listing;

/// What a level looks like.
pub fn style(level: Level) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into())).bold();
    match level {
        Level::Safe => colour(AnsiColor::Green),
        Level::Warning => colour(AnsiColor::Yellow),
        Level::Critical => colour(AnsiColor::Red),
        Level::Emergency => colour(AnsiColor::White).bg_color(Some(AnsiColor::Red.into())),
    }
}

fn painted(level: Level, text: &str) -> String {
    let style = style(level);
    format!("{style}{text}{style:#}")
}

/// Takes the colours away where stdout is no terminal or NO_COLOR is set.
pub fn for_stdout(text: &str) -> String {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

/// The whole snapshot, coloured; strip the colours where they are not wanted.
pub fn snapshot(facts: &Facts, verdict: &Verdict, listing: Listing) -> String {
    let mut text = headline(facts, verdict);
    for engine in &facts.engines {
        let _ = writeln!(text, "{}", engine_line(engine));
        if let Some(disk) = &engine.disk {
            let _ = writeln!(text, "{}", disk_line(disk));
        }
    }
    let shown: Vec<&Container> = facts.containers.iter().filter(|c| listing.shows(c)).collect();
    if !shown.is_empty() {
        let _ = writeln!(text, "\n{}", containers(&shown));
    }
    for error in &facts.errors {
        let _ = writeln!(text, "unknown: {error}");
    }
    text
}

fn headline(facts: &Facts, verdict: &Verdict) -> String {
    let label = if facts.is_healthy() { verdict.level.name().to_uppercase() } else { "UNAVAILABLE".into() };
    let level = if facts.is_healthy() { verdict.level } else { Level::Emergency };
    let resources: Vec<String> = verdict
        .resources
        .iter()
        .map(|judged| match judged.level {
            Some(level) if level > Level::Safe => painted(level, &judged.reason()),
            _ => judged.reason(),
        })
        .collect();
    format!("{}  {}\n", painted(level, &label), resources.join(", "))
}

fn engine_line(engine: &EngineFacts) -> String {
    let version = engine.identity.version.as_deref().unwrap_or("?");
    let slowest = engine.endpoints.iter().map(|endpoint| endpoint.ms).fold(0.0, f64::max);
    let health = if engine.is_healthy() {
        format!("answers within {slowest} ms")
    } else {
        let bad = engine.endpoints.iter().filter_map(|endpoint| match &endpoint.answer {
            Answer::Answered => None,
            Answer::Hung => Some(format!("{} hangs", endpoint.name)),
            Answer::Failed(why) => Some(format!("{}: {why}", endpoint.name)),
        });
        painted(Level::Emergency, &bad.collect::<Vec<_>>().join(", "))
    };
    let mut line = format!("engine {version} at {}: {health}", engine.host);
    if let (Some(available), Some(total)) = (engine.machine.mem_available, engine.machine.mem_total) {
        let _ = write!(line, "; {} of {} available", show_size(available), show_size(total));
    }
    if let Some([load, ..]) = engine.machine.load {
        let _ = write!(line, ", load {load:.2}");
    }
    if let Some((some, _)) = engine.machine.pressure_memory {
        let _ = write!(line, ", memory pressure {some} %");
    }
    if let Some((free, total)) = engine.address_pools {
        let _ = write!(line, ", {free} of {total} subnets free");
    }
    line
}

fn disk_line(disk: &Disk) -> String {
    let size = |bytes: Option<u64>| bytes.map_or_else(|| "?".to_owned(), show_size);
    format!(
        "on disk: {}: images {}, containers {}, volumes {}, build cache {}",
        size(disk.total()),
        size(disk.images),
        size(disk.containers),
        size(disk.volumes),
        size(disk.build_cache)
    )
}

fn containers(shown: &[&Container]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["NAME", "STATE", "CPU", "MEMORY", "LIMIT", "USED", "PIDS", "NET RX/TX", "DISK R/W"]);
    table.add_rows(shown.iter().map(|container| row(container)));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
        if column.index >= 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn row(container: &Container) -> [String; 9] {
    let dash = || "-".to_owned();
    let size = |bytes: Option<u64>| bytes.map_or_else(dash, show_size);
    let pair = |pair: Option<(u64, u64)>| {
        pair.map_or_else(dash, |(a, b)| format!("{} / {}", show_size(a), show_size(b)))
    };
    let reading = container.reading.as_ref();
    let used = container.memory_pct().map_or_else(dash, |pct| format!("{pct} %"));
    [
        container.listed.name.clone(),
        state(container),
        container.cpu_pct.map_or_else(dash, |pct| format!("{pct:.1} %")),
        size(container.working_set()),
        size(container.memory_limit()),
        container.level().map_or(used.clone(), |level| painted_if_raised(level, used)),
        reading.and_then(|r| r.pids).map_or_else(dash, |pids| pids.to_string()),
        pair(reading.and_then(|r| r.net)),
        pair(reading.and_then(|r| r.block)),
    ]
}

fn painted_if_raised(level: Level, text: String) -> String {
    if level > Level::Safe { painted(level, &text) } else { text }
}

/// Health where there is a check, else the state; and whatever else a person must know.
fn state(container: &Container) -> String {
    let listed = &container.listed;
    let mut text = listed.health.clone().unwrap_or_else(|| listed.state.clone());
    if let Some(code) = listed.exit_code.filter(|_| !listed.is_live()) {
        let _ = write!(text, " ({code})");
    }
    if container.oom_killed() == Some(true) {
        let _ = write!(text, " {}", painted(Level::Emergency, "OOM"));
    }
    let restarts = container.inspected.as_ref().and_then(|inspected| inspected.restarts).unwrap_or(0);
    if restarts > 0 {
        let _ = write!(text, " restarted {restarts}x");
    }
    text
}
