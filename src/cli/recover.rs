//! `operators recover`: the way back in on the bus's own machine, when no operator manager can sign in.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::connection::{ConnectArgs, data_folder, missing_folder_failure};
use super::failure::{CommandFailure, ExitReason, error_chain};
use super::local_connection::find_running_bus;
use super::new_password::NewPasswordSource;
use super::offline_bus::doctor_advice;
use super::{offline_bus, output};
use crate::app::{self, RecoverError};
use crate::files::shell_word;
use crate::model::{choose_form, format_count};
use crate::observe::Clock;
use crate::store::{AdministratorRecovery, OpenError};

#[derive(Debug, Args)]
pub(crate) struct RecoverArgs {
    /// Name to sign in with; the operator is created if it does not exist
    name: String,
    /// File with the new password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

pub(crate) async fn run(args: &RecoverArgs, connect: &ConnectArgs, as_json: bool) -> Result<(), CommandFailure> {
    let Some(data) = data_folder(connect).filter(|_| connect.url.is_none() && connect.connection.is_none()) else {
        return Err(CommandFailure::usage_error(
            "operators recover works on a data folder of this machine",
            "use --data DIR",
        ));
    };
    if !data.is_dir() {
        return Err(missing_folder_failure(&data, "check the path"));
    }
    offline_bus::keep_files_private();
    let name = &args.name;
    app::check_recovery(&data, name).map_err(|error| recover_failure(&error, name, &data))?;
    if find_running_bus(&data).await.is_ok_and(|running| running.is_some()) {
        let busy = RecoverError::Open(OpenError::InUse { folder: data.clone() });
        return Err(recover_failure(&busy, name, &data));
    }
    let source = NewPasswordSource {
        file: args.new_password_file.as_deref(),
        option: "--new-password-file",
        prompt: format!("New password for {name}"),
    };
    let password = source.read()?;
    let done = app::recover_administrator(&data, name, &password, Clock::system()).await;
    let done = done.map_err(|error| recover_failure(&error, name, &data))?;
    if as_json {
        let tokens = match done {
            AdministratorRecovery::Reset { tokens } => tokens,
            AdministratorRecovery::Made | AdministratorRecovery::NobodysName(_) => 0,
        };
        return output::print_json(
            &json!({"name": name, "made": done == AdministratorRecovery::Made, "tokensVoid": tokens}),
        );
    }
    match done {
        AdministratorRecovery::Reset { tokens } => output::print_line(format!(
            "operator {name} has all rights and the new password; {} {} revoked",
            format_count(tokens, "token"),
            choose_form(tokens, "is", "are")
        )),
        AdministratorRecovery::Made | AdministratorRecovery::NobodysName(_) => {
            output::print_line(format!("operator {name} is created and has all rights"))
        }
    }
}

fn recover_failure(error: &RecoverError, name: &str, folder: &Path) -> CommandFailure {
    let (exit, advice) = match error {
        RecoverError::Open(OpenError::InUse { .. }) => (
            ExitReason::Busy,
            format!(
                "stop the bus first; while it runs, use: intune-connector operators change {name} --data {}",
                shell_word(folder)
            ),
        ),
        RecoverError::Name(_) => (
            ExitReason::Usage,
            "use letters, digits, '-', '_', '.' or '@', beginning with a letter or digit".to_owned(),
        ),
        RecoverError::Password(_) => (
            ExitReason::Usage,
            "choose another one; three or four random words are enough".to_owned(),
        ),
        RecoverError::Local | RecoverError::NobodysName { .. } => {
            (ExitReason::Conflict, "use the name of a person".to_owned())
        }
        RecoverError::NoStore => (
            ExitReason::Conflict,
            "check the path: no bus has run on this folder yet".to_owned(),
        ),
        RecoverError::Settings(_) | RecoverError::Open(_) | RecoverError::Store(_) => {
            (ExitReason::Failed, doctor_advice(folder))
        }
    };
    CommandFailure::new(exit, format!("failed to recover: {}", error_chain(error)), advice)
}
