//! Values as Compose prints them, by type. A function returns none for a value that Compose omits: null and most values
//! that are empty, zero or false.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::compose::{shell_words, units};
use crate::yaml::{Entry, Kind, Node, go};

/// What the functions need to know about the project.
pub(super) struct Context<'a> {
    pub(super) variables: &'a HashMap<String, String>,
}

/// Renders one value.
pub(super) type RenderFn = fn(&Node, &Context<'_>) -> Option<Value>;

/// The keys of a mapping with the functions that render their values. Other keys are omitted.
pub(super) type Fields = &'static [(&'static str, RenderFn)];

/// A mapping, even if it is empty.
pub(super) fn object(node: &Node, context: &Context<'_>, fields: Fields) -> Option<Value> {
    matches!(node.kind, Kind::Map(_)).then(|| {
        let print = |entry: &Entry| {
            let (_, render) = fields.iter().find(|(key, _)| *key == entry.key)?;
            Some((entry.key.clone(), render(&entry.value, context)?))
        };
        Value::Object(node.entries().iter().filter_map(print).collect())
    })
}

/// A mapping, unless it is empty.
pub(super) fn non_empty_object(node: &Node, context: &Context<'_>, fields: Fields) -> Option<Value> {
    object(node, context, fields).filter(|value| value.as_object().is_some_and(|entries| !entries.is_empty()))
}

/// A list of the rendered items, or of the one value if it is not a list; none if it is empty.
pub(super) fn list(node: &Node, render: impl Fn(&Node) -> Option<Value>) -> Option<Value> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Null => &[],
        _ => std::slice::from_ref(node),
    };
    let items: Vec<Value> = items.iter().filter_map(render).collect();
    (!items.is_empty()).then_some(Value::Array(items))
}

/// Any value, as it was written.
pub(super) fn raw(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Int(value) => Value::from(*value),
        Kind::Float(value) => Number::from_f64(*value).map_or(Value::Null, Value::Number),
        Kind::Timestamp(value) => Value::String(value.to_rfc3339()),
        Kind::Text(value) => Value::String(value.clone()),
        // As Go prints an empty list without a type.
        Kind::List(items) if items.is_empty() => Value::Null,
        Kind::List(items) => items.iter().map(raw).collect(),
        Kind::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), raw(&entry.value))).collect())
        }
    }
}

/// A string, unless it is empty.
pub(super) fn text(node: &Node, _: &Context<'_>) -> Option<Value> {
    node.text().filter(|text| !text.is_empty()).map(Value::String)
}

/// A list of strings; other scalars are converted.
pub(super) fn texts(node: &Node, _: &Context<'_>) -> Option<Value> {
    list(node, |item| item.text().map(Value::String))
}

/// A boolean in any spelling that Compose accepts.
pub(super) fn parse_bool(node: &Node) -> Option<bool> {
    match &node.kind {
        Kind::Bool(value) => Some(*value),
        Kind::Text(text) => Some(matches!(text.to_lowercase().as_str(), "true" | "y" | "yes" | "on" | "1")),
        _ => None,
    }
}

/// A boolean, unless it is false.
pub(super) fn boolean(node: &Node, _: &Context<'_>) -> Option<Value> {
    parse_bool(node).filter(|value| *value).map(Value::Bool)
}

/// A boolean, even if it is false.
pub(super) fn explicit_boolean(node: &Node, _: &Context<'_>) -> Option<Value> {
    parse_bool(node).map(Value::Bool)
}

/// An integer, unless it is zero.
pub(super) fn integer(node: &Node, context: &Context<'_>) -> Option<Value> {
    explicit_integer(node, context).filter(|number| number.as_i64() != Some(0))
}

/// An integer, even if it is zero.
pub(super) fn explicit_integer(node: &Node, _: &Context<'_>) -> Option<Value> {
    match &node.kind {
        Kind::Int(number) => Some(*number),
        #[expect(clippy::cast_possible_truncation, reason = "Compose cuts it too")]
        Kind::Float(number) => Some(*number as i64),
        Kind::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
    .map(Value::from)
}

/// A 32-bit float, unless it is zero.
pub(super) fn float32(node: &Node, _: &Context<'_>) -> Option<Value> {
    let number: f32 = node.text()?.trim().parse().ok()?;
    // Through text, because the conversion to 64 bits would add digits.
    let number: f64 = number.to_string().parse().ok().filter(|number| *number != 0.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small")]
    Some(if number.fract() == 0.0 && number.abs() < 1e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    })
}

/// A size as a string with the number of bytes, unless it is zero.
pub(super) fn bytes(node: &Node, _: &Context<'_>) -> Option<Value> {
    let bytes = match &node.kind {
        Kind::Int(bytes) => *bytes,
        Kind::Text(text) if text == "-1" => -1,
        Kind::Text(text) => i64::try_from(units::bytes(text)?).ok()?,
        // Compose ignores a float.
        _ => return None,
    };
    (bytes != 0).then(|| Value::String(bytes.to_string()))
}

/// A duration as Go prints it.
pub(super) fn duration(node: &Node, _: &Context<'_>) -> Option<Value> {
    let text = node.text()?;
    let (sign, size) = text.strip_prefix('-').map_or(("", text.as_str()), |size| ("-", size));
    units::duration(size).map(|duration| Value::String(format!("{sign}{}", go::duration(duration))))
}

/// A mapping to strings; null becomes an empty string.
pub(super) fn string_map(node: &Node, _: &Context<'_>) -> Option<Value> {
    mapping(node, |value| Some(Value::String(value.text().unwrap_or_default())))
}

/// A mapping of variables. One without a value has that of the environment, or null.
pub(super) fn environment(node: &Node, context: &Context<'_>) -> Option<Value> {
    with_variables(node, context, Unset::Null)
}

/// A mapping of variables. One without a value has that of the environment, or is omitted.
pub(super) fn build_args(node: &Node, context: &Context<'_>) -> Option<Value> {
    with_variables(node, context, Unset::Omitted)
}

/// What becomes of a variable without a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unset {
    Null,
    Omitted,
}

fn with_variables(node: &Node, context: &Context<'_>, unset: Unset) -> Option<Value> {
    mapping_of(node, |entry| {
        let own = entry.value.text().or_else(|| context.variables.get(&entry.key).cloned());
        own.map(Value::String).or_else(|| (unset == Unset::Null).then_some(Value::Null))
    })
}

fn mapping(node: &Node, render: impl Fn(&Node) -> Option<Value>) -> Option<Value> {
    mapping_of(node, |entry| render(&entry.value))
}

fn mapping_of(node: &Node, render: impl Fn(&Entry) -> Option<Value>) -> Option<Value> {
    let print = |entry: &Entry| Some((entry.key.clone(), render(entry)?));
    let entries: Map<String, Value> = node.entries().iter().filter_map(print).collect();
    (!entries.is_empty()).then_some(Value::Object(entries))
}

/// A command as a list; a string is split into words.
pub(super) fn command(node: &Node, context: &Context<'_>) -> Option<Value> {
    match &node.kind {
        Kind::Text(text) => {
            Some(Value::Array(shell_words::split(text).into_iter().map(Value::String).collect()))
        }
        Kind::List(items) if items.is_empty() => Some(Value::Array(Vec::new())),
        Kind::List(_) => texts(node, context),
        _ => Some(Value::Null),
    }
}
