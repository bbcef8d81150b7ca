//! CC926: a built image under a name that is not its own.

use std::collections::HashMap;

use super::rule::{Check, Context, Rule, service};
use crate::facts::image::Image;
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC926",
    name: "built-image-replaces",
    level: Level::Warning,
    what: "A build gets the name of an official image, or of another build",
    why: "It replaces the other image on this machine, also for other projects, and is pushed under that name",
    example: "
services:
  db:
    build: ./db
    image: postgres:15
",
    good: "
services:
  db:
    build: ./db
    image: shop-db
",
    fix: "give it a name of its own: image: myapp-db",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#build",
        "https://docs.docker.com/reference/compose-file/services/#image",
    ],
    check: Check::Project(check),
};

/// Official images that people build upon. Source: the most pulled ones of Docker Hub.
const OFFICIAL: [&str; 24] = [
    "alpine",
    "busybox",
    "caddy",
    "debian",
    "golang",
    "haproxy",
    "httpd",
    "mariadb",
    "memcached",
    "mongo",
    "mysql",
    "nats",
    "nginx",
    "node",
    "openjdk",
    "php",
    "postgres",
    "python",
    "rabbitmq",
    "redis",
    "ruby",
    "rust",
    "traefik",
    "ubuntu",
];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut first = HashMap::new();
    let mut findings = Vec::new();
    for entry in context.project.services() {
        let (Some(build), Some(node)) = (entry.value.at(&["build"]), entry.value.at(&["image"])) else {
            continue;
        };
        let Some(name) = node.text().filter(|name| !name.is_empty()) else { continue };
        let image = Image::parse(&name);
        if image.official_name().is_some_and(|name| OFFICIAL.contains(&name)) {
            let message =
                format!("the build of service '{}' replaces the official image '{name}'", entry.key);
            findings.push(RULE.finding(service(entry), node.span, message));
            continue;
        }
        let (other, other_build, span) = *first.entry(name.clone()).or_insert((&entry.key, build, node.span));
        if !build.same_value(other_build) {
            let message =
                format!("'{other}' and '{}' build different images under the name '{name}'", entry.key);
            let finding = RULE.finding(service(entry), node.span, message);
            findings.push(finding.with_related(span, "used here already"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn official_and_other_builds() {
        let of = |a: &str, b: &str| found("CC926", &format!("services: {{a: {{{a}}}, b: {{{b}}}}}"));
        assert_eq!(
            of("build: x, image: 'postgres:15'", "image: 'postgres:15'"),
            ["1:33 the build of service 'a' replaces the official image 'postgres:15'"]
        );
        assert_eq!(
            of("build: x, image: app", "build: y, image: app"),
            ["1:60 'a' and 'b' build different images under the name 'app'"]
        );
        assert_eq!(of("build: x, image: app", "build: x, image: app"), [""; 0]);
        assert_eq!(of("build: x, image: 'me/postgres'", "build: y"), [""; 0]);
    }
}
