//! Masks passwords and the like in an inspect, which ends up where many people can read it.

use serde_json::Value;

/// Parts of the names of environment variables whose values are masked.
const SECRET_NAMES: [&str; 8] =
    ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "_PWD"];

/// Stands for a masked value.
const MASK: &str = "***";

/// Masks the values of environment variables with names of secrets, and passwords in the URLs of others.
pub(crate) fn mask(inspect: &mut Value) {
    let Some(Value::Array(variables)) = inspect.pointer_mut("/Config/Env") else { return };
    for variable in variables {
        if let Value::String(text) = variable {
            *text = mask_variable(text);
        }
    }
}

fn mask_variable(variable: &str) -> String {
    let Some((name, value)) = variable.split_once('=') else { return variable.to_owned() };
    let upper_case = name.to_ascii_uppercase();
    if SECRET_NAMES.iter().any(|part| upper_case.contains(part)) && !value.is_empty() {
        return format!("{name}={MASK}");
    }
    format!("{name}={}", mask_urls(value))
}

/// Masks the password in each `scheme://user:password@host`. It may contain `@`: the last one before the path counts.
fn mask_urls(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
    let user_info = authority.rsplit_once('@').map(|(user_info, _)| user_info);
    match user_info.and_then(|user_info| Some((user_info.len(), user_info.split_once(':')?.0))) {
        Some((end, user)) => format!("{scheme}://{user}:{MASK}{}", mask_urls(&rest[end..])),
        None => format!("{scheme}://{}", mask_urls(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_secrets_and_nothing_else() {
        for (variable, masked) in [
            ("POSTGRES_PASSWORD=hunter2", "POSTGRES_PASSWORD=***"),
            ("db_pwd=x=y", "db_pwd=***"),
            ("AWS_SECRET_ACCESS_KEY=a", "AWS_SECRET_ACCESS_KEY=***"),
            ("GITHUB_TOKEN=a", "GITHUB_TOKEN=***"),
            ("EMPTY_PASSWORD=", "EMPTY_PASSWORD="),
            ("PWD=/app", "PWD=/app"),
            ("PATH=/bin:/usr/bin", "PATH=/bin:/usr/bin"),
            ("DB=postgres://shop:p@ss@db:5432/shop?a=b@c", "DB=postgres://shop:***@db:5432/shop?a=b@c"),
            ("CACHE=redis://:pw@cache", "CACHE=redis://:***@cache"),
            ("SITE=https://user@host/a:b", "SITE=https://user@host/a:b"),
            ("MQ=amqp://a:b@h1,amqp://a:c@h2", "MQ=amqp://a:***@h1,amqp://a:***@h2"),
            ("NAME", "NAME"),
        ] {
            assert_eq!(mask_variable(variable), masked);
        }
        let mut inspect = serde_json::json!({"Config": {"Env": ["A_KEY=1", "B=2"], "Cmd": ["x"]}, "Id": "c"});
        mask(&mut inspect);
        assert_eq!(inspect["Config"]["Env"], serde_json::json!(["A_KEY=***", "B=2"]));
        mask(&mut serde_json::json!({"Config": null}));
    }
}
