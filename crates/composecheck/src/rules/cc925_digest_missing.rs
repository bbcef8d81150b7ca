//! CC925: images that can change under their tag.

use super::hardening;
use super::rule::{Check, Context, Rule};
use crate::facts::image::image;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC925",
    name: "digest-missing",
    level: Level::Info,
    what: "Images have no digest",
    why: "A tag can be moved: what was tested need not be what runs",
    example: "
services:
  app:
    image: app:1
",
    good: "
services:
  app:
    image: app:1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
",
    fix: "add the digest: app:1@sha256:…; a bot can keep it up to date",
    references: &["https://docs.docker.com/reference/compose-file/services/#image"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let services = context.project.services().iter();
    let has_none = |entry: &&Entry| {
        let is_built = entry.value.at(&["build"]).is_some();
        !is_built && image(&entry.value).is_some_and(|image| !image.is_pinned)
    };
    let services: Vec<&Entry> = services.filter(has_none).collect();
    hardening::one_for_all(&RULE, context, "images have no digest", &services)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn images_that_are_not_built() {
        let text = "services: {a: {image: 'x:1'}, b: {image: 'x@sha256:ab'}, c: {image: 'y:1', build: .}}";
        assert_eq!(found("CC925", text), ["1:12 images have no digest: a"]);
    }
}
