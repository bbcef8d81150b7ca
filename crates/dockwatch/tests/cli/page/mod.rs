//! The page of `dockwatch report --html` and of `dockwatch serve`, in a browser.
//!
//! `EVENKEEL_PICTURES=DIR` makes these tests save pictures there for people to look at, and the one of the documentation.

mod history;

use std::path::PathBuf;

use evenkeel_tests::{Browser, Home, Look};
use serde_json::json;

use crate::live::serve::Server;
use crate::{dockwatch, run};

const WIDE: Look = Look { width: 1280, height: 900, theme: "light", medium: "screen" };
const DARK: Look = Look { theme: "dark", ..WIDE };
const PHONE: Look = Look { width: 360, height: 740, ..WIDE };

/// A state directory with a history, and the report of it; a browser, where there is one.
fn report() -> Option<(Browser, Home, String)> {
    let browser = Browser::start()?;
    let home = Home::new();
    history::write(&home, 3);
    let address = format!("file://{}", write_report(&home).display());
    Some((browser, home, address))
}

fn write_report(home: &Home) -> PathBuf {
    let path = home.join("report.html");
    run(&mut dockwatch("unix:///no.sock", home), &["report", "--html", path.to_str().unwrap()], 0);
    path
}

/// Where to save a picture; `None` unless pictures are wanted.
fn picture(name: &str) -> Option<PathBuf> {
    let directory = PathBuf::from(std::env::var_os("EVENKEEL_PICTURES").filter(|name| !name.is_empty())?);
    std::fs::create_dir_all(&directory).unwrap();
    Some(directory.join(name))
}

/// The text of a column of the table of runs.
fn column(browser: &mut Browser, number: usize) -> Vec<String> {
    let cells = format!(
        "[...document.querySelectorAll('#runs tbody tr')].map((row) => row.cells[{number}].textContent)"
    );
    serde_json::from_value(browser.eval(&cells)).unwrap()
}

fn tip(browser: &mut Browser) -> String {
    browser.eval("document.getElementById('tip').innerText").as_str().unwrap().to_owned()
}

#[test]
fn it_loads_nothing_and_runs_nothing_but_itself() {
    let Some((mut browser, _home, address)) = report() else { return };
    browser.look(WIDE);
    browser.open(&address);
    assert_eq!(browser.complaints(), [] as [&str; 0]);
    assert_eq!(browser.requests(), [address, "data:,".into()][..browser.requests().len()]);
    assert_eq!(browser.eval("window.hacked === undefined"), true);
    assert_eq!(browser.eval("document.querySelectorAll('img').length"), 0);
    // The rows of locks show the name as text, and nowhere is it markup.
    let shown = browser.eval("document.getElementById('data').textContent.includes('window.hacked')");
    assert_eq!(shown, true, "the purpose of a hold is in the data");
    // Even a script that got into the page would not run.
    browser.eval(
        "(() => { const script = document.createElement('script'); script.textContent = 'window.hacked = 1'; \
         document.body.append(script); })()",
    );
    assert_eq!(browser.eval("window.hacked === undefined"), true);
}

#[test]
fn values_are_shown_to_mouse_keyboard_and_touch() {
    let Some((mut browser, _home, address)) = report() else { return };
    browser.look(WIDE);
    browser.open(&address);
    browser.point("#memory .canvas", [0.02, 0.5], &["mouseMoved"]);
    let seen = tip(&mut browser);
    assert!(seen.contains("UTC") && seen.contains("memory ") && seen.contains("level safe"), "{seen}");
    // Over the right end of the row of a lock, which ends with a hold.
    let bar = "(() => { const data = JSON.parse(document.getElementById('data').textContent); \
               const bar = data.lanes.find((lane) => lane.name === 'lock test').bars[0]; \
               return ((bar[0] + bar[1]) / 2 - data.from) / (data.to - data.from); })()";
    let share = browser.eval(bar).as_f64().unwrap();
    browser.point("#memory .canvas", [share, 0.5], &["mouseMoved"]);
    let seen = tip(&mut browser);
    assert!(seen.contains("lock test \u{2013} held by ") && seen.contains("run "), "{seen}");
    if let Some(path) = picture("tip.png") {
        browser.save_view(&path);
    }
    browser.point("h1", [0.5, 0.5], &["mouseMoved"]);
    assert_eq!(browser.eval("document.getElementById('tip').hidden"), true);
    browser.eval("document.querySelector('#memory .canvas').focus()");
    browser.press("ArrowRight");
    let first = tip(&mut browser);
    browser.press("ArrowRight");
    let second = tip(&mut browser);
    assert!(first.starts_with("2026-11-23") && first < second, "{first}\n{second}");
    browser.press("Escape");
    assert_eq!(browser.eval("document.getElementById('tip').hidden"), true);
    browser.call("Emulation.setTouchEmulationEnabled", &json!({ "enabled": true }));
    let place = browser.eval(
        "(() => { const box = document.querySelector('#peaks .canvas').getBoundingClientRect(); \
         scrollTo(0, box.top + scrollY - 200); return [box.left + box.width / 50, 260]; })()",
    );
    let points = json!([{ "x": place[0], "y": place[1] }]);
    browser.call("Input.dispatchTouchEvent", &json!({ "type": "touchStart", "touchPoints": points }));
    assert!(tip(&mut browser).starts_with("2026-11-23"));
    assert_eq!(browser.complaints(), [] as [&str; 0]);
}

#[test]
fn runs_are_sorted_and_chosen_and_a_reload_keeps_that() {
    let Some((mut browser, _home, address)) = report() else { return };
    browser.look(WIDE);
    browser.open(&address);
    let all = column(&mut browser, 1);
    assert!(column(&mut browser, 0).is_sorted_by(|a, b| a >= b), "the newest come first");
    browser.click("#sort-2");
    let sorted = browser.eval("document.querySelector('#runs [aria-sort=ascending]').textContent");
    assert_eq!(sorted, "time");
    let values =
        "[...document.querySelectorAll('#runs tbody tr')].map((row) => Number(row.cells[2].dataset.v))";
    let times: Vec<f64> = serde_json::from_value(browser.eval(values)).unwrap();
    assert!(times.is_sorted() && times.len() == all.len());
    browser.eval("document.getElementById('sort-4').focus()");
    browser.press("Enter");
    browser.press("Enter");
    let sorted = browser.eval("document.querySelector('#runs [aria-sort=descending]').textContent");
    assert_eq!(sorted, "peak memory");
    assert_eq!(column(&mut browser, 1)[0], "e2e");
    let shown = "[...document.querySelectorAll('#runs tbody tr')].filter((row) => row.offsetHeight).map((row) => row.cells[1].textContent)";
    browser.click("#category-0");
    let found: Vec<String> = serde_json::from_value(browser.eval(shown)).unwrap();
    assert!(found.len() < all.len() && found.iter().all(|name| name != "e2e"));
    assert_eq!(
        browser.eval("getComputedStyle(document.querySelector('#peaks [data-c=\"0\"]')).display"),
        "none"
    );
    let address = browser.eval("location.href");
    browser.open("about:blank");
    browser.open(address.as_str().unwrap());
    let again: Vec<String> = serde_json::from_value(browser.eval(shown)).unwrap();
    assert_eq!(again, found);
    assert_eq!(browser.eval("document.getElementById('category-0').getAttribute('aria-pressed')"), "false");
    assert_eq!(browser.complaints(), [] as [&str; 0]);
}

#[test]
fn it_fits_phones_dark_screens_paper_and_readers_without_scripts() {
    let Some((mut browser, _home, address)) = report() else { return };
    browser.look(PHONE);
    browser.open(&address);
    assert_eq!(
        browser.eval("document.documentElement.scrollWidth"),
        360,
        "the page does not scroll sideways"
    );
    assert_eq!(
        browser.eval("(() => { const box = document.querySelector('.tall'); return box.scrollWidth > box.clientWidth; })()"),
        true,
        "the table does"
    );
    let size = browser.eval("parseFloat(getComputedStyle(document.querySelector('.times text')).fontSize)");
    assert!(size.as_f64() >= Some(11.0), "{size}");
    let background = "getComputedStyle(document.body).backgroundColor";
    for (name, look, height) in
        [("phone.png", PHONE, 4200), ("light.png", WIDE, 3000), ("dark.png", DARK, 3000)]
    {
        browser.look(look);
        assert_eq!(browser.eval(background) == "rgb(255, 255, 255)", look.theme == "light");
        if let Some(path) = picture(name) {
            browser.save_picture(&path, look.width, height);
        }
    }
    browser.look(Look { medium: "print", ..DARK });
    assert_eq!(browser.eval(background), "rgb(255, 255, 255)", "paper is light");
    assert_eq!(browser.eval("getComputedStyle(document.querySelector('.tall')).overflowY"), "visible");
    if let Some(path) = picture("print.pdf") {
        browser.save_pdf(&path);
    }
    browser.look(WIDE);
    browser.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.open(&address);
    let text = browser.eval("document.body.innerText").as_str().unwrap().to_owned();
    for wanted in ["JavaScript is off", "budget 4 GiB", "24 Nov", "lock test", "peak memory", "longest wait"]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert_eq!(browser.complaints(), [] as [&str; 0]);
}

#[test]
fn a_served_page_is_renewed_and_keeps_what_the_reader_chose() {
    let Some((mut browser, home, _)) = report() else { return };
    let server = Server::start("unix:///no.sock", &home, &[]);
    let address = format!("http://{}/", server.address);
    browser.look(WIDE);
    browser.open(&address);
    browser.click("#sort-2");
    browser.click("#category-0");
    let before = column(&mut browser, 1).len();
    run(&mut dockwatch("unix:///no.sock", &home), &["record", "--category", "smoke", "--", "true"], 0);
    browser.eval("document.getElementById('reload').focus()");
    browser.press("Enter");
    let is_renewed = format!(
        "new Promise((done) => {{ const look = () => document.querySelectorAll('#runs tbody tr').length > {before} \
         ? done(true) : requestAnimationFrame(look); look(); }})"
    );
    browser.eval(&is_renewed);
    let categories = column(&mut browser, 1);
    assert_eq!(
        (categories.len(), categories[0].as_str()),
        (before + 1, "smoke"),
        "the shortest is the first"
    );
    assert_eq!(browser.eval("document.querySelector('#runs [aria-sort=ascending]').textContent"), "time");
    assert_eq!(browser.eval("document.getElementById('category-0').getAttribute('aria-pressed')"), "false");
    assert_eq!(browser.eval("document.activeElement.id"), "reload");
    let asked = browser.requests();
    assert!(asked.iter().all(|asked| asked.starts_with(&address) || asked == "data:,"), "{asked:?}");
    assert_eq!(browser.complaints(), [] as [&str; 0]);
    drop(server);
    browser.press("Enter");
    let said = "new Promise((done) => { const look = () => document.getElementById('said').textContent \
                ? done(document.getElementById('said').textContent) : requestAnimationFrame(look); look(); })";
    assert!(browser.eval(said).as_str().unwrap().starts_with("cannot reload: "));
}

/// The picture of the documentation: one day.
#[test]
fn a_day_is_shown_in_the_documentation() {
    let (Some(path), Some(mut browser)) = (picture("report.png"), Browser::start()) else { return };
    let home = Home::new();
    history::write(&home, 1);
    browser.look(Look { width: 1120, height: 960, ..WIDE });
    browser.open(&format!("file://{}", write_report(&home).display()));
    browser.point("#memory .canvas", [0.17, 0.35], &["mouseMoved"]);
    browser.save_view(&path);
}

#[test]
fn nothing_recorded_says_what_to_do() {
    let Some(mut browser) = Browser::start() else { return };
    let home = Home::new();
    browser.open(&format!("file://{}", write_report(&home).display()));
    let text = browser.eval("document.body.innerText").as_str().unwrap().to_owned();
    assert!(text.contains("Nothing is recorded yet") && text.contains("dockwatch record"), "{text}");
    assert_eq!(browser.complaints(), [] as [&str; 0]);
}
