//! TLS: a real engine behind it, and what can go wrong with certificates.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};

use evenkeel_tests::{Certificates, Home, Relay, TlsEngine, World, engine};

use crate::{How, docker, here, start};

const HOST: &str = "tcp://127.0.0.1:2376";

/// One engine for all tests that run at the same time.
fn tls_engine() -> Option<Arc<TlsEngine>> {
    static SHARED: Mutex<Weak<TlsEngine>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(engine) = shared.upgrade() {
        return Some(engine);
    }
    let engine = Arc::new(TlsEngine::start()?);
    *shared = Arc::downgrade(&engine);
    Some(engine)
}

fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().unwrap()
}

#[test]
fn variables_of_docker_in_docker() {
    let Some(tls) = tls_engine() else { return };
    let world = World::new(&tls.engine);
    start(&tls.engine, &world);
    let (all, client) = (text(tls.certificates.dir("")), text(tls.certificates.dir("client")));
    // As GitLab's template has them.
    let variables = [
        ("DOCKER_HOST", HOST),
        ("DOCKER_TLS_CERTDIR", &*all),
        ("DOCKER_CERT_PATH", &*client),
        ("DOCKER_TLS_VERIFY", "1"),
    ];
    How { variables: &variables, arguments: &[] }.reaches(world.id(), |tool| tls.engine.inside(tool));
}

#[test]
fn flags_and_url_schemes() {
    let Some(tls) = tls_engine() else { return };
    let world = World::new(&tls.engine);
    start(&tls.engine, &world);
    let file = |name| text(tls.certificates.dir("client").join(name));
    let (ca, cert, key) = (file("ca.pem"), file("cert.pem"), file("key.pem"));
    let identity = ["--tlscert", &*cert, "--tlskey", &*key];
    let trusted = ["--tlscacert", &*ca];
    let whole = [&identity[..], &trusted].concat();
    for (flags, host) in [
        ([&["--tlsverify"], &whole[..]].concat(), HOST),
        (whole.clone(), "127.0.0.1:2376"),
        (whole, "https://localhost"),
        // Whoever it is: the name is not one of the certificate's.
        ([&["--tls"], &identity[..]].concat(), "tcp://127.0.0.2:2376"),
    ] {
        let arguments = [&["--host", host], &flags[..]].concat();
        How { variables: &[], arguments: &arguments }.reaches(world.id(), |tool| tls.engine.inside(tool));
    }
}

#[test]
fn contexts() {
    let Some(tls) = tls_engine() else { return };
    let world = World::new(&tls.engine);
    start(&tls.engine, &world);
    let config = Home::new();
    let file = |name| text(tls.certificates.dir("client").join(name));
    let identity = format!("cert={},key={}", file("cert.pem"), file("key.pem"));
    let verified = format!("host={HOST},ca={},{identity}", file("ca.pem"));
    docker(&config, &["context", "create", "verified", "--docker", &verified]);
    let unverified = format!("host=tcp://127.0.0.2:2376,skip-tls-verify=true,{identity}");
    docker(&config, &["context", "create", "unverified", "--docker", &unverified]);
    docker(&config, &["context", "use", "unverified"]);
    let config = text(config.to_path_buf());
    let reaches = |variables: &[(&str, &str)], arguments: &[&str]| {
        let variables = [&[("DOCKER_CONFIG", &*config)], variables].concat();
        How { variables: &variables, arguments }.reaches(world.id(), |tool| tls.engine.inside(tool));
    };
    reaches(&[("DOCKER_HOST", "unix:///nowhere")], &["--context", "verified"]);
    reaches(&[("DOCKER_CONTEXT", "verified")], &[]);
    reaches(&[], &[]);
}

#[test]
fn certificates_that_do_not_match() {
    let Some(tls) = tls_engine() else { return };
    let file = |kind: &str, name: &str| text(tls.certificates.dir(kind).join(name));
    let (ca, client, stranger) = (file("client", "ca.pem"), file("client", ""), file("stranger", ""));
    let (other_ca, cert, key) =
        (file("stranger", "ca.pem"), file("stranger", "cert.pem"), file("stranger", "key.pem"));
    let fails = |host, variables: &[(&str, &str)], arguments: &[&str], cause: &str, hint: &str| {
        let variables = [&[("DOCKER_HOST", host)], variables].concat();
        How { variables: &variables, arguments }.fails(cause, hint, |tool| tls.engine.inside(tool));
    };
    let verify = ("DOCKER_TLS_VERIFY", "1");
    let right = [verify, ("DOCKER_CERT_PATH", &*client)];
    fails(HOST, &[], &[], "the port requires TLS, and the request was plaintext", "DOCKER_TLS_VERIFY=1");
    fails(HOST, &[verify], &[], "cannot read the CA certificate ", "DOCKER_CERT_PATH");
    let wrong_ca = format!("the engine's certificate is not signed by the CA in {other_ca}");
    fails(HOST, &right, &["--tlscacert", &other_ca], &wrong_ca, "--tlscacert");
    fails(
        "tcp://127.0.0.2:2376",
        &right,
        &[],
        "the engine's certificate is for localhost, 127.0.0.1, not for 127.0.0.2",
        "host name of the certificate",
    );
    let none = "the engine requires a client certificate";
    fails(HOST, &[], &["--tlscacert", &ca], none, "--tlscert");
    let refused = format!("the engine rejected the client certificate {cert}");
    fails(HOST, &right, &["--tlscert", &cert, "--tlskey", &key], &refused, "the engine's CA");
    fails(HOST, &right, &["--tlskey", &key], "cannot use the client certificate", "--tlskey");
    fails(HOST, &right, &["--tlskey", &ca], "contains no unencrypted private key", "--tlskey");
    fails(HOST, &right, &["--tlscacert", &key], "contains no CA certificate", "--tlscacert");
    fails(
        HOST,
        &[verify, ("DOCKER_CERT_PATH", &stranger)],
        &[],
        &format!("the CA in {stranger}"),
        "DOCKER_CERT_PATH",
    );
}

/// A TLS listener on this machine that is no engine, with a certificate that has expired.
struct Expired(Child);

impl Expired {
    fn start(certificates: &Certificates) -> (Self, String) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = certificates.dir("expired");
        let mut command = Command::new("openssl");
        command
            .args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-cert"])
            .arg(dir.join("cert.pem"));
        command.arg("-key").arg(dir.join("key.pem")).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let said = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut lines = std::io::BufRead::lines(said).map_while(Result::ok);
        assert!(lines.by_ref().any(|line| line == "ACCEPT"), "openssl does not listen");
        std::thread::spawn(move || lines.for_each(drop));
        (Self(child), format!("tcp://127.0.0.1:{port}"))
    }
}

impl Drop for Expired {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_certificate_that_has_expired() {
    let Some(certificates) = Certificates::make() else { return };
    let (_server, host) = Expired::start(&certificates);
    let client = text(certificates.dir("client"));
    let variables = [("DOCKER_HOST", &*host), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", &*client)];
    How { variables: &variables, arguments: &[] }.fails(
        "the engine's certificate expired at 20",
        "renew",
        here,
    );
    // And in plaintext: it is no Go program, which would answer that it speaks TLS.
    let plain = [("DOCKER_HOST", &*host)];
    How { variables: &plain, arguments: &[] }.fails("", "--tlsverify", here);
}

#[test]
fn plaintext_is_never_spoken_where_tls_is_wanted() {
    let Some(engine) = engine() else { return };
    let Some(certificates) = Certificates::make() else { return };
    let host = format!("tcp://127.0.0.1:{}", Relay::to(engine).port);
    let client = text(certificates.dir("client"));
    for wish in ["DOCKER_TLS_VERIFY", "DOCKER_TLS"] {
        let variables = [("DOCKER_HOST", &*host), (wish, "1"), ("DOCKER_CERT_PATH", &*client)];
        How { variables: &variables, arguments: &[] }.fails("the port does not use TLS", "2376", here);
    }
    let http = host.replace("tcp", "http");
    let arguments = ["--host", &http, "--tlscacert", &text(certificates.dir("client/ca.pem"))];
    How { variables: &[], arguments: &arguments }.fails("the port does not use TLS", "2376", here);
}
