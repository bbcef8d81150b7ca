//! `envlock break` for a lock in a store: its keeper, on whatever host, is told to end the command.

use std::time::{Duration, Instant};

use evenkeel_common::{Error, Exit};

use crate::cli::BreakArgs;
use crate::commands::break_lock::{choose_ticket, not_held, say_broken, ticket_id};
use crate::commands::queries_remote::{failed, status_of, store_of};
use crate::model::record::{BreakNote, Record};
use crate::model::via::StoreUrl;
use crate::remote::keys::BreakOrder;
use crate::remote::renewal::Store;
use crate::remote::terms::{KILL, MOST, Terms};
use crate::system::user;

pub(super) fn break_lock(args: BreakArgs, url: &StoreUrl) -> Result<Exit, Error> {
    let mut store = store_of(url, &args.name);
    let look = store.look().map_err(|e| failed(&store.client, &e))?;
    let status = status_of(&args.name, look);
    let Some(record) = choose_ticket(&status, args.ticket)? else { return not_held(&args) };
    if !status.holders.contains(record) {
        return Err(Error::usage(format!("break ticket {}", record.ticket), "it does not hold the lock")
            .hint("end the envlock that waits"));
    }
    let grace_ms = u64::try_from(args.grace.as_millis()).unwrap_or(u64::MAX);
    let order = BreakOrder { note: BreakNote { by: user(), reason: args.reason }, grace_ms };
    let was_killed = break_holder(&mut store, record, &order, args.grace)?;
    say_broken(&args.name, record, was_killed, args.json)
}

/// Tells the holder, and deletes its ticket where it does not answer. Returns whether its command had to be killed.
fn break_holder(
    store: &mut Store,
    record: &Record,
    order: &BreakOrder,
    grace: Duration,
) -> Result<bool, Error> {
    let mode = ticket_id(record)?.mode;
    store.mode = mode;
    let lease = store.lease_of(record.ticket).map_err(|e| failed(&store.client, &e))?;
    let Some(lease) = lease else {
        return Err(Error::failed(format!("break ticket {}", record.ticket), "its holder vanished")
            .hint("its command is ended by its own host; the lock is free when its time is over"));
    };
    let started = Instant::now();
    store.order_break(lease, order).map_err(|e| failed(&store.client, &e))?;
    // As long as it may take to see the order, and to end then.
    let slack = Terms::new(MOST).renewal().min(Duration::from_secs(10)) + KILL;
    let is_free = store
        .wait_until_left(lease, Instant::now() + grace.saturating_add(slack))
        .map_err(|e| failed(&store.client, &e))?;
    if is_free {
        return Ok(started.elapsed() >= grace);
    }
    store.delete_ticket(lease).map_err(|e| failed(&store.client, &e))?;
    Err(Error::failed(format!("break ticket {}", record.ticket), "its holder does not answer")
        .hint("its ticket was deleted, so its command is ended by its own host; the lock is free when its time is over"))
}
