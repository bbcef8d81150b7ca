//! The Prometheus text format. Names and units follow cAdvisor, behind a prefix of dockwatch's own, so that nothing is
//! counted twice where both run.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use evenkeel_common::Timestamp;

use crate::model::container::{Container, Health};
use crate::model::engine::{Endpoint, EndpointState, EngineFacts};
use crate::model::facts::Facts;
use crate::model::level::{Assessment, Verdict};
use crate::model::numbers::to_f64;

/// Label names and values.
type Labels<'a> = Vec<(&'static str, &'a str)>;

/// A metric of containers: name, type, help and value.
type ContainerMetric = (&'static str, Kind, &'static str, fn(&Container) -> Option<f64>);

/// The type of a metric.
#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// Renders all metrics of a sample that took so long.
pub(crate) fn render(facts: &Facts, assessment: &Assessment, duration: Duration) -> String {
    let mut page = Exposition::default();
    let healthy = u8::from(facts.is_healthy());
    page.single("up", "Whether every endpoint of every engine answers.", healthy);
    page.single("scrape_duration_seconds", "Duration of the measurement.", duration.as_secs_f64());
    if let Verdict::Level(level) = facts.verdict(assessment) {
        page.single("level", "0 safe, 1 warning, 2 critical, 3 emergency.", level as u8);
    }
    budgets(&mut page, assessment);
    engines(&mut page, &facts.engines);
    totals(&mut page, facts);
    containers(&mut page, &facts.live().collect::<Vec<_>>());
    page.text
}

/// The text of all metrics so far.
#[derive(Default)]
struct Exposition {
    text: String,
}

impl Exposition {
    fn header(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = kind.name();
        let _ = writeln!(self.text, "# HELP dockwatch_{name} {help}\n# TYPE dockwatch_{name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &Labels<'_>, value: impl Display) {
        let labels: Vec<String> =
            labels.iter().map(|(key, text)| format!("{key}=\"{}\"", escape(text))).collect();
        let braces = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "dockwatch_{name}{braces} {value}");
    }

    /// A gauge without labels.
    fn single(&mut self, name: &str, help: &str, value: impl Display) {
        self.header(name, Kind::Gauge, help);
        self.value(name, &Labels::new(), value);
    }

    /// A metric with one value for each item that has one. It is left out where none has: an absent series means
    /// unknown, and 0 would be wrong.
    fn family<'a, T>(
        &mut self,
        (name, kind, help): (&str, Kind, &str),
        items: &'a [T],
        labels: impl Fn(&'a T) -> Labels<'a>,
        value: impl Fn(&'a T) -> Option<f64>,
    ) {
        let known: Vec<_> = items.iter().filter_map(|item| Some((labels(item), value(item)?))).collect();
        if !known.is_empty() {
            self.header(name, kind, help);
            for (labels, value) in &known {
                self.value(name, labels, value);
            }
        }
    }

    /// A family of gauges.
    fn gauges<'a, T>(
        &mut self,
        name: &str,
        help: &str,
        items: &'a [T],
        labels: impl Fn(&'a T) -> Labels<'a>,
        value: impl Fn(&'a T) -> Option<f64>,
    ) {
        self.family((name, Kind::Gauge, help), items, labels, value);
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn budgets(page: &mut Exposition, assessment: &Assessment) {
    page.gauges(
        "budget_used_ratio",
        "Used share of the budget.",
        &assessment.resources,
        |found| vec![("resource", found.resource.name())],
        |found| (found.budget > 0).then_some(to_f64(found.used?) / to_f64(found.budget)),
    );
}

fn engines(page: &mut Exposition, engines: &[EngineFacts]) {
    let endpoints: Vec<(&EngineFacts, &Endpoint)> =
        engines.iter().flat_map(|engine| engine.endpoints.iter().map(move |found| (engine, found))).collect();
    let help = "Whether an endpoint of the engine answers within the deadline.";
    page.gauges("endpoint_up", help, &endpoints, endpoint_labels, |(_, endpoint)| {
        Some(f64::from(u8::from(endpoint.state == EndpointState::Ok)))
    });
    let help = "Response time of the endpoint.";
    page.gauges("endpoint_duration_seconds", help, &endpoints, endpoint_labels, |(_, endpoint)| {
        Some(endpoint.ms / 1000.0)
    });
    let help = "Memory of the engine's machine.";
    page.gauges("machine_memory_bytes", help, engines, engine_labels, |e| e.machine.mem_total.map(to_f64));
    let help = "Memory that can be allocated without swapping.";
    page.gauges("machine_memory_available_bytes", help, engines, engine_labels, |e| {
        e.machine.mem_available.map(to_f64)
    });
    let help = "Share of the last 10 s in which some task waited for memory.";
    page.gauges("machine_memory_pressure_ratio", help, engines, engine_labels, |e| {
        e.machine.pressure_memory.map(|(some, _)| some / 100.0)
    });
    let help = "Free space where the engine keeps its data.";
    page.gauges("disk_free_bytes", help, engines, engine_labels, |e| Some(to_f64(e.disk_space?.free)));
    let help = "Size of the file system where the engine keeps its data.";
    page.gauges("disk_size_bytes", help, engines, engine_labels, |e| Some(to_f64(e.disk_space?.total)));
    let help = "Networks that can still be created.";
    page.gauges("address_pool_subnets_free", help, engines, engine_labels, |e| {
        e.address_pools.map(|(free, _)| to_f64(free))
    });
}

fn engine_labels(engine: &EngineFacts) -> Labels<'_> {
    vec![("engine", &engine.host)]
}

fn endpoint_labels<'a>((engine, endpoint): &'a (&EngineFacts, &Endpoint)) -> Labels<'a> {
    vec![("engine", &engine.host), ("endpoint", endpoint.name)]
}

fn totals(page: &mut Exposition, facts: &Facts) {
    let usage = facts.usage();
    let stopped = usage.containers.map(|live| facts.containers.len() as u64 - live);
    let states = [("running", usage.containers), ("stopped", stopped)];
    let labels = |(state, _): &(&'static str, Option<u64>)| vec![("state", *state)];
    page.gauges("containers", "Containers by state.", &states, labels, |(_, count)| count.map(to_f64));
    for (name, help, count) in [
        ("networks", "Networks, not counting the engines' own.", usage.networks),
        ("volumes", "Volumes.", usage.volumes),
    ] {
        page.gauges(name, help, &[count], |_| Labels::new(), |count| count.map(to_f64));
    }
}

const CONTAINER_METRICS: [ContainerMetric; 17] = [
    ("container_memory_usage_bytes", Kind::Gauge, "Memory, page cache included.", |c| {
        c.stats.as_ref()?.memory_usage.map(to_f64)
    }),
    ("container_memory_working_set_bytes", Kind::Gauge, "Memory as docker stats shows it.", |c| {
        c.working_set().map(to_f64)
    }),
    ("container_memory_anon_bytes", Kind::Gauge, "Anonymous memory.", |c| {
        c.stats.as_ref()?.memory_anon.map(to_f64)
    }),
    ("container_memory_shmem_bytes", Kind::Gauge, "tmpfs and shared memory.", |c| {
        c.stats.as_ref()?.memory_shmem.map(to_f64)
    }),
    ("container_memory_max_usage_bytes", Kind::Gauge, "Highest memory usage.", |c| {
        c.stats.as_ref()?.memory_peak.map(to_f64)
    }),
    ("container_spec_memory_limit_bytes", Kind::Gauge, "Memory limit; absent if unlimited.", |c| {
        c.memory_limit().map(to_f64)
    }),
    (
        "container_memory_pressure_ratio",
        Kind::Gauge,
        "Share of the last 10 s in which some task waited for memory.",
        |c| c.stats.as_ref()?.pressure_memory.map(|pct| pct / 100.0),
    ),
    ("container_oom_events_total", Kind::Counter, "Processes killed by the OOM killer.", |c| {
        c.stats.as_ref()?.oom_kills.map(to_f64)
    }),
    ("container_cpu_usage_seconds_total", Kind::Counter, "CPU time.", |c| {
        c.stats.as_ref()?.cpu_ns.map(|ns| Duration::from_nanos(ns).as_secs_f64())
    }),
    ("container_threads", Kind::Gauge, "Processes and threads.", |c| c.stats.as_ref()?.pids.map(to_f64)),
    ("container_network_receive_bytes_total", Kind::Counter, "Network bytes received.", |c| {
        c.stats.as_ref()?.net.map(|(rx, _)| to_f64(rx))
    }),
    ("container_network_transmit_bytes_total", Kind::Counter, "Network bytes sent.", |c| {
        c.stats.as_ref()?.net.map(|(_, tx)| to_f64(tx))
    }),
    ("container_fs_reads_bytes_total", Kind::Counter, "Bytes read from block devices.", |c| {
        c.stats.as_ref()?.block.map(|(read, _)| to_f64(read))
    }),
    ("container_fs_writes_bytes_total", Kind::Counter, "Bytes written to block devices.", |c| {
        c.stats.as_ref()?.block.map(|(_, written)| to_f64(written))
    }),
    ("container_healthy", Kind::Gauge, "Whether the health check passes; absent without one.", |c| {
        c.summary.health.map(|health| f64::from(u8::from(health == Health::Healthy)))
    }),
    ("container_restarts_total", Kind::Counter, "Restarts by the engine's restart policy.", |c| {
        c.details.as_ref()?.restarts.map(to_f64)
    }),
    ("container_start_time_seconds", Kind::Gauge, "Start time, seconds since the Unix epoch.", |c| {
        let started: Timestamp = c.details.as_ref()?.started_at.as_ref()?.parse().ok()?;
        Some(started.as_duration().as_secs_f64())
    }),
];

fn containers(page: &mut Exposition, live: &[&Container]) {
    for (name, kind, help, value) in CONTAINER_METRICS {
        page.family((name, kind, help), live, |container| labels(container), |container| value(container));
    }
}

fn labels(container: &Container) -> Labels<'_> {
    let summary = &container.summary;
    vec![
        ("engine", &container.engine),
        ("id", &summary.id),
        ("name", &summary.name),
        ("image", &summary.image),
        ("project", summary.project().unwrap_or_default()),
        ("service", summary.service().unwrap_or_default()),
        ("environment", summary.environment().unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::level::{Budget, assess};

    #[test]
    fn labels_are_escaped() {
        let mut page = Exposition::default();
        page.value("x", &vec![("name", "a\"b\\c\nd")], 1);
        assert_eq!(page.text, "dockwatch_x{name=\"a\\\"b\\\\c\\nd\"} 1\n");
    }

    #[test]
    fn unknown_is_absent() {
        let budget = Budget::OF_A_TEAM;
        let page = |facts: &Facts| render(facts, &assess(&facts.usage(), &budget), Duration::from_millis(5));
        let unknown = page(&Facts::default());
        for metric in ["dockwatch_level", "budget_used_ratio", "dockwatch_networks"] {
            assert!(!unknown.contains(metric), "{metric}\n{unknown}");
        }
        let known =
            Facts { containers_known: true, networks_known: true, volumes_known: true, ..Facts::default() };
        assert!(page(&known).contains("dockwatch_level 0\n"));
        let down = page(&Facts { engines: vec![EngineFacts::default()], ..known });
        assert!(down.contains("dockwatch_up 0\n") && !down.contains("dockwatch_level"), "{down}");
    }
}
