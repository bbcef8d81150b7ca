//! Which environment a project is: its identifier, and a hash of what a running environment is made from.

use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::compose::project_name::is_valid;

/// Longest identifier: a container's host name, a DNS label, has at most 63 characters.
const MAX_ID: usize = 63;
/// Hex digits of the path's hash in an identifier. 16 million values: two checkouts of one name do not meet.
const HASH_DIGITS: usize = 6;

/// The project's name and a short hash of its directory: the same checkout has the same identifier, another one has
/// another. It is valid as a Compose project name. `directory` is absolute, with links resolved.
pub(crate) fn id(name: &str, directory: &Path) -> String {
    let hash = hex(&Sha256::digest(directory.as_os_str().as_encoded_bytes()));
    // A project name is ASCII.
    let name: String = name.chars().take(MAX_ID - 1 - HASH_DIGITS).collect();
    format!("{name}-{}", &hash[..HASH_DIGITS])
}

/// The hash of a merged model and of the contents of the files that it mounts as configs and secrets.
pub(crate) fn content<'a>(model: &Value, files: impl Iterator<Item = (&'a str, Vec<u8>)>) -> String {
    let mut hash = Sha256::new();
    hash.update(model.to_string());
    for (path, bytes) in files {
        // Lengths keep the parts apart.
        hash.update(format!("\n{} {path}\n{}\n", path.len(), bytes.len()));
        hash.update(bytes);
    }
    hex(&hash.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// A number from a text, the same on every machine.
pub(crate) fn number(text: &str) -> u16 {
    let hash = Sha256::digest(text);
    u16::from_be_bytes([hash[0], hash[1]])
}

/// Checks the name of a project as Compose does; for clap: a value parser.
pub(crate) fn parse_project(text: &str) -> Result<String, String> {
    if is_valid(text) {
        return Ok(text.to_owned());
    }
    Err("a project name starts with a lower-case letter or a digit and holds only these, '-' and '_'".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        for (name, directory, wanted) in [
            ("shop", "/srv/shop", "shop-e7c7ea"),
            ("shop", "/srv/other/shop", "shop-cb65ca"),
            ("shop", "/srv/with 'space' ü", "shop-36c71c"),
        ] {
            let id = id(name, Path::new(directory));
            assert_eq!(id, wanted, "{directory}");
            assert_eq!(parse_project(&id), Ok(id.clone()));
        }
        assert_eq!(id(&"x".repeat(100), Path::new("/a")).len(), MAX_ID);
    }

    #[test]
    fn project_names() {
        for good in ["a", "0", "shop-1_b"] {
            assert!(parse_project(good).is_ok(), "{good}");
        }
        for bad in ["", "Shop", "-a", "_a", "a.b", "a b", "ü"] {
            assert!(parse_project(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn content_changes_with_the_model_and_the_files() {
        let model = serde_json::json!({"services": {}});
        let of = |files: &[(&'static str, &str)]| {
            content(&model, files.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())))
        };
        assert_eq!(of(&[("a", "1")]), of(&[("a", "1")]));
        assert_ne!(of(&[("a", "1")]), of(&[("a", "2")]));
        assert_ne!(of(&[("a", "1")]), of(&[("b", "1")]));
        assert_ne!(of(&[]), content(&serde_json::json!({"services": {"a": {}}}), std::iter::empty()));
    }
}
