//! What commands do in a data folder itself, because no request may ask for it (E6): files of the machine that are read
//! again and again.

use std::path::Path;

use serde_json::{Value, json};

use super::client::segment;
use super::connection::{Bus, ConnectArgs, folder};
use super::failure::{Exit, Failure, chain};
use super::{offline, out};
use crate::app::{self, TokenFileError};
use crate::config::{CredentialUse, InstanceDraft};
use crate::model::{InstanceName, StartType};
use crate::observe::Clock;
use crate::store::OpenError;

/// Sets it in the folder itself: which file of the machine is read is nothing that a request says.
pub async fn set_token_file(
    connect: &ConnectArgs,
    name: &InstanceName,
    file: &Path,
    purpose: &str,
    as_json: bool,
) -> Result<(), Failure> {
    let Some(data) = folder(connect).filter(|_| connect.url.is_none() && connect.connection.is_none()) else {
        return Err(Failure::usage(
            "instances token-file works on a data folder of this machine",
            "give --data DIR",
        ));
    };
    offline::keep_files_private();
    let of = CredentialUse::ALL.into_iter().find(|of| of.word() == purpose);
    let of = of.unwrap_or(CredentialUse::Main);
    let set = app::set_token_file(&data, name, of, file, Clock::system()).await;
    let file = set.map_err(|error| not_set(&error))?;
    match as_json {
        true => out::json(&json!({ "name": name, "for": of.word(), "tokenFile": file })),
        false => out::line(format!("{name} reads {} for each token from now on", file.display())),
    }
}

fn not_set(error: &TokenFileError) -> Failure {
    let (exit, advice) = match error {
        TokenFileError::Open(OpenError::InUse { .. }) => (Exit::Busy, "stop the bus first"),
        TokenFileError::NoStore => (Exit::Conflict, "check the path: no bus has run on this folder yet"),
        TokenFileError::Unknown(_) => (Exit::Conflict, "intune-connector instances --data DIR lists them"),
        TokenFileError::File(error) => (Exit::Usage, error.advice()),
        TokenFileError::Settings(error) => (Exit::Usage, error.advice.as_str()),
        TokenFileError::Open(_) | TokenFileError::Store(_) => {
            (Exit::Failed, "intune-connector doctor --data DIR looks for the cause")
        }
    };
    Failure::new(exit, format!("failed to set the token file: {}", chain(error)), advice)
}

/// A new instance that reads a file of this machine again and again: kept in the folder itself, without a request.
pub async fn add_here(bus: &Bus, draft: &InstanceDraft, start_type: StartType, starts: bool) -> Result<Value, Failure> {
    let Some(open) = bus.opened() else {
        return Err(Failure::new(
            Exit::Busy,
            "token_file names a file of the bus's own machine, which is set while no bus runs",
            "stop the bus and repeat the command with --data DIR, or write the instance's settings file by hand",
        ));
    };
    let instances = &open.running().instances;
    let name = instances
        .add_by_owner(draft, start_type, starts)
        .await
        .map_err(|error| {
            Failure::new(
                Exit::Usage,
                format!("failed to add the instance: {}", chain(&error)),
                "",
            )
        })?;
    bus.client
        .get(&format!("/instances/{}", segment(name.as_str())), &[])
        .await
}
