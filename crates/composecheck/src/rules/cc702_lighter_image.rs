//! CC702: an image that has a smaller variant.

use super::rule::{Check, Context, Rule, service};
use crate::facts::image::Image;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

/// The date of the newest tag file that the list below was checked against. Whether a tag exists is not asked anywhere: the
/// date says how old the answer is.
macro_rules! checked {
    () => {
        "2025-04"
    };
}

pub(super) const RULE: Rule = Rule {
    code: "CC702",
    name: "lighter-image-exists",
    level: Level::Info,
    what: "An official image is used that has an Alpine variant",
    why: "The variant is smaller and faster to pull, so an environment starts sooner on a fresh machine",
    example: "
services:
  db:
    image: postgres:15
",
    good: "
services:
  db:
    image: postgres:15-alpine
",
    fix: concat!("use the Alpine variant, such as postgres:15-alpine (list of tags of ", checked!(), ")"),
    references: &["https://docs.docker.com/reference/compose-file/services/#image"],
    check: Check::Project(check),
};

/// Official images whose version tags also exist with `-alpine`, and are not on Alpine already. Source: the tag files in
/// docker-library/official-images, and for golang, httpd, node, php and python the pages of the images. Not in it: caddy
/// and eclipse-mosquitto (on Alpine), nats and traefik (built from scratch or on Alpine), influxdb (2.0.0 to 2.0.6 and 3
/// have no such tag).
const WITH_ALPINE: [&str; 14] = [
    "golang",
    "haproxy",
    "httpd",
    "memcached",
    "nginx",
    "node",
    "php",
    "postgres",
    "python",
    "rabbitmq",
    "redis",
    "ruby",
    "rust",
    "telegraf",
];
/// Not an official image, but it has the same variants.
const CLICKHOUSE: &str = "clickhouse/clickhouse-server";

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let node = entry.value.at(&["image"])?;
    let image = Image::parse(&node.text()?);
    let known = image.official_name().is_some_and(|name| WITH_ALPINE.contains(&name))
        || image.repository == CLICKHOUSE;
    let tag = image.tag.filter(|_| known && !image.is_pinned)?;
    // Only a plain version is sure to have a variant: 15 has 15-alpine, 15-bookworm has none.
    let is_plain_version = tag.starts_with(|c: char| c.is_ascii_digit()) && !tag.contains('-');
    let message = format!(
        "the image of service '{}' has the smaller variant {}:{tag}-alpine",
        entry.key, image.repository
    );
    is_plain_version.then(|| {
        let fix = format!("use {}:{tag}-alpine (list of tags of {})", image.repository, checked!());
        Finding { fix, ..RULE.finding(service(entry), node.span, message) }
    })
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::super::testing::{findings_with, found};

    #[test]
    fn the_fix_names_the_variant() {
        let findings = findings_with(&Policy::default(), "CC702", "services: {a: {image: 'postgres:15'}}");
        assert!(
            findings[0].fix.starts_with("use postgres:15-alpine (list of tags of "),
            "{}",
            findings[0].fix
        );
    }

    #[test]
    fn variants() {
        let of = |text: &str| found("CC702", &format!("services: {{a: {{image: '{text}'}}}}")).len();
        assert_eq!(
            [of("postgres:15"), of("library/redis:7.2"), of("clickhouse/clickhouse-server:23.8")],
            [1; 3]
        );
        assert_eq!([of("postgres:15-alpine"), of("postgres"), of("node:20-slim"), of("me/redis:7")], [0; 4]);
        assert_eq!([of("mysql:8"), of("redis:7@sha256:ab")], [0; 2]);
        let without = ["caddy:2", "traefik:3.1", "eclipse-mosquitto:2", "nats:2.10", "influxdb:2.0"];
        assert_eq!(without.map(of), [0; 5], "such a tag does not exist, or is the same image");
    }
}
