//! Labels that mean something to the tools.

use std::collections::BTreeMap;

/// Labels that name the environment a resource belongs to, and so the lock that guards it, the strongest first.
///
/// `drydock.*` is what the suite was called before; it is read until version 0.3.
pub const ENV_LABELS: [&str; 3] = ["netra.env", "evenkeel.env", "drydock.env"];
/// Labels that, with the value `true`, keep evenkeel from removing or stopping the resource.
pub const PROTECT_LABELS: [&str; 2] = ["evenkeel.protect", "drydock.protect"];
/// Label that Compose sets: the project.
pub const LABEL_PROJECT: &str = "com.docker.compose.project";
/// Label that Compose sets: the service.
pub const LABEL_SERVICE: &str = "com.docker.compose.service";

/// Every environment that these labels name, the strongest first.
pub fn environments(labels: &BTreeMap<String, String>) -> impl Iterator<Item = &String> {
    ENV_LABELS.into_iter().filter_map(|label| labels.get(label))
}

/// Whether these labels protect a resource from being removed or stopped.
pub fn is_protected(labels: &BTreeMap<String, String>) -> bool {
    PROTECT_LABELS.into_iter().any(|label| labels.get(label).is_some_and(|value| value == "true"))
}

/// Parses a label in scope, `KEY=VALUE`; for clap: a value parser. Both parts are needed: an empty one, often from an
/// unset variable, would widen the scope.
pub fn parse_label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a label is KEY=VALUE, and neither may be empty".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_in_scope_has_a_key_and_a_value() {
        assert_eq!(parse_label("a=b=c"), Ok(("a".into(), "b=c".into())));
        for bad in ["", "a", "a=", "=b", "="] {
            assert!(parse_label(bad).is_err(), "{bad} was accepted");
        }
    }

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn labels_of_the_former_name_still_count() {
        assert!(is_protected(&labels(&[("drydock.protect", "true")])));
        assert!(is_protected(&labels(&[("evenkeel.protect", "true")])));
        assert!(!is_protected(&labels(&[("evenkeel.protect", "false"), ("drydock.other", "true")])));
        let all = labels(&[("drydock.env", "c"), ("evenkeel.env", "b"), ("netra.env", "a")]);
        assert_eq!(environments(&all).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(environments(&labels(&[("drydock.env", "old")])).collect::<Vec<_>>(), ["old"]);
    }
}
