//! CC103: a large tmpfs, in any syntax.

use evenkeel_common::units::show_size;

use super::rule::{Check, Context, Rule, service};
use crate::facts::mounts::Tmpfs;
use crate::facts::{memory, mounts};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC103",
    name: "tmpfs-in-ram",
    level: Level::Error,
    what: "A tmpfs, which is kept in RAM, has no size or more than 64 MiB",
    why: "Its files use memory until they are deleted; without a size they can use half of the host's memory",
    example: "
services:
  db:
    image: postgres:15
    tmpfs: /var/lib/postgresql/data
",
    good: "
services:
  db:
    image: postgres:15
    tmpfs: /tmp:size=64m
    volumes: [data:/var/lib/postgresql/data]
volumes:
  data: {}
",
    fix: "use a volume on disk, or set a size for temporary files: /tmp:size=64m",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#tmpfs",
        "https://docs.docker.com/engine/storage/tmpfs/",
    ],
    check: Check::Project(check),
};

/// Largest size that is accepted, in bytes. It is Docker's default for /dev/shm, and enough for /run and /tmp.
const MAX_SIZE: u64 = 64 << 20;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let project = context.project;
    let of_service = |entry: &Entry| -> Vec<Finding> {
        let (tmpfs, limit) = (mounts::service_tmpfs(&entry.value), memory::limit(&entry.value));
        let limit = limit.map(|limit| limit.bytes);
        tmpfs.iter().filter_map(|mount| check_tmpfs(service(entry), mount, limit)).collect()
    };
    let services = project.services().iter().flat_map(of_service);
    let of_volume =
        |entry: &Entry| check_tmpfs(format!("volumes.{}", entry.key), &mounts::volume_tmpfs(entry)?, None);
    services.chain(project.section("volumes").iter().filter_map(of_volume)).collect()
}

/// `limit` is the memory limit of the service, which its tmpfs cannot exceed.
fn check_tmpfs(subject: String, tmpfs: &Tmpfs<'_>, limit: Option<u64>) -> Option<Finding> {
    let size = match (&tmpfs.size, tmpfs.bytes().or(limit)) {
        (_, Some(bytes)) if bytes <= MAX_SIZE => return None,
        (_, Some(bytes)) => format!("up to {}", show_size(bytes)),
        (Some(text), None) => format!("up to {text}"),
        (None, None) => "up to half of the host's memory".to_owned(),
    };
    let mut finding =
        RULE.finding(subject, tmpfs.node.span, format!("'{}' is kept in RAM, {size}", tmpfs.target));
    if is_scratch(&tmpfs.target) {
        finding.level = Level::Warning;
    }
    Some(finding)
}

/// Whether a directory is for files that are soon deleted, and small in practice.
fn is_scratch(target: &str) -> bool {
    const SCRATCH: [&str; 6] = ["/tmp", "/run", "/var/run", "/var/tmp", "/var/cache", "/cache"];
    let is_below = |directory: &str| {
        target.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    SCRATCH.into_iter().any(is_below) || target.trim_end_matches('/').ends_with("/cache")
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::super::testing::{findings_with, found};
    use crate::finding::Level;

    #[test]
    fn scratch_is_a_warning_and_data_an_error() {
        for (target, level) in [
            ("/tmp", Level::Warning),
            ("/run/", Level::Warning),
            ("/var/cache/nginx", Level::Warning),
            ("/app/cache", Level::Warning),
            ("/tmpfiles", Level::Error),
            ("/var/lib/postgresql/data", Level::Error),
        ] {
            let text = format!("services: {{a: {{tmpfs: '{target}'}}}}");
            assert_eq!(findings_with(&Policy::default(), "CC103", &text)[0].level, level, "{target}");
        }
    }

    #[test]
    fn a_memory_limit_is_the_most() {
        let text = "services: {a: {mem_limit: 128m, tmpfs: /data}}";
        assert!(found("CC103", text)[0].ends_with("'/data' is kept in RAM, up to 128.0 MiB"));
        assert_eq!(found("CC103", &text.replace("128m", "64m")), [""; 0]);
    }

    #[test]
    fn in_every_syntax() {
        for spelling in ["tmpfs: /data", "tmpfs: [/data]", "volumes: [{type: tmpfs, target: /data}]"] {
            let text = format!("services: {{a: {{{spelling}}}}}");
            assert!(
                found("CC103", &text)[0].ends_with("'/data' is kept in RAM, up to half of the host's memory")
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
