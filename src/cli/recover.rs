//! `operators recover`: the way back in on the bus's own machine, when nobody can sign in who may manage operators.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::connection::{ConnectArgs, folder};
use super::failure::{Exit, Failure, chain};
use super::{offline, out, secret_input};
use crate::app::{self, RecoverError};
use crate::observe::Clock;
use crate::store::{OpenError, Recovered};

#[derive(Debug, Args)]
pub struct Recover {
    /// Name to sign in with; made where there is nobody of this name
    name: String,
    /// File with the new password; - reads standard input; without it you are asked
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

pub async fn run(args: &Recover, connect: &ConnectArgs, as_json: bool) -> Result<(), Failure> {
    let Some(data) = folder(connect).filter(|_| connect.url.is_none() && connect.connection.is_none()) else {
        return Err(Failure::usage(
            "operators recover works on a data folder of this machine",
            "give --data DIR",
        ));
    };
    if !data.is_dir() {
        return Err(Failure::new(
            Exit::Conflict,
            format!("data folder {} does not exist", data.display()),
            "check the path",
        ));
    }
    offline::keep_files_private();
    let name = &args.name;
    let password = secret_input::read(args.new_password_file.as_deref(), &format!("New password for {name}"))?;
    let done = app::recover(&data, name, &password, Clock::system()).await;
    let done = done.map_err(|error| failure(&error))?;
    if as_json {
        let tokens = match done {
            Recovered::Reset { tokens } => tokens,
            Recovered::Made | Recovered::NobodysName(_) => 0,
        };
        return out::json(&json!({"name": name, "made": done == Recovered::Made, "tokensVoid": tokens}));
    }
    match done {
        Recovered::Reset { tokens } => out::line(format!(
            "operator {name} may do everything and has the new password; {tokens} tokens are void"
        )),
        Recovered::Made | Recovered::NobodysName(_) => {
            out::line(format!("operator {name} is made and may do everything"))
        }
    }
}

fn failure(error: &RecoverError) -> Failure {
    let (exit, advice) = match error {
        RecoverError::Open(OpenError::InUse { .. }) => (
            Exit::Busy,
            "stop the bus first; while it runs, who may read the folder changes operators with `operators change`",
        ),
        RecoverError::Name(_) => (
            Exit::Usage,
            "letters, digits, '-', '_', '.' or '@', beginning with a letter or digit",
        ),
        RecoverError::Password(_) => (Exit::Usage, "take another one; three or four random words do"),
        RecoverError::Local | RecoverError::NobodysName { .. } => (Exit::Conflict, "take the name of a person"),
        RecoverError::NoStore => (Exit::Conflict, "check the path: no bus has run on this folder yet"),
        RecoverError::Settings(_) | RecoverError::Open(_) | RecoverError::Store(_) => {
            (Exit::Failed, "intune-connector doctor --data DIR looks for the cause")
        }
    };
    Failure::new(exit, format!("failed to recover: {}", chain(error)), advice)
}
