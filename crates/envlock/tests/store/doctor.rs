//! `envlock doctor`: each member, and a lock and unlock.

use evenkeel_tests::Etcd;
use rustix::process::Signal;
use serde::Deserialize;
use serde_json::Value;

use crate::secure::secure;
use crate::{Done, World, shared};

fn examine(world: &World, url: &str) -> (i32, Value) {
    let done = Done(world.envlock(&["doctor", "--json", "--via", url]).output().unwrap());
    let text = done.stdout();
    serde_json::from_str::<Report>(&text).unwrap_or_else(|e| panic!("{e}: {done:?}"));
    (done.code(), serde_json::from_str(&text).unwrap())
}

/// What is wrong, but for the faults of the release that is used.
fn failures(report: &Value) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter();
    let failures = all.filter(|finding| finding["level"] == "failure");
    failures.map(|finding| format!("{}: {}", finding["about"], finding["what"])).collect()
}

/// As the man page has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only their names count")]
struct Report {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    store: String,
    members: Vec<Member>,
    lock: Lock,
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only their names count")]
struct Member {
    endpoint: String,
    error: Value,
    version: Value,
    role: Value,
    latency_ms: Value,
    clock_ahead_ms: Value,
    db_size_bytes: Value,
    quota_bytes: Value,
    alarms: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only their names count")]
struct Lock {
    verdict: String,
    took_ms: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only their names count")]
struct Finding {
    level: String,
    about: String,
    what: String,
    hint: String,
}

#[test]
fn a_cluster_that_works() {
    let Some(etcd) = Etcd::start(3) else { return };
    let world = World::new(&etcd);
    let (code, report) = examine(&world, &world.url);
    assert_eq!((code, failures(&report)), (0, vec![]), "{report}");
    assert_eq!((&report["schema"], &report["lock"]["verdict"]), (&"envlock.doctor/1".into(), &"done".into()));
    let members = report["members"].as_array().unwrap();
    let leaders = members.iter().filter(|member| member["role"] == "leader").count();
    assert_eq!((members.len(), leaders), (3, 1), "{report}");
    for member in members {
        assert!(member["latency_ms"].as_f64().unwrap() > 0.0, "{report}");
        assert_eq!((&member["clock_ahead_ms"], &member["error"]), (&0.into(), &Value::Null), "{report}");
        assert!(member["quota_bytes"].as_u64() > member["db_size_bytes"].as_u64(), "{report}");
    }
    let text = world.run(&["doctor"]).stdout();
    assert!(text.contains("leader, read in") && text.contains("lock and unlock: "), "{text}");
    // Nothing is left in the store.
    assert_eq!(world.run(&["status"]).stdout(), "no environment has been locked yet\n");
    if members[0]["version"] == "3.4.23" {
        assert!(text.contains("may confirm the renewal of a lease that is gone"), "{text}");
    }
}

#[test]
fn members_that_are_away_and_a_cluster_without_a_majority() {
    let Some(etcd) = Etcd::start(3) else { return };
    let world = World::new(&etcd);
    let (code, report) = examine(&world, &world.url.replace(etcd.address(2), "127.0.0.1:1"));
    assert_eq!((code, &report["lock"]["verdict"]), (1, &"done".into()), "{report}");
    assert!(failures(&report)[0].contains("Connection refused"), "{report}");
    for member in [1, 2] {
        etcd.signal(member, Signal::KILL);
    }
    crate::until("the last member sees that it is alone", || {
        let (code, report) = examine(&world, &world.url);
        assert_eq!((code, &report["verdict"]), (1, &"failed".into()), "{report}");
        report["members"][0]["role"] == "no_leader"
    });
}

#[test]
fn two_clusters_and_the_same_member_twice() {
    let (Some(etcd), Some(other)) = (shared(), Etcd::start(1)) else { return };
    let world = World::new(etcd);
    let both = format!("etcd://{},{}/x", etcd.address(0), other.address(0));
    let (code, report) = examine(&world, &both);
    assert_eq!(code, 1);
    assert!(failures(&report)[0].contains("another cluster"), "{report}");
    let twice = format!("etcd://{0},{0}/x", etcd.address(0));
    let (code, report) = examine(&world, &twice);
    assert_eq!((code, &report["verdict"]), (0, &"warnings".into()), "{report}");
}

#[test]
fn a_user_who_may_not_write_the_prefix() {
    let Some(etcd) = secure() else { return };
    let world = crate::secure::World::new(etcd);
    let examine = |url: &str| Done(world.envlock(&["doctor", "--via", url]).output().unwrap());
    let url = etcd.variable("ENVLOCK_VIA");
    assert_eq!(examine(url).code(), 0);
    let done = examine(&url.replace("/test", "/elsewhere"));
    assert_eq!(done.code(), 1);
    assert!(done.stdout().contains("failure: lock and unlock: etcdserver: permission denied"), "{done:?}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let done = examine(&format!("etcds://{}/test", silent.local_addr().unwrap()));
    assert_eq!(done.code(), 1);
    assert!(done.stdout().contains("timeout"), "{done:?}");
}

#[test]
fn without_a_store_there_is_nothing_to_examine() {
    let home = tempfile::tempdir().unwrap();
    let output = evenkeel_tests::tool(crate::ENVLOCK, home.path()).arg("doctor").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
