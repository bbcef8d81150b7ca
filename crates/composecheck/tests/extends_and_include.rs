//! `extends`, `include` and Compose profiles.

use std::collections::HashMap;
use std::path::PathBuf;

use evenkeel_composecheck::compose::Project;
use evenkeel_composecheck::load::{Request, load};
use evenkeel_composecheck::yaml::{Node, Via};

fn project(files: &[(&str, &str)], profiles: &[&str]) -> Result<Project, String> {
    let texts: HashMap<PathBuf, String> =
        files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
    let request = Request {
        files: vec![files[0].0.into()],
        texts,
        profiles: profiles.iter().map(|name| (*name).to_owned()).collect(),
        ..Request::default()
    };
    load(&request).map_err(|error| error.to_string())
}

fn at<'a>(project: &'a Project, path: &[&str]) -> &'a Node {
    project.root.at(path).unwrap_or_else(|| panic!("{path:?}"))
}

fn text(project: &Project, path: &[&str]) -> String {
    at(project, path).text().expect("a scalar")
}

#[test]
fn a_service_extends_another_one() {
    let files = [
        (
            "d/a.yml",
            "services:\n  web:\n    extends: {file: common/b.yml, service: base}\n    environment: {K: own}\n    command: [y]\n  \
             twin:\n    extends: web\n    mem_limit: 1m\n",
        ),
        (
            "d/common/b.yml",
            "services:\n  base:\n    extends: {service: root}\n    environment: [K=base, L=2]\n  root:\n    image: \"i:1\"\n    \
             command: [x]\n",
        ),
    ];
    let project = project(&files, &[]).unwrap();
    for service in ["web", "twin"] {
        assert_eq!(text(&project, &["services", service, "image"]), "i:1");
        assert_eq!(text(&project, &["services", service, "environment", "K"]), "own");
        assert_eq!(text(&project, &["services", service, "environment", "L"]), "2");
        assert_eq!(at(&project, &["services", service, "command"]).items().len(), 1);
        assert!(at(&project, &["services", service]).entry("extends").is_none());
    }
    assert_eq!(text(&project, &["services", "twin", "mem_limit"]), "1m");
    // Every value keeps the position where it was written.
    let image = at(&project, &["services", "web", "image"]);
    assert_eq!(project.sources.location(image.span).replace('\\', "/"), "d/common/b.yml:6:12");
    let web = at(&project, &["services", "web"]);
    assert!(web.origins.iter().any(|origin| origin.via == Via::Extends));
}

#[test]
fn a_cycle_of_extends_is_rejected() {
    let files = [
        ("a.yml", "services:\n  a: {extends: {file: b.yml, service: b}}\n"),
        ("b.yml", "services:\n  b: {extends: {file: a.yml, service: a}}\n"),
    ];
    let said = project(&files, &[]).unwrap_err();
    assert!(said.contains("b.yml:2:") && said.contains("it extends itself: a -> b -> a"), "{said}");
}

#[test]
fn included_projects_become_part_of_the_project() {
    let files = [
        (
            "a.yml",
            "include:\n  - path: [sub/b.yml, sub/c.yml]\nservices:\n  web: {depends_on: [db], image: w}\n",
        ),
        ("sub/b.yml", "services:\n  db: {image: d, volumes: ['data:/d']}\nvolumes: {data: {}}\n"),
        ("sub/c.yml", "services:\n  db: {mem_limit: 2m}\n"),
    ];
    let project = project(&files, &[]).unwrap();
    assert_eq!(text(&project, &["services", "db", "mem_limit"]), "2m");
    assert!(project.section("volumes").iter().any(|volume| volume.key == "data"));
    assert!(project.root.entry("include").is_none());
}

#[test]
fn a_conflict_with_an_included_file_is_rejected() {
    let with = |image: &str| {
        let included = format!("services: {{web: {{image: {image}}}}}\n");
        project(&[("a.yml", "include: [b.yml]\nservices:\n  web: {image: w}\n"), ("b.yml", &included)], &[])
    };
    assert!(with("w").is_ok());
    let said = with("other").unwrap_err();
    assert!(said.contains("a.yml:3:3: 'services.web' differs from the one in an included file"), "{said}");
}

#[test]
fn services_of_disabled_profiles_are_left_out() {
    let files = [(
        "a.yml",
        "services:\n  web: {image: w}\n  debug: {image: d, profiles: [debug, all]}\n  shell: {image: s, profiles: [shell]}\n",
    )];
    let names = |profiles: &[&str]| {
        let project = project(&files, profiles).unwrap();
        project.services().iter().map(|service| service.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["web"]);
    assert_eq!(names(&["debug"]), ["web", "debug"]);
    assert_eq!(names(&["*"]), ["web", "debug", "shell"]);
    let needs = [("a.yml", "services:\n  web: {depends_on: [debug]}\n  debug: {image: d, profiles: [x]}\n")];
    assert!(project(&needs, &[]).unwrap_err().contains("refers to the undefined service 'debug'"));
    let may = [(
        "a.yml",
        "services:\n  web: {image: w, depends_on: {debug: {condition: service_started, required: false}}}\n  \
         debug: {image: d, profiles: [x]}\n",
    )];
    assert!(project(&may, &[]).is_ok());
    let nowhere = [("a.yml", may[0].1.replace("debug: {image", "other: {image"))];
    let nowhere: Vec<(&str, &str)> = nowhere.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert!(project(&nowhere, &[]).is_err(), "an optional dependency must be defined too");
}
