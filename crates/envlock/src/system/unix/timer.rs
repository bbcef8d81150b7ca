//! SIGALRM after a while.
#![expect(unsafe_code, reason = "timers have no safe interface")]

use std::ptr;
use std::time::Duration;

/// The kernel's timer of this process. It sends SIGALRM again every 50 ms, in case the first one came just before the
/// call that it is to interrupt.
pub(super) struct Timer;

impl Timer {
    pub(super) fn start(time: Duration) -> Self {
        set_timer(time.max(Duration::from_millis(1)), Duration::from_millis(50));
        Self
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        set_timer(Duration::ZERO, Duration::ZERO);
    }
}

fn set_timer(first: Duration, interval: Duration) {
    let time = |duration: Duration| libc::timeval {
        tv_sec: duration.as_secs().try_into().unwrap_or(i32::MAX.into()),
        tv_usec: duration.subsec_micros().cast_signed().into(),
    };
    let timer = libc::itimerval { it_value: time(first), it_interval: time(interval) };
    // SAFETY: the pointer is valid for the call.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut()) };
}
