//! The format of logs: frames with a header that names stream and length, or plain bytes for a container with a terminal.
//!
//! bollard's decoder looks for the end of a line from the beginning of all that has arrived, again and again: with a
//! terminal that prints megabytes without a line break it takes minutes, and all of the memory.

use std::borrow::Cow;

/// Stream (0 to 2), three zero bytes, length of the payload in big-endian order.
const HEADER: usize = 8;

/// Decodes the pieces of a log in which every line begins with its time.
#[derive(Debug, Default)]
pub(crate) struct LogFrames {
    /// Unknown before the first byte.
    is_framed: Option<bool>,
    /// The part of a header that has arrived.
    header: Vec<u8>,
    /// Bytes of the current frame that have not arrived yet.
    left: usize,
}

impl LogFrames {
    /// The text in the next piece.
    pub(crate) fn decode<'a>(&mut self, piece: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(first) = piece.first() else { return Cow::Borrowed(piece) };
        // A plain log begins with a digit: the year of its first line.
        if *self.is_framed.get_or_insert(*first <= 2) {
            Cow::Owned(self.payload(piece))
        } else {
            Cow::Borrowed(piece)
        }
    }

    fn payload(&mut self, mut piece: &[u8]) -> Vec<u8> {
        let mut payload = Vec::with_capacity(piece.len());
        while !piece.is_empty() {
            if self.left == 0 {
                let (start, rest) = piece.split_at(piece.len().min(HEADER - self.header.len()));
                self.header.extend_from_slice(start);
                piece = rest;
                if let [_, _, _, _, length @ ..] = self.header.as_slice()
                    && let Ok(length) = <[u8; 4]>::try_from(length)
                {
                    self.left = u32::from_be_bytes(length) as usize;
                    self.header.clear();
                }
            } else {
                let (start, rest) = piece.split_at(piece.len().min(self.left));
                payload.extend_from_slice(start);
                self.left -= start.len();
                piece = rest;
            }
        }
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Vec<u8> {
        let mut frames = LogFrames::default();
        pieces.iter().flat_map(|piece| frames.decode(piece).into_owned()).collect()
    }

    #[test]
    fn frames_and_plain_text() {
        let framed = b"\x01\0\0\0\0\0\0\x042 a\n\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x042 b\n";
        assert_eq!(decode(&[framed]), b"2 a\n2 b\n");
        assert_eq!(decode(&[b"2026 a\n", b"", b"\x01b"]), b"2026 a\n\x01b");
        for size in 1..framed.len() {
            let pieces: Vec<&[u8]> = framed.chunks(size).collect();
            assert_eq!(decode(&pieces), b"2 a\n2 b\n", "pieces of {size} bytes");
        }
    }
}
