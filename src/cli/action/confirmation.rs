//! The question before something that cannot be undone: how many devices are meant? Typing the number takes a look
//! at the list; a "y" is typed by habit.

use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::terminal_question::{can_ask_person, read_typed_count};
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
