//! The inspects of a collection.

use std::collections::HashMap;

use evenkeel_common::docker::{CallError, Engine};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::api::inspect;
use crate::collect::deadline::Deadline;

/// Concurrent calls to the engine.
const CONCURRENT: usize = 16;

/// Inspects several containers. Returns the answers by id.
pub(crate) async fn fetch_all(
    engine: &Engine,
    ids: &[String],
    deadline: Deadline,
) -> HashMap<String, Result<Value, CallError>> {
    let fetch = async |id: String| {
        let answer = inspect::fetch_whole(engine, &id, deadline.next()).await;
        (id, answer)
    };
    stream::iter(ids.iter().cloned()).map(fetch).buffer_unordered(CONCURRENT).collect().await
}
