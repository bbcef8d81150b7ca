//! Ending a command that may not run any longer.

use std::time::Duration;

use crate::remote::board::{Board, Owner};
use crate::system::{linux, platform, processes};

const STEP: Duration = Duration::from_millis(20);

/// All processes of the command: its group, and what has its entry in `ENVLOCK_HELD`.
fn of_command(board: Board, owner: &Owner) -> Vec<u32> {
    let mut found = processes::processes_under(&board.held_entry(owner).to_string(), board.group());
    // Its keeper and envlock itself are not part of it.
    found.retain(|pid| *pid != owner.pid);
    found
}

/// Ends the command: SIGTERM now, SIGKILL at `kill_at` on the boot clock. Returns whether nothing of it is left;
/// `patience` after SIGKILL it gives up.
pub(super) fn end_command(board: Board, owner: &Owner, kill_at: Duration, patience: Duration) -> bool {
    let mut terminated = Vec::new();
    loop {
        let found = of_command(board, owner);
        if found.is_empty() {
            return true;
        }
        let now = linux::boot_clock();
        if now >= kill_at {
            for pid in &found {
                platform::kill(*pid);
            }
            if now >= kill_at + patience {
                return false;
            }
        } else {
            for pid in found.into_iter().filter(|pid| !terminated.contains(pid)).collect::<Vec<_>>() {
                platform::terminate(pid);
                terminated.push(pid);
            }
        }
        // Not beyond the time for SIGKILL.
        let until_kill = kill_at.saturating_sub(linux::boot_clock());
        std::thread::sleep(if until_kill.is_zero() { STEP } else { STEP.min(until_kill) });
    }
}
