//! Which locks are meant: those of this machine, or those in a store.

use evenkeel_common::Error;

use crate::cli::{DownArgs, HoldArgs, StoreArgs};
use crate::model::via::{VIA_VAR, Via};

/// Where the lock of a run is.
pub(super) fn of_run(args: &StoreArgs) -> Result<Via, Error> {
    let via = chosen(args.via.as_ref())?;
    if via == Via::Local && args.ttl.is_some() {
        return Err(
            Error::usage("use --ttl", "the locks of this machine have no lease").hint("it belongs to --via")
        );
    }
    Ok(via)
}

/// What the command line says, else what the variable says.
pub(super) fn chosen(given: Option<&Via>) -> Result<Via, Error> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    match std::env::var_os(VIA_VAR) {
        None => Ok(Via::Local),
        Some(text) => text
            .to_string_lossy()
            .parse()
            .map_err(|why: String| Error::usage(format!("use {VIA_VAR}={}", text.to_string_lossy()), why)),
    }
}

/// Refuses what cannot be promised for a lock in a store.
pub(super) fn refuse_options(args: &HoldArgs) -> Result<(), Error> {
    if !args.inherit {
        return Ok(());
    }
    let cause = "the store does not know which processes have a lock, so it cannot be left to them";
    Err(Error::usage("use --inherit with a lock in a store", cause)
        .hint(format!("for the locks of this machine: {VIA_VAR}=local")))
}

/// Whoever may write to the store could put a command there.
pub(super) fn want_teardown(args: &DownArgs) -> Result<(), Error> {
    if args.teardown.is_some() {
        return Ok(());
    }
    let cause = "no command is taken from a store";
    Err(Error::usage(format!("take {} down", args.name), cause).hint("give the take-down with --teardown"))
}

/// Refuses what would quietly look at other locks than those that are meant.
pub(super) fn refuse_store(subcommand: &str) -> Result<(), Error> {
    match chosen(None)? {
        Via::Local => Ok(()),
        Via::Store(url) => Err(Error::usage(
            format!("run envlock {subcommand} with {VIA_VAR}={url}"),
            "no command is taken from a store, so it cannot take down what is recorded there",
        )
        .hint(format!("for the locks of this machine: {VIA_VAR}=local envlock {subcommand}"))),
    }
}

#[cfg(target_os = "linux")]
pub(super) use super::break_remote::break_lock;
#[cfg(target_os = "linux")]
pub(super) use super::queries_remote::{held, history, status};
#[cfg(target_os = "linux")]
pub(super) use super::remote_place::{find, find_to_take_down};
#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{break_lock, find, find_to_take_down, held, history, status};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::time::Duration;

    use evenkeel_common::{Error, Exit};

    use crate::cli::{BreakArgs, HeldArgs, HistoryArgs, StatusArgs};
    use crate::commands::place::{About, Place};
    use crate::model::queue::Mode;
    use crate::model::via::StoreUrl;

    fn refused<T>(url: &StoreUrl) -> Result<T, Error> {
        Err(Error::usage(format!("use the locks in {url}"), "they work on Linux only"))
    }

    pub(crate) fn find(
        url: &StoreUrl,
        _: &str,
        _: Mode,
        _: &str,
        _: Option<Duration>,
        _: About,
    ) -> Result<Option<Box<dyn Place>>, Error> {
        refused(url)
    }

    pub(crate) fn find_to_take_down(
        url: &StoreUrl,
        _: &str,
        _: &str,
        _: About,
    ) -> Result<Option<Box<dyn Place>>, Error> {
        refused(url)
    }

    pub(crate) fn status(_: &StatusArgs, url: &StoreUrl) -> Result<Exit, Error> {
        refused(url)
    }

    pub(crate) fn history(_: &HistoryArgs, url: &StoreUrl) -> Result<Exit, Error> {
        refused(url)
    }

    pub(crate) fn held(_: &HeldArgs, url: &StoreUrl) -> Result<Exit, Error> {
        refused(url)
    }

    pub(crate) fn break_lock(_: BreakArgs, url: &StoreUrl) -> Result<Exit, Error> {
        refused(url)
    }
}
