//! Which locks are meant: those of this machine, or those in a store.

use evenkeel_common::{Error, Exit};

use crate::cli::HoldArgs;
use crate::model::via::{StoreUrl, VIA_VAR, Via};

/// Where the lock of a run is.
pub(super) fn of_hold(args: &HoldArgs) -> Result<Via, Error> {
    let via = chosen(args.via.as_ref())?;
    if via == Via::Local && args.ttl.is_some() {
        return Err(Error::usage("use --ttl", "the locks of this machine have no lease").hint("it belongs to --via"));
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
        Some(text) => text.to_string_lossy().parse().map_err(|why: String| {
            Error::usage(format!("use {VIA_VAR}={}", text.to_string_lossy()), why)
        }),
    }
}

/// Refuses what would quietly look at other locks than those that are meant.
pub(super) fn refuse_store(subcommand: &str) -> Result<(), Error> {
    match chosen(None)? {
        Via::Local => Ok(()),
        Via::Store(url) => Err(Error::usage(
            format!("run envlock {subcommand} with {VIA_VAR}={url}"),
            "it knows only the locks of this machine",
        )
        .hint(format!("for the locks of this machine: {VIA_VAR}=local envlock {subcommand}"))),
    }
}

#[cfg(target_os = "linux")]
pub(super) fn hold(args: &HoldArgs, url: &StoreUrl) -> Result<Exit, Error> {
    super::hold_remote::hold(args, url)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn hold(_args: &HoldArgs, url: &StoreUrl) -> Result<Exit, Error> {
    Err(Error::usage(format!("keep the lock in {url}"), "--via works on Linux only"))
}
