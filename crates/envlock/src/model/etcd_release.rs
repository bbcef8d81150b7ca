//! Releases of etcd with known faults in leases or data.
//!
//! From etcd's changelogs and issues: 15247 (a leader that was stuck revokes what its successor renewed) was mended in
//! 3.4.31 and 3.5.13; a renewal that succeeds although the lease is gone, in 3.4.38, 3.5.23 and 3.6.5; members whose data
//! differ after a crash, in 3.5.3; the gateway's crash on watches before 3.6, in 3.6.0-rc.2; 3.4 ended on 2026-06-01.

/// A fault of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Its members may confirm what they then do not have.
    Data,
    /// Its gateway may crash.
    Watches,
    RevokesRenewed,
    RenewsEnded,
    /// It gets no corrections any more.
    EndOfLife,
    /// It has no gateway that envlock knows.
    TooOld,
}

impl Fault {
    /// Whether envlock must not be used with it. Nothing that envlock promises rests on leases.
    pub(crate) const fn is_fatal(self) -> bool {
        matches!(self, Self::Data | Self::Watches | Self::TooOld)
    }

    /// What it does.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Data => "its members may come to hold different data after a crash (mended in 3.5.3)",
            Self::Watches => "a watch may crash it (mended in 3.6.0-rc.2)",
            Self::RevokesRenewed => {
                "a leader that was stuck may revoke leases that were renewed (mended in 3.4.31 and 3.5.13): locks may be lost, \
                 never held twice"
            }
            Self::RenewsEnded => {
                "it may confirm the renewal of a lease that is gone (mended in 3.4.38, 3.5.23 and 3.6.5): envlock reads the \
                 ticket after each renewal"
            }
            Self::EndOfLife => "3.4 gets no corrections any more (since 2026-06-01)",
            Self::TooOld => "envlock needs 3.4 or later",
        }
    }
}

/// The faults of a release; none where the version cannot be read.
pub(crate) fn faults(version: &str) -> Vec<Fault> {
    let (numbers, pre) = version.split_once('-').unwrap_or((version, ""));
    let parts: Vec<u32> = numbers.split('.').map_while(|part| part.parse().ok()).collect();
    let [major, minor, patch] = parts[..] else { return Vec::new() };
    let is_first_of_3_6 =
        pre.starts_with("alpha") || pre.starts_with("beta") || matches!(pre, "rc.0" | "rc.1");
    let table = [
        ((major, minor) < (3, 4), Fault::TooOld),
        ((major, minor) == (3, 5) && patch < 3, Fault::Data),
        ((major, minor, patch) == (3, 6, 0) && is_first_of_3_6, Fault::Watches),
        (before(&[(4, 31), (5, 13)], minor, patch), Fault::RevokesRenewed),
        (before(&[(4, 38), (5, 23), (6, 5)], minor, patch), Fault::RenewsEnded),
        ((major, minor) == (3, 4), Fault::EndOfLife),
    ];
    table.into_iter().filter(|(is_so, _)| *is_so).map(|(_, fault)| fault).collect()
}

/// Whether a release of 3.MINOR is earlier than the one that mended it.
fn before(mended: &[(u32, u32)], minor: u32, patch: u32) -> bool {
    mended.iter().any(|(of, first)| *of == minor && patch < *first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Fault::{Data, EndOfLife, RenewsEnded, RevokesRenewed, TooOld, Watches};

    #[test]
    fn names_the_faults_of_each_release() {
        for (version, expected) in [
            ("3.3.25", &[TooOld][..]),
            ("3.4.23", &[RevokesRenewed, RenewsEnded, EndOfLife]),
            ("3.4.31", &[RenewsEnded, EndOfLife]),
            ("3.4.38", &[EndOfLife]),
            ("3.5.1", &[Data, RevokesRenewed, RenewsEnded]),
            ("3.5.3", &[RevokesRenewed, RenewsEnded]),
            ("3.5.13", &[RenewsEnded]),
            ("3.5.23", &[]),
            ("3.6.0-rc.1", &[Watches, RenewsEnded]),
            ("3.6.0-rc.2", &[RenewsEnded]),
            ("3.6.4", &[RenewsEnded]),
            ("3.6.5", &[]),
            ("3.7.0", &[]),
            ("none", &[]),
        ] {
            assert_eq!(faults(version), expected, "{version}");
        }
    }
}
