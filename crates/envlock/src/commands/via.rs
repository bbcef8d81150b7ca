//! Which locks are meant: those of this machine, or those in a store.

use std::path::{Path, PathBuf};

use evenkeel_common::{Error, Exit};

use crate::cli::{AccessArgs, DownArgs, HoldArgs, StoreArgs};
use crate::model::access::{
    Access, CA_VAR, CERT_VAR, Identity, KEY_VAR, PASSWORD_FILE_VAR, PASSWORD_VAR, USER_VAR, User,
};
use crate::model::via::{StoreUrl, Transport, VIA_VAR, Via};

/// Where the lock of a run is.
pub(super) fn of_run(args: &StoreArgs) -> Result<Via, Error> {
    let via = chosen(args.via.as_ref(), &args.access)?;
    if via == Via::Local && args.ttl.is_some() {
        return Err(
            Error::usage("use --ttl", "the locks of this machine have no lease").hint("it belongs to --via")
        );
    }
    Ok(via)
}

/// What the command line says, else what the variables say.
pub(super) fn chosen(given: Option<&Via>, access: &AccessArgs) -> Result<Via, Error> {
    let via = match given {
        Some(given) => given.clone(),
        None => from_variable()?,
    };
    match via {
        Via::Local if access.is_given() => Err(Error::usage(
            "use --via-ca, --via-cert or --via-key",
            "the locks of this machine need no certificates",
        )
        .hint("they belong to --via etcds://…")),
        Via::Local => Ok(Via::Local),
        Via::Store(url) => with_access(url, access).map(Via::Store),
    }
}

fn from_variable() -> Result<Via, Error> {
    match std::env::var_os(VIA_VAR) {
        None => Ok(Via::Local),
        Some(text) => text
            .to_string_lossy()
            .parse()
            .map_err(|why: String| Error::usage(format!("use {VIA_VAR}={}", text.to_string_lossy()), why)),
    }
}

fn with_access(url: StoreUrl, args: &AccessArgs) -> Result<StoreUrl, Error> {
    let file = |given: &Option<PathBuf>, variable| {
        let path = given.clone().or_else(|| variable_of(variable).map(PathBuf::from));
        // The command may run elsewhere, and asks the same store.
        path.map(|path| std::path::absolute(&path).unwrap_or(path))
    };
    let refused = |why: &str| Error::usage(format!("use the store {url}"), why);
    let ca = file(&args.ca, CA_VAR);
    let identity = match (file(&args.cert, CERT_VAR), file(&args.key, KEY_VAR)) {
        (Some(cert), Some(key)) => Some(Identity { cert, key }),
        (None, None) => None,
        _ => return Err(refused("a client certificate needs its key, and a key its certificate")),
    };
    if url.transport == Transport::Plain && (ca.is_some() || identity.is_some()) {
        return Err(refused("certificates were named, and etcd:// is not encrypted")
            .hint("write etcds:// where the members use TLS"));
    }
    let access = Access { ca, identity, user: user()? };
    Ok(StoreUrl { access, ..url })
}

/// The user that the variables name.
fn user() -> Result<Option<User>, Error> {
    let file = variable_of(PASSWORD_FILE_VAR);
    match (variable_of(USER_VAR), variable_of(PASSWORD_VAR), file) {
        (None, None, None) => Ok(None),
        (Some(name), Some(password), None) => Ok(Some(User { name, password })),
        (Some(name), None, Some(file)) => Ok(Some(User { name, password: password_in(Path::new(&file))? })),
        (Some(_), Some(_), Some(_)) => Err(Error::usage(
            format!("use {PASSWORD_VAR} and {PASSWORD_FILE_VAR}"),
            "only one of the two may be set",
        )),
        (Some(_), None, None) => Err(Error::usage(
            format!("use {USER_VAR}"),
            format!("there is no password; set {PASSWORD_FILE_VAR} or {PASSWORD_VAR}"),
        )),
        (None, ..) => {
            Err(Error::usage("use a password", format!("it is not known of which user; set {USER_VAR}")))
        }
    }
}

/// The first line of a file.
fn password_in(file: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(file)
        .map_err(|e| Error::new(Exit::Usage, format!("read {PASSWORD_FILE_VAR}={}", file.display()), e))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// The value of a variable; none where it is empty.
fn variable_of(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
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
    match from_variable()? {
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
pub(super) use super::doctor::doctor;
#[cfg(target_os = "linux")]
pub(super) use super::queries_remote::{held, history, status};
#[cfg(target_os = "linux")]
pub(super) use super::remote_place::{find, find_to_take_down};
#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{break_lock, doctor, find, find_to_take_down, held, history, status};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::time::Duration;

    use evenkeel_common::{Error, Exit};

    use crate::cli::{BreakArgs, DoctorArgs, HeldArgs, HistoryArgs, StatusArgs};
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

    pub(crate) fn doctor(_: &DoctorArgs, url: &StoreUrl) -> Result<Exit, Error> {
        refused(url)
    }

    pub(crate) fn break_lock(_: BreakArgs, url: &StoreUrl) -> Result<Exit, Error> {
        refused(url)
    }
}
