//! `envlock` holds a named environment lock around a command.
//!
//! Who wants in draws a ticket (`files`), waits for those ahead of it by the rules of the queue (`queue`, `wait`,
//! `enter`), and then locks the file that everybody else locks too. The kernel proves who is alive; what dead
//! owners leave is cleared up by those who come after them (`recover`). `process` starts and minds the command,
//! `look` sees who is there, `report` and `words` tell machines and people, and `run` is where all of it meets.

pub mod cli;
pub mod enter;
pub mod files;
pub mod held;
pub mod look;
pub mod process;
pub mod queue;
pub mod record;
pub mod recover;
pub mod report;
pub mod run;
pub mod wait;
pub mod words;
