//! CC918: a device that holds the machine.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC918",
    name: "device-dangerous",
    level: Level::Error,
    what: "A container reaches the machine's memory or disks",
    why: "It can read and change everything on them, whatever its user",
    example: "
services:
  disk:
    image: disk:1
    devices: [/dev/sda:/dev/sda]
",
    good: "
services:
  disk:
    image: disk:1
    volumes: [/srv/disk:/data]
",
    fix: "mount the directory that is needed as a volume",
    references: &["https://docs.docker.com/reference/compose-file/services/#devices"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().flat_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Vec<Finding> {
    let devices = entry.value.items_at(&["devices"]).iter();
    let finding = |node: &crate::yaml::Node| {
        let source = node.text().or_else(|| node.text_at(&["source"]))?;
        let device = source.split(':').next().unwrap_or_default();
        let message = format!("service '{}' reaches {device}", entry.key);
        is_dangerous(device).then(|| RULE.finding(service(entry), node.span, message))
    };
    devices.filter_map(finding).collect()
}

fn is_dangerous(device: &str) -> bool {
    let Some(name) = device.strip_prefix("/dev/") else { return false };
    let is_disk = |prefix: &str| {
        name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    matches!(name, "mem" | "kmem" | "port" | "kmsg" | "mapper" | "")
        || ["sd", "hd", "vd", "xvd", "nvme", "dm-", "mapper/"].into_iter().any(is_disk)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn memory_and_disks() {
        let of = |device: &str| found("CC918", &format!("services: {{a: {{devices: ['{device}']}}}}")).len();
        assert_eq!([of("/dev/mem"), of("/dev/sda1:/d"), of("/dev/nvme0n1"), of("/dev/mapper/root")], [1; 4]);
        assert_eq!([of("/dev/dri:/dev/dri"), of("/dev/ttyUSB0"), of("/dev/snd"), of("/dev/fuse")], [0; 4]);
    }
}
