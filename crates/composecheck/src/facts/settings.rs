//! Settings of databases on their command line.

use super::image::image;
use crate::compose::units;
use crate::source::Span;
use crate::yaml::Node;

/// A database whose settings the rules know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    /// `PostgreSQL` and images based on it.
    Postgres,
    /// Redis and Valkey.
    Redis,
    /// `ClickHouse`.
    ClickHouse,
}

/// A setting with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// In lower case, with underscores.
    pub(crate) name: String,
    /// The value as it is written.
    pub(crate) value: String,
    /// The word of the command that sets it.
    pub(crate) word: String,
    /// The item of a list, or the whole command if that is a text.
    pub(crate) span: Span,
}

/// The database that a service runs, judging by its image.
pub(crate) fn database(service: &Node) -> Option<Database> {
    match image(service)?.short_name() {
        "postgres" | "postgresql" | "postgis" | "timescaledb" | "timescaledb-ha" | "pgvector" => {
            Some(Database::Postgres)
        }
        "redis" | "valkey" | "redis-stack" | "redis-stack-server" => Some(Database::Redis),
        "clickhouse" | "clickhouse-server" => Some(Database::ClickHouse),
        _ => None,
    }
}

/// The settings in the command of a service: `-c K=V`, `-cK=V`, `--K=V` and `--K V`.
pub(crate) fn settings(service: &Node) -> Vec<Setting> {
    let words = service.at(&["command"]).map(words).unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = words.as_slice();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let (pair, from) = match (first.0.as_str(), tail.first()) {
            ("-c", Some(next)) => (next.0.clone(), next),
            (word, _) if word.starts_with("-c") && word.contains('=') => (word[2..].to_owned(), first),
            (word, Some(next))
                if word.starts_with("--") && !word.contains('=') && !next.0.starts_with('-') =>
            {
                (format!("{}={}", &word[2..], next.0), next)
            }
            (word, _) if word.starts_with("--") => (word[2..].to_owned(), first),
            _ => continue,
        };
        if let Some((name, value)) = pair.split_once('=') {
            let name = name.trim().to_ascii_lowercase().replace('-', "_");
            let value = value.trim().trim_matches('\'').to_owned();
            found.push(Setting { name, value, word: from.0.clone(), span: from.1 });
        }
    }
    found
}

/// The setting of this name that takes effect: the last one.
pub(crate) fn setting<'a>(settings: &'a [Setting], name: &str) -> Option<&'a Setting> {
    settings.iter().rev().find(|setting| setting.name == name)
}

fn words(command: &Node) -> Vec<(String, Span)> {
    if let Some(text) = command.text() {
        let clean = |word: &str| word.trim_matches(['"', '\'']).to_owned();
        return text.split_whitespace().map(|word| (clean(word), command.span)).collect();
    }
    command.items().iter().filter_map(|item| Some((item.text()?, item.span))).collect()
}

/// Parses a size as `PostgreSQL` does: without a unit it counts pages of 8 kB. Source: "Resource Consumption" in its
/// manual.
pub(crate) fn postgres_size(text: &str) -> Option<u64> {
    match text.parse::<u64>() {
        Ok(pages) => pages.checked_mul(8 << 10),
        Err(_) => units::bytes(text),
    }
}

/// Parses a size as Redis does: `k` is 1000, `kb` is 1024. Source: the comments in its redis.conf.
pub(crate) fn redis_size(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let thousand = [("k", 1_000), ("m", 1_000_000), ("g", 1_000_000_000)];
    match thousand.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor))) {
        Some((digits, factor)) => digits.parse::<u64>().ok()?.checked_mul(*factor),
        None => units::bytes(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    #[test]
    fn spellings_of_a_setting() {
        for command in [
            "[postgres, -c, shared_buffers=1GB]",
            "[postgres, -cshared_buffers=1GB]",
            "postgres --shared-buffers=1GB",
            "postgres -c 'shared_buffers=1GB'",
            "[x, --shared_buffers, 1GB]",
            "[x, -c, shared_buffers=2GB, -c, shared_buffers=1GB]",
        ] {
            let node = yaml::parse(FileId(0), &format!("command: {command}")).unwrap().remove(0);
            let settings = settings(&node);
            let found = setting(&settings, "shared_buffers").map(|found| found.value.as_str());
            assert_eq!(found, Some("1GB"), "{command}");
        }
    }

    #[test]
    fn sizes_in_their_own_units() {
        assert_eq!(postgres_size("16384"), Some(128 << 20));
        assert_eq!(postgres_size("128MB"), Some(128 << 20));
        assert_eq!(redis_size("100m"), Some(100_000_000));
        assert_eq!(redis_size("100mb"), Some(100 << 20));
        assert_eq!(redis_size("512"), Some(512));
    }
}
