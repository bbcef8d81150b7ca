//! Reads a container's log: whole where it is short, else its first and its last part.
//!
//! A log can be gigabytes long, or grow faster than it can be read. So the first part is read from the beginning and
//! the answer then dropped; the last part is asked for as a number of lines from the end.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, Engine};
use evenkeel_common::units::show_duration;
use futures_util::StreamExt as _;

use crate::collect::deadline::Deadline;
use crate::collect::log_frames::LogFrames;

/// The shortest line is a time such as `2026-11-24T18:14:34.375519083Z`, a blank and a line break.
const MIN_LINE: usize = 32;

/// Lines are fewer by this factor in the second attempt at the last part.
const FEWER_LINES: usize = 32;

/// Bytes that are kept of the last lines, where only these are read.
const LAST_LINES_LIMIT: usize = 256 << 10;

/// A log, or its two ends.
#[derive(Debug, Default)]
pub(crate) struct Log {
    head: Vec<u8>,
    /// `None` where the head is the whole log.
    cut: Option<Cut>,
}

/// What follows the head of a log that was cut.
#[derive(Debug, Default)]
struct Cut {
    tail: Vec<u8>,
    /// Why the tail is missing.
    error: Option<CallError>,
}

impl Log {
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// Why the last part is missing.
    pub(crate) fn error(&self) -> Option<&CallError> {
        self.cut.as_ref()?.error.as_ref()
    }

    /// The log as it is written to a file: where it was cut, a line says so.
    pub(crate) fn content(&self) -> Vec<u8> {
        let Some(cut) = &self.cut else { return self.head.clone() };
        let marker = cut_marker(&self.head, &cut.tail);
        [self.head.as_slice(), marker.as_bytes(), cut.tail.as_slice()].concat()
    }

    /// Its last lines.
    pub(crate) fn last_lines(&self, count: usize) -> String {
        let end = self.cut.as_ref().map_or(&self.head, |cut| &cut.tail);
        let text = String::from_utf8_lossy(end);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }
}

/// Reads a log of which at most `limit` bytes are kept. Fails where not even its beginning could be read.
pub(crate) async fn read(
    engine: &Engine,
    id: &str,
    limit: usize,
    deadline: Deadline,
) -> Result<Log, CallError> {
    let mut head = Vec::new();
    let keep = |piece: &[u8]| {
        head.extend_from_slice(piece);
        if head.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let time = deadline.next();
    match pull(engine, id, "all", time, keep).await? {
        PullEnd::EndOfLog => return Ok(Log { head, cut: None }),
        PullEnd::TimedOut if head.is_empty() => return Err(CallError::TimedOut(time)),
        PullEnd::Stopped | PullEnd::TimedOut => {}
    }
    let lines = tail_lines(&head, limit / 2);
    head.truncate(first_part(&head, limit / 2));
    let cut = read_tail(engine, id, limit / 2, lines, deadline).await;
    Ok(Log { head, cut: Some(cut) })
}

/// Reads the last part of a log. Lines at the end that are much longer than the first ones take too long, and are asked
/// for again in a smaller number.
async fn read_tail(engine: &Engine, id: &str, limit: usize, lines: usize, deadline: Deadline) -> Cut {
    let mut error = None;
    for lines in [lines, (lines / FEWER_LINES).max(1)] {
        let mut tail = Vec::new();
        let keep_last = |piece: &[u8]| {
            tail.extend_from_slice(piece);
            if tail.len() > 2 * limit {
                tail.drain(..tail.len() - limit);
            }
            ControlFlow::Continue(())
        };
        let time = deadline.next();
        match pull(engine, id, &lines.to_string(), time, keep_last).await {
            Ok(PullEnd::EndOfLog) => {
                return Cut { tail: tail.split_off(last_part(&tail, limit)), error: None };
            }
            Ok(PullEnd::Stopped | PullEnd::TimedOut) => error = Some(CallError::TimedOut(time)),
            Err(failed) => return Cut { tail: Vec::new(), error: Some(failed) },
        }
    }
    Cut { tail: Vec::new(), error }
}

/// Reads the last lines of a log, each with its time; of very long ones only the end.
pub(crate) async fn read_last_lines(
    engine: &Engine,
    id: &str,
    count: usize,
    limit: Duration,
) -> Result<Vec<String>, CallError> {
    let mut tail = Vec::new();
    let keep_last = |piece: &[u8]| {
        tail.extend_from_slice(piece);
        if tail.len() > 2 * LAST_LINES_LIMIT {
            tail.drain(..tail.len() - LAST_LINES_LIMIT);
        }
        ControlFlow::Continue(())
    };
    match pull(engine, id, &count.to_string(), limit, keep_last).await? {
        PullEnd::TimedOut if tail.is_empty() => Err(CallError::TimedOut(limit)),
        _ => {
            let text = String::from_utf8_lossy(&tail);
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            Ok(lines[lines.len().saturating_sub(count)..].to_vec())
        }
    }
}

/// Why the reading of a log ended.
enum PullEnd {
    EndOfLog,
    /// The reader has enough.
    Stopped,
    TimedOut,
}

/// Passes a log to the reader piece by piece. The engine stops sending when the stream is dropped.
async fn pull(
    engine: &Engine,
    id: &str,
    tail: &str,
    limit: Duration,
    mut reader: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<PullEnd, CallError> {
    let end = Instant::now() + limit;
    let path = format!("/containers/{id}/logs?stdout=1&stderr=1&timestamps=1&tail={tail}");
    let mut pieces = engine.get_stream(limit, &path).await?;
    let mut frames = LogFrames::default();
    loop {
        // A stream that always has a piece ready would never let the time run out.
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(PullEnd::TimedOut);
        }
        match tokio::time::timeout(left, pieces.next()).await {
            Err(_) => return Ok(PullEnd::TimedOut),
            Ok(None) => return Ok(PullEnd::EndOfLog),
            Ok(Some(Err(error))) => return Err(engine.error(&error.into())),
            Ok(Some(Ok(piece))) => {
                if reader(&frames.decode(&piece)).is_break() {
                    return Ok(PullEnd::Stopped);
                }
            }
        }
    }
}

/// How many lines from the end hold `limit` bytes where they are half as long as the first ones.
fn tail_lines(head: &[u8], limit: usize) -> usize {
    let line_length = head.len() / head.split(|byte| *byte == b'\n').count();
    (2 * limit / line_length.max(MIN_LINE)).clamp(1, limit / MIN_LINE)
}

/// The end of the last whole line within the first `limit` bytes; all of them where that would lose more than half.
fn first_part(bytes: &[u8], limit: usize) -> usize {
    let end = limit.min(bytes.len());
    let line_end = bytes[..end].iter().rposition(|byte| *byte == b'\n').map(|position| position + 1);
    line_end.filter(|line_end| *line_end > end / 2).unwrap_or(end)
}

/// The start of the first whole line within the last `limit` bytes; of all of them where that would lose more than half.
fn last_part(bytes: &[u8], limit: usize) -> usize {
    let Some(start) = bytes.len().checked_sub(limit).filter(|start| *start > 0) else { return 0 };
    let line = bytes[start - 1..].iter().position(|byte| *byte == b'\n').map(|position| start + position);
    line.filter(|line| bytes.len() - line > limit / 2).unwrap_or(start)
}

/// The line that stands for what is missing between the two parts.
fn cut_marker(head: &[u8], tail: &[u8]) -> String {
    let last = head.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()).and_then(time_of);
    let next = tail.split(|byte| *byte == b'\n').next().and_then(time_of);
    let missing = match (last, next) {
        (Some(last), Some(next)) => {
            let span = Duration::try_from(next.duration_since(last)).unwrap_or_default();
            format!("what was logged in {} from {last} to {next}", show_duration(span))
        }
        (Some(last), None) => format!("what was logged after {last}"),
        _ => "the rest".to_owned(),
    };
    let line_break = if head.ends_with(b"\n") { "" } else { "\n" };
    format!("{line_break}--- cut by dockwatch: {missing} is missing here ---\n")
}

/// The time at the beginning of a line.
fn time_of(line: &[u8]) -> Option<Timestamp> {
    let word = line.split(|byte| *byte == b' ').next()?;
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_lines() {
        let text = b"aaa\nbbb\nccc\nddd\n";
        for (limit, end, start) in [(4, 4, 12), (5, 4, 12), (7, 4, 12), (8, 8, 8), (16, 16, 0), (99, 16, 0)] {
            assert_eq!((first_part(text, limit), last_part(text, limit)), (end, start), "{limit}");
        }
        for long in [&b"abcdef"[..], b"\nbcde\n"] {
            assert_eq!((first_part(long, 4), last_part(long, 4)), (4, 2), "one long line");
        }
        assert_eq!((first_part(b"", 4), last_part(b"", 4)), (0, 0));
    }

    #[test]
    fn asks_for_enough_lines_but_not_for_gigabytes() {
        let lines = |length: usize| [vec![b'x'; length - 1], b"\n".to_vec()].concat().repeat(1000);
        assert_eq!(tail_lines(&lines(MIN_LINE), 1 << 20), (1 << 20) / MIN_LINE);
        let read = tail_lines(&lines(16 << 10), 1 << 20) * (16 << 10);
        assert!((2 << 20..3 << 20).contains(&read), "{read}");
        assert_eq!((tail_lines(b"", 512), tail_lines(&lines(9999), 512)), (16, 1));
    }

    #[test]
    fn says_what_is_missing() {
        let log = |head: &str, tail: &str| {
            let cut = Cut { tail: tail.into(), error: None };
            String::from_utf8(Log { head: head.into(), cut: Some(cut) }.content()).unwrap()
        };
        let (first, last) = ("2026-11-24T18:00:00Z a\n", "2026-11-24T18:03:20Z z\n");
        let wanted = format!(
            "{first}--- cut by dockwatch: what was logged in 3m 20s from 2026-11-24T18:00:00Z to 2026-11-24T18:03:20Z \
             is missing here ---\n{last}"
        );
        assert_eq!(log(first, last), wanted);
        assert!(log(first, "").contains("logged after 2026-11-24T18:00:00Z is missing"));
        assert_eq!(log("a", "b"), "a\n--- cut by dockwatch: the rest is missing here ---\nb");
        let whole = Log { head: b"1\n2\n3\n".into(), cut: None };
        assert_eq!((whole.last_lines(2).as_str(), whole.last_lines(9).as_str()), ("2\n3", "1\n2\n3"));
    }
}
