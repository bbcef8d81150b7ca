//! CC701: an image that is another one tomorrow.

use super::rule::{Check, Context, Rule, service};
use crate::facts::image::Image;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC701",
    name: "image-tag-missing",
    level: Level::Warning,
    what: "An image has no tag, or the tag latest",
    why: "Which version runs depends on when the machine last pulled: dev and test drift apart by themselves",
    example: "
services:
  db:
    image: postgres
",
    fix: "name the version: postgres:15",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let node = entry.value.at(&["image"])?;
    // What is built here is as new as its sources.
    if entry.value.at(&["build"]).is_some() {
        return None;
    }
    let text = node.text()?;
    let image = Image::parse(&text);
    let loose = !image.pinned && image.tag.as_deref().is_none_or(|tag| tag == "latest");
    let message = format!("the image '{text}' of service '{}' names no version", entry.key);
    loose.then(|| RULE.finding(service(entry), node.span, message))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn tags_and_digests() {
        let of = |text: &str| found("CC701", &format!("services: {{a: {{image: '{text}'}}}}")).len();
        assert_eq!([of("redis"), of("redis:latest"), of("localhost:5000/a"), of("redis:")], [1; 4]);
        assert_eq!([of("redis:7"), of("redis@sha256:ab"), of("localhost:5000/a:1")], [0; 3]);
        assert_eq!(found("CC701", "services: {a: {image: app, build: .}}"), [""; 0]);
    }
}
