//! The file in which dockwatch notes the uses of images.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read as _};

use evenkeel_common::Error;
use evenkeel_common::docker::image_uses_file;
use evenkeel_common::state::{self, Home};

use crate::model::image_uses::ImageUses;

const SCHEMA: &str = "dockwatch.image_uses/1";

/// Reads what is known of an engine; `None` where that is nothing. Fails where the file cannot be used.
pub(crate) fn read(home: &Home, host: &str) -> Result<Option<ImageUses>, Error> {
    let path = home.dir("history")?.join(image_uses_file(host));
    let failed = |cause: String| {
        Error::failed(format!("read {}", path.display()), cause)
            .hint("remove it: 'dockwatch record' begins a new one")
    };
    let mut text = String::new();
    match state::open(&path, OpenOptions::new().read(true)) {
        Ok(mut file) => file.read_to_string(&mut text).map_err(|e| failed(e.to_string()))?,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(e.to_string())),
    };
    let uses: ImageUses = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
    if uses.schema != SCHEMA {
        return Err(failed(format!("its schema is '{}', not '{SCHEMA}'", uses.schema)));
    }
    Ok(Some(uses).filter(|uses| uses.host == host))
}
