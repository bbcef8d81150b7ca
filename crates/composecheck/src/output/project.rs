//! A project as text, as shell variables and as JSON.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use evenkeel_common::table::Table;
use evenkeel_common::terminal::one_line;
use evenkeel_common::units::show_size;
use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::isolate::changes::show_range;
use crate::isolate::ports::Published;
use crate::summary::{Build, HealthCheck, Life, Memory, Service, Summary};

/// A project with its identity.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) content: String,
    /// Absolute, with links resolved.
    pub(crate) directory: PathBuf,
    /// Absolute, in the order in which they are merged.
    pub(crate) files: Vec<PathBuf>,
    /// Absolute; only those of the command line.
    pub(crate) env_files: Vec<PathBuf>,
    pub(crate) summary: Summary,
}

/// The object of `project --json`.
#[derive(Debug, Serialize)]
pub(crate) struct ProjectJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    name: &'a str,
    id: &'a str,
    content: &'a str,
    directory: String,
    files: Vec<String>,
    services: Vec<ServiceJson<'a>>,
    external: Vec<ExternalJson<'a>>,
    memory_bytes: u64,
    memory_unlimited: bool,
}

#[derive(Debug, Serialize)]
struct ServiceJson<'a> {
    name: &'a str,
    image: Option<&'a str>,
    build: bool,
    one_shot: bool,
    healthcheck: bool,
    cpus: Option<f64>,
    memory_limit_bytes: Option<u64>,
    stop_grace_period_ms: Option<u64>,
    ports: Vec<PortJson<'a>>,
}

#[derive(Debug, Serialize)]
struct PortJson<'a> {
    container_port: u16,
    protocol: &'a str,
    host_ip: Option<&'a str>,
    published: String,
}

#[derive(Debug, Serialize)]
struct ExternalJson<'a> {
    kind: &'a str,
    name: &'a str,
}

pub(crate) fn to_json(described: &Described, at: Timestamp) -> ProjectJson<'_> {
    let summary = &described.summary;
    ProjectJson {
        schema: "composecheck.project/1",
        tool_version: VERSION,
        at,
        verdict: "done",
        name: &described.name,
        id: &described.id,
        content: &described.content,
        directory: described.directory.display().to_string(),
        files: described.files.iter().map(|file| file.display().to_string()).collect(),
        services: summary.services.iter().map(service_json).collect(),
        external: summary
            .external
            .iter()
            .map(|one| ExternalJson { kind: one.kind, name: &one.name })
            .collect(),
        memory_bytes: summary.memory_bytes,
        memory_unlimited: summary.memory == Memory::Unlimited,
    }
}

fn service_json(service: &Service) -> ServiceJson<'_> {
    ServiceJson {
        name: &service.name,
        image: service.image.as_deref(),
        build: service.build == Build::FromSource,
        one_shot: service.life == Life::OneShot,
        healthcheck: service.health_check == HealthCheck::InFiles,
        cpus: service.cpus,
        memory_limit_bytes: service.memory_limit_bytes,
        stop_grace_period_ms: service.stop_grace_period_ms,
        ports: service.ports.iter().map(port_json).collect(),
    }
}

fn port_json(port: &Published) -> PortJson<'_> {
    PortJson {
        container_port: port.container_port,
        protocol: &port.protocol,
        host_ip: port.host_ip.as_deref(),
        published: show_range(port.was),
    }
}

/// Separators for `COMPOSE_FILE`; the first one that is in no path is used.
const SEPARATORS: [&str; 4] = [":", ";", "|", "\t"];

/// `NAME=VALUE` lines. A value is quoted for a POSIX shell where it needs to be.
pub(crate) fn to_env(described: &Described) -> String {
    let path = |path: &Path| path.display().to_string();
    let files: Vec<String> = described.files.iter().map(|file| path(file)).collect();
    let is_usable = |separator: &&&str| !files.iter().any(|file| file.contains(**separator));
    let separator = SEPARATORS.iter().find(is_usable).unwrap_or(&"\n");
    let env_files: Vec<String> = described.env_files.iter().map(|file| path(file)).collect();
    let services = &described.summary.services;
    let (built, others): (Vec<&Service>, Vec<&Service>) =
        services.iter().partition(|service| service.build == Build::FromSource);
    let made: Vec<_> = built.iter().filter_map(|service| service.image.as_deref()).collect();
    let images: BTreeSet<&str> = others.iter().filter_map(|service| service.image.as_deref()).collect();
    let images: Vec<&str> = images.into_iter().filter(|image| !made.contains(image)).collect();
    let built: Vec<&str> = built.iter().map(|service| service.name.as_str()).collect();
    let mut lines = vec![
        ("PROJECT_NAME", described.name.clone()),
        ("PROJECT_DIR", path(&described.directory)),
        ("PROJECT_ID", described.id.clone()),
        ("PROJECT_CONTENT", described.content.clone()),
        ("PROJECT_IMAGES", images.join(" ")),
        ("PROJECT_BUILT", built.join(" ")),
        ("COMPOSE_PATH_SEPARATOR", (*separator).to_owned()),
        ("COMPOSE_FILE", files.join(separator)),
    ];
    if !env_files.is_empty() {
        lines.push(("COMPOSE_ENV_FILES", env_files.join(",")));
    }
    lines.iter().map(|(name, value)| format!("{name}={}\n", shell_quoted(value))).collect::<Vec<_>>().concat()
}

/// A text as one word for a POSIX shell, quoted where it needs to be.
pub(crate) fn shell_quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Identity, services and what the project needs.
pub(crate) fn to_text(described: &Described) -> String {
    let summary = &described.summary;
    let files: Vec<String> = described.files.iter().map(|file| file.display().to_string()).collect();
    let mut text = format!("project  {}\nid       {}\n", described.name, described.id);
    text += &format!("content  {}\nfiles    {}\n\n", described.content, one_line(&files.join(", ")));
    let mut table = Table::new(["SERVICE", "KIND", "HEALTH CHECK", "CPUS", "MEMORY", "PORTS"]);
    summary.services.iter().for_each(|service| table.add_row(cells(service)));
    text += &table.to_string();
    let memory = show_size(summary.memory_bytes);
    text += &match summary.memory {
        Memory::Limited => format!("memory: {memory}\n"),
        Memory::Unlimited => format!("memory: at least {memory}: something has no limit\n"),
    };
    for one in &summary.external {
        text += &format!("needs the {} {}, which it does not create\n", one.kind, one_line(&one.name));
    }
    text
}

fn cells(service: &Service) -> [String; 6] {
    let kind = match (service.build, service.life) {
        (_, Life::OneShot) => "one-shot",
        (Build::FromSource, _) => "built",
        (Build::Image, _) => "image",
    };
    let check = if service.health_check == HealthCheck::InFiles { "yes" } else { "no" };
    let port = |port: &Published| format!("{}:{}", show_range(port.was), port.container_port);
    let ports: Vec<String> = service.ports.iter().map(port).collect();
    [
        one_line(&service.name),
        kind.to_owned(),
        check.to_owned(),
        service.cpus.map_or_else(|| "-".to_owned(), |cpus| cpus.to_string()),
        service.memory_limit_bytes.map_or_else(|| "none".to_owned(), show_size),
        ports.join(" "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_a_shell() {
        for (text, wanted) in
            [("/a/b.yml", "/a/b.yml"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("ü$x", "'ü$x'")]
        {
            assert_eq!(shell_quoted(text), wanted);
        }
    }
}
