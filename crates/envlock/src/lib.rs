//! `envlock` holds a named environment lock around a command.
//!
//! Who wants in draws a ticket (`files`), waits for those ahead of it by the rules of the queue (`queue`, `wait`,
//! `enter`), and then locks the file that everybody else locks too. The kernel proves who is alive; what dead
//! owners leave is cleared up by those who come after them (`recover`). `session` sets up, runs the command and takes
//! down, `process` starts and minds what runs, `look` sees who is there, `history` remembers, `force` breaks a lock,
//! `report` and `words` tell machines and people, and `run` is where all of it meets.

pub mod cli;
pub mod enter;
pub mod files;
pub mod force;
pub mod held;
pub mod history;
pub mod look;
pub mod process;
pub mod queue;
pub mod record;
pub mod recover;
pub mod report;
pub mod run;
pub mod session;
pub mod teardown;
pub mod wait;
pub mod words;
