//! Which containers, networks and volumes a command looks at.

use std::collections::BTreeMap;
use std::fmt;

use evenkeel_common::docker::LABEL_PROJECT;

use crate::model::facts::Facts;

/// A label that a resource must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelFilter {
    key: String,
    /// `None` accepts any value.
    value: Option<String>,
}

impl LabelFilter {
    /// Parses `key` or `key=value`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text, None),
        };
        if key.is_empty() {
            return Err("a label is written as key or key=value".into());
        }
        Ok(Self { key: key.to_owned(), value })
    }

    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let found = labels.get(&self.key);
        found.is_some_and(|found| self.value.as_ref().is_none_or(|value| value == found))
    }
}

impl fmt::Display for LabelFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, "={value}"))
    }
}

/// Label filters, all of which must match. The empty scope matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    labels: Vec<LabelFilter>,
}

impl Scope {
    /// A scope of label filters and a Compose project.
    pub(crate) fn new(mut labels: Vec<LabelFilter>, project: Option<&str>) -> Self {
        labels.extend(
            project.map(|name| LabelFilter { key: LABEL_PROJECT.to_owned(), value: Some(name.to_owned()) }),
        );
        Self { labels }
    }

    /// Whether the scope matches everything.
    pub(crate) const fn is_everything(&self) -> bool {
        self.labels.is_empty()
    }

    /// Whether a resource with these labels is in the scope.
    pub(crate) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels.iter().all(|label| label.matches(labels))
    }

    /// The labels as the engine's own filters have them: `key` or `key=value`.
    pub(crate) fn label_filters(&self) -> Vec<String> {
        self.labels.iter().map(LabelFilter::to_string).collect()
    }

    /// Drops the resources outside the scope.
    pub(crate) fn apply(&self, facts: &mut Facts) {
        facts.containers.retain(|c| self.matches(&c.summary.labels));
        facts.networks.retain(|n| self.matches(&n.labels));
        facts.volumes.retain(|v| self.matches(&v.labels));
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everything() {
            return f.write_str("everything");
        }
        f.write_str(&self.label_filters().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_labels_must_match() {
        let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
        };
        let scope = Scope::new(
            ["netra.env=test", "keep"].map(|l| LabelFilter::parse(l).unwrap()).into(),
            Some("shop"),
        );
        let full = [("netra.env", "test"), ("keep", ""), (LABEL_PROJECT, "shop")];
        assert!(scope.matches(&labels(&full)));
        assert!(!scope.matches(&labels(&full[..2])));
        assert!(!scope.matches(&labels(&[("netra.env", "tests"), ("keep", ""), (LABEL_PROJECT, "shop")])));
        assert!(Scope::default().matches(&labels(&[])));
        assert_eq!(scope.to_string(), "netra.env=test, keep, com.docker.compose.project=shop");
    }
}
