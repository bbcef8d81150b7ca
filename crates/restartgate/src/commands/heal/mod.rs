//! `restartgate heal`: look at a scope, decide what needs a restart, ask the gate, tell, and look again when the engine
//! reports something, when something is due, and now and then.

mod agenda;
mod gate;
mod pass;

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use evenkeel_common::signals::Signals;
use evenkeel_common::{Error, Exit};
use futures_util::StreamExt as _;
use tokio::time::{Instant, sleep, sleep_until};

use self::pass::Healer;
use crate::cli::HealArgs;
use crate::model::record::Service;
use crate::model::scope::{Event, EventKind};
use crate::output::heal_json::warn;

/// Longest time between two looks, for what no event has reported.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);
/// From an event to the look after it: the engine reports a stop just after the end, and many ends come together.
const SETTLE: Duration = Duration::from_millis(300);
/// Pause before an engine that is lost is tried again: the first one, which doubles, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

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
    let mut pause = FIRST_PAUSE;
    loop {
        let since = Instant::now();
        let work = async {
            let lost = follow(&mut healer).await?;
            if since.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            warn(&lost.hint(format!("trying again in {} ms", pause.as_millis())));
            sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            Ok(())
        };
        tokio::select! {
            caught = signals.next() => return Ok(Exit::Signal(caught.number())),
            done = work => done?,
        }
    }
}

/// Follows the engine's events until it is lost, and gives why. Fails where the story cannot be told.
async fn follow(healer: &mut Healer<'_>) -> Result<Error, Error> {
    if let Err(lost) = healer.read_past().await {
        return Ok(lost);
    }
    let mut events = pin!(healer.events());
    let mut look_at = Instant::now();
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => {
                    healer.endings.note(&event);
                    if calls_for_a_look(&event) {
                        look_at = look_at.min(Instant::now() + SETTLE);
                    }
                }
                Some(Err(lost)) => return Ok(lost.into_error("read the engine's events")),
                None => return Ok(Error::unavailable("read the engine's events", "the engine has ended them")),
            },
            Some(answer) = healer.next_answer() => {
                healer.note(answer)?;
                look_at = Instant::now();
            }
            () = sleep_until(look_at) => {
                if let Err(lost) = healer.pass(&BTreeSet::new()).await {
                    return Ok(lost);
                }
                let interval = Instant::now() + LOOK_INTERVAL;
                look_at = healer.agenda.next_due().map_or(interval, |due| due.min(interval));
            }
        }
    }
}

fn calls_for_a_look(event: &Event) -> bool {
    matches!(event.kind, EventKind::Ended | EventKind::HealthChanged)
}
