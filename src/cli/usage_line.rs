//! The usage line below a refused command line: that of the command as a whole. The parser's own line has the options that
//! happen to be there, and looks as if they were needed. Pure.

use clap::Command;
use clap::error::{ContextKind, ContextValue};

pub(super) fn tell_whole_usage(error: &mut clap::Error, command: &Command) {
    let Some(ContextValue::StyledStr(given)) = error.get(ContextKind::Usage) else {
        return;
    };
    let given = given.to_string();
    let mut whole = command.clone();
    whole.build();
    let usage = find_place(&whole, &given).clone().render_usage();
    error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
}

/// The command that a usage line is of.
fn find_place<'a>(command: &'a Command, usage: &str) -> &'a Command {
    let mut place = command;
    for word in usage.lines().next().unwrap_or_default().split_whitespace() {
        if let Some(inner) = place.find_subcommand(word) {
            place = inner;
        }
    }
    place
}
