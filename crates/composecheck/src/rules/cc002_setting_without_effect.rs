//! CC002: settings without effect.

use super::rule::{Check, Context, Rule, service};
use crate::compose::shell_words;
use crate::facts::mounts::option;
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Kind, Node};

pub(super) const RULE: Rule = Rule {
    code: "CC002",
    name: "setting-without-effect",
    level: Level::Warning,
    what: "A setting has no effect, or an unexpected one: a size of a volume on disk, a number that Compose \
           ignores, a command with a shell operator, an unquoted date, a key for Swarm only",
    why: "It looks like a limit, so the missing one goes unnoticed",
    example: "
services:
  db:
    image: postgres:15
    shm_size: 1e9
volumes:
  data:
    driver_opts: {o: size=1g}
",
    good: "
services:
  db:
    image: postgres:15
    shm_size: 256m
volumes:
  data: {}
",
    fix: "remove it, or write it so that it has the intended effect",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#shm_size",
        "https://docs.docker.com/reference/compose-file/volumes/",
    ],
    check: Check::Project(check),
};

/// Sizes that Compose silently ignores if they are written as a float.
const SIZES: [&str; 4] = ["mem_reservation", "memswap_limit", "shm_size", "mem_swappiness"];
/// Keys of `deploy` that `docker compose up` ignores.
const SWARM_ONLY: [&str; 4] = ["placement", "update_config", "rollback_config", "endpoint_mode"];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let services = context.project.services().iter().flat_map(check_service);
    services.chain(context.project.section("volumes").iter().filter_map(check_volume)).collect()
}

fn check_volume(entry: &Entry) -> Option<Finding> {
    let options = entry.value.at(&["driver_opts"])?;
    let is_local = entry.value.text_at(&["driver"]).is_none_or(|driver| driver == "local");
    if !is_local || options.text_at(&["type"]).as_deref() == Some("tmpfs") {
        return None;
    }
    let in_options = |node: &&Node| option(&node.text().unwrap_or_default(), "size").is_some();
    let size = options.at(&["size"]).or_else(|| options.at(&["o"]).filter(in_options))?;
    let message = format!("the size of volume '{}' has no effect: the volume is on disk", entry.key);
    Some(RULE.finding(format!("volumes.{}", entry.key), size.span, message))
}

fn check_service(entry: &Entry) -> Vec<Finding> {
    let value = &entry.value;
    let is_float = |node: &&Node| matches!(node.kind, Kind::Float(_));
    let dropped = SIZES.iter().filter_map(|key| Some((*key, value.at(&[key]).filter(is_float)?)));
    let dropped = dropped.map(|(key, node)| {
        let message = format!("Compose ignores the {key} of service '{}': it is not an integer", entry.key);
        RULE.finding(service(entry), node.span, message)
    });
    let mounts = value.items_at(&["volumes"]).iter();
    let sizes = mounts.filter(|item| item.text_at(&["type"]).is_some_and(|kind| kind != "tmpfs"));
    let sizes = sizes.filter_map(|item| item.at(&["tmpfs", "size"])).map(|node| {
        let message = format!(
            "the tmpfs size of a mount of service '{}' has no effect: the mount is not a tmpfs",
            entry.key
        );
        RULE.finding(service(entry), node.span, message)
    });
    let deploy = value.entries_at(&["deploy"]).iter();
    let swarm = deploy.filter(|key| SWARM_ONLY.contains(&key.key.as_str())).map(|key| {
        let message = format!("deploy.{} of service '{}' has an effect in Swarm only", key.key, entry.key);
        RULE.finding(service(entry), key.span, message)
    });
    let commands = ["command", "entrypoint"].into_iter().filter_map(|key| Some((key, value.at(&[key])?)));
    let cut = commands.filter_map(|(key, node)| {
        let Kind::Text(text) = &node.kind else { return None };
        let end = shell_words::first_operator(text)?;
        let message =
            format!("the {key} of service '{}' ends at '{end}': it is not run by a shell", entry.key);
        Some(RULE.finding(service(entry), node.span, message))
    });
    dropped.chain(sizes).chain(swarm).chain(cut).chain(dates(entry)).collect()
}

/// Unquoted dates, which Compose converts to another format.
fn dates(entry: &Entry) -> impl Iterator<Item = Finding> {
    let paths: [&[&str]; 4] = [&["environment"], &["labels"], &["build", "args"], &["build", "labels"]];
    let pairs = paths.into_iter().filter_map(|path| entry.value.at(path)).flat_map(Node::entries);
    pairs.filter_map(|pair| {
        let Kind::Timestamp(time) = pair.value.kind else { return None };
        let (key, converted) = (&pair.key, time.to_go_string());
        let message =
            format!("Compose converts {key} of service '{}' to '{converted}'; quote the date", entry.key);
        Some(RULE.finding(service(entry), pair.value.span, message))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn settings_without_effect() {
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
            ["1:33 Compose converts D of service 'a' to '2024-01-01 00:00:00 +0000 UTC'; quote the date"]
        );
        assert_eq!(
            of("services: {a: {command: 'a && b', entrypoint: [x, '|']}}"),
            ["1:25 the command of service 'a' ends at '&': it is not run by a shell"]
        );
    }
}
