//! Removes resources one by one, by ID and without force, and says what became of each.

use std::time::{Duration, Instant};

use bollard::query_parameters::{
    RemoveContainerOptions, RemoveImageOptions, RemoveVolumeOptions, StopContainerOptions,
};
use evenkeel_common::docker::{CallError, Engine};
use futures_util::{StreamExt, stream};
use tokio::time::sleep;

use super::build_cache;
use super::deadline::{Deadline, StopReason};
use super::engine::{inspect, users_of_network, volume};
use crate::model::resource::{Kind, Resource, State};

/// What became of a resource that was to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Removed by this run.
    Removed,
    /// Somebody else removed it first.
    Gone,
    /// The engine refused, for this reason: it is in use by now.
    Kept(String),
    /// It could not be removed, for this reason.
    Failed(String),
    /// The engine did not answer: it may have been removed or not.
    Unknown(String),
    /// Nothing was tried, for this reason.
    NotReached(String),
}

/// An outcome and how long it took.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

impl Done {
    /// Not tried, because the engine did not answer before.
    pub(crate) fn not_reached(error: &CallError) -> Self {
        Self { outcome: Outcome::NotReached(error.to_string()), took: Duration::ZERO }
    }

    /// Not there any more when its turn came.
    pub(crate) const fn gone() -> Self {
        Self { outcome: Outcome::Gone, took: Duration::ZERO }
    }
}

/// Removes resources of one engine.
#[derive(Debug)]
pub(crate) struct Remover<'a> {
    pub(crate) engine: &'a Engine,
    /// Says when to begin nothing further.
    pub(crate) deadline: &'a Deadline,
    /// How long a container has to end by itself when it is stopped.
    pub(crate) grace: Duration,
}

/// How often the removal of one resource is tried.
const TRIES: u32 = 3;

/// Removals at the same time. Four containers nearly saturate an engine, more help only with those that take time to
/// stop; and an engine removes networks one by one in any case.
const fn parallel(kind: Kind) -> usize {
    match kind {
        Kind::Container => 16,
        Kind::Volume => 4,
        Kind::Network => 2,
        // Of the build cache, what is made from something goes before it.
        Kind::Image | Kind::BuildCache => 1,
    }
}

/// Time between two inspections of a container that somebody else is removing.
const POLL: Duration = Duration::from_millis(20);

impl Remover<'_> {
    /// Removes resources of one kind, and calls `done` with the index of each as soon as its outcome is known.
    pub(crate) async fn remove_all(
        &self,
        targets: Vec<(usize, &Resource)>,
        mut done: impl FnMut(usize, Done),
    ) {
        let Some((_, first)) = targets.first() else { return };
        let parallel = parallel(first.kind());
        let mut outcomes = stream::iter(targets)
            .map(|(index, resource)| async move { (index, self.remove(resource).await) })
            .buffer_unordered(parallel);
        while let Some((index, outcome)) = outcomes.next().await {
            done(index, outcome);
        }
    }

    async fn remove(&self, resource: &Resource) -> Done {
        let started = Instant::now();
        let outcome = match self.deadline.stop_reason() {
            Some(reason) => Outcome::NotReached(reason.text().into()),
            None => tokio::time::timeout_at(self.deadline.at(), self.remove_with_retries(resource))
                .await
                .unwrap_or_else(|_| Outcome::Unknown("the deadline passed during the removal".into())),
        };
        tracing::info!(kind = resource.kind().name(), name = resource.name, ?outcome, "done");
        Done { outcome, took: started.elapsed() }
    }

    /// Tries again after errors of the engine, which are often temporary.
    async fn remove_with_retries(&self, resource: &Resource) -> Outcome {
        let mut tried = 1;
        let mut unanswered = false;
        loop {
            let error = match self.attempt(resource).await {
                // An earlier try succeeded although its answer was lost.
                Ok(Outcome::Gone) if unanswered => return Outcome::Removed,
                Ok(outcome) => return outcome,
                Err(error) => error,
            };
            unanswered |= error.status().is_none();
            if tried == TRIES || !is_temporary(&error) || self.deadline.stop_reason().is_some() {
                return self.give_up(&error);
            }
            tracing::debug!(%error, name = resource.name, tried, "trying again");
            sleep(pause(tried)).await;
            tried += 1;
        }
    }

    fn give_up(&self, error: &CallError) -> Outcome {
        match error {
            CallError::Unreachable(_) => {
                self.deadline.stop(StopReason::EngineGone);
                Outcome::Unknown(format!("the engine is no longer reachable: {error}"))
            }
            CallError::TimedOut(_) => Outcome::Unknown(error.to_string()),
            CallError::Status { .. } | CallError::Protocol(_) => Outcome::Failed(error.to_string()),
        }
    }

    async fn attempt(&self, resource: &Resource) -> Result<Outcome, CallError> {
        match resource.kind() {
            Kind::Container => self.container(resource).await,
            Kind::Network => self.network(resource).await,
            Kind::Volume => self.volume(resource).await,
            Kind::Image => self.image(resource).await,
            Kind::BuildCache => self.cache_record(resource).await,
        }
    }

    async fn container(&self, resource: &Resource) -> Result<Outcome, CallError> {
        if resource.container().is_some_and(|container| container.state.is_live()) {
            self.stop(&resource.id).await?;
        }
        // Without force, so that the engine refuses when the container was started meanwhile.
        let removal = self.engine.docker.remove_container(&resource.id, None::<RemoveContainerOptions>);
        match self.engine.call(removal).await {
            // Podman refuses with 500 what Docker does with 409.
            Err(error) if matches!(error.status(), Some(409 | 500)) => {
                self.conflict(&resource.id, error).await
            }
            answer => outcome_of(answer),
        }
    }

    /// Stops a container. Podman does not stop a paused one.
    async fn stop(&self, id: &str) -> Result<(), CallError> {
        let refusal = match self.try_stop(id).await {
            Err(refusal) if refusal.status() == Some(500) => refusal,
            answer => return answer,
        };
        match inspect(self.engine, id).await {
            Ok((State::Paused, _)) => {
                self.engine.call(self.engine.docker.unpause_container(id)).await?;
                self.try_stop(id).await
            }
            _ => Err(refusal),
        }
    }

    async fn try_stop(&self, id: &str) -> Result<(), CallError> {
        let seconds = i32::try_from(self.grace.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptions { t: Some(seconds), signal: None };
        let limit = self.grace + self.engine.call_timeout;
        match self.engine.call_within(limit, self.engine.docker.stop_container(id, Some(options))).await {
            // Stopped already, or removed: the removal finds out.
            Err(CallError::Status { code: 304 | 404, .. }) => Ok(()),
            answer => answer,
        }
    }

    /// The engine refused. Its message differs from version to version, the container's state does not.
    async fn conflict(&self, id: &str, refusal: CallError) -> Result<Outcome, CallError> {
        let in_progress = refusal.to_string().contains("already in progress");
        let give_up_at = tokio::time::Instant::now() + self.engine.call_timeout;
        loop {
            match inspect(self.engine, id).await {
                Err(CallError::Status { code: 404, .. }) => return Ok(Outcome::Gone),
                Err(error) => return Err(error),
                Ok((state, _)) if state.is_live() => {
                    return Ok(Outcome::Kept(format!("{} by now", state.name())));
                }
                Ok((state, _)) if !in_progress && state != State::Removing => return Err(refusal),
                Ok(_) if tokio::time::Instant::now() > give_up_at => {
                    return Ok(Outcome::Failed("somebody else's removal of it does not end".into()));
                }
                Ok(_) => sleep(POLL).await,
            }
        }
    }

    async fn network(&self, resource: &Resource) -> Result<Outcome, CallError> {
        // The engine checks for running containers only, but a created one could never start without its network.
        if let Some(user) = users_of_network(self.engine, resource).await?.first() {
            return Ok(Outcome::Kept(format!("used by container {} by now", user.name)));
        }
        outcome_of(self.engine.call(self.engine.docker.remove_network(&resource.id)).await)
    }

    async fn volume(&self, resource: &Resource) -> Result<Outcome, CallError> {
        // A volume has no ID, so another one may have its name by now.
        match self.engine.call(self.engine.docker.inspect_volume(&resource.id)).await.map(volume) {
            Ok(found) if found != *resource => {
                return Ok(Outcome::Kept("changed meanwhile".into()));
            }
            Ok(_) => {}
            Err(error) => return outcome_of(Err(error)),
        }
        let removal = self.engine.docker.remove_volume(&resource.id, None::<RemoveVolumeOptions>);
        outcome_of(self.engine.call(removal).await)
    }

    async fn cache_record(&self, resource: &Resource) -> Result<Outcome, CallError> {
        if build_cache::remove(self.engine, &resource.id).await? {
            return Ok(Outcome::Removed);
        }
        let left = build_cache::list(self.engine).await?;
        Ok(if left.iter().any(|record| record.id == resource.id) {
            Outcome::Kept("the engine still needs it: a build or another record uses it".into())
        } else {
            Outcome::Gone
        })
    }

    async fn image(&self, resource: &Resource) -> Result<Outcome, CallError> {
        // Its parents were not decided about.
        let options = RemoveImageOptions { noprune: true, ..Default::default() };
        let removal = self.engine.docker.remove_image(&resource.id, Some(options), None);
        outcome_of(self.engine.call(removal).await.map(drop))
    }
}

/// Turns the engine's answer to a removal into an outcome.
fn outcome_of(answer: Result<(), CallError>) -> Result<Outcome, CallError> {
    match answer {
        Ok(()) => Ok(Outcome::Removed),
        Err(CallError::Status { code: 404, .. }) => Ok(Outcome::Gone),
        Err(CallError::Status { code: 403 | 409, message }) => Ok(Outcome::Kept(message)),
        Err(error) => Err(error),
    }
}

fn is_temporary(error: &CallError) -> bool {
    match error {
        CallError::Status { code, .. } => *code >= 500 || *code == 409,
        CallError::TimedOut(_) | CallError::Unreachable(_) => true,
        CallError::Protocol(_) => false,
    }
}

/// Longer each time, and different for two runs that failed together.
fn pause(tried: u32) -> Duration {
    let noise = evenkeel_common::Timestamp::now().subsec_nanosecond().unsigned_abs() % 100_000_000;
    Duration::from_millis(100) * tried + Duration::from_nanos(noise.into())
}
