//! What commands do in a data folder itself, because no request may ask for it (E6): files of the machine that are read
//! again and again.

use std::path::Path;

use serde_json::json;

use super::connection::{BusConnection, ConnectArgs, data_folder};
use super::failure::{CommandFailure, ExitReason, error_chain};
use super::offline_bus::doctor_advice;
use super::{offline_bus, output};
use crate::app::{self, TokenFileError};
use crate::config::{CredentialUse, InstanceDraft};
use crate::contract::InstanceView;
use crate::files::shell_word;
use crate::model::{InstanceName, StartType};
use crate::observe::Clock;
use crate::store::OpenError;

/// Sets it in the folder itself: which file of the machine is read is nothing that a request says.
pub(crate) async fn set_token_file(
    connect: &ConnectArgs,
    name: &InstanceName,
    file: &Path,
    purpose: &str,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let Some(data) = data_folder(connect).filter(|_| connect.url.is_none() && connect.connection.is_none()) else {
        return Err(CommandFailure::usage_error(
            "instances token-file works on a data folder of this machine",
            "use --data DIR",
        ));
    };
    offline_bus::keep_files_private();
    let of = CredentialUse::ALL.into_iter().find(|of| of.name() == purpose);
    let of = of.unwrap_or(CredentialUse::Main);
    let set = app::set_token_file(&data, name, of, file, Clock::system()).await;
    let file = set.map_err(|error| token_file_failure(&error, &data))?;
    if as_json {
        output::print_json(&json!({ "name": name, "for": of.name(), "tokenFile": file }))
    } else {
        output::print_line(format!("{name} now reads {} for each token", file.display()))
    }
}

fn token_file_failure(error: &TokenFileError, folder: &Path) -> CommandFailure {
    let (exit, advice) = match error {
        TokenFileError::Open(OpenError::InUse { .. }) => (ExitReason::Busy, "stop the bus first".to_owned()),
        TokenFileError::NoStore => (
            ExitReason::Conflict,
            "check the path: no bus has run on this folder yet".to_owned(),
        ),
        TokenFileError::Unknown(_) => (
            ExitReason::Conflict,
            format!("list them: intune-connector instances --data {}", shell_word(folder)),
        ),
        TokenFileError::File(error) => (ExitReason::Usage, error.advice().to_owned()),
        TokenFileError::Settings(error) => (ExitReason::Usage, error.advice.clone()),
        TokenFileError::Open(_) | TokenFileError::Store(_) => (ExitReason::Failed, doctor_advice(folder)),
    };
    CommandFailure::new(
        exit,
        format!("failed to set the token file: {}", error_chain(error)),
        advice,
    )
}

/// A new instance that reads a file of this machine again and again: kept in the folder itself, without a request.
pub(crate) async fn add_instance_offline(
    bus: &BusConnection,
    draft: &InstanceDraft,
    start_type: StartType,
    starts: bool,
) -> Result<InstanceView, CommandFailure> {
    let Some(open) = bus.offline_bus() else {
        return Err(CommandFailure::new(
            ExitReason::Busy,
            "token_file names a file on the machine of the bus and can only be set while no bus runs",
            "stop the bus and repeat the command with --data DIR, or edit the instance's settings file",
        ));
    };
    let instances = &open.running_bus().instances;
    let name = instances
        .add_as_owner(draft, start_type, starts)
        .await
        .map_err(|error| {
            CommandFailure::new(
                ExitReason::Usage,
                format!("failed to add the instance: {}", error_chain(&error)),
                "",
            )
        })?;
    Ok(bus.client.show_instance(&name).await?)
}
