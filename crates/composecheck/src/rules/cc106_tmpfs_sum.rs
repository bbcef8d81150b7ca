//! CC106: file systems in RAM that together take a large share of the budget.

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
    what: "The file systems in RAM of a project add up to more than a quarter of its budget",
    why: "They fill as tests write, all at the same time, and nothing gives that memory back before the end",
    example: "
services:
  db:
    image: postgres:15
    tmpfs: /var/lib/postgresql/data:size=2g
",
    fix: "use volumes on disk",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let project = context.project;
    let (sum, allowed) = (Budget::of(project).tmpfs(), context.policy.budget / 4);
    if sum <= allowed {
        return Vec::new();
    }
    let services = project.services().iter().flat_map(|entry| mounts::ram_of_service(&entry.value));
    let disks = services.chain(project.section("volumes").iter().filter_map(mounts::ram_of_volume));
    let nodes: Vec<&Node> = disks.map(|disk| disk.node).collect();
    let Some((first, others)) = nodes.split_first() else { return Vec::new() };
    let size = show_size(sum);
    let message = match nodes.len() {
        1 => format!("a file system in RAM takes up to {size}, more than a quarter of the budget"),
        n => format!("{n} file systems in RAM take up to {size} together, more than a quarter of the budget"),
    };
    let finding = RULE.finding("services".into(), first.span, message);
    vec![others.iter().fold(finding, |finding, node| finding.see(node.span, "and here"))]
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
            ["1:24 2 file systems in RAM take up to 1.0 GiB together, more than a quarter of the budget"]
        );
    }
}
