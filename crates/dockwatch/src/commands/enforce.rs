//! `dockwatch enforce`: ends what is over its limits, or runs a command when a level is reached.

use std::io::Write as _;
use std::time::Instant;

use bollard::query_parameters::{KillContainerOptions, StopContainerOptionsBuilder};
use comfy_table::{Table, presets};
use evenkeel_common::docker::{CallError, Engine};
use evenkeel_common::state::Home;
use evenkeel_common::units::show_size;
use evenkeel_common::{Error, Exit, Timestamp, VERSION, now, print, print_json};
use serde::Serialize;

use crate::cli::{Deed, EnforceArgs};
use crate::commands::child::{Running, Signals};
use crate::decide::hysteresis::{SETTLE, Steady};
use crate::decide::limits::{Choice, Ruling, rule};
use crate::measure::collector::Gatherer;
use crate::measure::sampler::{Ask, Manner};
use crate::model::level::{Level, judge};

/// Does what the arguments say.
pub async fn enforce(args: EnforceArgs, home: &Home) -> Result<Exit, Error> {
    match args.on_level {
        Some(bar) => watch(&args, bar, home).await,
        None => once(&args, home).await,
    }
}

/// What became of a container that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    WouldEnd,
    Stopped,
    Killed,
    Spared,
    /// It ended by itself, or somebody else was quicker.
    Gone,
    Failed(String),
}

impl Outcome {
    const fn name(&self) -> &'static str {
        match self {
            Self::WouldEnd => "would end",
            Self::Stopped => "stopped",
            Self::Killed => "killed",
            Self::Spared => "spared",
            Self::Gone => "gone",
            Self::Failed(_) => "failed",
        }
    }
}

async fn once(args: &EnforceArgs, home: &Home) -> Result<Exit, Error> {
    if args.scope.scope().is_everything() {
        return Err(Error::usage("enforce limits", "no scope is given")
            .hint("name whose containers may be ended: --label KEY=VALUE or --project NAME"));
    }
    let mut gatherer = Gatherer::new(&args.engines, &args.scope, home, Manner::ONCE)?;
    let facts = gatherer.facts(Ask::Everyone).await?;
    facts.require_healthy()?;
    let mut done = Vec::new();
    for ruling in rule(&facts, &args.budget.budget()) {
        let outcome = match (ruling.choice, args.deed()) {
            (Choice::Spare, _) => Outcome::Spared,
            (Choice::End, Deed::None) => Outcome::WouldEnd,
            (Choice::End, deed) => match gatherer.engine(&ruling.container.engine) {
                Some(engine) => end(engine, &ruling.container.listed.id, deed).await,
                None => Outcome::Failed("its engine is gone".into()),
            },
        };
        done.push((ruling, outcome));
    }
    tell(args, &done)?;
    Ok(exit_of(&done))
}

/// Ends a container, after a last look: it may have ended meanwhile.
async fn end(engine: &Engine, id: &str, deed: Deed) -> Outcome {
    let ended = async {
        if !crate::measure::engine::inspect(engine, id, engine.call_timeout).await?.live {
            return Ok(Outcome::Gone);
        }
        match deed {
            Deed::None => Ok(Outcome::WouldEnd),
            Deed::Stop(grace) => {
                let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
                let options = StopContainerOptionsBuilder::new().t(seconds).build();
                let limit = grace + engine.call_timeout;
                engine.call_within(limit, engine.docker.stop_container(id, Some(options))).await?;
                Ok(Outcome::Stopped)
            }
            Deed::Kill => {
                engine.call(engine.docker.kill_container(id, None::<KillContainerOptions>)).await?;
                Ok(Outcome::Killed)
            }
        }
    };
    match ended.await {
        Ok(outcome) => outcome,
        // 304: it was not running any more; 409: the same, said of a kill.
        Err(CallError::Status { code: 304 | 404 | 409, .. }) => Outcome::Gone,
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

fn exit_of(done: &[(Ruling<'_>, Outcome)]) -> Exit {
    let any = |wanted: fn(&Outcome) -> bool| done.iter().any(|(_, outcome)| wanted(outcome));
    if any(|outcome| matches!(outcome, Outcome::Failed(_))) {
        Exit::Partial
    } else if any(|outcome| matches!(outcome, Outcome::WouldEnd | Outcome::Spared)) {
        Exit::No
    } else {
        Exit::Done
    }
}

/// `dockwatch.enforce/1`
#[derive(Serialize)]
struct EnforceWire {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    deed: &'static str,
    items: Vec<ItemWire>,
}

#[derive(Serialize)]
struct ItemWire {
    engine: String,
    id: String,
    name: String,
    outcome: &'static str,
    reason: String,
    error: Option<String>,
    over_bytes: u64,
    memory_working_set_bytes: Option<u64>,
    memory_limit_bytes: Option<u64>,
}

fn tell(args: &EnforceArgs, done: &[(Ruling<'_>, Outcome)]) -> Result<(), Error> {
    if args.json {
        return print_json(&EnforceWire {
            schema: "dockwatch.enforce/1",
            tool_version: VERSION,
            at: now(),
            verdict: match exit_of(done) {
                Exit::Done => "within",
                Exit::No => "over",
                _ => "failed",
            },
            deed: args.deed().name(),
            items: done.iter().map(|(ruling, outcome)| item(ruling, outcome)).collect(),
        });
    }
    if done.is_empty() {
        return print("nothing is over its limits\n");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["ACTION", "NAME", "MEMORY", "LIMIT", "REASON"]);
    table.add_rows(done.iter().map(|(ruling, outcome)| row(ruling, outcome)));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    print(&format!("{}\n", table.trim_fmt()))
}

fn item(ruling: &Ruling<'_>, outcome: &Outcome) -> ItemWire {
    let container = ruling.container;
    let error = if let Outcome::Failed(why) = outcome { Some(why.clone()) } else { None };
    ItemWire {
        engine: container.engine.clone(),
        id: container.listed.id.clone(),
        name: container.listed.name.clone(),
        outcome: outcome.name(),
        reason: ruling.reason.clone(),
        error,
        over_bytes: ruling.over_bytes,
        memory_working_set_bytes: container.working_set(),
        memory_limit_bytes: container.memory_limit(),
    }
}

fn row(ruling: &Ruling<'_>, outcome: &Outcome) -> [String; 5] {
    let size = |bytes: Option<u64>| bytes.map_or_else(|| "-".to_owned(), show_size);
    let reason = match outcome {
        Outcome::Failed(why) => format!("{}: {why}", ruling.reason),
        Outcome::Spared => format!("{}; labelled evenkeel.protect=true", ruling.reason),
        _ => ruling.reason.clone(),
    };
    [
        outcome.name().to_owned(),
        ruling.container.listed.name.clone(),
        size(ruling.container.working_set()),
        size(ruling.container.memory_limit()),
        reason,
    ]
}

/// Runs the command each time the level reaches the bar from below, until a signal comes.
async fn watch(args: &EnforceArgs, bar: Level, home: &Home) -> Result<Exit, Error> {
    let mut gatherer = Gatherer::new(&args.engines, &args.scope, home, Manner::WATCH)?;
    let mut signals = Signals::new().map_err(|e| Error::failed("listen for signals", e))?;
    gatherer.facts(Ask::Everyone).await?.require_healthy()?;
    // From below: a level that is reached already counts.
    let mut steady = Steady::at(Level::Safe, SETTLE);
    let mut ticks = tokio::time::interval(args.interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            signal = signals.next() => return Ok(Exit::Signal(signal.number())),
        }
        let facts = gatherer.facts(Ask::Everyone).await?;
        let verdict = judge(&facts.usage(), &args.budget.budget());
        let before = steady.level();
        steady.update(verdict.level, Instant::now());
        if before < bar && steady.level() >= bar {
            say(&format!("{}: {}", steady.level().name(), verdict.reasons().join(", ")));
            let exit = Running::start(&args.command)?.wait().await?;
            if exit.code() != 0 {
                say(&format!("the command ended with {}", exit.code()));
            }
        }
    }
}

fn say(text: &str) {
    // Nobody may be reading; the watch goes on.
    let _ = writeln!(std::io::stderr(), "dockwatch: {text}");
}
