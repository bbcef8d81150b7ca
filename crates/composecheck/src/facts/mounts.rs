//! Volumes, binds and file systems in RAM, in each of their spellings.

use super::memory;
use crate::compose::{paths, shorthand, units};
use crate::yaml::{Entry, Kind, Node, one_or_many, text_at};

/// What is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MountKind {
    /// A volume of the engine.
    Volume,
    /// A directory of the machine, or anything else that is no volume.
    Other,
}

/// One item of `volumes`.
#[derive(Clone, Debug)]
pub(crate) struct Mount<'a> {
    /// What.
    pub(crate) kind: MountKind,
    /// The volume's name; none where it is anonymous.
    pub(crate) source: Option<String>,
    /// Where in the container.
    pub(crate) target: String,
    /// The item.
    pub(crate) node: &'a Node,
}

/// A file system in RAM.
#[derive(Clone, Debug)]
pub(crate) struct RamDisk<'a> {
    /// The value that makes it one.
    pub(crate) node: &'a Node,
    /// Where it is mounted, or the volume's name.
    pub(crate) target: String,
    /// Its size as written.
    pub(crate) size: Option<String>,
}

impl RamDisk<'_> {
    /// Its size; none where it has none, or a share of the machine's memory.
    pub(crate) fn bytes(&self) -> Option<u64> {
        units::bytes(self.size.as_deref()?).filter(|size| *size > 0)
    }
}

/// What a service mounts, but for its file systems in RAM.
pub(crate) fn mounts(service: &Node) -> Vec<Mount<'_>> {
    items(service).iter().filter_map(mount).collect()
}

fn items(service: &Node) -> &[Node] {
    service.at(&["volumes"]).map_or(&[], Node::items)
}

fn mount(node: &Node) -> Option<Mount<'_>> {
    if let Some(text) = node.text() {
        return Some(short(node, &text));
    }
    let kind = match text_at(node, &["type"]).as_deref() {
        Some("volume") => MountKind::Volume,
        Some("tmpfs") => return None,
        _ => MountKind::Other,
    };
    let target = text_at(node, &["target"]).unwrap_or_default();
    Some(Mount { kind, source: text_at(node, &["source"]), target, node })
}

/// `[SOURCE:]TARGET[:MODE]`; a source that looks like a path is one.
fn short<'a>(node: &'a Node, text: &str) -> Mount<'a> {
    let (source, target, _) = shorthand::mount(text);
    let is_folder = source.is_some_and(paths::is_folder);
    let kind = if is_folder { MountKind::Other } else { MountKind::Volume };
    Mount { kind, source: source.map(str::to_owned), target: target.to_owned(), node }
}

/// The file systems in RAM of a service.
pub(crate) fn ram_of_service(service: &Node) -> Vec<RamDisk<'_>> {
    let short = one_or_many(service.at(&["tmpfs"])).iter().filter_map(|node| {
        let text = node.text()?;
        let (target, options) = text.split_once(':').unwrap_or((&text, ""));
        Some(RamDisk { node, target: target.to_owned(), size: option(options, "size") })
    });
    let long = items(service).iter().filter_map(|item| {
        let kind = item.at(&["type"]).filter(|kind| kind.text().as_deref() == Some("tmpfs"))?;
        let size = item.at(&["tmpfs", "size"]).and_then(memory::size);
        let target = text_at(item, &["target"]).unwrap_or_default();
        Some(RamDisk { node: kind, target, size: size.map(|bytes| bytes.to_string()) })
    });
    short.chain(long).collect()
}

/// The file system in RAM that a top-level volume is.
pub(crate) fn ram_of_volume(volume: &Entry) -> Option<RamDisk<'_>> {
    let node =
        volume.value.at(&["driver_opts", "type"]).filter(|node| node.text().as_deref() == Some("tmpfs"))?;
    let options = text_at(&volume.value, &["driver_opts", "o"]).unwrap_or_default();
    Some(RamDisk { node, target: volume.key.clone(), size: option(&options, "size") })
}

/// One of the options that a mount lists with commas.
pub(crate) fn option(options: &str, name: &str) -> Option<String> {
    options.split(',').find_map(|option| {
        let (key, value) = option.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// Compose does not make what is external.
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
    fn sizes_of_ram_disks() {
        let text = "tmpfs: ['/a:size=64m,mode=1777', '/b', '/c:size=50%']";
        let node = yaml::parse(FileId(0), text).unwrap().remove(0);
        let sizes: Vec<Option<u64>> = ram_of_service(&node).iter().map(RamDisk::bytes).collect();
        assert_eq!(sizes, [Some(64 << 20), None, None]);
    }
}
