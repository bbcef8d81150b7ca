//! How values of each type are printed. A form gives nothing where Compose prints nothing: for what is null, empty, zero
//! or false.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::compose::{shell_words, units};
use crate::yaml::{Entry, Kind, Node, go};

/// What the forms need to know of the project.
pub(super) struct Setting<'a> {
    pub(super) variables: &'a HashMap<String, String>,
}

/// How one value is printed.
pub(super) type Form = fn(&Node, &Setting<'_>) -> Option<Value>;

/// The keys of a mapping, and how the value of each is printed. What is not in it is not printed.
pub(super) type Table = &'static [(&'static str, Form)];

/// A mapping, even one that comes out empty.
pub(super) fn object(node: &Node, setting: &Setting<'_>, table: Table) -> Option<Value> {
    matches!(node.kind, Kind::Map(_)).then(|| {
        let print = |entry: &Entry| {
            let (_, form) = table.iter().find(|(key, _)| *key == entry.key)?;
            Some((entry.key.clone(), form(&entry.value, setting)?))
        };
        Value::Object(node.entries().iter().filter_map(print).collect())
    })
}

/// A mapping, but for one that comes out empty.
pub(super) fn object_or_nothing(node: &Node, setting: &Setting<'_>, table: Table) -> Option<Value> {
    object(node, setting, table).filter(|value| value.as_object().is_some_and(|entries| !entries.is_empty()))
}

/// A list of what `form` makes of the items, or of the one value that stands for a list.
pub(super) fn list(node: &Node, form: impl Fn(&Node) -> Option<Value>) -> Option<Value> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Null => &[],
        _ => std::slice::from_ref(node),
    };
    let items: Vec<Value> = items.iter().filter_map(form).collect();
    (!items.is_empty()).then_some(Value::Array(items))
}

/// Anything, as it was written.
pub(super) fn raw(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Int(value) => Value::from(*value),
        Kind::Float(value) => Number::from_f64(*value).map_or(Value::Null, Value::Number),
        Kind::Time(value) => Value::String(value.rfc3339()),
        Kind::Text(value) => Value::String(value.clone()),
        Kind::List(items) => items.iter().map(raw).collect(),
        Kind::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), raw(&entry.value))).collect())
        }
    }
}

/// Text.
pub(super) fn text(node: &Node, _: &Setting<'_>) -> Option<Value> {
    node.text().filter(|text| !text.is_empty()).map(Value::String)
}

/// A list of texts; numbers become texts.
pub(super) fn texts(node: &Node, _: &Setting<'_>) -> Option<Value> {
    list(node, |item| item.text().map(Value::String))
}

/// What `true` and `false` mean to Compose, in each of its spellings.
pub(super) fn truth(node: &Node) -> Option<bool> {
    match &node.kind {
        Kind::Bool(value) => Some(*value),
        Kind::Text(text) => Some(matches!(text.to_lowercase().as_str(), "true" | "y" | "yes" | "on" | "1")),
        _ => None,
    }
}

/// `true`.
pub(super) fn boolean(node: &Node, _: &Setting<'_>) -> Option<Value> {
    truth(node).filter(|value| *value).map(Value::Bool)
}

/// `true` or `false`, where nothing said differs from `false`.
pub(super) fn boolean_or_not(node: &Node, _: &Setting<'_>) -> Option<Value> {
    truth(node).map(Value::Bool)
}

/// A whole number.
pub(super) fn whole(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    whole_or_zero(node, setting).filter(|number| number.as_i64() != Some(0))
}

/// A whole number, where nothing said differs from zero.
pub(super) fn whole_or_zero(node: &Node, _: &Setting<'_>) -> Option<Value> {
    match &node.kind {
        Kind::Int(number) => Some(*number),
        #[expect(clippy::cast_possible_truncation, reason = "Compose cuts it too")]
        Kind::Float(number) => Some(*number as i64),
        Kind::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
    .map(Value::from)
}

/// A number of 32 bits.
pub(super) fn number(node: &Node, _: &Setting<'_>) -> Option<Value> {
    let number: f32 = node.text()?.trim().parse().ok()?;
    // The shortest text of the 32 bits, not what 64 bits make of them.
    let number: f64 = number.to_string().parse().ok().filter(|number| *number != 0.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small")]
    Some(if number.fract() == 0.0 && number.abs() < 1e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    })
}

/// A number of bytes, printed as text.
pub(super) fn bytes(node: &Node, _: &Setting<'_>) -> Option<Value> {
    let bytes = match &node.kind {
        Kind::Int(bytes) => *bytes,
        Kind::Text(text) if text == "-1" => -1,
        Kind::Text(text) => i64::try_from(units::bytes(text)?).ok()?,
        // Compose drops a float.
        _ => return None,
    };
    (bytes != 0).then(|| Value::String(bytes.to_string()))
}

/// A duration, as Go prints it.
pub(super) fn duration(node: &Node, _: &Setting<'_>) -> Option<Value> {
    let text = node.text()?;
    let (sign, size) = text.strip_prefix('-').map_or(("", text.as_str()), |size| ("-", size));
    units::duration(size).map(|duration| Value::String(format!("{sign}{}", go::duration(duration))))
}

/// A mapping to texts; a key without a value has an empty one.
pub(super) fn pairs(node: &Node, _: &Setting<'_>) -> Option<Value> {
    mapping(node, |value| Some(Value::String(value.text().unwrap_or_default())))
}

/// A mapping of variables: one without a value has that of the environment, or none.
pub(super) fn variables(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    with_variables(node, setting, Missing::IsNull)
}

/// The same, but what has no value at all is left away.
pub(super) fn set_variables(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    with_variables(node, setting, Missing::IsLeftAway)
}

/// A variable that has no value anywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    IsNull,
    IsLeftAway,
}

fn with_variables(node: &Node, setting: &Setting<'_>, missing: Missing) -> Option<Value> {
    mapping_of(node, |entry| {
        let own = entry.value.text().or_else(|| setting.variables.get(&entry.key).cloned());
        own.map(Value::String).or_else(|| (missing == Missing::IsNull).then_some(Value::Null))
    })
}

fn mapping(node: &Node, form: impl Fn(&Node) -> Option<Value>) -> Option<Value> {
    mapping_of(node, |entry| form(&entry.value))
}

fn mapping_of(node: &Node, form: impl Fn(&Entry) -> Option<Value>) -> Option<Value> {
    let print = |entry: &Entry| Some((entry.key.clone(), form(entry)?));
    let entries: Map<String, Value> = node.entries().iter().filter_map(print).collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}

/// A command: text is split into words as a shell would.
pub(super) fn command(node: &Node, setting: &Setting<'_>) -> Option<Value> {
    match &node.kind {
        Kind::Text(text) => {
            Some(Value::Array(shell_words::words(text).into_iter().map(Value::String).collect()))
        }
        Kind::List(items) if items.is_empty() => Some(Value::Array(Vec::new())),
        Kind::List(_) => texts(node, setting),
        _ => Some(Value::Null),
    }
}
