//! `man`: the help of each command as a manual page.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;

use super::failure::CommandFailure;
use super::output;

/// Write the manual pages, one for each command
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector man ~/.local/share/man/man1
  intune-connector man . && man ./intune-connector-run.1

`make install` and the Debian package install these pages.")]
pub struct ManArgs {
    /// Folder for the pages; created if missing. Pages of the same name are replaced
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// `program`: the whole command line.
#[expect(clippy::unused_async, reason = "as the other commands")]
pub(crate) async fn run(args: ManArgs, program: Command) -> Result<(), CommandFailure> {
    std::fs::create_dir_all(&args.folder).map_err(|error| CommandFailure::file_error("make", &args.folder, &error))?;
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let written = write_pages(&program, &args.folder)?;
    output::print_line(format!("{written} manual pages are in {}", args.folder.display()))
}

/// The page of a command and those of the commands below it; how many.
fn write_pages(command: &Command, folder: &Path) -> Result<usize, CommandFailure> {
    let page = Man::new(command.clone()).source(concat!("intune-connector ", env!("CARGO_PKG_VERSION")));
    let path = folder.join(page.get_filename());
    let mut text = Vec::new();
    render_page(&page, command, &mut text)
        .and_then(|()| std::fs::write(&path, &text))
        .map_err(|error| CommandFailure::file_error("write", &path, &error))?;
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    below
        .map(|below| write_pages(below, folder))
        .try_fold(1, |sum, count| Ok(sum + count?))
}

fn render_page(page: &Man, command: &Command, out: &mut dyn Write) -> io::Result<()> {
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        page.render_options_section(out)?;
    }
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        page.render_subcommands_section(out)?;
    }
    match command.get_after_long_help().or_else(|| command.get_after_help()) {
        Some(text) => out.write_all(format_notes(&text.to_string()).as_bytes()),
        None => Ok(()),
    }
}

/// The text behind the options line by line, as it is: it holds commands to copy.
fn format_notes(text: &str) -> String {
    let mut section = String::from(".SH EXAMPLES AND NOTES\n.nf\n");
    for line in text.lines() {
        // A dot or an apostrophe at the beginning would be a command of the page.
        section.push_str("\\&");
        section.push_str(
            &line
                .replace('\\', "\\e")
                .replace('-', "\\-")
                .replace('\'', "\\(aq")
                .replace('`', "\\(ga"),
        );
        section.push('\n');
    }
    section + ".fi\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_keep_their_lines_and_what_a_page_would_take_for_a_command() {
        let notes = format_notes("Example:\n  a --b 'c'\n.d\n`e` \\");
        assert_eq!(
            notes,
            ".SH EXAMPLES AND NOTES\n.nf\n\\&Example:\n\\&  a \\-\\-b \\(aqc\\(aq\n\\&.d\n\\&\\(gae\\(ga \\e\n.fi\n"
        );
    }
}
