//! `dockwatch report`, and a history with many writers and unreadable lines.

use std::io::Write as _;

use evenkeel_tests::Home;

use crate::json::{Figure, History, Predict, PredictionScore, Report};
use crate::{dockwatch, run};

/// No engine: recording does not need one.
fn host(home: &Home) -> String {
    format!("unix://{}/no.sock", home.display())
}

fn report(home: &Home, args: &[&str]) -> Report {
    let (stdout, _) = run(&mut dockwatch(&host(home), home), &[&["report", "--json"], args].concat(), 0);
    serde_json::from_str(&stdout).unwrap()
}

fn figure<'a>(report: &'a Report, name: &str) -> &'a Figure {
    report.figures.iter().find(|figure| figure.name == name).unwrap()
}

#[test]
fn nothing_recorded_says_no_data() {
    let home = Home::new();
    let found = report(&home, &["--since", "7d"]);
    assert_eq!((found.schema.as_str(), found.verdict.as_str()), ("dockwatch.report/1", "no_data"));
    assert!(found.figures.iter().all(|figure| figure.value.is_none() && figure.met.is_none()));
    let (stdout, _) = run(&mut dockwatch(&host(&home), &home), &["report"], 0);
    assert_eq!(stdout.matches("no data").count(), 6, "{stdout}");
}

#[test]
fn the_page_needs_nothing_else() {
    let home = Home::new();
    for code in ["exit 0", "exit 1"] {
        let mut command = dockwatch(&host(&home), &home);
        assert!(command.args(["record", "--category", "e2e", "--", "sh", "-c", code]).status().is_ok());
    }
    run(&mut dockwatch(&host(&home), &home), &["record", "--category", "e2e", "--orphans", "3"], 0);
    let page = home.join("report.html");
    let found = report(&home, &["--html", page.to_str().unwrap()]);
    assert_eq!((found.runs, found.verdict.as_str()), (2, "missed"));
    let orphans = figure(&found, "orphans_after_runs");
    assert_eq!((orphans.value, orphans.met), (Some(3.0), Some(false)));
    assert_eq!(figure(&found, "test_time_p95_s").met, Some(true));
    assert_eq!(figure(&found, "peak_memory_bytes").value, None, "no engine, so unknown");
    assert_eq!(figure(&found, "parallel_success_pct").value, None, "one after the other");
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("<svg") && html.contains("no data") && html.contains("orphans after runs"));
    for foreign in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    // The data, and the script that the policy names.
    assert_eq!((html.matches("<script").count(), html.matches("<link").count()), (2, 1));
    assert!(
        html.contains("default-src 'none'; style-src 'sha256-")
            && html.contains("<link rel=\"icon\" href=\"data:,\">")
    );
    run(&mut dockwatch(&host(&home), &home), &["report", "--html", "/no/such/dir/x.html"], 3);
}

#[test]
fn twenty_recorders_lose_nothing_and_torn_lines_are_skipped() {
    let home = Home::new();
    let running: Vec<_> = (0..20)
        .map(|_| {
            let mut command = dockwatch(&host(&home), &home);
            command.args(["record", "--category", "mine", "--", "sleep", "0.2"]);
            command.stderr(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    let mut file = std::fs::OpenOptions::new().append(true).open(home.join("history/runs.jsonl")).unwrap();
    file.write_all(b"{\"at\":\"2026-01-0\nnot json\n\xff\xfe\n").unwrap();
    let (stdout, _) = run(&mut dockwatch(&host(&home), &home), &["history", "--json"], 0);
    let history: History = serde_json::from_str(&stdout).unwrap();
    assert_eq!((history.runs.len(), history.skipped_lines), (20, 3));
    let found = report(&home, &[]);
    assert_eq!(figure(&found, "parallel_success_pct").value, Some(100.0));
    let (stdout, _) = run(&mut dockwatch(&host(&home), &home), &["predict", "unit", "--json"], 0);
    let predicted: Predict = serde_json::from_str(&stdout).unwrap();
    assert_eq!((predicted.verdict.as_str(), predicted.memory_bytes), ("base", 512 << 20));
}

#[test]
fn a_clock_set_back_breaks_nothing() {
    let home = Home::new();
    run(&mut dockwatch(&host(&home), &home), &["record", "--category", "e2e", "--", "true"], 0);
    let path = home.join("history/runs.jsonl");
    let run_now = std::fs::read_to_string(&path).unwrap();
    let mut record: serde_json::Value = serde_json::from_str(run_now.trim()).unwrap();
    // The clock was set back by an hour during the run, so it seems to end before its start.
    record["started_at"] = "2026-11-20T12:00:00Z".into();
    record["at"] = "2026-11-20T11:00:00Z".into();
    std::fs::write(&path, format!("{run_now}{record}\n")).unwrap();
    let found = report(&home, &[]);
    assert_eq!((found.runs, figure(&found, "test_time_p95_s").met), (2, Some(true)));
    run(&mut dockwatch(&host(&home), &home), &["history", "--since", "1h"], 0);
}

#[test]
fn predictions_are_scored_on_the_recorded_runs() {
    let home = Home::new();
    run(&mut dockwatch(&host(&home), &home), &["record", "--category", "mine", "--", "true"], 0);
    let path = home.join("history/runs.jsonl");
    let recorded: serde_json::Value =
        serde_json::from_str(std::fs::read_to_string(&path).unwrap().trim()).unwrap();
    let lines = (0..20).map(|at| {
        let mut record = recorded.clone();
        record["memory_peak_bytes"] = (if at < 10 { 100 << 20 } else { 150 << 20 }).into();
        record["containers_peak"] = 3.into();
        format!("{record}\n")
    });
    std::fs::write(&path, lines.collect::<String>()).unwrap();
    let score = |args: &[&str]| {
        let args = [&["predict", "--score", "--json"], args].concat();
        let (stdout, _) = run(&mut dockwatch(&host(&home), &home), &args, 0);
        serde_json::from_str::<PredictionScore>(&stdout).unwrap()
    };
    let found = score(&[]);
    assert_eq!((found.schema.as_str(), found.verdict.as_str()), ("dockwatch.prediction_score/1", "scored"));
    let [mine] = &found.categories[..] else { panic!("{found:?}") };
    assert_eq!((mine.category.as_str(), mine.runs, mine.predicted, mine.exceeded), ("mine", 20, 15, 1));
    assert_eq!((mine.within_pct, mine.to_p95), (Some(93.3), Some(1.15)));
    let none = score(&["other"]);
    assert_eq!((none.verdict.as_str(), none.categories.len()), ("unknown", 0));
    let (stdout, _) = run(&mut dockwatch(&host(&home), &home), &["predict", "--score"], 0);
    assert!(stdout.contains("93.3 %"), "{stdout}");
    run(&mut dockwatch(&host(&home), &home), &["predict"], 2);
}
