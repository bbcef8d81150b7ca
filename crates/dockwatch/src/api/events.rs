//! Events: the stream of new ones, and those that the engine still keeps.

use std::collections::BTreeMap;
use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, Engine};
use futures_util::stream::{self, Stream, StreamExt as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

/// What to ask for.
#[derive(Debug)]
pub(crate) struct EventQuery {
    /// `None` is the oldest that is kept.
    pub(crate) since: Option<Timestamp>,
    /// Where the stream ends; `None` lets it go on.
    pub(crate) until: Option<Timestamp>,
    /// The engine's filters: lists of accepted values by key.
    pub(crate) filters: Value,
}

impl EventQuery {
    fn path(&self) -> String {
        let since = self.since.map_or(0, Timestamp::as_second);
        let until = self.until.map(|at| format!("&until={}.{:09}", at.as_second(), at.subsec_nanosecond()));
        let filters = self.filters.to_string();
        let filters = utf8_percent_encode(&filters, NON_ALPHANUMERIC);
        format!("/events?since={since}{}&filters={filters}", until.unwrap_or_default())
    }
}

/// Asks for events. Returns each as one line of JSON. `limit` is that of the answer's beginning.
pub(crate) async fn lines<'e>(
    engine: &'e Engine,
    query: &EventQuery,
    limit: Duration,
) -> Result<impl Stream<Item = Result<String, CallError>> + Unpin + use<'e>, CallError> {
    let pieces = engine.get_stream(limit, &query.path()).await?;
    let mut buffer = Vec::new();
    Ok(pieces.flat_map(move |piece| {
        stream::iter(match piece {
            Ok(piece) => {
                buffer.extend_from_slice(&piece);
                whole_lines(&mut buffer).into_iter().map(Ok).collect()
            }
            Err(error) => vec![Err(engine.error(&error.into()))],
        })
    }))
}

/// Takes the lines that have arrived to their end.
fn whole_lines(buffer: &mut Vec<u8>) -> Vec<String> {
    let Some(end) = buffer.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
    let arrived: Vec<u8> = buffer.drain(..=end).collect();
    String::from_utf8_lossy(&arrived).lines().map(str::to_owned).collect()
}

/// One event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Event {
    /// `container`, `network`, …
    #[serde(rename = "Type")]
    pub(crate) kind: String,
    #[serde(rename = "Action")]
    pub(crate) action: String,
    #[serde(rename = "Actor")]
    pub(crate) actor: Actor,
    #[serde(rename = "timeNano")]
    time_nano: i64,
}

/// What an event is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Actor {
    #[serde(rename = "ID")]
    pub(crate) id: String,
    /// Labels, and further facts such as `name` and `exitCode`.
    #[serde(rename = "Attributes")]
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Event {
    /// `None` where it is not an event.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// When it happened, by the engine's clock.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        Timestamp::from_nanosecond(self.time_nano.into()).ok()
    }

    /// Exit code of a container that ended.
    pub(crate) fn exit_code(&self) -> Option<i64> {
        self.actor.attributes.get("exitCode").and_then(|code| code.parse().ok())
    }
}
