//! `operators password`: sets one's own password. It requires the current one, whatever a connection keeps: a token
//! can't do it. All tokens of the account end by it, so a saved connection gets a new one.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;
use sics_client::{ClientAuth, PlainHttp, SicsClient, check_secret_transport};
use url::Url;

use super::certificate_pin;
use super::connection::{ConnectArgs, data_folder};
use super::failure::{CommandFailure, ExitReason};
use super::new_password::NewPasswordSource;
use super::pinned_client::build_client;
use super::saved_connections::{self, ConnectionsFile};
use super::{code_prompt, output, pending_relaxations, secret_input};
use crate::app::{LocalConnection, local_connection_path};
use crate::contract::{ConfirmQuery, NewTokenBody, OperatorBody};
use crate::files::shell_word;

#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// Your name; default: the name used by the connection
    name: Option<String>,
    /// File with the new password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// File with the current password; prompts if neither this nor --password-file is given
    #[arg(long, value_name = "FILE")]
    current_password_file: Option<PathBuf>,
}

/// Where to sign in, and as whom.
struct SignInConnection {
    url: Url,
    user: String,
    certificate: Option<Vec<u8>>,
    plain_http: PlainHttp,
    /// Name of the saved connection, where it is one.
    saved_name: Option<String>,
}

pub(crate) async fn run(args: &PasswordArgs, connect: &ConnectArgs) -> Result<(), CommandFailure> {
    let sign_in = resolve_sign_in(args, connect).await?;
    check_secret_transport(&sign_in.url, sign_in.plain_http)?;
    let file = args
        .current_password_file
        .as_deref()
        .or(connect.password_file.as_deref());
    let prompt = format!("Current password of {}", sign_in.user);
    let current = secret_input::read_password(file, "--current-password-file", &prompt)?;
    let source = NewPasswordSource {
        file: args.new_password_file.as_deref(),
        option: "--new-password-file",
        prompt: format!("New password of {}", sign_in.user),
    };
    let new = source.read()?;
    let body = OperatorBody {
        password: Some(new.clone()),
        current_password: Some(current.clone()),
        ..OperatorBody::default()
    };
    let (client, has_session) = change_password(&sign_in, current, new, &body).await?;
    output::eprint_line(format!(
        "the password of {} is changed; all tokens of the account are revoked",
        sign_in.user
    ));
    let _ = pending_relaxations::print_notices(&client).await;
    let renewed = match &sign_in.saved_name {
        Some(name) => renew_saved_token(&client, &sign_in, name).await,
        None => Ok(()),
    };
    if has_session {
        code_prompt::end_session(&client).await;
    }
    renewed
}

/// Changes it, and answers a client that signs in from then on: by the new password, or by the session that was begun with a
/// code, where one was needed.
async fn change_password(
    sign_in: &SignInConnection,
    current: SecretString,
    new: SecretString,
    body: &OperatorBody,
) -> Result<(SicsClient, bool), CommandFailure> {
    let (client, confirm) = (sign_in_client(sign_in, current.clone())?, ConfirmQuery::default());
    match client.change_operator(&sign_in.user, &confirm, body).await {
        Err(error) if code_prompt::is_code_missing(&error) => {
            let session = code_prompt::begin_session(&client, &sign_in.user, current).await?;
            session.change_operator(&sign_in.user, &confirm, body).await?;
            Ok((session, true))
        }
        answer => {
            answer?;
            Ok((sign_in_client(sign_in, new)?, false))
        }
    }
}

fn sign_in_client(sign_in: &SignInConnection, password: SecretString) -> Result<SicsClient, CommandFailure> {
    let user = sign_in.user.clone();
    build_client(
        &sign_in.url,
        ClientAuth::Basic { user, password },
        sign_in.certificate.as_deref(),
        sign_in.plain_http,
    )
}

async fn resolve_sign_in(args: &PasswordArgs, connect: &ConnectArgs) -> Result<SignInConnection, CommandFailure> {
    let parse = |text: &str| {
        Url::parse(text).map_err(|error| {
            CommandFailure::general_error(
                format!("the address {text} is invalid: {error}"),
                "sign in again: intune-connector login URL --user NAME",
            )
        })
    };
    let plain = PlainHttp::from_flag(connect.plain_http);
    if let (Some(url), Some(user)) = (&connect.url, &connect.user) {
        check_secret_transport(url, plain)?;
        let certificate = match connect.fingerprint {
            Some(fingerprint) => Some(certificate_pin::fetch_pinned_certificate(url, fingerprint).await?),
            None => None,
        };
        return Ok(SignInConnection {
            url: url.clone(),
            user: args.name.clone().unwrap_or_else(|| user.clone()),
            certificate,
            plain_http: plain,
            saved_name: None,
        });
    }
    if let (None, Some(folder)) = (&connect.connection, data_folder(connect)) {
        let name = args.name.clone().ok_or_else(|| {
            CommandFailure::usage_error("no operator specified", "use: intune-connector operators password NAME")
        })?;
        let path = local_connection_path(&folder);
        let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => not_running_failure(&folder, &name),
            _ => CommandFailure::file_error("read", &path, &error),
        })?;
        let local: LocalConnection = serde_json::from_slice(&bytes)
            .map_err(|_| CommandFailure::general_error(format!("cannot read {}", path.display()), "restart the bus"))?;
        let url = parse(&local.url)?;
        let certificate = match local.fingerprint.as_deref().map(str::parse) {
            Some(Ok(fingerprint)) => Some(certificate_pin::fetch_pinned_certificate(&url, fingerprint).await?),
            Some(Err(error)) => return Err(CommandFailure::general_error(error, "restart the bus")),
            None => None,
        };
        return Ok(SignInConnection {
            url,
            user: name,
            certificate,
            plain_http: PlainHttp::Allowed,
            saved_name: None,
        });
    }
    let saved_connections_file = ConnectionsFile::load(&saved_connections::user_config_folder()?)?;
    let name = connect.connection.clone().or(saved_connections_file.default.clone());
    let connection = name
        .as_ref()
        .and_then(|name| saved_connections_file.connections.get(name));
    let (Some(name), Some(connection)) = (&name, connection) else {
        return Err(CommandFailure::new(
            ExitReason::Usage,
            "no bus specified",
            "use --url URL --user NAME, or --connection NAME",
        ));
    };
    Ok(SignInConnection {
        url: parse(&connection.url)?,
        user: args.name.clone().unwrap_or_else(|| connection.user.clone()),
        certificate: connection
            .certificate
            .as_deref()
            .and_then(|text| hex::decode(text).ok()),
        plain_http: PlainHttp::from_flag(connect.plain_http || connection.plain_http),
        saved_name: (args.name.as_deref().unwrap_or(&connection.user) == connection.user).then(|| name.clone()),
    })
}

/// Only a bus that runs knows whether the current password is right.
fn not_running_failure(folder: &Path, name: &str) -> CommandFailure {
    let folder = shell_word(folder);
    CommandFailure::new(
        ExitReason::Unreachable,
        format!("no bus runs on {folder}"),
        format!(
            "start it: intune-connector run --data {folder}; if the current password is lost: \
             intune-connector operators recover {name} --data {folder}"
        ),
    )
}

/// A saved connection goes on with a new token.
async fn renew_saved_token(client: &SicsClient, sign_in: &SignInConnection, name: &str) -> Result<(), CommandFailure> {
    let body = NewTokenBody {
        name: format!("login {name}"),
        ..NewTokenBody::default()
    };
    let Some(token) = client.add_token(&sign_in.user, &body).await?.into_token() else {
        return Err(CommandFailure::general_error(
            "the bus returned no token",
            "sign in again: intune-connector login URL --user NAME",
        ));
    };
    let folder = saved_connections::user_config_folder()?;
    let mut saved_connections_file = ConnectionsFile::load(&folder)?;
    if let Some(connection) = saved_connections_file.connections.get_mut(name) {
        connection.token = token.0;
    }
    saved_connections_file.save(&folder)?;
    output::eprint_line(format!("connection {name} now has a new token"));
    Ok(())
}
