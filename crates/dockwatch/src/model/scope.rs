//! Which containers, networks and volumes are meant.

use std::collections::BTreeMap;

use evenkeel_common::docker::LABEL_PROJECT;

use crate::model::container::Facts;

/// A condition on resources: all labels must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    labels: Vec<(String, Option<String>)>,
}

impl Scope {
    /// From labels written as `key` or `key=value`, and a Compose project.
    pub fn new(labels: &[String], project: Option<&str>) -> Self {
        let label = |text: &String| match text.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (text.clone(), None),
        };
        let project = project.map(|name| (LABEL_PROJECT.to_owned(), Some(name.to_owned())));
        Self { labels: labels.iter().map(label).chain(project).collect() }
    }

    /// Whether everything is meant.
    pub const fn is_everything(&self) -> bool {
        self.labels.is_empty()
    }

    /// Whether a resource with these labels is meant.
    pub fn covers(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels.iter().all(|(key, value)| {
            labels.get(key).is_some_and(|found| value.as_ref().is_none_or(|v| v == found))
        })
    }

    /// Drops what is not meant.
    pub fn narrow(&self, facts: &mut Facts) {
        facts.containers.retain(|c| self.covers(&c.listed.labels));
        facts.networks.retain(|n| self.covers(&n.labels));
        facts.volumes.retain(|v| self.covers(&v.labels));
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_everything() {
            return f.write_str("everything");
        }
        for (index, (key, value)) in self.labels.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let value = value.as_ref().map_or_else(String::new, |value| format!("={value}"));
            write!(f, "{comma}{key}{value}")?;
        }
        Ok(())
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
        let scope = Scope::new(&["netra.env=test".into(), "keep".into()], Some("shop"));
        let full = [("netra.env", "test"), ("keep", ""), (LABEL_PROJECT, "shop")];
        assert!(scope.covers(&labels(&full)));
        assert!(!scope.covers(&labels(&full[..2])));
        assert!(!scope.covers(&labels(&[("netra.env", "tests"), ("keep", ""), (LABEL_PROJECT, "shop")])));
        assert!(Scope::default().covers(&labels(&[])));
        assert_eq!(scope.to_string(), "netra.env=test, keep, com.docker.compose.project=shop");
    }
}
