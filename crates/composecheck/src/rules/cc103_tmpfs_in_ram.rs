//! CC103: a file system in RAM, in each of its spellings.

use drydock_common::units::show_size;

use super::{Context, Finding, Level, Rule, service};
use crate::model::{Entry, Kind, Node};
use crate::units::bytes;

pub(super) const RULE: Rule = Rule {
    code: "CC103",
    name: "tmpfs-in-ram",
    level: Level::Error,
    what: "A tmpfs keeps files in RAM",
    why: "What is written there is memory that nothing gives back; without a size it is half the machine's",
    example: "services: {db: {image: postgres:15, tmpfs: /var/lib/postgresql/data}}",
    fix: "use a volume on disk",
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let project = context.project;
    let services = project.services().iter().flat_map(of_service);
    services.chain(project.section("volumes").iter().filter_map(of_volume)).collect()
}

fn of_service(entry: &Entry) -> Vec<Finding> {
    let short = entry.value.at(&["tmpfs"]).map_or(&[][..], |node| match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    });
    let short = short.iter().filter_map(|item| {
        let text = item.text()?;
        let (target, options) = text.split_once(':').unwrap_or((&text, ""));
        Some((item, target.to_owned(), size_of(options)))
    });
    let is_tmpfs = |item: &&Node| item.at(&["type"]).and_then(Node::text).as_deref() == Some("tmpfs");
    let mounts = entry.value.at(&["volumes"]).map_or(&[][..], Node::items).iter().filter(is_tmpfs);
    let long = mounts.filter_map(|item| {
        let target = item.at(&["target"]).and_then(Node::text).unwrap_or_default();
        Some((item.at(&["type"])?, target, item.at(&["tmpfs", "size"]).and_then(Node::text)))
    });
    short
        .chain(long)
        .map(|(node, target, size)| found(service(entry), node, &target, size.as_deref()))
        .collect()
}

fn of_volume(entry: &Entry) -> Option<Finding> {
    let kind =
        entry.value.at(&["driver_opts", "type"]).filter(|node| node.text().as_deref() == Some("tmpfs"))?;
    let options = entry.value.at(&["driver_opts", "o"]).and_then(Node::text).unwrap_or_default();
    Some(found(format!("volumes.{}", entry.key), kind, &entry.key, size_of(&options).as_deref()))
}

fn size_of(options: &str) -> Option<String> {
    options.split(',').find_map(|option| Some(option.trim().strip_prefix("size=")?.to_owned()))
}

fn found(subject: String, node: &Node, target: &str, size: Option<&str>) -> Finding {
    let size = match size {
        Some(text) => format!("up to {}", bytes(text).map_or_else(|| text.to_owned(), show_size)),
        None => "up to half of the machine's memory".to_owned(),
    };
    RULE.finding(subject, node.span, format!("'{target}' is kept in RAM, {size}"))
}
