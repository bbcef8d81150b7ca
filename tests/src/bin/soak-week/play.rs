//! Plays a plan on one side, and gathers what was seen.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, Scope, sleep};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::docker::{Object, docker, now, objects, remove_everything, run_logged};
use crate::engine::Engine;
use crate::event::{Event, Run, RunEnd, Stack, What};
use crate::facts::{Ended, Facts, Interval};
use crate::judge::Side;
use crate::records;
use crate::sides::Tools;
use crate::untouched::Untouched;
use crate::watch::{Seen, Users, read_events, record_events, watch_orphans, watch_socket_and_memory};

/// What still runs so long after the end of the week is ended, and has failed.
const LONGEST_END: Duration = Duration::from_mins(10);
/// cron removes what killed runs have left, once it is old enough.
const CRON_CLEARS: Duration = Duration::from_mins(2);

/// How long what nobody touches may take to come back after a death of the engine. Without evenkeel nothing brings back what
/// the engine leaves down.
const fn comes_back(side: Side) -> Duration {
    match side {
        Side::Before => Duration::from_secs(10),
        Side::After => Duration::from_mins(2),
    }
}

/// One half of the experiment.
pub(crate) struct Half<'a> {
    pub(crate) side: Side,
    pub(crate) engine: &'a Engine,
    pub(crate) plan: &'a [Event],
    /// Output of everything.
    pub(crate) work: PathBuf,
}

/// What the events of a week share.
struct Week<'a> {
    half: &'a Half<'a>,
    tools: &'a Tools,
    users: Users,
    facts: Mutex<Facts>,
    /// Held while the engine is killed or stopped: one at a time, and nobody looks at dev meanwhile.
    untouched: Mutex<Untouched>,
    log: Mutex<File>,
    begun: Instant,
}

impl Half<'_> {
    pub(crate) fn play(&self, tools: &Tools) -> io::Result<Facts> {
        fs::create_dir_all(tools.home())?;
        remove_everything()?;
        let untouched = Untouched::start(&self.work.join("untouched.log"))?;
        let baseline: HashSet<Object> = objects()?.into_iter().collect();
        let (stop, seen, events) =
            (AtomicBool::new(false), Mutex::new(Seen::default()), self.work.join("events"));
        let week = Week {
            half: self,
            tools,
            users: Users::default(),
            facts: Mutex::default(),
            untouched: Mutex::new(untouched),
            log: Mutex::new(File::create(self.work.join("log"))?),
            begun: Instant::now(),
        };
        let beside = self.start_beside(tools)?;
        let (orphans, recorded) = thread::scope(|scope| {
            scope.spawn(|| watch_socket_and_memory(self.engine, &seen, &stop));
            scope.spawn(|| watch_orphans(&week.users, &seen, &stop));
            let recorder = scope.spawn(|| record_events(&events, &stop));
            week.play_all();
            let orphans = self.wait_for_no_orphans(&baseline);
            stop.store(true, Ordering::Relaxed);
            (orphans, recorder.join())
        });
        for mut child in beside {
            signal_group(child.id(), Signal::KILL);
            child.wait()?;
        }
        recorded.map_err(|_| io::Error::other("the recorder of events has panicked"))??;
        let mut facts = week.facts.into_inner().unwrap_or_else(PoisonError::into_inner);
        facts.orphans = orphans?;
        facts.touches = week.untouched.into_inner().unwrap_or_else(PoisonError::into_inner).finish()?;
        (facts.restarts, facts.out_of_memory) = read_events(&events);
        let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        (facts.refused, facts.peak_bytes, facts.most_orphans) =
            (seen.refused, seen.peak_bytes, seen.most_orphans);
        if self.side == Side::After {
            (facts.holds, facts.gate) = (records::holds(tools)?, records::gate(tools)?);
        }
        self.engine.save_log(&self.work)?;
        remove_everything()?;
        Ok(facts)
    }

    fn start_beside(&self, tools: &Tools) -> io::Result<Vec<Child>> {
        let start = |(log, command): (&str, Command)| spawn(command, &self.work.join(log));
        tools.beside().into_iter().map(start).collect()
    }

    /// What is there beside dev and the second project. With cron it has some time to go.
    fn wait_for_no_orphans(&self, baseline: &HashSet<Object>) -> io::Result<Vec<String>> {
        let deadline = Instant::now() + CRON_CLEARS;
        loop {
            let left: Vec<Object> = objects()?.into_iter().filter(|one| !baseline.contains(one)).collect();
            if left.is_empty() || self.side == Side::Before || Instant::now() > deadline {
                return Ok(left.iter().map(ToString::to_string).collect());
            }
            sleep(Duration::from_secs(1));
        }
    }
}

impl Week<'_> {
    /// Returns when the last event and the last run are over.
    fn play_all(&self) {
        let over = self.half.plan.last().map_or(Duration::ZERO, |event| event.at) + LONGEST_END;
        thread::scope(|scope| {
            for event in self.half.plan {
                sleep(event.at.saturating_sub(self.begun.elapsed()));
                self.note(&event.to_string());
                self.begin(scope, event, over);
            }
        });
    }

    fn begin<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, event: &'scope Event, over: Duration) {
        scope.spawn(move || {
            let done = match event.what {
                What::Runs(run) => self.run(run, over),
                What::Restarts(stack) => self.restart(stack),
                What::ByHand { number, keeps } => self.by_hand(number, keeps),
                What::EngineDies { away } => self.engine_dies(away),
                What::EngineHangs { lasts } => {
                    let _alone = lock(&self.untouched);
                    self.half.engine.hang(lasts).map(|hang| lock(&self.facts).hangs.push(hang))
                }
                What::DiskFills { lasts } => {
                    self.half.engine.fill_disk(lasts).map(|full| lock(&self.facts).full.push(full))
                }
            };
            match done {
                Ok(()) => self.note(&format!("over: {}", event.what)),
                Err(error) => self.note(&format!("cannot do: {}: {error}", event.what)),
            }
        });
    }

    fn run(&self, run: Run, over: Duration) -> io::Result<()> {
        let from = now();
        let mut child = spawn(self.tools.run(&run), &self.half.work.join(format!("{}.log", run.id())))?;
        let pid = child.id();
        self.users.enter(run.stack);
        let (sender, ended) = mpsc::channel();
        let waiter = thread::spawn(move || {
            let status = child.wait();
            // Nobody listens any more where it was ended.
            let _ = sender.send(());
            status
        });
        let interrupt = match run.end {
            RunEnd::CtrlC(after) => Some((after, Signal::INT)),
            RunEnd::Killed(after) => Some((after, Signal::KILL)),
            RunEnd::Passes | RunEnd::Fails | RunEnd::Crashes => None,
        };
        let mut signalled = false;
        if let Some((after, signal)) = interrupt
            && ended.recv_timeout(after) == Err(mpsc::RecvTimeoutError::Timeout)
        {
            signal_group(pid, signal);
            signalled = true;
        }
        if ended.recv_timeout(over.saturating_sub(self.begun.elapsed()))
            == Err(mpsc::RecvTimeoutError::Timeout)
        {
            self.note(&format!("{} does not end: it is killed", run.id()));
            signal_group(pid, Signal::KILL);
            signalled = false;
        }
        let status = waiter.join().map_err(|_| io::Error::other("the waiter has panicked"))?;
        self.users.leave(run.stack);
        let code = status.map_or(-1, code);
        self.note(&format!("{} ended with {code}", run.id()));
        lock(&self.facts).runs.push(Ended { run, lived: Interval { from, to: now() }, code, signalled });
        Ok(())
    }

    /// Whatever comes of it: nobody looks at the exit code.
    fn restart(&self, stack: Stack) -> io::Result<()> {
        let Some(mut command) = self.tools.restart(stack) else { return Ok(()) };
        run_logged(&mut command, &self.half.work.join("restarts.log")).map(|_| ())
    }

    /// What fails because the engine is away is asked again, for a while; then its owner gives up.
    fn by_hand(&self, number: u32, keeps: Duration) -> io::Result<()> {
        let (name, log) = (format!("hand-{number}"), self.half.work.join("by-hand.log"));
        let ask = |tries: u32, args: &[&str]| -> io::Result<bool> {
            for _ in 0..tries {
                if run_logged(&mut docker(args), &log)? {
                    return Ok(true);
                }
                sleep(Duration::from_secs(1));
            }
            Ok(false)
        };
        let started = ask(5, &["run", "-d", "--name", &name, evenkeel_tests::BUSYBOX, "sleep", "100000"])?;
        sleep(keeps / 2);
        ask(5, &["restart", "-t", "0", &name])?;
        sleep(keeps / 2);
        if started && !ask(60, &["container", "inspect", "-f", "{{.State.Status}}", &name])? {
            lock(&self.facts).lost_by_hand.push(name.clone());
        }
        ask(5, &["rm", "-f", &name]).map(|_| ())
    }

    fn engine_dies(&self, away: Duration) -> io::Result<()> {
        let mut untouched = lock(&self.untouched);
        untouched.check()?;
        let death = self.half.engine.die(away).unwrap_or_else(|error| {
            // Every run would wait for it until its end. The caller of this program ends what still runs.
            crate::say(&format!("the engine does not start again after its planned death: {error}"));
            std::process::exit(3)
        });
        lock(&self.facts).deaths.push(death);
        untouched.check_after_death(comes_back(self.half.side))
    }

    fn note(&self, what: &str) {
        let line = format!("{:7.1} {what}\n", self.begun.elapsed().as_secs_f64());
        // A full disk must not end the experiment.
        let _ = lock(&self.log).write_all(line.as_bytes());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a command in a process group of its own, as a terminal does.
fn spawn(mut command: Command, log: &Path) -> io::Result<Child> {
    let file = File::options().create(true).append(true).open(log)?;
    command.process_group(0).stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn()
}

fn signal_group(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended.
        let _ = kill_process_group(pid, signal);
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}
