//! CC803: memory settings of `ClickHouse` above the memory limit.

use super::database_limits::over_limit;
use super::rule::{Check, Context, Rule};
use crate::compose::units::bytes;
use crate::facts::settings::Database;
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC803",
    name: "clickhouse-memory-over-limit",
    level: Level::Error,
    what: "max_server_memory_usage of ClickHouse is above the memory limit of its service",
    why: "The kernel kills the server, where the server would have rejected one query",
    example: "
services:
  stats:
    image: clickhouse/clickhouse-server:23.8
    mem_limit: 512m
    command: [--, --max_server_memory_usage=2000000000]
",
    good: "
services:
  stats:
    image: clickhouse/clickhouse-server:23.8
    mem_limit: 512m
    command: [--, --max_server_memory_usage=480000000]
",
    fix: "use nine tenths of the limit, which leaves room for memory that it does not count",
    references: &[
        "https://clickhouse.com/docs/operations/server-configuration-parameters/settings#max_server_memory_usage",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let names = ["max_server_memory_usage", "max_memory_usage"];
    over_limit(&RULE, context, Database::ClickHouse, &names, bytes)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn at_the_limit() {
        let of = |size: u64| {
            let command = format!("[--, --max_server_memory_usage={size}]");
            let text = format!("{{image: clickhouse/clickhouse-server, mem_limit: 1m, command: {command}}}");
            found("CC803", &format!("services: {{a: {text}}}")).len()
        };
        assert_eq!([of(1 << 20), of((1 << 20) + 1)], [0, 1]);
    }
}
