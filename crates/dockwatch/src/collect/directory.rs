//! The directory that a collection is written to.

use std::path::{Path, PathBuf};

use evenkeel_common::Error;

use crate::model::container::ContainerSummary;

/// Where logs, inspects and health logs go.
const DIRECTORIES: [&str; 3] = ["logs", "inspect", "health"];

/// A directory that exists.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Creates the directory where it is missing, with its parents.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        for directory in DIRECTORIES {
            std::fs::create_dir_all(path.join(directory))
                .map_err(|cause| Error::failed(format!("create {}", path.display()), cause))?;
        }
        Ok(Self { path: path.to_owned() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file, in place of one of an earlier collection.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> std::io::Result<()> {
        std::fs::write(self.path.join(name), content)
    }
}

/// A file name without extension for each container: its service where no other container has that name, else its own
/// name.
pub(crate) fn file_stems(containers: &[ContainerSummary]) -> Vec<&str> {
    let is_taken = |service: &str, by: &ContainerSummary| {
        let others = containers.iter().filter(|other| other.id != by.id);
        others.into_iter().any(|other| other.service() == Some(service) || other.name == service)
    };
    let stem = |container| {
        let service = ContainerSummary::service(container);
        let service = service.filter(|name| is_file_name(name) && !is_taken(name, container));
        let name = Some(container.name.as_str()).filter(|name| is_file_name(name));
        service.or(name).unwrap_or(&container.id)
    };
    containers.iter().map(stem).collect()
}

/// Engines restrict the names of containers, but a label may contain anything.
fn is_file_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.len() <= 200 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use evenkeel_common::docker::LABEL_SERVICE;

    use super::*;

    #[test]
    fn files_are_named_after_services_where_that_is_unique() {
        let container = |name: &str, service: &str| ContainerSummary {
            id: format!("id-of-{name}"),
            name: name.into(),
            labels: [(LABEL_SERVICE.to_owned(), service.to_owned())].into(),
            ..ContainerSummary::default()
        };
        let containers = [
            container("shop-db-1", "db"),
            container("shop-web-1", "web"),
            container("shop-web-2", "web"),
            container("shop-odd-1", "../odd"),
            container("cache", "redis"),
            container("shop-cache-1", "cache"),
            container("/a", ".."),
        ];
        let wanted = ["db", "shop-web-1", "shop-web-2", "shop-odd-1", "redis", "shop-cache-1", "id-of-/a"];
        assert_eq!(file_stems(&containers), wanted);
    }
}
