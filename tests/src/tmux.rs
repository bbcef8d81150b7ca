//! A real terminal for a test: a program runs in tmux, which knows what its screen shows.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::engine::script;
use crate::{skip, world};

/// Longest wait for a picture.
const LIMIT: Duration = Duration::from_mins(2);
/// Time between two looks at the screen.
const PAUSE: Duration = Duration::from_millis(100);

/// A tmux server of the test's own, with one window. It ends with this value, and so does what runs in it.
#[derive(Debug)]
pub struct Tmux {
    /// Name of its socket.
    name: String,
}

impl Tmux {
    /// Runs a program, with its arguments and environment, in a window of this size. What it ends with is shown at the end:
    /// `ended CODE`. `None` where there is no tmux and it cannot be installed; the test is then counted as skipped.
    ///
    /// # Panics
    /// Where tmux does not start.
    pub fn run(program: &Command, width: u16, height: u16) -> Option<Self> {
        static HAS_TMUX: OnceLock<bool> = OnceLock::new();
        let install =
            || script("need", &["tmux"]).stdin(Stdio::null()).status().is_ok_and(|end| end.success());
        if !HAS_TMUX.get_or_init(install) {
            skip("there is no tmux");
            return None;
        }
        let tmux = Self { name: format!("evenkeel-{}", world::unique()) };
        let (width, height) = (width.to_string(), height.to_string());
        let mut start =
            tmux.command(&["-f", "/dev/null", "new-session", "-d", "-x", &width, "-y", &height, "--"]);
        start.args(["sh", "-c", "\"$@\"; echo \"ended $?\"; exec sleep 3600", "sh", "env", "-i"]);
        start.args(["TERM=screen-256color", "LC_ALL=C.UTF-8"]);
        for (name, value) in program.get_envs() {
            if let (true, Some(value)) = (name != "LC_ALL", value) {
                start.arg(format!("{}={}", name.display(), value.display()));
            }
        }
        start.arg(program.get_program()).args(program.get_args());
        assert!(start.status().expect("tmux starts").success(), "tmux starts a session");
        Some(tmux)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-u", "-L", &self.name]).args(args).env_remove("TMUX").stdin(Stdio::null());
        command
    }

    fn tell(&self, args: &[&str]) {
        let output = self.command(args).output().expect("tmux runs");
        assert!(output.status.success(), "tmux {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Presses keys by tmux's names, such as `Enter` and `a`.
    ///
    /// # Panics
    /// Where tmux is gone.
    pub fn press(&self, keys: &[&str]) {
        self.tell(&[&["send-keys"], keys].concat());
    }

    /// Sends bytes as a terminal does, such as those of a click.
    ///
    /// # Panics
    /// Where tmux is gone.
    pub fn send(&self, bytes: &str) {
        self.tell(&["send-keys", "-l", bytes]);
    }

    /// Gives the window another size.
    ///
    /// # Panics
    /// Where tmux is gone.
    pub fn resize(&self, width: u16, height: u16) {
        self.tell(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// What the screen shows, one line a row.
    ///
    /// # Panics
    /// Where tmux is gone.
    pub fn screen(&self) -> String {
        let output = self.command(&["capture-pane", "-p"]).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether the program has asked for the mouse.
    ///
    /// # Panics
    /// Where tmux is gone.
    pub fn has_mouse(&self) -> bool {
        let output =
            self.command(&["display-message", "-p", "#{mouse_any_flag}"]).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).trim() == "1"
    }

    /// The process that runs in the window, below the shell.
    ///
    /// # Panics
    /// Where there is none.
    pub fn program_pid(&self) -> String {
        let output = self.command(&["display-message", "-p", "#{pane_pid}"]).output().expect("tmux runs");
        let shell = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let children =
            std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).expect("a shell");
        children.split_whitespace().next().expect("a program").to_owned()
    }

    /// Waits until the screen is as wanted, and returns it.
    ///
    /// # Panics
    /// Where that takes longer than two minutes, with what the screen shows then.
    pub fn wait_until(&self, what: &str, mut is_wanted: impl FnMut(&str) -> bool) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            let screen = self.screen();
            if is_wanted(&screen) {
                return screen;
            }
            assert!(Instant::now() < deadline, "the screen does not show {what}:\n{screen}");
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until the screen shows a text, and returns it all.
    ///
    /// # Panics
    /// Where that takes longer than two minutes.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?}"), |screen| screen.contains(text))
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).output();
    }
}
