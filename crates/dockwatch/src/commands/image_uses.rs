//! Notes which images are used, for `dockprune --unused-for`. What fails is logged: no command depends on it.

use std::time::Duration;

use evenkeel_common::docker::{CallError, Engine};
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Timestamp, now};
use futures_util::TryStreamExt as _;
use serde_json::json;

use crate::api::events::{Event, EventQuery, lines};
use crate::api::{images, info};
use crate::decide::image_uses::update;
use crate::history::image_uses::ImageUsesFile;
use crate::measure::collector::Collector;
use crate::model::image_uses::{GoneContainer, ImageLook};

/// Time between two looks while a command goes on. An engine keeps its last 256 events, health checks among them.
pub(super) const INTERVAL: Duration = Duration::from_secs(15);

/// An event is stamped a moment before the engine keeps it.
const MARGIN: Duration = Duration::from_secs(1);

/// Looks at every engine that answers.
pub(super) async fn note(collector: &Collector, home: &Home) {
    for engine in collector.engines() {
        if let Err(error) = note_one(engine, home).await {
            tracing::info!("the uses of images are not noted: {error}");
        }
    }
}

async fn note_one(engine: &Engine, home: &Home) -> Result<(), Error> {
    let Some(file) = ImageUsesFile::open(home, &engine.host)? else { return Ok(()) };
    let known = file.read();
    let failed = |error: CallError| error.into_error("look at the images");
    let mut look = look(engine).await.map_err(failed)?;
    if known.as_ref().is_some_and(|known| known.is_of(&engine.host) && look.at <= known.at) {
        return Ok(());
    }
    let is_new = |gone: &GoneContainer| {
        known.as_ref().is_some_and(|k| gone.started_at > k.at && !k.containers.contains_key(&gone.id))
    };
    look.gone.retain(is_new);
    for gone in &mut look.gone {
        let name = gone.image.take().unwrap_or_default();
        let found = images::named(engine, &name, engine.call_timeout).await.ok();
        let is_known = |id: &String| known.as_ref().is_some_and(|known| known.images.contains_key(id));
        // Named later, it may not be the image that the container had.
        let same = found.filter(|found| match found.named_at {
            Some(at) => at <= gone.started_at,
            None => is_known(&found.id),
        });
        gone.image = same.map(|found| found.id);
    }
    file.write(&update(known, &engine.host, &look))
}

/// Looks at an engine. The images of containers that are gone are named as the engine named them.
async fn look(engine: &Engine) -> Result<ImageLook, CallError> {
    let limit = engine.call_timeout;
    let clock = if engine.host.starts_with("unix://") { None } else { info::time(engine, limit).await };
    let at = clock.unwrap_or_else(now) - MARGIN;
    let events = events(engine, at, limit).await?;
    // After the events, so that a container in neither was never started.
    let (images, containers) =
        tokio::try_join!(images::list(engine, limit), images::of_containers(engine, limit))?;
    let gone = events.iter().filter_map(started).filter(|gone| !containers.contains_key(&gone.id)).collect();
    Ok(ImageLook { at, oldest_event: events.iter().filter_map(Event::at).min(), images, containers, gone })
}

/// All events that the engine keeps from before a moment.
async fn events(engine: &Engine, until: Timestamp, limit: Duration) -> Result<Vec<Event>, CallError> {
    let query = EventQuery { since: None, until: Some(until), filters: json!({}) };
    let collect = async {
        let lines: Vec<String> = lines(engine, &query, limit).await?.try_collect().await?;
        Ok(lines.iter().filter_map(|line| Event::parse(line)).collect())
    };
    tokio::time::timeout(limit, collect).await.unwrap_or(Err(CallError::TimedOut(limit)))
}

fn started(event: &Event) -> Option<GoneContainer> {
    let starts = event.kind == "container" && event.action == "start";
    Some(GoneContainer {
        id: event.actor.id.clone(),
        started_at: event.at().filter(|_| starts)?,
        image: event.actor.attributes.get("image").cloned(),
    })
}
