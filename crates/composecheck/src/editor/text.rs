//! Positions and changes of a text as editors count them: lines from 0, columns in UTF-16 code units.

use lsp_types::{Position, Range, TextEdit};

/// The byte offset of a position. One beyond the end of a line or of the text is at that end.
pub fn offset(text: &str, position: Position) -> usize {
    let mut start = 0;
    for _ in 0..position.line {
        match text[start..].find('\n') {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let line = match text[start..].split_once('\n') {
        Some((line, _)) => line.strip_suffix('\r').unwrap_or(line),
        None => &text[start..],
    };
    let mut units = 0;
    for (at, c) in line.char_indices() {
        if units >= position.character as usize {
            return start + at;
        }
        units += c.len_utf16();
    }
    start + line.len()
}

/// The position of a byte offset. One within a character is at its start.
pub fn position(text: &str, offset: usize) -> Position {
    let end = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Position {
        line: count(before.matches('\n').count()),
        character: count(before[line_start..].encode_utf16().count()),
    }
}

/// The range of these bytes.
pub(crate) fn range(text: &str, start: usize, end: usize) -> Range {
    Range { start: position(text, start), end: position(text, end) }
}

/// The text after a change of the editor: of a range, or of the whole text where none is given.
#[must_use]
pub fn changed(text: &str, range: Option<Range>, new: &str) -> String {
    let Some(range) = range else { return new.to_owned() };
    let (start, end) = (offset(text, range.start), offset(text, range.end));
    let (start, end) = (start.min(end), start.max(end));
    [&text[..start], new, &text[end..]].concat()
}

/// The smallest change that makes one text of another.
#[must_use]
pub fn edit(old: &str, new: &str) -> TextEdit {
    let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let start = (0..=same).rev().find(|at| old.is_char_boundary(*at) && new.is_char_boundary(*at));
    // A change between the two characters of a line break is one that editors cannot express.
    let start = start.map_or(0, |at| if old[..at].ends_with('\r') { at - 1 } else { at });
    let rest = old.len().min(new.len()) - start;
    let same = old.bytes().rev().zip(new.bytes().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let is_end = |len: &usize| {
        let (old_at, new_at) = (old.len() - len, new.len() - len);
        old.is_char_boundary(old_at)
            && new.is_char_boundary(new_at)
            && !(old[old_at..].starts_with('\n') && old[..old_at].ends_with('\r'))
    };
    let kept = (0..=same).rev().find(is_end).unwrap_or(0);
    let new_text = new[start..new.len() - kept].to_owned();
    TextEdit { range: range(old, start, old.len() - kept), new_text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_count_utf16_units() {
        let text = "é: 1\r\n😀b: 2\n";
        let at = |line, character| offset(text, Position { line, character });
        assert_eq!([at(0, 0), at(0, 1), at(0, 4), at(0, 99)], [0, 2, 5, 5]);
        assert_eq!([at(1, 2), at(1, 3), at(2, 0), at(9, 9)], [11, 12, text.len(), text.len()]);
        assert_eq!(position(text, 11), Position { line: 1, character: 2 });
        assert_eq!(position(text, 9), Position { line: 1, character: 0 }, "within a character");
    }

    #[test]
    fn changes_are_applied() {
        let range = |a, b, c, d| Some(Range::new(Position::new(a, b), Position::new(c, d)));
        assert_eq!(changed("a: 1\nb: 2\n", range(0, 3, 1, 3), "x"), "a: x2\n");
        assert_eq!(changed("a", range(5, 0, 9, 9), "b"), "ab");
        assert_eq!(changed("a", None, "b"), "b");
    }

    proptest! {
        #[test]
        fn an_edit_makes_one_text_of_another(old in "[aé😀\r\n]{0,12}", new in "[aé😀\r\n]{0,12}") {
            let edit = edit(&old, &new);
            prop_assert_eq!(changed(&old, Some(edit.range), &edit.new_text), new);
        }

        #[test]
        fn positions_are_the_inverse_of_offsets(text in "[aé😀\n]{0,12}") {
            for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                prop_assert_eq!(offset(&text, position(&text, at)), at);
            }
        }
    }
}
