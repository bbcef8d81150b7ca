//! Pressure stall information of the kernel: of the machine and of cgroups.

/// `avg10` of the line `some avg10=0.00 avg60=…` or `full avg10=…` of a pressure file.
pub(super) fn pressure_avg10(text: &str, kind: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(kind))?;
    line.split(' ').find_map(|word| word.strip_prefix("avg10=")?.parse().ok())
}
