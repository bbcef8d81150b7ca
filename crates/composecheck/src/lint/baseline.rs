//! The baseline: known findings of an existing project, which are not reported again.

use std::collections::BTreeMap;
use std::path::Path;

use evenkeel_common::{Error, VERSION};
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::source::Sources;

const SCHEMA: &str = "composecheck.baseline/1";

/// The number of known findings by file, rule and subject. Lines are not part of it, because they change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Key, usize>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    file: String,
    code: String,
    subject: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct BaselineJson {
    schema: String,
    tool_version: String,
    findings: Vec<EntryJson>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EntryJson {
    file: String,
    code: String,
    subject: String,
    count: usize,
}

impl Baseline {
    /// A baseline of these findings.
    pub(crate) fn of(sources: &Sources, findings: &[Finding]) -> Self {
        let mut known = BTreeMap::new();
        for finding in findings {
            *known.entry(key(sources, finding)).or_default() += 1;
        }
        Self(known)
    }

    /// Removes known findings; returns the new ones and the number of known ones.
    pub(super) fn remove_known(mut self, sources: &Sources, findings: Vec<Finding>) -> (Vec<Finding>, usize) {
        let before = findings.len();
        let is_new = |finding: &Finding| match self.0.get_mut(&key(sources, finding)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        };
        let new: Vec<Finding> = findings.into_iter().filter(is_new).collect();
        let known = before - new.len();
        (new, known)
    }

    /// Reads a file that [`Self::to_text`] wrote.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let cannot = |cause: String| Error::failed(format!("read the baseline {}", path.display()), cause);
        let text = std::fs::read_to_string(path)
            .map_err(|e| cannot(e.to_string()).hint("create it with --write-baseline FILE"))?;
        let file: BaselineJson = serde_json::from_str(&text).map_err(|e| cannot(e.to_string()))?;
        if file.schema != SCHEMA {
            return Err(cannot(format!("its schema is '{}', not '{SCHEMA}'", file.schema)));
        }
        let entries = file.findings.into_iter();
        Ok(Self(entries.map(|e| (Key { file: e.file, code: e.code, subject: e.subject }, e.count)).collect()))
    }

    /// The text of the file, with one key a line so that changes can be reviewed.
    pub(crate) fn to_text(&self) -> Result<String, Error> {
        let entries = self.0.iter().map(|(key, count)| EntryJson {
            file: key.file.clone(),
            code: key.code.clone(),
            subject: key.subject.clone(),
            count: *count,
        });
        let file = BaselineJson {
            schema: SCHEMA.to_owned(),
            tool_version: VERSION.to_owned(),
            findings: entries.collect(),
        };
        let text = serde_json::to_string_pretty(&file).map_err(|e| Error::failed("write JSON", e))?;
        Ok(text + "\n")
    }

    /// The number of known findings.
    pub(crate) fn len(&self) -> usize {
        self.0.values().sum()
    }
}

fn key(sources: &Sources, finding: &Finding) -> Key {
    Key {
        file: sources.get(finding.primary.file).path.replace('\\', "/"),
        code: finding.code.to_owned(),
        subject: finding.subject.clone(),
    }
}
