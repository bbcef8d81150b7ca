//! CC801: memory settings of `PostgreSQL` above the memory limit.

use super::database_limits::over_limit;
use super::rule::{Check, Context, Rule};
use crate::facts::settings::{Database, postgres_size};
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC801",
    name: "postgres-memory-over-limit",
    level: Level::Error,
    what: "shared_buffers of PostgreSQL is above the memory limit of its service",
    why: "The kernel kills it under load",
    example: "
services:
  db:
    image: postgres:15
    mem_limit: 256m
    command: postgres -c shared_buffers=1GB
",
    fix: "use a quarter of the limit for shared_buffers",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    // effective_cache_size is an estimate for the planner and takes no memory.
    over_limit(&RULE, context, Database::Postgres, &["shared_buffers"], postgres_size)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

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
        assert_eq!(of("work_mem=1GB"), 0);
    }
}
