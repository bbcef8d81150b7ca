//! What the page may load and run: its own style and script, and nothing else.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// Where the page is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A file, which stays as it is.
    File,
    /// A server, from which it can be loaded again.
    Server,
}

/// The Content-Security-Policy. Style and script are named by their hashes, so that nothing else runs even where a name
/// from a record gets into the page as markup. The icon is empty: browsers would ask a server for one.
pub(super) fn policy(style: &str, script: &str, place: Place) -> String {
    let reload = match place {
        Place::File => "",
        Place::Server => "; connect-src 'self'",
    };
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'{reload}",
        hash(style),
        hash(script)
    )
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}
