//! Points in time: what go-yaml makes of a plain `2024-01-01`, so that it is no text any more.

use jiff::civil::DateTime;

/// A date, with the time of day and the distance to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    at: DateTime,
    /// Minutes that its clock is ahead of UTC.
    ahead: i16,
}

impl Time {
    /// Reads it in one of the four forms that go-yaml takes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_at_checked(4)?;
        let (day, clock) = match rest.find(['T', 't', ' ']) {
            Some(end) => (&rest[..end], Some(&rest[end..])),
            None => (rest, None),
        };
        let (month, day) = day.strip_prefix('-')?.split_once('-')?;
        let year = digits(year, 4..=4)?.try_into().ok()?;
        let (clock, ahead) = clock.map_or(Some(("0:0:0", 0)), zone)?;
        let (hour, rest) = clock.split_once(':')?;
        let (minute, second) = rest.split_once(':')?;
        let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, "0"));
        let at = DateTime::new(
            year,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            nanoseconds(fraction)?,
        );
        Some(Self { at: at.ok()?, ahead })
    }

    /// As Go prints it: what becomes of it where a text is wanted.
    pub(crate) fn words(self) -> String {
        let at = self.at.to_string().replace('T', " ");
        let offset = self.offset("");
        let zone = if self.ahead == 0 { "UTC" } else { &offset };
        format!("{at} {offset} {zone}")
    }

    /// As Go writes it in JSON.
    pub(crate) fn rfc3339(self) -> String {
        let zone = if self.ahead == 0 { "Z".to_owned() } else { self.offset(":") };
        format!("{}{zone}", self.at)
    }

    fn offset(self, between: &str) -> String {
        let (sign, minutes) = (if self.ahead < 0 { '-' } else { '+' }, self.ahead.abs());
        format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
    }
}

/// Parts the time of day from the zone, which only stands where a T does.
fn zone(clock: &str) -> Option<(&str, i16)> {
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

fn small(text: &str) -> Option<i8> {
    digits(text, 1..=2)?.try_into().ok()
}

/// What is beyond nanoseconds is cut off.
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
    use super::Time;

    #[test]
    fn times_are_read_and_printed_as_go_does() {
        for (text, words, rfc3339) in [
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
            let time = Time::parse(text).unwrap();
            assert_eq!((time.words().as_str(), time.rfc3339().as_str()), (words, rfc3339), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_stays_text() {
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
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}
