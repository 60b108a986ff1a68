//! Help as people paste from it: an example is one line, however narrow the terminal is. What clap writes behind the
//! options it breaks at the width of the terminal; the text of a template it leaves as it is.

use clap::Command;

/// As clap's own, without what stands behind the options.
const ABOVE: &str = "{before-help}{about-with-newline}\n{usage-heading} {usage}\n\n{all-args}";

/// The command, with the examples of each subcommand as they are written.
pub(crate) fn keep_examples_whole(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |sub| with_whole_examples(keep_examples_whole(sub)))
    })
}

fn with_whole_examples(command: Command) -> Command {
    match command.get_after_help().map(ToString::to_string) {
        // Braces would be places of the template.
        Some(examples) if !examples.contains('{') => command.help_template(format!("{ABOVE}\n\n{examples}")),
        _ => command,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn examples_stay_in_one_line_in_a_narrow_terminal() {
        let mut seen = 0;
        for sub in keep_examples_whole(Cli::command()).get_subcommands() {
            let Some(examples) = sub.get_after_help().map(ToString::to_string) else {
                continue;
            };
            let mut narrow = sub.clone().term_width(40);
            let help = narrow.render_help().to_string();
            for line in examples.lines().filter(|line| line.contains("intune-connector ")) {
                assert!(help.contains(line), "{}: {line}\n{help}", sub.get_name());
                seen += 1;
            }
            assert!(help.contains("Usage: "), "{help}");
        }
        assert!(seen > 50, "{seen}");
    }

    #[test]
    fn no_help_text_has_a_brace_that_a_template_would_take() {
        for sub in Cli::command().get_subcommands() {
            let examples = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(!examples.contains('{'), "{}", sub.get_name());
        }
    }
}
