//! Shapes of values: what they are called, and what fits them.

use Shape::{
    Any, Bool, Bytes, Command, Count, Device, Distinct, Duration, Each, External, Host, Items, MaybeKeys,
    MaybePlain, MaybeTextOrWhole, Mount, Natural, Needed, Number, OneOf, Pairs, Plain, Policy, Port, Room,
    Scalar, Score, Shares, Size, Swap, Test, Text, TextOrKeys, TextOrList, TextOrWhole, Texts, Unquoted,
    UnquotedCount, Whole, WholeBytes, WholeOrKeys,
};

use crate::compose::{shell_words, shorthand, units};
use crate::yaml::{Kind, Node};

/// The shape of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Whatever it is: newer keys, and those with a shape of their own that is checked elsewhere.
    Any,
    Text,
    Bool,
    Whole,
    /// A whole number that is not negative.
    Natural,
    /// A number that is not negative.
    Count,
    Number,
    /// From -1000 to 1000.
    Score,
    /// Text, a number, true, false, or nothing.
    Scalar,
    /// Text, a number or a point in time.
    Plain,
    /// The same, or nothing.
    MaybePlain,
    TextOrWhole,
    /// The same, or nothing.
    MaybeTextOrWhole,
    /// A number of bytes, or text such as 512m.
    Bytes,
    /// The same, but for parts of a byte.
    WholeBytes,
    /// The same, and not negative.
    Room,
    /// Text such as 512m.
    Size,
    /// The same; -1 is no limit.
    Swap,
    /// A number, and a whole one where it is text.
    Shares,
    /// A number that is not in quotes.
    Unquoted,
    /// The same, and not negative.
    UnquotedCount,
    /// Text such as 1m30s.
    Duration,
    /// When to pull an image.
    Policy,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of texts.
    Texts,
    TextOrList,
    /// A command, which may also be nothing.
    Command,
    /// The words of a health check, or text for a shell.
    Test,
    /// `KEY=VALUE` items or a mapping.
    Pairs,
    /// A mapping with keys of the user's, and values of this shape.
    Each(&'static Shape),
    /// A list with items of this shape.
    Items(&'static Shape),
    /// The same, with no item twice.
    Distinct(&'static Shape),
    /// A mapping with these keys.
    Keys(Keys),
    /// The same, or nothing.
    MaybeKeys(Keys),
    TextOrKeys(Keys),
    WholeOrKeys(Keys),
    /// true, false, or a mapping.
    External,
    /// The short text of a port, or a mapping.
    Port,
    /// The short text of a mount, or a mapping.
    Mount,
    /// The short text of a device, or a mapping.
    Device,
    /// A host with its address.
    Host,
    /// The key has to be there.
    Needed(&'static Shape),
}

/// The keys of a mapping.
pub(super) type Keys = &'static [(&'static str, Shape)];

/// What is wrong with a value, if anything is.
pub(super) fn fault_of(node: &Node, shape: Shape) -> Option<String> {
    match (shape, &node.kind) {
        (Port, Kind::Int(port)) => shorthand::port_fault(&port.to_string()),
        (Port, Kind::Text(text)) => shorthand::port_fault(text),
        (Mount, Kind::Text(text)) => shorthand::mount_fault(text),
        (Device, Kind::Text(text)) => shorthand::device_fault(text),
        (Host, Kind::Text(text)) => shorthand::host_fault(text),
        (Command, Kind::Text(text)) => {
            shell_words::is_open(text).then(|| "has a quote that is not closed".to_owned())
        }
        _ => (!fits(node, shape)).then(|| format!("must be {}", wanted(shape))),
    }
}

fn wanted(shape: Shape) -> String {
    match shape {
        Any => "anything",
        Text => "text: put it in quotes",
        Bool => "true or false",
        Whole | Shares => "a whole number",
        Natural => "a whole number, and not negative",
        Count => "a number, and not negative",
        Number => "a number",
        Score => "a whole number from -1000 to 1000",
        Room => "a size such as 512m, and not negative",
        Scalar => "text, a number, true or false",
        Plain | MaybePlain => "text or a number",
        TextOrWhole | MaybeTextOrWhole => "text or a whole number",
        Bytes | WholeBytes | Swap => "a size such as 512m",
        Unquoted => "a number without quotes",
        UnquotedCount => "a number without quotes, and not negative",
        Size => "text such as 512m",
        Duration => "a duration such as 10s",
        Policy => "always, never, missing, build, or from when on to pull, such as daily",
        OneOf(texts) => return format!("one of {}", texts.join(", ")),
        Items(_) | Distinct(_) => "a list",
        Texts => "a list of texts",
        TextOrList | Command => "text or a list",
        Test => "text, or a list that begins with CMD, CMD-SHELL or NONE",
        Pairs => "a mapping, or a list of KEY=VALUE",
        Each(_) | Shape::Keys(_) | MaybeKeys(_) => "a mapping",
        TextOrKeys(_) | Mount | Device => "text or a mapping",
        WholeOrKeys(_) => "a whole number, or a mapping",
        External => "true, false or a mapping",
        Host => "text such as HOST=ADDRESS",
        Port => "a port such as 8080:80, or a mapping",
        Needed(inner) => return wanted(*inner),
    }
    .to_owned()
}

fn fits(node: &Node, shape: Shape) -> bool {
    let parses = |parse: fn(&str) -> bool| node.text().is_some_and(|text| parse(&text));
    let is_number = matches!(node.kind, Kind::Int(_) | Kind::Float(_));
    match shape {
        Any => true,
        Text | TextOrKeys(_) => is_text(node),
        Bool => matches!(node.kind, Kind::Bool(_)) || is_text_of(node, is_bool),
        Whole => is_whole(node) || is_text_of(node, |text| text.parse::<i64>().is_ok()),
        Natural => fits(node, Whole) && !parses(is_negative),
        Count => fits(node, Number) && !parses(is_negative),
        Room => fits(node, WholeBytes) && !parses(is_negative),
        Score => fits(node, Whole) && parses(|text| text.parse::<f64>().is_ok_and(|n| n.abs() <= 1000.0)),
        Policy => is_text_of(node, is_pull_policy),
        Number => is_number || is_text_of(node, |text| text.parse::<f64>().is_ok()),
        Scalar => node.kind == Kind::Null || node.text().is_some(),
        Plain => is_number || is_text(node) || matches!(node.kind, Kind::Time(_)),
        MaybePlain => node.kind == Kind::Null || fits(node, Plain),
        TextOrWhole => is_text(node) || matches!(node.kind, Kind::Int(_)),
        MaybeTextOrWhole => node.kind == Kind::Null || fits(node, TextOrWhole),
        Bytes => is_number || parses(|text| units::bytes(text).is_some()),
        Duration => is_text_of(node, |text| units::duration(text.trim_start_matches('-')).is_some()),
        Swap => fits(node, Bytes) || is_text_of(node, |text| text == "-1"),
        WholeBytes => fits(node, Bytes) && (is_text(node) || is_whole(node)),
        Size => is_text(node) && fits(node, Bytes),
        Shares => is_number || fits(node, Whole),
        Unquoted => is_number,
        UnquotedCount => is_number && !parses(is_negative),
        OneOf(texts) => matches!(&node.kind, Kind::Text(text) if texts.contains(&text.as_str())),
        Items(_) | Distinct(_) => matches!(node.kind, Kind::List(_)),
        Texts => matches!(&node.kind, Kind::List(items) if items.iter().all(is_text)),
        TextOrList => is_text(node) || matches!(node.kind, Kind::List(_)),
        Command => fits(node, Texts) || node.kind == Kind::Null,
        Test => is_text(node) || fits(node, Texts) && begins_a_test(node),
        Pairs => fits(node, Texts),
        MaybeKeys(_) => node.kind == Kind::Null,
        WholeOrKeys(_) => fits(node, Whole),
        External => fits(node, Bool),
        Needed(inner) => fits(node, *inner),
        // Mappings and short texts were looked at before.
        Each(_) | Shape::Keys(_) | Port | Mount | Device | Host => false,
    }
}

fn is_text(node: &Node) -> bool {
    matches!(node.kind, Kind::Text(_))
}

fn is_whole(node: &Node) -> bool {
    matches!(node.kind, Kind::Int(_)) || matches!(node.kind, Kind::Float(number) if number.fract() == 0.0)
}

fn begins_a_test(node: &Node) -> bool {
    let first = node.items().first().and_then(Node::text);
    first.is_none_or(|first| matches!(first.as_str(), "CMD" | "CMD-SHELL" | "NONE"))
}

fn is_text_of(node: &Node, parses: fn(&str) -> bool) -> bool {
    matches!(&node.kind, Kind::Text(text) if parses(text))
}

fn is_negative(text: &str) -> bool {
    text.starts_with('-')
}

/// The last three are of newer versions.
fn is_pull_policy(text: &str) -> bool {
    matches!(text, "always" | "never" | "if_not_present" | "build" | "missing" | "daily" | "weekly")
        || text.starts_with("every_")
}

fn is_bool(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str())
}
