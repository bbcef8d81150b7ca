//! Volumes, bind mounts and tmpfs, in short and long syntax.

use super::memory;
use crate::compose::{paths, shorthand, units};
use crate::yaml::{Entry, Kind, Node, one_or_many};

/// The type of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MountKind {
    /// A volume, named or anonymous.
    Volume,
    /// A bind mount or any other type.
    Other,
}

/// An item of `volumes`.
#[derive(Clone, Debug)]
pub(crate) struct Mount<'a> {
    pub(crate) kind: MountKind,
    /// Name of the volume or path on the host; none for an anonymous volume.
    pub(crate) source: Option<String>,
    /// Path in the container.
    pub(crate) target: String,
    pub(crate) node: &'a Node,
}

/// A tmpfs mount, or a volume that is a tmpfs.
#[derive(Clone, Debug)]
pub(crate) struct Tmpfs<'a> {
    /// The value that declares it.
    pub(crate) node: &'a Node,
    /// Path in the container, or name of the volume.
    pub(crate) target: String,
    /// The size as it is written.
    pub(crate) size: Option<String>,
}

impl Tmpfs<'_> {
    /// The size in bytes; none if it has no size, or a percentage of the host's memory.
    pub(crate) fn bytes(&self) -> Option<u64> {
        units::bytes(self.size.as_deref()?).filter(|size| *size > 0)
    }
}

/// The mounts of a service, except tmpfs.
pub(crate) fn mounts(service: &Node) -> Vec<Mount<'_>> {
    items(service).iter().filter_map(mount).collect()
}

fn items(service: &Node) -> &[Node] {
    service.items_at(&["volumes"])
}

fn mount(node: &Node) -> Option<Mount<'_>> {
    if let Some(text) = node.text() {
        return Some(short(node, &text));
    }
    let kind = match node.text_at(&["type"]).as_deref() {
        Some("volume") => MountKind::Volume,
        Some("tmpfs") => return None,
        _ => MountKind::Other,
    };
    let target = node.text_at(&["target"]).unwrap_or_default();
    Some(Mount { kind, source: node.text_at(&["source"]), target, node })
}

/// A mount in short syntax.
fn short<'a>(node: &'a Node, text: &str) -> Mount<'a> {
    let (source, target, _) = shorthand::mount(text);
    let is_bind = source.is_some_and(paths::is_host_path);
    let kind = if is_bind { MountKind::Other } else { MountKind::Volume };
    Mount { kind, source: source.map(str::to_owned), target: target.to_owned(), node }
}

/// The tmpfs mounts of a service.
pub(crate) fn service_tmpfs(service: &Node) -> Vec<Tmpfs<'_>> {
    let short = one_or_many(service.at(&["tmpfs"])).iter().filter_map(|node| {
        let text = node.text()?;
        let (target, options) = text.split_once(':').unwrap_or((&text, ""));
        Some(Tmpfs { node, target: target.to_owned(), size: option(options, "size") })
    });
    let long = items(service).iter().filter_map(|item| {
        let kind = item.at(&["type"]).filter(|kind| kind.text().as_deref() == Some("tmpfs"))?;
        let size = item.at(&["tmpfs", "size"]).and_then(memory::size);
        let target = item.text_at(&["target"]).unwrap_or_default();
        Some(Tmpfs { node: kind, target, size: size.map(|bytes| bytes.to_string()) })
    });
    short.chain(long).collect()
}

/// The tmpfs of a top-level volume, if it is one.
pub(crate) fn volume_tmpfs(volume: &Entry) -> Option<Tmpfs<'_>> {
    let node =
        volume.value.at(&["driver_opts", "type"]).filter(|node| node.text().as_deref() == Some("tmpfs"))?;
    let options = volume.value.text_at(&["driver_opts", "o"]).unwrap_or_default();
    Some(Tmpfs { node, target: volume.key.clone(), size: option(&options, "size") })
}

/// The value of an option in a comma-separated list of mount options.
pub(crate) fn option(options: &str, name: &str) -> Option<String> {
    options.split(',').find_map(|option| {
        let (key, value) = option.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// Whether a volume or network is created outside the project.
pub(crate) fn is_external(entry: &Entry) -> bool {
    entry.value.at(&["external"]).is_some_and(|node| node.kind != Kind::Bool(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    #[test]
    fn short_and_long_mounts() {
        let text = "volumes: [/d, 'vol:/d:ro', './x:/d', 'd:/x', {type: volume, target: /d}, {type: tmpfs, target: /t}]";
        let node = yaml::parse(FileId(0), text).unwrap().remove(0);
        let shown: Vec<String> = mounts(&node)
            .iter()
            .map(|m| format!("{:?} {} {}", m.kind, m.source.as_deref().unwrap_or("-"), m.target))
            .collect();
        assert_eq!(shown, ["Volume - /d", "Volume vol /d", "Other ./x /d", "Volume - d:/x", "Volume - /d"]);
    }

    #[test]
    fn sizes_of_tmpfs() {
        let text = "tmpfs: ['/a:size=64m,mode=1777', '/b', '/c:size=50%']";
        let node = yaml::parse(FileId(0), text).unwrap().remove(0);
        let sizes: Vec<Option<u64>> = service_tmpfs(&node).iter().map(Tmpfs::bytes).collect();
        assert_eq!(sizes, [Some(64 << 20), None, None]);
    }
}
