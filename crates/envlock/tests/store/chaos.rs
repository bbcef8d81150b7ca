//! Ten hosts, a cluster of three, and faults at random: no two commands at once, no update lost.
//!
//! `ENVLOCK_CHAOS_S=N` makes it last N seconds instead of 60, `ENVLOCK_CHAOS_SEED=N` repeats a run's choices.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use evenkeel_tests::{Etcd, etcdctl};
use rustix::process::Signal;

use crate::{World, find_keeper};

const HOSTS: usize = 10;

/// What a command does: it reads a number, waits, writes the next one, and logs it. Each write is one system call.
const COMMAND: &str = r#"
    my ($id, $dir, $ms) = @ARGV;
    open F, "+<", "$dir/counter"; open L, ">>", "$dir/log";
    for (my $i = 0; $i < $ms / 5; $i++) {
        sysseek F, 0, 0; sysread F, my $n, 10;
        select undef, undef, undef, 0.002;
        sysseek F, 0, 0; syswrite F, sprintf("%010d", ++$n);
        syswrite L, "$id $n\n";
        select undef, undef, undef, 0.003;
    }"#;

/// Random numbers that can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        // xorshift64*, Vigna 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }

    fn ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// What came of a run.
#[derive(Debug, Default)]
#[expect(dead_code, reason = "read in messages")]
struct Verdict {
    entries: usize,
    updates: usize,
    overlaps: usize,
    lost_updates: usize,
    faults: usize,
    seed: u64,
}

/// Reads the log: the lines of one command must be one block, and the numbers must rise.
fn judge(dir: &Path) -> Verdict {
    let log = std::fs::read_to_string(dir.join("log")).unwrap();
    let mut verdict = Verdict::default();
    let (mut seen, mut last_id, mut last) = (HashSet::new(), "", 0);
    for line in log.lines() {
        let (id, number) = line.split_once(' ').unwrap();
        let number: u64 = number.parse().unwrap();
        verdict.updates += 1;
        if id != last_id {
            verdict.overlaps += usize::from(!seen.insert(id));
            last_id = id;
        }
        verdict.lost_updates += usize::from(number <= last);
        last = number;
    }
    verdict.entries = seen.len();
    verdict
}

/// The locking program that is tried.
trait Locker: Sync {
    fn command(&self, world: &World) -> Command;
    /// The processes of a run that may be harmed: one of them at a time.
    fn victims(&self, child: u32) -> Vec<u32>;
}

struct Envlock;

impl Locker for Envlock {
    fn command(&self, world: &World) -> Command {
        world.envlock(&["--ttl", "5s", "-w", "60s", "test", "--"])
    }

    fn victims(&self, child: u32) -> Vec<u32> {
        let keeper = find_keeper(child);
        std::iter::once(child).chain(keeper).collect()
    }
}

struct Etcdctl(String);

impl Locker for Etcdctl {
    fn command(&self, world: &World) -> Command {
        let endpoints = world.url.trim_start_matches("etcd://").split('/').next().unwrap();
        let mut command = evenkeel_tests::tool(&self.0, world.path());
        command.env("ETCDCTL_API", "3").args(["--endpoints", endpoints, "lock", "--ttl", "5", "test", "--"]);
        command
    }

    fn victims(&self, child: u32) -> Vec<u32> {
        vec![child]
    }
}

fn seconds() -> u64 {
    std::env::var("ENVLOCK_CHAOS_S").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

fn seed() -> u64 {
    let given = std::env::var("ENVLOCK_CHAOS_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| u64::from(std::process::id()) * 7919 + 1)
}

/// Runs commands under the lock from all hosts, with faults, and judges.
fn run(locker: &dyn Locker) -> Option<Verdict> {
    let mut etcd = Etcd::start(3)?;
    let world = World::new(&etcd);
    std::fs::write(world.file("counter"), "0000000000").unwrap();
    std::fs::write(world.file("log"), "").unwrap();
    let (end, seed) = (Instant::now() + Duration::from_secs(seconds()), seed());
    let (running, is_over) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let faults = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for host in 0..HOSTS {
            let (world, running) = (&world, &running);
            scope.spawn(move || run_host(locker, world, host, seed, end, running));
        }
        let (etcd, running, faults, is_over) = (&mut etcd, &running, &faults, &is_over);
        let chaos = scope.spawn(move || {
            let mut random = Random(seed);
            while Instant::now() < end {
                harm(locker, etcd, &mut random, running);
                faults.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(random.ms(200, 1500));
            }
            for member in 0..etcd.count() {
                etcd.signal(member, Signal::CONT);
            }
            is_over.store(true, Ordering::Relaxed);
        });
        chaos.join().unwrap();
    });
    assert!(is_over.load(Ordering::Relaxed));
    Some(Verdict { faults: faults.load(Ordering::Relaxed), seed, ..judge(world.path()) })
}

fn run_host(
    locker: &dyn Locker,
    world: &World,
    host: usize,
    seed: u64,
    end: Instant,
    running: &Mutex<Vec<u32>>,
) {
    let mut random = Random(seed ^ (host as u64 + 1) << 32);
    let mut count = 0;
    while Instant::now() < end {
        count += 1;
        let ms = if random.below(4) == 0 { random.ms(1500, 7000) } else { random.ms(20, 800) };
        let mut command = locker.command(world);
        command.args(["perl", "-e", COMMAND, &format!("{host}-{count}")]).arg(world.path());
        let mut child = command
            .arg(ms.as_millis().to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        running.lock().unwrap().push(child.id());
        wait(&mut child, end + Duration::from_secs(30));
        running.lock().unwrap().retain(|pid| *pid != child.id());
    }
}

/// Waits for a run, which must not be stuck for ever; etcdctl can be.
fn wait(child: &mut Child, most: Instant) {
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > most {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Stops or kills something, and makes it good again.
fn harm(locker: &dyn Locker, etcd: &mut Etcd, random: &mut Random, running: &Mutex<Vec<u32>>) {
    let member = etcd.leader().unwrap_or_else(|| usize::try_from(random.below(3)).unwrap());
    let other = (member + 1) % etcd.count();
    match random.below(7) {
        0 => pause_members(etcd, &[member], random.ms(500, 8000)),
        // No majority is left.
        1 => pause_members(etcd, &[member, other], random.ms(500, 8000)),
        2 => pause_members(etcd, &[0, 1, 2], random.ms(500, 8000)),
        3 => {
            etcd.signal(member, Signal::KILL);
            std::thread::sleep(random.ms(0, 3000));
            etcd.restart(member);
        }
        kind => harm_process(locker, kind, random, running),
    }
}

fn pause_members(etcd: &Etcd, members: &[usize], time: Duration) {
    for member in members {
        etcd.signal(*member, Signal::STOP);
    }
    std::thread::sleep(time);
    for member in members {
        etcd.signal(*member, Signal::CONT);
    }
}

/// Kills or stops envlock or its keeper: one of the two, for both at once is outside what is promised. A run that was
/// harmed is not harmed again.
fn harm_process(locker: &dyn Locker, kind: u64, random: &mut Random, running: &Mutex<Vec<u32>>) {
    let chosen = {
        let mut running = running.lock().unwrap();
        if running.is_empty() {
            return;
        }
        let index = usize::try_from(random.below(running.len() as u64)).unwrap();
        running.swap_remove(index)
    };
    let victims = locker.victims(chosen);
    let victim = victims[usize::try_from(random.below(victims.len() as u64)).unwrap()];
    let signal = |signal| {
        let pid = rustix::process::Pid::from_raw(victim.cast_signed()).unwrap();
        let _ = rustix::process::kill_process(pid, signal);
    };
    if kind == 4 {
        signal(Signal::KILL);
    } else {
        signal(Signal::STOP);
        std::thread::sleep(random.ms(1000, 9000));
        signal(Signal::CONT);
    }
}

#[test]
fn no_fault_lets_two_in() {
    let Some(verdict) = run(&Envlock) else { return };
    eprintln!("{verdict:?}");
    assert_eq!((verdict.overlaps, verdict.lost_updates), (0, 0), "{verdict:?}");
    assert!(verdict.entries >= HOSTS / 2, "{verdict:?}");
}

/// The judge finds what it should find.
#[test]
#[ignore = "a proof of this test, by hand: cargo test -p evenkeel-envlock --test store -- --ignored"]
fn etcdctl_lock_lets_two_in() {
    let Some(program) = etcdctl() else { return };
    let Some(verdict) = run(&Etcdctl(program)) else { return };
    eprintln!("{verdict:?}");
    assert!(verdict.overlaps > 0, "{verdict:?}");
}

#[test]
fn two_at_once_are_seen() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("log"), "a 1\na 2\nb 3\na 3\nb 4\nc 5\n").unwrap();
    let verdict = judge(dir.path());
    assert_eq!((verdict.entries, verdict.overlaps, verdict.lost_updates), (3, 2, 1));
}
