//! CC103: a file system in RAM, in each of its spellings.

use evenkeel_common::units::show_size;

use super::rule::{Check, Context, Rule, service};
use crate::facts::mounts;
use crate::facts::mounts::RamDisk;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC103",
    name: "tmpfs-in-ram",
    level: Level::Error,
    what: "A tmpfs without a size, or with more than 64 MiB, keeps files in RAM",
    why: "What is written there is memory that nothing gives back; without a size it is half the machine's",
    example: "
services:
  db:
    image: postgres:15
    tmpfs: /var/lib/postgresql/data
",
    fix: "use a volume on disk; for scratch files, a size: /tmp:size=64m",
    check: Check::Project(check),
};

/// As large as the /dev/shm that every container has: small enough for /run and /tmp.
const SMALL: u64 = 64 << 20;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let project = context.project;
    let of_service = |entry: &Entry| -> Vec<Finding> {
        let disks = mounts::ram_of_service(&entry.value);
        disks.iter().filter_map(|disk| found(service(entry), disk)).collect()
    };
    let services = project.services().iter().flat_map(of_service);
    let of_volume = |entry: &Entry| found(format!("volumes.{}", entry.key), &mounts::ram_of_volume(entry)?);
    services.chain(project.section("volumes").iter().filter_map(of_volume)).collect()
}

fn found(subject: String, disk: &RamDisk<'_>) -> Option<Finding> {
    let size = match (&disk.size, disk.bytes()) {
        (_, Some(bytes)) if bytes <= SMALL => return None,
        (_, Some(bytes)) => format!("up to {}", show_size(bytes)),
        (Some(text), None) => format!("up to {text}"),
        (None, None) => "up to half of the machine's memory".to_owned(),
    };
    Some(RULE.finding(subject, disk.node.span, format!("'{}' is kept in RAM, {size}", disk.target)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn in_all_its_spellings() {
        for spelling in ["tmpfs: /data", "tmpfs: [/data]", "volumes: [{type: tmpfs, target: /data}]"] {
            let text = format!("services: {{a: {{{spelling}}}}}");
            assert!(
                found("CC103", &text)[0]
                    .ends_with("'/data' is kept in RAM, up to half of the machine's memory")
            );
        }
        let volume = "volumes: {v: {driver_opts: {type: tmpfs, o: size=1g}}}";
        assert_eq!(found("CC103", volume), ["1:35 'v' is kept in RAM, up to 1.0 GiB"]);
    }

    #[test]
    fn at_the_threshold() {
        let of =
            |size: &str| found("CC103", &format!("services: {{a: {{tmpfs: '/run:size={size}'}}}}")).len();
        assert_eq!([of("64m"), of("16m")], [0; 2]);
        assert_eq!([of("65m"), of("50%"), of("0")], [1; 3]);
    }
}
