//! Image references.

use crate::yaml::Node;

/// The parts of an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// Registry and name, such as `ghcr.io/acme/app`.
    pub(crate) repository: String,
    pub(crate) tag: Option<String>,
    /// Whether it has a digest.
    pub(crate) is_pinned: bool,
}

impl Image {
    pub(crate) fn parse(text: &str) -> Self {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        // A colon before the last slash precedes the port of a registry.
        let last_slash = name.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match name[last_slash..].split_once(':') {
            Some((short, tag)) => (&name[..last_slash + short.len()], Some(tag)),
            None => (name, None),
        };
        Self {
            repository: repository.to_owned(),
            tag: tag.filter(|tag| !tag.is_empty()).map(ToOwned::to_owned),
            is_pinned: digest.is_some(),
        }
    }

    /// The last component of the repository.
    pub(crate) fn short_name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// The name of an official image of Docker Hub; none for any other image.
    pub(crate) fn official_name(&self) -> Option<&str> {
        let hub = ["docker.io/library/", "library/", "docker.io/"];
        let name = hub.iter().find_map(|prefix| self.repository.strip_prefix(prefix));
        let name = name.unwrap_or(&self.repository);
        (!name.contains('/')).then_some(name)
    }
}

pub(crate) fn image(service: &Node) -> Option<Image> {
    service.text_at(&["image"]).map(|text| Image::parse(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_name() {
        for (text, repository, tag, pinned, official) in [
            ("postgres", "postgres", None, false, Some("postgres")),
            ("postgres:15", "postgres", Some("15"), false, Some("postgres")),
            ("localhost:5000/a", "localhost:5000/a", None, false, None),
            ("localhost:5000/a/b:1", "localhost:5000/a/b", Some("1"), false, None),
            (
                "docker.io/library/redis:7@sha256:ab",
                "docker.io/library/redis",
                Some("7"),
                true,
                Some("redis"),
            ),
            ("redis:", "redis", None, false, Some("redis")),
        ] {
            let image = Image::parse(text);
            assert_eq!(
                (image.repository.as_str(), image.tag.as_deref(), image.is_pinned, image.official_name()),
                (repository, tag, pinned, official),
                "{text}"
            );
        }
    }
}
