//! Measures one engine, once or again and again.
//!
//! The fast way is the kernel's files; the engine's statistics stand in where the containers are not on this machine.
//! While the engine makes its list, the files of containers known from before are read already.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use evenkeel_common::docker::{CallError, Engine};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use crate::measure::cache::{Cpu, Known, Stored, socket_identity};
use crate::measure::cgroup::reader::{Buffer, Detail, Gone, Keep, Layout, Probe};
use crate::measure::engine::Surroundings;
use crate::measure::{address_pools as pools, machine, tmpfs};
use crate::model::container::{
    Container, Endpoint, EngineFacts, Inspected, Listed, Machine, Network, Reading, Source, Volume,
};

/// CPU use over less than this is noise.
const SHORTEST_WINDOW: Duration = Duration::from_millis(100);
/// Counters older than this tell about another time.
const LONGEST_WINDOW: Duration = Duration::from_mins(1);

/// Connections to the engine at once, where it answers at once.
const CONNECTIONS: usize = 32;

/// What one engine told at one moment.
#[derive(Debug, Default)]
pub struct Sample {
    /// The engine and its machine.
    pub engine: EngineFacts,
    /// All containers.
    pub containers: Option<Vec<Container>>,
    /// Networks that somebody made.
    pub networks: Option<Vec<Network>>,
    /// Volumes.
    pub volumes: Option<Vec<Volume>>,
    /// Labels of the containers that went away between the list and the reading.
    pub vanished: Vec<BTreeMap<String, String>>,
}

type Probes = HashMap<String, Probe>;
type Readings = HashMap<String, Reading>;

/// How a sampler reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Whether files stay open.
    pub keep: Keep,
    /// How much is read.
    pub detail: Detail,
}

impl Manner {
    /// For one sample.
    pub const ONCE: Self = Self { keep: Keep::Closed, detail: Detail::Everything };
    /// For a view that shows everything, again and again.
    pub const VIEW: Self = Self { keep: Keep::Open, detail: Detail::Everything };
    /// For a watch that never ends.
    pub const WATCH: Self = Self { keep: Keep::Open, detail: Detail::Essential };
}

/// Whom a sample asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The engine, for its lists, and the kernel.
    Everyone,
    /// The kernel alone: nothing was started or stopped since the engine was asked.
    KernelOnly,
}

/// Measures one engine. It remembers from sample to sample what does not change.
#[derive(Debug)]
pub struct Sampler {
    engine: Engine,
    layout: Option<Layout>,
    manner: Manner,
    /// Containers whose files may stay open.
    room: usize,
    known: Stored,
    probes: Probes,
    /// What inspects told of containers that ended.
    ended: HashMap<String, Inspected>,
    last: Option<Lists>,
}

/// What the engine told last.
#[derive(Clone, Debug)]
struct Lists {
    containers: Option<Vec<Listed>>,
    around: Surroundings,
}

impl Sampler {
    /// A sampler that starts from what an earlier one stored.
    pub fn new(engine: Engine, mut known: Stored, manner: Manner) -> Self {
        let is_local = engine.host.starts_with("unix://");
        let layout = is_local.then(|| Layout::at(crate::measure::cgroup::reader::ROOT)).flatten();
        let before = std::mem::take(&mut known.containers);
        let mut sampler = Self {
            engine,
            layout,
            manner,
            room: crate::measure::fd_limit::room(),
            known,
            probes: Probes::new(),
            ended: HashMap::new(),
            last: None,
        };
        for (id, known) in before {
            if let Some(path) = known.cgroup.clone() {
                sampler.known.containers.insert(id.clone(), known);
                sampler.adopt(&id, &path);
            }
        }
        sampler
    }

    /// What the next run should know.
    pub const fn stored(&self) -> &Stored {
        &self.known
    }

    /// The engine that is measured.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Measures everything. All answers of the engine together get little more than one deadline.
    pub async fn sample(&mut self, ask: Ask) -> Sample {
        let lists = if ask == Ask::KernelOnly { self.last.clone() } else { None };
        let (mut sample, around) = match lists {
            Some(Lists { containers, around }) => (self.sample_kernel(containers).await, around),
            None => Box::pin(self.sample_everyone()).await,
        };
        sample.engine.host.clone_from(&self.engine.host);
        sample.engine.identity = self.known.identity.clone();
        sample.engine.machine = self.machine(sample.containers.as_deref().unwrap_or_default());
        sample.engine.endpoints = around.endpoints;
        sample.engine.address_pools =
            around.networks.as_ref().map(|_| pools::free(&self.known.identity.pools, &around.subnets));
        sample.networks = around.networks;
        sample.volumes = around.volumes;
        sample
    }

    async fn sample_everyone(&mut self) -> (Sample, Surroundings) {
        let engine = self.engine.clone();
        let socket = socket_identity(&engine.host);
        let is_known =
            socket.is_some() && socket == self.known.socket && self.known.identity.version.is_some();
        let identity =
            async { if is_known { None } else { Some(crate::measure::engine::identity(&engine).await) } };
        let ((sample, endpoint, containers), mut around, identity) =
            tokio::join!(self.sample_containers(), crate::measure::engine::surroundings(&engine), identity);
        around.endpoints.insert(1, endpoint);
        if let Some((endpoint, identity)) = identity {
            self.known.socket = socket;
            self.known.identity = identity.unwrap_or_default();
            around.endpoints.push(endpoint);
        }
        self.last = Some(Lists { containers, around: around.clone() });
        (sample, around)
    }

    async fn sample_containers(&mut self) -> (Sample, Endpoint, Option<Vec<Listed>>) {
        let start = Instant::now();
        let (probes, detail) = (std::mem::take(&mut self.probes), self.manner.detail);
        let ((endpoint, listed), (probes, readings)) =
            tokio::join!(crate::measure::engine::containers(&self.engine), read_aside(probes, detail));
        self.probes = probes;
        let mut sample = Sample::default();
        if let Some(listed) = &listed {
            let limit = self.engine.call_timeout;
            let left = limit.saturating_sub(start.elapsed()).max(limit / 4);
            sample.containers = Some(self.measure(listed.clone(), readings, left, &mut sample).await);
        }
        (sample, endpoint, listed)
    }

    async fn sample_kernel(&mut self, listed: Option<Vec<Listed>>) -> Sample {
        let mut sample = Sample::default();
        if let Some(listed) = listed {
            let (probes, readings) = read_all(std::mem::take(&mut self.probes), self.manner.detail);
            self.probes = probes;
            let limit = self.engine.call_timeout;
            sample.containers = Some(self.measure(listed, readings, limit, &mut sample).await);
        }
        sample
    }

    /// Takes up a container whose cgroup was found; forgets what was known of an earlier run of it.
    fn adopt(&mut self, id: &str, path: &Path) {
        let Some(layout) = &self.layout else { return };
        let run = layout.identity(path);
        let known = self.known.containers.entry(id.to_owned()).or_default();
        if known.run != run || run.is_none() {
            *known = Known { cgroup: Some(path.to_owned()), run, ..Known::default() };
        }
        let keep = if self.probes.len() < self.room { self.manner.keep } else { Keep::Closed };
        let mut probe = layout.probe(path, keep);
        if let Some(init) = known.init {
            probe.knows(init);
        }
        self.probes.insert(id.to_owned(), probe);
    }

    async fn measure(
        &mut self,
        listed: Vec<Listed>,
        mut readings: Readings,
        limit: Duration,
        sample: &mut Sample,
    ) -> Vec<Container> {
        let live: Vec<String> = listed.iter().filter(|c| c.is_live()).map(|c| c.id.clone()).collect();
        self.find(&live, &mut readings);
        self.forget_others(&listed);
        let is_local = live.iter().any(|id| readings.contains_key(id));
        let remote: &[String] = if is_local { &[] } else { &live };
        let ask = self.to_inspect(&listed, &readings);
        let (inspected, stats, ()) = tokio::join!(
            self.inspect_all(&ask, limit),
            self.stats_all(remote),
            tokio::time::sleep(self.missing_window(&readings))
        );
        let mut troubles = HashMap::new();
        for (id, answer) in stats {
            match answer {
                Ok(reading) => drop(readings.insert(id, reading)),
                // It ended meanwhile, which is no error.
                Err(error) if error.status().is_some_and(|code| code == 404 || code == 409) => {}
                Err(error) => drop(troubles.insert(id, format!("statistics: {error}"))),
            }
        }
        let cpu = self.cpu_use(&readings);
        let mut gathered = Gathered {
            readings,
            inspected,
            cpu,
            troubles,
            source: if is_local { Source::Cgroup } else { Source::Api },
        };
        listed.into_iter().filter_map(|listed| self.container(listed, &mut gathered, sample)).collect()
    }

    /// Looks for containers that are new since the last time, and reads them.
    fn find(&mut self, live: &[String], readings: &mut Readings) {
        let Some(layout) = &self.layout else { return };
        if live.iter().all(|id| readings.contains_key(id)) {
            return;
        }
        let mut places = layout.discover();
        let mut buffer = Buffer::default();
        for id in live.iter().filter(|id| !readings.contains_key(*id)).cloned().collect::<Vec<_>>() {
            let Some(path) = places.remove(&id) else { continue };
            self.adopt(&id, &path);
            if let Some(Ok(reading)) =
                self.probes.get_mut(&id).map(|probe| probe.read(self.manner.detail, &mut buffer))
            {
                readings.insert(id, reading);
            }
        }
    }

    /// Forgets containers that are gone, and what was known of earlier runs.
    fn forget_others(&mut self, listed: &[Listed]) {
        let is_live: HashMap<&str, bool> = listed.iter().map(|c| (c.id.as_str(), c.is_live())).collect();
        let live = |id: &String| is_live.get(id.as_str()) == Some(&true);
        self.probes.retain(|id, _| live(id));
        self.known.containers.retain(|id, _| live(id));
        self.ended.retain(|id, _| is_live.get(id.as_str()) == Some(&false));
    }

    /// Running containers are inspected once a run. Of those that ended, the killed ones: the list does not say why.
    /// Those that seem to run and have no processes need a second opinion.
    fn to_inspect(&self, listed: &[Listed], readings: &Readings) -> Vec<String> {
        let inspected =
            |id: &str| self.known.containers.get(id).is_some_and(|known| known.inspected.is_some());
        let needs = |c: &&Listed| {
            if c.is_live() {
                !inspected(&c.id) || !readings.contains_key(&c.id)
            } else {
                c.exit_code == Some(137) && !self.ended.contains_key(&c.id)
            }
        };
        listed.iter().filter(needs).map(|c| c.id.clone()).collect()
    }

    async fn inspect_all(
        &self,
        ids: &[String],
        limit: Duration,
    ) -> HashMap<String, Result<Inspected, CallError>> {
        let deadline = Instant::now() + limit;
        let inspect = async |id: String| {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = crate::measure::engine::inspect(&self.engine, &id, left).await;
            (id, answer)
        };
        stream::iter(ids.iter().cloned()).map(inspect).buffer_unordered(CONNECTIONS).collect().await
    }

    /// All at once: an engine before 25.0 answers each only when its own collector has come round.
    async fn stats_all(&self, ids: &[String]) -> Vec<(String, Result<Reading, CallError>)> {
        let stats = async |id: &String| (id.clone(), crate::measure::engine::stats(&self.engine, id).await);
        join_all(ids.iter().map(stats)).await
    }

    /// How long to wait until CPU use can be told for every container that was read.
    fn missing_window(&self, readings: &Readings) -> Duration {
        let has_window = |(id, reading): (&String, &Reading)| self.window_of(id, reading).is_some();
        if readings.iter().all(has_window) { Duration::ZERO } else { SHORTEST_WINDOW }
    }

    fn window_of(&self, id: &str, reading: &Reading) -> Option<(f64, u64)> {
        let before = self.known.containers.get(id)?.cpu?;
        window(before, Cpu { at_ns: reading.at_ns, used_ns: reading.cpu_ns? })
    }

    /// CPU use since the last sample, or over the window just waited for.
    fn cpu_use(&mut self, readings: &Readings) -> HashMap<String, (f64, u64)> {
        let mut buffer = Buffer::default();
        let mut found = HashMap::new();
        for (id, reading) in readings {
            let Some(used_ns) = reading.cpu_ns else { continue };
            let mut now = Cpu { at_ns: reading.at_ns, used_ns };
            let mut used = self.window_of(id, reading);
            if used.is_none()
                && let Some(probe) = self.probes.get_mut(id)
                && let Some(used_ns) = probe.read_cpu(&mut buffer)
            {
                let later = Cpu { at_ns: crate::measure::clock::since_boot_ns(), used_ns };
                used = window(now, later);
                now = later;
            }
            let init = self.probes.get(id).and_then(Probe::init);
            let known = self.known.containers.entry(id.clone()).or_default();
            (known.cpu, known.init) = (Some(now), init);
            found.extend(used.map(|used| (id.clone(), used)));
        }
        found
    }

    /// Puts together what is known of one container; `None` for one that went away meanwhile.
    fn container(
        &mut self,
        listed: Listed,
        gathered: &mut Gathered,
        sample: &mut Sample,
    ) -> Option<Container> {
        let id = listed.id.clone();
        let mut reading = gathered.readings.remove(&id);
        let asked = gathered.inspected.remove(&id);
        let mut trouble = gathered.troubles.remove(&id);
        if listed.is_live() && reading.is_none() {
            match &asked {
                Some(Err(error)) if error.status() != Some(404) => {
                    trouble = Some(format!("inspect: {error}"));
                }
                Some(Ok(found)) if found.live => {
                    trouble
                        .get_or_insert_with(|| "the engine calls it running, but it has no figures".into());
                }
                _ => {
                    sample.vanished.push(listed.labels);
                    return None;
                }
            }
        }
        if let Some(reading) = reading.as_mut().filter(|_| listed.network_mode == "host") {
            // These are the machine's counters, not the container's.
            reading.net = None;
        }
        let inspected = self.remember(&id, asked);
        let destinations = inspected.as_ref().map(|i| i.tmpfs.as_slice()).unwrap_or_default();
        let tmpfs =
            self.probes.get_mut(&id).map(|probe| tmpfs::measure(probe, destinations)).unwrap_or_default();
        let cpu = gathered.cpu.remove(&id);
        Some(Container {
            engine: self.engine.host.clone(),
            source: reading.as_ref().map(|_| gathered.source),
            listed,
            reading,
            cpu_pct: cpu.map(|(pct, _)| pct),
            cpu_window_ms: cpu.map(|(_, ms)| ms),
            inspected,
            tmpfs,
            trouble,
        })
    }

    fn remember(&mut self, id: &str, asked: Option<Result<Inspected, CallError>>) -> Option<Inspected> {
        let asked = asked.and_then(Result::ok);
        let Some(known) = self.known.containers.get_mut(id) else {
            self.ended.extend(asked.map(|asked| (id.to_owned(), asked)));
            return self.ended.get(id).cloned();
        };
        if asked.is_some() {
            known.inspected = asked;
        }
        known.inspected.clone()
    }

    /// The machine that carries the containers: this one where their cgroups are here, else what the engine says.
    fn machine(&self, containers: &[Container]) -> Machine {
        let identity = &self.known.identity;
        let here = machine::measure();
        let is_here = containers.iter().any(|c| c.source == Some(Source::Cgroup));
        if is_here
            || (self.layout.is_some()
                && (identity.mem_total == here.mem_total || identity.mem_total.is_none()))
        {
            here
        } else {
            Machine { mem_total: identity.mem_total, cpus: identity.cpus, ..Machine::default() }
        }
    }
}

struct Gathered {
    readings: Readings,
    inspected: HashMap<String, Result<Inspected, CallError>>,
    cpu: HashMap<String, (f64, u64)>,
    troubles: HashMap<String, String>,
    source: Source,
}

/// Reads all files on a thread of its own, while the engine makes its list.
async fn read_aside(probes: Probes, detail: Detail) -> (Probes, Readings) {
    tokio::task::spawn_blocking(move || read_all(probes, detail)).await.unwrap_or_default()
}

fn read_all(mut probes: Probes, detail: Detail) -> (Probes, Readings) {
    let is_calm = detail == Detail::Everything && machine::is_calm();
    let detail = if is_calm { Detail::EverythingCalm } else { detail };
    let mut buffer = Buffer::default();
    let mut readings = Readings::with_capacity(probes.len());
    probes.retain(|id, probe| match probe.read(detail, &mut buffer) {
        Ok(reading) => readings.insert(id.clone(), reading).is_none(),
        Err(Gone) => false,
    });
    (probes, readings)
}

/// CPU use in percent of one core between two moments, and the milliseconds between them.
fn window(before: Cpu, now: Cpu) -> Option<(f64, u64)> {
    let elapsed = Duration::from_nanos(now.at_ns.checked_sub(before.at_ns)?);
    let used = Duration::from_nanos(now.used_ns.checked_sub(before.used_ns)?);
    if !(SHORTEST_WINDOW..=LONGEST_WINDOW).contains(&elapsed) {
        return None;
    }
    let pct = used.as_secs_f64() * 100.0 / elapsed.as_secs_f64();
    Some(((pct * 100.0).round() / 100.0, u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_windows() {
        let at = |ms: u64, used: u64| Cpu { at_ns: ms * 1_000_000, used_ns: used * 1_000_000 };
        assert_eq!(window(at(0, 0), at(1000, 250)), Some((25.0, 1000)));
        assert_eq!(window(at(0, 0), at(100, 200)), Some((200.0, 100)));
        assert_eq!(window(at(0, 0), at(99, 1)), None, "too short");
        assert_eq!(window(at(0, 0), at(60_001, 1)), None, "too long ago");
        assert_eq!(window(at(10, 0), at(0, 1)), None, "backwards");
        assert_eq!(window(at(0, 9), at(1000, 1)), None, "another run");
    }
}
