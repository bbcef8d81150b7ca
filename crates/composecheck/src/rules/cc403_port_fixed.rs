//! CC403: a fixed host port.

use super::policy::Environment;
use super::rule::{Check, Context, Rule, service};
use crate::facts::ports::{Port, ports};
use crate::finding::repair::Action;
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC403",
    name: "port-fixed",
    level: Level::Warning,
    what: "A test environment has a fixed host port",
    why: "Two parallel runs, or a run beside the dev environment, cannot both bind it",
    example: "
services:
  db:
    image: postgres:15
    ports: [\"5433:5432\"]
",
    good: r#"
services:
  db:
    image: postgres:15
    ports: ["${DB_PORT:-5433}:5432"]
"#,
    fix: "set it by a variable: \"${DB_PORT:-5433}:5432\"; or do not publish it",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#ports",
        "https://docs.docker.com/reference/compose-file/interpolation/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    if context.policy.environment != Some(Environment::Test) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for entry in context.project.services() {
        let ports = ports(&entry.value);
        let is_fixed = |port: &&Port<'_>| !port.takes_any && !context.has_variable(port.node.span);
        findings.extend(ports.iter().filter(is_fixed).map(|port| {
            let message = format!("service '{}' always binds port {}", entry.key, port.published.0);
            let finding = RULE.finding(service(entry), port.node.span, message);
            let written = context.project.sources.get(port.node.span.file).slice(port.node.span);
            match with_variable(written, port, &variable_name(&entry.key, port, ports.len())) {
                Some(with) => {
                    let action = Action::Replace { span: port.node.span, with };
                    finding.with_fix(&["services", &entry.key, "ports"], action)
                }
                None => finding,
            }
        }));
    }
    findings
}

/// A name such as `DB_PORT`, followed by the port if the service has several.
fn variable_name(service: &str, port: &Port<'_>, ports: usize) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = service.chars().map(upper).collect();
    // The name of a variable cannot begin with a digit.
    let name = if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name };
    if ports == 1 { format!("{name}_PORT") } else { format!("{name}_PORT_{}", port.published.0) }
}

/// The text of a port with a variable for the host port; none for a range.
fn with_variable(written: &str, port: &Port<'_>, variable: &str) -> Option<String> {
    let (first, last) = port.published;
    let inside = written.trim_matches(['"', '\'']);
    let number = first.to_string();
    let with = format!("${{{variable}:-{number}}}");
    let moved = if inside == number {
        with
    } else {
        let (before, target) = inside.rsplit_once(':')?;
        let host = before.strip_suffix(number.as_str())?;
        (host.is_empty() || host.ends_with(':')).then(|| format!("{host}{with}:{target}"))?
    };
    (first == last && !moved.contains(['"', '\\'])).then(|| format!("\"{moved}\""))
}

#[cfg(test)]
mod tests {
    use super::super::policy::{Environment, Policy};
    use super::super::testing::{found, found_with, repairs};

    #[test]
    fn a_variable_takes_the_place_of_the_port() {
        let of = |service: &str, ports: &str| {
            let text = format!("services: {{{service}: {{ports: [{ports}]}}}}");
            repairs(Environment::Test, "CC403", &text)
        };
        assert_eq!(of("a", "'80:81'"), [r#"services.a.ports: '80:81' -> "${A_PORT:-80}:81""#]);
        assert_eq!(
            of("a", "'127.0.0.1:80:81/udp'"),
            [r#"services.a.ports: '127.0.0.1:80:81/udp' -> "127.0.0.1:${A_PORT:-80}:81/udp""#]
        );
        let several = [
            r#"services.my-db.ports: '80:1' -> "${MY_DB_PORT_80:-80}:1""#,
            r#"services.my-db.ports: '90:2' -> "${MY_DB_PORT_90:-90}:2""#,
        ];
        assert_eq!(of("my-db", "'80:1', '90:2'"), several);
        let digit = r#"services.1st.ports: '80:1' -> "${_1ST_PORT:-80}:1""#;
        assert_eq!(of("1st", "'80:1'"), [digit], "no name of a variable begins with a digit");
        let long = "{target: 80, published: 8080}";
        assert_eq!(of("a", "'80-81:80-81'"), [""; 0], "a range has no single port");
        assert_eq!(of("a", "'080:80'"), [""; 0], "what is written is not the number");
        assert_eq!(of("a", r#""80:8\x31""#), [""; 0], "an escape would be written as it stands");
        assert_eq!(
            of("a", long).len(),
            found("CC403", &format!("services: {{a: {{ports: [{long}]}}}}")).len()
        );
    }

    #[test]
    fn fixed_in_test_only() {
        let of = |port: &str| format!("services: {{a: {{ports: ['{port}']}}}}");
        assert_eq!(found("CC403", &of("80:80")), ["1:24 service 'a' always binds port 80"]);
        for free in ["80", "${P:-80}:80", "127.0.0.1::80", "80-90:80"] {
            assert_eq!(found("CC403", &of(free)), [""; 0], "{free}");
        }
        let dev = Policy::from(Environment::Dev);
        assert_eq!(found_with(&dev, "CC403", &of("80:80")), [""; 0]);
    }
}
