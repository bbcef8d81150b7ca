//! CC002: settings that look like something and do nothing.

use super::rule::{Check, Context, Rule, service};
use crate::compose::shell_words;
use crate::facts::mounts::option;
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Kind, Node, text_at};

pub(super) const RULE: Rule = Rule {
    code: "CC002",
    name: "setting-without-effect",
    level: Level::Warning,
    what: "A setting does nothing: a size on a plain volume, a number that Compose drops, a command that it cuts off, a \
           date that it rewrites, a key for Swarm only",
    why: "It reads like a limit, so nobody looks for the one that is missing",
    example: "
services:
  db:
    image: postgres:15
    shm_size: 1e9
volumes:
  data:
    driver_opts: {o: size=1g}
",
    fix: "remove it, or write what was meant",
    check: Check::Project(check),
};

/// Sizes that Compose drops in silence when they are written as a float.
const SIZES: [&str; 4] = ["mem_reservation", "memswap_limit", "shm_size", "mem_swappiness"];
/// What `docker compose up` does not look at.
const SWARM_ONLY: [&str; 4] = ["placement", "update_config", "rollback_config", "endpoint_mode"];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let services = context.project.services().iter().flat_map(of_service);
    services.chain(context.project.section("volumes").iter().filter_map(of_volume)).collect()
}

fn of_volume(entry: &Entry) -> Option<Finding> {
    let options = entry.value.at(&["driver_opts"])?;
    let is_local = text_at(&entry.value, &["driver"]).is_none_or(|driver| driver == "local");
    if !is_local || text_at(options, &["type"]).as_deref() == Some("tmpfs") {
        return None;
    }
    let in_options = |node: &&Node| option(&node.text().unwrap_or_default(), "size").is_some();
    let size = options.at(&["size"]).or_else(|| options.at(&["o"]).filter(in_options))?;
    let message = format!("the size of volume '{}' limits nothing: it lies on the engine's disk", entry.key);
    Some(RULE.finding(format!("volumes.{}", entry.key), size.span, message))
}

fn of_service(entry: &Entry) -> Vec<Finding> {
    let value = &entry.value;
    let is_float = |node: &&Node| matches!(node.kind, Kind::Float(_));
    let dropped = SIZES.iter().filter_map(|key| Some((*key, value.at(&[key]).filter(is_float)?)));
    let dropped = dropped.map(|(key, node)| {
        let message = format!("Compose drops the {key} of service '{}': it is no whole number", entry.key);
        RULE.finding(service(entry), node.span, message)
    });
    let mounts = value.at(&["volumes"]).map_or(&[][..], Node::items).iter();
    let sizes = mounts.filter(|item| text_at(item, &["type"]).is_some_and(|kind| kind != "tmpfs"));
    let sizes = sizes.filter_map(|item| item.at(&["tmpfs", "size"])).map(|node| {
        let message = format!("a mount of service '{}' is no tmpfs: the size limits nothing", entry.key);
        RULE.finding(service(entry), node.span, message)
    });
    let deploy = value.at(&["deploy"]).map_or(&[][..], Node::entries).iter();
    let swarm = deploy.filter(|key| SWARM_ONLY.contains(&key.key.as_str())).map(|key| {
        let message = format!("deploy.{} of service '{}' is for Swarm only", key.key, entry.key);
        RULE.finding(service(entry), key.span, message)
    });
    let commands = ["command", "entrypoint"].into_iter().filter_map(|key| Some((key, value.at(&[key])?)));
    let cut = commands.filter_map(|(key, node)| {
        let Kind::Text(text) = &node.kind else { return None };
        let end = shell_words::cut(text)?;
        let message =
            format!("Compose ends the {key} of service '{}' at '{end}': no shell runs it", entry.key);
        Some(RULE.finding(service(entry), node.span, message))
    });
    dropped.chain(sizes).chain(swarm).chain(cut).chain(dates(entry)).collect()
}

/// A date without quotes is no text to Compose.
fn dates(entry: &Entry) -> impl Iterator<Item = Finding> {
    let paths: [&[&str]; 4] = [&["environment"], &["labels"], &["build", "args"], &["build", "labels"]];
    let pairs = paths.into_iter().filter_map(|path| entry.value.at(path)).flat_map(Node::entries);
    pairs.filter_map(|pair| {
        let Kind::Time(time) = pair.value.kind else { return None };
        let (key, words) = (&pair.key, time.words());
        let message =
            format!("Compose makes '{words}' of {key} of service '{}': put it in quotes", entry.key);
        Some(RULE.finding(service(entry), pair.value.span, message))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn what_does_nothing() {
        let of = |text: &str| found("CC002", text);
        assert_eq!(of("volumes: {v: {driver_opts: {size: 1g}}}").len(), 1);
        assert_eq!(of("volumes: {v: {driver_opts: {type: none, o: 'bind,size=1g'}}}").len(), 1);
        assert_eq!(of("volumes: {v: {driver_opts: {type: tmpfs, o: size=1g}}}"), [""; 0]);
        assert_eq!(of("volumes: {v: {driver: nfs, driver_opts: {size: 1g}}}"), [""; 0]);
        assert_eq!(of("services: {a: {shm_size: 1e9}}").len(), 1);
        assert_eq!(of("services: {a: {shm_size: 1g}}"), [""; 0]);
        assert_eq!(of("services: {a: {volumes: [{type: volume, target: /d, tmpfs: {size: 1g}}]}}").len(), 1);
        assert_eq!(of("services: {a: {deploy: {placement: {}, replicas: 2}}}").len(), 1);
        assert_eq!(
            of("services: {a: {environment: {D: 2024-01-01, E: '2024-01-01'}}}"),
            ["1:33 Compose makes '2024-01-01 00:00:00 +0000 UTC' of D of service 'a': put it in quotes"]
        );
        assert_eq!(
            of("services: {a: {command: 'a && b', entrypoint: [x, '|']}}"),
            ["1:25 Compose ends the command of service 'a' at '&': no shell runs it"]
        );
    }
}
