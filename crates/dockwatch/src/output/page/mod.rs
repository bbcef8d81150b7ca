//! The report as one HTML page that loads nothing else: figures, plots over one axis of time, tables.
//!
//! The plots are drawn here and not by a plotting crate: those write colours and the size of text into the picture, which
//! then follows neither the theme of the reader nor the width of a phone, or they need a script from the network.

mod categories;
mod data;
mod lane;
mod lanes;
mod markup;
mod plot;
mod plots;
mod security;
mod series;
mod tables;
mod time_axis;
mod value_axis;

use evenkeel_common::VERSION;

use crate::history::activity::Activity;
use crate::history::scorecard::{Figure, crash_times};
use crate::model::level::Budget;
use crate::output::scorecard::{Scorecard, cells};

use self::categories::Categories;
use self::data::{Data, MOST_BARS};
use self::lane::Lane;
use self::markup::{count, date_and_time, escape, json, seconds, table};
use self::plot::{Plot, time_labels};
pub(crate) use self::security::Place;
use self::series::PARTS;
use self::tables::MOST_RUNS;
use self::time_axis::TimeAxis;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The whole page, plots, style and script included.
pub(crate) fn page(scorecard: &Scorecard, activity: &Activity, budget: &Budget, place: Place) -> String {
    let policy = security::policy(STYLE, SCRIPT, place);
    let is_live = if place == Place::Server { " data-live" } else { "" };
    let content = content(scorecard, activity, budget);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>dockwatch report</title>\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"icon\" href=\"data:,\">\
         <style>{STYLE}</style></head><body{is_live}><main id=\"content\">{content}</main>\
         <div id=\"tip\" role=\"status\" hidden></div><script>{SCRIPT}</script></body></html>\n"
    )
}

/// What changes from one report to the next.
fn content(scorecard: &Scorecard, activity: &Activity, budget: &Budget) -> String {
    let recorded = &scorecard.recorded;
    let rows: String = scorecard.figures.iter().map(row).collect();
    let charts = axis(scorecard, activity)
        .map_or_else(|| EMPTY.to_owned(), |axis| charts(scorecard, activity, budget, axis));
    let since = scorecard
        .since
        .map_or_else(|| "all records".into(), |since| format!("since {}", date_and_time(since)));
    format!(
        "<header><h1>Docker test environments</h1><p>{} and {}, {since}. All times are UTC. Created {} by dockwatch \
         {VERSION}.</p><p id=\"live\" hidden><button type=\"button\" id=\"reload\">Reload</button> \
         <label><input type=\"checkbox\" id=\"every\"> every 15 seconds</label> <span id=\"said\" role=\"status\"></span></p>\
         {}</header><section id=\"targets\"><h2>Targets</h2>{}</section>{charts}",
        count(recorded.runs.len(), "run"),
        count(recorded.samples.len(), "sample"),
        date_and_time(scorecard.at),
        skipped(recorded.skipped_lines + activity.skipped_lines),
        table(&["figure", "target", "value", "met", "basis"], &rows),
    )
}

const EMPTY: &str = "<p class=\"empty\">Nothing is recorded yet, or nothing within this time. <code>dockwatch record -- \
     COMMAND</code> records a run, and <code>dockwatch record</code> without a command one sample, for cron.</p>";

fn skipped(lines: usize) -> String {
    if lines == 0 {
        return String::new();
    }
    format!(
        "<p class=\"note\">{} of the records could not be read and are left out.</p>",
        count(lines, "line")
    )
}

fn row(figure: &Figure) -> String {
    let class = figure.is_met().map_or("none", |met| if met { "met" } else { "missed" });
    let cells = cells(figure).map(|cell| format!("<td>{}", escape(&cell))).concat();
    format!("<tr class=\"{class}\">{cells}</tr>")
}

/// The span of runs and samples; of locks and restarts where there is neither, since their records go back further.
fn axis(scorecard: &Scorecard, activity: &Activity) -> Option<TimeAxis> {
    let recorded = &scorecard.recorded;
    let runs = recorded.runs.iter().flat_map(|run| [run.started_at, run.at]);
    let own = runs.chain(recorded.samples.iter().map(|sample| sample.at));
    let others = activity.locks.iter().map(|used| used.ended);
    let others = others.chain(activity.restarts.iter().map(|event| event.at));
    TimeAxis::of(own.map(seconds)).or_else(|| TimeAxis::of(others.map(seconds)))
}

fn charts(scorecard: &Scorecard, activity: &Activity, budget: &Budget, axis: TimeAxis) -> String {
    let recorded = &scorecard.recorded;
    let (runs, samples) = (&recorded.runs, &recorded.samples);
    let categories = Categories::of(runs);
    let lanes = lanes::lanes(recorded, activity, &categories, &crash_times(recorded));
    let draw = |plots: &[Plot]| plots.iter().map(|plot| plot.html(axis)).collect::<String>();
    let data = json(&Data::new(samples, &lanes, axis));
    format!(
        "<h2>Memory, runs, locks and restarts</h2>{}{}{}{}<h2>Samples</h2>{}{}{}{}\
         <script type=\"application/json\" id=\"data\">{data}</script>",
        categories.buttons(),
        draw(&[plots::memory(samples, budget)]),
        rows_of(&lanes, axis),
        notes(samples.len(), lanes::locks_left_out(activity)),
        draw(&plots::of_samples(samples, budget)),
        run_section(scorecard, &categories, &draw(&plots::of_runs(runs, &categories, budget))),
        tables::locks(&activity.locks),
        tables::restarts(&activity.restarts),
    )
}

fn rows_of(lanes: &[Lane], axis: TimeAxis) -> String {
    let rows: String = lanes.iter().map(|lane| lane.html(axis)).collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<div class=\"lanes\">{rows}<div class=\"axes\">{}</div></div><p class=\"legend\"><span><i class=\"good\"></i>passed, healthy \
         or held</span><span><i class=\"waiting\"></i>waiting</span><span><i class=\"refused\"></i>refused</span>\
         <span><i class=\"bad\"></i>failed, died or down</span></p>",
        time_labels(axis)
    )
}

fn run_section(scorecard: &Scorecard, categories: &Categories<'_>, plots: &str) -> String {
    let runs = &scorecard.recorded.runs;
    if runs.is_empty() {
        return String::new();
    }
    let newest = if runs.len() > MOST_RUNS {
        format!(
            "<p class=\"note\">The newest {MOST_RUNS} of {}; dockwatch history --csv prints all.</p>",
            count(runs.len(), "run")
        )
    } else {
        String::new()
    };
    let (figures, table) = (categories.table(runs), tables::runs(runs, categories));
    format!("<h2>Runs</h2>{plots}{figures}<h3>Each run</h3>{newest}{table}")
}

fn notes(samples: usize, locks_left_out: usize) -> String {
    const WITHOUT_SCRIPT: &str = "<noscript>JavaScript is off: the tables below have the values.</noscript>";
    let mut notes = vec![WITHOUT_SCRIPT.to_owned()];
    #[expect(clippy::cast_precision_loss, reason = "compared with some hundred")]
    if samples as f64 > PARTS {
        notes.push(format!(
            "The plots have {PARTS} parts; of the samples in each, the lowest and the highest value are drawn, so every \
             peak is there. Of each row, the newest {MOST_BARS} bars have a text."
        ));
    }
    if locks_left_out > 0 {
        notes.push(format!("{} that were not used lately have no row.", count(locks_left_out, "lock")));
    }
    format!("<p class=\"note\">{}</p>", notes.join(" "))
}

#[cfg(test)]
mod tests {
    use evenkeel_common::Timestamp;

    use super::*;
    use crate::history::activity::locks::{LockEnd, LockUse};
    use crate::history::records::{RecordedHistory, RunRecord, SampleRecord};
    use crate::model::level::Level;

    const START: i64 = 1_795_417_200;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(START + second).unwrap()
    }

    fn run(from: i64, category: &str) -> RunRecord {
        serde_json::from_value(serde_json::json!({
            "at": at(from + 90), "started_at": at(from), "category": category, "duration_s": 90.5, "exit_code": from % 2,
            "memory_peak_bytes": 1_234_567_890 + from, "memory_p95_bytes": null, "memory_start_bytes": null,
            "cpu_peak_pct": 123.4, "cpu_mean_pct": null, "containers_peak": 7, "left_behind": 0, "engine_outages": 0,
            "level": "warning", "samples": 20, "scope": "com.docker.compose.project=shop"
        }))
        .unwrap()
    }

    fn sample(second: i64, memory: u64) -> SampleRecord {
        SampleRecord {
            at: at(second),
            healthy: true,
            level: Some(Level::Safe),
            memory_working_set_bytes: Some(memory),
            containers: Some(memory % 20),
            networks: Some(1),
            volumes: Some(1),
            cpu_pct: Some(1.0),
            mem_available_bytes: Some(1 << 33),
            disk_free_bytes: Some(40 << 30),
        }
    }

    fn lock_use(second: i64, lock: &str, what: &str) -> LockUse {
        LockUse {
            lock: lock.into(),
            user: "alice".into(),
            what: what.into(),
            ended: at(second),
            waited: Some(std::time::Duration::from_mins(1)),
            held: Some(std::time::Duration::from_secs(100)),
            end: LockEnd::Done,
            exit_code: Some(0),
        }
    }

    fn shown(recorded: RecordedHistory, activity: &Activity) -> String {
        let scorecard = Scorecard { at: at(0), since: None, recorded, figures: Vec::new() };
        let budget = Budget {
            memory_bytes: 4 << 30,
            containers: 20,
            networks: None,
            volumes: None,
            disk_free_bytes: 1 << 30,
        };
        page(&scorecard, activity, &budget, Place::File)
    }

    #[test]
    fn a_long_history_is_a_small_page_with_every_peak() {
        let recorded = RecordedHistory {
            runs: (0..10_000).map(|number| run(number * 500, &format!("category-{}", number % 40))).collect(),
            samples: (0..1_000_000)
                .map(|number| sample(number * 5, if number == 654_321 { 3 << 30 } else { 1 << 30 }))
                .collect(),
            ..RecordedHistory::default()
        };
        let of_lock =
            |number: i64| lock_use(number * 500, &format!("lock-{}", number % 50), &"x".repeat(500));
        let activity = Activity { locks: (0..10_000).map(of_lock).collect(), ..Activity::default() };
        let html = shown(recorded, &activity);
        assert!(html.len() < 2_000_000, "{} bytes", html.len());
        assert!(html.contains("highest 3 GiB, budget 4 GiB") && html.contains("The plots have 800 parts"));
        assert!(html.contains("newest 1000 of 10000 runs") && html.contains("28 others"));
        assert!(html.contains("38 locks that were not used lately have no row"));
    }

    #[test]
    fn what_records_say_is_never_markup() {
        const HOSTILE: &str = "</script><script>alert(1)</script>\"onload=alert(1)<!--";
        let recorded = RecordedHistory {
            runs: vec![RunRecord { scope: HOSTILE.into(), ..run(0, HOSTILE) }],
            skipped_lines: 2,
            ..RecordedHistory::default()
        };
        let activity =
            Activity { locks: vec![lock_use(60, HOSTILE, HOSTILE)], skipped_lines: 1, ..Activity::default() };
        let html = shown(recorded, &activity);
        // In the data a quote has its backslash.
        assert_eq!((html.matches("<script").count(), html.matches("<!--").count()), (2, 0));
        assert!(
            !html.replace("\\\"onload", "").contains("\"onload")
                && html.contains("&lt;script&gt;alert(1)")
                && html.contains("\\u003c/script")
        );
        assert!(html.contains("3 lines of the records could not be read"));
    }

    #[test]
    fn records_of_locks_alone_have_an_axis_of_their_own() {
        let activity = Activity { locks: vec![lock_use(60, "test", "make")], ..Activity::default() };
        let html = shown(RecordedHistory::default(), &activity);
        assert!(html.contains("held by alice make: 1m 40s, waited 1m, exit 0") && html.contains("no data"));
        assert!(shown(RecordedHistory::default(), &Activity::default()).contains("Nothing is recorded yet"));
    }
}
