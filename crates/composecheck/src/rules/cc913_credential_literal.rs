//! CC913: a password or token in a file.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC913",
    name: "credential-literal",
    level: Level::Error,
    what: "A password, a token or a key is written in the file",
    why: "Whoever can read the repository has it, for as long as its history is kept",
    example: "
services:
  db:
    image: postgres:15
    environment:
      POSTGRES_PASSWORD: s3cret-of-prod
",
    good: "
services:
  db:
    image: postgres:15
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}
",
    fix: "read it from a variable or a secret: POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}, or POSTGRES_PASSWORD_FILE",
    references: &[
        "https://docs.docker.com/reference/compose-file/secrets/",
        "https://docs.docker.com/compose/how-tos/use-secrets/",
    ],
    check: Check::Project(check),
};

/// Words in the name of a variable whose value is secret.
const SECRET: [&str; 9] =
    ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY"];
/// Ends of names of variables that tell where a secret is, or something about it.
const ABOUT: [&str; 13] = [
    "FILE",
    "PATH",
    "DIR",
    "URL",
    "URI",
    "NAME",
    "ID",
    "EXPIRY",
    "EXPIRATION",
    "TTL",
    "LENGTH",
    "HEADER",
    "COOKIE",
];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let services = context.project.services().iter();
    services.flat_map(|entry| check_service(context, entry)).collect()
}

fn check_service(context: &Context<'_>, entry: &Entry) -> Vec<Finding> {
    let variables = entry.value.entries_at(&["environment"]).iter();
    let written = variables.filter(|variable| !context.has_variable(variable.value.span));
    let finding = |variable: &Entry| {
        let value = variable.value.text()?;
        let what = if is_secret(&variable.key, &value) {
            format!("{} of service '{}' is written in the file", variable.key, entry.key)
        } else if has_password(&value) {
            format!("{} of service '{}' has a password in its URL", variable.key, entry.key)
        } else {
            return None;
        };
        Some(RULE.finding(service(entry), variable.value.span, what))
    };
    written.filter_map(finding).collect()
}

fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_about = name.rsplit('_').next().is_some_and(|last| ABOUT.contains(&last));
    let is_switch = ["", "true", "false", "yes", "no", "on", "off", "0", "1", "none", "null", "random"]
        .contains(&value.to_ascii_lowercase().as_str());
    // A path, as of a file with the secret.
    SECRET.iter().any(|word| name.contains(word)) && !is_about && !is_switch && !value.starts_with('/')
}

/// Whether a value is a URL with a user and a password: `postgres://USER:PASSWORD@HOST`.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    fn of(variable: &str) -> usize {
        found("CC913", &format!("services: {{a: {{environment: {{{variable}}}}}}}")).len()
    }

    #[test]
    fn names_and_urls() {
        for secret in [
            "POSTGRES_PASSWORD: x",
            "mysql_root_password: 1234",
            "AWS_SECRET_ACCESS_KEY: abc",
            "DATABASE_URL: 'postgres://u:p@db:5432/x'",
        ] {
            assert_eq!(of(secret), 1, "{secret}");
        }
        for other in [
            "POSTGRES_PASSWORD_FILE: /run/secrets/p",
            "POSTGRES_PASSWORD: ",
            "POSTGRES_PASSWORD: '${P}'",
            "POSTGRES_PASSWORD: '${P:-dev}'",
            "ALLOW_EMPTY_PASSWORD: 'yes'",
            "TOKEN_TTL: 3600",
            "DATABASE_URL: 'postgres://u@db:5432/x'",
            "DATABASE_URL: 'postgres://u:${P}@db:5432/x'",
            "LINK: 'http://host:80/a@b'",
        ] {
            assert_eq!(of(other), 0, "{other}");
        }
        let list = "services: {a: {environment: [PASSWORD=x, USER=y]}}";
        assert_eq!(found("CC913", list), ["1:30 PASSWORD of service 'a' is written in the file"]);
    }
}
