//! The locking programs that are tried: envlock, and for a proof of the test others that let two in.

use std::process::Command;
use std::time::Duration;

use evenkeel_tests::Link;

use crate::chaos::faults::Random;
use crate::{World, find_keeper};

/// A program that runs a command under a lock.
pub(crate) trait Locker: Sync {
    /// The program, up to the command, on a host with these links to the members.
    fn command(&self, world: &World, links: &[Link]) -> Command;

    /// The processes of a run that are harmed together.
    fn victims(&self, pid: u32, random: &mut Random) -> Vec<u32>;

    /// How long a command takes.
    fn time(&self, random: &mut Random) -> Duration {
        if random.below(4) == 0 { random.ms(1500, 7000) } else { random.ms(20, 800) }
    }
}

fn endpoints(links: &[Link]) -> String {
    let addresses: Vec<String> = links.iter().map(|link| link.address.to_string()).collect();
    addresses.join(",")
}

fn envlock(world: &World, links: &[Link]) -> Command {
    let prefix = world.url.rsplit('/').next().unwrap();
    let via = format!("etcd://{}/{prefix}", endpoints(links));
    world.envlock(&["--via", &via, "--ttl", "5s", "-w", "40s", "test", "--"])
}

/// envlock, and a keeper that may already be gone.
fn with_keeper(pid: u32) -> Vec<u32> {
    std::iter::once(pid).chain(find_keeper(pid)).collect()
}

/// Either envlock or its keeper is harmed, for both at once is outside what is promised.
pub(crate) struct Envlock;

impl Locker for Envlock {
    fn command(&self, world: &World, links: &[Link]) -> Command {
        envlock(world, links)
    }

    fn victims(&self, pid: u32, random: &mut Random) -> Vec<u32> {
        let both = with_keeper(pid);
        vec![both[usize::try_from(random.below(both.len() as u64)).unwrap()]]
    }
}

/// envlock as it would be without a keeper: there is none left where envlock is harmed.
pub(crate) struct WithoutKeeper;

impl Locker for WithoutKeeper {
    fn command(&self, world: &World, links: &[Link]) -> Command {
        envlock(world, links)
    }

    fn victims(&self, pid: u32, _: &mut Random) -> Vec<u32> {
        let mut both = with_keeper(pid);
        // The keeper first, which would act.
        both.reverse();
        both
    }

    fn time(&self, random: &mut Random) -> Duration {
        // Longer than the lock of a host that vanished lasts, and odd: it has to be killed.
        let ms = random.ms(14_000, 20_000).as_millis() | 1;
        Duration::from_millis(u64::try_from(ms).unwrap())
    }
}

pub(crate) struct Etcdctl(pub(crate) String);

impl Locker for Etcdctl {
    fn command(&self, world: &World, links: &[Link]) -> Command {
        let mut command = evenkeel_tests::tool(&self.0, world.path());
        command.env("ETCDCTL_API", "3").args(["--endpoints", &endpoints(links)]);
        command.args(["lock", "--ttl", "5", "test", "--"]);
        command
    }

    fn victims(&self, pid: u32, _: &mut Random) -> Vec<u32> {
        vec![pid]
    }
}
