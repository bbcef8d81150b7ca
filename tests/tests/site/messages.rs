//! The messages of the page on troubleshooting are those of the sources.

use std::path::Path;

use evenkeel_tests::root;

/// Code that stands first in the rows of the page's tables.
fn messages(page: &str) -> Vec<&str> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.flat_map(|row| {
        let cell = row.split(" | ").next().unwrap_or_default();
        cell.split('`').step_by(2)
    })
    .filter(|message| !message.trim_matches([' ', ',']).is_empty() && !message.starts_with(" ("))
    .collect()
}

/// What is between the parts that vary. The words before an action are added by one place for all errors.
fn fixed_parts(message: &str) -> impl Iterator<Item = &str> {
    let without = message.strip_prefix("cannot ").unwrap_or(message);
    without.split('…').flat_map(|part| part.split(": ")).map(str::trim).filter(|part| part.len() > 2)
}

fn sources(dir: &Path, all: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            all.push_str(&text);
        }
    }
}

#[test]
fn messages_are_those_of_the_sources() {
    let mut all = String::new();
    for tool in ["common", "composecheck", "dockprune", "dockwatch", "envlock", "restartgate"] {
        sources(&root().join("crates").join(tool).join("src"), &mut all);
    }
    for scripts in ["scripts/evenkeel.d", "scripts/docker-shim"] {
        sources(&root().join(scripts), &mut all);
    }
    all.push_str(&std::fs::read_to_string(root().join("scripts/evenkeel")).unwrap());
    // A text that goes on in the next line.
    let all = regex_lite::Regex::new(r"\\\n\s*").unwrap().replace_all(&all, "");
    let page = std::fs::read_to_string(root().join("docs/src/troubleshooting.md")).unwrap();
    let wrong: Vec<_> = messages(&page)
        .into_iter()
        .filter(|message| fixed_parts(message).any(|part| !all.contains(part)))
        .collect();
    assert!(wrong.is_empty(), "no tool says {wrong:#?}");
}

#[test]
fn messages_come_apart() {
    let page = "| `cannot read …: it is not UTF-8` (3) | `x` | y |\n| `one …`, `two` (1) | z |\n";
    assert_eq!(messages(page), ["cannot read …: it is not UTF-8", "one …", "two"]);
    assert_eq!(fixed_parts(messages(page)[0]).collect::<Vec<_>>(), ["read", "it is not UTF-8"]);
}
