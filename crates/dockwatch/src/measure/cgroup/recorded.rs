//! The reader on cgroups of version 2 as a kernel has shown them, with Docker. `scripts/platforms/cgroup-v2` records them.

use std::path::Path;

use super::filesystem::CgroupFs;
use super::reader::{Buffer, CgroupReader, Detail, FileHandles};
use crate::model::container::ContainerStats;

const RECORDED: &str = include_str!("recorded-v2.txt");
const MIB: u64 = 1024 * 1024;

/// Writes the recorded files. Each has a title as head(1) writes it, and an empty line after it.
fn restore(root: &Path) {
    for file in RECORDED.split("==> ").skip(1) {
        let (path, text) = file.split_once(" <==\n").unwrap();
        let text: String =
            text.lines().filter(|line| !line.starts_with('#')).flat_map(|line| [line, "\n"]).collect();
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = text.trim_end_matches('\n');
        std::fs::write(path, if text.is_empty() { String::new() } else { format!("{text}\n") }).unwrap();
    }
}

/// A line of the record: `# NAME WORD...`.
fn noted(name: &str) -> &'static str {
    let prefix = format!("# {name} ");
    RECORDED.lines().find_map(|line| line.strip_prefix(prefix.as_str())).unwrap()
}

/// A reader of the container with this name.
fn reader(root: &Path, name: &str) -> CgroupReader {
    let (id, _) = noted(name).split_once(' ').unwrap();
    let fs = CgroupFs::detect(root).unwrap();
    CgroupReader::new(&fs, &fs.find_containers()[id], FileHandles::Close)
}

#[test]
fn what_a_kernel_with_version_2_has_shown() {
    let tmp = tempfile::tempdir().unwrap();
    restore(tmp.path());
    let read = |name| -> (ContainerStats, Option<f64>) {
        let (mut reader, mut buffer) = (reader(tmp.path(), name), Buffer::default());
        (reader.read(Detail::Full, &mut buffer).unwrap(), reader.read_cpu_limit(&mut buffer))
    };
    let (unlimited, cpus) = read("unlimited");
    assert_eq!((unlimited.memory_limit, cpus), (None, None));
    assert_eq!((unlimited.memory_usage, unlimited.memory_working_set), (Some(450_560), Some(450_560)));
    assert_eq!((unlimited.memory_anon, unlimited.memory_shmem), (Some(110_592), Some(0)));
    assert_eq!((unlimited.pids, unlimited.cpu_ns), (Some(2), Some(4_667_426_000)));
    assert_eq!((unlimited.pressure_memory, unlimited.block), (Some(0.0), Some((0, 0))));

    // Its file lies in memory, because the engine's directory did.
    let (limited, cpus) = read("limited");
    assert_eq!((limited.memory_limit, cpus), (Some(64 * MIB), Some(50.0)));
    assert_eq!((limited.memory_shmem, limited.memory_peak), (Some(8 * MIB), Some(10_342_400)));

    // The engine says that this one was not killed: a child of its first process was.
    let (killed, _) = read("killed");
    assert_eq!(
        (killed.oom_kills, killed.memory_limit, killed.memory_peak),
        (Some(1), Some(24 * MIB), Some(24 * MIB))
    );
    assert!(noted("killed").ends_with("oom_killed=false"));
    assert_eq!((unlimited.oom_kills, limited.oom_kills), (Some(0), Some(0)));

    // Its processes are one level below, and count for it.
    let (nested, _) = read("nested");
    assert_eq!(
        (nested.memory_limit, nested.memory_usage, nested.pids),
        (Some(48 * MIB), Some(606_208), Some(2))
    );
}

/// KiB of a size as `docker stats` prints it, such as `8.461MiB`.
fn kib(size: &str) -> f64 {
    let number = |unit| size.strip_suffix(unit).and_then(|number| number.parse::<f64>().ok());
    number("KiB").or_else(|| Some(number("MiB")? * 1024.0)).unwrap()
}

/// `docker stats` was asked at about the same time.
#[test]
fn memory_is_what_docker_stats_has_shown() {
    let tmp = tempfile::tempdir().unwrap();
    restore(tmp.path());
    for name in ["unlimited", "limited", "killed", "nested"] {
        let (shown, _) = noted(&format!("stats {name}")).split_once(' ').unwrap();
        let stats = reader(tmp.path(), name).read(Detail::Essential, &mut Buffer::default()).unwrap();
        let bytes = u32::try_from(stats.memory_working_set.unwrap()).unwrap();
        assert!((f64::from(bytes) / 1024.0 - kib(shown)).abs() < 1.0, "{name}: {bytes} bytes, {shown}");
    }
}

/// An init system or engine in a container moves all of its processes one level down.
#[test]
fn processes_one_level_below_are_found() {
    let tmp = tempfile::tempdir().unwrap();
    restore(tmp.path());
    let first = |name| reader(tmp.path(), name).first_pid(&mut Buffer::default());
    assert_eq!((first("limited"), first("nested")), (Some(652), Some(803)));
}
