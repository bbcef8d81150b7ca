//! Several hosts that share an engine: each has a history of its own, so none of them knows the restarts of the others.

use evenkeel_common::Error;

use crate::cli::SharingArgs;

/// The variable of envlock(1) that names the store in which several hosts lock what they share.
const VIA_VAR: &str = "ENVLOCK_VIA";

/// The variable that stands for `--per-host`, for those that call restartgate through something else.
const PER_HOST_VAR: &str = "DOCKER_RESTARTS_PER_HOST";

/// Refuses to count for one host what several hosts do, unless told to.
pub(super) fn refuse_shared_engine(args: &SharingArgs) -> Result<(), Error> {
    let is_told = args.per_host || std::env::var(PER_HOST_VAR).is_ok_and(|text| text == "true");
    match std::env::var(VIA_VAR) {
        Ok(via) if names_store(&via) && !is_told => Err(Error::usage(
            format!("count restarts with {VIA_VAR}={via}"),
            "several hosts share the engine, and this one does not know the restarts of the others",
        )
        .hint(format!(
            "restart services from one host only, with {VIA_VAR}=local; or pass --per-host, or set {PER_HOST_VAR}=true: then each host has limits of its own"
        ))),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether the variable names a store, as envlock reads it.
fn names_store(via: &str) -> bool {
    !via.is_empty() && via != "local"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_what_envlock_takes_for_one() {
        for (via, is_store) in
            [("", false), ("local", false), ("etcd://a:2379/ci", true), ("etcds://a:1", true)]
        {
            assert_eq!(names_store(via), is_store, "{via}");
        }
    }
}
