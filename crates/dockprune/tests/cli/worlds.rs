//! Random sets of resources: exactly what should be removed is, by a rule that is written down here a second time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use evenkeel_common::Timestamp;
use evenkeel_dockprune::decide::select::select;
use evenkeel_dockprune::model::known_time::{KnownTime, parse_status};
use evenkeel_dockprune::model::policy::{Live, Policy, Scope, Times};
use evenkeel_dockprune::model::resource::{Container, Detail, Kind, Network, Resource, State, Volume};
use evenkeel_tests::{BUSYBOX, Engine, Home, OwnEngine};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::kit::{dockprune, items, stderr, text};

/// How a resource is labelled: as the scope says, or nearly so.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Exact,
    None,
    KeyCase,
    KeyLonger,
    ValueCase,
    ValueShorter,
    ValueLonger,
    ValueEmpty,
    ValueUnicode,
    ValueSpaced,
}

/// How old it is, seen from the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Age {
    Fresh,
    JustUnder,
    Exactly,
    JustOver,
    Old,
    Future,
    Garbled,
    /// In the engine's words, a little above and below the limit.
    WordsOver,
    WordsAround,
    WordsUnder,
}

/// What all kinds have.
#[derive(Clone, Debug)]
struct Thing {
    mark: Mark,
    age: Age,
    protected: bool,
    /// It is labelled as part of another environment, too.
    elsewhere: bool,
}

#[derive(Clone, Debug)]
struct ContainerSpec {
    thing: Thing,
    state: State,
    active: Age,
    networks: BTreeSet<usize>,
    volumes: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself")]
struct Spec {
    boxes: Vec<ContainerSpec>,
    networks: Vec<Thing>,
    volumes: Vec<(Thing, bool)>,
    locked: bool,
    locked_elsewhere: bool,
    ignore_locks: bool,
    with_volumes: bool,
    include_running: bool,
    /// A limit of an hour, or none.
    limited: bool,
    limited_created: bool,
    /// `--keep` names the first container.
    keep_first: bool,
}

const HOUR: Duration = Duration::from_hours(1);

/// Whether the resources exist on an engine, where everything is as old as the test.
#[derive(Clone, Copy, PartialEq)]
enum Kinds {
    Model,
    Real,
}

fn mark() -> impl Strategy<Value = Mark> {
    let near = [
        Mark::None,
        Mark::KeyCase,
        Mark::KeyLonger,
        Mark::ValueCase,
        Mark::ValueShorter,
        Mark::ValueLonger,
        Mark::ValueEmpty,
        Mark::ValueUnicode,
        Mark::ValueSpaced,
    ];
    prop_oneof![2 => Just(Mark::Exact), 1 => prop::sample::select(near.to_vec())]
}

fn age(kinds: Kinds) -> impl Strategy<Value = Age> {
    let model = [
        Age::Fresh,
        Age::JustUnder,
        Age::Exactly,
        Age::JustOver,
        Age::Old,
        Age::Old,
        Age::Old,
        Age::Future,
        Age::Garbled,
    ];
    prop::sample::select(if kinds == Kinds::Model { model.to_vec() } else { vec![Age::Fresh] })
}

fn active(kinds: Kinds) -> impl Strategy<Value = Age> {
    let words = prop::sample::select(vec![Age::WordsOver, Age::WordsAround, Age::WordsUnder]);
    let in_words = u32::from(kinds == Kinds::Model);
    prop_oneof![3 => age(kinds), in_words => words]
}

fn thing(kinds: Kinds) -> impl Strategy<Value = Thing> {
    (mark(), age(kinds), prop::bool::weighted(0.1), prop::bool::weighted(0.2))
        .prop_map(|(mark, age, protected, elsewhere)| Thing { mark, age, protected, elsewhere })
}

fn state(kinds: Kinds) -> impl Strategy<Value = State> {
    let real = vec![State::Exited, State::Exited, State::Created, State::Running, State::Paused];
    let model = [State::Dead, State::Restarting, State::Stopping, State::Removing, State::Unknown];
    prop::sample::select(if kinds == Kinds::Real { real } else { [&real[..], &model].concat() })
}

fn container(kinds: Kinds) -> impl Strategy<Value = ContainerSpec> {
    let used = || prop::collection::btree_set(0..3_usize, 0..2);
    (thing(kinds), state(kinds), active(kinds), used(), used()).prop_map(
        |(thing, state, active, networks, volumes)| ContainerSpec { thing, state, active, networks, volumes },
    )
}

fn spec(kinds: Kinds) -> impl Strategy<Value = Spec> {
    let most = if kinds == Kinds::Model { 8 } else { 5 };
    let things = (
        prop::collection::vec(container(kinds), 0..most),
        prop::collection::vec(thing(kinds), 0..3),
        prop::collection::vec((thing(kinds), prop::bool::weighted(0.1)), 0..4),
    );
    let rare = || prop::bool::weighted(0.2);
    let flags = (
        rare(),
        rare(),
        rare(),
        prop::bool::weighted(0.8),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        rare(),
    );
    (things, flags).prop_map(|((boxes, networks, volumes), flags)| Spec {
        boxes,
        networks,
        volumes,
        locked: flags.0,
        locked_elsewhere: flags.1,
        ignore_locks: flags.2,
        with_volumes: flags.3,
        include_running: flags.4,
        limited: flags.5,
        limited_created: flags.6,
        keep_first: flags.7,
    })
}

impl Thing {
    fn labels(&self, base: &str) -> BTreeMap<String, String> {
        let shorter = &base[..base.len() - 1];
        let (key, value) = match self.mark {
            Mark::Exact => ("netra.env", base.to_owned()),
            Mark::None => ("", String::new()),
            Mark::KeyCase => ("Netra.Env", base.to_owned()),
            Mark::KeyLonger => ("netra.env.x", base.to_owned()),
            Mark::ValueCase => ("netra.env", base.to_uppercase()),
            Mark::ValueShorter => ("netra.env", shorter.to_owned()),
            Mark::ValueLonger => ("netra.env", format!("{base}2")),
            Mark::ValueEmpty => ("netra.env", String::new()),
            // The last letter as a Cyrillic one that looks the same.
            Mark::ValueUnicode => ("netra.env", format!("{shorter}а")),
            Mark::ValueSpaced => ("netra.env", format!("{base} ")),
        };
        let mut labels = BTreeMap::new();
        if !key.is_empty() {
            labels.insert(key.to_owned(), value);
        }
        if self.protected {
            labels.insert("evenkeel.protect".into(), "true".into());
        }
        if self.elsewhere {
            labels.insert("evenkeel.env".into(), format!("{base}-elsewhere"));
        }
        labels
    }
}

impl Age {
    fn time(self, now: Timestamp) -> KnownTime {
        let ns = Duration::from_nanos(1);
        let words = |text| KnownTime::Ago(parse_status(text).unwrap());
        match self {
            Self::Fresh => KnownTime::At(now),
            Self::JustUnder => KnownTime::At(now - HOUR.abs_diff(ns)),
            Self::Exactly => KnownTime::At(now - HOUR),
            Self::JustOver => KnownTime::At(now - (HOUR + ns)),
            Self::Old => KnownTime::At(now - 5 * HOUR),
            Self::Future => KnownTime::At(now + ns),
            Self::Garbled => KnownTime::Unparsable("yesterday".into()),
            Self::WordsOver => words("Exited (0) 2 hours ago"),
            Self::WordsAround => words("Exited (0) About an hour ago"),
            Self::WordsUnder => words("Exited (0) 59 minutes ago"),
        }
    }

    /// Whether it is known for sure to have reached the limit.
    fn reaches(self, limited: bool) -> bool {
        match self {
            Self::Future | Self::Garbled => false,
            Self::Exactly | Self::JustOver | Self::Old | Self::WordsOver => true,
            Self::Fresh | Self::JustUnder | Self::WordsAround | Self::WordsUnder => !limited,
        }
    }
}

/// The rule, a second time: names of what goes.
fn expected(spec: &Spec) -> BTreeSet<String> {
    let free = |thing: &Thing| {
        let held = spec.locked || (spec.locked_elsewhere && thing.elsewhere);
        thing.mark == Mark::Exact && !thing.protected && (spec.ignore_locks || !held)
    };
    let goes = |index: usize, container: &ContainerSpec| {
        let limited = if container.state == State::Created { spec.limited_created } else { spec.limited };
        let ended = container.state == State::Created || container.active.reaches(limited);
        let state = match container.state {
            State::Created | State::Exited | State::Dead | State::Removing => true,
            State::Running | State::Paused | State::Restarting | State::Stopping => spec.include_running,
            State::Unknown => false,
        };
        let kept = spec.keep_first && index == 0;
        free(&container.thing) && !kept && state && ended && container.thing.age.reaches(limited)
    };
    let mut names = BTreeSet::new();
    let mut staying = Vec::new();
    for (index, container) in spec.boxes.iter().enumerate() {
        if goes(index, container) {
            names.insert(format!("c{index}"));
        } else {
            staying.push(container);
        }
    }
    for (index, network) in spec.networks.iter().enumerate() {
        let used = staying.iter().any(|container| container.networks.contains(&index));
        if free(network) && !used && network.age.reaches(spec.limited) {
            names.insert(format!("n{index}"));
        }
    }
    for (index, (volume, options)) in spec.volumes.iter().enumerate() {
        let used = staying.iter().any(|container| container.volumes.contains(&index));
        if spec.with_volumes && free(volume) && !used && !options && volume.age.reaches(spec.limited) {
            names.insert(format!("v{index}"));
        }
    }
    names
}

const BASE: &str = "world-a";

fn facts(spec: &Spec, now: Timestamp) -> Vec<Resource> {
    let resource = |name: String, thing: &Thing, active: KnownTime, detail: Detail| Resource {
        id: format!("{name}-id"),
        name,
        labels: thing.labels(BASE),
        created: thing.age.time(now),
        active,
        detail,
    };
    let containers = spec.boxes.iter().enumerate().map(|(index, container)| {
        let own = Container {
            state: container.state,
            // As the engine tells it: by name, or by ID.
            networks: container.networks.iter().map(|n| format!("n{n}{}", ["", "-id"][index % 2])).collect(),
            volumes: container.volumes.iter().map(|v| format!("v{v}-id")).collect(),
            image: "image".into(),
        };
        let never = container.state == State::Created;
        let active = if never { KnownTime::Never } else { container.active.time(now) };
        resource(format!("c{index}"), &container.thing, active, Detail::Container(own))
    });
    let networks = spec.networks.iter().enumerate().map(|(index, thing)| {
        let own = Network { driver: "bridge".into(), built_in: false };
        resource(format!("n{index}"), thing, KnownTime::Never, Detail::Network(own))
    });
    let volumes = spec.volumes.iter().enumerate().map(|(index, (thing, options))| {
        let own = Volume { options: options.then(|| "type".into()).into_iter().collect() };
        resource(format!("v{index}"), thing, KnownTime::Never, Detail::Volume(own))
    });
    containers.chain(networks).chain(volumes).collect()
}

fn policy(spec: &Spec) -> Policy {
    let busy = [(spec.locked, BASE.to_owned()), (spec.locked_elsewhere, format!("{BASE}-elsewhere"))];
    let busy = busy.into_iter().filter(|(held, _)| *held && !spec.ignore_locks);
    let limit = |limited| if limited { HOUR } else { Duration::ZERO };
    let mut kinds = BTreeSet::from([Kind::Container, Kind::Network]);
    kinds.extend(spec.with_volumes.then_some(Kind::Volume));
    Policy {
        scope: Scope::Matching { labels: vec![("netra.env".into(), BASE.into())], project: None, name: None },
        kinds,
        older_than: limit(spec.limited),
        created_older_than: limit(spec.limited_created),
        live: if spec.include_running { Live::Remove } else { Live::Keep },
        max_containers: None,
        keep: spec.keep_first.then(|| "c0".into()).into_iter().collect(),
        times: Times::Enough,
        busy: busy.map(|(_, name)| (name, "locked".into())).collect(),
    }
}

fn selected(facts: &[Resource], policy: &Policy, now: Timestamp) -> BTreeSet<String> {
    let decisions = select(facts, policy, now);
    let goes = decisions.iter().filter(|(_, decision)| decision.rule.removes());
    goes.map(|(place, _)| facts[*place].name.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn exactly_what_should_goes_in_the_model(spec in spec(Kinds::Model)) {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        prop_assert_eq!(selected(&facts(&spec, now), &policy(&spec), now), expected(&spec));
    }

    #[test]
    fn a_cap_takes_no_more_than_it_must(spec in spec(Kinds::Model), most in 0..6_usize) {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let facts = facts(&spec, now);
        let mut policy = policy(&spec);
        let without = selected(&facts, &policy, now);
        policy.max_containers = Some(most);
        let with = selected(&facts, &policy, now);
        prop_assert!(with.is_superset(&without));
        let in_scope = |name: &str| spec.boxes[name[1..].parse::<usize>().unwrap()].thing.mark == Mark::Exact;
        let extra: Vec<&String> = with.difference(&without).filter(|name| name.starts_with('c')).collect();
        for name in &extra {
            let container = &spec.boxes[name[1..].parse::<usize>().unwrap()];
            prop_assert!(in_scope(name) && container.state.is_stopped() && !container.thing.protected);
        }
        let scope = spec.boxes.iter().filter(|container| container.thing.mark == Mark::Exact).count();
        let before = without.iter().filter(|name| name.starts_with('c')).count();
        prop_assert!(extra.len() <= scope.saturating_sub(before).saturating_sub(most));
    }
}

/// Creates the resources on an engine, runs the tool, and compares what is left.
fn play(engine: &Engine, spec: &Spec, base: &str) {
    let name = |short: &str| format!("{base}-{short}");
    let flags = |thing: &Thing| -> Vec<String> {
        thing
            .labels(base)
            .iter()
            .flat_map(|(key, value)| ["--label".into(), format!("{key}={value}")])
            .collect()
    };
    let docker = |before: &[&str], middle: &[String], after: &[&str]| {
        let middle: Vec<&str> = middle.iter().map(String::as_str).collect();
        engine.docker(&[before, &middle, after].concat())
    };
    for (index, thing) in spec.networks.iter().enumerate() {
        docker(&["network", "create"], &flags(thing), &[&name(&format!("n{index}"))]);
    }
    for (index, (thing, options)) in spec.volumes.iter().enumerate() {
        let options: &[&str] = if *options { &["--opt", "type=tmpfs", "--opt", "device=tmpfs"] } else { &[] };
        docker(&[&["volume", "create"], options].concat(), &flags(thing), &[&name(&format!("v{index}"))]);
    }
    for (index, container) in spec.boxes.iter().enumerate() {
        let own = name(&format!("c{index}"));
        let mut arguments = flags(&container.thing);
        if let Some(network) = container.networks.iter().find(|n| **n < spec.networks.len()) {
            arguments.extend(["--network".into(), name(&format!("n{network}"))]);
        } else {
            arguments.extend(["--network".into(), "none".into()]);
        }
        for volume in container.volumes.iter().filter(|v| **v < spec.volumes.len()) {
            arguments.extend(["-v".into(), format!("{}:/v{volume}", name(&format!("v{volume}")))]);
        }
        let verb: &[&str] = if container.state == State::Created { &["create"] } else { &["run", "-d"] };
        let ends = matches!(container.state, State::Created | State::Exited);
        let command: &[&str] = if ends { &["true"] } else { &["sleep", "600"] };
        docker(&[verb, &["--name", &own]].concat(), &arguments, &[&[BUSYBOX], command].concat());
        match container.state {
            State::Exited => drop(engine.docker(&["wait", &own])),
            State::Paused => drop(engine.docker(&["pause", &own])),
            _ => {}
        }
    }

    let home = Home::new();
    std::fs::create_dir(home.join("locks")).unwrap();
    let held: Vec<std::fs::File> =
        [(spec.locked, base.to_owned()), (spec.locked_elsewhere, name("elsewhere"))]
            .into_iter()
            .filter(|(held, _)| *held)
            .map(|(_, environment)| {
                std::fs::File::create(home.join("locks").join(format!("{environment}.lock"))).unwrap()
            })
            .inspect(|file| file.lock().unwrap())
            .collect();
    let limit = |limited: bool| if limited { "1h" } else { "0s" };
    // Podman is slow beside other work.
    let mut arguments = vec!["--call-timeout", "30s", "--deadline", "120s", "--json", "--label"];
    let label = format!("netra.env={base}");
    let first = name("c0");
    arguments.extend([label.as_str(), "--grace", "0s", "--older-than", limit(spec.limited)]);
    arguments.extend(["--created-older-than", limit(spec.limited_created)]);
    arguments.extend(spec.with_volumes.then_some("--volumes"));
    arguments.extend(spec.include_running.then_some("--include-running"));
    arguments.extend(spec.ignore_locks.then_some("--ignore-locks"));
    if spec.keep_first {
        arguments.extend(["--keep", first.as_str()]);
    }
    let output = dockprune(&engine.host, &home, &arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{spec:#?}\n{}{}", text(&output.stdout), stderr(&output));
    drop(held);

    let report = serde_json::from_slice(&output.stdout).unwrap();
    let removed: BTreeSet<String> =
        items(&report).into_iter().filter(|item| item.2 == "removed").map(|item| item.1).collect();
    let mut built: BTreeSet<String> = (0..spec.boxes.len()).map(|n| name(&format!("c{n}"))).collect();
    built.extend((0..spec.networks.len()).map(|n| name(&format!("n{n}"))));
    built.extend((0..spec.volumes.len()).map(|n| name(&format!("v{n}"))));
    let should: BTreeSet<String> = expected(spec).iter().map(|short| name(short)).collect();
    let left = all_names(engine, base);
    assert_eq!(left, &built - &should, "{spec:#?}\n{report}");
    assert_eq!(removed, should, "{spec:#?}\n{report}");
    clear(engine, &left, base);
}

fn all_names(engine: &Engine, base: &str) -> BTreeSet<String> {
    let lists = [
        engine.docker(&["ps", "-a", "--format", "{{.Names}}"]),
        engine.docker(&["network", "ls", "--format", "{{.Name}}"]),
        engine.docker(&["volume", "ls", "--format", "{{.Name}}"]),
    ];
    let names = lists.iter().flat_map(|list| list.lines());
    names.filter(|name| name.starts_with(&format!("{base}-"))).map(str::to_owned).collect()
}

fn clear(engine: &Engine, names: &BTreeSet<String>, base: &str) {
    for (letter, remove) in [("c", &["rm", "-f"][..]), ("n", &["network", "rm"]), ("v", &["volume", "rm"])] {
        let prefix = format!("{base}-{letter}");
        let found: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| name.starts_with(&prefix)).collect();
        if !found.is_empty() {
            engine.docker(&[remove, &found].concat());
        }
    }
}

#[test]
fn exactly_what_should_goes_on_an_engine() {
    let Some(engine) = OwnEngine::start() else { return };
    let mut runner = TestRunner::default();
    let worlds: Vec<(usize, Spec)> =
        (0..50).map(|n| (n, spec(Kinds::Real).new_tree(&mut runner).unwrap().current())).collect();
    let worlds = Mutex::new(worlds.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = worlds.lock().unwrap().next();
                    let Some((n, spec)) = next else { return };
                    play(&engine, &spec, &format!("world-{n:02}-a"));
                }
            });
        }
    });
}
