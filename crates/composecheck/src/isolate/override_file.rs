//! The changes as a Compose file to merge last.

use std::collections::BTreeMap;

use serde_json::Value;

use super::changes::Change;

/// Stands at the head of the file.
const HEAD: &str = "# Written by composecheck isolate; needs Docker Compose 2.24.4 or newer.\n";

/// A mapping, or what replaces a value.
enum Tree<'a> {
    Map(BTreeMap<&'a str, Self>),
    Leaf(&'a Change),
}

/// The override file as text. JSON strings are YAML strings, so every key and value is written as JSON.
pub(crate) fn to_text(changes: &[Change]) -> String {
    let mut root = BTreeMap::new();
    for change in changes {
        insert(&mut root, &change.path, change);
    }
    let mut text = HEAD.to_owned();
    if root.is_empty() {
        text.push_str("{}\n");
    }
    write(&mut text, &root, 0);
    text
}

fn insert<'a>(map: &mut BTreeMap<&'a str, Tree<'a>>, path: &'a [String], change: &'a Change) {
    match path {
        [] => {}
        [last] => {
            map.insert(last, Tree::Leaf(change));
        }
        [first, rest @ ..] => {
            if let Tree::Map(below) = map.entry(first).or_insert_with(|| Tree::Map(BTreeMap::new())) {
                insert(below, rest, change);
            }
        }
    }
}

fn write(text: &mut String, map: &BTreeMap<&str, Tree<'_>>, depth: usize) {
    for (key, tree) in map {
        text.push_str(&format!("{}{}:", "  ".repeat(depth), Value::from(*key)));
        match tree {
            Tree::Map(below) => {
                text.push('\n');
                write(text, below, depth + 1);
            }
            Tree::Leaf(change) => text.push_str(&format!(" {}\n", leaf(change))),
        }
    }
}

/// A value with the tag that makes Compose replace what was there instead of merging the two.
fn leaf(change: &Change) -> String {
    // Compose names a resource itself if the fixed name is gone.
    let is_name =
        matches!(change.path.as_slice(), [section, _, key] if section != "services" && key == "name");
    // Compose interpolates values, but not keys.
    let value = || change.now.to_string().replace('$', "$$");
    match &change.now {
        _ if is_name => "!reset null".to_owned(),
        Value::Null => "!reset null".to_owned(),
        Value::Array(_) | Value::Object(_) => format!("!override {}", value()),
        _ => value(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_file() {
        let change = |path: &[&str], now: Value| Change {
            path: path.iter().map(|key| (*key).to_owned()).collect(),
            was: Value::Null,
            now,
            reason: "",
        };
        let changes = [
            change(&["services", "a b", "container_name"], Value::Null),
            change(&["services", "a b", "labels", "x.y"], json!("$1 \"é\n")),
            change(&["services", "a b", "ports"], json!([{"target": 80}])),
            change(&["volumes", "data", "name"], json!("p_data")),
        ];
        let wanted = "\
\"services\":
  \"a b\":
    \"container_name\": !reset null
    \"labels\":
      \"x.y\": \"$$1 \\\"é\\n\"
    \"ports\": !override [{\"target\":80}]
\"volumes\":
  \"data\":
    \"name\": !reset null
";
        assert_eq!(to_text(&changes), format!("{HEAD}{wanted}"));
        assert_eq!(to_text(&[]), format!("{HEAD}{{}}\n"));
    }
}
