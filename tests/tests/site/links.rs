//! Relative links lead to files that are there, and anchors to headings. The rest of the web is not asked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use evenkeel_tests::root;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::markdown_below;

/// What a page offers and wants.
#[derive(Default)]
struct Page {
    anchors: BTreeSet<String>,
    links: Vec<(usize, String)>,
}

impl Page {
    fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let line = text[..range.start].matches('\n').count() + 1;
                    page.links.push((line, dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.add_anchor(&heading.take().unwrap_or_default()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        page
    }

    /// As mdBook and code forges make them: a heading that is there twice gets a number.
    fn add_anchor(&mut self, heading: &str) {
        let kept = heading.to_lowercase().replace(' ', "-");
        let anchor: String =
            kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect();
        let mut unique = anchor.clone();
        let mut count = 0;
        while !self.anchors.insert(unique.clone()) {
            count += 1;
            unique = format!("{anchor}-{count}");
        }
    }
}

/// The pages of the site and the documents beside it.
fn pages() -> BTreeMap<PathBuf, Page> {
    let top = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name));
    let all = top.into_iter().chain(markdown_below(&root().join("docs/src")));
    let read = |path: PathBuf| {
        let page = Page::read(&std::fs::read_to_string(&path).unwrap());
        (path.canonicalize().unwrap(), page)
    };
    all.map(read).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    let pages = pages();
    let site = root().join("docs/src").canonicalize().unwrap();
    let mut wrong = Vec::new();
    for (path, page) in &pages {
        for (line, link) in &page.links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            if let Err(cause) = check(&pages, &site, path, link) {
                wrong.push(format!("{}:{line}: {link}: {cause}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

fn check(pages: &BTreeMap<PathBuf, Page>, site: &Path, from: &Path, link: &str) -> Result<(), &'static str> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { from.to_owned() } else { from.parent().unwrap().join(file) };
    let target = target.canonicalize().map_err(|_| "there is no such file")?;
    if from.starts_with(site) && !target.starts_with(site) {
        return Err("the site does not have this file");
    }
    let Some(page) = pages.get(&target) else {
        return if anchor.is_empty() { Ok(()) } else { Err("an anchor, and the file is no page") };
    };
    let found = anchor.is_empty() || page.anchors.contains(anchor);
    found.then_some(()).ok_or("there is no such heading")
}

#[test]
fn links_of_the_summary_are_all_pages() {
    let site = root().join("docs/src");
    let summary = Page::read(&std::fs::read_to_string(site.join("SUMMARY.md")).unwrap());
    let listed: BTreeSet<PathBuf> = summary.links.iter().map(|(_, link)| site.join(link)).collect();
    let missing: Vec<_> = markdown_below(&site)
        .into_iter()
        .filter(|path| !path.ends_with("SUMMARY.md") && !listed.contains(path))
        .collect();
    assert!(missing.is_empty(), "SUMMARY.md does not list {missing:?}");
}

#[test]
fn links_are_found_with_their_anchors() {
    let page = Page::read(
        "# A `b` c\n\n## Twice, here\n\n## Twice, here\n\n[to](x.md#a-b-c)\n\n```\n[no](y.md)\n```\n",
    );
    let anchors: Vec<&str> = page.anchors.iter().map(String::as_str).collect();
    assert_eq!(anchors, ["a-b-c", "twice-here", "twice-here-1"]);
    assert_eq!(page.links, [(7, "x.md#a-b-c".to_owned())]);
}
