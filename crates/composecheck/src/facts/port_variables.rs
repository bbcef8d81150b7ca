//! The variables that stand in the host part of ports: `${WEB_PORT:-8080}:80`.

use super::ports;
use crate::compose::Project;
use crate::yaml::Node;

/// The variables whose value is this host port or range of a service, outermost ones only, in the order of the files.
pub(crate) fn port_variables(project: &Project, service: &Node, published: (u16, u16)) -> Vec<String> {
    let mut found = Vec::new();
    for port in ports::ports(service).iter().filter(|port| port.published == published) {
        let source = &project.sources.get(port.node.span.file).text;
        let raw = source.get(port.node.span.start..port.node.span.end).unwrap_or_default();
        found.extend(variable_of(raw).filter(|name| !found.contains(name)));
    }
    found
}

/// The variable that is the whole host part of a port, or of a `published` value.
fn variable_of(raw: &str) -> Option<String> {
    let raw = raw.trim_matches(['"', '\'']);
    let parts = split(raw);
    let host = match parts.as_slice() {
        [published] => published,
        [.., published, _target] => published,
        [] => return None,
    };
    let inside = match host.strip_prefix("${") {
        Some(braced) => braced.strip_suffix('}').filter(|_| closes_at_end(host))?,
        None => host.strip_prefix('$')?,
    };
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
    let (name, operator) = inside.split_at(end);
    // `${NAME+text}` does not give the value of the variable.
    let gives_value = operator.is_empty()
        || host.starts_with("${") && operator.trim_start_matches(':').starts_with(['-', '?']);
    (!name.is_empty() && gives_value).then(|| name.to_owned())
}

/// The parts between the colons that are outside of braces.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Whether the first brace is closed by the last character.
fn closes_at_end(text: &str) -> bool {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1 == text.len();
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_part() {
        for (raw, wanted) in [
            ("'${WEB_PORT:-8080}:80'", Some("WEB_PORT")),
            ("\"127.0.0.1:${P}:80/udp\"", Some("P")),
            ("${BIND:-0.0.0.0}:${P-80}:80", Some("P")),
            ("$P:80", Some("P")),
            ("${A:-${B:-80}}:80", Some("A")),
            ("${P:?set it}", Some("P")),
            ("8080:${P}", None),
            ("80${P}:80", None),
            ("${A}${B}:80", None),
            ("${P:+80}:80", None),
            ("8080:80", None),
            ("", None),
        ] {
            assert_eq!(variable_of(raw).as_deref(), wanted, "{raw}");
        }
    }
}
