//! The lines of `--follow`: samples and events, as NDJSON or text.

use evenkeel_common::terminal::one_line;
use evenkeel_common::units::show_size;
use evenkeel_common::{Error, Timestamp, VERSION};
use serde::Serialize;

use crate::model::container::{Container, Health};
use crate::model::facts::Facts;
use crate::model::level::{Assessment, Level, Verdict};

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamFormat {
    Text,
    Json,
}

impl StreamFormat {
    /// Formats a line, with its line break.
    pub(crate) fn render(self, line: &Line) -> Result<String, Error> {
        let mut text = match self {
            Self::Json => serde_json::to_string(line).map_err(|e| Error::failed("write JSON", e))?,
            Self::Text => line.text(),
        };
        text.push('\n');
        Ok(text)
    }
}

/// One line of the stream.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Line {
    Sample(SampleJson),
    Event(EventJson),
}

/// `dockwatch.sample/1`
#[derive(Debug, Serialize)]
pub(crate) struct SampleJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: Verdict,
    r#type: &'static str,
    reasons: Vec<String>,
    level: Option<Level>,
    memory_working_set_bytes: Option<u64>,
    cpu_pct: Option<f64>,
    containers_running: Option<u64>,
    networks: Option<u64>,
    volumes: Option<u64>,
    mem_available_bytes: Option<u64>,
    pressure_memory_some_pct: Option<f64>,
    containers: Vec<ContainerJson>,
    disk_free_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct ContainerJson {
    engine: String,
    id: String,
    name: String,
    state: String,
    health: Option<&'static str>,
    memory_usage_bytes: Option<u64>,
    memory_working_set_bytes: Option<u64>,
    memory_anon_bytes: Option<u64>,
    memory_limit_bytes: Option<u64>,
    level: Option<Level>,
    cpu_pct: Option<f64>,
    oom_kills: Option<u64>,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventKind {
    Start,
    Die,
    Oom,
    Health,
    Level,
    EngineLost,
    EngineBack,
}

impl EventKind {
    /// The name in JSON and in text.
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Die => "die",
            Self::Oom => "oom",
            Self::Health => "health",
            Self::Level => "level",
            Self::EngineLost => "engine_lost",
            Self::EngineBack => "engine_back",
        }
    }
}

/// `dockwatch.event/1`
#[derive(Debug, Serialize)]
pub(crate) struct EventJson {
    pub(crate) schema: &'static str,
    pub(crate) tool_version: &'static str,
    pub(crate) at: Timestamp,
    /// The announced level.
    pub(crate) verdict: Level,
    pub(crate) r#type: EventKind,
    pub(crate) engine: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) exit_code: Option<i64>,
    pub(crate) memory_limit_bytes: Option<u64>,
}

impl EventJson {
    /// An event at the announced level, without details.
    pub(crate) const fn new(kind: EventKind, level: Level, at: Timestamp) -> Self {
        Self {
            schema: "dockwatch.event/1",
            tool_version: VERSION,
            at,
            verdict: level,
            r#type: kind,
            engine: None,
            id: None,
            name: None,
            detail: None,
            exit_code: None,
            memory_limit_bytes: None,
        }
    }

    fn text(&self) -> String {
        let about = self.name.as_ref().or(self.engine.as_ref()).map_or("", String::as_str);
        let exit_code = self.exit_code.map(|code| format!(" exit code {code}")).unwrap_or_default();
        let limit = self.memory_limit_bytes.map(|limit| format!(" limit {}", show_size(limit)));
        let detail = self.detail.as_ref().map(|detail| format!(" {}", one_line(detail)));
        format!(
            "{}  {}: {}{exit_code}{}{}",
            time_of_day(self.at),
            self.r#type.name(),
            one_line(about),
            limit.unwrap_or_default(),
            detail.unwrap_or_default()
        )
    }
}

impl Line {
    /// The line of a sample.
    pub(crate) fn sample(facts: &Facts, assessment: &Assessment, at: Timestamp) -> Self {
        let usage = facts.usage();
        let pressure = facts.engines.iter().filter_map(|engine| Some(engine.machine.pressure_memory?.0));
        Self::Sample(SampleJson {
            schema: "dockwatch.sample/1",
            tool_version: VERSION,
            at,
            verdict: facts.verdict(assessment),
            r#type: "sample",
            reasons: facts.reasons(assessment),
            level: assessment.known_level(),
            memory_working_set_bytes: usage.memory_bytes,
            cpu_pct: facts.cpu_pct(),
            containers_running: usage.containers,
            networks: usage.networks,
            volumes: usage.volumes,
            mem_available_bytes: facts.mem_available(),
            pressure_memory_some_pct: pressure.reduce(f64::max),
            containers: facts.live().map(container).collect(),
            disk_free_bytes: usage.disk.map(|space| space.free),
        })
    }

    fn text(&self) -> String {
        match self {
            Self::Sample(sample) => sample.text(),
            Self::Event(event) => event.text(),
        }
    }
}

impl SampleJson {
    fn text(&self) -> String {
        let unknown = || "?".to_owned();
        let size = self.memory_working_set_bytes.map_or_else(unknown, show_size);
        let cpu = self.cpu_pct.map_or_else(unknown, |pct| format!("{pct:.1} %"));
        let count = self.containers_running.map_or_else(unknown, |count| count.to_string());
        let verdict = self.verdict.name().to_uppercase();
        let reasons = one_line(&self.reasons.join("; "));
        let at = time_of_day(self.at);
        let text = format!("{at}  {verdict:<11}  memory {size}, CPU {cpu}, containers {count}  {reasons}");
        text.trim_end().to_owned()
    }
}

fn container(container: &Container) -> ContainerJson {
    let stats = container.stats.as_ref();
    ContainerJson {
        engine: container.engine.clone(),
        id: container.summary.id.clone(),
        name: container.summary.name.clone(),
        state: container.summary.state.name().to_owned(),
        health: container.summary.health.map(Health::name),
        memory_usage_bytes: stats.and_then(|stats| stats.memory_usage),
        memory_working_set_bytes: container.working_set(),
        memory_anon_bytes: stats.and_then(|stats| stats.memory_anon),
        memory_limit_bytes: container.memory_limit(),
        level: container.level(),
        cpu_pct: container.cpu_pct,
        oom_kills: stats.and_then(|stats| stats.oom_kills),
    }
}

fn time_of_day(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_control_the_terminal() {
        let event = EventJson {
            name: Some("a\x1b[2Jb".into()),
            detail: Some("c\nd".into()),
            ..EventJson::new(EventKind::Health, Level::Safe, Timestamp::UNIX_EPOCH)
        };
        let text = StreamFormat::Text.render(&Line::Event(event)).unwrap();
        assert_eq!(text, "00:00:00Z  health: a [2Jb c d\n");
    }
}
