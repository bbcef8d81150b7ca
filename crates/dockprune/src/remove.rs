//! Removes resources one by one, by ID and without force, and tells truthfully what became of each.

use std::time::{Duration, Instant};

use bollard::query_parameters::{
    RemoveContainerOptions, RemoveImageOptions, RemoveVolumeOptions, StopContainerOptions,
};
use evenkeel_common::docker::{CallError, Engine};
use futures_util::{StreamExt, stream};
use tokio::time::sleep;

use crate::docker::{inspect, users_of_network, volume};
use crate::facts::{Kind, Object, State};
use crate::watch::{End, Watch};

/// What became of a resource that was to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Removed here.
    Removed,
    /// Somebody else removed it first.
    Gone,
    /// The engine refused: it is in use by now.
    Kept(String),
    /// It could not be removed.
    Failed(String),
    /// The engine did not answer: it may be gone or not.
    Unknown(String),
    /// Nothing was tried.
    NotReached(String),
}

/// An outcome and how long it took.
#[derive(Clone, Debug)]
pub struct Done {
    /// What became of it.
    pub outcome: Outcome,
    /// How long that took.
    pub took: Duration,
}

impl Done {
    /// Not tried, because the engine did not answer before.
    pub fn unreached(error: &CallError) -> Self {
        Self { outcome: Outcome::NotReached(error.to_string()), took: Duration::ZERO }
    }

    /// Not there any more when it was its turn.
    pub const fn gone() -> Self {
        Self { outcome: Outcome::Gone, took: Duration::ZERO }
    }
}

/// Removes things from one engine.
#[derive(Debug)]
pub struct Remover<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// Says when to begin nothing further.
    pub watch: &'a Watch,
    /// How long a container has to end by itself when it is stopped.
    pub grace: Duration,
}

/// Tries for each resource.
const TRIES: u32 = 3;

/// Removals in flight. Four containers nearly saturate an engine, more help only those that take time to stop; and
/// networks it removes one by one whatever is asked.
const fn parallel(kind: Kind) -> usize {
    match kind {
        Kind::Container => 16,
        Kind::Volume => 4,
        Kind::Network => 2,
        Kind::Image => 1,
    }
}

/// Waits between looks at a resource that somebody else is removing.
const POLL: Duration = Duration::from_millis(20);

impl Remover<'_> {
    /// Removes resources of one kind. `done` hears of each as soon as it is settled.
    pub async fn remove_all(&self, targets: Vec<(usize, &Object)>, mut done: impl FnMut(usize, Done)) {
        let Some((_, first)) = targets.first() else { return };
        let parallel = parallel(first.kind());
        let mut settled = stream::iter(targets)
            .map(|(place, object)| async move { (place, self.remove(object).await) })
            .buffer_unordered(parallel);
        while let Some((place, outcome)) = settled.next().await {
            done(place, outcome);
        }
    }

    async fn remove(&self, object: &Object) -> Done {
        let begun = Instant::now();
        let outcome = match self.watch.end() {
            Some(end) => Outcome::NotReached(end.words().into()),
            None => tokio::time::timeout_at(self.watch.deadline(), self.insist(object))
                .await
                .unwrap_or_else(|_| Outcome::Unknown("the deadline struck during the removal".into())),
        };
        tracing::info!(kind = object.kind().word(), name = object.name, ?outcome, "settled");
        Done { outcome, took: begun.elapsed() }
    }

    /// Tries again after faults of the engine's, which often pass.
    async fn insist(&self, object: &Object) -> Outcome {
        let mut tried = 1;
        let mut unanswered = false;
        loop {
            let error = match self.attempt(object).await {
                // An earlier try of ours went through although its answer was lost.
                Ok(Outcome::Gone) if unanswered => return Outcome::Removed,
                Ok(outcome) => return outcome,
                Err(error) => error,
            };
            unanswered |= error.status().is_none();
            if tried == TRIES || !may_pass(&error) || self.watch.end().is_some() {
                return self.give_up(&error);
            }
            tracing::debug!(%error, name = object.name, tried, "trying again");
            sleep(pause(tried)).await;
            tried += 1;
        }
    }

    fn give_up(&self, error: &CallError) -> Outcome {
        match error {
            CallError::Unreachable(_) => {
                self.watch.end_with(End::EngineGone);
                Outcome::Unknown(format!("the engine went away: {error}"))
            }
            CallError::TimedOut(_) => Outcome::Unknown(error.to_string()),
            CallError::Status { .. } | CallError::Protocol(_) => Outcome::Failed(error.to_string()),
        }
    }

    async fn attempt(&self, object: &Object) -> Result<Outcome, CallError> {
        match object.kind() {
            Kind::Container => self.container(object).await,
            Kind::Network => self.network(object).await,
            Kind::Volume => self.volume(object).await,
            Kind::Image => self.image(object).await,
        }
    }

    async fn container(&self, object: &Object) -> Result<Outcome, CallError> {
        if object.container().is_some_and(|container| container.state.is_live()) {
            self.stop(&object.id).await?;
        }
        // Never by force: so the engine itself refuses when the container was started meanwhile.
        let removal = self.engine.docker.remove_container(&object.id, None::<RemoveContainerOptions>);
        match self.engine.call(removal).await {
            Err(error) if error.status() == Some(409) => self.conflict(&object.id, error).await,
            answer => settle(answer),
        }
    }

    async fn stop(&self, id: &str) -> Result<(), CallError> {
        let seconds = i32::try_from(self.grace.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptions { t: Some(seconds), signal: None };
        let limit = self.grace + self.engine.call_timeout;
        match self.engine.call_within(limit, self.engine.docker.stop_container(id, Some(options))).await {
            // Stopped already, or gone: the removal finds out.
            Err(CallError::Status { code: 304 | 404, .. }) => Ok(()),
            answer => answer,
        }
    }

    /// The engine refused. Its words differ from version to version, the container's state does not.
    async fn conflict(&self, id: &str, refusal: CallError) -> Result<Outcome, CallError> {
        let in_progress = refusal.to_string().contains("already in progress");
        let patience = tokio::time::Instant::now() + self.engine.call_timeout;
        loop {
            match inspect(self.engine, id).await {
                Err(CallError::Status { code: 404, .. }) => return Ok(Outcome::Gone),
                Err(error) => return Err(error),
                Ok((state, _)) if state.is_live() => {
                    return Ok(Outcome::Kept(format!("{} by now", state.word())));
                }
                Ok((state, _)) if !in_progress && state != State::Removing => return Err(refusal),
                Ok(_) if tokio::time::Instant::now() > patience => {
                    return Ok(Outcome::Failed("somebody else's removal of it does not end".into()));
                }
                Ok(_) => sleep(POLL).await,
            }
        }
    }

    async fn network(&self, object: &Object) -> Result<Outcome, CallError> {
        // The engine minds only running containers: one that was just made would never start without its network.
        if let Some(user) = users_of_network(self.engine, object).await?.first() {
            return Ok(Outcome::Kept(format!("used by container {} by now", user.name)));
        }
        settle(self.engine.call(self.engine.docker.remove_network(&object.id)).await)
    }

    async fn volume(&self, object: &Object) -> Result<Outcome, CallError> {
        // A volume has no ID: another one may have its name by now.
        match self.engine.call(self.engine.docker.inspect_volume(&object.id)).await.map(volume) {
            Ok(found) if found != *object => {
                return Ok(Outcome::Kept("changed meanwhile".into()));
            }
            Ok(_) => {}
            Err(error) => return settle(Err(error)),
        }
        let removal = self.engine.docker.remove_volume(&object.id, None::<RemoveVolumeOptions>);
        settle(self.engine.call(removal).await)
    }

    async fn image(&self, object: &Object) -> Result<Outcome, CallError> {
        // Its parents are not in the plan.
        let options = RemoveImageOptions { noprune: true, ..Default::default() };
        let removal = self.engine.docker.remove_image(&object.id, Some(options), None);
        settle(self.engine.call(removal).await.map(drop))
    }
}

/// Reads the engine's answer to a removal.
fn settle(answer: Result<(), CallError>) -> Result<Outcome, CallError> {
    match answer {
        Ok(()) => Ok(Outcome::Removed),
        Err(CallError::Status { code: 404, .. }) => Ok(Outcome::Gone),
        Err(CallError::Status { code: 403 | 409, message }) => Ok(Outcome::Kept(message)),
        Err(error) => Err(error),
    }
}

fn may_pass(error: &CallError) -> bool {
    match error {
        CallError::Status { code, .. } => *code >= 500 || *code == 409,
        CallError::TimedOut(_) | CallError::Unreachable(_) => true,
        CallError::Protocol(_) => false,
    }
}

/// Longer each time, and never the same for two runs that failed together.
fn pause(tried: u32) -> Duration {
    let noise = evenkeel_common::Timestamp::now().subsec_nanosecond().unsigned_abs() % 100_000_000;
    Duration::from_millis(100) * tried + Duration::from_nanos(noise.into())
}
