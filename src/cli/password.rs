//! `operators password`: sets one's own password. It takes the one that holds, whatever else a connection keeps: a token
//! can't do it. All tokens of the account end by it, so a saved connection gets a new one.

use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::client::{Auth, Client, segment};
use super::connection::{ConnectArgs, folder};
use super::failure::{Exit, Failure};
use super::pin;
use super::plain::{PlainHttp, may_carry_secrets};
use super::saved::{self, Connections};
use super::{out, secret_input, waiting};
use crate::app::{LocalConnection, local_connection_path};

#[derive(Debug, Args)]
pub struct Password {
    /// Your name; where it is left out, that of the connection
    name: Option<String>,
    /// File with the new password; - reads standard input; without it you are asked
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// File with the password that holds; without it (and --password-file) you are asked
    #[arg(long, value_name = "FILE")]
    current_password_file: Option<PathBuf>,
}

/// Where to sign in, and as whom.
struct Way {
    url: Url,
    user: String,
    certificate: Option<Vec<u8>>,
    plain: PlainHttp,
    /// Name of the saved connection, where it is one.
    saved: Option<String>,
}

pub async fn run(args: &Password, connect: &ConnectArgs) -> Result<(), Failure> {
    let way = way(args, connect).await?;
    may_carry_secrets(&way.url, way.plain)?;
    let file = args
        .current_password_file
        .as_deref()
        .or(connect.password_file.as_deref());
    let current = secret_input::read(file, &format!("Password of {} that holds", way.user))?;
    let new = secret_input::read(
        args.new_password_file.as_deref(),
        &format!("New password of {}", way.user),
    )?;
    let path = format!("/operators/{}", segment(&way.user));
    let body = json!({"password": new.expose_secret(), "currentPassword": current.expose_secret()});
    client(&way, current)?.patch(&path, &[], &body).await?;
    out::say(format!(
        "the password of {} is changed; all its tokens are void",
        way.user
    ));
    let client = client(&way, new)?;
    waiting::tell(&client).await;
    match &way.saved {
        Some(name) => renew(&client, &way, name).await,
        None => Ok(()),
    }
}

fn client(way: &Way, password: SecretString) -> Result<Client, Failure> {
    let user = way.user.clone();
    Client::new(
        &way.url,
        Auth::Basic { user, password },
        way.certificate.as_deref(),
        way.plain,
    )
}

async fn way(args: &Password, connect: &ConnectArgs) -> Result<Way, Failure> {
    let parse = |text: &str| {
        Url::parse(text)
            .map_err(|error| Failure::failed(format!("the address {text} can't be read: {error}"), "login again"))
    };
    let plain = PlainHttp::of(connect.plain_http);
    if let (Some(url), Some(user)) = (&connect.url, &connect.user) {
        may_carry_secrets(url, plain)?;
        let certificate = match connect.fingerprint {
            Some(fingerprint) => Some(pin::fetch(url, fingerprint).await?),
            None => None,
        };
        return Ok(Way {
            url: url.clone(),
            user: args.name.clone().unwrap_or_else(|| user.clone()),
            certificate,
            plain,
            saved: None,
        });
    }
    if let (None, Some(folder)) = (&connect.connection, folder(connect)) {
        let name = args
            .name
            .clone()
            .ok_or_else(|| Failure::usage("whose password it is is not said", "operators password NAME"))?;
        let path = local_connection_path(&folder);
        let bytes = std::fs::read(&path).map_err(|error| Failure::file("read", &path, &error))?;
        let local: LocalConnection = serde_json::from_slice(&bytes)
            .map_err(|_| Failure::failed(format!("{} can't be read", path.display()), "restart the bus"))?;
        let url = parse(&local.url)?;
        let certificate = match local.fingerprint.as_deref().map(str::parse) {
            Some(Ok(fingerprint)) => Some(pin::fetch(&url, fingerprint).await?),
            Some(Err(error)) => return Err(Failure::failed(error, "restart the bus")),
            None => None,
        };
        return Ok(Way {
            url,
            user: name,
            certificate,
            plain: PlainHttp::Allowed,
            saved: None,
        });
    }
    let known = Connections::load(&saved::folder()?)?;
    let name = connect.connection.clone().or(known.default.clone());
    let connection = name.as_ref().and_then(|name| known.connections.get(name));
    let (Some(name), Some(connection)) = (&name, connection) else {
        return Err(Failure::new(
            Exit::Usage,
            "it is not said which bus is meant",
            "operators password --url URL --user NAME, or --connection NAME",
        ));
    };
    Ok(Way {
        url: parse(&connection.url)?,
        user: args.name.clone().unwrap_or_else(|| connection.user.clone()),
        certificate: connection
            .certificate
            .as_deref()
            .and_then(|text| hex::decode(text).ok()),
        plain: PlainHttp::of(connect.plain_http || connection.plain_http),
        saved: (args.name.as_deref().unwrap_or(&connection.user) == connection.user).then(|| name.clone()),
    })
}

/// A saved connection goes on with a new token.
async fn renew(client: &Client, way: &Way, name: &str) -> Result<(), Failure> {
    let path = format!("/operators/{}/tokens", segment(&way.user));
    let made = client.post(&path, &json!({"name": format!("login {name}")})).await?;
    let Some(token) = made["token"].as_str() else {
        return Err(Failure::failed("the bus gave no token", "login again"));
    };
    let folder = saved::folder()?;
    let mut known = Connections::load(&folder)?;
    if let Some(connection) = known.connections.get_mut(name) {
        token.clone_into(&mut connection.token);
    }
    known.save(&folder)?;
    out::say(format!("connection {name} goes on with a new token"));
    Ok(())
}
