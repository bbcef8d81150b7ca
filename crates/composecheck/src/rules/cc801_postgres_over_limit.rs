//! CC801: memory settings of `PostgreSQL` above the memory limit.

use evenkeel_common::units::show_size;

use super::database_limits::over_limit;
use super::rule::{Check, Context, Rule, service};
use crate::compose::units;
use crate::facts::memory;
use crate::facts::settings::{Database, database, postgres_size, setting, settings};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC801",
    name: "postgres-memory-over-limit",
    level: Level::Error,
    what: "shared_buffers of PostgreSQL, or work_mem of all connections, is above the memory limit of its service",
    why: "The kernel kills it under load",
    example: "
services:
  db:
    image: postgres:15
    mem_limit: 256m
    command: postgres -c shared_buffers=1GB
",
    good: "
services:
  db:
    image: postgres:15
    mem_limit: 1g
    command: postgres -c shared_buffers=256MB
",
    fix: "use a quarter of the limit for shared_buffers",
    references: &["https://www.postgresql.org/docs/current/runtime-config-resource.html"],
    check: Check::Project(check),
};

/// Defaults of `PostgreSQL`. Source: "Resource Consumption" and "Connections and Authentication" in its manual.
const SHARED_BUFFERS: u64 = 128 << 20;
const WORK_MEM: u64 = 4 << 20;
const MAX_CONNECTIONS: u64 = 100;

fn check(context: &Context<'_>) -> Vec<Finding> {
    // effective_cache_size is an estimate for the planner and takes no memory.
    let mut findings = over_limit(&RULE, context, Database::Postgres, &["shared_buffers"], postgres_size);
    for entry in
        context.project.services().iter().filter(|entry| database(&entry.value) == Some(Database::Postgres))
    {
        let subject = service(entry);
        if !findings.iter().any(|finding| finding.subject == subject) {
            findings.extend(check_connections(context, entry));
        }
    }
    findings
}

/// Each sort of each connection may use `work_mem`: an info, since few of them do so at once.
fn check_connections(context: &Context<'_>, entry: &Entry) -> Option<Finding> {
    let limit = memory::limit(&entry.value)?;
    let settings = settings(&entry.value);
    let [work_mem, connections, shared] =
        ["work_mem", "max_connections", "shared_buffers"].map(|name| setting(&settings, name));
    let given = work_mem.or(connections)?;
    let each = work_mem.map_or(Some(WORK_MEM), |given| kilobytes(&given.value))?;
    let count = connections.map_or(Some(MAX_CONNECTIONS), |given| given.value.parse().ok())?;
    let shared = shared.map_or(Some(SHARED_BUFFERS), |given| postgres_size(&given.value))?;
    let sum = each.saturating_mul(count).saturating_add(shared);
    (sum > limit.bytes).then(|| {
        let message = format!(
            "{count} connections of service '{}' with {} of work_mem each may use {}, above its memory limit",
            entry.key,
            show_size(each),
            show_size(sum)
        );
        let span = context.project.sources.narrow(given.span, &given.word);
        let fix = "lower work_mem or max_connections, or raise the limit".to_owned();
        let finding = RULE.finding(service(entry), span, message).with_related(limit.node.span, "the limit");
        Finding { level: Level::Info, fix, ..finding }
    })
}

/// A size as `PostgreSQL` reads `work_mem`: without a unit it counts kB.
fn kilobytes(text: &str) -> Option<u64> {
    match text.parse::<u64>() {
        Ok(number) => number.checked_mul(1 << 10),
        Err(_) => units::bytes(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::super::testing::{findings_with, found};
    use crate::finding::Level;

    #[test]
    fn at_the_limit() {
        let of = |setting: &str| {
            let text =
                format!("{{image: 'postgres:15', mem_limit: 256m, command: [postgres, -c, {setting}]}}");
            found("CC801", &format!("services: {{a: {text}}}")).len()
        };
        assert_eq!(of("shared_buffers=256MB"), 0);
        assert_eq!(of("shared_buffers=257MB"), 1);
        assert_eq!(of("shared_buffers=32769"), 1);
        assert_eq!(of("effective_cache_size=1GB"), 0);
    }

    #[test]
    fn work_mem_times_connections_is_an_info() {
        let of = |settings: &str| {
            let text = format!(
                "services: {{a: {{image: 'postgres:15', mem_limit: 512m, command: postgres -c {settings}}}}}"
            );
            let findings = findings_with(&Policy::default(), "CC801", &text);
            findings.into_iter().map(|f| (f.level, f.message, f.fix)).collect::<Vec<_>>()
        };
        let [(level, message, fix)] = &of("work_mem=8MB -c maintenance_work_mem=8MB")[..] else { panic!() };
        assert_eq!(*level, Level::Info);
        assert!(
            message.starts_with("100 connections of service 'a' with 8.0 MiB of work_mem each"),
            "{message}"
        );
        assert_eq!(fix, "lower work_mem or max_connections, or raise the limit");
        assert_eq!(of("work_mem=3MB"), []);
        assert_eq!(of("work_mem=8192 -c max_connections=40"), []);
        assert_eq!(of("work_mem=8192 -c max_connections=50").len(), 1);
        assert_eq!((of("max_connections=96"), of("max_connections=97").len()), (vec![], 1));
        assert_eq!(of("shared_buffers=1GB -c work_mem=1GB").len(), 1, "one finding of one cause");
        assert_eq!(of("jit=off"), []);
    }

    #[test]
    fn the_line_of_a_block_is_shown() {
        let text = "services:\n  a:\n    image: postgres:15\n    mem_limit: 256m\n    command: |\n      postgres\n      \
                    -c max_wal_size=1GB\n      -c shared_buffers=1GB\n";
        let message = "shared_buffers of service 'a' is 1GB, above its memory limit";
        assert_eq!(found("CC801", text), [format!("8:10 {message}")]);
        let quoted = text.replace("command: |\n      postgres", "command: >-\n      postgres");
        assert_eq!(found("CC801", &quoted), [format!("8:10 {message}")]);
    }
}
