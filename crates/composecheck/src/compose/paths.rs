//! Relative paths begin in the folder of the file that brings them in.

use std::path::{Component, Path, PathBuf};

use super::shorthand;
use crate::yaml::{Entry, Kind, Node, section_mut};

/// Makes the relative paths of a project absolute.
pub(crate) fn resolve(root: &mut Node, folder: &Path) {
    for section in ["secrets", "configs"] {
        for file in section_mut(root, section) {
            texts_below(&mut file.value, &["file"], &|path| absolute(folder, path));
        }
    }
    for volume in section_mut(root, "volumes") {
        let says = |path: &[&str], wanted: &str| {
            volume.value.at(path).and_then(Node::text).as_deref() == Some(wanted)
        };
        if says(&["driver"], "local") && says(&["driver_opts", "o"], "bind") {
            texts_below(&mut volume.value, &["driver_opts", "device"], &|path| absolute(folder, path));
        }
    }
    for service in section_mut(root, "services") {
        resolve_service(&mut service.value, folder);
        default_context(&mut service.value, folder);
    }
}

/// Makes the relative paths of a service absolute.
pub(crate) fn resolve_service(service: &mut Node, folder: &Path) {
    let place = |path: &str| absolute(folder, path);
    for path in
        [["env_file"].as_slice(), &["env_file", "path"], &["label_file"], &["develop", "watch", "path"]]
    {
        texts_below(service, path, &place);
    }
    let context = |path: &str| {
        if path.is_empty() || is_remote(path) { path.to_owned() } else { absolute(folder, path) }
    };
    texts_below(service, &["build", "context"], &context);
    let Kind::Map(keys) = &mut service.kind else { return };
    for entry in keys {
        match entry.key.as_str() {
            "build" => contexts(&mut entry.value, folder),
            "volumes" => mounts(&mut entry.value, folder),
            _ => {}
        }
    }
}

/// The files of variables of a service.
pub(crate) fn env_files(service: &Node) -> Vec<String> {
    let items = service.at(&["env_file"]).map_or(&[][..], Node::items);
    items.iter().filter_map(|item| item.text().or_else(|| item.at(&["path"])?.text())).collect()
}

/// The files of labels of a service.
pub(crate) fn label_files(service: &Node) -> Vec<String> {
    service.at(&["label_file"]).map_or(&[][..], Node::items).iter().filter_map(Node::text).collect()
}

/// Where a service is built says it; where it does not, it is the folder of the project.
fn default_context(service: &mut Node, folder: &Path) {
    let has_context = service.at(&["build", "context"]).is_some();
    let Kind::Map(keys) = &mut service.kind else { return };
    for build in keys.iter_mut().filter(|entry| entry.key == "build" && !has_context) {
        if let Kind::Map(keys) = &mut build.value.kind {
            let value = Node { kind: Kind::Text(absolute(folder, ".")), ..Node::default() };
            keys.retain(|entry| entry.key != "context");
            keys.push(Entry { key: "context".into(), value, ..Entry::default() });
        }
    }
}

fn contexts(build: &mut Node, folder: &Path) {
    let Kind::Map(keys) = &mut build.kind else { return };
    let place = |path: &str| {
        if is_remote(path) || path.contains("://") { path.to_owned() } else { absolute(folder, path) }
    };
    for others in keys.iter_mut().filter(|entry| entry.key == "additional_contexts") {
        if let Kind::Map(others) = &mut others.value.kind {
            for other in others {
                change(&mut other.value, &place);
            }
        }
    }
}

fn mounts(node: &mut Node, folder: &Path) {
    let Kind::List(items) = &mut node.kind else { return };
    let absolute = |path: &str| if is_drive(path) { path.to_owned() } else { absolute(folder, path) };
    for item in items {
        let is_bind = item.at(&["type"]).and_then(Node::text).as_deref() == Some("bind");
        if is_bind {
            texts_below(item, &["source"], &absolute);
        }
        change(item, &|spec| match shorthand::mount(spec).0 {
            Some(source) if is_folder(source) => absolute(source) + &spec[source.len()..],
            _ => spec.to_owned(),
        });
    }
}

fn is_drive(spec: &str) -> bool {
    matches!(spec.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// Whether the source of a mount is a folder, and no volume's name.
pub(crate) fn is_folder(source: &str) -> bool {
    source.starts_with(['.', '/', '~', '\\']) || source.as_bytes().get(1) == Some(&b':')
}

/// Whether a build's context is fetched from elsewhere.
fn is_remote(context: &str) -> bool {
    ["https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:"]
        .iter()
        .any(|start| context.starts_with(start))
}

/// A path seen from a folder, without `.` and `..`; `~` is the user's own folder.
pub(crate) fn absolute(folder: &Path, path: &str) -> String {
    let expanded = match path.strip_prefix('~').zip(std::env::home_dir()) {
        Some((rest, home)) if rest.is_empty() || rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ if Path::new(path).is_absolute() => return path.to_owned(),
        _ if path.is_empty() && folder.as_os_str().is_empty() => PathBuf::from("."),
        _ => folder.join(path),
    };
    let absolute = std::path::absolute(&expanded).unwrap_or(expanded);
    tidy(&absolute).display().to_string()
}

/// A path in a container, without `.` and `..`: with `/` between its parts wherever this runs.
pub(crate) fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if is_rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidied.components().next_back(), Some(Component::Normal(_))) => {
                tidied.pop();
            }
            Component::ParentDir if tidied.has_root() => {}
            other => tidied.push(other),
        }
    }
    tidied
}

/// Changes the texts at a path; a list on the way stands for each of its items.
fn texts_below(node: &mut Node, path: &[&str], place: &dyn Fn(&str) -> String) {
    if let Kind::List(items) = &mut node.kind {
        for item in items {
            texts_below(item, path, place);
        }
    } else if let [first, rest @ ..] = path {
        let Kind::Map(entries) = &mut node.kind else { return };
        if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *first) {
            texts_below(&mut entry.value, rest, place);
        }
    } else {
        change(node, place);
    }
}

fn change(node: &mut Node, place: &dyn Fn(&str) -> String) {
    if let Kind::Text(text) = &mut node.kind {
        *text = place(text);
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn paths_in_containers_keep_their_slashes() {
        for (path, wanted) in [
            ("/scratch", "/scratch"),
            ("/a//b/./../c/", "/a/c"),
            ("/../a", "/a"),
            ("../../a", "../../a"),
            ("a/..", "."),
            ("", "."),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), wanted, "{path}");
        }
    }
}
