//! What etcd's refusals mean.

use ureq::http::StatusCode;

use crate::remote::etcd::error::CallError;
use crate::remote::etcd::message::Refusal;

/// The gRPC codes of answers that another member, or the same one later, may not give: cancelled, deadline exceeded,
/// unavailable.
const PASSING: [i32; 3] = [1, 4, 14];

/// Further gRPC codes.
const NOT_FOUND: i32 = 5;
const PERMISSION_DENIED: i32 = 7;
const RESOURCE_EXHAUSTED: i32 = 8;
const UNAUTHENTICATED: i32 = 16;

/// The error that an answer with another status than 200 stands for.
pub(super) fn refusal(status: StatusCode, text: &[u8]) -> CallError {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(text) else {
        return without_words(status, text);
    };
    let why = if refusal.message.is_empty() { refusal.error } else { refusal.message };
    match refusal.code {
        NOT_FOUND if why.contains("lease not found") => CallError::LeaseEnded,
        _ if why.contains("invalid auth token") || why.contains("revision of auth store is old") => {
            CallError::TokenEnded(why)
        }
        RESOURCE_EXHAUSTED if why.contains("space exceeded") => CallError::Full(why),
        code if PASSING.contains(&code) && why == "connection closed" => CallError::Unreachable(format!(
            "{why} (a member with TLS needs the usage clientAuth in its own certificate, for its gateway)"
        )),
        code if PASSING.contains(&code) => CallError::Unreachable(why),
        PERMISSION_DENIED | UNAUTHENTICATED => CallError::NotAllowed(why),
        _ if why.contains("user name is empty") || why.contains("authentication failed") => {
            CallError::NotAllowed(why)
        }
        _ => CallError::Refused(why),
    }
}

/// Without etcd's own words this is a proxy, or a server that does not know the path.
fn without_words(status: StatusCode, text: &[u8]) -> CallError {
    let why = format!("HTTP status {}: {}", status.as_u16(), excerpt(text));
    // Go's server says this.
    if why.contains("HTTP request to an HTTPS server") {
        CallError::Untrusted("the port uses TLS".to_owned())
    } else if why.contains("CommonName of client") {
        CallError::NotAllowed(
            "where there are users, etcd's gateway refuses a client certificate that has a common name; use one without"
                .to_owned(),
        )
    } else if status.is_server_error() {
        CallError::Unreachable(why)
    } else {
        CallError::Refused(why)
    }
}

/// The beginning of an answer that was not understood.
pub(super) fn excerpt(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(100)]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_passes_from_what_does_not() {
        let of = |status: u16, text: &str| refusal(StatusCode::from_u16(status).unwrap(), text.as_bytes());
        let unavailable =
            of(503, r#"{"error":"etcdserver: no leader","code":14,"message":"etcdserver: no leader"}"#);
        assert_eq!(unavailable, CallError::Unreachable("etcdserver: no leader".into()));
        let lease = of(404, r#"{"error":"etcdserver: requested lease not found","code":5}"#);
        assert_eq!(lease, CallError::LeaseEnded);
        let full = of(429, r#"{"error":"etcdserver: mvcc: database space exceeded","code":8}"#);
        assert_eq!(full, CallError::Full("etcdserver: mvcc: database space exceeded".into()));
        assert_eq!(
            of(404, "404 page not found\n"),
            CallError::Refused("HTTP status 404: 404 page not found".into())
        );
        assert!(matches!(of(502, "<html>"), CallError::Unreachable(_)));
    }
}
