//! CC107: a file system in RAM that is larger than the container may be.

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
    why: "What is written there counts against the limit: the container is killed before the file system is full",
    example: "
services:
  db:
    image: postgres:15
    mem_limit: 256m
    shm_size: 512m
",
    fix: "make it smaller than the limit, or raise the limit",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().flat_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Vec<Finding> {
    let Some(limit) = memory::limit(&entry.value) else { return Vec::new() };
    let finding = |node: &Node, what: &str, size: u64| {
        let (size, most) = (show_size(size), show_size(limit.bytes));
        let message = format!("{what} of service '{}' takes up to {size}, its limit is {most}", entry.key);
        RULE.finding(service(entry), node.span, message).see(limit.node.span, "the limit")
    };
    let disks = mounts::ram_of_service(&entry.value).into_iter();
    let disks = disks.filter_map(|disk| Some((disk.node, format!("'{}'", disk.target), disk.bytes()?)));
    let shm = memory::shm(&entry.value).map(|shm| (shm.node, "/dev/shm".to_owned(), shm.bytes));
    let large = disks.chain(shm).filter(|(_, _, size)| *size > limit.bytes);
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
