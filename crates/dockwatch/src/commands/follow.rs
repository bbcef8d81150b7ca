//! `dockwatch --follow`: samples, and between them what happens.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use evenkeel_common::state::Home;
use evenkeel_common::units::show_size;
use evenkeel_common::{Error, Exit, Timestamp, VERSION, now};
use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cli::SnapshotArgs;
use crate::commands::child::Signals;
use crate::decide::hysteresis::{SETTLE, Steady};
use crate::measure::collector::Gatherer;
use crate::measure::events::{ContainerEvent, Happening, listen};
use crate::measure::poll_schedule::Pace;
use crate::measure::sampler::{Ask, Manner};
use crate::model::container::{Container, Facts};
use crate::model::level::{Budget, Level, Verdict, judge};

/// The engine is asked this often even when nothing happens, so that one that hangs is noticed.
pub const ASK_INTERVAL: Duration = Duration::from_secs(10);

/// One line of the stream.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Line {
    Sample(SampleLine),
    Event(EventLine),
}

/// `dockwatch.sample/1`
#[derive(Debug, Serialize)]
struct SampleLine {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    r#type: &'static str,
    reasons: Vec<String>,
    level: Level,
    memory_working_set_bytes: Option<u64>,
    cpu_pct: Option<f64>,
    containers_running: Option<u64>,
    networks: Option<u64>,
    volumes: Option<u64>,
    mem_available_bytes: Option<u64>,
    pressure_memory_some_pct: Option<f64>,
    containers: Vec<ContainerLine>,
}

#[derive(Debug, Serialize)]
struct ContainerLine {
    engine: String,
    id: String,
    name: String,
    state: String,
    health: Option<String>,
    memory_usage_bytes: Option<u64>,
    memory_working_set_bytes: Option<u64>,
    memory_anon_bytes: Option<u64>,
    memory_limit_bytes: Option<u64>,
    level: Option<Level>,
    cpu_pct: Option<f64>,
    oom_kills: Option<u64>,
}

/// `dockwatch.event/1`
#[derive(Debug, Serialize)]
struct EventLine {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    r#type: &'static str,
    engine: Option<String>,
    id: Option<String>,
    name: Option<String>,
    detail: Option<String>,
    exit_code: Option<i64>,
    memory_limit_bytes: Option<u64>,
}

/// Follows until a signal or until the reader goes away.
pub async fn follow(args: SnapshotArgs, home: &Home) -> Result<Exit, Error> {
    crate::measure::fd_limit::raise();
    let mut gatherer = Gatherer::new(&args.engines, &args.scope, home, Manner::WATCH)?;
    let happenings = listen(gatherer.args());
    let mut signals = Signals::new().map_err(|e| Error::failed("listen for signals", e))?;
    let first = gatherer.facts(Ask::Everyone).await?;
    if !first.is_reachable() {
        first.require_healthy()?;
    }
    let budget = args.budget.budget();
    let level = judge(&first.usage(), &budget).level;
    let mut follower = Follower {
        gatherer,
        budget,
        json: args.json,
        steady: Steady::at(level, SETTLE),
        oom_seen: HashMap::new(),
        pace: Pace::new(ASK_INTERVAL),
    };
    let outcome = tokio::select! {
        ended = follower.run(first, happenings, args.interval) => ended,
        signal = signals.next() => return Ok(Exit::Signal(signal.number())),
    };
    match outcome {
        Ok(()) | Err(Stop::ReaderGone) => Ok(Exit::Done),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why the stream ends.
enum Stop {
    /// The reader had enough, which is no error.
    ReaderGone,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Failed(Error::failed("write to stdout", error)),
        }
    }
}

struct Follower {
    gatherer: Gatherer,
    budget: Budget,
    json: bool,
    steady: Steady,
    /// Kills for want of memory that were told already, by container.
    oom_seen: HashMap<String, u64>,
    pace: Pace,
}

impl Follower {
    async fn run(
        &mut self,
        first: Facts,
        mut happenings: UnboundedReceiver<Happening>,
        interval: Duration,
    ) -> Result<(), Stop> {
        for container in first.live() {
            self.oom_seen.insert(container.listed.id.clone(), kills(container));
        }
        self.tell_sample(&first)?;
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                Some(happening) = happenings.recv() => {
                    self.pace.hurry();
                    self.tell_happening(happening)?;
                }
                _ = ticks.tick() => {
                    let facts = self.measure().await?;
                    self.tell_kills(&facts)?;
                    self.tell_level(&facts)?;
                    self.tell_sample(&facts)?;
                }
            }
        }
    }

    async fn measure(&mut self) -> Result<Facts, Error> {
        let facts = self.gatherer.facts(self.pace.whom()).await?;
        self.pace.learn(&facts);
        Ok(facts)
    }

    fn tell_sample(&self, facts: &Facts) -> Result<(), Stop> {
        let verdict = judge(&facts.usage(), &self.budget);
        self.write(&Line::Sample(sample_line(facts, &verdict)))
    }

    fn tell_happening(&mut self, happening: Happening) -> Result<(), Stop> {
        match happening {
            Happening::Container(event) if self.gatherer.scope().covers(&event.labels) => {
                self.tell_container(&event)
            }
            Happening::Container(_) | Happening::Other => Ok(()),
            Happening::Lost { engine, why } => self.tell_engine("engine_lost", engine, Some(why)),
            Happening::Back { engine } => self.tell_engine("engine_back", engine, None),
        }
    }

    fn tell_engine(&self, r#type: &'static str, engine: String, detail: Option<String>) -> Result<(), Stop> {
        self.write(&Line::Event(EventLine { engine: Some(engine), detail, ..self.event(r#type, None) }))
    }

    fn tell_container(&mut self, found: &ContainerEvent) -> Result<(), Stop> {
        let (r#type, detail) = match found.action.as_str() {
            "start" => ("start", None),
            "die" => ("die", None),
            "oom" => ("oom", Some("noticed by the engine".to_owned())),
            action => match action.strip_prefix("health_status: ") {
                Some(health) => ("health", Some(health.to_owned())),
                None => return Ok(()),
            },
        };
        if r#type == "oom" {
            // The kernel's counter will rise by this kill, too.
            *self.oom_seen.entry(found.id.clone()).or_default() += 1;
        } else if r#type == "start" {
            self.oom_seen.insert(found.id.clone(), 0);
        }
        self.write(&Line::Event(EventLine {
            engine: Some(found.engine.clone()),
            id: Some(found.id.clone()),
            name: Some(found.name.clone()),
            detail,
            exit_code: found.exit_code,
            memory_limit_bytes: found.memory_limit,
            ..self.event(r#type, found.at)
        }))
    }

    /// A process that was killed inside a container is an event for the kernel alone.
    fn tell_kills(&mut self, facts: &Facts) -> Result<(), Stop> {
        let level = self.steady.level();
        for container in facts.live() {
            let (seen, killed) =
                (self.oom_seen.entry(container.listed.id.clone()).or_default(), kills(container));
            if killed > *seen {
                *seen = killed;
                self.write(&Line::Event(EventLine {
                    engine: Some(container.engine.clone()),
                    id: Some(container.listed.id.clone()),
                    name: Some(container.listed.name.clone()),
                    detail: Some("noticed by the kernel".into()),
                    memory_limit_bytes: container.memory_limit(),
                    ..event("oom", None, level)
                }))?;
            }
        }
        if facts.containers_known {
            self.oom_seen.retain(|id, _| facts.live().any(|container| container.listed.id == *id));
        }
        Ok(())
    }

    fn tell_level(&mut self, facts: &Facts) -> Result<(), Stop> {
        let verdict = judge(&facts.usage(), &self.budget);
        let Some(before) = self.steady.update(verdict.level, Instant::now()) else { return Ok(()) };
        let change = format!("from {} to {}", before.name(), verdict.level.name());
        let detail = [vec![change], verdict.reasons()].concat().join("; ");
        self.write(&Line::Event(EventLine { detail: Some(detail), ..self.event("level", None) }))
    }

    fn event(&self, r#type: &'static str, at: Option<Timestamp>) -> EventLine {
        event(r#type, at, self.steady.level())
    }

    fn write(&self, line: &Line) -> Result<(), Stop> {
        let mut text = if self.json {
            serde_json::to_string(line).map_err(|e| Error::failed("write JSON", e))?
        } else {
            words(line)
        };
        text.push('\n');
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }
}

fn kills(container: &Container) -> u64 {
    container.reading.as_ref().and_then(|reading| reading.oom_kills).unwrap_or(0)
}

fn event(r#type: &'static str, at: Option<Timestamp>, level: Level) -> EventLine {
    EventLine {
        schema: "dockwatch.event/1",
        tool_version: VERSION,
        at: at.unwrap_or_else(now),
        verdict: level.name(),
        r#type,
        engine: None,
        id: None,
        name: None,
        detail: None,
        exit_code: None,
        memory_limit_bytes: None,
    }
}

fn sample_line(facts: &Facts, verdict: &Verdict) -> SampleLine {
    let usage = facts.usage();
    let pressure = facts.engines.iter().filter_map(|engine| Some(engine.machine.pressure_memory?.0));
    SampleLine {
        schema: "dockwatch.sample/1",
        tool_version: VERSION,
        at: now(),
        verdict: if facts.is_healthy() { verdict.level.name() } else { "unavailable" },
        r#type: "sample",
        reasons: facts.complaints().into_iter().chain(verdict.reasons()).collect(),
        level: verdict.level,
        memory_working_set_bytes: usage.memory_bytes,
        cpu_pct: facts.cpu_pct(),
        containers_running: usage.containers,
        networks: usage.networks,
        volumes: usage.volumes,
        mem_available_bytes: facts.mem_available(),
        pressure_memory_some_pct: pressure.reduce(f64::max),
        containers: facts.live().map(container_line).collect(),
    }
}

fn container_line(container: &Container) -> ContainerLine {
    let reading = container.reading.as_ref();
    ContainerLine {
        engine: container.engine.clone(),
        id: container.listed.id.clone(),
        name: container.listed.name.clone(),
        state: container.listed.state.clone(),
        health: container.listed.health.clone(),
        memory_usage_bytes: reading.and_then(|r| r.memory_usage),
        memory_working_set_bytes: container.working_set(),
        memory_anon_bytes: reading.and_then(|r| r.memory_anon),
        memory_limit_bytes: container.memory_limit(),
        level: container.level(),
        cpu_pct: container.cpu_pct,
        oom_kills: reading.and_then(|r| r.oom_kills),
    }
}

/// One line for people.
fn words(line: &Line) -> String {
    let clock = |at: &Timestamp| at.strftime("%H:%M:%SZ").to_string();
    let unknown = || "?".to_owned();
    match line {
        Line::Sample(sample) => {
            let size = sample.memory_working_set_bytes.map_or_else(unknown, show_size);
            let cpu = sample.cpu_pct.map_or_else(unknown, |pct| format!("{pct:.1} %"));
            let count = sample.containers_running.map_or_else(unknown, |count| count.to_string());
            let verdict = sample.verdict.to_uppercase();
            let why = sample.reasons.join("; ");
            let text = format!(
                "{}  {verdict:<11}  memory {size}, CPU {cpu}, containers {count}  {why}",
                clock(&sample.at)
            );
            text.trim_end().to_owned()
        }
        Line::Event(event) => {
            let what = event.name.as_ref().or(event.engine.as_ref()).map_or("", String::as_str);
            let code = event.exit_code.map_or_else(String::new, |code| format!(" exit code {code}"));
            let limit = event
                .memory_limit_bytes
                .map_or_else(String::new, |limit| format!(" limit {}", show_size(limit)));
            let detail = event.detail.as_ref().map_or_else(String::new, |detail| format!(" {detail}"));
            format!("{}  {}: {what}{code}{limit}{detail}", clock(&event.at), event.r#type)
        }
    }
}
