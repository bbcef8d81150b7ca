//! `dockwatch --follow`: a stream of samples, and of events between them.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use evenkeel_common::signals::Signals;
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, now};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::MissedTickBehavior;

use super::image_uses;
use crate::cli::SnapshotArgs;
use crate::decide::hysteresis::Hysteresis;
use crate::measure::collector::Collector;
use crate::measure::events::{ContainerAction, ContainerEvent, EngineEvent, listen};
use crate::measure::fd_limit;
use crate::measure::poll_schedule::PollSchedule;
use crate::measure::sample::{Query, SampleMode};
use crate::model::container::Container;
use crate::model::facts::Facts;
use crate::model::level::{Assessment, Budget, assess};
use crate::output::stream::{EventJson, EventKind, Line, StreamFormat};

/// Follows until a signal, or until stdout is closed.
pub(crate) async fn run(args: &SnapshotArgs, home: &Home) -> Result<Exit, Error> {
    fd_limit::raise();
    let mut collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::ESSENTIAL)?;
    let events = listen(collector.docker_args());
    let mut signals = Signals::ending().map_err(|e| Error::failed("listen for signals", e))?;
    let first = collector.collect(Query::EngineAndKernel).await?;
    if !first.is_reachable() {
        first.require_healthy()?;
    }
    let budget = args.budget.budget(&args.scope.scope());
    let mut follower = Follower {
        collector,
        home,
        noted: None,
        budget,
        format: if args.json { StreamFormat::Json } else { StreamFormat::Text },
        level: Hysteresis::new(assess(&first.usage(), &budget).level),
        oom_kills: HashMap::new(),
        schedule: super::live_schedule(args.interval),
    };
    let end = tokio::select! {
        end = follower.follow(first, events, args.interval) => end,
        signal = signals.next() => return Ok(Exit::Signal(signal.number())),
    };
    match end {
        StreamEnd::ReaderGone => Ok(Exit::Done),
        StreamEnd::Failed(error) => Err(error),
    }
}

/// Why the stream ends.
enum StreamEnd {
    /// stdout is closed, which is not an error.
    ReaderGone,
    Failed(Error),
}

impl From<Error> for StreamEnd {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for StreamEnd {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Failed(Error::failed("write to stdout", error)),
        }
    }
}

struct Follower<'a> {
    collector: Collector,
    home: &'a Home,
    /// When the uses of images were last noted.
    noted: Option<Instant>,
    budget: Budget,
    format: StreamFormat,
    level: Hysteresis,
    /// OOM kills that were reported already, by container.
    oom_kills: HashMap<String, u64>,
    schedule: PollSchedule,
}

impl Follower<'_> {
    async fn follow(
        &mut self,
        first: Facts,
        mut events: UnboundedReceiver<EngineEvent>,
        interval: Duration,
    ) -> StreamEnd {
        for container in first.live() {
            self.oom_kills.insert(container.summary.id.clone(), oom_kills(container));
        }
        if let Err(end) = self.write_sample(&first, &self.assess(&first)) {
            return end;
        }
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let written = tokio::select! {
                biased;
                Some(event) = events.recv() => {
                    self.schedule.invalidate();
                    self.write_engine_event(event)
                }
                _ = ticks.tick() => self.sample().await,
            };
            if let Err(end) = written {
                return end;
            }
        }
    }

    /// Takes one sample, and writes it after the events that it shows.
    async fn sample(&mut self) -> Result<(), StreamEnd> {
        let facts = self.collector.collect(self.schedule.next_query()).await?;
        self.schedule.observe(&facts);
        let assessment = self.assess(&facts);
        self.write_oom_kills(&facts)?;
        self.write_level_change(&assessment)?;
        self.write_sample(&facts, &assessment)?;
        if facts.is_healthy() && self.noted.is_none_or(|at| at.elapsed() >= image_uses::INTERVAL) {
            self.noted = Some(Instant::now());
            image_uses::note(&self.collector, self.home).await;
        }
        Ok(())
    }

    fn assess(&self, facts: &Facts) -> Assessment {
        assess(&facts.usage(), &self.budget)
    }

    fn write_sample(&self, facts: &Facts, assessment: &Assessment) -> Result<(), StreamEnd> {
        self.write(&Line::sample(facts, assessment, now()))
    }

    fn write_engine_event(&mut self, event: EngineEvent) -> Result<(), StreamEnd> {
        match event {
            EngineEvent::Container(event) if self.collector.scope().matches(&event.labels) => {
                self.write_container_event(*event)
            }
            EngineEvent::Container(_) | EngineEvent::Other => Ok(()),
            EngineEvent::Lost { engine, cause } => {
                let event = self.event(EventKind::EngineLost);
                self.write_event(EventJson { engine: Some(engine), detail: Some(cause), ..event })
            }
            EngineEvent::Restored { engine } => {
                let event = self.event(EventKind::EngineBack);
                self.write_event(EventJson { engine: Some(engine), ..event })
            }
        }
    }

    fn write_container_event(&mut self, found: ContainerEvent) -> Result<(), StreamEnd> {
        let (kind, detail) = match found.action {
            ContainerAction::Start => (EventKind::Start, None),
            ContainerAction::Die => (EventKind::Die, None),
            ContainerAction::Oom => (EventKind::Oom, Some("noticed by the engine".to_owned())),
            ContainerAction::Health(health) => (EventKind::Health, Some(health)),
            ContainerAction::Create | ContainerAction::Destroy | ContainerAction::Other => return Ok(()),
        };
        match kind {
            // The kernel's counter will rise by the same kill.
            EventKind::Oom => *self.oom_kills.entry(found.id.clone()).or_default() += 1,
            EventKind::Start => drop(self.oom_kills.insert(found.id.clone(), 0)),
            _ => {}
        }
        let event = self.event(kind);
        self.write_event(EventJson {
            at: found.at.unwrap_or(event.at),
            engine: Some(found.engine),
            id: Some(found.id),
            name: Some(found.name),
            detail,
            exit_code: found.exit_code,
            memory_limit_bytes: found.memory_limit,
            ..event
        })
    }

    /// Reports kills that only the kernel counts: of processes other than a container's first.
    fn write_oom_kills(&mut self, facts: &Facts) -> Result<(), StreamEnd> {
        for container in facts.live() {
            let known = self.oom_kills.entry(container.summary.id.clone()).or_default();
            let counted = oom_kills(container);
            if counted > *known {
                *known = counted;
                self.write_event(EventJson {
                    engine: Some(container.engine.clone()),
                    id: Some(container.summary.id.clone()),
                    name: Some(container.summary.name.clone()),
                    detail: Some("noticed by the kernel".into()),
                    memory_limit_bytes: container.memory_limit(),
                    ..self.event(EventKind::Oom)
                })?;
            }
        }
        if facts.containers_known {
            self.oom_kills.retain(|id, _| facts.live().any(|container| container.summary.id == *id));
        }
        Ok(())
    }

    fn write_level_change(&mut self, assessment: &Assessment) -> Result<(), StreamEnd> {
        let Some(previous) = self.level.update(assessment.level, Instant::now()) else { return Ok(()) };
        let change = format!("from {} to {}", previous.name(), assessment.level.name());
        let detail = [vec![change], assessment.reasons()].concat().join("; ");
        self.write_event(EventJson { detail: Some(detail), ..self.event(EventKind::Level) })
    }

    fn event(&self, kind: EventKind) -> EventJson {
        EventJson::new(kind, self.level.level(), now())
    }

    fn write_event(&self, event: EventJson) -> Result<(), StreamEnd> {
        self.write(&Line::Event(event))
    }

    fn write(&self, line: &Line) -> Result<(), StreamEnd> {
        let text = self.format.render(line)?;
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }
}

fn oom_kills(container: &Container) -> u64 {
    container.stats.as_ref().and_then(|stats| stats.oom_kills).unwrap_or(0)
}
