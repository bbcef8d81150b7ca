//! A time-out for system calls that block.
#![expect(unsafe_code, reason = "signal handlers have no safe interface")]

use std::mem::MaybeUninit;
use std::ptr;
use std::time::Duration;

use super::signals::set_of;
use super::timer::Timer;

/// Makes a blocking call of the main thread fail with EINTR after a while. No other thread may receive signals.
pub(crate) struct Alarm {
    original_action: libc::sigaction,
    original_mask: libc::sigset_t,
    timer: Option<Timer>,
}

impl Alarm {
    pub(crate) fn after(time: Duration) -> Self {
        let set = set_of(&[libc::SIGALRM]);
        let (mut action, mut mask) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: all pointers are valid for the calls, which fill `action` and `mask`; the handler does nothing.
        let mut alarm = unsafe {
            let mut handler = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            handler.sa_sigaction = do_nothing as *const () as libc::sighandler_t;
            libc::sigaction(libc::SIGALRM, &raw const handler, action.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, mask.as_mut_ptr());
            Self { original_action: action.assume_init(), original_mask: mask.assume_init(), timer: None }
        };
        alarm.timer = Some(Timer::start(time));
        alarm
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // First the timer: at the default action SIGALRM would end this process.
        self.timer = None;
        // SAFETY: both were filled by the kernel.
        unsafe {
            libc::sigaction(libc::SIGALRM, &raw const self.original_action, ptr::null_mut());
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.original_mask, ptr::null_mut());
        }
    }
}

extern "C" fn do_nothing(_: libc::c_int) {}
