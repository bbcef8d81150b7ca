//! `restartgate heal`: look at a scope, decide what needs a restart, ask the gate, tell, and look again when the engine
//! reports something, when something is due, and now and then.

mod agenda;
mod gate;
mod outage;
mod pass;

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use evenkeel_common::signals::Signals;
use evenkeel_common::{Error, Exit, now};
use futures_util::StreamExt as _;
use tokio::time::{Instant, sleep, sleep_until};

use self::outage::Outage;
use self::pass::Healer;
use crate::cli::HealArgs;
use crate::model::engine_kind::EngineKind;
use crate::model::record::Service;
use crate::model::scope::EventKind;

/// Longest time between two looks, for what no event has reported.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);
/// From an event to the look after it: many events come together.
const SETTLE: Duration = Duration::from_millis(300);
/// The same for Podman, whose events tell of each run of a health check.
const SETTLE_PODMAN: Duration = Duration::from_secs(5);
/// From an answer of the engine to the question whether it still answers: while it hangs it sends no events.
const PING_INTERVAL: Duration = Duration::from_secs(5);

pub(super) async fn heal(args: &HealArgs) -> Result<Exit, Error> {
    let healer = Healer::new(args).await?;
    if args.once { once(healer).await } else { watch(healer).await }
}

/// Makes passes until nothing is left to ask, each service once.
async fn once(mut healer: Healer<'_>) -> Result<Exit, Error> {
    healer.read_past().await?;
    let mut asked = BTreeSet::<Service>::new();
    let mut exits = Vec::new();
    loop {
        healer.pass(&asked).await?;
        asked.extend(healer.agenda.under_way.iter().cloned());
        let Some(answer) = healer.next_answer().await else { break };
        exits.push(healer.note(answer)?);
    }
    healer.end_notices().await;
    let exit = worst(&exits);
    healer.story.end(exit)?;
    Ok(exit)
}

/// How a pass ends: what needs a person first comes first.
fn worst(exits: &[Exit]) -> Exit {
    let all = [Exit::Unavailable, Exit::Failed, Exit::No, Exit::Open, Exit::Busy];
    all.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Done)
}

/// Heals until a signal comes, also when the engine goes away meanwhile.
async fn watch(mut healer: Healer<'_>) -> Result<Exit, Error> {
    let mut signals = Signals::ending().map_err(|e| Error::failed("listen for signals", e))?;
    let mut outage = Outage::none();
    loop {
        let work = async {
            let lost = follow(&mut healer, &mut outage).await?;
            healer.endings.engine_lost(now());
            sleep(outage.begin(&lost)).await;
            Ok(())
        };
        tokio::select! {
            caught = signals.next() => return Ok(Exit::Signal(caught.number())),
            done = work => done?,
        }
    }
}

/// Follows the engine's events until it is lost, and gives why. Fails where the story cannot be told.
async fn follow(healer: &mut Healer<'_>, outage: &mut Outage) -> Result<Error, Error> {
    if let Err(lost) = healer.read_past().await {
        return Ok(lost);
    }
    outage.end();
    let mut events = pin!(healer.events());
    let mut look_at = Instant::now();
    let mut ping_at = Instant::now() + PING_INTERVAL;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => {
                    healer.endings.note(&event);
                    if let Some(settle) = settle_time(event.kind, healer.kind) {
                        look_at = look_at.min(Instant::now() + settle);
                    }
                }
                Some(Err(lost)) => return Ok(lost.into_error("read the engine's events")),
                None => return Ok(Error::unavailable("read the engine's events", "the engine has ended them")),
            },
            Some(answer) = healer.next_answer() => {
                healer.note(answer)?;
                look_at = Instant::now();
            }
            () = sleep_until(ping_at) => {
                if let Err(lost) = healer.ping().await {
                    return Ok(lost);
                }
                ping_at = Instant::now() + PING_INTERVAL;
            }
            () = sleep_until(look_at) => {
                if let Err(lost) = healer.pass(&BTreeSet::new()).await {
                    return Ok(lost);
                }
                let interval = Instant::now() + LOOK_INTERVAL;
                let settled = healer.settles_at.map(Instant::from_std);
                let due = healer.agenda.next_due();
                look_at = due.into_iter().chain(settled).fold(interval, Instant::min);
            }
        }
    }
}

/// How long after an event to look; `None` for one that calls for no look.
fn settle_time(event: EventKind, engine: EngineKind) -> Option<Duration> {
    match (event, engine) {
        (EventKind::HealthChanged, EngineKind::Podman | EngineKind::PodmanBefore5_4) => Some(SETTLE_PODMAN),
        (EventKind::HealthChanged | EventKind::Ended, _) => Some(SETTLE),
        (EventKind::Started | EventKind::AskedToEnd | EventKind::Removed, _) => None,
    }
}
