//! Many processes at once, and many of them killed: no overlap, first come first served, nothing left behind.
//!
//! `ENVLOCK_STORM=N` runs N rounds instead of a few.

use std::path::Path;
use std::process::Child;

use crate::{Home, rounds, until};

/// A command that proves with a lock of its own that it runs alone, and logs its ticket.
fn witness(home: &Home) -> String {
    format!(
        "ticket=${{ENVLOCK_HELD#*:*:}}; echo ${{ticket%%:*}} >> {0}/order; \
         exec flock -n {0}/witness true || echo overlap >> {0}/overlap",
        home.path().display()
    )
}

fn lines(path: &Path) -> Vec<u64> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

/// A seeded random number generator, so that a failure can be repeated.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

#[test]
fn of_a_hundred_waiters_a_third_is_killed_and_the_rest_keep_their_order() {
    const WAITERS: usize = 100;
    let mut chance = Chance(0x5eed_cafe);
    for round in 0..rounds(2) {
        let home = Home::new();
        let mut holder = home.hold(&["test"]);
        let script = witness(&home);
        let args = ["--wait-forever", "test", "--", "sh", "-c", &script];
        let mut waiters: Vec<(Child, bool)> =
            (0..WAITERS).map(|_| (home.envlock(&args).spawn().unwrap(), false)).collect();
        until("all stand in the queue", || home.waiting("test") == WAITERS);
        // Half of the victims die in the queue, half while it moves: waiting, holding the lock, or releasing it.
        for index in 0..WAITERS / 3 {
            if index == WAITERS / 6 {
                holder.let_go();
            }
            let victim = chance.below(WAITERS);
            waiters[victim].0.kill().unwrap();
            waiters[victim].1 = true;
        }
        let mut survivors = 0;
        for (child, killed) in &mut waiters {
            let status = child.wait().unwrap();
            assert!(status.success() || *killed, "round {round}: a survivor ended with {status}");
            survivors += usize::from(!*killed);
        }
        assert_eq!(home.run(&["--timeout", "30s", "test", "--", "true"]).code(), 0, "round {round}");
        assert!(!home.file("overlap").exists(), "round {round}: two at once");
        let order = lines(&home.file("order"));
        assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "round {round}: not in order: {order:?}");
        assert!(order.len() >= survivors, "round {round}: {} of {survivors} were served", order.len());
        let left = std::fs::read_dir(home.path().join("locks/test.d")).unwrap().count();
        assert!(left <= 5, "round {round}: {left} files are left");
    }
}

#[test]
fn fifty_waiters_are_served_in_the_order_of_their_coming() {
    for round in 0..rounds(1) {
        let home = Home::new();
        let mut holder = home.hold(&["test"]);
        let waiters: Vec<Child> = (0..50)
            .map(|number| {
                let script = format!("echo {number} >> {}", home.file("order").display());
                home.queue("test", &["--wait-forever", "test", "--", "sh", "-c", &script])
            })
            .collect();
        holder.let_go();
        for waiter in waiters {
            assert!(waiter.wait_with_output().unwrap().status.success());
        }
        let expected: Vec<u64> = (0..50).collect();
        assert_eq!(lines(&home.file("order")), expected, "round {round}");
    }
}

#[test]
fn writers_and_readers_and_slots_never_mix() {
    let home = Home::new();
    let dir = home.path().display();
    // A writer locks the witness file exclusively, all others share it.
    let alone = format!("flock -n {dir}/witness sleep 0.002 || echo overlap >> {dir}/overlap");
    let together = format!("flock -n -s {dir}/witness sleep 0.002 || echo overlap >> {dir}/overlap");
    let slot = format!(
        "flock -n {dir}/slot.$ENVLOCK_SLOT flock -n -s {dir}/witness sleep 0.002 || echo overlap >> {dir}/overlap"
    );
    let mut children = Vec::new();
    for _ in 0..15 * rounds(1) {
        for (mode, script) in [(&[][..], &alone), (&["--shared"], &together), (&["--slots", "3"], &slot)] {
            let args = [mode, &["--wait-forever", "test", "--", "sh", "-c", script]].concat();
            children.push(home.envlock(&args).spawn().unwrap());
        }
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert!(!home.file("overlap").exists());
    assert_eq!(home.status("test")["verdict"], "free");
}

/// 8 processes come and go; the environment is a directory that the first one makes and the last one removes, which
/// fails while anybody is inside.
#[test]
fn the_last_one_out_takes_down_and_nobody_is_inside() {
    let home = Home::new();
    let up = home.file("up");
    let setup = format!("mkdir {}", up.display());
    let teardown = format!("rmdir {}", up.display());
    let inside = format!("mkdir {0}/$$ && rmdir {0}/$$", up.display());
    let args = ["--wait-forever", "--shared", "--setup", &setup, "--teardown", &teardown, "test", "--"];
    let rounds = rounds(20);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for round in 0..rounds {
                    let done = home.run(&[&args[..], &["sh", "-c", &inside]].concat());
                    assert_eq!(done.code(), 0, "round {round}: {}", done.stderr());
                }
            });
        }
    });
    assert!(!up.exists(), "the last one out did not take down");
}

/// 8 processes come and go in two environments of one name, which some of them keep. The environment is a directory that
/// knows its key.
#[test]
fn users_of_two_keys_never_meet() {
    let home = Home::new();
    let up = home.file("up").display().to_string();
    let teardown = format!("rm {up}/key && rmdir {up}");
    let rounds = rounds(10);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (home, up, teardown) = (&home, &up, &teardown);
            scope.spawn(move || {
                for round in 0..rounds {
                    let key = format!("k={}", (worker + round) % 2);
                    let setup = format!("mkdir {up} && echo {key} > {up}/key");
                    let inside = format!("mkdir {up}/$$ && [ \"$(cat {up}/key)\" = {key} ] && rmdir {up}/$$");
                    let mode: &[&str] = match worker % 4 {
                        0 => &["--wait-forever"],
                        1 => &["--wait-forever", "--slots", "2", "--keep-for", "1h"],
                        2 => &["--wait-forever", "--shared", "--keep-for", "0s"],
                        _ => &["--wait-forever", "--shared", "--reuse", "true", "--keep-for", "1h"],
                    };
                    let environment = ["--setup", &setup, "--teardown", teardown, "--setup-key", &key];
                    let done = home.run(&[mode, &environment, &["test", "--", "sh", "-c", &inside]].concat());
                    assert_eq!(done.code(), 0, "{worker} in round {round}: {}", done.stderr());
                }
            });
        }
    });
    assert_eq!(home.run(&["sweep", "--idle"]).code(), 0);
    assert!(!Path::new(&up).exists());
    let status = home.status("test");
    assert_eq!((&status["verdict"], &status["dirty"]), (&"free".into(), &false.into()));
}

#[test]
fn idle_waiters_use_no_processor_time() {
    let home = Home::new();
    let mut holder = home.hold(&["test"]);
    let waiters: Vec<Child> =
        (0..50).map(|_| home.envlock(&["--wait-forever", "test", "--", "true"]).spawn().unwrap()).collect();
    until("all sleep in the kernel", || {
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        let blocked = |pid: u32| locks.lines().any(|l| l.contains("->") && l.contains(&format!(" {pid} ")));
        waiters.iter().all(|child| blocked(child.id()))
    });
    let ticks = || -> u64 { waiters.iter().map(|child| processor_ticks(child.id())).sum() };
    let switches = || -> u64 { waiters.iter().map(|child| wake_ups(child.id())).sum() };
    let before = (ticks(), switches());
    // Long enough for a poller to wake up at least once.
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert_eq!((ticks(), switches()), before);
    holder.let_go();
    for mut waiter in waiters {
        assert!(waiter.wait().unwrap().success());
    }
}

fn processor_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn wake_ups(pid: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of_task = |task: std::fs::DirEntry| -> u64 {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).unwrap();
        line.split_whitespace().last().unwrap().parse().unwrap()
    };
    tasks.map(|task| of_task(task.unwrap())).sum()
}
