//! Measures one engine, once or repeatedly.
//!
//! Where the containers run on this machine, the kernel's counter files are read: while the engine lists its
//! containers, those that are known already are being read. Elsewhere the engine's statistics are used.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use evenkeel_common::docker::{CallError, Engine};

use crate::measure::cache::{CachedContainer, EngineCache, socket_id};
use crate::measure::cgroup::all::{Readers, StatsById, read_all, read_in_background};
use crate::measure::cgroup::filesystem::{CgroupFs, ROOT};
use crate::measure::cgroup::reader::{Buffer, CgroupReader, FileHandles};
use crate::measure::cpu::{CpuHistory, CpuUsage};
use crate::measure::cpu_readings::{self, ReadingPairs};
use crate::measure::engine::{self, EngineLists, Inspected};
use crate::measure::sample::{CpuWait, Query, Sample, SampleMode};
use crate::measure::space::{DataRoot, of_tmpfs};
use crate::measure::{address_pools, fd_limit, machine};
use crate::model::container::{
    Container, ContainerDetails, ContainerState, ContainerStats, ContainerSummary, StatsSource,
};
use crate::model::engine::{DiskSpace, DiskUsage, Endpoint, EndpointState, EngineFacts, Machine};

/// Exit code of a container that SIGKILL ended, as the OOM killer does.
const EXIT_SIGKILL: i64 = 137;

type Labels = BTreeMap<String, String>;

/// Measures one engine. It keeps from sample to sample what does not change.
#[derive(Debug)]
pub(super) struct Sampler {
    engine: Engine,
    /// `None` where the engine's containers cannot have cgroups here.
    cgroups: Option<CgroupFs>,
    mode: SampleMode,
    max_open_containers: usize,
    cache: EngineCache,
    readers: Readers,
    /// Details of containers that have exited.
    exited: HashMap<String, ContainerDetails>,
    /// The engine's last answer.
    lists: Option<EngineLists>,
    data_root: DataRoot,
}

/// The containers of a sample.
#[derive(Debug, Default)]
struct Measured {
    containers: Vec<Container>,
    vanished: Vec<Labels>,
}

/// What a sample found: the containers, the engine's lists and its disk usage, where each is known.
type Answers = (Option<Measured>, EngineLists, Option<DiskUsage>);

/// What was found out about the containers of a sample, by id.
struct Parts {
    stats: StatsById,
    stats_errors: HashMap<String, String>,
    source: StatsSource,
    inspected: HashMap<String, Result<Inspected, CallError>>,
    cpu: HashMap<String, CpuUsage>,
}

/// The labels of a container of which nothing is known but that it ended after the list call.
struct Vanished(Labels);

impl Sampler {
    /// A sampler that continues from a cache.
    pub(super) fn new(engine: Engine, mut cache: EngineCache, mode: SampleMode) -> Self {
        let is_local = engine.host.starts_with("unix://");
        cache.containers.retain(|_, container| container.cgroup.is_some());
        let mut sampler = Self {
            engine,
            cgroups: is_local.then(|| CgroupFs::detect(ROOT)).flatten(),
            mode,
            max_open_containers: fd_limit::max_open_containers(),
            cache,
            readers: Readers::new(),
            exited: HashMap::new(),
            lists: None,
            data_root: DataRoot::default(),
        };
        sampler.track_known();
        sampler
    }

    /// Starts to read the containers whose cgroups are known.
    fn track_known(&mut self) {
        let known = self.cache.containers.iter();
        let known: Vec<_> = known.filter_map(|(id, c)| Some((id.clone(), c.cgroup.clone()?))).collect();
        for (id, cgroup) in known {
            self.track(&id, &cgroup);
        }
    }

    /// What the next invocation can continue from.
    pub(super) const fn cache(&self) -> &EngineCache {
        &self.cache
    }

    pub(super) const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Measures everything. All calls to the engine together take little more than one deadline.
    pub(super) async fn sample(&mut self, query: Query) -> Sample {
        let (measured, lists, disk) = match (query, self.lists.clone()) {
            (Query::KernelOnly, Some(lists)) => {
                self.sample_kernel(lists, Some(self.engine.call_timeout)).await
            }
            (Query::KernelAndHeartbeat(limit), lists) => self.sample_if_answering(limit, lists).await,
            (Query::IfAnswering(limit), _) => self.sample_if_answering(limit, None).await,
            (Query::EngineKernelAndDisk, _) => Box::pin(self.sample_engine_and_disk()).await,
            _ => Box::pin(self.sample_engine()).await,
        };
        let (mut containers, vanished) =
            measured.map_or_else(Default::default, |found| (Some(found.containers), found.vanished));
        let machine = self.machine(containers.as_deref().unwrap_or_default());
        let disk_space = self.disk_space(&machine).await;
        let info = &self.cache.info;
        if info.lacks_cgroups {
            let from_engine = |c: &&mut Container| c.stats_source == Some(StatsSource::Api);
            containers.iter_mut().flatten().filter(from_engine).for_each(Container::forget_stats);
        }
        let pools = info.pools.as_ref().filter(|_| lists.networks.is_some());
        let pools = pools.map(|pools| address_pools::free_subnets(pools, &lists.subnets));
        Sample {
            engine: EngineFacts {
                host: self.engine.host.clone(),
                info: info.clone(),
                endpoints: lists.endpoints,
                machine,
                address_pools: pools,
                disk_space,
                disk,
            },
            containers,
            networks: lists.networks,
            volumes: lists.volumes,
            vanished,
        }
    }

    /// The space where the engine keeps its data, if its machine is this one.
    async fn disk_space(&mut self, machine: &Machine) -> Option<DiskSpace> {
        // Of another machine only the engine's figures are known.
        machine.mem_available?;
        let directory = self.cache.info.data_root.as_deref()?;
        self.data_root.space(&self.engine.host, directory).await
    }

    async fn sample_engine_and_disk(&mut self) -> Answers {
        let engine = self.engine.clone();
        let ((measured, mut lists, _), (endpoint, disk)) =
            tokio::join!(self.sample_engine(), engine::disk_usage(&engine));
        lists.endpoints.push(endpoint);
        (measured, lists, disk)
    }

    async fn sample_engine(&mut self) -> Answers {
        let engine = self.engine.clone();
        let socket = socket_id(&engine.host);
        let has_info = socket.is_some() && socket == self.cache.socket && self.cache.info.version.is_some();
        let info = async { if has_info { None } else { Some(engine::info(&engine).await) } };
        let ((endpoint, containers, measured), mut lists, info) =
            tokio::join!(self.list_and_measure(), engine::list_others(&engine), info);
        lists.endpoints.insert(1, endpoint);
        if let Some((endpoint, info)) = info {
            self.cache.socket = socket;
            self.cache.info = info.unwrap_or_default();
            lists.endpoints.push(endpoint);
        }
        self.lists = Some(EngineLists { containers, ..lists.clone() });
        (measured, lists, None)
    }

    async fn list_and_measure(&mut self) -> (Endpoint, Option<Vec<ContainerSummary>>, Option<Measured>) {
        let start = Instant::now();
        let (readers, detail) = (std::mem::take(&mut self.readers), self.mode.detail);
        let ((endpoint, listed), (readers, stats)) =
            tokio::join!(engine::list_containers(&self.engine), read_in_background(readers, detail));
        self.readers = readers;
        let measured = match &listed {
            Some(listed) => {
                let limit = self.engine.call_timeout;
                let left = limit.saturating_sub(start.elapsed()).max(limit / 4);
                Some(self.measure(listed.clone(), stats, Some(left)).await)
            }
            None => None,
        };
        (endpoint, listed, measured)
    }

    /// Takes a sample as long as the engine answers heartbeats: it can hang before or in the middle of it. With lists of an
    /// earlier sample the engine is not asked for them again.
    async fn sample_if_answering(&mut self, limit: Duration, lists: Option<EngineLists>) -> Answers {
        let engine = self.engine.clone();
        let beats = engine::heartbeat(&engine, limit).await;
        if !all_answer(&beats) {
            return self.sample_hung(beats).await;
        }
        let hung = async {
            loop {
                tokio::time::sleep(limit).await;
                let beats = engine::heartbeat(&engine, limit).await;
                if !all_answer(&beats) {
                    return beats;
                }
            }
        };
        let sample = async {
            match lists {
                Some(lists) => self.sample_kernel(lists, Some(engine.call_timeout)).await,
                None => Box::pin(self.sample_engine()).await,
            }
        };
        let beats = tokio::select! {
            answers = sample => return answers,
            beats = hung => beats,
        };
        self.sample_hung(beats).await
    }

    /// What is known while the engine hangs: the kernel's counters of the containers that it listed before.
    async fn sample_hung(&mut self, beats: [Endpoint; 2]) -> Answers {
        if self.readers.is_empty() {
            // A sample that was given up had them.
            self.track_known();
        }
        let (measured, lists, disk) = match self.lists.clone() {
            Some(lists) if !self.readers.is_empty() => self.sample_kernel(lists, None).await,
            _ => (None, EngineLists::default(), None),
        };
        let lists = EngineLists { networks: None, volumes: None, endpoints: beats.into(), ..lists };
        (measured, lists, disk)
    }

    /// Reads the kernel's counters. What only the engine knows is asked for within `limit`; `None` asks nothing.
    async fn sample_kernel(&mut self, mut lists: EngineLists, limit: Option<Duration>) -> Answers {
        let Some(listed) = lists.containers.take() else { return (None, lists, None) };
        let (readers, stats) = read_all(std::mem::take(&mut self.readers), self.mode.detail);
        self.readers = readers;
        let measured = self.measure(listed, stats, limit).await;
        (Some(measured), lists, None)
    }

    /// Starts to read a container whose cgroup was found. Drops what is cached of an earlier run of it.
    fn track(&mut self, id: &str, cgroup: &Path) {
        let Some(cgroups) = &self.cgroups else { return };
        let inode = cgroups.inode(cgroup);
        let cached = self.cache.containers.entry(id.to_owned()).or_default();
        if cached.inode != inode || inode.is_none() {
            *cached =
                CachedContainer { cgroup: Some(cgroup.to_owned()), inode, ..CachedContainer::default() };
        }
        let may_stay_open = self.readers.len() < self.max_open_containers;
        let handles = if may_stay_open { self.mode.handles } else { FileHandles::Close };
        let mut reader = CgroupReader::new(cgroups, cgroup, handles);
        if let Some(init) = cached.init {
            reader.set_init(init);
        }
        self.readers.insert(id.to_owned(), reader);
    }

    /// Completes what was read so far with what the list call shows to be missing; without a limit the engine is not asked.
    async fn measure(
        &mut self,
        listed: Vec<ContainerSummary>,
        mut stats: StatsById,
        limit: Option<Duration>,
    ) -> Measured {
        let live: Vec<String> = listed.iter().filter(|c| c.is_live()).map(|c| c.id.clone()).collect();
        self.read_new(&live, &mut stats);
        self.forget_stopped(&listed);
        let is_local = live.iter().any(|id| stats.contains_key(id));
        let remote: &[String] = if is_local || limit.is_none() { &[] } else { &live };
        let to_inspect = if limit.is_none() { Vec::new() } else { self.to_inspect(&listed, &stats) };
        let to_read_twice = self.without_cpu_use(&stats);
        let (inspected, (answers, mut pairs), kernel_pairs) = tokio::join!(
            engine::inspect_all(&self.engine, &to_inspect, limit.unwrap_or_default()),
            cpu_readings::from_engine(&self.engine, remote, self.mode.cpu),
            cpu_readings::from_kernel(&mut self.readers, &to_read_twice),
        );
        pairs.extend(kernel_pairs);
        let stats_errors = add_stats(answers, &mut stats);
        let cpu = self.cpu_usage(&stats, &pairs);
        let source = if is_local { StatsSource::Cgroup } else { StatsSource::Api };
        let mut parts = Parts { stats, stats_errors, source, inspected, cpu };
        let mut measured = Measured::default();
        for summary in listed {
            let was_live = summary.is_live();
            match self.assemble(summary, &mut parts) {
                Ok(container) => {
                    let has_ended = was_live && !container.summary.is_live();
                    measured.vanished.extend(has_ended.then(|| container.summary.labels.clone()));
                    measured.containers.push(container);
                }
                Err(Vanished(labels)) => measured.vanished.push(labels),
            }
        }
        measured
    }

    /// Looks for the cgroups of containers that were started since the last sample, and reads them.
    fn read_new(&mut self, live: &[String], stats: &mut StatsById) {
        let Some(cgroups) = &self.cgroups else { return };
        if live.iter().all(|id| stats.contains_key(id)) {
            return;
        }
        let mut paths = cgroups.find_containers();
        let mut buffer = Buffer::default();
        for id in live.iter().filter(|id| !stats.contains_key(*id)).cloned().collect::<Vec<_>>() {
            let Some(path) = paths.remove(&id) else { continue };
            self.track(&id, &path);
            if let Some(Ok(found)) =
                self.readers.get_mut(&id).map(|reader| reader.read(self.mode.detail, &mut buffer))
            {
                stats.insert(id, found);
            }
        }
    }

    /// Drops what is known about containers that do not run any more, or run again.
    fn forget_stopped(&mut self, listed: &[ContainerSummary]) {
        let is_live: HashMap<&str, bool> = listed.iter().map(|c| (c.id.as_str(), c.is_live())).collect();
        let live = |id: &String| is_live.get(id.as_str()) == Some(&true);
        self.readers.retain(|id, _| live(id));
        self.cache.containers.retain(|id, _| live(id));
        self.exited.retain(|id, _| is_live.get(id.as_str()) == Some(&false));
    }

    /// Running containers are inspected once a run, and again where they have no processes, or where the list does not
    /// say how their health check went. Of the exited ones those that were killed are inspected, because the list does
    /// not say why.
    fn to_inspect(&self, listed: &[ContainerSummary], stats: &StatsById) -> Vec<String> {
        let is_known = |c: &ContainerSummary| {
            let cached = self.cache.containers.get(&c.id);
            let details = cached.and_then(|cached| cached.details.as_ref());
            details.is_some_and(|details| c.health.is_some() || !details.has_health_check)
        };
        let needs = |c: &&ContainerSummary| {
            if c.is_live() {
                !is_known(c) || !stats.contains_key(&c.id)
            } else {
                c.exit_code == Some(EXIT_SIGKILL) && !self.exited.contains_key(&c.id)
            }
        };
        listed.iter().filter(needs).map(|c| c.id.clone()).collect()
    }

    /// The containers whose CPU use is waited for.
    fn without_cpu_use(&self, stats: &StatsById) -> Vec<String> {
        if self.mode.cpu == CpuWait::No {
            return Vec::new();
        }
        let is_known = |(id, stats): &(&String, &ContainerStats)| {
            let now = cpu_readings::counter(stats);
            let usage = now.and_then(|now| self.cache.containers.get(*id)?.cpu?.usage_until(now));
            usage.is_some_and(|usage| usage.is_steady())
        };
        stats.iter().filter(|stats| !is_known(stats)).map(|(id, _)| id.clone()).collect()
    }

    /// CPU use between two readings that were made for it, else since the last samples.
    fn cpu_usage(&mut self, stats: &StatsById, pairs: &ReadingPairs) -> HashMap<String, CpuUsage> {
        let mut found = HashMap::new();
        for (id, stats) in stats {
            let pair = pairs.get(id).copied();
            let Some(now) = pair.map(|pair| pair.later).or_else(|| cpu_readings::counter(stats)) else {
                continue;
            };
            let init = self.readers.get(id).and_then(CgroupReader::init);
            let cached = self.cache.containers.entry(id.clone()).or_default();
            let history = cached.cpu.get_or_insert(CpuHistory::new(now));
            let usage = match pair {
                Some(pair) => pair.usage(),
                None => history.usage_until(now),
            };
            history.add(now);
            cached.init = init;
            found.extend(usage.map(|usage| (id.clone(), usage)));
        }
        found
    }

    /// Puts together everything that is known about one container.
    fn assemble(&mut self, mut summary: ContainerSummary, parts: &mut Parts) -> Result<Container, Vanished> {
        let id = summary.id.clone();
        let inspected = parts.inspected.remove(&id);
        // Of what the list has as ended, only the cause is asked for.
        if summary.is_live()
            && let Some(Ok(found)) = &inspected
        {
            summary.follow(&found.reading);
        }
        let mut stats = parts.stats.remove(&id).filter(|_| summary.is_live());
        let mut error = None;
        if summary.is_live() && summary.state != ContainerState::Restarting && stats.is_none() {
            error = stats_error(inspected.as_ref(), parts.stats_errors.remove(&id));
            if error.is_none() {
                return Err(Vanished(summary.labels));
            }
        }
        let details = self.keep_details(&id, inspected.and_then(Result::ok).map(|found| found.details));
        if let Some(stats) = &mut stats
            && details.as_ref().is_none_or(|details| details.has_host_network)
        {
            // These are, or may be, the machine's counters.
            stats.net = None;
        }
        let destinations = details.as_ref().map(|details| details.tmpfs.as_slice()).unwrap_or_default();
        let tmpfs = of_tmpfs(self.readers.get_mut(&id), destinations);
        let cpu = parts.cpu.remove(&id).filter(|_| stats.is_some());
        Ok(Container {
            engine: self.engine.host.clone(),
            stats_source: stats.as_ref().map(|_| parts.source),
            summary,
            stats,
            cpu_pct: cpu.map(|cpu| cpu.pct),
            cpu_window_ms: cpu.map(|cpu| cpu.window_ms),
            details,
            tmpfs,
            error,
        })
    }

    /// Keeps new details for later samples; returns the newest.
    fn keep_details(&mut self, id: &str, new: Option<ContainerDetails>) -> Option<ContainerDetails> {
        let Some(cached) = self.cache.containers.get_mut(id) else {
            self.exited.extend(new.map(|new| (id.to_owned(), new)));
            return self.exited.get(id).cloned();
        };
        if new.is_some() {
            cached.details.clone_from(&new);
        }
        cached.details.clone()
    }

    /// The machine that the containers run on: this one where their cgroups are here, else what the engine says.
    fn machine(&self, containers: &[Container]) -> Machine {
        let info = &self.cache.info;
        let here = machine::measure();
        let has_cgroups_here = containers.iter().any(|c| c.stats_source == Some(StatsSource::Cgroup));
        let may_be_here =
            self.cgroups.is_some() && (info.mem_total == here.mem_total || info.mem_total.is_none());
        if has_cgroups_here || may_be_here {
            here
        } else {
            Machine { mem_total: info.mem_total, cpus: info.cpus, ..Machine::default() }
        }
    }
}

fn all_answer(beats: &[Endpoint]) -> bool {
    beats.iter().all(|beat| beat.state == EndpointState::Ok)
}

/// Adds the engine's answers to the statistics. Returns the errors, by container.
fn add_stats(
    answers: Vec<(String, Result<ContainerStats, CallError>)>,
    stats: &mut StatsById,
) -> HashMap<String, String> {
    let mut errors = HashMap::new();
    for (id, answer) in answers {
        match answer {
            Ok(found) => drop(stats.insert(id, found)),
            // The container has ended, which is not an error.
            Err(error) if error.status().is_some_and(|code| code == 404 || code == 409) => {}
            Err(error) => drop(errors.insert(id, format!("statistics: {error}"))),
        }
    }
    errors
}

/// Why a container that the engine lists as running has no statistics; `None` where it has ended meanwhile.
fn stats_error(
    inspected: Option<&Result<Inspected, CallError>>,
    stats_error: Option<String>,
) -> Option<String> {
    match inspected {
        Some(Err(error)) if error.status() != Some(404) => Some(format!("inspect: {error}")),
        Some(Ok(_)) => Some(
            stats_error.unwrap_or_else(|| "the engine lists it as running, but it has no statistics".into()),
        ),
        _ => None,
    }
}
