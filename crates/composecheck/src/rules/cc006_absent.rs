//! CC006: a file or a variable that Compose refuses to start without, and that is not here.

use super::rule::{Check, Context, Rule};
use crate::compose::Absent;
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC006",
    name: "not-here",
    level: Level::Error,
    what: "A file or a variable that the project needs is not here, as in a fresh clone without its .env",
    why: "Compose refuses to start the project. The rest of it was checked as if the file was empty or the variable was \
          set to nothing",
    example: "
services:
  db:
    image: postgres:15
    env_file: not-here.env
",
    good: "
services:
  db:
    image: postgres:15
    env_file: [{path: not-here.env, required: false}]
",
    fix: "create the file, or set the variable; where the project keeps it out of its repository, copy the example of it",
    references: &["https://docs.docker.com/reference/compose-file/services/#env_file"],
    check: Check::Project(check),
};

/// Maximum number of other uses that are shown with the first one.
const MAX_SHOWN: usize = 9;

/// One finding for each file and variable.
fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for Absent { name, message, span } in &context.project.absent {
        match findings.iter_mut().find(|finding| finding.subject == *name) {
            Some(finding) => finding.relate(*span, "also used here", MAX_SHOWN),
            None => findings.push(RULE.finding(name.clone(), *span, message.clone())),
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn one_finding_for_each_name() {
        let text =
            "services: {a: {env_file: [x.env, y.env]}, b: {env_file: x.env, image: 'i:${T:?the tag}'}}";
        let wanted = [
            "1:27 service 'a' refers to the file 'x.env', which does not exist",
            "1:34 service 'a' refers to the file 'y.env', which does not exist",
            "1:71 the variable T must be set: the tag",
        ];
        assert_eq!(found("CC006", text), wanted);
        assert_eq!(found("CC006", "services: {a: {env_file: [{path: x.env, required: false}]}}"), [""; 0]);
    }
}
