//! What a run needs to have a project for itself, decided on the merged model; nothing here reads files or the network.
//!
//! - [`ports`]: which host port replaces which
//! - [`changes`]: what the override file changes
//! - [`shared`]: what stays common to all runs
//! - [`override_file`]: the changes as a Compose file

pub(crate) mod changes;
pub(crate) mod override_file;
pub(crate) mod ports;
pub(crate) mod shared;

use serde_json::{Map, Value};

/// The entries of a mapping of the model; none where there is no mapping.
pub(crate) fn entries<'a>(model: &'a Value, section: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    model.get(section).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// The items of a list of a service.
pub(crate) fn items<'a>(service: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    service.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The text at this key.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// Whether a volume, network, config or secret is created outside the project.
pub(crate) fn is_external(resource: &Value) -> bool {
    resource.get("external").is_some_and(|external| *external != Value::Bool(false))
}
