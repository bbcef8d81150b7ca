//! Which locks an environment has on an engine. Names of environments are unique on one engine only, and a machine may
//! have several: the locks of another engine than the machine's own carry a hash of where it is.

use super::target::address::DEFAULT_SOCKET;
use crate::hash::fnv1a;

/// Longest name of a lock, see [`crate::state::parse_name`].
const MAX_LENGTH: usize = 64;

/// The name of the lock that tools take for an environment on an engine, by its URL: on the machine's own engine the name
/// of the environment, on another one that and a hash.
pub fn lock_name(host: &str, environment: &str) -> String {
    if is_machines_own(host) {
        return environment.to_owned();
    }
    let suffix = format!("-{:08x}", fnv1a(host.as_bytes()) >> 32);
    if environment.ends_with(&suffix) {
        // The label of an environment names its lock already.
        return environment.to_owned();
    }
    // The rest of a long name goes into the hash.
    match environment.split_at_checked(MAX_LENGTH - suffix.len()) {
        Some((start, rest)) if !rest.is_empty() => {
            format!("{start}-{:08x}", fnv1a(format!("{host}\n{environment}").as_bytes()) >> 32)
        }
        _ => environment.to_owned() + &suffix,
    }
}

/// Whether nothing but the default names this engine. /var/run is mostly a link to /run.
fn is_machines_own(host: &str) -> bool {
    let path = |url: &str| url.strip_prefix("unix://").and_then(|path| std::fs::canonicalize(path).ok());
    host == DEFAULT_SOCKET
        || host == "unix:///run/docker.sock"
        || path(host).is_some_and(|found| Some(found) == path(DEFAULT_SOCKET))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::parse_name;

    #[test]
    fn the_machines_own_engine_has_plain_names() {
        for host in [DEFAULT_SOCKET, "unix:///run/docker.sock"] {
            assert_eq!(lock_name(host, "test"), "test");
        }
    }

    #[test]
    fn other_engines_have_names_of_their_own_that_stay() {
        let names = ["unix:///other.sock", "tcp://127.0.0.1:2375"].map(|host| lock_name(host, "test"));
        assert!(names[0] != names[1] && names[0].starts_with("test-"), "{names:?}");
        assert_eq!(lock_name("unix:///other.sock", &names[0]), names[0]);
        let long = ["a".repeat(64), "a".repeat(63) + "b"].map(|name| lock_name("tcp://h:1", &name));
        assert_ne!(long[0], long[1]);
        for name in names.into_iter().chain(long) {
            assert_eq!(parse_name(&name), Ok(name.clone()));
        }
    }
}
