//! The types that the schema gives to values.

use ValueType::{
    Any, Bool, Command, ContainerName, Device, Duration, External, FileMode, HealthTest, HostEntry, Int,
    IntOrObject, IntOrSize, KeyValues, ListOf, MapOf, Mount, NonNegativeInt, NonNegativeNumber,
    NonNegativeSize, Number, NumberOrIntText, NumberOrSize, OneOf, OomScore, OptionalObject,
    OptionalTextOrInt, OptionalTextOrNumber, Port, PullPolicy, Required, Scalar, SwapLimit, Text, TextList,
    TextOrBool, TextOrInt, TextOrList, TextOrNumber, TextOrObject, TextOrTexts, TextSize, UniqueListOf,
    UnquotedNonNegative, UnquotedNumber,
};

use crate::compose::{shell_words, shorthand, units};
use crate::yaml::{Kind, Node};

/// The type of a value. Text may hold what an unquoted scalar would, as after interpolation: `Int` accepts `"5"`.
#[derive(Clone, Copy, Debug)]
pub(super) enum ValueType {
    /// Not checked here: newer keys, and those that are checked elsewhere.
    Any,
    Text,
    Bool,
    Int,
    NonNegativeInt,
    NonNegativeNumber,
    Number,
    /// An integer from -1000 to 1000.
    OomScore,
    /// Any scalar but a date, or null.
    Scalar,
    /// Text or a number.
    TextOrNumber,
    /// `TextOrNumber` or null.
    OptionalTextOrNumber,
    TextOrInt,
    /// `TextOrInt` or null.
    OptionalTextOrInt,
    /// A number of bytes, or text such as `512m`.
    NumberOrSize,
    /// `NumberOrSize` without a fraction.
    IntOrSize,
    /// `IntOrSize` that is not negative.
    NonNegativeSize,
    /// Text such as `512m`.
    TextSize,
    /// `NumberOrSize`, or -1 for no limit.
    SwapLimit,
    /// A number, or text with an integer.
    NumberOrIntText,
    UnquotedNumber,
    /// `UnquotedNumber` that is not negative.
    UnquotedNonNegative,
    /// Text such as `1m30s`.
    Duration,
    /// When an image is pulled.
    PullPolicy,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    TextList,
    TextOrList,
    /// Text or a list of texts.
    TextOrTexts,
    TextOrBool,
    /// Permissions: an integer, or text with an octal number.
    FileMode,
    /// The name of a container, which has at least two characters.
    ContainerName,
    /// Text that is split into words, a list of texts, or null.
    Command,
    /// The test of a health check: text for a shell, or a list that begins with how to run it.
    HealthTest,
    /// A mapping to scalars, or a list of `KEY=VALUE`.
    KeyValues,
    /// A mapping with any keys, to values of this type.
    MapOf(&'static ValueType),
    /// A list of items of this type.
    ListOf(&'static ValueType),
    /// `ListOf` without duplicate items.
    UniqueListOf(&'static ValueType),
    /// A mapping with these keys.
    Object(Keys),
    /// `Object` or null.
    OptionalObject(Keys),
    TextOrObject(Keys),
    IntOrObject(Keys),
    /// A boolean, or in the old syntax a mapping with `name`.
    External,
    /// A port in short or long syntax.
    Port,
    /// A mount in short or long syntax.
    Mount,
    /// A device in short or long syntax.
    Device,
    /// `HOST=ADDRESS`.
    HostEntry,
    /// The key must be present.
    Required(&'static ValueType),
}

/// The keys of a mapping, with the types of their values.
pub(super) type Keys = &'static [(&'static str, ValueType)];

/// What is wrong with a value, to follow its key path in a message.
pub(super) fn type_error(node: &Node, value_type: ValueType) -> Option<String> {
    match (value_type, &node.kind) {
        (Port, Kind::Int(port)) => shorthand::port_error(&port.to_string()),
        (Port, Kind::Text(text)) => shorthand::port_error(text),
        (Mount, Kind::Text(text)) => shorthand::mount_error(text),
        (Device, Kind::Text(text)) => shorthand::device_error(text),
        (HostEntry, Kind::Text(text)) => shorthand::host_error(text),
        (Command, Kind::Text(text)) => {
            shell_words::is_unterminated(text).then(|| "has a quote that is not closed".to_owned())
        }
        _ => (!matches_type(node, value_type)).then(|| format!("must be {}", description(value_type))),
    }
}

/// A type, to follow "must be" in a message.
fn description(value_type: ValueType) -> String {
    match value_type {
        Any => "anything",
        Text => "a string; quote it",
        Bool => "true or false",
        Int | NumberOrIntText => "an integer",
        NonNegativeInt => "a non-negative integer",
        NonNegativeNumber => "a non-negative number",
        Number => "a number",
        OomScore => "an integer from -1000 to 1000",
        NonNegativeSize => "a non-negative size such as 512m",
        Scalar => "a string, a number, true or false",
        TextOrNumber | OptionalTextOrNumber => "a string or a number",
        TextOrInt | OptionalTextOrInt => "a string or an integer",
        NumberOrSize | IntOrSize | SwapLimit => "a size such as 512m",
        UnquotedNumber => "a number without quotes",
        UnquotedNonNegative => "a non-negative number without quotes",
        TextSize => "a string such as 512m",
        Duration => "a duration such as 10s",
        PullPolicy => "always, never, missing, build, daily, weekly or every_DURATION",
        OneOf(texts) => return format!("one of: {}", texts.join(", ")),
        ListOf(_) | UniqueListOf(_) => "a list",
        TextList => "a list of strings",
        TextOrList | TextOrTexts | Command => "a string or a list",
        TextOrBool => "a string, true or false",
        FileMode => "an octal number such as 0440",
        ContainerName => "a name of at least two letters, digits, '_', '.' or '-'",
        HealthTest => "a string, or a list that begins with CMD, CMD-SHELL or NONE",
        KeyValues => "a mapping or a list of KEY=VALUE",
        MapOf(_) | ValueType::Object(_) | OptionalObject(_) => "a mapping",
        TextOrObject(_) | Mount | Device => "a string or a mapping",
        IntOrObject(_) => "an integer or a mapping",
        External => "true, false or a mapping",
        HostEntry => "a string such as HOST=ADDRESS",
        Port => "a port such as 8080:80 or a mapping",
        Required(inner) => return description(*inner),
    }
    .to_owned()
}

fn matches_type(node: &Node, value_type: ValueType) -> bool {
    let parses = |parse: fn(&str) -> bool| node.text().is_some_and(|text| parse(&text));
    let is_number = matches!(node.kind, Kind::Int(_) | Kind::Float(_));
    match value_type {
        Any => true,
        Text | TextOrObject(_) => is_text(node),
        Bool => matches!(node.kind, Kind::Bool(_)) || is_text_of(node, is_bool),
        Int => is_integer(node) || is_text_of(node, |text| text.parse::<i64>().is_ok()),
        NonNegativeInt => matches_type(node, Int) && !parses(is_negative),
        NonNegativeNumber => matches_type(node, Number) && !parses(is_negative),
        NonNegativeSize => matches_type(node, IntOrSize) && !parses(is_negative),
        OomScore => {
            matches_type(node, Int) && parses(|text| text.parse::<f64>().is_ok_and(|n| n.abs() <= 1000.0))
        }
        PullPolicy => is_text_of(node, is_pull_policy),
        Number => is_number || is_text_of(node, |text| text.parse::<f64>().is_ok()),
        // Compose has refused dates since 2.40.
        Scalar => {
            node.kind == Kind::Null || node.text().is_some() && !matches!(node.kind, Kind::Timestamp(_))
        }
        TextOrNumber => is_number || is_text(node),
        OptionalTextOrNumber => node.kind == Kind::Null || matches_type(node, TextOrNumber),
        TextOrInt => is_text(node) || matches!(node.kind, Kind::Int(_)),
        OptionalTextOrInt => node.kind == Kind::Null || matches_type(node, TextOrInt),
        NumberOrSize => is_number || parses(|text| units::bytes(text).is_some()),
        Duration => is_text_of(node, |text| units::duration(text.trim_start_matches('-')).is_some()),
        SwapLimit => matches_type(node, NumberOrSize) || is_text_of(node, |text| text == "-1"),
        IntOrSize => matches_type(node, NumberOrSize) && (is_text(node) || is_integer(node)),
        TextSize => is_text(node) && matches_type(node, NumberOrSize),
        NumberOrIntText => is_number || matches_type(node, Int),
        UnquotedNumber => is_number,
        UnquotedNonNegative => is_number && !parses(is_negative),
        OneOf(texts) => matches!(&node.kind, Kind::Text(text) if texts.contains(&text.as_str())),
        ListOf(_) | UniqueListOf(_) => matches!(node.kind, Kind::List(_)),
        TextList => matches!(&node.kind, Kind::List(items) if items.iter().all(is_text)),
        TextOrTexts => is_text(node) || matches_type(node, TextList),
        TextOrBool => is_text(node) || matches!(node.kind, Kind::Bool(_)),
        FileMode => {
            matches!(node.kind, Kind::Int(_)) || is_text_of(node, |text| i64::from_str_radix(text, 8).is_ok())
        }
        ContainerName => is_text_of(node, is_container_name),
        TextOrList => is_text(node) || matches!(node.kind, Kind::List(_)),
        Command => matches_type(node, TextList) || node.kind == Kind::Null,
        HealthTest => is_text(node) || matches_type(node, TextList) && is_test_command(node),
        KeyValues => matches_type(node, TextList),
        OptionalObject(_) => node.kind == Kind::Null,
        IntOrObject(_) => matches_type(node, Int),
        External => matches_type(node, Bool),
        Required(inner) => matches_type(node, *inner),
        // What these accept was handled by the callers.
        MapOf(_) | ValueType::Object(_) | Port | Mount | Device | HostEntry => false,
    }
}

fn is_text(node: &Node) -> bool {
    matches!(node.kind, Kind::Text(_))
}

fn is_integer(node: &Node) -> bool {
    matches!(node.kind, Kind::Int(_)) || matches!(node.kind, Kind::Float(number) if number.fract() == 0.0)
}

fn is_test_command(node: &Node) -> bool {
    let first = node.items().first().and_then(Node::text);
    first.is_none_or(|first| matches!(first.as_str(), "CMD" | "CMD-SHELL" | "NONE"))
}

fn is_text_of(node: &Node, parses: fn(&str) -> bool) -> bool {
    matches!(&node.kind, Kind::Text(text) if parses(text))
}

fn is_negative(text: &str) -> bool {
    text.starts_with('-')
}

/// Compose looks for such a name anywhere in the text, and accepts what stands around it.
fn is_container_name(text: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let mut pairs = text.chars().zip(text.chars().skip(1));
    pairs.any(|(first, second)| first.is_ascii_alphanumeric() && is_inside(second))
}

/// `daily`, `weekly` and `every_…` exist in newer versions of Compose.
fn is_pull_policy(text: &str) -> bool {
    matches!(text, "always" | "never" | "if_not_present" | "build" | "missing" | "daily" | "weekly")
        || text.starts_with("every_")
}

fn is_bool(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str())
}
