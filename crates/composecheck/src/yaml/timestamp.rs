//! Timestamps: the type that go-yaml gives to an unquoted `2024-01-01`.

use jiff::civil::DateTime;

/// A date with the time of day and the offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    at: DateTime,
    /// Offset from UTC in minutes.
    offset: i16,
}

impl Timestamp {
    /// Parses the four formats that go-yaml accepts.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_at_checked(4)?;
        let (day, clock) = match rest.find(['T', 't', ' ']) {
            Some(end) => (&rest[..end], Some(&rest[end..])),
            None => (rest, None),
        };
        let (month, day) = day.strip_prefix('-')?.split_once('-')?;
        let year = digits(year, 4..=4)?.try_into().ok()?;
        let (clock, offset) = clock.map_or(Some(("0:0:0", 0)), split_zone)?;
        let (hour, rest) = clock.split_once(':')?;
        let (minute, second) = rest.split_once(':')?;
        let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, "0"));
        let at = DateTime::new(
            year,
            two_digits(month)?,
            two_digits(day)?,
            two_digits(hour)?,
            two_digits(minute)?,
            two_digits(second)?,
            nanoseconds(fraction)?,
        );
        Some(Self { at: at.ok()?, offset })
    }

    /// As Go's `Time.String` prints it, which is what Compose casts it to where it needs a string.
    pub(crate) fn to_go_string(self) -> String {
        let at = self.at.to_string().replace('T', " ");
        let offset = self.offset_text("");
        let zone = if self.offset == 0 { "UTC" } else { &offset };
        format!("{at} {offset} {zone}")
    }

    /// As Go writes it to JSON.
    pub(crate) fn to_rfc3339(self) -> String {
        let zone = if self.offset == 0 { "Z".to_owned() } else { self.offset_text(":") };
        format!("{}{zone}", self.at)
    }

    fn offset_text(self, separator: &str) -> String {
        let (sign, minutes) = (if self.offset < 0 { '-' } else { '+' }, self.offset.abs());
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }
}

/// Splits the time of day from the zone, which is only allowed after a `T`.
fn split_zone(clock: &str) -> Option<(&str, i16)> {
    if let Some(clock) = clock.strip_prefix(' ') {
        return Some((clock, 0));
    }
    let clock = &clock[1..];
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let (clock, offset) = clock.split_at_checked(clock.len().checked_sub(6)?)?;
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2..=2)?, digits(minutes, 2..=2)?);
    let minutes = i16::try_from(hours * 60 + minutes).ok().filter(|_| hours < 24 && minutes < 60)?;
    match &offset[..1] {
        "+" => Some((clock, minutes)),
        "-" => Some((clock, -minutes)),
        _ => None,
    }
}

fn two_digits(text: &str) -> Option<i8> {
    digits(text, 1..=2)?.try_into().ok()
}

/// Further digits are cut off.
fn nanoseconds(fraction: &str) -> Option<i32> {
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let nanoseconds = digits(&format!("{fraction:0<9}"), 9..=9).filter(|_| !fraction.is_empty())?;
    nanoseconds.try_into().ok()
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let fits = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn times_are_read_and_printed_as_go_does() {
        for (text, go, rfc3339) in [
            ("2024-01-01", "2024-01-01 00:00:00 +0000 UTC", "2024-01-01T00:00:00Z"),
            ("2024-1-1", "2024-01-01 00:00:00 +0000 UTC", "2024-01-01T00:00:00Z"),
            ("2024-01-01T1:2:3Z", "2024-01-01 01:02:03 +0000 UTC", "2024-01-01T01:02:03Z"),
            ("2024-01-01 01:02:03.500", "2024-01-01 01:02:03.5 +0000 UTC", "2024-01-01T01:02:03.5Z"),
            (
                "2001-12-14t21:59:43.10-05:00",
                "2001-12-14 21:59:43.1 -0500 -0500",
                "2001-12-14T21:59:43.1-05:00",
            ),
            (
                "2024-01-01T01:02:03.1234567891+05:30",
                "2024-01-01 01:02:03.123456789 +0530 +0530",
                "2024-01-01T01:02:03.123456789+05:30",
            ),
            ("2024-01-01T01:02:03+00:00", "2024-01-01 01:02:03 +0000 UTC", "2024-01-01T01:02:03Z"),
        ] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!((time.to_go_string().as_str(), time.to_rfc3339().as_str()), (go, rfc3339), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_timestamps() {
        for text in [
            "2024-02-30",
            "2024-001-01",
            "12024-01-01",
            "2024-01-01T01:02:03",
            "2024-01-01T01:02:03+0530",
            "2024-01-01T01:02:03-24:00",
            "2024-01-01 1:2",
            "2024-01-01 01:02:60",
            "2024-01-01T24:00:00Z",
            "2024-01",
            "202é-01-01",
            "2024-01-01é",
            "2024-01-01Té",
            "2024-01-01 1:2:3.",
            "",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
