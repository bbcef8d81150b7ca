//! Where the parts meet: gather, judge, show.

pub mod child;
pub mod enforce;
pub mod follow;
pub mod record;
pub mod top;

use std::time::{Duration, Instant};

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, VERSION, now, print, print_json};
use serde::Serialize;

use crate::cli::{CheckArgs, Cli, Command, HistoryArgs, MetricsArgs, PredictArgs, ReportArgs, SnapshotArgs};
use crate::decide::fits::{self as check_decision, Answer, Demand, Supply};
use crate::history::predict::Prediction;
use crate::history::scorecard;
use crate::history::store::History;
use crate::measure::collector::Gatherer;
use crate::measure::sampler::{Ask, Manner};
use crate::model::level::{Level, judge};
use crate::output::snapshot_json::{self, Listing};
use crate::output::{prometheus, runs as listing, scorecard as page, snapshot_text as table};

/// Between two looks of `check --wait`.
const WAIT_STEP: Duration = Duration::from_millis(500);

/// Does what the command line says.
pub fn run(cli: Cli) -> Result<Exit, Error> {
    cli.verbosity.start_logging();
    let home = Home::from_env()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed("start the runtime", e))?;
    let exit = runtime.block_on(async {
        match cli.command {
            None if cli.snapshot.follow => follow::follow(cli.snapshot, &home).await,
            None => snapshot(cli.snapshot, &home).await,
            Some(Command::Check(args)) => check(args, &home).await,
            Some(Command::Record(args)) => record::record(args, &home).await,
            Some(Command::History(args)) => history(&args, &home),
            Some(Command::Metrics(args)) => metrics(args, &home).await,
            Some(Command::Predict(args)) => predict(&args, &home),
            Some(Command::Enforce(args)) => enforce::enforce(args, &home).await,
            Some(Command::Top(args)) => top::top(args, &home).await,
            Some(Command::Report(args)) => report_on(&args, &home),
        }
    });
    // A thread that still reads must not hold up the end.
    runtime.shutdown_background();
    exit
}

async fn snapshot(args: SnapshotArgs, home: &Home) -> Result<Exit, Error> {
    let start = Instant::now();
    let listing = if args.all { Listing::All } else { Listing::Live };
    let mut gatherer = Gatherer::new(&args.engines, &args.scope, home, Manner::ONCE)?;
    let mut facts = gatherer.facts(Ask::Everyone).await?;
    gatherer.store(home);
    if args.disk {
        gatherer.add_disk(&mut facts).await;
    }
    let verdict = judge(&facts.usage(), &args.budget.budget());
    if args.json {
        print_json(&snapshot_json::snapshot(&facts, &verdict, listing, now(), start.elapsed()))?;
        return Ok(if facts.is_healthy() { Exit::Done } else { Exit::Unavailable });
    }
    if facts.is_reachable() {
        print(&table::for_stdout(&table::snapshot(&facts, &verdict, listing)))?;
    }
    facts.require_healthy()?;
    Ok(Exit::Done)
}

/// `dockwatch.check/1`
#[derive(Serialize)]
struct CheckWire {
    schema: &'static str,
    tool_version: &'static str,
    at: evenkeel_common::Timestamp,
    verdict: &'static str,
    reasons: Vec<String>,
    level: Level,
    need_memory_bytes: Option<u64>,
    need_containers: Option<u64>,
    need_basis: Option<&'static str>,
    need_runs: Option<usize>,
    used_memory_bytes: Option<u64>,
    used_containers: Option<u64>,
    budget_memory_bytes: u64,
    budget_containers: u64,
    mem_available_bytes: Option<u64>,
    waited_s: f64,
}

async fn check(args: CheckArgs, home: &Home) -> Result<Exit, Error> {
    let start = Instant::now();
    let prediction = match &args.category {
        Some(category) => History::open(home)?.predict(category)?,
        None => None,
    };
    let demand = Demand {
        memory_bytes: args.need.or(prediction.as_ref().map(|p| p.need.memory_bytes)),
        containers: prediction.as_ref().map(|p| p.need.containers),
    };
    let mut gatherer = Gatherer::new(&args.engines, &args.scope, home, Manner::ONCE)?;
    loop {
        let facts = gatherer.facts(Ask::Everyone).await?;
        let budget = args.budget.budget();
        let supply = Supply {
            complaints: facts.complaints(),
            usage: facts.usage(),
            mem_available: facts.mem_available(),
        };
        let verdict = judge(&supply.usage, &budget);
        let answer = check_decision::decide(&demand, &supply, &budget, &verdict, args.fail_on);
        let left = args.wait.unwrap_or_default().saturating_sub(start.elapsed());
        if answer != Answer::Fits && !left.is_zero() {
            tokio::time::sleep(left.min(WAIT_STEP)).await;
            continue;
        }
        gatherer.store(home);
        if !args.json && matches!(answer, Answer::Unavailable(_)) {
            facts.require_healthy()?;
        }
        let checked = Checked { demand, supply, budget, level: verdict.level, waited: start.elapsed() };
        return tell(&args, answer, &checked, prediction.as_ref());
    }
}

struct Checked {
    demand: Demand,
    supply: Supply,
    budget: crate::model::level::Budget,
    level: Level,
    waited: Duration,
}

fn tell(
    args: &CheckArgs,
    answer: Answer,
    checked: &Checked,
    prediction: Option<&Prediction>,
) -> Result<Exit, Error> {
    let (verdict, exit, reasons) = match answer {
        Answer::Fits => ("yes", Exit::Done, Vec::new()),
        Answer::No(reasons) => ("no", Exit::No, reasons),
        Answer::Unavailable(reasons) => ("unavailable", Exit::Unavailable, reasons),
    };
    if args.json {
        let Checked { demand, supply, budget, level, waited } = checked;
        print_json(&CheckWire {
            schema: "dockwatch.check/1",
            tool_version: VERSION,
            at: now(),
            verdict,
            reasons,
            level: *level,
            need_memory_bytes: demand.memory_bytes,
            need_containers: demand.containers,
            need_basis: if args.need.is_some() { Some("flag") } else { prediction.map(|p| p.basis.name()) },
            need_runs: prediction.map(|p| p.runs),
            used_memory_bytes: supply.usage.memory_bytes,
            used_containers: supply.usage.containers,
            budget_memory_bytes: budget.memory_bytes,
            budget_containers: budget.containers,
            mem_available_bytes: supply.mem_available,
            waited_s: (waited.as_secs_f64() * 1000.0).round() / 1000.0,
        })?;
        return Ok(exit);
    }
    let sentence = match exit {
        Exit::Done => format!("yes: the run fits, the level is {}\n", checked.level.name()),
        _ => reasons.iter().fold(String::new(), |text, reason| text + verdict + ": " + reason + "\n"),
    };
    print(&sentence)?;
    Ok(exit)
}

fn history(args: &HistoryArgs, home: &Home) -> Result<Exit, Error> {
    let since = args.since.and_then(|since| now().checked_sub(since).ok());
    let wanted = |run: &crate::history::store::Run| {
        since.is_none_or(|since| run.at >= since) && args.category.as_ref().is_none_or(|c| *c == run.category)
    };
    let runs = History::open(home)?.runs(wanted)?;
    if args.json {
        print_json(&listing::json(&runs, now()))?;
    } else if args.csv {
        print(&listing::csv(&runs.records)?)?;
    } else {
        print(&listing::words(&runs))?;
    }
    Ok(Exit::Done)
}

fn report_on(args: &ReportArgs, home: &Home) -> Result<Exit, Error> {
    let at = now();
    let since = args.since.and_then(|since| at.checked_sub(since).ok());
    let (recorded, skipped) = History::open(home)?.recorded(since)?;
    let figures = scorecard::figures(&recorded);
    let budget = args.budget.budget();
    let report = page::Report { at, since, recorded: &recorded, figures: &figures, skipped, budget };
    if let Some(path) = &args.html {
        page::write(path, &report.html())?;
    }
    if args.json {
        print_json(&report.json())?;
    } else {
        print(&report.words())?;
    }
    Ok(Exit::Done)
}

async fn metrics(args: MetricsArgs, home: &Home) -> Result<Exit, Error> {
    let start = Instant::now();
    let mut gatherer = Gatherer::new(&args.engines, &args.scope, home, Manner::ONCE)?;
    let facts = gatherer.facts(Ask::Everyone).await?;
    gatherer.store(home);
    let verdict = judge(&facts.usage(), &args.budget.budget());
    let text = prometheus::render(&facts, &verdict, start.elapsed());
    match &args.textfile {
        Some(path) => prometheus::write(path, &text)?,
        None => print(&text)?,
    }
    facts.require_healthy()?;
    Ok(Exit::Done)
}

/// `dockwatch.predict/1`
#[derive(Serialize)]
struct PredictWire {
    schema: &'static str,
    tool_version: &'static str,
    at: evenkeel_common::Timestamp,
    verdict: &'static str,
    category: String,
    runs: usize,
    memory_bytes: u64,
    containers: u64,
    memory_min_bytes: Option<u64>,
    memory_p50_bytes: Option<u64>,
    memory_max_bytes: Option<u64>,
}

fn predict(args: &PredictArgs, home: &Home) -> Result<Exit, Error> {
    let found = History::open(home)?.predict(&args.category)?.ok_or_else(|| {
        Error::failed(format!("predict '{}'", args.category), "it has fewer than 5 runs and no base value")
            .hint("record runs with: dockwatch record --category NAME -- CMD")
    })?;
    if args.json {
        print_json(&PredictWire {
            schema: "dockwatch.predict/1",
            tool_version: VERSION,
            at: now(),
            verdict: found.basis.name(),
            category: args.category.clone(),
            runs: found.runs,
            memory_bytes: found.need.memory_bytes,
            containers: found.need.containers,
            memory_min_bytes: found.memory.map(|spread| spread.min),
            memory_p50_bytes: found.memory.map(|spread| spread.p50),
            memory_max_bytes: found.memory.map(|spread| spread.max),
        })?;
        return Ok(Exit::Done);
    }
    let basis = match found.basis {
        crate::history::predict::Basis::History => format!("95th percentile of {} runs", found.runs),
        crate::history::predict::Basis::Base => {
            format!("a base value: {} of 5 runs are recorded", found.runs)
        }
    };
    let size = evenkeel_common::units::show_size(found.need.memory_bytes);
    print(&format!("{}: {size}, {} containers ({basis})\n", args.category, found.need.containers))?;
    Ok(Exit::Done)
}
