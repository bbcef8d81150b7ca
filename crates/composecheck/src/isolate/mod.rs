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

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use self::changes::{FixedName, RestartMode, Wishes};
use self::ports::{Ground, Range};
use crate::compose::Project;

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

/// The names that the files give to resources.
pub(crate) fn fixed_names(project: &Project) -> Vec<FixedName> {
    let sections = ["configs", "networks", "secrets", "volumes"].into_iter();
    let of = |section: &'static str| {
        let named = project.section(section).iter().filter(|entry| entry.value.at(&["name"]).is_some());
        named.map(move |entry| (section.to_owned(), entry.key.clone()))
    };
    sections.flat_map(of).collect()
}

/// An override file that changes all that can be changed, on a machine whose ports are all free. For fuzzing, which merges
/// it with the project. None where there are not enough ports.
pub fn everything_overridden(project: &Project, model: &Value) -> Option<String> {
    let published = ports::published(model);
    let (reserved, earlier): (BTreeSet<u16>, BTreeMap<Range, u16>) = Default::default();
    let ground = Ground { reserved: &reserved, earlier: &earlier, is_free: &|_, _| true };
    let new = ports::assign(&published, "project", &ground)?;
    let labels = [("evenkeel.env".to_owned(), "$one".to_owned())];
    let wishes =
        Wishes { labels: &labels, restart: RestartMode::No, start_interval: Some("1s"), boost: Some(2.0) };
    let changes = changes::changes(model, &fixed_names(project), &published, &new, &wishes);
    Some(override_file::to_text(&changes))
}
