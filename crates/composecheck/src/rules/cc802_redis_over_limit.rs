//! CC802: `maxmemory` of Redis above the memory limit.

use super::database_limits::over_limit;
use super::rule::{Check, Context, Rule};
use crate::facts::settings::{Database, redis_size};
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC802",
    name: "redis-memory-over-limit",
    level: Level::Error,
    what: "maxmemory of Redis is above the memory limit of its service",
    why: "The kernel kills it before it starts to evict keys",
    example: "
services:
  cache:
    image: redis:7
    mem_limit: 256m
    command: redis-server --maxmemory 1gb
",
    good: "
services:
  cache:
    image: redis:7
    mem_limit: 256m
    command: redis-server --maxmemory 192mb
",
    fix: "use three quarters of the limit, which leaves room for its buffers",
    references: &[
        "https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/memory-optimization/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    over_limit(&RULE, context, Database::Redis, &["maxmemory"], redis_size)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn at_the_limit() {
        let of = |size: &str| {
            let text =
                format!("{{image: 'redis:7', mem_limit: 256m, command: redis-server --maxmemory {size}}}");
            found("CC802", &format!("services: {{a: {text}}}")).len()
        };
        assert_eq!([of("256mb"), of("268m"), of("200mb")], [0; 3]);
        assert_eq!([of("257mb"), of("269m"), of("1gb")], [1; 3]);
    }
}
