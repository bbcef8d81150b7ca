//! Which keys there are, and what shape their values have: what Compose checks before it looks at the meaning.

mod keys;
mod types;

use keys::{DEVICE, MOUNT, PORT, SECTIONS};
use types::Shape::{
    self, Device, Distinct, Each, External, Items, MaybeKeys, Mount, Needed, Pairs, Port, Scalar, Text,
    TextOrKeys, WholeOrKeys,
};
use types::{Keys, fault_of};

use crate::load::list_items::twin_in;
use crate::source::{Fault, Span};
use crate::yaml::{Entry, Kind, Node};

/// Finds the first key that does not exist, and the first value of a shape that its key does not take.
pub(crate) fn check(root: &Node) -> Result<(), Fault> {
    for (section, keys) in SECTIONS {
        let way = Way { before: None, key: section };
        if let Some(entry) = root.entry(section).filter(|entry| entry.value.kind == Kind::Null) {
            return Err(Fault::new(entry.span, format!("'{way}' must be a mapping")));
        }
        for item in root.at(&[section]).map_or(&[][..], Node::entries) {
            let way = way.to(&item.key);
            match item.value.kind {
                Kind::Map(_) => check_keys(&item.value, keys, item.span, &way)?,
                // Networks and volumes may be empty.
                Kind::Null if section != "services" => {}
                _ => return Err(Fault::new(place(item), format!("'{way}' must be a mapping"))),
            }
        }
    }
    Ok(())
}

/// The keys that lead to a value; they are put together only for a message.
#[derive(Clone, Copy)]
struct Way<'a> {
    before: Option<&'a Way<'a>>,
    key: &'a str,
}

impl<'a> Way<'a> {
    fn to(&'a self, key: &'a str) -> Self {
        Self { before: Some(self), key }
    }
}

impl std::fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.before {
            Some(before) => write!(f, "{before}.{}", self.key),
            None => f.write_str(self.key),
        }
    }
}

fn check_keys(node: &Node, keys: Keys, at: Span, way: &Way<'_>) -> Result<(), Fault> {
    for entry in node.entries().iter().filter(|entry| !entry.key.starts_with("x-")) {
        let Some((_, shape)) = keys.iter().find(|(key, _)| *key == entry.key) else {
            return Err(unknown(entry, keys, way));
        };
        check_entry(entry, *shape, way)?;
    }
    let is_missing = |(key, shape): &&(&str, Shape)| matches!(shape, Needed(_)) && node.entry(key).is_none();
    match keys.iter().find(is_missing) {
        Some((key, _)) => Err(Fault::new(at, format!("'{way}' needs the key '{key}'"))),
        None => Ok(()),
    }
}

fn unknown(entry: &Entry, keys: Keys, way: &Way<'_>) -> Fault {
    let near = keys
        .iter()
        .map(|(key, _)| (strsim::damerau_levenshtein(key, &entry.key), *key))
        .filter(|(distance, key)| *distance <= 1 + key.len() / 5)
        .min();
    let meant = near.map(|(_, key)| format!(": did you mean '{key}'?")).unwrap_or_default();
    Fault::new(entry.span, format!("'{way}' has no key '{}'{meant}", entry.key))
}

fn check_entry(entry: &Entry, shape: Shape, way: &Way<'_>) -> Result<(), Fault> {
    check_value(&entry.value, place(entry), shape, &way.to(&entry.key))
}

/// A collection, and what is not there, is shown by its key.
fn place(entry: &Entry) -> Span {
    if entry.value.text().is_some() { entry.value.span } else { entry.span }
}

fn check_value(node: &Node, at: Span, shape: Shape, way: &Way<'_>) -> Result<(), Fault> {
    match (shape, &node.kind) {
        (Needed(inner), _) => check_value(node, at, *inner, way),
        (Shape::Keys(keys) | MaybeKeys(keys) | TextOrKeys(keys) | WholeOrKeys(keys), Kind::Map(_)) => {
            check_keys(node, keys, at, way)
        }
        (External, Kind::Map(_)) => check_keys(node, &[("name", Text)], at, way),
        (Port, Kind::Map(_)) => check_keys(node, PORT, at, way),
        (Mount, Kind::Map(_)) => check_keys(node, MOUNT, at, way),
        (Device, Kind::Map(_)) => check_keys(node, DEVICE, at, way),
        (Items(inner), Kind::List(items)) => check_items(items, *inner, way),
        (Distinct(inner), Kind::List(items)) => {
            check_items(items, *inner, way)?;
            refuse_twins(items, way)
        }
        (Each(_), Kind::List(items)) => {
            refuse_twins(items, way)?;
            Err(Fault::new(at, format!("'{way}' must be a mapping")))
        }
        (Each(inner), Kind::Map(entries)) => {
            entries.iter().try_for_each(|entry| check_entry(entry, *inner, way))
        }
        (Pairs, Kind::Map(entries)) => entries.iter().try_for_each(|entry| check_entry(entry, Scalar, way)),
        _ => match fault_of(node, shape) {
            Some(cause) => Err(Fault::new(at, format!("'{way}' {cause}"))),
            None => Ok(()),
        },
    }
}

fn check_items(items: &[Node], inner: Shape, way: &Way<'_>) -> Result<(), Fault> {
    items.iter().enumerate().try_for_each(|(index, item)| {
        let index = index.to_string();
        check_value(item, item.span, inner, &way.to(&index))
    })
}

fn refuse_twins(items: &[Node], way: &Way<'_>) -> Result<(), Fault> {
    match twin_in(items) {
        Some(twin) => {
            Err(Fault::new(twin.span, format!("'{way}' holds '{}' twice", twin.text().unwrap_or_default())))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    fn said(text: &str) -> String {
        let mut root = yaml::parse(FileId(0), text).unwrap().remove(0);
        crate::load::normalize::unify(&mut root).unwrap();
        check(&root).map_or_else(
            |fault| format!("{}:{} {}", fault.span.line, fault.span.column, fault.cause),
            |()| String::new(),
        )
    }

    #[test]
    fn unknown_keys_are_named_with_what_was_meant() {
        for (text, wanted) in [
            ("services: {a: {imge: x}}", "1:16 'services.a' has no key 'imge': did you mean 'image'?"),
            (
                "services: {a: {memlimit: x}}",
                "1:16 'services.a' has no key 'memlimit': did you mean 'mem_limit'?",
            ),
            ("services: {a: {zzzz: x}}", "1:16 'services.a' has no key 'zzzz'"),
            (
                "services: {a: {healthcheck: {intervall: 5s}}}",
                "1:30 'services.a.healthcheck' has no key 'intervall': did you mean 'interval'?",
            ),
            ("services: {a: {x-mine: 1}}", ""),
            ("volumes: {v: {size: 1g}}", "1:15 'volumes.v' has no key 'size'"),
        ] {
            assert_eq!(said(text), wanted, "{text}");
        }
    }

    #[test]
    fn values_of_the_wrong_shape_are_named() {
        for (text, wanted) in [
            ("services: {a: {restart: false}}", "1:25 'services.a.restart' must be text: put it in quotes"),
            ("services: {a: {ports: 80}}", "1:23 'services.a.ports' must be a list"),
            (
                "services: {a: {environment: }}",
                "1:16 'services.a.environment' must be a mapping, or a list of KEY=VALUE",
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
            assert_eq!(said(text), wanted, "{text}");
        }
    }
}
