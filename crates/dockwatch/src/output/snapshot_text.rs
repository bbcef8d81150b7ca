//! The snapshot as human-readable text.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use evenkeel_common::table::Table;
use evenkeel_common::terminal::one_line;
use evenkeel_common::units::show_size;

use crate::model::container::{Container, StatsSource};
use crate::model::engine::{DiskUsage, EngineFacts};
use crate::model::facts::Facts;
use crate::model::level::{Assessment, Level};
use crate::output::ContainerFilter;

/// The first column that holds a number.
const FIRST_NUMBER: usize = 2;

fn style(level: Level) -> Style {
    match level {
        Level::Safe => AnsiColor::Green.on_default().bold(),
        Level::Warning => AnsiColor::Yellow.on_default().bold(),
        Level::Critical => AnsiColor::Red.on_default().bold(),
        Level::Emergency => AnsiColor::White.on(AnsiColor::Red).bold(),
    }
}

fn painted(level: Level, text: &str) -> String {
    let style = style(level);
    format!("{style}{text}{style:#}")
}

/// Removes the colours where stdout is not a terminal or NO_COLOR is set.
pub(crate) fn for_stdout(text: &str) -> String {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

/// The whole snapshot, coloured.
pub(crate) fn snapshot(facts: &Facts, assessment: &Assessment, filter: ContainerFilter) -> String {
    let mut text = headline(facts, assessment);
    for engine in &facts.engines {
        let _ = writeln!(text, "{}", engine_line(engine));
        if let Some(disk) = &engine.disk {
            let _ = writeln!(text, "{}", disk_line(disk));
        }
    }
    let shown: Vec<&Container> = facts.containers.iter().filter(|c| filter.shows(c)).collect();
    if !shown.is_empty() {
        let _ = write!(text, "\n{}", table(&shown));
    }
    if shown.iter().any(|container| container.stats_source == Some(StatsSource::Api)) {
        text += "Memory and CPU come from the engine's statistics; the kernel's counters cannot be read from here.\n";
    }
    for error in &facts.errors {
        let _ = writeln!(text, "unknown: {}", one_line(error));
    }
    text
}

fn headline(facts: &Facts, assessment: &Assessment) -> String {
    let verdict = facts.verdict(assessment);
    let resources: Vec<String> = assessment
        .resources
        .iter()
        .map(|found| painted_if_raised(found.level.unwrap_or(Level::Safe), found.describe()))
        .collect();
    let name = painted(verdict.severity(), &verdict.name().to_uppercase());
    format!("{name}  {}\n", resources.join(", "))
}

fn engine_line(engine: &EngineFacts) -> String {
    let version = one_line(engine.info.version.as_deref().unwrap_or("?"));
    let slowest = engine.endpoints.iter().map(|endpoint| endpoint.ms).fold(0.0, f64::max);
    let health = engine.problem().map_or_else(
        || format!("answers within {slowest} ms"),
        |problem| painted(Level::Emergency, &one_line(&problem)),
    );
    let mut line = format!("engine {version} at {}: {health}", one_line(&engine.host));
    if let (Some(available), Some(total)) = (engine.machine.mem_available, engine.machine.mem_total) {
        let _ = write!(line, "; {} of {} available", show_size(available), show_size(total));
    }
    if let Some([load, ..]) = engine.machine.load {
        let _ = write!(line, ", load {load:.2}");
    }
    if let Some((some, _)) = engine.machine.pressure_memory {
        let _ = write!(line, ", memory pressure {some} %");
    }
    if let Some(space) = engine.disk_space {
        let _ = write!(line, ", disk: {} of {} free", show_size(space.free), show_size(space.total));
    }
    if let Some((free, total)) = engine.address_pools {
        let _ = write!(line, ", {free} of {total} subnets free");
    }
    line
}

fn disk_line(disk: &DiskUsage) -> String {
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

fn table(shown: &[&Container]) -> String {
    let header = ["NAME", "STATE", "CPU", "MEMORY", "LIMIT", "USED", "PIDS", "NET RX/TX", "DISK R/W"];
    let mut table = Table::new(header).right_from(FIRST_NUMBER);
    for container in shown {
        table.add_coloured_row(row(container));
    }
    table.to_string()
}

fn row(container: &Container) -> [String; 9] {
    let dash = || "-".to_owned();
    let size = |bytes: Option<u64>| bytes.map_or_else(dash, show_size);
    let pair = |pair: Option<(u64, u64)>| {
        pair.map_or_else(dash, |(a, b)| format!("{} / {}", show_size(a), show_size(b)))
    };
    let stats = container.stats.as_ref();
    let used = container.memory_pct().map_or_else(dash, |pct| format!("{pct} %"));
    [
        one_line(&container.summary.name),
        state(container),
        container.cpu_pct.map_or_else(dash, |pct| format!("{pct:.1} %")),
        container.working_set().map_or_else(|| unknown(container), show_size),
        size(container.memory_limit()),
        painted_if_raised(container.level().unwrap_or(Level::Safe), used),
        stats.and_then(|stats| stats.pids).map_or_else(dash, |pids| pids.to_string()),
        pair(stats.and_then(|stats| stats.net)),
        pair(stats.and_then(|stats| stats.block)),
    ]
}

/// A container without processes uses no memory; that of one with processes is not known.
fn unknown(container: &Container) -> String {
    if container.summary.is_live() { "?".into() } else { "-".into() }
}

fn painted_if_raised(level: Level, text: String) -> String {
    if level > Level::Safe { painted(level, &text) } else { text }
}

/// The health where there is a health check, else the state; then exit code, OOM kill and restarts.
fn state(container: &Container) -> String {
    let summary = &container.summary;
    let mut text = one_line(summary.health_or_state());
    if let Some(code) = summary.exit_code.filter(|_| !summary.is_live()) {
        let _ = write!(text, " ({code})");
    }
    if container.oom_killed() == Some(true) {
        let _ = write!(text, " {}", painted(Level::Emergency, "OOM"));
    }
    let restarts = container.details.as_ref().and_then(|details| details.restarts).unwrap_or(0);
    if restarts > 0 {
        let _ = write!(text, " restarted {restarts}x");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::ContainerSummary;
    use crate::model::engine::{Endpoint, EndpointState};
    use crate::model::level::{Budget, assess};

    #[test]
    fn text_of_others_cannot_control_the_terminal() {
        let endpoint = Endpoint {
            name: "ping",
            state: EndpointState::Failed { cause: "a\x1b[2Jb".into(), hint: None },
            ms: 1.0,
        };
        let facts = Facts {
            engines: vec![EngineFacts { endpoints: vec![endpoint], ..EngineFacts::default() }],
            containers: vec![Container {
                summary: ContainerSummary { name: "c\r\u{202e}d".into(), ..ContainerSummary::default() },
                ..Container::default()
            }],
            errors: vec!["e\nf".into()],
            ..Facts::default()
        };
        let budget = Budget::OF_A_TEAM;
        let text = snapshot(&facts, &assess(&facts.usage(), &budget), ContainerFilter::All);
        for expected in ["a [2Jb", "c d", "unknown: e f\n"] {
            assert!(text.contains(expected), "{expected}: {text:?}");
        }
    }
}
