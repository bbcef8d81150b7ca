//! Requests to etcd and its answers, as its JSON gateway has them: bytes in base64, 64-bit numbers as strings, and what is
//! zero or empty left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};

use crate::remote::etcd::range::Range;

pub(in crate::remote) fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The comparison "no key of this range exists".
pub(in crate::remote) fn is_empty(range: &Range) -> Value {
    json!({"key": encode(&range.first), "range_end": encode(&range.end), "target": "CREATE", "result": "EQUAL",
           "create_revision": "0"})
}

/// The comparison "this key was created by this revision"; with 0, "it does not exist".
pub(in crate::remote) fn was_created_by(key: &str, revision: u64) -> Value {
    json!({"key": encode(key), "target": "CREATE", "result": "EQUAL", "create_revision": revision.to_string()})
}

/// The comparison "this key exists".
pub(in crate::remote) fn exists(key: &str) -> Value {
    json!({"key": encode(key), "target": "CREATE", "result": "GREATER", "create_revision": "0"})
}

/// The comparison "no key of this range was put after this revision".
pub(in crate::remote) fn is_unchanged_since(range: &Range, revision: u64) -> Value {
    json!({"key": encode(&range.first), "range_end": encode(&range.end), "target": "MOD", "result": "LESS",
           "mod_revision": (revision + 1).to_string()})
}

/// The comparison "no key of this range was created before this revision". The range must not be empty.
pub(in crate::remote) fn is_no_older_than(range: &Range, revision: u64) -> Value {
    json!({"key": encode(&range.first), "range_end": encode(&range.end), "target": "CREATE", "result": "GREATER",
           "create_revision": revision.saturating_sub(1).to_string()})
}

/// An operation that puts a key. `lease` 0: none.
pub(in crate::remote) fn put(key: &str, value: &[u8], lease: i64) -> Value {
    json!({"request_put": {"key": encode(key), "value": encode(value), "lease": lease.to_string()}})
}

/// What an answer to [`range`] contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Keys,
    Values,
}

/// An operation that reads a range.
pub(in crate::remote) fn range(range: &Range, content: Content) -> Value {
    json!({"request_range": {"key": encode(&range.first), "range_end": encode(&range.end),
                             "keys_only": content == Content::Keys}})
}

/// An operation that reads one key.
pub(in crate::remote) fn get(key: &str, content: Content) -> Value {
    json!({"request_range": {"key": encode(key), "keys_only": content == Content::Keys}})
}

/// A question for the first key of a range.
pub(in crate::remote) fn first_of(range: &Range) -> Value {
    json!({"key": encode(&range.first), "range_end": encode(&range.end), "keys_only": true, "limit": "1"})
}

/// An operation that deletes one key.
pub(in crate::remote) fn delete(key: &str) -> Value {
    json!({"request_delete_range": {"key": encode(key)}})
}

/// An operation that deletes a range.
pub(in crate::remote) fn delete_range(range: &Range) -> Value {
    json!({"request_delete_range": {"key": encode(&range.first), "range_end": encode(&range.end)}})
}

/// An operation that is a transaction within one.
pub(in crate::remote) fn nested(compare: &[Value], success: &[Value]) -> Value {
    json!({"request_txn": {"compare": compare, "success": success}})
}

/// The part of every answer that says where it comes from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::remote) struct Header {
    #[serde(deserialize_with = "number")]
    pub(in crate::remote) cluster_id: u64,
    #[serde(deserialize_with = "number")]
    pub(in crate::remote) member_id: u64,
    #[serde(deserialize_with = "number")]
    pub(in crate::remote) revision: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::remote) struct Txn {
    pub(in crate::remote) header: Header,
    pub(in crate::remote) succeeded: bool,
    pub(in crate::remote) responses: Vec<Response>,
}

impl Txn {
    /// The keys that the reads of the transaction found.
    pub(in crate::remote) fn found(self) -> Vec<Key> {
        self.responses.into_iter().filter_map(|one| one.response_range).flat_map(|range| range.kvs).collect()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::remote) struct Response {
    response_range: Option<Found>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::remote) struct Found {
    pub(in crate::remote) kvs: Vec<Key>,
}

/// A key that was read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Key {
    #[serde(rename = "key", deserialize_with = "bytes")]
    pub(crate) name: Vec<u8>,
    #[serde(deserialize_with = "bytes")]
    pub(crate) value: Vec<u8>,
    #[serde(deserialize_with = "number")]
    pub(crate) create_revision: u64,
}

/// The answer to a request for a lease.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::remote) struct Lease {
    #[serde(rename = "ID", deserialize_with = "number")]
    pub(in crate::remote) id: i64,
    /// In seconds; 0 where the lease has ended.
    #[serde(rename = "TTL", deserialize_with = "number")]
    pub(in crate::remote) ttl: i64,
}

/// What a member says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::remote) struct Status {
    pub(in crate::remote) header: Header,
    pub(in crate::remote) version: String,
    /// In bytes.
    #[serde(deserialize_with = "number")]
    pub(in crate::remote) db_size: u64,
    /// In bytes; 0 where it is not said, as before 3.6.
    #[serde(deserialize_with = "number")]
    pub(in crate::remote) db_size_quota: u64,
    /// 0: there is none.
    #[serde(deserialize_with = "number")]
    pub(in crate::remote) leader: u64,
    pub(in crate::remote) is_learner: bool,
    pub(in crate::remote) errors: Vec<String>,
}

/// The answer to a login.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::remote) struct Login {
    pub(in crate::remote) token: String,
}

/// One item of a stream of answers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::remote) struct Item<T> {
    pub(in crate::remote) result: T,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::remote) struct WatchResult {
    pub(in crate::remote) canceled: bool,
    pub(in crate::remote) events: Vec<Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::remote) struct Refusal {
    pub(in crate::remote) error: String,
    pub(in crate::remote) message: String,
    pub(in crate::remote) code: i32,
}

fn number<'de, D: Deserializer<'de>, N: std::str::FromStr + Default>(from: D) -> Result<N, D::Error> {
    let text = match Value::deserialize(from)? {
        Value::Null => return Ok(N::default()),
        Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map_err(|_| de::Error::custom(format!("'{text}' is not a number")))
}

fn bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(from)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_answers_with_numbers_as_strings_and_parts_left_out() {
        let text = r#"{"header":{"cluster_id":"14841639068965178418","revision":"7"},"responses":[
            {"response_range":{"header":{},"kvs":[{"key":"YQ==","create_revision":"3","lease":"9"}],"count":"1"}},
            {"response_put":{}},{"response_range":{}}]}"#;
        let txn: Txn = serde_json::from_str(text).unwrap();
        assert_eq!(
            (txn.succeeded, txn.header.revision, txn.header.cluster_id),
            (false, 7, 14_841_639_068_965_178_418)
        );
        let found = txn.found();
        assert_eq!((found.len(), &found[0].name[..], found[0].create_revision), (1, &b"a"[..], 3));
        let lease: Item<Lease> = serde_json::from_str(r#"{"result":{"ID":"5"}}"#).unwrap();
        assert_eq!((lease.result.id, lease.result.ttl), (5, 0));
        assert!(serde_json::from_str::<Header>(r#"{"revision":"x"}"#).is_err());
    }
}
