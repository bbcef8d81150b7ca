//! The engines and programs that the view asks about one container, or has act on it.

use std::path::PathBuf;

use evenkeel_common::docker::{CallError, DockerArgs, Engine};
use evenkeel_common::{Error, Exit};

use crate::api::{inspect, inspection, stop};
use crate::cli::TopArgs;
use crate::collect::logs::read_last_lines;
use crate::model::container::StateReading;
use crate::model::inspection::{Inspection, Opened};
use crate::model::locks::Locks;
use crate::model::scope::Scope;
use crate::programs::restartgate::{Answer, restart};
use crate::programs::{self, envlock};
use crate::top::action::{Abilities, Action, ContainerId, GRACE, Request, Ruling, judge};
use crate::top::page::PageError;
use crate::top::state::Message;

/// Lines of a log that are shown.
const LOG_LINES: usize = 20;

/// What the view can ask, and what it may do.
pub(super) struct World {
    engines: Vec<(DockerArgs, Engine)>,
    scope: Scope,
    abilities: Abilities,
    /// Path of envlock, where it is installed.
    envlock: Option<PathBuf>,
}

impl World {
    pub(super) fn new(args: &TopArgs) -> Result<Self, Error> {
        let mut engines = Vec::new();
        for args in args.engines.docker_args() {
            match Engine::open(&args) {
                Ok(engine) => engines.push((args, engine)),
                // The samples say so.
                Err(error) if error.exit() == Exit::Unavailable => {}
                Err(error) => return Err(error),
            }
        }
        let gate = || programs::find("restartgate").map_or(Abilities::NoGate, Abilities::All);
        let abilities = if args.read_only { Abilities::ReadOnly } else { gate() };
        Ok(Self { engines, scope: args.scope.scope(), abilities, envlock: programs::find("envlock") })
    }

    pub(super) const fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn engine(&self, host: &str) -> Option<&(DockerArgs, Engine)> {
        self.engines.iter().find(|(_, engine)| engine.host == host)
    }

    /// The locks that are in use.
    pub(super) async fn locks(&self) -> Locks {
        match &self.envlock {
            Some(program) => envlock::locks(program).await,
            None => Locks::Unknown,
        }
    }

    /// Inspects a container and reads the end of its log.
    pub(super) async fn open(&self, container: &ContainerId) -> Result<Opened, PageError> {
        let Some((_, engine)) = self.engine(&container.engine) else { return Err(no_engine()) };
        let (limit, id) = (engine.call_timeout, &container.id);
        let (inspection, log) =
            tokio::join!(inspection::fetch(engine, id, limit), read_last_lines(engine, id, LOG_LINES, limit));
        let inspection = inspection.map_err(|error| page_error(&error))?;
        Ok(Opened { inspection, log: log.map_err(|error| format!("the log: {error}")) })
    }

    /// How a container is now; `None` where it is gone or the engine does not answer.
    pub(super) async fn read_state(&self, container: &ContainerId) -> Option<StateReading> {
        let (_, engine) = self.engine(&container.engine)?;
        let found = inspect::fetch(engine, &container.id, engine.call_timeout).await;
        found.ok().map(|found| found.reading())
    }

    /// Does what the user has confirmed, where the same still holds as when the question was asked.
    pub(super) async fn perform(&self, request: &Request) -> Message {
        match self.try_to_perform(request).await {
            Ok(message) => message,
            Err(PageError::Gone) => Message::Problem(format!("{} was removed meanwhile", request.name)),
            Err(PageError::Failed(cause)) => {
                Message::Problem(format!("cannot {} {}: {cause}", request.action.name(), request.name))
            }
        }
    }

    async fn try_to_perform(&self, request: &Request) -> Result<Message, PageError> {
        let Some((args, engine)) = self.engine(&request.container.engine) else { return Err(no_engine()) };
        let id = &request.container.id;
        let found = inspection::fetch(engine, id, engine.call_timeout).await;
        let found = found.map_err(|error| page_error(&error))?;
        let gate = match self.rule(request, &found).await {
            Ok(gate) => gate,
            Err(why) => return Ok(Message::Problem(why)),
        };
        Ok(match request.action {
            Action::Restart => match restart(gate, args, &found.summary).await {
                Answer::Restarted(text) => Message::Info(format!("{}: {text}", request.name)),
                Answer::NotDone(text) => Message::Problem(format!("restart of {}: {text}", request.name)),
            },
            Action::Stop => match stop::stop(engine, id, GRACE).await {
                Ok(()) => Message::Info(format!("{}: stopped", request.name)),
                Err(CallError::Status { code: 304, .. }) => {
                    Message::Info(format!("{}: it had stopped already", request.name))
                }
                Err(error) => return Err(page_error(&error)),
            },
        })
    }

    /// Decides anew, on what the engine and envlock say now. Gives restartgate's path, or why nothing may be done.
    async fn rule(&self, request: &Request, found: &Inspection) -> Result<&PathBuf, String> {
        let summary = &found.summary;
        if !self.scope.matches(&summary.labels) {
            return Err(format!("{} does not belong to {}", request.name, self.scope));
        }
        let lock = match summary.environment() {
            Some(environment) => Some(self.locks().await.of(&request.container.engine, environment)),
            None => None,
        };
        match (judge(request.action, summary, lock.as_ref(), &self.abilities), &self.abilities) {
            (Ruling::Refuse(why), _) => Err(why),
            (Ruling::Ask(question), Abilities::All(gate)) if question == request.question => Ok(gate),
            (Ruling::Ask(_), _) => {
                Err(format!("{} was left alone: what the question said has changed; ask again", request.name))
            }
        }
    }
}

fn no_engine() -> PageError {
    PageError::Failed("its engine is not reachable".into())
}

fn page_error(error: &CallError) -> PageError {
    if error.status() == Some(404) { PageError::Gone } else { PageError::Failed(error.to_string()) }
}
