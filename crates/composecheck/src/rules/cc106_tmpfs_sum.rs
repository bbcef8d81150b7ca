//! CC106: tmpfs that together take a large part of the budget.

use evenkeel_common::units::show_size;

use super::rule::{Check, Context, Rule};
use crate::facts::budget::Budget;
use crate::facts::mounts;
use crate::finding::{Finding, Level};
use crate::yaml::Node;

pub(super) const RULE: Rule = Rule {
    code: "CC106",
    name: "tmpfs-sum-too-large",
    level: Level::Error,
    what: "All tmpfs of a project add up to more than a quarter of the budget",
    why: "They fill up as tests write, all at the same time, and their memory is not freed before the end",
    example: "
services:
  db:
    image: postgres:15
    tmpfs: /var/lib/postgresql/data:size=2g
",
    good: "
services:
  db:
    image: postgres:15
    volumes: [data:/var/lib/postgresql/data]
volumes:
  data: {}
",
    fix: "use volumes on disk",
    references: &["https://docs.docker.com/engine/storage/tmpfs/"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let project = context.project;
    let (sum, allowed) = (Budget::of(project).tmpfs(), context.policy.budget_bytes() / 4);
    if sum <= allowed {
        return Vec::new();
    }
    let services = project.services().iter().flat_map(|entry| mounts::service_tmpfs(&entry.value));
    let tmpfs = services.chain(project.section("volumes").iter().filter_map(mounts::volume_tmpfs));
    let nodes: Vec<&Node> = tmpfs.map(|tmpfs| tmpfs.node).collect();
    let Some((first, others)) = nodes.split_first() else { return Vec::new() };
    let size = show_size(sum);
    let message = match nodes.len() {
        1 => format!("a tmpfs takes up to {size}, more than a quarter of the budget"),
        n => format!("{n} tmpfs take up to {size} together, more than a quarter of the budget"),
    };
    let finding = RULE.finding("services".into(), first.span, message);
    vec![others.iter().fold(finding, |finding, node| finding.with_related(node.span, "also this one"))]
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn services_and_volumes_add_up() {
        let of = |size: &str| {
            let service = format!("services: {{a: {{tmpfs: ['/d:size={size}'], scale: 2}}}}");
            found(
                "CC106",
                &format!("{service}\nvolumes: {{v: {{driver_opts: {{type: tmpfs, o: size=24m}}}}}}"),
            )
        };
        assert_eq!(of("500m"), [""; 0]);
        assert_eq!(
            of("501m"),
            ["1:24 2 tmpfs take up to 1.0 GiB together, more than a quarter of the budget"]
        );
    }
}
