//! Starting a command without a copy of this process.
//!
//! fork(2) copies the page tables, and afterwards each page that either process writes: a tenth of what a run of envlock
//! around a short command takes. A child that shares the memory until it becomes the command, as those of posix_spawn(3) do,
//! copies nothing; but posix_spawn cannot ask for the signal at the parent's end.
#![expect(unsafe_code, reason = "the moment between clone and exec has no safe interface")]

use std::cell::Cell;
use std::ffi::{CString, OsStr, OsString, c_char, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;
use std::ptr;

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions};

/// What the child needs besides for the words of the command: two paths of the length that the kernel allows (bytes). Little
/// enough to come from memory that the process has touched before.
const STACK: usize = 16 << 10;

/// What the child does; it must neither allocate nor panic, because the memory is its parent's.
struct Plan<F> {
    prepare: F,
    program: CString,
    words: Pointers,
    environment: Pointers,
    /// Why it could not become the command; 0 where it did.
    errno: Cell<i32>,
}

/// Strings as exec(2) takes them, with a null at the end.
struct Pointers {
    _strings: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl Pointers {
    fn new(strings: Vec<CString>) -> Self {
        let pointers = strings.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect();
        Self { _strings: strings, pointers }
    }
}

/// Starts the program of `command` with its words and its environment; the rest of it, such as files to redirect to, is not
/// looked at. `prepare` runs in the child with all signals blocked, and sets the command's mask; the child becomes the command
/// where it returns `Ok`.
///
/// Returns when the child has become the command, or fails with the reason why it could not.
///
/// # Safety
/// `prepare` must be async-signal-safe, and must not allocate, unlock or drop anything: the memory is this process's.
pub(super) unsafe fn spawn<F: Fn() -> Result<(), Errno>>(command: &Command, prepare: F) -> io::Result<Pid> {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let words: Vec<CString> =
        words.map(|word| c_string(word.as_bytes().to_vec())).collect::<io::Result<_>>()?;
    let plan = Plan {
        prepare,
        program: c_string(command.get_program().as_bytes().to_vec())?,
        words: Pointers::new(words),
        environment: Pointers::new(environment(command)?),
        errno: Cell::new(0),
    };
    // libc runs what has no interpreter by the shell, with a copy of the words on its stack.
    let size = (STACK + size_of_val(plan.words.pointers.as_slice())).next_multiple_of(16);
    let mut stack = Vec::<MaybeUninit<u8>>::with_capacity(size + 16);
    let top = stack.spare_capacity_mut().as_mut_ptr_range().end.cast::<c_void>();
    let top = top.map_addr(|address| address & !15);
    let mut mask = MaybeUninit::uninit();
    // SAFETY: the stack is the child's alone, and lives until it does not need it any more: CLONE_VFORK stops this thread
    // until then. `run` keeps to what is said of the plan above. No signal reaches the child before `prepare` lets it: one
    // that stopped it would leave this process waiting for it.
    let pid = unsafe {
        let mut all = MaybeUninit::uninit();
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), mask.as_mut_ptr());
        let pid = libc::clone(
            run::<F>,
            top,
            libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
            (&raw const plan).cast_mut().cast::<c_void>(),
        );
        let error = *libc::__errno_location();
        libc::pthread_sigmask(libc::SIG_SETMASK, mask.as_ptr(), ptr::null_mut());
        *libc::__errno_location() = error;
        pid
    };
    let pid = Pid::from_raw(pid).filter(|_| pid > 0).ok_or_else(io::Error::last_os_error)?;
    match plan.errno.get() {
        0 => Ok(pid),
        errno => {
            let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
            Err(io::Error::from_raw_os_error(errno))
        }
    }
}

/// The child. What it returns is the exit code that nobody sees.
extern "C" fn run<F: Fn() -> Result<(), Errno>>(plan: *mut c_void) -> libc::c_int {
    // SAFETY: it is the plan of `spawn`, which is stopped, and the strings end with null pointers.
    unsafe {
        let plan = &*plan.cast::<Plan<F>>();
        let errno = if let Err(errno) = (plan.prepare)() {
            errno.raw_os_error()
        } else {
            libc::execvpe(
                plan.program.as_ptr(),
                plan.words.pointers.as_ptr(),
                plan.environment.pointers.as_ptr(),
            );
            *libc::__errno_location()
        };
        plan.errno.set(errno);
    }
    127
}

/// The environment of this process with the changes that the command has.
fn environment(command: &Command) -> io::Result<Vec<CString>> {
    let changes: Vec<(&OsStr, Option<&OsStr>)> = command.get_envs().collect();
    let kept = std::env::vars_os().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    let set =
        changes.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.as_ref()?.to_os_string())));
    kept.chain(set).map(|(name, value)| c_string(joined(name, &value))).collect()
}

fn joined(name: OsString, value: &OsStr) -> Vec<u8> {
    let mut text = name.into_vec();
    text.push(b'=');
    text.extend_from_slice(value.as_bytes());
    text
}

fn c_string(text: Vec<u8>) -> io::Result<CString> {
    CString::new(text).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a word has a null byte"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(command: &Command) -> io::Result<Option<i32>> {
        // SAFETY: nothing is done in the child.
        let pid = unsafe { spawn(command, || Ok(())) }?;
        Ok(rustix::process::waitpid(Some(pid), WaitOptions::empty())?
            .and_then(|(_, status)| status.exit_status()))
    }

    #[test]
    fn the_command_has_its_words_and_its_environment() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            r#"[ "$1|$NEW|${HOME-none}|${PATH:+kept}" = 'a b|1 2|none|kept' ] && exit 7"#,
            "sh",
            "a b",
        ]);
        command.env("NEW", "1 2").env_remove("HOME");
        assert_eq!(code_of(&command).unwrap(), Some(7));
    }

    #[test]
    fn what_cannot_be_started_says_why_and_leaves_no_process() {
        for (program, kind) in
            [("no-such-program", io::ErrorKind::NotFound), ("/etc/passwd", io::ErrorKind::PermissionDenied)]
        {
            assert_eq!(code_of(&Command::new(program)).unwrap_err().kind(), kind, "{program:?}");
        }
    }

    #[test]
    fn what_the_child_cannot_prepare_is_the_error() {
        // SAFETY: nothing is done in the child.
        let failed = unsafe { spawn(&Command::new("true"), || Err(Errno::SRCH)) };
        assert_eq!(failed.unwrap_err().raw_os_error(), Some(Errno::SRCH.raw_os_error()));
    }

    #[test]
    fn more_words_than_the_stack_has_pages_are_passed_on() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit $(($# == 30000 ? 3 : 4))", "sh"]).args(vec!["w"; 30_000]);
        assert_eq!(code_of(&command).unwrap(), Some(3));
    }
}
