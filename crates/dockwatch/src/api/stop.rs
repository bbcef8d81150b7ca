//! Stops a container.

use std::time::Duration;

use bollard::query_parameters::StopContainerOptionsBuilder;
use evenkeel_common::docker::{CallError, Engine};

/// Stops a container; it is killed where it does not end within `grace`. One that does not run answers with 304.
pub(crate) async fn stop(engine: &Engine, id: &str, grace: Duration) -> Result<(), CallError> {
    let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
    let options = StopContainerOptionsBuilder::new().t(seconds).build();
    let limit = grace + engine.call_timeout;
    engine.call_within(limit, engine.docker.stop_container(id, Some(options))).await
}
