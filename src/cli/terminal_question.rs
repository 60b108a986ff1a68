//! Questions of a command to whoever sits at the terminal.

use std::io::{BufRead, IsTerminal, Write};

use super::failure::{CommandFailure, ExitReason};
use super::output;

/// Whether there is a terminal to prompt on.
pub(crate) fn can_ask_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A number from the terminal; anything else is not a confirmation.
pub(crate) fn read_typed_count(question: &str) -> Result<u64, CommandFailure> {
    let failed =
        |error: std::io::Error| CommandFailure::general_error(format!("failed to prompt: {error}"), "use --yes-i-mean");
    let mut err = std::io::stderr().lock();
    write!(err, "{}", output::wrap_for_stderr(question))
        .and_then(|()| err.flush())
        .map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    line.trim().parse().map_err(|_| {
        CommandFailure::new(
            ExitReason::Conflict,
            "no number was typed; nothing was done",
            "type the number of devices, or press Ctrl-C to stop",
        )
    })
}

/// A line from the terminal; `advice`: the option that takes it, too.
pub(crate) fn ask_line(question: &str, advice: &str) -> Result<String, CommandFailure> {
    let failed = |error: std::io::Error| CommandFailure::general_error(format!("failed to prompt: {error}"), advice);
    let mut err = std::io::stderr().lock();
    write!(err, "{}", output::wrap_for_stderr(question))
        .and_then(|()| err.flush())
        .map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line.trim().to_owned())
}
