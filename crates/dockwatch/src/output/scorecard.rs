//! The scorecard and the plots: as JSON, as a table, as one HTML file that needs nothing else.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use comfy_table::{Table, presets};
use evenkeel_common::units::{show_duration, show_size};
use evenkeel_common::{Error, Timestamp, VERSION};
use serde::Serialize;

use crate::history::scorecard::{Figure, Recorded, Target, Unit};
use crate::model::level::{Budget, Level};
use crate::output::svg_plot::{Plot, Shape, escape};

/// `dockwatch.report/1`
#[derive(Serialize)]
pub struct ReportWire {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    since: Option<Timestamp>,
    runs: usize,
    samples: usize,
    skipped_lines: usize,
    figures: Vec<FigureWire>,
}

#[derive(Serialize)]
struct FigureWire {
    name: &'static str,
    value: Option<f64>,
    target: f64,
    target_kind: &'static str,
    met: Option<bool>,
    basis: Option<String>,
}

/// Title of the plot whose axis has names.
const LEVEL: &str = "Level";

/// What all forms show.
#[derive(Debug)]
pub struct Report<'a> {
    /// When it was made.
    pub at: Timestamp,
    /// From when on; `None` for everything.
    pub since: Option<Timestamp>,
    /// What was recorded.
    pub recorded: &'a Recorded,
    /// What it says.
    pub figures: &'a [Figure],
    /// Torn lines.
    pub skipped: usize,
    /// For the lines across the plots.
    pub budget: Budget,
}

impl Report<'_> {
    /// Whether all targets are met, as far as anything is known.
    pub fn verdict(&self) -> &'static str {
        let met: Vec<bool> = self.figures.iter().filter_map(Figure::is_met).collect();
        match (met.is_empty(), met.iter().all(|met| *met)) {
            (true, _) => "no_data",
            (_, true) => "met",
            _ => "missed",
        }
    }

    /// The JSON.
    pub fn json(&self) -> ReportWire {
        let figure = |figure: &Figure| FigureWire {
            name: figure.name,
            value: figure.value.map(|value| (value * 1000.0).round() / 1000.0),
            target: figure.target.number(),
            target_kind: match figure.target {
                Target::Exactly(_) => "exactly",
                Target::Under(_) => "under",
            },
            met: figure.is_met(),
            basis: (!figure.basis.is_empty()).then(|| figure.basis.clone()),
        };
        ReportWire {
            schema: "dockwatch.report/1",
            tool_version: VERSION,
            at: self.at,
            verdict: self.verdict(),
            since: self.since,
            runs: self.recorded.runs.len(),
            samples: self.recorded.samples.len(),
            skipped_lines: self.skipped,
            figures: self.figures.iter().map(figure).collect(),
        }
    }

    /// The table.
    pub fn words(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["FIGURE", "TARGET", "VALUE", "", "BASIS"]);
        for figure in self.figures {
            table.add_row(cells(figure));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let mut text = format!("{}\n", table.trim_fmt());
        if self.skipped > 0 {
            let _ = writeln!(text, "{} torn lines were skipped", self.skipped);
        }
        text
    }

    /// The page.
    pub fn html(&self) -> String {
        let since =
            self.since.map_or_else(|| "all that is recorded".into(), |since| format!("since {}", day(since)));
        let rows = self.figures.iter().fold(String::new(), |text, figure| {
            let class = figure.is_met().map_or("none", |met| if met { "met" } else { "missed" });
            let cells = cells(figure).map(|cell| format!("<td>{}</td>", escape(&cell))).concat();
            text + "<tr class=\"" + class + "\">" + &cells + "</tr>"
        });
        let plots = self.plots().into_iter().fold(String::new(), |text, (title, svg)| {
            let drawn = svg.unwrap_or_else(|| "<p class=\"none\">no data</p>".into());
            text + "<h2>" + &escape(title) + "</h2>" + &drawn
        });
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>dockwatch report</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\
             <h1>Docker test environments</h1><p>{} runs and {} samples, {since}; made {} by dockwatch {VERSION}</p>\
             <table><thead><tr><th>figure</th><th>target</th><th>value</th><th></th><th>basis</th></tr></thead>\
             <tbody>{rows}</tbody></table>{plots}</body></html>\n",
            self.recorded.runs.len(),
            self.recorded.samples.len(),
            day(self.at),
        )
    }

    fn plots(&self) -> Vec<(&'static str, Option<String>)> {
        let samples = &self.recorded.samples;
        let runs = &self.recorded.runs;
        let memory: Vec<_> =
            samples.iter().map(|s| (second(s.at), s.memory_working_set_bytes.map(float))).collect();
        let level: Vec<_> =
            samples.iter().map(|s| (second(s.at), s.healthy.then(|| height(s.level)))).collect();
        let containers: Vec<_> = samples.iter().map(|s| (second(s.at), s.containers.map(float))).collect();
        let peaks: Vec<_> = runs.iter().map(|r| (second(r.at), r.memory_peak_bytes.map(float))).collect();
        let times: Vec<_> = runs.iter().map(|r| (second(r.at), Some(r.duration_s))).collect();
        let draw = |title, points: &[_], bound, shape, label| {
            let ticks: &[f64] = if title == LEVEL { &[0.0, 1.0, 2.0, 3.0] } else { &[] };
            (title, Plot { title, points, bound, ticks, shape, label, time: clock }.svg())
        };
        let budget = Some(float(self.budget.memory_bytes));
        let most = Some(float(self.budget.containers));
        vec![
            draw("Memory of all containers", &memory, budget, Shape::Line, show_bytes),
            draw(LEVEL, &level, None, Shape::Line, show_level),
            draw("Running containers", &containers, most, Shape::Line, show_count),
            draw("Peak memory of each run", &peaks, budget, Shape::Dots, show_bytes),
            draw("Time of each run", &times, Some(300.0), Shape::Dots, show_seconds),
        ]
    }
}

/// Writes the page so that nobody ever sees half of it.
pub fn write(path: &Path, html: &str) -> Result<(), Error> {
    let action = || format!("write {}", path.display());
    let failed = |e: std::io::Error| Error::failed(action(), e);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = Path::new(&name);
    let written = std::fs::File::create(new)
        .and_then(|mut file| file.write_all(html.as_bytes()))
        .and_then(|()| std::fs::rename(new, path));
    if written.is_err() {
        // What could be written is of no use.
        let _ = std::fs::remove_file(new);
    }
    written.map_err(failed)
}

fn cells(figure: &Figure) -> [String; 5] {
    let target = match figure.target {
        Target::Exactly(value) => show(figure.unit, value),
        Target::Under(bound) => format!("under {}", show(figure.unit, bound)),
    };
    let value = figure.value.map_or_else(|| "no data".into(), |value| show(figure.unit, value));
    let mark = figure.is_met().map_or("", |met| if met { "met" } else { "missed" });
    [figure.title.into(), target, value, mark.into(), figure.basis.clone()]
}

fn show(unit: Unit, value: f64) -> String {
    let round = (value * 100.0).round() / 100.0;
    match unit {
        Unit::PerDay | Unit::Count => round.to_string(),
        Unit::Seconds => show_seconds(value),
        Unit::Bytes => show_bytes(value),
        Unit::Percent => format!("{round} %"),
    }
}

fn show_seconds(value: f64) -> String {
    show_duration(std::time::Duration::try_from_secs_f64(value).unwrap_or_default())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size for display")]
fn show_bytes(value: f64) -> String {
    show_size(value.max(0.0) as u64)
}

fn show_count(value: f64) -> String {
    format!("{value:.0}")
}

/// The axis of levels runs over 0 to 3 and a little more.
fn show_level(value: f64) -> String {
    let levels = [Level::Safe, Level::Warning, Level::Critical, Level::Emergency];
    let near = levels.into_iter().find(|level| (height(*level) - value).abs() < 0.2);
    near.map_or_else(String::new, |level| level.name().into())
}

fn height(level: Level) -> f64 {
    match level {
        Level::Safe => 0.0,
        Level::Warning => 1.0,
        Level::Critical => 2.0,
        Level::Emergency => 3.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a point in a plot")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "a point in a plot")]
fn second(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

#[expect(clippy::cast_possible_truncation, reason = "a time for display")]
fn clock(second: f64) -> String {
    Timestamp::from_second(second as i64).map_or_else(|_| String::new(), day)
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;\
color:#1b1f24;background:#fff}h1{font-size:1.5em}h2{font-size:1.1em;margin:1.6em 0 .3em}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35em .8em .35em 0;\
border-bottom:1px solid #8884}.met td:nth-child(4){color:#1a7f37}.missed td:nth-child(3),.missed td:nth-child(4)\
{color:#cf222e;font-weight:600}.none,.none td:nth-child(3){color:#888}svg{width:100%;height:auto}\
svg text{font-size:11px;fill:currentColor}.grid{stroke:#8884;fill:none}.bound{stroke:#cf222e;fill:none;\
stroke-dasharray:5 4}.line{stroke:#0969da;fill:none;stroke-width:1.5;stroke-linecap:round}circle{fill:#0969da}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}.line{stroke:#58a6ff}circle{fill:#58a6ff}}";
