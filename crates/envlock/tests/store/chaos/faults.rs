//! Faults: each is begun, lasts for a while, and is made good again.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use evenkeel_tests::{Etcd, Link, ask_etcd};
use rustix::process::Signal;
use rustix::time::{ClockId, clock_gettime};

use crate::World;
use crate::chaos::locker::Locker;

/// A fault that was made good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) harm: Harm,
    pub(crate) from_ms: u64,
    pub(crate) to_ms: u64,
}

/// To whom harm was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// The store was out, or a part of it.
    Members,
    /// One host lost its lock or its place.
    Host,
    Nobody,
}

/// Milliseconds of the monotonic clock, as the commands log them.
pub(crate) fn now_ms() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec).unwrap() * 1000 + u64::try_from(time.tv_nsec / 1_000_000).unwrap()
}

/// Random numbers that can be repeated.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        // xorshift64*, Vigna 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }

    pub(crate) fn ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// Stops and kills members of the store, and makes it good again.
pub(crate) fn harm_members(etcd: &mut Etcd, random: &mut Random) -> Fault {
    let from_ms = now_ms();
    let member = etcd.leader().unwrap_or_else(|| index(random, 3));
    match random.below(4) {
        0 => pause_members(etcd, &[member], random),
        // No majority is left.
        1 => pause_members(etcd, &[member, (member + 1) % 3], random),
        2 => pause_members(etcd, &[0, 1, 2], random),
        _ => {
            etcd.signal(member, Signal::KILL);
            std::thread::sleep(random.ms(0, 3000));
            etcd.restart(member);
        }
    }
    Fault { harm: Harm::Members, from_ms, to_ms: now_ms() }
}

fn pause_members(etcd: &Etcd, members: &[usize], random: &mut Random) {
    for member in members {
        etcd.signal(*member, Signal::STOP);
    }
    std::thread::sleep(random.ms(500, 8000));
    for member in members {
        etcd.signal(*member, Signal::CONT);
    }
}

/// Which faults there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    All,
    /// Aimed, for a proof: the longest-lived run is killed.
    KilledHolders,
    /// Aimed, for a proof: the oldest ticket is deleted, and nothing guards what its owner runs.
    DeletedTicketsWithoutGuard,
}

/// What faults of hosts may be done to.
pub(crate) struct Hosts<'a> {
    pub(crate) plan: Plan,
    pub(crate) locker: &'a dyn Locker,
    pub(crate) world: &'a World,
    /// `HOST:PORT` of the members.
    pub(crate) members: &'a [String],
    /// The networks of the hosts: one link to each member.
    pub(crate) links: &'a [Vec<Link>],
    /// The processes of the runs that may be harmed.
    pub(crate) running: &'a Mutex<Vec<u32>>,
}

impl Hosts<'_> {
    /// Does harm, and makes it good again.
    pub(crate) fn harm(&self, random: &mut Random) -> Fault {
        let from_ms = now_ms();
        let kind = match self.plan {
            Plan::All => random.below(10),
            Plan::KilledHolders => 0,
            Plan::DeletedTicketsWithoutGuard => 7,
        };
        let harm = match kind {
            0 | 1 => self.signal_run(Signal::KILL, random),
            2 | 3 => self.signal_run(Signal::STOP, random),
            4 => self.lose_host(random),
            5 => self.cut_off(&[0, 1, 2], random),
            6 => self.cut_off(&[index(random, 3)], random),
            7 => self.delete_ticket(),
            8 => load(random),
            _ => self.step_clock(random),
        };
        Fault { harm, from_ms, to_ms: now_ms() }
    }

    /// A run that was harmed is not harmed again.
    fn choose(&self, random: &mut Random) -> Option<u32> {
        let mut running = self.running.lock().unwrap();
        if running.is_empty() {
            return None;
        }
        let chosen = if self.plan == Plan::KilledHolders { 0 } else { index(random, running.len()) };
        Some(running.remove(chosen))
    }

    /// Kills or stops what the locker says may be harmed.
    fn signal_run(&self, signal: Signal, random: &mut Random) -> Harm {
        let Some(run) = self.choose(random) else { return Harm::Nobody };
        let victims = self.locker.victims(run, random);
        for pid in &victims {
            signal_if_there(*pid, signal);
        }
        if signal == Signal::STOP {
            std::thread::sleep(random.ms(1000, 9000));
            for pid in &victims {
                signal_if_there(*pid, Signal::CONT);
            }
        }
        Harm::Host
    }

    /// All processes of a run are killed at once, as where a host loses its power.
    fn lose_host(&self, random: &mut Random) -> Harm {
        let Some(run) = self.choose(random) else { return Harm::Nobody };
        let all = with_descendants(run);
        // Nobody can act on the end of another one before its own.
        for pid in &all {
            signal_if_there(*pid, Signal::STOP);
        }
        for pid in &all {
            signal_if_there(*pid, Signal::KILL);
        }
        Harm::Host
    }

    /// Nothing gets through between one host and some members.
    fn cut_off(&self, members: &[usize], random: &mut Random) -> Harm {
        let links = &self.links[index(random, self.links.len())];
        for member in members {
            links[*member].cut();
        }
        std::thread::sleep(random.ms(1000, 12_000));
        for member in members {
            links[*member].mend();
        }
        Harm::Host
    }

    /// The oldest ticket is deleted, as by a store that ends leases too early, or by a person.
    fn delete_ticket(&self) -> Harm {
        let oldest = r#""sort_order":"ASCEND","sort_target":"CREATE","limit":"1","keys_only":true"#;
        let range = range_of(self.world, "q");
        let found = ask(self.members, "kv/range", &format!("{{{range},{oldest}}}"));
        let Some(key) = found.as_ref().and_then(|found| found["kvs"][0]["key"].as_str()) else {
            return Harm::Nobody;
        };
        ask(self.members, "kv/deleterange", &format!(r#"{{"key":"{key}"}}"#));
        Harm::Host
    }

    /// The time of day jumps on all hosts, by a day at most, back or forth.
    fn step_clock(&self, random: &mut Random) -> Harm {
        let day = 86_400;
        let offset = i64::try_from(random.below(2 * day)).unwrap() - 86_400;
        let new = self.world.file("clock.new");
        std::fs::write(&new, format!("{offset:+}\n")).unwrap();
        std::fs::rename(new, self.world.file("clock")).unwrap();
        Harm::Nobody
    }
}

/// Asks the first member that answers.
pub(crate) fn ask(members: &[String], path: &str, body: &str) -> Option<serde_json::Value> {
    members.iter().find_map(|member| ask_etcd(member, path, body))
}

/// The fields of a range request for the tickets (`q`) or markers (`in`) of the lock `test`.
pub(crate) fn range_of(world: &World, kind: &str) -> String {
    let prefix = world.url.rsplit('/').next().unwrap();
    let key = |end: &str| crate::base64(&format!("{prefix}/envlock/1/test/{kind}{end}"));
    format!(r#""key":"{}","range_end":"{}""#, key("/"), key("0"))
}

fn index(random: &mut Random, count: usize) -> usize {
    usize::try_from(random.below(count as u64)).unwrap()
}

/// More work than there are processors, for a while.
fn load(random: &mut Random) -> Harm {
    let busy = || Command::new("perl").args(["-e", "1 while 1"]).stdin(Stdio::null()).spawn().unwrap();
    let mut all: Vec<Child> = (0..6).map(|_| busy()).collect();
    std::thread::sleep(random.ms(1000, 5000));
    for child in &mut all {
        let _ = child.kill();
        let _ = child.wait();
    }
    Harm::Nobody
}

fn signal_if_there(pid: u32, signal: Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    let _ = rustix::process::kill_process(pid, signal);
}

fn with_descendants(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children = children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok());
    std::iter::once(pid).chain(children.flat_map(with_descendants)).collect()
}
