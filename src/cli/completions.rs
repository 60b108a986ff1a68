//! `completions`: what a shell needs to complete commands and options.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;

use super::failure::CommandFailure;
use super::output;

/// Print the completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector completions bash > ~/.local/share/bash-completion/completions/intune-connector
  intune-connector completions zsh > ~/.zfunc/_intune-connector
  intune-connector completions fish > ~/.config/fish/completions/intune-connector.fish

`make install` and the Debian package install these scripts.")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: CompletionShell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CompletionShell {
    Bash,
    Zsh,
    Fish,
}

/// `program`: the whole command line.
#[expect(clippy::unused_async, reason = "as the other commands")]
pub(crate) async fn run(args: CompletionsArgs, program: Command) -> Result<(), CommandFailure> {
    output::print_verbatim(generate_script(args.shell, program).trim_end())
}

fn generate_script(shell: CompletionShell, mut program: Command) -> String {
    let shell = match shell {
        CompletionShell::Bash => Shell::Bash,
        CompletionShell::Zsh => Shell::Zsh,
        CompletionShell::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "intune-connector", &mut script);
    // For bash, clap_complete writes the hyphen of the program's name in two ways, so that nothing is completed behind a
    // command (clap-rs/clap#6421).
    String::from_utf8_lossy(&script).replace("intune__subcmd__connector", "intune__connector")
}
