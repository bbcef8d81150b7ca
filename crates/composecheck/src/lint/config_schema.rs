//! The JSON Schema of `composecheck.toml`, for editors. It accepts what [`super::config`] reads.

use serde_json::{Map, Value, json};

use crate::rules::ALL;

/// The file that `init` writes beside the configuration, whose first line names it.
pub(crate) const FILE_NAME: &str = "composecheck.schema.json";

const ENVIRONMENTS: [&str; 3] = ["test", "dev", "prod"];
const LEVELS: [&str; 4] = ["off", "info", "warning", "error"];
/// A number and a unit; powers of 1024, as the reader of sizes takes them.
const SIZE: &str = r"^\s*([0-9]+(\.[0-9]*)?|\.[0-9]+)\s*([bB]|[kKmMgGtT]([iI]?[bB])?)?\s*$";
/// A port or a range. That the first port is not above the last one, only the reader can tell.
const PORTS: &str = "^[0-9]{1,5}(-[0-9]{1,5})?$";

/// The content of the file.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

/// The schema, in draft 7, which editors know.
fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "composecheck.toml",
        "description": "What composecheck expects of the Compose files beside and below this file",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "env": {
                "description": "What the project is for; without it, only what is wrong or dangerous everywhere is found",
                "enum": ENVIRONMENTS,
            },
            "set": {
                "description": "The rules for a project that does not say what it is for; netra: all, as for a test environment",
                "enum": ["general", "netra"],
                "default": "general",
            },
            "label": {
                "description": "The label that every service, volume and network must have, with the environment as its value",
                "type": "string",
                "default": "netra.env",
            },
            "budget": {
                "description": "The memory that all services may use together, such as 4GiB",
                "type": "string",
                "pattern": SIZE,
                "default": "4GiB",
            },
            "profile": {
                "description": "How databases should be tuned",
                "enum": ["fast", "durable"],
            },
            "fail-on": {
                "description": "The lowest level of a finding that makes the exit status 1",
                "enum": ["warning", "error"],
                "default": "error",
            },
            "ports": ports(),
            "levels": levels(),
            "ignore": {
                "description": "Findings that are accepted",
                "type": "array",
                "items": ignore(),
            },
        },
    })
}

fn ports() -> Value {
    let ranges = json!({"type": "array", "items": {"type": "string", "pattern": PORTS}});
    let by_environment: Map<String, Value> =
        ENVIRONMENTS.iter().map(|name| ((*name).to_owned(), ranges.clone())).collect();
    json!({
        "description": "The host ports that an environment may use, such as 5434-5440",
        "type": "object",
        "additionalProperties": false,
        "properties": by_environment,
    })
}

fn levels() -> Value {
    let by_rule: Map<String, Value> = ALL
        .iter()
        .map(|rule| (rule.code.to_owned(), json!({"description": rule.what, "enum": LEVELS})))
        .collect();
    json!({
        "description": "Levels by rule; 'composecheck explain CODE' explains each",
        "type": "object",
        "additionalProperties": false,
        "properties": by_rule,
    })
}

fn ignore() -> Value {
    let codes: Vec<&str> = ALL.iter().map(|rule| rule.code).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["rule", "path", "reason"],
        "properties": {
            "rule": {"description": "The code of the rule", "enum": codes},
            "path": {
                "description": "A pattern for the path of the file, relative to the directory of this file",
                "type": "string",
            },
            "subject": {
                "description": "What the finding is about, such as services.db; any, if it is left out",
                "type": "string",
            },
            "reason": {
                "description": "Why the findings are accepted",
                "type": "string",
                "pattern": r"\S",
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::config::parse;

    /// Whether a value fits a schema, as far as this schema goes. A key of a schema that is not known here fails.
    fn fits(value: &Value, schema: &Value) -> bool {
        let known = ["$schema", "title", "description", "default", "properties", "items"];
        schema.as_object().unwrap().iter().all(|(key, wanted)| match key.as_str() {
            "type" => match wanted.as_str().unwrap() {
                "object" => value.as_object().is_some_and(|entries| entries_fit(entries, schema)),
                "array" => value
                    .as_array()
                    .is_some_and(|items| items.iter().all(|item| fits(item, &schema["items"]))),
                "string" => value.is_string(),
                other => panic!("unknown type {other}"),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "pattern" => matches(value.as_str().unwrap_or_default(), wanted.as_str().unwrap()),
            "required" => {
                wanted.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some())
            }
            "additionalProperties" => *wanted == Value::Bool(false),
            key => known.contains(&key),
        })
    }

    fn entries_fit(entries: &Map<String, Value>, schema: &Value) -> bool {
        entries
            .iter()
            .all(|(key, value)| schema["properties"].get(key).is_some_and(|schema| fits(value, schema)))
    }

    /// The three patterns of the schema, without a crate for regular expressions.
    fn matches(text: &str, pattern: &str) -> bool {
        let is_port = |part: &str| (1..=5).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        match pattern {
            SIZE => evenkeel_common::units::parse_size(text).is_ok(),
            PORTS => match text.split_once('-') {
                Some((first, last)) => is_port(first) && is_port(last),
                None => is_port(text),
            },
            r"\S" => !text.trim().is_empty(),
            other => panic!("unknown pattern {other}"),
        }
    }

    #[test]
    fn the_schema_and_the_reader_accept_the_same() {
        for (text, accepted) in [
            ("", true),
            ("env = 'test'\nset = 'netra'\nlabel = 'a.env'\nbudget = '4GiB'", true),
            ("profile = 'fast'\nfail-on = 'warning'", true),
            ("[ports]\ntest = ['5434-5440', '80']\nprod = []", true),
            ("[levels]\nCC101 = 'off'\nCC902 = 'info'", true),
            ("[[ignore]]\nrule = 'CC101'\npath = '*.yml'\nreason = 'r'\nsubject = 's'", true),
            ("env = 'staging'", false),
            ("set = 'all'", false),
            ("lable = 'x'", false),
            ("label = 1", false),
            ("budget = 'much'", false),
            ("budget = 4", false),
            ("profile = 'quick'", false),
            ("fail-on = 'info'", false),
            ("fail_on = 'error'", false),
            ("[ports]\nci = ['80']", false),
            ("[ports]\ntest = [80]", false),
            ("[ports]\ntest = ['web']", false),
            ("[levels]\nCC999 = 'off'", false),
            ("[levels]\nCC101 = 'fatal'", false),
            ("[[ignore]]\nrule = 'CC101'\npath = '*.yml'", false),
            ("[[ignore]]\nrule = 'CC101'\npath = '*.yml'\nreason = ' '", false),
            ("[[ignore]]\nrule = 'CC101'\nfile = 'x'\npath = '*.yml'\nreason = 'r'", false),
        ] {
            let value: toml::Value = toml::from_str(text).unwrap();
            let value = serde_json::to_value(value).unwrap();
            assert_eq!(fits(&value, &schema()), accepted, "the schema on {text}");
            assert_eq!(parse(text).is_ok(), accepted, "the reader on {text}");
        }
    }

    #[test]
    fn the_schema_has_the_keys_of_the_reader() {
        let said = parse("no-such-key = 1").unwrap_err().1;
        let keys = schema()["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        for key in &keys {
            assert!(said.contains(&format!("`{key}`")), "{said}");
        }
        // The unknown key itself is quoted too.
        assert_eq!(said.matches('`').count() / 2, keys.len() + 1, "{said}");
    }
}
