//! A store behind TLS, with users: everything that is wrong is an error in words, and nothing is sent unencrypted.

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use evenkeel_tests::SecureEtcd;

use crate::{Done, ENVLOCK, until};

/// One member for all tests that do it no harm.
pub(crate) fn secure() -> Option<&'static SecureEtcd> {
    static ETCD: OnceLock<Option<SecureEtcd>> = OnceLock::new();
    ETCD.get_or_init(SecureEtcd::start).as_ref()
}

/// A lock of its own for one test.
pub(crate) struct World<'e> {
    pub(crate) etcd: &'e SecureEtcd,
    pub(crate) home: tempfile::TempDir,
    lock: String,
}

impl<'e> World<'e> {
    pub(crate) fn new(etcd: &'e SecureEtcd) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let lock = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self { etcd, home: tempfile::tempdir().unwrap(), lock }
    }

    pub(crate) fn envlock(&self, args: &[&str]) -> Command {
        let mut command = evenkeel_tests::tool(ENVLOCK, self.home.path());
        let variables = self.etcd.variables.iter().map(|(name, value)| (name, value));
        command.args(args).stdin(std::process::Stdio::null()).envs(variables);
        command
    }

    /// `envlock -n LOCK -- echo ran` with other options and variables.
    fn try_with(&self, options: &[&str], variables: &[(&str, &str)]) -> Done {
        let mut command = self.envlock(&[options, &["-n", &self.lock, "--", "echo", "ran"]].concat());
        Done(command.envs(variables.iter().copied()).output().unwrap())
    }

    fn check_refused(&self, done: &Done, code: i32, says: &str) {
        assert_eq!((done.code(), &*done.stdout()), (code, ""), "{done:?}");
        let said = done.stderr();
        assert!(said.contains(says) && said.contains("hint:"), "{said}");
        assert!(!self.home.path().join("locks").exists());
    }
}

const NO_IDENTITY: [(&str, &str); 2] = [("ENVLOCK_VIA_CERT", ""), ("ENVLOCK_VIA_KEY", "")];
const NO_USER: [(&str, &str); 2] = [("ENVLOCK_VIA_USER", ""), ("ENVLOCK_VIA_PASSWORD_FILE", "")];

#[test]
fn the_right_certificates_and_user_take_the_lock_and_the_command_gets_them_too() {
    let Some(etcd) = secure() else { return };
    let world = World::new(etcd);
    // The command asks the same store without being told again.
    let script = format!("cd /; {ENVLOCK} held {0} && {ENVLOCK} status {0}", world.lock);
    let files = [("--via-ca", "ca.pem"), ("--via-cert", "client.pem"), ("--via-key", "client-key.pem")];
    let files = files.map(|(option, name)| [option.to_owned(), etcd.file(name)]).concat();
    let options: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut command =
        world.envlock(&[&options[..], &["-n", &world.lock, "--", "sh", "-c", &script]].concat());
    for name in ["ENVLOCK_VIA_CA", "ENVLOCK_VIA_CERT", "ENVLOCK_VIA_KEY"] {
        command.env_remove(name);
    }
    let done = Done(command.output().unwrap());
    assert_eq!(done.code(), 0, "{done:?}");
    assert!(done.stdout().contains("exclusive for"), "{done:?}");
    let history = Done(world.envlock(&["history", &world.lock]).output().unwrap());
    assert!(history.stdout().contains("sh -c"), "{history:?}");
    // A password in a variable is as good.
    let password = std::fs::read_to_string(etcd.variable("ENVLOCK_VIA_PASSWORD_FILE")).unwrap();
    let variables = [("ENVLOCK_VIA_PASSWORD", password.trim()), ("ENVLOCK_VIA_PASSWORD_FILE", "")];
    assert_eq!(world.try_with(&[], &variables).stdout(), "ran\n");
}

#[test]
fn certificates_that_do_not_fit_are_refused() {
    let Some(etcd) = secure() else { return };
    let world = World::new(etcd);
    let other_ca = etcd.file("other-ca.pem");
    let wrong_ca = world.try_with(&["--via-ca", &other_ca], &[]);
    world.check_refused(&wrong_ca, 125, &format!("its certificate is not signed by a CA in {other_ca}"));
    // The system does not know the CA of a test, or knows none at all.
    let no_ca = world.try_with(&[], &[("ENVLOCK_VIA_CA", "")]);
    assert_eq!((no_ca.code(), &*no_ca.stdout()), (125, ""), "{no_ca:?}");
    world.check_refused(&world.try_with(&[], &NO_IDENTITY), 125, "a client certificate");
    let with = |cert: &str, key: &str| {
        world.try_with(&["--via-cert", &etcd.file(cert), "--via-key", &etcd.file(key)], &[])
    };
    let stranger = with("stranger.pem", "stranger-key.pem");
    world.check_refused(&stranger, 125, "not accept the client certificate");
    world.check_refused(
        &with("named.pem", "named-key.pem"),
        125,
        "a client certificate that has a common name",
    );
    world.check_refused(&with("named.pem", "client-key.pem"), 125, "cannot use the client certificate");
    world.check_refused(&with("none.pem", "client-key.pem"), 125, "none.pem: No such file");
}

#[test]
fn users_that_do_not_fit_are_refused() {
    let Some(etcd) = secure() else { return };
    let world = World::new(etcd);
    world.check_refused(&world.try_with(&[], &NO_USER), 125, "user name is empty");
    let wrong = [("ENVLOCK_VIA_PASSWORD", "wrong"), ("ENVLOCK_VIA_PASSWORD_FILE", "")];
    world.check_refused(&world.try_with(&[], &wrong), 125, "authentication failed");
    let elsewhere = etcd.variable("ENVLOCK_VIA").replace("/test", "/elsewhere");
    world.check_refused(&world.try_with(&["--via", &elsewhere], &[]), 125, "permission denied");
    // Never on the command line.
    let in_the_url = etcd.variable("ENVLOCK_VIA").replace("etcds://", "etcds://u:p@");
    let done = world.try_with(&["--via", &in_the_url], &[]);
    assert_eq!(done.code(), 2);
    assert!(done.stderr().contains("set ENVLOCK_VIA_USER and ENVLOCK_VIA_PASSWORD_FILE"), "{done:?}");
    for (variables, says) in [
        (&[("ENVLOCK_VIA_PASSWORD_FILE", "")][..], "there is no password"),
        (&[("ENVLOCK_VIA_PASSWORD", "x")], "only one of the two"),
        (&[("ENVLOCK_VIA_USER", "")], "of which user"),
        (&[("ENVLOCK_VIA_PASSWORD_FILE", "/none")], "No such file"),
        (&[("ENVLOCK_VIA_KEY", "")], "a client certificate needs its key"),
    ] {
        let done = world.try_with(&[], variables);
        assert_eq!((done.code(), &*done.stdout()), (2, ""), "{done:?}");
        assert!(done.stderr().contains(says), "{done:?}");
    }
}

#[test]
fn plaintext_and_tls_are_not_mistaken_for_each_other() {
    let Some(etcd) = secure() else { return };
    let world = World::new(etcd);
    let plain = etcd.variable("ENVLOCK_VIA").replace("etcds://", "etcd://");
    let without_files = [&NO_IDENTITY[..], &[("ENVLOCK_VIA_CA", "")]].concat();
    world.check_refused(&world.try_with(&["--via", &plain], &without_files), 125, "it may use TLS");
    // Verification that is wanted and not possible.
    world.check_refused(&world.try_with(&["--via", &plain], &[]), 2, "etcd:// is not encrypted");
    world.check_refused(
        &world.try_with(&["--via", "local", "--via-ca", "x"], &[]),
        2,
        "need no certificates",
    );
    let Some(unencrypted) = crate::shared() else { return };
    let tls = unencrypted.url("test").replace("etcd://", "etcds://");
    world.check_refused(&world.try_with(&["--via", &tls], &[]), 125, "it may not use TLS");
}

#[test]
fn whoever_was_logged_out_logs_in_again_and_keeps_the_lock() {
    let Some(etcd) = SecureEtcd::start() else { return };
    let world = World::new(&etcd);
    let (inside, go) = (world.home.path().join("inside"), world.home.path().join("go"));
    let script = format!(": > {}; while [ ! -e {} ]; do sleep 0.1; done", inside.display(), go.display());
    let holder = world.envlock(&["test", "--", "sh", "-c", &script]).spawn().unwrap();
    until("it is inside", || inside.exists());
    let waiter = world.envlock(&["--wait-forever", "test", "--", "echo", "in"]);
    let waiter = { waiter }.stdout(std::process::Stdio::piped()).spawn().unwrap();
    until("the waiter stands in the queue", || {
        let status = Done(world.envlock(&["status", "test"]).output().unwrap());
        status.stdout().contains("waiting")
    });
    // For longer than the lease lasts, each renewal needs a login of its own.
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(16) {
        etcd.end_tokens();
        std::thread::sleep(Duration::from_secs(3));
    }
    std::fs::write(&go, "").unwrap();
    assert_eq!(Done(holder.wait_with_output().unwrap()).code(), 0);
    assert_eq!(Done(waiter.wait_with_output().unwrap()).stdout(), "in\n");
}
