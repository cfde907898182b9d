//! Room on the stack for what strangers send.
//!
//! The AMQP library reads a message's headers by recursion, before any code of ours sees them, on a thread of its own
//! whose stack it does not let us choose. A few thousand nested lists end a process with the usual two megabytes. The
//! largest headers that a broker passes on need some tens of megabytes, which are reserved and not used.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// What the standard library gives to threads whose creator does not say otherwise, in bytes.
const VARIABLE: &str = "RUST_MIN_STACK";

/// Enough for headers as large as a frame, nested all the way, in a build without optimisation.
const ENOUGH: u64 = 512 * 1024 * 1024;

/// Sees that threads have stacks of the needed size: the process replaces itself once by the same program with the same
/// arguments. To be called first in `main`, before there are threads.
///
/// # Errors
///
/// The program could not be started again. It goes on with small stacks then, if the caller lets it.
pub fn ensure() -> io::Result<()> {
    let given = std::env::var(VARIABLE).ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    if given >= ENOUGH {
        return Ok(());
    }
    let program = std::env::current_exe()?;
    let mut arguments = std::env::args_os();
    let mut command = Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    Err(command.args(arguments).env(VARIABLE, ENOUGH.to_string()).exec())
}
