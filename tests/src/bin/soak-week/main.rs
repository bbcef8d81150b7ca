//! A team's week, compressed: the same plan is played without evenkeel and with it, and what the engine shows is counted.
//!
//! `event` is what can happen, `plan` makes a week of it, `play` plays it with `sides`, `engine` and `untouched`; `watch` and
//! `records` gather `facts`, `judge` judges them, `table` shows the verdict.

mod docker;
mod engine;
mod event;
mod facts;
mod judge;
#[cfg(test)]
mod judge_tests;
mod plan;
mod play;
mod records;
mod sides;
mod table;
mod untouched;
mod watch;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::engine::Engine;
use crate::event::Event;
use crate::judge::{Side, Verdict, judge};
use crate::play::Half;
use crate::sides::Tools;

/// Play a team's week on a private engine, without evenkeel and with it, and count what the engine shows
///
/// Ten people, CI and night jobs run the tests of seven Compose projects; some are interrupted, some crash. Each day dockerd
/// is killed once, hangs once, and its disk is nearly full once. Both halves play the same plan.
#[derive(Parser)]
#[command(
    name = "week",
    after_help = "Exit status: 0 every target is met with evenkeel; 1 one is not; 2 bad arguments; 3 no engine"
)]
struct Args {
    /// Length of both halves together; seven days take 14 minutes at least, shorter weeks have fewer days
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    minutes: u64,
    /// What the plan is made from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print the plan, and play nothing
    #[arg(long)]
    plan: bool,
    /// Directory of the private engine; its parent is a file system of its own
    #[arg(long, hide = true, value_name = "DIR", required_unless_present = "plan")]
    engine: Option<PathBuf>,
    /// Keep the output of everything in this directory
    #[arg(long, value_name = "DIR", required_unless_present = "plan", overrides_with = "keep")]
    keep: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let plan = plan::plan(args.seed, Duration::from_mins(args.minutes) / 2);
    let done = match (&args.engine, &args.keep) {
        (Some(engine), Some(work)) if !args.plan => play(&args, &plan, engine, work),
        _ => print_plan(&plan).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        say(&format!("cannot play the week: {error}"));
        ExitCode::from(3)
    })
}

fn print_plan(plan: &[Event]) -> io::Result<()> {
    let lines: Vec<String> = plan.iter().map(ToString::to_string).collect();
    print(&(lines.join("\n") + "\n"))
}

fn play(args: &Args, plan: &[Event], engine: &Path, work: &Path) -> io::Result<ExitCode> {
    let title = format!(
        "seed {}, {} days, {} events",
        args.seed,
        plan::days(Duration::from_mins(args.minutes) / 2),
        plan.len()
    );
    let half = |side: Side| -> io::Result<Verdict> {
        say(&format!("{}: {title}", side.name()));
        let work = work.join(side.name());
        fs::create_dir_all(&work)?;
        let tools = Tools::new(side, &work);
        let facts =
            Half { side, engine: &Engine::new(engine, &work), plan, work: work.clone() }.play(&tools)?;
        fs::write(work.join("facts"), format!("{facts:#?}\n"))?;
        Ok(judge(&facts, side))
    };
    let (before, after) = (half(Side::Before)?, half(Side::After)?);
    print(&format!("\n{}\n{}", table::table(&title, &before, &after), table::deviations(&after)))?;
    report(&work.join(Side::After.name()))?;
    for target in &after.missed {
        say(&format!("NOT REACHED: {target}"));
    }
    Ok(ExitCode::from(u8::from(!after.missed.is_empty())))
}

/// What the runs have recorded themselves.
fn report(work: &Path) -> io::Result<()> {
    let page = evenkeel_tests::root().join("target/soak-week.html");
    let mut report = Tools::new(Side::After, work).command(Path::new("dockwatch"));
    // 1: a target is missed, by what was recorded, which has the runs that were ended on purpose too.
    let output = report.arg("report").arg("--html").arg(&page).output()?;
    print("\nAs recorded by the runs themselves (dockwatch report):\n")?;
    io::stdout().write_all(&output.stdout)?;
    io::stderr().write_all(&output.stderr)?;
    say("written: target/soak-week.html");
    Ok(())
}

fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}

fn say(what: &str) {
    // Nobody may read it any more.
    let _ = writeln!(io::stderr(), "week: {what}");
}
