//! CC107: a tmpfs that is larger than the memory limit.

use evenkeel_common::units::show_size;

use super::rule::{Check, Context, Rule, service};
use crate::facts::{memory, mounts};
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Node};

pub(super) const RULE: Rule = Rule {
    code: "CC107",
    name: "tmpfs-over-limit",
    level: Level::Error,
    what: "A tmpfs or /dev/shm is larger than the memory limit of its service",
    why: "Its files count against the limit: the container is killed before the tmpfs is full",
    example: "
services:
  db:
    image: postgres:15
    mem_limit: 256m
    shm_size: 512m
",
    good: "
services:
  db:
    image: postgres:15
    mem_limit: 512m
    shm_size: 128m
",
    fix: "make it smaller than the limit, or raise the limit",
    references: &["https://docs.docker.com/reference/compose-file/services/#shm_size"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().flat_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Vec<Finding> {
    let Some(limit) = memory::limit(&entry.value) else { return Vec::new() };
    let finding = |node: &Node, what: &str, size: u64| {
        let (size, max) = (show_size(size), show_size(limit.bytes));
        let message =
            format!("{what} of service '{}' takes up to {size}, the memory limit is {max}", entry.key);
        RULE.finding(service(entry), node.span, message).with_related(limit.node.span, "the limit")
    };
    let tmpfs = mounts::service_tmpfs(&entry.value).into_iter();
    let tmpfs = tmpfs.filter_map(|tmpfs| Some((tmpfs.node, format!("'{}'", tmpfs.target), tmpfs.bytes()?)));
    let shm = memory::shm(&entry.value).map(|shm| (shm.node, "/dev/shm".to_owned(), shm.bytes));
    let large = tmpfs.chain(shm).filter(|(_, _, size)| *size > limit.bytes);
    large.map(|(node, what, size)| finding(node, &what, size)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn at_the_limit() {
        let of = |text: &str| found("CC107", &format!("services: {{a: {{mem_limit: 256m, {text}}}}}")).len();
        assert_eq!(of("shm_size: 256m"), 0);
        assert_eq!(of("shm_size: 257m"), 1);
        assert_eq!(of("tmpfs: '/d:size=1g'"), 1);
        assert_eq!(of("tmpfs: /d"), 0);
    }
}
