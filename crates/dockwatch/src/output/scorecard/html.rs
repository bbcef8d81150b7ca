//! The success figures and plots as one HTML page that loads nothing else.

use evenkeel_common::{Timestamp, VERSION};

use crate::history::records::RunRecord;
use crate::history::scorecard::{Figure, MAX_TEST_TIME_S};
use crate::model::level::{Budget, Level};
use crate::model::numbers::to_f64;
use crate::output::scorecard::svg_plot::{Plot, Shape, escape};
use crate::output::scorecard::{Scorecard, cells, show_bytes, show_seconds};

/// The levels in the order of the axis.
const LEVELS: [Level; 4] = [Level::Safe, Level::Warning, Level::Critical, Level::Emergency];

/// The whole page, plots and styles included.
pub(crate) fn page(scorecard: &Scorecard, budget: &Budget) -> String {
    let recorded = &scorecard.recorded;
    let since = scorecard
        .since
        .map_or_else(|| "all records".into(), |since| format!("since {}", date_and_time(since)));
    let rows: String = scorecard.figures.iter().map(row).collect();
    let plots: String = plots(scorecard, budget).iter().map(section).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>dockwatch report</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\
         <h1>Docker test environments</h1><p>{} runs and {} samples, {since}; created {} by dockwatch {VERSION}</p>\
         <table><thead><tr><th>figure</th><th>target</th><th>value</th><th></th><th>basis</th></tr></thead>\
         <tbody>{rows}</tbody></table>{plots}</body></html>\n",
        recorded.runs.len(),
        recorded.samples.len(),
        date_and_time(scorecard.at),
    )
}

fn row(figure: &Figure) -> String {
    let class = figure.is_met().map_or("none", |met| if met { "met" } else { "missed" });
    let cells = cells(figure).map(|cell| format!("<td>{}</td>", escape(&cell))).concat();
    format!("<tr class=\"{class}\">{cells}</tr>")
}

fn section(plot: &Plot<'_>) -> String {
    let svg = plot.svg().unwrap_or_else(|| "<p class=\"none\">no data</p>".into());
    format!("<h2>{}</h2>{svg}", escape(plot.title))
}

fn plots(scorecard: &Scorecard, budget: &Budget) -> [Plot<'static>; 6] {
    let samples = &scorecard.recorded.samples;
    let runs = &scorecard.recorded.runs;
    let of_runs =
        |value: fn(&RunRecord) -> Option<f64>| runs.iter().map(|r| (seconds(r.at), value(r))).collect();
    let plot = |title, points, label| Plot {
        title,
        points,
        limit: None,
        ticks: &[],
        shape: Shape::Line,
        label,
        time_label,
    };
    let memory = samples.iter().map(|s| (seconds(s.at), s.memory_working_set_bytes.map(to_f64))).collect();
    let level = samples.iter().map(|s| (seconds(s.at), s.level.filter(|_| s.healthy).map(height))).collect();
    let disk = samples.iter().map(|s| (seconds(s.at), s.disk_free_bytes.map(to_f64))).collect();
    let containers = samples.iter().map(|s| (seconds(s.at), s.containers.map(to_f64))).collect();
    let (max_memory, max_containers) = (Some(to_f64(budget.memory_bytes)), Some(to_f64(budget.containers)));
    [
        Plot { limit: max_memory, ..plot("Memory of all containers", memory, show_bytes) },
        Plot { ticks: &[0.0, 1.0, 2.0, 3.0], ..plot("Level", level, show_level) },
        Plot {
            limit: Some(to_f64(budget.disk_free_bytes)),
            ..plot("Free disk space of the engine", disk, show_bytes)
        },
        Plot { limit: max_containers, ..plot("Running containers", containers, show_count) },
        Plot {
            limit: max_memory,
            shape: Shape::Dots,
            ..plot("Peak memory of each run", of_runs(|r| r.memory_peak_bytes.map(to_f64)), show_bytes)
        },
        Plot {
            limit: Some(MAX_TEST_TIME_S),
            shape: Shape::Dots,
            ..plot("Time of each run", of_runs(|r| Some(r.duration_s)), show_seconds)
        },
    ]
}

fn show_count(value: f64) -> String {
    format!("{value:.0}")
}

fn show_level(value: f64) -> String {
    let level = LEVELS.into_iter().find(|level| (height(*level) - value).abs() < 0.2);
    level.map_or_else(String::new, |level| level.name().into())
}

/// Where a level is on the axis.
const fn height(level: Level) -> f64 {
    match level {
        Level::Safe => 0.0,
        Level::Warning => 1.0,
        Level::Critical => 2.0,
        Level::Emergency => 3.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a point in a plot")]
fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

#[expect(clippy::cast_possible_truncation, reason = "a time for display")]
fn time_label(seconds: f64) -> String {
    Timestamp::from_second(seconds as i64).map_or_else(|_| String::new(), date_and_time)
}

fn date_and_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;\
color:#1b1f24;background:#fff}h1{font-size:1.5em}h2{font-size:1.1em;margin:1.6em 0 .3em}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35em .8em .35em 0;\
border-bottom:1px solid #8884}.met td:nth-child(4){color:#1a7f37}.missed td:nth-child(3),.missed td:nth-child(4)\
{color:#cf222e;font-weight:600}.none,.none td:nth-child(3){color:#888}svg{width:100%;height:auto}\
svg text{font-size:11px;fill:currentColor}.grid{stroke:#8884;fill:none}.limit{stroke:#cf222e;fill:none;\
stroke-dasharray:5 4}.line{stroke:#0969da;fill:none;stroke-width:1.5;stroke-linecap:round}circle{fill:#0969da}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}.line{stroke:#58a6ff}circle{fill:#58a6ff}}";
