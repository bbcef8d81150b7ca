//! The kernel's own counters, read from the cgroup files: v1, v2 and hybrid, cgroupfs and systemd names.
//!
//! It asks nobody, so it cannot hang with the engine, and costs a few microseconds a file. A container is found by
//! its id wherever its cgroup lies; process ids come from the cgroup, because an engine in a pid namespace of its
//! own reports others.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::container::Reading;

/// Where Linux mounts it.
pub const ROOT: &str = "/sys/fs/cgroup";

/// The kernel writes "no limit" of v1 as the largest multiple of a page; no machine has this much.
const UNLIMITED_FROM: u64 = 1 << 62;

/// Deeper than any engine puts its containers.
const MAX_DEPTH: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// A folder that stays open. With a thousand files to find below it, the way down to it is not walked each time.
#[derive(Debug)]
struct Tree {
    path: PathBuf,
    #[cfg(unix)]
    dir: Option<std::os::fd::OwnedFd>,
}

impl Tree {
    #[cfg(unix)]
    fn at(path: PathBuf) -> Arc<Self> {
        use rustix::fs::{Mode, OFlags};
        let dir =
            rustix::fs::open(&path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok();
        Arc::new(Self { path, dir })
    }

    #[cfg(not(unix))]
    fn at(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path })
    }

    #[cfg(unix)]
    fn open(&self, below: &Path) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags};
        let Some(dir) = &self.dir else { return Err(io::ErrorKind::NotFound.into()) };
        Ok(File::from(rustix::fs::openat(dir, below, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?))
    }

    #[cfg(not(unix))]
    fn open(&self, below: &Path) -> io::Result<File> {
        File::open(self.path.join(below))
    }

    #[cfg(unix)]
    fn inode(&self, below: &Path) -> Option<u64> {
        let facts = rustix::fs::statat(self.dir.as_ref()?, below, rustix::fs::AtFlags::empty()).ok()?;
        Some(facts.st_ino)
    }

    #[cfg(not(unix))]
    fn inode(&self, _: &Path) -> Option<u64> {
        None
    }
}

/// A cgroup file system.
#[derive(Clone, Debug)]
pub struct Layout {
    version: Version,
    /// v2's one tree, or v1's, by controller.
    trees: HashMap<&'static str, Arc<Tree>>,
    processes: Arc<Tree>,
}

/// The controllers of v1 that are read; `unified` is v2 beside it.
const CONTROLLERS: [&str; 5] = ["memory", "cpuacct", "pids", "blkio", "unified"];

impl Layout {
    /// Looks at what is mounted; `None` where there are no cgroups.
    pub fn at(root: impl Into<PathBuf>) -> Option<Self> {
        let root = root.into();
        let (version, trees) = if root.join("cgroup.controllers").exists() {
            let tree = Tree::at(root);
            (Version::V2, CONTROLLERS.map(|name| (name, Arc::clone(&tree))))
        } else if root.join("memory").is_dir() {
            (Version::V1, CONTROLLERS.map(|name| (name, Tree::at(root.join(name)))))
        } else {
            return None;
        };
        Some(Self { version, trees: trees.into(), processes: Tree::at("/proc".into()) })
    }

    fn tree(&self) -> &Path {
        &self.trees["memory"].path
    }

    /// Finds the cgroups of all containers: path below the root, by id.
    pub fn discover(&self) -> HashMap<String, PathBuf> {
        let mut found = HashMap::new();
        walk(self.tree(), Path::new(""), MAX_DEPTH, &mut found);
        found
    }

    /// A number that no other cgroup ever has: it changes when a container is started anew. `None` once it is gone.
    pub fn identity(&self, path: &Path) -> Option<u64> {
        self.trees["memory"].inode(path)
    }

    /// Prepares to read a container's files.
    pub fn probe(&self, path: &Path, keep: Keep) -> Probe {
        let of = |controller: &str, file: &str| Source {
            tree: Arc::clone(&self.trees[controller]),
            path: path.join(file),
            file: None,
            keep,
        };
        let processes = Arc::clone(&self.processes);
        match self.version {
            Version::V1 => Probe {
                version: self.version,
                usage: of("memory", "memory.usage_in_bytes"),
                stat: of("memory", "memory.stat"),
                // Part of v1's memory.stat.
                limit: None,
                peak: of("memory", "memory.max_usage_in_bytes"),
                oom: of("memory", "memory.oom_control"),
                cpu: of("cpuacct", "cpuacct.usage"),
                pids: of("pids", "pids.current"),
                block: of("blkio", "blkio.throttle.io_service_bytes_recursive"),
                pressure: of("unified", "memory.pressure"),
                procs: of("memory", "cgroup.procs"),
                processes,
                init: None,
                net: None,
            },
            Version::V2 => Probe {
                version: self.version,
                usage: of("memory", "memory.current"),
                stat: of("memory", "memory.stat"),
                limit: Some(of("memory", "memory.max")),
                peak: of("memory", "memory.peak"),
                oom: of("memory", "memory.events"),
                cpu: of("memory", "cpu.stat"),
                pids: of("memory", "pids.current"),
                block: of("memory", "io.stat"),
                pressure: of("memory", "memory.pressure"),
                procs: of("memory", "cgroup.procs"),
                processes,
                init: None,
                net: None,
            },
        }
    }
}

fn walk(tree: &Path, below: &Path, depth: usize, found: &mut HashMap<String, PathBuf>) {
    let Ok(entries) = std::fs::read_dir(tree.join(below)) else { return };
    for entry in entries.flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let name = entry.file_name();
        let path = below.join(&name);
        // What lies below a container belongs to engines inside it.
        if let Some(id) = name.to_str().and_then(container_id) {
            found.insert(id.to_owned(), path);
        } else if depth > 0 {
            walk(tree, &path, depth - 1, found);
        }
    }
}

/// The id in a cgroup's name: `<id>` (cgroupfs) or `docker-<id>.scope` (systemd).
fn container_id(name: &str) -> Option<&str> {
    let id = name.strip_suffix(".scope").and_then(|name| name.rsplit('-').next()).unwrap_or(name);
    (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Every figure.
    Everything,
    /// The same, on a machine where nothing waits for memory: its containers are not asked whether they do.
    EverythingCalm,
    /// Memory, CPU time and kills: what a watch that never ends can afford each second.
    Essential,
}

/// Whether files stay open between readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// For one reading.
    Closed,
    /// For many readings: seven times cheaper, one descriptor a file.
    Open,
}

/// The kernel hands out such files a page at a time.
const PAGE: usize = 4096;

/// Room for the text of one file after another. With a thousand files to read, each call that a general reader makes
/// beside the one that matters is felt.
#[derive(Debug, Default)]
pub struct Buffer(Vec<u8>);

impl Buffer {
    fn fill(&mut self, file: &mut File) -> io::Result<&str> {
        let mut end = 0;
        loop {
            if self.0.len() < end + PAGE {
                self.0.resize(end + PAGE, 0);
            }
            let got = file.read(&mut self.0[end..])?;
            end += got;
            // The kernel stops early only where the next line would not fit in the page, and no line has half a page.
            if got < PAGE / 2 {
                return std::str::from_utf8(&self.0[..end]).map_err(io::Error::other);
            }
        }
    }
}

#[derive(Debug)]
struct Source {
    tree: Arc<Tree>,
    /// Below the tree.
    path: PathBuf,
    file: Option<File>,
    keep: Keep,
}

impl Source {
    fn read<'b>(&mut self, buffer: &'b mut Buffer) -> io::Result<&'b str> {
        let mut file = match self.file.take() {
            Some(mut file) => {
                file.seek(SeekFrom::Start(0))?;
                file
            }
            None => self.tree.open(&self.path)?,
        };
        let text = buffer.fill(&mut file)?;
        if self.keep == Keep::Open {
            self.file = Some(file);
        }
        Ok(text)
    }

    fn number(&mut self, buffer: &mut Buffer) -> Option<u64> {
        self.read(buffer).ok()?.trim().parse().ok()
    }
}

/// The files of one container.
#[derive(Debug)]
pub struct Probe {
    version: Version,
    usage: Source,
    stat: Source,
    limit: Option<Source>,
    peak: Source,
    oom: Source,
    cpu: Source,
    pids: Source,
    block: Source,
    pressure: Source,
    procs: Source,
    processes: Arc<Tree>,
    /// The container's first process, if it is known: it lives as long as the container.
    init: Option<u32>,
    net: Option<Source>,
}

/// The container's cgroup is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

impl Probe {
    /// Reads everything. A file that this kernel does not have, or that may not be read, leaves its figure unknown.
    pub fn read(&mut self, detail: Detail, buffer: &mut Buffer) -> Result<Reading, Gone> {
        let at_ns = crate::measure::clock::since_boot_ns();
        let usage = self.usage.number(buffer).ok_or(Gone)?;
        let mut reading = Reading { at_ns, memory_usage: Some(usage), ..Reading::default() };
        self.read_memory(usage, &mut reading, buffer);
        reading.cpu_ns = self.read_cpu(buffer);
        reading.oom_kills = self.oom.read(buffer).ok().and_then(|text| keyed(text, "oom_kill"));
        if detail == Detail::Essential {
            return Ok(reading);
        }
        reading.memory_peak = self.peak.number(buffer);
        reading.pids = self.pids.number(buffer);
        reading.block = self.block.read(buffer).ok().map(block_bytes);
        reading.pressure_memory = match detail {
            Detail::EverythingCalm => Some(0.0),
            _ => self.pressure.read(buffer).ok().and_then(|text| pressure(text, "some")),
        };
        reading.net = self.read_net(buffer);
        Ok(reading)
    }

    /// Reads the CPU time alone, for the end of a window.
    pub fn read_cpu(&mut self, buffer: &mut Buffer) -> Option<u64> {
        match self.version {
            Version::V1 => self.cpu.number(buffer),
            Version::V2 => keyed(self.cpu.read(buffer).ok()?, "usage_usec").map(|usec| usec * 1000),
        }
    }

    /// Some process of the container, in the caller's numbering.
    pub fn first_pid(&mut self, buffer: &mut Buffer) -> Option<u32> {
        // 0 stands for a process that the caller's namespace does not see.
        self.procs.read(buffer).ok()?.lines().next()?.parse().ok().filter(|pid| *pid > 0)
    }

    fn read_memory(&mut self, usage: u64, reading: &mut Reading, buffer: &mut Buffer) {
        let (inactive, anon, shmem) = match self.version {
            Version::V1 => ("total_inactive_file", "total_rss", "total_shmem"),
            Version::V2 => ("inactive_file", "anon", "shmem"),
        };
        if let Ok(text) = self.stat.read(buffer) {
            reading.memory_working_set = keyed(text, inactive).map(|cache| usage.saturating_sub(cache));
            reading.memory_anon = keyed(text, anon);
            reading.memory_shmem = keyed(text, shmem);
            reading.memory_limit = keyed(text, "hierarchical_memory_limit");
        }
        if let Some(limit) = &mut self.limit {
            // "max" is not a number, and means unlimited.
            reading.memory_limit = limit.number(buffer);
        }
        reading.memory_limit = reading.memory_limit.filter(|limit| *limit < UNLIMITED_FROM);
    }

    fn read_net(&mut self, buffer: &mut Buffer) -> Option<(u64, u64)> {
        // The process that was asked last time may have ended; the container may still run.
        if let Some(bytes) = self.net.as_mut().and_then(|net| Some(net_bytes(net.read(buffer).ok()?))) {
            return Some(bytes);
        }
        let pid = self.first_pid(buffer)?;
        self.init = self.is_init(pid, buffer).then_some(pid);
        self.look_at(pid).read(buffer).ok().map(net_bytes)
    }

    /// The network counters of a process are those of its container.
    fn look_at(&mut self, pid: u32) -> &mut Source {
        let (tree, path) = (Arc::clone(&self.processes), PathBuf::from(format!("{pid}/net/dev")));
        self.net.insert(Source { tree, path, file: None, keep: self.usage.keep })
    }

    /// Whether a process is the first of its container: number 1 in the innermost of several namespaces.
    fn is_init(&self, pid: u32, buffer: &mut Buffer) -> bool {
        let status = Path::new(&pid.to_string()).join("status");
        let text = self.processes.open(&status).ok().and_then(|mut file| buffer.fill(&mut file).ok());
        let numbers = text.and_then(|text| text.lines().find_map(|line| line.strip_prefix("NSpid:")));
        numbers.is_some_and(|numbers| {
            let numbers: Vec<&str> = numbers.split_whitespace().collect();
            numbers.len() > 1 && numbers.last() == Some(&"1")
        })
    }

    /// The container's first process, once it is known.
    pub const fn init(&self) -> Option<u32> {
        self.init
    }

    /// Spares looking for the container's first process, which an earlier run of dockwatch found.
    pub fn knows(&mut self, init: u32) {
        self.init = Some(init);
        self.look_at(init);
    }
}

/// The number behind a key in lines of `key number`.
fn keyed(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

/// avg10 in a line `some avg10=0.00 avg60=…` of a pressure file.
pub(crate) fn pressure(text: &str, kind: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(kind))?;
    line.split(' ').find_map(|word| word.strip_prefix("avg10=")?.parse().ok())
}

/// Bytes read and written: `8:0 Read 4096` (v1) or `8:0 rbytes=4096 wbytes=0` (v2).
fn block_bytes(text: &str) -> (u64, u64) {
    let mut sum = (0, 0);
    for line in text.lines() {
        let mut words = line.split(' ').skip(1).peekable();
        while let Some(word) = words.next() {
            let (key, value) = match word.split_once('=') {
                Some(pair) => pair,
                None => (word, words.peek().copied().unwrap_or_default()),
            };
            let bytes = value.parse().unwrap_or(0);
            match key {
                "Read" | "rbytes" => sum.0 += bytes,
                "Write" | "wbytes" => sum.1 += bytes,
                _ => {}
            }
        }
    }
    sum
}

/// Bytes received and sent over all interfaces but loopback, from `/proc/<pid>/net/dev`.
fn net_bytes(text: &str) -> (u64, u64) {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(interface, _)| interface.trim() != "lo")
        .map(|(_, counts)| {
            let mut counts = counts.split_whitespace().map(|count| count.parse().unwrap_or(0));
            (counts.next().unwrap_or(0), counts.nth(7).unwrap_or(0))
        })
        .fold((0, 0), |sum: (u64, u64), (rx, tx)| (sum.0 + rx, sum.1 + tx))
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

    fn read(root: &Path) -> (PathBuf, Reading) {
        let layout = Layout::at(root).unwrap();
        let found = layout.discover();
        let path = found.get(ID).expect("found by id").clone();
        let reading =
            layout.probe(&path, Keep::Closed).read(Detail::Everything, &mut Buffer::default()).unwrap();
        (path, reading)
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
        let (path, reading) = read(tmp.path());
        assert_eq!(path, Path::new("docker").join(ID));
        assert_eq!(reading.memory_working_set, Some(600_000));
        assert_eq!((reading.memory_anon, reading.memory_shmem), (Some(53_248), Some(8192)));
        assert_eq!((reading.memory_limit, reading.memory_peak), (Some(67_108_864), Some(2_000_000)));
        assert_eq!((reading.oom_kills, reading.cpu_ns, reading.pids), (Some(2), Some(123_456_789), Some(3)));
        assert_eq!((reading.block, reading.pressure_memory), (Some((4100, 100)), Some(12.5)));
        assert_eq!(reading.net, None, "there is no process");
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
            ("pids.current", "2\n"),
            ("io.stat", "8:0 rbytes=4096 wbytes=100 rios=1 wios=1 dbytes=0 dios=0\n"),
        ] {
            write(tmp.path(), &at(file), text);
        }
        let (path, reading) = read(tmp.path());
        assert_eq!(path, Path::new("system.slice").join(format!("docker-{ID}.scope")));
        assert_eq!((reading.memory_working_set, reading.memory_anon), (Some(600_000), Some(5000)));
        assert_eq!((reading.memory_limit, reading.memory_peak), (None, None), "max, and an older kernel");
        assert_eq!((reading.oom_kills, reading.cpu_ns), (Some(1), Some(1_500_000)));
        assert_eq!(reading.block, Some((4096, 100)));
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
        let (path, reading) = read(tmp.path());
        assert_eq!((reading.memory_limit, reading.memory_working_set), (None, None));
        let layout = Layout::at(tmp.path()).unwrap();
        let mut probe = layout.probe(&path, Keep::Open);
        std::fs::remove_dir_all(tmp.path().join("memory").join(ID)).unwrap();
        assert_eq!(probe.read(Detail::Everything, &mut Buffer::default()), Err(Gone));
        assert!(Layout::at(tmp.path().join("nothing")).is_none());
    }

    #[test]
    fn network_bytes_without_loopback() {
        let text = "Inter-| Receive | Transmit\n face |bytes packets\n\
                    lo: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n eth0: 200 2 0 0 0 0 0 0 300 3 0 0 0 0 0 0\n\
                    eth1:5 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n";
        assert_eq!(net_bytes(text), (205, 307));
    }
}
