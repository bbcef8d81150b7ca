//! Reads the counters of one container.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::measure::cgroup::filesystem::{CgroupFs, OpenDir, Version};
use crate::measure::cgroup::parse::{block_bytes, net_bytes, number_of};
use crate::measure::cpu::now_ns;
use crate::measure::pressure::pressure_avg10;
use crate::model::container::ContainerStats;
use crate::model::numbers::percent;

/// v1 writes "no limit" as the largest multiple of the page size, far above the memory of any machine.
const UNLIMITED_FROM: u64 = 1 << 62;

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Every counter.
    Full,
    /// Every counter, with memory pressure taken as 0 instead of read: for a machine that has none.
    FullWithoutPressure,
    /// Memory, CPU time and OOM kills: cheap enough to read every second for hours.
    Essential,
}

/// What happens to the files between two samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileHandles {
    /// Closed: for one sample.
    Close,
    /// Kept open: seven times cheaper, at one descriptor a file.
    KeepOpen,
}

/// The kernel returns these files in chunks of at most a page.
const PAGE: usize = 4096;

/// A buffer that is reused for all files. A general-purpose reader would make several system calls a file, which is
/// noticeable with a thousand files.
#[derive(Debug, Default)]
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    fn fill(&mut self, file: &mut File) -> io::Result<&str> {
        let mut end = 0;
        loop {
            if self.0.len() < end + PAGE {
                self.0.resize(end + PAGE, 0);
            }
            let got = file.read(&mut self.0[end..])?;
            end += got;
            // Before the end of a file the kernel stops only where the next line would not fit into the page, and no
            // line is half a page long.
            if got < PAGE / 2 {
                return std::str::from_utf8(&self.0[..end]).map_err(io::Error::other);
            }
        }
    }
}

/// A file of the kernel with one or more counters.
#[derive(Debug)]
struct CounterFile {
    dir: Arc<OpenDir>,
    /// Path below the directory.
    path: PathBuf,
    file: Option<File>,
    handles: FileHandles,
}

impl CounterFile {
    fn read<'b>(&mut self, buffer: &'b mut Buffer) -> io::Result<&'b str> {
        let mut file = match self.file.take() {
            Some(mut file) => {
                file.seek(SeekFrom::Start(0))?;
                file
            }
            None => self.dir.open(&self.path)?,
        };
        let text = buffer.fill(&mut file)?;
        if self.handles == FileHandles::KeepOpen {
            self.file = Some(file);
        }
        Ok(text)
    }

    fn number(&mut self, buffer: &mut Buffer) -> Option<u64> {
        self.read(buffer).ok()?.trim().parse().ok()
    }
}

/// The cgroup does not exist any more: its container has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CgroupGone;

/// The counter files of one container.
#[derive(Debug)]
pub(crate) struct CgroupReader {
    version: Version,
    usage: CounterFile,
    stat: CounterFile,
    /// Only with v2; v1 has the limit in `memory.stat`.
    limit: Option<CounterFile>,
    peak: CounterFile,
    oom: CounterFile,
    cpu: CounterFile,
    cpu_limit: CounterFile,
    /// Only with v1; v2 has both numbers in one file.
    cpu_limit_period: Option<CounterFile>,
    pids: CounterFile,
    block: CounterFile,
    pressure: CounterFile,
    processes: CounterFile,
    /// With v2 the processes may be one level below: Podman's runtime puts them into `container` under systemd, and an
    /// init system or an engine in the container into `init` or `init.scope`.
    nested_processes: [CounterFile; 3],
    proc: Arc<OpenDir>,
    /// Pid of the container's first process, which lives as long as the container.
    init: Option<u32>,
    net: Option<CounterFile>,
}

impl CgroupReader {
    /// A reader for the cgroup at this path. Files are opened when they are first read.
    pub(crate) fn new(fs: &CgroupFs, cgroup: &Path, handles: FileHandles) -> Self {
        let file = |controller: &str, v1: &str, v2: &str| {
            let name = if fs.version == Version::V1 { v1 } else { v2 };
            CounterFile { dir: fs.hierarchy(controller), path: cgroup.join(name), file: None, handles }
        };
        Self {
            version: fs.version,
            usage: file("memory", "memory.usage_in_bytes", "memory.current"),
            stat: file("memory", "memory.stat", "memory.stat"),
            limit: (fs.version == Version::V2).then(|| file("memory", "", "memory.max")),
            peak: file("memory", "memory.max_usage_in_bytes", "memory.peak"),
            oom: file("memory", "memory.oom_control", "memory.events"),
            cpu: file("cpuacct", "cpuacct.usage", "cpu.stat"),
            cpu_limit: file("cpu", "cpu.cfs_quota_us", "cpu.max"),
            cpu_limit_period: (fs.version == Version::V1).then(|| file("cpu", "cpu.cfs_period_us", "")),
            pids: file("pids", "pids.current", "pids.current"),
            block: file("blkio", "blkio.throttle.io_service_bytes_recursive", "io.stat"),
            pressure: file("unified", "memory.pressure", "memory.pressure"),
            processes: file("memory", "cgroup.procs", "cgroup.procs"),
            nested_processes: ["container", "init", "init.scope"].map(|below| {
                let path = format!("{below}/cgroup.procs");
                file("memory", &path, &path)
            }),
            proc: Arc::clone(&fs.proc),
            init: None,
            net: None,
        }
    }

    /// Reads the counters. A file that this kernel does not have, or that may not be read, leaves its value unknown.
    pub(crate) fn read(&mut self, detail: Detail, buffer: &mut Buffer) -> Result<ContainerStats, CgroupGone> {
        let at_ns = now_ns();
        let usage = self.usage.number(buffer).ok_or(CgroupGone)?;
        let mut stats = ContainerStats { at_ns, memory_usage: Some(usage), ..ContainerStats::default() };
        self.read_memory(usage, &mut stats, buffer);
        stats.cpu_ns = self.read_cpu(buffer);
        stats.oom_kills = self.oom.read(buffer).ok().and_then(|text| number_of(text, "oom_kill"));
        if detail == Detail::Essential {
            return Ok(stats);
        }
        stats.memory_peak = self.peak.number(buffer);
        stats.pids = self.pids.number(buffer);
        stats.block = self.block.read(buffer).ok().map(block_bytes);
        stats.pressure_memory = match detail {
            Detail::FullWithoutPressure => Some(0.0),
            _ => self.pressure.read(buffer).ok().and_then(|text| pressure_avg10(text, "some")),
        };
        stats.net = self.read_net(buffer);
        Ok(stats)
    }

    /// Reads only the CPU time, in nanoseconds.
    pub(crate) fn read_cpu(&mut self, buffer: &mut Buffer) -> Option<u64> {
        match self.version {
            Version::V1 => self.cpu.number(buffer),
            Version::V2 => number_of(self.cpu.read(buffer).ok()?, "usage_usec").map(|usec| usec * 1000),
        }
    }

    /// Reads the CPU limit, in percent of one core; `None` is unlimited or unknown.
    pub(crate) fn read_cpu_limit(&mut self, buffer: &mut Buffer) -> Option<f64> {
        let period = self.cpu_limit_period.as_mut().map(|period| period.number(buffer));
        let mut numbers = self.cpu_limit.read(buffer).ok()?.split_whitespace().map(|word| word.parse().ok());
        // Unlimited is -1 or "max", which are not numbers of this type.
        let quota = numbers.next()??;
        percent(quota, period.unwrap_or_else(|| numbers.next()?)?)
    }

    /// The pid of a process in the container, in this process's pid namespace.
    pub(crate) fn first_pid(&mut self, buffer: &mut Buffer) -> Option<u32> {
        std::iter::once(&mut self.processes).chain(&mut self.nested_processes).find_map(|processes| {
            // The kernel writes 0 for a process outside this pid namespace.
            processes.read(buffer).ok()?.lines().next()?.parse().ok().filter(|pid| *pid > 0)
        })
    }

    /// The pid of the container's first process, once it is known.
    pub(crate) const fn init(&self) -> Option<u32> {
        self.init
    }

    /// Sets the pid of the container's first process, where an earlier run of dockwatch has found it.
    pub(crate) fn set_init(&mut self, init: u32) {
        self.init = Some(init);
        self.open_net(init);
    }

    fn read_memory(&mut self, usage: u64, stats: &mut ContainerStats, buffer: &mut Buffer) {
        let (inactive, anon, shmem) = match self.version {
            Version::V1 => ("total_inactive_file", "total_rss", "total_shmem"),
            Version::V2 => ("inactive_file", "anon", "shmem"),
        };
        if let Ok(text) = self.stat.read(buffer) {
            stats.memory_working_set = number_of(text, inactive).map(|cache| usage.saturating_sub(cache));
            stats.memory_anon = number_of(text, anon);
            stats.memory_shmem = number_of(text, shmem);
            stats.memory_limit = number_of(text, "hierarchical_memory_limit");
        }
        if let Some(limit) = &mut self.limit {
            // Unlimited is "max", which is not a number.
            stats.memory_limit = limit.number(buffer);
        }
        stats.memory_limit = stats.memory_limit.filter(|limit| *limit < UNLIMITED_FROM);
    }

    fn read_net(&mut self, buffer: &mut Buffer) -> Option<(u64, u64)> {
        // The process that was read last time may have ended while the container goes on.
        if let Some(bytes) = self.net.as_mut().and_then(|net| Some(net_bytes(net.read(buffer).ok()?))) {
            return Some(bytes);
        }
        let pid = self.first_pid(buffer)?;
        self.init = self.is_init(pid, buffer).then_some(pid);
        self.open_net(pid).read(buffer).ok().map(net_bytes)
    }

    /// Prepares to read the network counters of a process, which are those of its container.
    fn open_net(&mut self, pid: u32) -> &mut CounterFile {
        let (dir, path) = (Arc::clone(&self.proc), PathBuf::from(format!("{pid}/net/dev")));
        self.net.insert(CounterFile { dir, path, file: None, handles: self.usage.handles })
    }

    /// Whether a process is the first of its container: number 1 in the innermost of several pid namespaces.
    fn is_init(&self, pid: u32, buffer: &mut Buffer) -> bool {
        let status = Path::new(&pid.to_string()).join("status");
        let text = self.proc.open(&status).ok().and_then(|mut file| buffer.fill(&mut file).ok());
        let numbers = text.and_then(|text| text.lines().find_map(|line| line.strip_prefix("NSpid:")));
        numbers.is_some_and(|numbers| {
            let numbers: Vec<&str> = numbers.split_whitespace().collect();
            numbers.len() > 1 && numbers.last() == Some(&"1")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7a5620c3928d3f8de96b6b935bef9b26b68d2d5033bd920c72da90d7db379951";

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(root: &Path) -> (PathBuf, ContainerStats) {
        let fs = CgroupFs::detect(root).unwrap();
        let found = fs.find_containers();
        let path = found.get(ID).expect("found by id").clone();
        let mut reader = CgroupReader::new(&fs, &path, FileHandles::Close);
        let stats = reader.read(Detail::Full, &mut Buffer::default()).unwrap();
        (path, stats)
    }

    fn cpu_limit(root: &Path) -> Option<f64> {
        let fs = CgroupFs::detect(root).unwrap();
        let path = fs.find_containers().remove(ID).expect("found by id");
        CgroupReader::new(&fs, &path, FileHandles::Close).read_cpu_limit(&mut Buffer::default())
    }

    #[test]
    fn version_1() {
        let tmp = tempfile::tempdir().unwrap();
        let at = |controller: &str, file: &str| format!("{controller}/docker/{ID}/{file}");
        for (controller, file, text) in [
            ("memory", "memory.usage_in_bytes", "1000000\n"),
            (
                "memory",
                "memory.stat",
                "inactive_file 7\nhierarchical_memory_limit 67108864\ntotal_rss 53248\n\
                 total_rss_huge 0\ntotal_shmem 8192\ntotal_inactive_file 400000\n",
            ),
            ("memory", "memory.max_usage_in_bytes", "2000000\n"),
            ("memory", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"),
            ("cpuacct", "cpuacct.usage", "123456789\n"),
            ("cpu", "cpu.cfs_quota_us", "30000\n"),
            ("cpu", "cpu.cfs_period_us", "100000\n"),
            ("pids", "pids.current", "3\n"),
            (
                "blkio",
                "blkio.throttle.io_service_bytes_recursive",
                "8:0 Read 4096\n8:0 Write 100\n8:16 Read 4\nTotal 4200\n",
            ),
            ("unified", "memory.pressure", "some avg10=12.50 avg60=0.00 avg300=0.00 total=9\n"),
        ] {
            write(tmp.path(), &at(controller, file), text);
        }
        assert_eq!(cpu_limit(tmp.path()), Some(30.0));
        write(tmp.path(), &at("cpu", "cpu.cfs_quota_us"), "-1\n");
        assert_eq!(cpu_limit(tmp.path()), None);
        let (path, stats) = read(tmp.path());
        assert_eq!(path, Path::new("docker").join(ID));
        assert_eq!(stats.memory_working_set, Some(600_000));
        assert_eq!((stats.memory_anon, stats.memory_shmem), (Some(53_248), Some(8192)));
        assert_eq!((stats.memory_limit, stats.memory_peak), (Some(67_108_864), Some(2_000_000)));
        assert_eq!((stats.oom_kills, stats.cpu_ns, stats.pids), (Some(2), Some(123_456_789), Some(3)));
        assert_eq!((stats.block, stats.pressure_memory), (Some((4100, 100)), Some(12.5)));
        assert_eq!(stats.net, None, "there is no process");
    }

    #[test]
    fn version_2_under_systemd() {
        let tmp = tempfile::tempdir().unwrap();
        write(tmp.path(), "cgroup.controllers", "cpu io memory pids\n");
        let at = |file: &str| format!("system.slice/docker-{ID}.scope/{file}");
        for (file, text) in [
            ("memory.current", "1000000\n"),
            ("memory.stat", "anon 5000\nfile 6\nshmem 3\ninactive_file 400000\n"),
            ("memory.max", "max\n"),
            ("memory.events", "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\noom_group_kill 0\n"),
            ("cpu.stat", "usage_usec 1500\nuser_usec 1\n"),
            ("cpu.max", "75000 50000\n"),
            ("pids.current", "2\n"),
            ("io.stat", "8:0 rbytes=4096 wbytes=100 rios=1 wios=1 dbytes=0 dios=0\n"),
        ] {
            write(tmp.path(), &at(file), text);
        }
        assert_eq!(cpu_limit(tmp.path()), Some(150.0));
        write(tmp.path(), &at("cpu.max"), "max 100000\n");
        assert_eq!(cpu_limit(tmp.path()), None);
        let (path, stats) = read(tmp.path());
        assert_eq!(path, Path::new("system.slice").join(format!("docker-{ID}.scope")));
        assert_eq!((stats.memory_working_set, stats.memory_anon), (Some(600_000), Some(5000)));
        assert_eq!((stats.memory_limit, stats.memory_peak), (None, None), "max, and an older kernel");
        assert_eq!((stats.oom_kills, stats.cpu_ns), (Some(1), Some(1_500_000)));
        assert_eq!(stats.block, Some((4096, 100)));
    }

    /// The tree of Podman with crun, v2 and systemd.
    #[test]
    fn podman_beside_its_monitor() {
        let tmp = tempfile::tempdir().unwrap();
        write(tmp.path(), "cgroup.controllers", "cpu io memory pids\n");
        let scope = format!("machine.slice/libpod-{ID}.scope");
        let monitor = format!("machine.slice/libpod-conmon-{ID}.scope");
        for (file, text) in [
            (format!("{scope}/memory.current"), "52800000\n"),
            (format!("{scope}/memory.stat"), "anon 52000000\ninactive_file 100000\n"),
            (format!("{scope}/cgroup.procs"), ""),
            (format!("{scope}/container/cgroup.procs"), "4711\n"),
            (format!("{scope}/container/memory.current"), "52700000\n"),
            (format!("{monitor}/memory.current"), "266240\n"),
            (format!("{monitor}/cgroup.procs"), "4700\n"),
        ] {
            write(tmp.path(), &file, text);
        }
        let (path, stats) = read(tmp.path());
        assert_eq!((path.as_path(), stats.memory_working_set), (Path::new(&scope), Some(52_700_000)));
        let fs = CgroupFs::detect(tmp.path()).unwrap();
        let mut reader = CgroupReader::new(&fs, &path, FileHandles::Close);
        assert_eq!(reader.first_pid(&mut Buffer::default()), Some(4711));
    }

    #[test]
    fn unlimited_and_gone() {
        let tmp = tempfile::tempdir().unwrap();
        write(tmp.path(), &format!("memory/{ID}/memory.usage_in_bytes"), "1\n");
        write(
            tmp.path(),
            &format!("memory/{ID}/memory.stat"),
            "hierarchical_memory_limit 9223372036854771712\n",
        );
        let (path, stats) = read(tmp.path());
        assert_eq!((stats.memory_limit, stats.memory_working_set), (None, None));
        let fs = CgroupFs::detect(tmp.path()).unwrap();
        let mut reader = CgroupReader::new(&fs, &path, FileHandles::KeepOpen);
        std::fs::remove_dir_all(tmp.path().join("memory").join(ID)).unwrap();
        assert_eq!(reader.read(Detail::Full, &mut Buffer::default()), Err(CgroupGone));
        assert!(CgroupFs::detect(tmp.path().join("nothing")).is_none());
    }
}
