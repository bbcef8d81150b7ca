//! The machine dockwatch runs on: memory, load and pressure.

use sysinfo::System;

use crate::measure::pressure::pressure_avg10;
use crate::model::engine::Machine;

/// `some` and `full` memory pressure, percent of the last 10 s.
fn memory_pressure() -> Option<(f64, f64)> {
    let text = std::fs::read_to_string("/proc/pressure/memory").ok()?;
    Some((pressure_avg10(&text, "some")?, pressure_avg10(&text, "full")?))
}

/// Whether no task on this machine waits for memory, so that no container's pressure needs to be read.
pub(super) fn has_no_memory_pressure() -> bool {
    memory_pressure() == Some((0.0, 0.0))
}

/// Reads this machine's memory, load and pressure; unknown where the system does not say.
pub(super) fn measure() -> Machine {
    let system = System::new().ok().map(|mut system| {
        system.refresh_memory();
        system
    });
    let some = |resource: &str| {
        let text = std::fs::read_to_string(format!("/proc/pressure/{resource}")).ok()?;
        pressure_avg10(&text, "some")
    };
    Machine {
        mem_total: system.as_ref().map(System::total_memory),
        mem_available: system.as_ref().map(System::available_memory),
        swap_total: system.as_ref().map(System::total_swap),
        swap_free: system.as_ref().map(System::free_swap),
        cpus: std::thread::available_parallelism().ok().map(|n| n.get() as u64),
        load: System::load_average().ok().map(|load| [load.one, load.five, load.fifteen]),
        pressure_memory: memory_pressure(),
        pressure_cpu: some("cpu"),
        pressure_io: some("io"),
    }
}
