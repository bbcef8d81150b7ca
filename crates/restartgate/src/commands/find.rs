//! Finds the service that the arguments name.

use evenkeel_common::Error;
use evenkeel_common::docker::DockerArgs;

use crate::cli::Target;
use crate::edges::engine::{Docker, Found, Wanted};

/// Connects to the engine and finds the service.
pub(super) async fn connect(args: &DockerArgs, target: &Target) -> Result<(Docker, Found), Error> {
    let docker = Docker::connect(args).await?;
    let found = find_one(&docker, target).await?;
    Ok((docker, found))
}

/// Finds the one service that the arguments name; where there is none, or more than one, the error lists what there is.
pub(super) async fn find_one(docker: &Docker, target: &Target) -> Result<Found, Error> {
    let wanted = Wanted {
        name: target.service.clone(),
        project: target.project.clone(),
        labels: target.label.clone(),
    };
    let mut found = docker.find(&wanted).await?;
    let shown = target.service.as_deref().unwrap_or("the service");
    if found.len() > 1 {
        let cause = format!("it names more than one service: {}", names(&found));
        return Err(Error::usage(format!("find {shown}"), cause).hint("name its project with --project"));
    }
    if let Some(found) = found.pop() {
        return Ok(found);
    }
    let all = docker.find(&Wanted::default()).await?;
    let hint = if all.is_empty() {
        "the engine has no containers".into()
    } else {
        format!("services of this engine: {}", names(&all))
    };
    Err(Error::usage(format!("find {shown}"), "no container has this service, name or label").hint(hint))
}

fn names(found: &[Found]) -> String {
    found.iter().map(|found| found.service.shown()).collect::<Vec<_>>().join(", ")
}
