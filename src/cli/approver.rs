//! Who agrees, as options and by questions.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use super::failure::CommandFailure;
use super::secret_input;
use super::terminal_question::ask_line;

/// Who agrees; never taken from the connection.
#[derive(Debug, Args)]
pub(crate) struct ApproverArgs {
    /// Name of the approver; prompts if omitted
    #[arg(long, value_name = "NAME")]
    pub approver: Option<String>,
    /// File with the approver's password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE")]
    pub approver_password_file: Option<PathBuf>,
}

/// Who agrees, by name and password.
pub(crate) fn ask_for_approver(args: &ApproverArgs) -> Result<(String, SecretString), CommandFailure> {
    let name = match &args.approver {
        Some(name) => name.clone(),
        None if std::io::stdin().is_terminal() => ask_line("Your name: ", "use --approver NAME")?,
        None => {
            return Err(CommandFailure::usage_error(
                "no approver specified",
                "use --approver NAME",
            ));
        }
    };
    let (file, prompt) = (args.approver_password_file.as_deref(), format!("Password of {name}"));
    let password = secret_input::read_password(file, "--approver-password-file", &prompt)?;
    Ok((name, password))
}
