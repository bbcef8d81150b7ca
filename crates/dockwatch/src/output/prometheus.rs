//! Prometheus text: the names and units of the ecosystem behind a prefix of our own, so that nothing is counted twice
//! where cAdvisor runs as well.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use evenkeel_common::{Error, Timestamp};

use crate::model::container::{Answer, Container, Endpoint, EngineFacts, Facts};
use crate::model::level::Verdict;

/// Label names and values.
type Labels<'a> = Vec<(&'static str, &'a str)>;

/// Renders all figures.
pub fn render(facts: &Facts, verdict: &Verdict, took: Duration) -> String {
    let mut page = Page::default();
    page.one("up", "gauge", "Whether every endpoint of every engine answers.", u8::from(facts.is_healthy()));
    page.one("scrape_duration_seconds", "gauge", "How long measuring took.", took.as_secs_f64());
    page.one("level", "gauge", "0 safe, 1 warning, 2 critical, 3 emergency.", verdict.level as u8);
    budgets(&mut page, verdict);
    engines(&mut page, &facts.engines);
    totals(&mut page, facts);
    containers(&mut page, &facts.live().collect::<Vec<_>>());
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP dockwatch_{name} {help}\n# TYPE dockwatch_{name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &Labels<'_>, value: impl std::fmt::Display) {
        let labels: Vec<String> =
            labels.iter().map(|(key, text)| format!("{key}=\"{}\"", escape(text))).collect();
        let braces = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "dockwatch_{name}{braces} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, kind, help);
        self.value(name, &Labels::new(), value);
    }

    /// A family with one value for each item that has one. Nothing at all where none has: an absent series is
    /// "unknown", and zero would be a lie.
    fn each<'a, T>(
        &mut self,
        (name, kind, help): (&str, &str, &str),
        items: &'a [T],
        labels: impl Fn(&'a T) -> Labels<'a>,
        value: impl Fn(&'a T) -> Option<f64>,
    ) {
        let known: Vec<_> = items.iter().filter_map(|item| Some((labels(item), value(item)?))).collect();
        if !known.is_empty() {
            self.family(name, kind, help);
            for (labels, value) in &known {
                self.value(name, labels, value);
            }
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows floats only")]
fn float(number: u64) -> f64 {
    number as f64
}

fn budgets(page: &mut Page, verdict: &Verdict) {
    let family = ("budget_used_ratio", "gauge", "Share of the budget that is used.");
    page.each(
        family,
        &verdict.resources,
        |j| vec![("resource", j.resource.name())],
        |judged| {
            (judged.budget > 0).then(|| judged.used.map(|used| float(used) / float(judged.budget))).flatten()
        },
    );
}

fn engines(page: &mut Page, engines: &[EngineFacts]) {
    let of_engine = |engine: &'_ EngineFacts| -> Vec<_> {
        engine.endpoints.iter().map(|endpoint| (engine.host.clone(), endpoint.clone())).collect()
    };
    let endpoints: Vec<(String, Endpoint)> = engines.iter().flat_map(of_engine).collect();
    let family = ("endpoint_up", "gauge", "Whether an endpoint of the engine answers within the deadline.");
    let up = |endpoint: &Endpoint| f64::from(u8::from(endpoint.answer == Answer::Answered));
    page.each(family, &endpoints, endpoint_labels, |(_, endpoint)| Some(up(endpoint)));
    let family = ("endpoint_duration_seconds", "gauge", "How long the endpoint took to answer.");
    page.each(family, &endpoints, endpoint_labels, |(_, endpoint)| Some(endpoint.ms / 1000.0));
    let family = ("machine_memory_bytes", "gauge", "Memory of the engine's machine.");
    page.each(family, engines, engine_labels, |engine| engine.machine.mem_total.map(float));
    let family = ("machine_memory_available_bytes", "gauge", "Memory that can be had without swapping.");
    page.each(family, engines, engine_labels, |engine| engine.machine.mem_available.map(float));
    let family =
        ("machine_memory_pressure_ratio", "gauge", "Share of the last 10 s in which some task waited.");
    page.each(family, engines, engine_labels, |engine| {
        engine.machine.pressure_memory.map(|(some, _)| some / 100.0)
    });
    let family = ("address_pool_subnets_free", "gauge", "Networks that can still be made.");
    page.each(family, engines, engine_labels, |engine| engine.address_pools.map(|(free, _)| float(free)));
}

fn engine_labels(engine: &EngineFacts) -> Labels<'_> {
    vec![("engine", &engine.host)]
}

fn endpoint_labels((host, endpoint): &(String, Endpoint)) -> Labels<'_> {
    vec![("engine", host), ("endpoint", endpoint.name)]
}

fn totals(page: &mut Page, facts: &Facts) {
    let usage = facts.usage();
    let stopped = usage.containers.map(|live| facts.containers.len() as u64 - live);
    let states = [("running", usage.containers), ("stopped", stopped)];
    let family = ("containers", "gauge", "Containers by state.");
    page.each(family, &states, |(state, _)| vec![("state", state)], |(_, count)| count.map(float));
    for (name, help, count) in
        [("networks", "Networks that somebody made.", usage.networks), ("volumes", "Volumes.", usage.volumes)]
    {
        page.each((name, "gauge", help), &[count], |_| Labels::new(), |count| count.map(float));
    }
}

/// One figure of a container, and the family it belongs to.
type Figure = (&'static str, &'static str, &'static str, fn(&Container) -> Option<f64>);

const FIGURES: [Figure; 17] = [
    ("container_memory_usage_bytes", "gauge", "Memory, page cache included.", |c| {
        c.reading.as_ref()?.memory_usage.map(float)
    }),
    ("container_memory_working_set_bytes", "gauge", "Memory as docker stats shows it.", |c| {
        c.working_set().map(float)
    }),
    ("container_memory_anon_bytes", "gauge", "Anonymous memory.", |c| {
        c.reading.as_ref()?.memory_anon.map(float)
    }),
    ("container_memory_shmem_bytes", "gauge", "tmpfs and shared memory.", |c| {
        c.reading.as_ref()?.memory_shmem.map(float)
    }),
    ("container_memory_max_usage_bytes", "gauge", "Highest memory usage.", |c| {
        c.reading.as_ref()?.memory_peak.map(float)
    }),
    ("container_spec_memory_limit_bytes", "gauge", "Memory limit; absent where there is none.", |c| {
        c.memory_limit().map(float)
    }),
    ("container_memory_pressure_ratio", "gauge", "Share of the last 10 s in which some task waited.", |c| {
        c.reading.as_ref()?.pressure_memory.map(|pct| pct / 100.0)
    }),
    ("container_oom_events_total", "counter", "Kills for want of memory.", |c| {
        c.reading.as_ref()?.oom_kills.map(float)
    }),
    ("container_cpu_usage_seconds_total", "counter", "CPU time.", |c| {
        c.reading.as_ref()?.cpu_ns.map(|ns| Duration::from_nanos(ns).as_secs_f64())
    }),
    ("container_threads", "gauge", "Processes and threads.", |c| c.reading.as_ref()?.pids.map(float)),
    ("container_network_receive_bytes_total", "counter", "Network bytes received.", |c| {
        c.reading.as_ref()?.net.map(|(rx, _)| float(rx))
    }),
    ("container_network_transmit_bytes_total", "counter", "Network bytes sent.", |c| {
        c.reading.as_ref()?.net.map(|(_, tx)| float(tx))
    }),
    ("container_fs_reads_bytes_total", "counter", "Bytes read from block devices.", |c| {
        c.reading.as_ref()?.block.map(|(read, _)| float(read))
    }),
    ("container_fs_writes_bytes_total", "counter", "Bytes written to block devices.", |c| {
        c.reading.as_ref()?.block.map(|(_, written)| float(written))
    }),
    ("container_healthy", "gauge", "Whether the health check passes; absent where there is none.", |c| {
        c.listed.health.as_ref().map(|health| f64::from(u8::from(health == "healthy")))
    }),
    ("container_restarts_total", "counter", "Restarts by the engine.", |c| {
        c.inspected.as_ref()?.restarts.map(float)
    }),
    ("container_start_time_seconds", "gauge", "When it started, Unix time.", |c| {
        let started: Timestamp = c.inspected.as_ref()?.started_at.as_ref()?.parse().ok()?;
        Some(started.as_duration().as_secs_f64())
    }),
];

fn containers(page: &mut Page, live: &[&Container]) {
    for (name, kind, help, figure) in FIGURES {
        page.each((name, kind, help), live, |container| labels(container), |container| figure(container));
    }
}

fn labels(container: &Container) -> Labels<'_> {
    let listed = &container.listed;
    vec![
        ("engine", &container.engine),
        ("id", &listed.id),
        ("name", &listed.name),
        ("image", &listed.image),
        ("project", listed.project().unwrap_or_default()),
        ("service", listed.service().unwrap_or_default()),
        ("environment", listed.environment().unwrap_or_default()),
    ]
}

/// Replaces a file for node_exporter, which never sees half of it.
pub fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |cause: std::io::Error| Error::failed(format!("write {}", path.display()), cause);
    // node_exporter reads files that end in .prom only, so it passes this one over.
    let new = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path)).map_err(|cause| {
        let _ = std::fs::remove_file(&new);
        failed(cause)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut page = Page::default();
        page.value("x", &vec![("name", "a\"b\\c\nd")], 1);
        assert_eq!(page.text, "dockwatch_x{name=\"a\\\"b\\\\c\\nd\"} 1\n");
    }

    #[test]
    fn unknown_is_absent() {
        let facts = Facts::default();
        let verdict = crate::model::level::judge(
            &facts.usage(),
            &crate::model::level::Budget { memory_bytes: 1, containers: 1, networks: 1, volumes: 1 },
        );
        let text = render(&facts, &verdict, Duration::from_millis(5));
        assert!(text.contains("dockwatch_level 0\n"), "{text}");
        assert!(!text.contains("budget_used_ratio") && !text.contains("dockwatch_networks"), "{text}");
    }
}
