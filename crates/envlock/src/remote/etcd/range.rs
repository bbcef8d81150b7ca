//! A range of keys.

/// Keys from the first one up to, but without, the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: String,
    pub(crate) end: String,
}

impl Range {
    /// All keys that begin with `prefix`, which ends with a slash.
    pub(crate) fn below(prefix: String) -> Self {
        let mut end = prefix.clone();
        end.pop();
        // The character after the slash.
        end.push('0');
        Self { first: prefix, end }
    }
}
