//! CC701: an image without a fixed version.

use super::rule::{Check, Context, Rule, service};
use crate::facts::image::Image;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC701",
    name: "image-tag-missing",
    level: Level::Warning,
    what: "An image has no tag, or the tag latest",
    why: "The version depends on when the image was last pulled, so that dev and test differ over time",
    example: "
services:
  db:
    image: postgres
",
    good: "
services:
  db:
    image: postgres:15
",
    fix: "use a tag with a version, such as postgres:15",
    references: &["https://docs.docker.com/reference/compose-file/services/#image"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(|entry| check_service(context, entry)).collect()
}

fn check_service(context: &Context<'_>, entry: &Entry) -> Option<Finding> {
    let node = entry.value.at(&["image"])?;
    // The image is built from the project's own sources.
    if entry.value.at(&["build"]).is_some() {
        return None;
    }
    // CC001 finds the variable that has no value.
    if context.project.is_unset(node.span) {
        return None;
    }
    let text = node.text()?;
    let image = Image::parse(&text);
    let is_unversioned = !image.is_pinned && image.tag.as_deref().is_none_or(|tag| tag == "latest");
    let message = format!("the image '{text}' of service '{}' has no fixed version", entry.key);
    let fix = format!("use a tag with a version: {}:VERSION", image.repository);
    is_unversioned.then(|| Finding { fix, ..RULE.finding(service(entry), node.span, message) })
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::super::testing::{findings_with, found};

    #[test]
    fn tags_and_digests() {
        let of = |text: &str| found("CC701", &format!("services: {{a: {{image: '{text}'}}}}")).len();
        assert_eq!([of("redis"), of("redis:latest"), of("localhost:5000/a"), of("redis:")], [1; 4]);
        assert_eq!([of("redis:7"), of("redis@sha256:ab"), of("localhost:5000/a:1")], [0; 3]);
        assert_eq!(found("CC701", "services: {a: {image: app, build: .}}"), [""; 0]);
        assert_eq!(of("app:${UNSET}"), 0, "CC001 says so");
        let latest = "services: {a: {image: 'me/app:latest'}}";
        let fix = &findings_with(&Policy::default(), "CC701", latest)[0].fix;
        assert_eq!(fix, "use a tag with a version: me/app:VERSION");
    }
}
