//! The question before something that cannot be undone: how many devices are meant? Typing the number takes a look
//! at the list; a "y" is typed by habit.

use std::io::{BufRead, Write};

use super::can_ask_person;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::model::{ActionKind, choose_form, format_count};

/// Goes on only where the number of devices was said.
pub(crate) fn confirm_device_count(verb: ActionKind, count: u64, said: Option<u64>) -> Result<(), CommandFailure> {
    let said = match said {
        Some(said) => said,
        None if can_ask_person() => read_typed_count(&format!(
            "{verb} on {}. Type the number of devices to continue: ",
            format_count(count, "device")
        ))?,
        None => {
            return Err(CommandFailure::new(
                ExitReason::Conflict,
                format!(
                    "{verb} affects {}, and there is no terminal to ask for confirmation",
                    format_count(count, "device")
                ),
                format!("to confirm, repeat the command with --yes-i-mean {count}"),
            ));
        }
    };
    if said == count {
        Ok(())
    } else {
        Err(CommandFailure::new(
            ExitReason::Conflict,
            format!(
                "{} {} affected, not {said}; nothing was done",
                format_count(count, "device"),
                choose_form(count, "is", "are")
            ),
            "check the list again",
        ))
    }
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
