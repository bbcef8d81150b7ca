//! The view as a whole: keys in, pictures out.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use evenkeel_common::Timestamp;
use evenkeel_common::docker::{LABEL_PROJECT, LABEL_SERVICE};
use ratatui::backend::TestBackend;
use ratatui::{Frame, Terminal};

use crate::model::container::{
    Container, ContainerDetails, ContainerState, ContainerSummary, Health, StateReading,
};
use crate::model::engine::{DiskSpace, Endpoint, EndpointState, EngineFacts, Machine};
use crate::model::evidence::{HealthCheck, HealthLog, Inspected};
use crate::model::facts::Facts;
use crate::model::inspection::{Access, Inspection, Mount, Opened, Port};
use crate::model::level::Budget;
use crate::model::locks::Locks;
use crate::top::action::{Abilities, Action, ContainerId};
use crate::top::input::{Input, Key};
use crate::top::list::Row;
use crate::top::page::PageError;
use crate::top::state::{Dialog, Effect, Message, State};
use crate::top::view;
use crate::top::view::theme::Theme;

const NOW: i64 = 1_800_000_000;
const HOST: &str = "unix:///run/docker.sock";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A container of a project; its id is its name.
fn container(project: &str, name: &str, mebibytes: u64, cpu: f64) -> Container {
    let mut found = Container::running(name, mebibytes << 20, 256 << 20);
    found.engine = HOST.into();
    found.cpu_pct = Some(cpu);
    found.details = Some(ContainerDetails { restarts: Some(0), ..ContainerDetails::default() });
    found.summary.created_at = Some(NOW - 7300);
    found.summary.image = format!("{name}:1");
    let labels = [(LABEL_PROJECT, project), (LABEL_SERVICE, name)];
    let labels = labels.iter().filter(|_| !project.is_empty());
    found.summary.labels = labels.map(|(key, value)| ((*key).into(), (*value).into())).collect();
    found
}

/// One that does not run.
fn stopped(project: &str, name: &str, exit_code: i64) -> Container {
    let mut found = container(project, name, 0, 0.0);
    found.forget_stats();
    found.details = None;
    (found.summary.state, found.summary.exit_code) = (ContainerState::Exited, Some(exit_code));
    found
}

fn containers() -> Vec<Container> {
    let mut restarting = stopped("blog", "blog-worker", 1);
    restarting.summary.state = ContainerState::Restarting;
    restarting.details = Some(ContainerDetails { restarts: Some(12), ..ContainerDetails::default() });
    let mut unhealthy = container("shop", "shop-web", 64, 3.5);
    unhealthy.summary.health = Some(Health::Unhealthy);
    let mut healthy = container("shop", "shop-db", 240, 112.5);
    healthy.summary.health = Some(Health::Healthy);
    healthy.summary.labels.insert("netra.env".into(), "test".into());
    let alone = container("", "alone", 1100, 0.4);
    vec![alone, stopped("blog", "blog-migrate", 0), restarting, healthy, unhealthy]
}

fn facts(containers: Vec<Container>) -> Facts {
    let ping = Endpoint { name: "ping", state: EndpointState::Ok, ms: 1.0 };
    let engine = EngineFacts {
        host: HOST.into(),
        endpoints: vec![ping],
        machine: Machine { mem_available: Some(9 << 30), ..Machine::default() },
        disk_space: Some(DiskSpace { free: 40 << 30, total: 100 << 30 }),
        address_pools: Some((28, 31)),
        ..EngineFacts::default()
    };
    let engines = vec![engine];
    Facts {
        engines,
        containers,
        containers_known: true,
        networks_known: true,
        volumes_known: true,
        ..Facts::default()
    }
}

/// Two minutes of samples in steps of ten seconds.
fn state_with(abilities: Abilities, containers: &[Container]) -> State {
    let budget = Budget { networks: None, volumes: None, ..Budget::OF_A_TEAM };
    let mut state = State::new(budget, Duration::from_secs(1), abilities, at(NOW));
    for ago in (0..=12).rev() {
        state.update(facts(containers.to_vec()), at(NOW - ago * 10));
    }
    state.update_locks(Locks::Known(BTreeMap::from([("test".into(), "locked by ann (make e2e)".into())])));
    state
}

fn state() -> State {
    state_with(Abilities::All("restartgate".into()), &containers())
}

fn opened() -> Opened {
    let checks = (0..3).map(|nth| HealthCheck {
        started_at: Some(at(NOW - 30 + nth * 10)),
        ended_at: None,
        exit_code: nth % 2,
        output: "a\x1b[2Jb\nc".into(),
    });
    let health = HealthLog { status: "unhealthy".into(), failing_streak: 2, checks: checks.collect() };
    let inspected = Inspected {
        started_at: Some(at(NOW - 3700)),
        memory_limit: Some(256 << 20),
        restarts: 2,
        health: Some(health),
        ..Inspected::default()
    };
    let mount = |kind: &str, source: &str, destination: &str, access| Mount {
        kind: kind.into(),
        source: source.into(),
        destination: destination.into(),
        access,
    };
    let time = |second: i64| at(NOW - second).to_string();
    let log = vec![
        format!("{} starts", time(9)),
        format!("{} \x1b[31mred\x1b[0m\tand a tab\u{202e}", time(8)),
        format!("{} {}", time(7), "x".repeat(5_000_000)),
    ];
    Opened {
        inspection: Inspection {
            summary: container("shop", "shop-web", 1, 0.0).summary,
            inspected,
            restart_policy: "on-failure:3".into(),
            cpus: Some(0.5),
            pids_limit: None,
            mounts: vec![
                mount("bind", "/etc/shop", "/conf", Access::ReadOnly),
                mount("volume", "shop-data", "/data", Access::ReadWrite),
                mount("tmpfs", "", "/ram", Access::ReadWrite),
            ],
            ports: vec![
                Port { container: "80/tcp".into(), published: vec!["127.0.0.1:8080".into()] },
                Port { container: "443/tcp".into(), published: Vec::new() },
            ],
        },
        log: Ok(log),
    }
}

fn press(state: &mut State, keys: &str) -> Effect {
    keys.chars().map(|key| state.handle(Input::Key(Key::Char(key)))).last().unwrap()
}

fn key(state: &mut State, key: Key) {
    assert_eq!(state.handle(Input::Key(key)), Effect::Nothing);
}

/// Names of the rows; projects in brackets.
fn rows(state: &State) -> Vec<String> {
    let rows = state.list.rows(&state.facts);
    let name = |row: &Row<'_>| match row {
        Row::Project(group) => format!("[{}]", group.project),
        Row::Container(container) => container.summary.name.clone(),
    };
    rows.iter().map(name).collect()
}

fn selected(state: &State) -> String {
    rows(state)[state.list.cursor].clone()
}

fn drawn(state: &mut State, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let draw = |frame: &mut Frame<'_>| {
        state.resize(frame.area());
        view::draw(state, Theme::Colours, frame);
    };
    terminal.draw(draw).unwrap();
    terminal
}

fn picture(state: &mut State, width: u16, height: u16) -> String {
    let shown = drawn(state, width, height).backend().to_string();
    let lines = shown.lines().map(|line| line.trim_start_matches('"').trim_end_matches('"').trim_end());
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// Compares with the picture in tests/pictures; with `EVENKEEL_GENERATE` it is written instead.
fn assert_picture(state: &mut State, name: &str, width: u16, height: u16) {
    let shown = picture(state, width, height);
    let path = format!("{}/tests/pictures/{name}-{width}x{height}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("EVENKEEL_GENERATE").is_some() {
        std::fs::write(&path, &shown).unwrap();
    }
    let expected = std::fs::read_to_string(Path::new(&path)).unwrap_or_default();
    assert!(shown == expected, "{path} is another picture (EVENKEEL_GENERATE=1 writes it):\n{shown}");
}

#[test]
fn pictures() {
    for (width, height) in [(80, 24), (200, 60)] {
        let mut state = state();
        assert_picture(&mut state, "list", width, height);
        press(&mut state, "p");
        assert_picture(&mut state, "projects", width, height);
        press(&mut state, "p");
        press(&mut state, "n");
        key(&mut state, Key::End);
        key(&mut state, Key::Enter);
        let id = state.open_container().cloned().unwrap();
        state.update_page(&id, Ok(opened()));
        assert_picture(&mut state, "page", width, height);
        press(&mut state, "?");
        assert_picture(&mut state, "help", width, height);
    }
}

#[test]
fn every_size_is_drawn() {
    let mut list = state();
    let mut asked = state();
    press(&mut asked, "nR");
    let mut help = state();
    press(&mut help, "?");
    let mut page = state();
    key(&mut page, Key::Enter);
    let id = page.open_container().cloned().unwrap();
    page.update_page(&id, Ok(opened()));
    let small = (1..=12).flat_map(|width| (1..=8).map(move |height| (width, height)));
    let widths = [38, 39, 40, 73, 74, 76, 80, 114, 120, 140, 176, 200, 220];
    let large =
        widths.iter().flat_map(|width| [1, 2, 8, 12, 20, 24, 40, 60, 70].map(|height| (*width, height)));
    for (width, height) in small.chain(large) {
        for state in [&mut list, &mut asked, &mut help, &mut page] {
            drawn(state, width, height);
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(8))]
    #[test]
    fn no_key_and_no_size_makes_it_fail(
        steps in proptest::collection::vec((0_u8..26, 0_u16..90, 0_u16..40), 1..40)
    ) {
        let mut state = state();
        for (step, x, y) in steps {
            let keys = [Key::Up, Key::Down, Key::PageUp, Key::PageDown, Key::Home, Key::End, Key::Left, Key::Right,
                Key::Enter, Key::Escape, Key::Backspace];
            let letters = ['m', 'c', '<', '>', 'r', 'p', 'f', 'a', '/', '?', 'S', 'j'];
            let step = usize::from(step);
            let input = match (keys.get(step), letters.get(step.saturating_sub(keys.len()))) {
                (Some(key), _) => Input::Key(*key),
                (_, Some(letter)) => Input::Key(Key::Char(*letter)),
                _ if step == 24 => Input::Wheel(i32::from(x) - 45),
                _ => Input::Click { column: x, row: y },
            };
            // Nothing but a y is a yes.
            proptest::prop_assert_eq!(state.handle(input), Effect::Nothing);
            if step == 25 {
                state.update(facts(containers().split_off(usize::from(y) % 6)), at(NOW));
            }
            drawn(&mut state, x + 1, y + 1);
        }
    }
}

#[test]
fn sorts_by_keys() {
    let mut state = state();
    assert_eq!(rows(&state), ["alone", "shop-db", "shop-web", "blog-migrate", "blog-worker"]);
    press(&mut state, "c");
    assert_eq!(rows(&state)[..3], ["shop-db", "shop-web", "alone"]);
    press(&mut state, "c");
    assert_eq!(rows(&state)[2..], ["alone", "shop-web", "shop-db"]);
    press(&mut state, "n");
    assert_eq!(rows(&state), ["alone", "blog-migrate", "blog-worker", "shop-db", "shop-web"]);
    press(&mut state, "r");
    assert_eq!(rows(&state)[0], "shop-web");
    press(&mut state, ">>>");
    assert_eq!(rows(&state)[..2], ["blog-worker", "shop-web"], "by state, the unwell first");
}

#[test]
fn filters_and_hides() {
    let mut state = state();
    // Every key is text while the filter is typed.
    press(&mut state, "/qR");
    key(&mut state, Key::Backspace);
    key(&mut state, Key::Backspace);
    press(&mut state, "shop-d");
    key(&mut state, Key::Enter);
    assert_eq!(rows(&state), ["shop-db"]);
    key(&mut state, Key::Escape);
    press(&mut state, "/blog");
    key(&mut state, Key::Enter);
    assert_eq!(rows(&state), ["blog-migrate", "blog-worker"], "of the project");
    press(&mut state, "a");
    assert_eq!(rows(&state), ["blog-worker"], "one that restarts is not stopped");
    press(&mut state, "/");
    key(&mut state, Key::Escape);
    assert_eq!(rows(&state).len(), 4);
    assert_eq!(press(&mut state, "q"), Effect::Quit);
}

#[test]
fn folds_projects() {
    let mut state = state();
    press(&mut state, "p");
    let all = ["[blog]", "blog-migrate", "blog-worker", "[shop]", "shop-db", "shop-web", "[]", "alone"];
    assert_eq!(rows(&state), all);
    press(&mut state, "n");
    key(&mut state, Key::Home);
    key(&mut state, Key::Down);
    key(&mut state, Key::Left);
    assert_eq!((selected(&state).as_str(), rows(&state).len()), ("[blog]", 6));
    key(&mut state, Key::Enter);
    assert_eq!(rows(&state).len(), 8);
    press(&mut state, "f");
    assert_eq!(rows(&state), ["[blog]", "[shop]", "[]"]);
    press(&mut state, "R");
    assert_eq!(state.message, Some(Message::Problem("select a container first".into())));
    press(&mut state, "fp");
    assert_eq!(rows(&state).len(), 5);
}

#[test]
fn the_selection_follows_its_container() {
    let mut state = state();
    key(&mut state, Key::Down);
    assert_eq!(selected(&state), "shop-db");
    press(&mut state, "n");
    assert_eq!(selected(&state), "shop-db");
    let others = containers().into_iter().filter(|c| c.summary.name != "shop-db").collect();
    state.update(facts(others), at(NOW));
    assert_eq!(selected(&state), "shop-web", "the one in its place");
    state.update(facts(Vec::new()), at(NOW));
    assert!(picture(&mut state, 80, 24).contains("there are no containers"));
    state.update(facts(containers()), at(NOW));
    assert_eq!(selected(&state), "alone");
}

#[test]
fn scrolls_to_the_selection() {
    let many: Vec<_> = (0..300).map(|nth| container("", &format!("c{nth:03}"), 1, 0.0)).collect();
    let mut state = state_with(Abilities::ReadOnly, &many);
    press(&mut state, "n");
    picture(&mut state, 80, 24);
    key(&mut state, Key::End);
    let shown = picture(&mut state, 80, 24);
    assert!(shown.contains("c299") && !shown.contains("c280"), "{shown}");
    key(&mut state, Key::Home);
    for _ in 0..4 {
        state.handle(Input::Wheel(1));
    }
    assert_eq!(selected(&state), "c012");
    let shown = picture(&mut state, 80, 24);
    assert!(shown.contains("c012") && !shown.contains("c000"), "{shown}");
}

#[test]
fn the_mouse_selects_and_sorts() {
    let mut state = state();
    let shown = picture(&mut state, 80, 24);
    let line = |text: &str| shown.lines().position(|line| line.contains(text)).unwrap();
    let mut click = |column: u16, row: usize| {
        let input = Input::Click { column, row: u16::try_from(row).unwrap() };
        assert_eq!(state.handle(input), Effect::Nothing);
    };
    click(3, line("shop-web"));
    click(1, line("NAME"));
    click(3, 0);
    assert_eq!((selected(&state).as_str(), rows(&state)[1].as_str()), ("shop-web", "blog-migrate"));
    let before = selected(&state);
    state.handle(Input::Click { column: 5, row: 22 });
    assert_eq!(selected(&state), before, "below the last row there is none");
}

#[test]
fn asks_before_it_acts() {
    for (letter, action) in [("R", Action::Restart), ("S", Action::Stop)] {
        for no in ["n", "q", "R", " "] {
            let mut state = state();
            assert_eq!(press(&mut state, letter), Effect::Nothing);
            assert!(matches!(&state.dialog, Some(Dialog::Confirm(request)) if request.name == "alone"));
            assert_eq!(press(&mut state, no), Effect::Nothing);
            assert_eq!(
                (state.dialog, state.message),
                (None, Some(Message::Info("alone was left alone".into())))
            );
        }
        let mut state = state();
        press(&mut state, letter);
        // The list may change under the question.
        state.update(facts(containers().split_off(3)), at(NOW));
        let Effect::Perform(request) = press(&mut state, "y") else { panic!("it is performed") };
        assert_eq!((request.action, request.container.id.as_str()), (action, "alone"));
        assert!(picture(&mut state, 80, 24).contains(&format!("{} alone …", action.name())));
        press(&mut state, "S");
        assert!(matches!(&state.message, Some(Message::Problem(text)) if text.contains("is under way")));
        state.performed(Message::Info("done".into()));
        assert!(picture(&mut state, 80, 24).contains("done"));
    }
}

#[test]
fn what_was_acted_on_is_shown_as_it_is_now_also_by_a_sample_begun_before() {
    let stopped =
        || StateReading { state: ContainerState::Exited, exit_code: Some(143), ..StateReading::default() };
    let alone = |state: &State| {
        let found = state.facts.containers.iter().find(|found| found.summary.name == "alone").unwrap();
        (found.summary.state.clone(), found.summary.exit_code, found.stats.is_some())
    };
    let (exited, running) =
        ((ContainerState::Exited, Some(143), false), (ContainerState::Running, None, true));
    let mut state = state();
    let id = ContainerId { engine: HOST.into(), id: "alone".into() };
    let (before, acted) = (Instant::now(), Instant::now() + Duration::from_millis(1));
    assert_eq!(alone(&state), running);
    state.follow(id, stopped(), acted);
    assert_eq!(alone(&state), exited);
    press(&mut state, "S");
    assert!(matches!(&state.message, Some(Message::Problem(text)) if text.contains("it does not run")));
    let mut sample = |began| {
        state.update(facts(containers()), at(NOW));
        state.follow_since(began);
        alone(&state)
    };
    assert_eq!(sample(before), exited, "it may be older");
    assert_eq!(sample(acted), running, "it is newer");
    assert_eq!(sample(before), running, "the reading is past");
}

#[test]
fn the_question_says_what_will_happen() {
    let mut state = state();
    press(&mut state, "n");
    key(&mut state, Key::End);
    key(&mut state, Key::Up);
    press(&mut state, "R");
    let shown = picture(&mut state, 80, 24).replace('\n', " ");
    for wanted in ["Restart shop-db through restartgate", "locked by ann (make e2e)", "y/n"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    press(&mut state, "n");
    assert_eq!(press(&mut state, "S"), Effect::Nothing);
    let refused = "cannot stop shop-db: its environment test is locked by ann (make e2e)";
    assert_eq!(state.message, Some(Message::Problem(refused.into())));
    assert_eq!(state.dialog, None);
}

#[test]
fn a_container_that_is_gone_leaves_its_page() {
    let mut state = state();
    press(&mut state, "n");
    key(&mut state, Key::End);
    key(&mut state, Key::Enter);
    let id = state.open_container().cloned().unwrap();
    state.update_page(&id, Ok(opened()));
    state.update_page(&id, Err(PageError::Gone));
    let shown = picture(&mut state, 80, 24);
    assert!(shown.starts_with("shop-web  the container was removed\n"), "{shown}");
    assert!(shown.contains("on-failure:3"), "{shown}");
    key(&mut state, Key::End);
    key(&mut state, Key::Up);
    assert!(picture(&mut state, 80, 8).contains("starts"), "the page scrolls back from its end");
    key(&mut state, Key::Escape);
    assert_eq!(state.open_container(), None);
}

#[test]
fn text_of_others_cannot_control_the_terminal() {
    let mut odd = container("p\x1b[1m", "a\x1b[2J\u{202e}b", 1, 0.0);
    odd.summary.state = ContainerState::Other { name: "x\x07y".into(), running: true };
    let mut state = state_with(Abilities::ReadOnly, &[odd]);
    let shown = picture(&mut state, 80, 24);
    assert!(shown.contains("a [2J b") && shown.contains("x y"), "{shown}");
    key(&mut state, Key::Enter);
    let id = state.open_container().cloned().unwrap();
    state.update_page(&id, Ok(opened()));
    let page = picture(&mut state, 200, 60);
    for shown in [shown, page] {
        assert!(!shown.contains(|c: char| c != '\n' && c.is_control() || c == '\u{202e}'), "{shown}");
    }
}

#[test]
fn an_engine_that_hangs_is_shown() {
    let mut state = state();
    let mut hung = facts(containers());
    hung.engines[0].endpoints[0].state = EndpointState::Hung;
    state.update(hung, at(NOW));
    let shown = picture(&mut state, 80, 24);
    assert!(shown.starts_with(" UNAVAILABLE  unix:///run/docker.sock: ping hangs\n"), "{shown}");
}

#[test]
fn without_colours_only_modifiers_are_used() {
    use ratatui::style::Color;
    let mut state = state();
    press(&mut state, "p");
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
    let mut colours = |theme| {
        terminal.draw(|frame| view::draw(&mut state, theme, frame)).unwrap();
        let cells = terminal.backend().buffer().content();
        cells.iter().filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset).count()
    };
    assert_eq!(colours(Theme::Plain), 0);
    assert!(colours(Theme::Colours) > 0);
    let theme = |value: &str| Theme::from_no_color(Some(value.as_ref()));
    assert_eq!(
        (theme("1"), theme(""), Theme::from_no_color(None)),
        (Theme::Plain, Theme::Colours, Theme::Colours)
    );
}

#[test]
fn a_summary_without_times_is_shown() {
    let bare = Container { summary: ContainerSummary::default(), ..Container::default() };
    let mut state = state_with(Abilities::NoGate, &[bare]);
    for width in [1, 30, 80, 200] {
        picture(&mut state, width, 24);
    }
}
