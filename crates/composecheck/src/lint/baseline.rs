//! Findings that an old project starts with: what was there before is not shown again.

use std::collections::BTreeMap;
use std::path::Path;

use evenkeel_common::{Error, VERSION};
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::source::Sources;

const SCHEMA: &str = "composecheck.baseline/1";

/// Known findings, counted. Lines are left out: they move.
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
struct OnDisk {
    schema: String,
    tool_version: String,
    findings: Vec<EntryOnDisk>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EntryOnDisk {
    file: String,
    code: String,
    subject: String,
    count: usize,
}

impl Baseline {
    /// These findings, all known from now on.
    pub(crate) fn of(sources: &Sources, findings: &[Finding]) -> Self {
        let mut known = BTreeMap::new();
        for finding in findings {
            *known.entry(key(sources, finding)).or_default() += 1;
        }
        Self(known)
    }

    /// Splits off what is known: new findings, and how many are known.
    pub(crate) fn sift(mut self, sources: &Sources, findings: Vec<Finding>) -> (Vec<Finding>, usize) {
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

    /// Reads one.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let cannot = |cause: String| Error::failed(format!("read the baseline {}", path.display()), cause);
        let text = std::fs::read_to_string(path).map_err(|e| {
            cannot(e.to_string()).hint("'--write-baseline FILE' makes one from what is found now")
        })?;
        let file: OnDisk = serde_json::from_str(&text).map_err(|e| cannot(e.to_string()))?;
        if file.schema != SCHEMA {
            return Err(cannot(format!("its schema is '{}', not '{SCHEMA}'", file.schema)));
        }
        let entries = file.findings.into_iter();
        Ok(Self(entries.map(|e| (Key { file: e.file, code: e.code, subject: e.subject }, e.count)).collect()))
    }

    /// The text of the file; one finding a line, so that changes can be reviewed.
    pub(crate) fn to_text(&self) -> Result<String, Error> {
        let entries = self.0.iter().map(|(key, count)| EntryOnDisk {
            file: key.file.clone(),
            code: key.code.clone(),
            subject: key.subject.clone(),
            count: *count,
        });
        let file = OnDisk {
            schema: SCHEMA.to_owned(),
            tool_version: VERSION.to_owned(),
            findings: entries.collect(),
        };
        let text = serde_json::to_string_pretty(&file).map_err(|e| Error::failed("write JSON", e))?;
        Ok(text + "\n")
    }

    /// How many findings are known.
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
