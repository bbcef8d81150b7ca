//! Paths in Compose files. Relative ones are resolved against the directory of the file that they are in.

use std::path::{Component, Path, PathBuf};

use super::shorthand;
use crate::yaml::{Entry, Kind, Node, section_mut};

/// Makes the relative paths of a project absolute.
pub(crate) fn make_absolute(root: &mut Node, directory: &Path) {
    for section in ["secrets", "configs"] {
        for file in section_mut(root, section) {
            map_texts(&mut file.value, &["file"], &|path| absolute(directory, path));
        }
    }
    for volume in section_mut(root, "volumes") {
        let has_text = |path: &[&str], wanted: &str| volume.value.text_at(path).as_deref() == Some(wanted);
        if has_text(&["driver"], "local") && has_text(&["driver_opts", "o"], "bind") {
            map_texts(&mut volume.value, &["driver_opts", "device"], &|path| absolute(directory, path));
        }
    }
    for service in section_mut(root, "services") {
        make_service_absolute(&mut service.value, directory);
        add_default_context(&mut service.value, directory);
    }
}

/// Makes the relative paths of a service absolute.
pub(crate) fn make_service_absolute(service: &mut Node, directory: &Path) {
    let convert = |path: &str| absolute(directory, path);
    for path in
        [["env_file"].as_slice(), &["env_file", "path"], &["label_file"], &["develop", "watch", "path"]]
    {
        map_texts(service, path, &convert);
    }
    let context = |path: &str| {
        if path.is_empty() || is_remote(path) { path.to_owned() } else { absolute(directory, path) }
    };
    map_texts(service, &["build", "context"], &context);
    let Kind::Map(keys) = &mut service.kind else { return };
    for entry in keys {
        match entry.key.as_str() {
            "build" => make_contexts_absolute(&mut entry.value, directory),
            "volumes" => make_mounts_absolute(&mut entry.value, directory),
            _ => {}
        }
    }
}

/// Sets the build context, where there is none, to the directory of the project.
fn add_default_context(service: &mut Node, directory: &Path) {
    let has_context = service.at(&["build", "context"]).is_some();
    let Kind::Map(keys) = &mut service.kind else { return };
    for build in keys.iter_mut().filter(|entry| entry.key == "build" && !has_context) {
        if let Kind::Map(keys) = &mut build.value.kind {
            let value = Node { kind: Kind::Text(absolute(directory, ".")), ..Node::default() };
            keys.retain(|entry| entry.key != "context");
            keys.push(Entry { key: "context".into(), value, ..Entry::default() });
        }
    }
}

fn make_contexts_absolute(build: &mut Node, directory: &Path) {
    let Kind::Map(keys) = &mut build.kind else { return };
    let convert = |path: &str| {
        if is_remote(path) || path.contains("://") { path.to_owned() } else { absolute(directory, path) }
    };
    for others in keys.iter_mut().filter(|entry| entry.key == "additional_contexts") {
        if let Kind::Map(others) = &mut others.value.kind {
            for other in others {
                map_text(&mut other.value, &convert);
            }
        }
    }
}

fn make_mounts_absolute(node: &mut Node, directory: &Path) {
    let Kind::List(items) = &mut node.kind else { return };
    let absolute = |path: &str| if has_drive(path) { path.to_owned() } else { absolute(directory, path) };
    for item in items {
        let is_bind = item.text_at(&["type"]).as_deref() == Some("bind");
        if is_bind {
            map_texts(item, &["source"], &absolute);
        }
        map_text(item, &|spec| match shorthand::mount(spec).0 {
            Some(source) if is_host_path(source) => absolute(source) + &spec[source.len()..],
            _ => spec.to_owned(),
        });
    }
}

/// Whether a path begins with a Windows drive.
fn has_drive(spec: &str) -> bool {
    matches!(spec.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// Whether the source of a mount is a path on the host rather than the name of a volume.
pub(crate) fn is_host_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~', '\\']) || source.as_bytes().get(1) == Some(&b':')
}

/// Whether a build context is a URL or another service.
fn is_remote(context: &str) -> bool {
    ["https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:"]
        .iter()
        .any(|start| context.starts_with(start))
}

/// A path resolved against a directory, without `.` and `..`; `~` is the home directory.
pub(crate) fn absolute(directory: &Path, path: &str) -> String {
    let expanded = match path.strip_prefix('~').zip(std::env::home_dir()) {
        Some((rest, home)) if rest.is_empty() || rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ if Path::new(path).is_absolute() => return path.to_owned(),
        _ if path.is_empty() && directory.as_os_str().is_empty() => PathBuf::from("."),
        _ => directory.join(path),
    };
    let absolute = std::path::absolute(&expanded).unwrap_or(expanded);
    without_dots(&absolute).display().to_string()
}

/// A path in a container, without `.` and `..`. Its separator is `/` on every platform.
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

fn without_dots(path: &Path) -> PathBuf {
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

/// Replaces the texts at a path of keys; the path goes through every item of a list.
fn map_texts(node: &mut Node, path: &[&str], convert: &dyn Fn(&str) -> String) {
    if let Kind::List(items) = &mut node.kind {
        for item in items {
            map_texts(item, path, convert);
        }
    } else if let [first, rest @ ..] = path {
        let Kind::Map(entries) = &mut node.kind else { return };
        if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *first) {
            map_texts(&mut entry.value, rest, convert);
        }
    } else {
        map_text(node, convert);
    }
}

fn map_text(node: &mut Node, convert: &dyn Fn(&str) -> String) {
    if let Kind::Text(text) = &mut node.kind {
        *text = convert(text);
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
