//! The engine's disk usage (`GET /system/df`).
//!
//! bollard parses only the answer of API 1.52 and later, so this request is made by hand.

use std::time::Duration;

use evenkeel_common::docker::{CallError, Engine};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::model::engine::DiskUsage;

/// Asks the engine to add up its disk usage, which takes it seconds where there is much.
pub(super) async fn fetch(engine: &Engine, limit: Duration) -> Result<DiskUsage, CallError> {
    // Without a version in the path the engine answers in its newest API version.
    let answer = tokio::time::timeout(limit, get(&engine.host, "/system/df"))
        .await
        .map_err(|_| CallError::TimedOut(limit))?
        .map_err(|e| CallError::Unreachable(e.to_string()))?;
    parse(&answer)
}

/// Sends a request of HTTP/1.0, whose response ends when the engine closes the connection.
async fn get(host: &str, path: &str) -> std::io::Result<Vec<u8>> {
    #[cfg(unix)]
    if let Some(socket) = host.strip_prefix("unix://") {
        return exchange(tokio::net::UnixStream::connect(socket).await?, path).await;
    }
    let address = host.strip_prefix("tcp://").or_else(|| host.strip_prefix("http://"));
    let address =
        address.ok_or_else(|| std::io::Error::other(format!("disk usage is not supported over {host}")))?;
    exchange(tokio::net::TcpStream::connect(address.trim_end_matches('/')).await?, path).await
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> std::io::Result<Vec<u8>> {
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

fn parse(answer: &[u8]) -> Result<DiskUsage, CallError> {
    let malformed = || CallError::Protocol("the answer is not HTTP".into());
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or_else(malformed)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let code: u16 = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(malformed)?;
    let body = &answer[end + 4..];
    if code != 200 {
        return Err(CallError::Status { code, message: String::from_utf8_lossy(body).trim().to_owned() });
    }
    let answer: Response = serde_json::from_slice(body).map_err(|e| CallError::Protocol(e.to_string()))?;
    Ok(answer.disk_usage())
}

/// The answer of both formats: lists of all objects (up to API 1.51), and sums (from 1.52).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Response {
    layers_size: Option<i64>,
    containers: Option<Vec<ContainerUsage>>,
    volumes: Option<Vec<VolumeUsage>>,
    build_cache: Option<Vec<CacheUsage>>,
    image_usage: Option<Sum>,
    container_usage: Option<Sum>,
    volume_usage: Option<Sum>,
    build_cache_usage: Option<Sum>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sum {
    total_size: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerUsage {
    size_rw: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VolumeUsage {
    usage_data: Option<VolumeSize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VolumeSize {
    size: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CacheUsage {
    size: Option<i64>,
}

impl Response {
    fn disk_usage(self) -> DiskUsage {
        let of = |sum: Option<Sum>| bytes(sum?.total_size);
        DiskUsage {
            images: of(self.image_usage).or_else(|| bytes(self.layers_size)),
            containers: of(self.container_usage).or_else(|| add(self.containers, |found| found.size_rw)),
            volumes: of(self.volume_usage)
                .or_else(|| add(self.volumes, |found| found.usage_data.as_ref()?.size)),
            build_cache: of(self.build_cache_usage).or_else(|| add(self.build_cache, |found| found.size)),
        }
    }
}

/// The engine writes -1 for an unknown size.
fn bytes(count: Option<i64>) -> Option<u64> {
    count.and_then(|count| u64::try_from(count).ok())
}

fn add<T>(all: Option<Vec<T>>, size: fn(&T) -> Option<i64>) -> Option<u64> {
    Some(all?.iter().filter_map(|one| bytes(size(one))).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(body: &str) -> DiskUsage {
        parse(format!("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{body}").as_bytes()).unwrap()
    }

    #[test]
    fn parses_both_formats() {
        let old = r#"{"LayersSize": 7, "Images": [], "Containers": [{"SizeRw": 3}, {"Id": "x"}],
            "Volumes": [{"UsageData": {"Size": 5}}, {"UsageData": {"Size": -1}}, {}], "BuildCache": null}"#;
        let wanted = DiskUsage { images: Some(7), containers: Some(3), volumes: Some(5), build_cache: None };
        assert_eq!((disk(old), disk(old).total()), (wanted, Some(15)));
        let new = r#"{"ImageUsage": {"TotalSize": 7}, "ContainerUsage": {"TotalSize": 3},
            "VolumeUsage": {"TotalSize": 5}, "BuildCacheUsage": {"TotalSize": 1}}"#;
        assert_eq!(disk(new).total(), Some(16));
        assert_eq!(disk("{}").total(), None);
    }

    #[test]
    fn reports_errors() {
        let refused = parse(b"HTTP/1.1 500 Oops\r\n\r\nno\n").unwrap_err();
        assert_eq!(refused, CallError::Status { code: 500, message: "no".into() });
        for malformed in [&b""[..], b"HTTP/1.0 200 OK\r\n", b"HTTP/1.0 200 OK\r\n\r\n{"] {
            assert!(matches!(parse(malformed), Err(CallError::Protocol(_))));
        }
    }
}
