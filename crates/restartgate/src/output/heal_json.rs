//! What `heal` tells: lines for people, lines of JSON, or with `--once --json` one object `restartgate.heal/1`.

use std::io::Write as _;

use evenkeel_common::terminal::one_line;
use evenkeel_common::{Error, Exit, Timestamp, VERSION, now, print, print_json};
use serde::Serialize;

use super::report_json::{ReportJson, ServiceJson};
use crate::model::record::Service;

/// What a pass does about a container or a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// The gate is asked for a restart.
    Ask,
    /// It is left alone.
    Leave,
}

/// Something that a pass has found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FoundJson {
    at: Timestamp,
    service: ServiceJson,
    /// Name of the container; `null` where the whole service is meant.
    container: Option<String>,
    step: Step,
    reason: String,
}

impl FoundJson {
    pub(crate) fn new(service: &Service, container: Option<&str>, step: Step, reason: &str) -> Self {
        let container = container.map(str::to_owned);
        Self { at: now(), service: service.into(), container, step, reason: reason.to_owned() }
    }

    fn text(&self) -> String {
        let step = match self.step {
            Step::Ask => "needs a restart",
            Step::Leave => "left alone",
        };
        let name = self.container.clone().unwrap_or_else(|| self.service.shown());
        one_line(&format!("{name}: {step}: {}", self.reason)) + "\n"
    }
}

/// A line of JSON.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum LineJson<'a> {
    Found(&'a FoundJson),
    Decision(&'a ReportJson),
}

/// `restartgate.heal/1`
#[derive(Debug, Serialize)]
struct HealJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    found: &'a [FoundJson],
    decisions: &'a [ReportJson],
}

/// How it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    /// Each thing as a line of JSON when it happens.
    Lines,
    /// All as one object at the end.
    Object,
}

/// Tells what is found and decided.
#[derive(Debug)]
pub(crate) struct Story {
    format: Format,
    found: Vec<FoundJson>,
    decisions: Vec<ReportJson>,
}

impl Story {
    pub(crate) const fn new(format: Format) -> Self {
        Self { format, found: Vec::new(), decisions: Vec::new() }
    }

    pub(crate) fn found(&mut self, found: FoundJson) -> Result<(), Error> {
        match self.format {
            Format::Text => print(&found.text()),
            Format::Lines => print_json(&LineJson::Found(&found)),
            Format::Object => {
                self.found.push(found);
                Ok(())
            }
        }
    }

    pub(crate) fn decision(&mut self, report: ReportJson) -> Result<(), Error> {
        match self.format {
            Format::Text => print(&report.lines()),
            Format::Lines => print_json(&LineJson::Decision(&report)),
            Format::Object => {
                self.decisions.push(report);
                Ok(())
            }
        }
    }

    /// Ends the story of one pass, which ends the tool like this.
    pub(crate) fn end(&self, exit: Exit) -> Result<(), Error> {
        if self.format != Format::Object {
            return Ok(());
        }
        print_json(&HealJson {
            schema: "restartgate.heal/1",
            tool_version: VERSION,
            at: now(),
            verdict: if exit == Exit::Done { "healed" } else { "not_healed" },
            found: &self.found,
            decisions: &self.decisions,
        })
    }
}

/// Says on stderr what a person may want to know.
pub(crate) fn say(text: &str) {
    // Where stderr is closed, nobody can be told.
    let _ = writeln!(std::io::stderr(), "restartgate: {text}");
}

/// Says on stderr what went wrong; the work goes on.
pub(crate) fn warn(error: &Error) {
    say(&error.to_string());
}
