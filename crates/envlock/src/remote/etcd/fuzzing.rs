//! For the fuzz targets.

use ureq::http::StatusCode;

use super::message::{Found, Item, Lease, Login, Status, Txn, WatchResult};
use super::refusal::refusal;
use crate::model::queue::Mode;
use crate::remote::keys::Keys;
use crate::remote::snapshot::Snapshot;

/// Reads bytes as each of the answers that they can be.
pub(crate) fn read(text: &[u8]) {
    let keys = Keys::new("p", "test");
    let from_txn = serde_json::from_slice::<Txn>(text).map(Txn::found);
    let from_range = serde_json::from_slice::<Found>(text).map(|found| found.kvs);
    for found in from_txn.into_iter().chain(from_range) {
        if let Ok(snapshot) = Snapshot::new(&keys, 7, &found) {
            for mode in [Mode::Exclusive, Mode::Shared, Mode::Slots(2)] {
                let _ = (snapshot.next(1, mode, &keys), snapshot.ticket(1), snapshot.is_inside(1));
            }
        }
    }
    let _ = serde_json::from_slice::<Lease>(text);
    let _ = serde_json::from_slice::<Item<Lease>>(text);
    let _ = serde_json::from_slice::<Item<WatchResult>>(text);
    let _ = serde_json::from_slice::<Login>(text);
    let _ = serde_json::from_slice::<Status>(text);
    for status in [StatusCode::BAD_REQUEST, StatusCode::SERVICE_UNAVAILABLE] {
        let _ = refusal(status, text);
    }
}
