//! The question before something that can't be taken back: how many devices are meant? A number is typed by somebody
//! who has looked; a "y" is typed by habit.

use std::io::{BufRead, Write};

use super::somebody_there;
use crate::cli::failure::{Exit, Failure};
use crate::cli::out;
use crate::model::Verb;

/// Goes on only where the number of devices was said.
pub fn asked(verb: Verb, count: u64, said: Option<u64>) -> Result<(), Failure> {
    let said = match said {
        Some(said) => said,
        None if somebody_there() => typed(&format!(
            "{verb} on {count} devices. Type the number of devices to go on: "
        ))?,
        None => {
            return Err(Failure::new(
                Exit::Conflict,
                format!("{verb} concerns {count} devices, and there is nobody to ask"),
                format!("if that is what you want, repeat it with --yes-i-mean {count}"),
            ));
        }
    };
    match said == count {
        true => Ok(()),
        false => Err(Failure::new(
            Exit::Conflict,
            format!("{count} devices are concerned, not {said}; nothing was done"),
            "look at the list again",
        )),
    }
}

/// A number from the terminal; anything else is no agreement.
pub fn typed(question: &str) -> Result<u64, Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("failed to ask: {error}"), "use --yes-i-mean");
    let mut err = std::io::stderr().lock();
    write!(err, "{}", out::shown(question))
        .and_then(|()| err.flush())
        .map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    line.trim().parse().map_err(|_| {
        Failure::new(
            Exit::Conflict,
            "no number was typed; nothing was done",
            "type the number of devices, or end it with Ctrl-C",
        )
    })
}
