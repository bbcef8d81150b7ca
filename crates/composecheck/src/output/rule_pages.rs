//! The pages of the documentation site about rules, from the rules' own words.

use std::fmt::Write as _;

use super::rules::levels_of;
use crate::rules::ALL;
use crate::rules::rule::Rule;

/// Rules of one page: its name, its title, and how the codes of its rules begin.
struct Group {
    page: &'static str,
    title: &'static str,
    codes: &'static [&'static str],
}

const GROUPS: [Group; 11] = [
    Group { page: "loading", title: "Loading and settings", codes: &["CC0"] },
    Group { page: "memory", title: "Memory and CPU", codes: &["CC1"] },
    Group { page: "health", title: "Health checks", codes: &["CC2"] },
    Group { page: "names", title: "Names and labels", codes: &["CC3"] },
    Group { page: "ports", title: "Ports", codes: &["CC4"] },
    Group { page: "restarts", title: "Restart policies", codes: &["CC5"] },
    Group { page: "logs", title: "Logs", codes: &["CC6"] },
    Group { page: "images", title: "Images", codes: &["CC7"] },
    Group { page: "databases", title: "Database settings", codes: &["CC8"] },
    Group { page: "drift", title: "Environments that differ", codes: &["CC90"] },
    Group { page: "security", title: "Security", codes: &["CC91", "CC92"] },
];

impl Group {
    fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        ALL.into_iter().filter(|rule| self.codes.iter().any(|code| rule.code.starts_with(code)))
    }
}

/// Name and text of each page, in Markdown; `index.md` first.
pub fn pages() -> Vec<(String, String)> {
    let mut pages = vec![("index.md".to_owned(), index())];
    pages.extend(GROUPS.iter().map(|group| (format!("{}.md", group.page), page(group))));
    pages
}

fn index() -> String {
    let mut text = format!(
        "# Every rule of composecheck\n\nThere are {} rules. `composecheck rules` lists them, and `composecheck explain CODE` explains \
         one. The level is that of a rule unless the purpose of a project changes it: see its page. `composecheck.toml` sets levels, \
         and a comment `# composecheck: ignore CODE REASON` suppresses a finding.\n",
        ALL.len()
    );
    for group in &GROUPS {
        let _ = write!(text, "\n## {}\n\n| code | level | finds |\n|---|---|---|\n", group.title);
        for rule in group.rules() {
            let _ = writeln!(
                text,
                "| [{}]({}.md#{}) | {} | {} |",
                rule.code,
                group.page,
                anchor(rule),
                rule.level.name(),
                rule.what
            );
        }
    }
    text
}

fn anchor(rule: &Rule) -> String {
    format!("{}-{}", rule.code.to_lowercase(), rule.name)
}

fn page(group: &Group) -> String {
    let mut text = format!("# {}\n", group.title);
    for rule in group.rules() {
        text.push_str(&section(rule));
    }
    text
}

fn section(rule: &Rule) -> String {
    let Rule { code, name, what, why, fix, .. } = rule;
    let levels = levels_of(rule).map(|(purpose, level)| format!("{purpose} {level}")).join(", ");
    let mut text = format!(
        "\n## {code}: {name}\n\n{what}.\n\n**Why:** {why}.\n\n**Level by purpose:** {levels}.\n\nWith a finding:\n\n{}\n\
         **Fix:** {fix}.\n\nWithout one:\n\n{}",
        fenced(rule.example),
        fenced(rule.good),
    );
    if !rule.references.is_empty() {
        text.push_str("\n**More:**\n\n");
    }
    for address in rule.references {
        let _ = writeln!(text, "- <{address}>");
    }
    text
}

fn fenced(example: &str) -> String {
    format!("```yaml\n{}\n```\n", example.trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_on_one_page() {
        for rule in ALL {
            assert_eq!(
                GROUPS.iter().filter(|group| group.rules().any(|one| one.code == rule.code)).count(),
                1,
                "{}",
                rule.code
            );
        }
        assert_eq!(pages().len(), GROUPS.len() + 1);
    }
}
