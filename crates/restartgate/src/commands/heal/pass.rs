//! One pass of `heal`: look at the scope, decide, and start the restarts that are due.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use evenkeel_common::docker::CallError;
use evenkeel_common::state::Home;
use evenkeel_common::{BootTimestamp, Error, Exit, Timestamp};
use futures_util::Stream;
use tokio::task::JoinSet;

use super::agenda::Agenda;
use super::gate::{Acts, Gate, Wish};
use crate::cli::{HealArgs, Occasion};
use crate::commands::restart::{Manner, WhenRefused};
use crate::decide::endings::Endings;
use crate::decide::gate::RestartMode;
use crate::decide::heal::{self, Facts, Judgement, Link};
use crate::edges::engine::{Docker, Found, Wanted};
use crate::edges::history::History;
use crate::edges::notice::NoticeCommand;
use crate::model::container::{HealthCheck, State};
use crate::model::engine_kind::EngineKind;
use crate::model::limits::MINUTE;
use crate::model::record::Service;
use crate::model::scope::{Ending, Event, Member};
use crate::output::heal_json::{Format, FoundJson, Step, Story, warn};
use crate::output::report_json::{ReportJson, Verdict};

/// Restarts that are made at once.
const AT_ONCE: usize = 4;

/// The answer to a wish.
pub(super) struct Answer {
    service: Service,
    report: Result<ReportJson, Error>,
}

/// What `heal` knows and does.
pub(super) struct Healer<'a> {
    args: &'a HealArgs,
    gate: Arc<Gate>,
    scope: Wanted,
    /// What the engine tells.
    pub(super) kind: EngineKind,
    pub(super) endings: Endings,
    pub(super) agenda: Agenda,
    pub(super) story: Story,
    /// When it is known how a container has ended that ended just now; `None` where there is none.
    pub(super) settles_at: Option<Instant>,
    /// Which services follow which, as the last pass saw them.
    links: Vec<Link>,
    /// What was said last about a container that is left alone, by its ID.
    told: BTreeMap<String, String>,
    restarts: JoinSet<Answer>,
    command: Option<NoticeCommand>,
    notices: JoinSet<Result<(), Error>>,
}

impl<'a> Healer<'a> {
    pub(super) async fn new(args: &'a HealArgs) -> Result<Self, Error> {
        let gate = Gate {
            effective: args.limits.effective()?,
            docker: Docker::connect(&args.docker).await?,
            history: History::open(&Home::from_env()?)?,
            manner: Manner {
                stop_timeout: args.stop_timeout,
                health_timeout: args.health_timeout,
                when_refused: WhenRefused::Report,
            },
            acts: if args.dry_run { Acts::DryRun } else { Acts::Restart },
        };
        let format = match (args.json, args.once) {
            (false, _) => Format::Text,
            (true, false) => Format::Lines,
            (true, true) => Format::Object,
        };
        Ok(Self {
            args,
            gate: Arc::new(gate),
            scope: Wanted { name: None, project: args.project.clone(), labels: args.label.clone() },
            kind: EngineKind::default(),
            endings: Endings::default(),
            agenda: Agenda::default(),
            story: Story::new(format),
            settles_at: None,
            links: Vec::new(),
            told: BTreeMap::new(),
            restarts: JoinSet::new(),
            command: NoticeCommand::new(&args.command),
            notices: JoinSet::new(),
        })
    }

    /// Notes which engine it is and what it still knows of the past.
    pub(super) async fn read_past(&mut self) -> Result<(), Error> {
        self.ping().await?;
        self.kind = self.gate.docker.kind().await?;
        self.endings.engine_began(self.gate.docker.began_at(self.kind).await?);
        let events = self.gate.docker.past_events(&self.scope, self.kind).await?;
        for event in &events {
            self.endings.note(event);
        }
        Ok(())
    }

    /// Makes sure that the engine still answers.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.gate.docker.ping().await
    }

    /// The engine's events from now on.
    pub(super) fn events(&self) -> impl Stream<Item = Result<Event, CallError>> + use<> {
        self.gate.docker.events(&self.scope)
    }

    /// Looks at the scope, decides, and starts what is due. Services in `except` are not asked about, unless they follow
    /// one that was restarted.
    pub(super) async fn pass(&mut self, except: &BTreeSet<Service>) -> Result<(), Error> {
        let members = self.members().await?;
        self.links = heal::links(&members);
        let running = members.iter().filter(|member| member.state == State::Running);
        running.for_each(|member| self.endings.saw_running(&member.id));
        let unsettled = self.unsettled(&members);
        let facts = self.facts(members.iter().filter(|member| !unsettled.contains(&member.service))).await?;
        let busy = self.agenda.under_way.union(&unsettled).cloned().collect();
        let judged = heal::judge(&facts, &self.links, &busy);
        let mut wanted: BTreeMap<&Service, (Vec<String>, String)> = BTreeMap::new();
        for (facts, judgement) in facts.iter().zip(judged) {
            let member = facts.member;
            match judgement {
                Judgement::Leave(reason) => self.tell_left(member, facts.status.state, reason)?,
                Judgement::Restart(reason) => {
                    self.told.remove(&member.id);
                    let (ids, _) = wanted.entry(&member.service).or_insert_with(|| (Vec::new(), reason));
                    ids.push(member.id.clone());
                }
            }
        }
        self.told.retain(|id, _| members.iter().any(|member| member.id == *id));
        self.start_followers(&members, &wanted)?;
        for (service, (containers, reason)) in wanted {
            if !self.agenda.is_owed(service) && !except.contains(service) {
                let found = Found { service: service.clone(), containers, awaited: false };
                let since = BootTimestamp::now();
                self.start(Wish { found, mode: RestartMode::IfUnhealthy, reason, since })?;
            }
        }
        Ok(())
    }

    /// The containers of the scope. A busy engine still lists one as running seconds after it has reported its end.
    async fn members(&self) -> Result<Vec<Member>, Error> {
        let mut members = self.gate.docker.members(&self.scope).await?;
        for member in members.iter_mut().filter(|member| self.endings.has_ended(&member.id)) {
            if member.state == State::Running {
                member.state = self.gate.docker.status(&member.id).await?.state;
            }
        }
        Ok(members)
    }

    /// What is known of each container that may need a restart.
    async fn facts<'m>(&self, members: impl Iterator<Item = &'m Member>) -> Result<Vec<Facts<'m>>, Error> {
        let mut facts = Vec::new();
        for member in members {
            let is_untold = member.state == State::Running && !self.kind.lists_health();
            if is_untold || member.state == State::Exited || member.health == Some(HealthCheck::Unhealthy) {
                let (status, definition) = self.gate.docker.inspect(&member.id).await?;
                if member.state == State::Running && status.state == State::Exited {
                    // It has just ended, and the events that say how are not read yet. They call for another look.
                    continue;
                }
                let ending = self.ending(member, status.finished_at).await?;
                facts.push(Facts { member, status, definition, ending });
            }
        }
        Ok(facts)
    }

    /// The services of which a container ended just now: they are left for a later pass. One pass alone has no later one.
    fn unsettled(&mut self, members: &[Member]) -> BTreeSet<Service> {
        self.settles_at = None;
        let mut unsettled = BTreeSet::new();
        let now = Instant::now();
        for member in members.iter().filter(|member| member.state == State::Exited && !self.args.once) {
            let at = self.endings.settles_at(&member.id, now);
            if at > now {
                self.settles_at = Some(self.settles_at.map_or(at, |other| other.min(at)));
                unsettled.insert(member.service.clone());
            }
        }
        unsettled
    }

    /// How a container has ended that is not running.
    async fn ending(&self, member: &Member, finished_at: Option<Timestamp>) -> Result<Ending, Error> {
        let by_events = self.endings.of(&member.id, finished_at);
        let is_asked_for = self.kind == EngineKind::Podman && member.state == State::Exited;
        let was_stopped = is_asked_for && self.gate.docker.was_stopped(&member.id).await?;
        Ok(by_events.known_by(self.kind, was_stopped))
    }

    /// Tells once why a container is left alone.
    fn tell_left(&mut self, member: &Member, state: State, reason: String) -> Result<(), Error> {
        if state == State::Running && member.health != Some(HealthCheck::Unhealthy) {
            return Ok(());
        }
        if self.told.get(&member.id) == Some(&reason) {
            return Ok(());
        }
        self.story.found(FoundJson::new(&member.service, Some(&member.name), Step::Leave, &reason))?;
        self.told.insert(member.id.clone(), reason);
        Ok(())
    }

    /// Starts the restarts that follow others, as soon as these are up.
    fn start_followers(
        &mut self,
        members: &[Member],
        sick: &BTreeMap<&Service, (Vec<String>, String)>,
    ) -> Result<(), Error> {
        for owed in self.agenda.owed.clone() {
            let Link { service, base } = &owed.link;
            let own = members.iter().filter(|member| member.service == *service);
            let running = own.filter(|member| member.state == State::Running).map(|member| &member.id);
            let dead = sick.get(service).iter().flat_map(|(ids, _)| ids).collect::<Vec<_>>();
            let containers: BTreeSet<String> = running.chain(dead).cloned().collect();
            let has_no_base = members.iter().all(|member| member.service != *base);
            if containers.is_empty() || has_no_base {
                self.agenda.owed.retain(|other| other.link != owed.link);
                continue;
            }
            let is_next = heal::is_up(members, base)
                && !self.agenda.under_way.contains(base)
                && !self.agenda.is_owed(base);
            if is_next || self.gate.acts == Acts::DryRun {
                let containers = containers.into_iter().collect();
                let found = Found { service: service.clone(), containers, awaited: false };
                let reason = format!("{}, which it follows, was restarted", base.shown());
                self.start(Wish { found, mode: RestartMode::EvenIfHealthy, reason, since: owed.since })?;
            }
        }
        Ok(())
    }

    /// Asks the gate for a restart, unless the service is not due or enough restarts are under way.
    fn start(&mut self, wish: Wish) -> Result<(), Error> {
        let service = wish.found.service.clone();
        if !self.agenda.is_due(&service) || self.restarts.len() >= AT_ONCE {
            return Ok(());
        }
        self.story.found(FoundJson::new(&service, None, Step::Ask, &wish.reason))?;
        self.agenda.under_way.insert(service.clone());
        let gate = Arc::clone(&self.gate);
        self.restarts.spawn(async move { Answer { service, report: gate.ask(&wish).await } });
        Ok(())
    }

    /// The next answer; `None` where none is awaited.
    pub(super) async fn next_answer(&mut self) -> Option<Answer> {
        match self.restarts.join_next().await? {
            Ok(answer) => Some(answer),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// Tells an answer, plans what follows from it, and gives how a tool ends that has only this to tell.
    pub(super) fn note(&mut self, Answer { service, report }: Answer) -> Result<Exit, Error> {
        let report = match report {
            Ok(report) => report,
            Err(error) => {
                self.agenda.note_error(&service);
                warn(&error);
                return Ok(error.exit());
            }
        };
        let is_new = !self.agenda.is_owed(&service);
        let followers = if is_new { heal::followers(&self.links, &service) } else { Vec::new() };
        self.agenda.note_answer(&service, &report, followers);
        if report.verdict == Verdict::Allowed {
            // A dry run: what it would have restarted would be cooling down now, and is not told all the time.
            self.agenda.wait(&service, self.gate.effective.limits.cooldown.max(MINUTE));
        }
        self.give_notice(&report)?;
        let exit = report.exit;
        self.story.decision(report)?;
        Ok(exit)
    }

    fn give_notice(&mut self, report: &ReportJson) -> Result<(), Error> {
        self.collect_notices();
        let is_wanted = self.args.on.iter().any(|occasion| is_about(*occasion, report));
        if let Some(command) = self.command.clone().filter(|_| is_wanted) {
            let json = serde_json::to_string(report).map_err(|e| Error::failed("write JSON", e))?;
            self.notices.spawn(command.run(json + "\n"));
        }
        Ok(())
    }

    fn collect_notices(&mut self) {
        while let Some(ended) = self.notices.try_join_next() {
            tell_failure(ended);
        }
    }

    /// Waits for the commands that still run.
    pub(super) async fn end_notices(&mut self) {
        while let Some(ended) = self.notices.join_next().await {
            tell_failure(ended);
        }
    }
}

fn tell_failure(ended: Result<Result<(), Error>, tokio::task::JoinError>) {
    if let Ok(Err(error)) = ended {
        warn(&error);
    }
}

fn is_about(occasion: Occasion, report: &ReportJson) -> bool {
    match occasion {
        Occasion::Restart => matches!(report.verdict, Verdict::Restarted | Verdict::Failed),
        Occasion::Refused => report.verdict == Verdict::Refused,
        Occasion::Tripped => report.trips_now,
    }
}
