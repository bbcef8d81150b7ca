//! The schema: which keys exist, and the type of each value. Compose checks it before anything else.

mod keys;
mod types;

use super::list_items::duplicate;
use crate::source::{Span, SpannedError, nearest};
use crate::yaml::{Entry, Kind, Node};
use keys::{DEVICE, MOUNT, PORT, SECTIONS};
use types::ValueType::{
    self, Device, External, IntOrObject, KeyValues, ListOf, MapOf, Mount, OptionalObject, Port, Required,
    Scalar, Text, TextOrObject, UniqueListOf,
};
use types::{Keys, type_error};

/// Rejects the first unknown or missing key, and the first value of a wrong type.
pub(super) fn check(root: &Node) -> Result<(), SpannedError> {
    for (section, keys) in SECTIONS {
        let path = KeyPath { parent: None, key: section };
        if let Some(entry) = root.entry(section).filter(|entry| entry.value.kind == Kind::Null) {
            return Err(SpannedError::new(entry.span, format!("'{path}' must be a mapping")));
        }
        for item in root.entries_at(&[section]) {
            let path = path.child(&item.key);
            match item.value.kind {
                Kind::Map(_) => check_keys(&item.value, keys, item.span, &path)?,
                // Networks and volumes may be empty.
                Kind::Null if section != "services" => {}
                _ => return Err(SpannedError::new(span_of(item), format!("'{path}' must be a mapping"))),
            }
        }
    }
    Ok(())
}

/// The keys that lead to a value. They are joined only for a message.
#[derive(Clone, Copy)]
struct KeyPath<'a> {
    parent: Option<&'a KeyPath<'a>>,
    key: &'a str,
}

impl<'a> KeyPath<'a> {
    fn child(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), key }
    }
}

impl std::fmt::Display for KeyPath<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.parent {
            Some(parent) => write!(f, "{parent}.{}", self.key),
            None => f.write_str(self.key),
        }
    }
}

fn check_keys(node: &Node, keys: Keys, span: Span, path: &KeyPath<'_>) -> Result<(), SpannedError> {
    for entry in node.entries().iter().filter(|entry| !entry.key.starts_with("x-")) {
        let Some((_, value_type)) = keys.iter().find(|(key, _)| *key == entry.key) else {
            return Err(unknown_key(entry, keys, path));
        };
        check_entry(entry, *value_type, path)?;
    }
    let is_missing = |(key, value_type): &&(&str, ValueType)| {
        matches!(value_type, Required(_)) && node.entry(key).is_none()
    };
    match keys.iter().find(is_missing) {
        Some((key, _)) => Err(SpannedError::new(span, format!("'{path}' must have the key '{key}'"))),
        None => Ok(()),
    }
}

/// Suggests the most similar key, if one is similar enough.
fn unknown_key(entry: &Entry, keys: Keys, path: &KeyPath<'_>) -> SpannedError {
    let nearest = nearest(&entry.key, keys.iter().map(|(key, _)| *key));
    let suggestion = nearest.map(|key| format!("; did you mean '{key}'?")).unwrap_or_default();
    SpannedError::new(entry.span, format!("'{path}' has no key '{}'{suggestion}", entry.key))
}

fn check_entry(entry: &Entry, value_type: ValueType, path: &KeyPath<'_>) -> Result<(), SpannedError> {
    check_value(&entry.value, span_of(entry), value_type, &path.child(&entry.key))
}

/// Where an entry is shown: a scalar at its value, a list, a mapping and null at its key.
fn span_of(entry: &Entry) -> Span {
    if entry.value.text().is_some() { entry.value.span } else { entry.span }
}

fn check_value(
    node: &Node,
    span: Span,
    value_type: ValueType,
    path: &KeyPath<'_>,
) -> Result<(), SpannedError> {
    match (value_type, &node.kind) {
        (Required(inner), _) => check_value(node, span, *inner, path),
        (
            ValueType::Object(keys) | OptionalObject(keys) | TextOrObject(keys) | IntOrObject(keys),
            Kind::Map(_),
        ) => check_keys(node, keys, span, path),
        (External, Kind::Map(_)) => check_keys(node, &[("name", Text)], span, path),
        (Port, Kind::Map(_)) => check_keys(node, PORT, span, path),
        (Mount, Kind::Map(_)) => check_keys(node, MOUNT, span, path),
        (Device, Kind::Map(_)) => check_keys(node, DEVICE, span, path),
        (ListOf(inner), Kind::List(items)) => check_items(items, *inner, path),
        (UniqueListOf(inner), Kind::List(items)) => {
            check_items(items, *inner, path)?;
            reject_duplicates(items, path)
        }
        (MapOf(_), Kind::List(items)) => {
            reject_duplicates(items, path)?;
            Err(SpannedError::new(span, format!("'{path}' must be a mapping")))
        }
        (MapOf(inner), Kind::Map(entries)) => {
            entries.iter().try_for_each(|entry| check_entry(entry, *inner, path))
        }
        (KeyValues, Kind::Map(entries)) => {
            entries.iter().try_for_each(|entry| check_entry(entry, Scalar, path))
        }
        _ => match type_error(node, value_type) {
            Some(cause) => Err(SpannedError::new(span, format!("'{path}' {cause}"))),
            None => Ok(()),
        },
    }
}

fn check_items(items: &[Node], inner: ValueType, path: &KeyPath<'_>) -> Result<(), SpannedError> {
    items.iter().enumerate().try_for_each(|(index, item)| {
        let index = index.to_string();
        check_value(item, item.span, inner, &path.child(&index))
    })
}

fn reject_duplicates(items: &[Node], path: &KeyPath<'_>) -> Result<(), SpannedError> {
    match duplicate(items) {
        Some(item) => {
            let cause = format!("'{path}' has the item '{}' twice", item.text().unwrap_or_default());
            Err(SpannedError::new(item.span, cause))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    fn message(text: &str) -> String {
        let mut root = yaml::parse(FileId(0), text).unwrap().remove(0);
        crate::load::normalize::normalize(&mut root).unwrap();
        check(&root).map_or_else(
            |error| format!("{}:{} {}", error.span.line, error.span.column, error.cause),
            |()| String::new(),
        )
    }

    #[test]
    fn unknown_keys_are_named_with_a_suggestion() {
        for (text, wanted) in [
            ("services: {a: {imge: x}}", "1:16 'services.a' has no key 'imge'; did you mean 'image'?"),
            (
                "services: {a: {memlimit: x}}",
                "1:16 'services.a' has no key 'memlimit'; did you mean 'mem_limit'?",
            ),
            ("services: {a: {zzzz: x}}", "1:16 'services.a' has no key 'zzzz'"),
            (
                "services: {a: {healthcheck: {intervall: 5s}}}",
                "1:30 'services.a.healthcheck' has no key 'intervall'; did you mean 'interval'?",
            ),
            ("services: {a: {x-mine: 1}}", ""),
            ("volumes: {v: {size: 1g}}", "1:15 'volumes.v' has no key 'size'"),
        ] {
            assert_eq!(message(text), wanted, "{text}");
        }
    }

    #[test]
    fn values_of_the_wrong_type_are_named() {
        for (text, wanted) in [
            ("services: {a: {restart: false}}", "1:25 'services.a.restart' must be a string; quote it"),
            ("services: {a: {ports: 80}}", "1:23 'services.a.ports' must be a list"),
            (
                "services: {a: {environment: }}",
                "1:16 'services.a.environment' must be a mapping or a list of KEY=VALUE",
            ),
            ("services: {a: {mem_limit: lots}}", "1:27 'services.a.mem_limit' must be a size such as 512m"),
            (
                "services: {a: {healthcheck: {interval: 10}}}",
                "1:40 'services.a.healthcheck.interval' must be a duration such as 10s",
            ),
            ("services: {a: {tty: maybe}}", "1:21 'services.a.tty' must be true or false"),
            ("services: {a: {tty: 'yes', command: , deploy: , mem_limit: 1e9, cpus: '0.5'}}", ""),
            ("services: {a: }", "1:12 'services.a' must be a mapping"),
            ("networks: {n: }\nvolumes: {v: {external: true}}", ""),
        ] {
            assert_eq!(message(text), wanted, "{text}");
        }
    }
}
