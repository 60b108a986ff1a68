//! `login`: signs in once and keeps a token under a name, so that later commands need neither address nor password.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use sics_client::{ClientAuth, PlainHttp, SicsClient, check_secret_transport};
use url::Url;

use super::certificate_pin::{self, CertificateFingerprint};
use super::connection::parse_address;
use super::failure::{CommandFailure, ExitReason};
use super::output::{TableColumn, format_value};
use super::pinned_client::build_client;
use super::saved_connections::{self, ConnectionsFile, SavedConnection};
use super::{code_prompt, output, pending_relaxations, secret_input};
use crate::contract::{AccountReply, NewTokenBody};
use crate::model::{Timestamp, format_time};
use crate::observe::Clock;

/// Sign in to a bus once and save the connection under a name
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector login http://127.0.0.1:3900 --user anna
  intune-connector login https://bus.example:3900 --user anna --fingerprint 3f:a1:… --name work
  intune-connector login http://127.0.0.1:3900 --user anna --days 7
  intune-connector login --list")]
pub struct LoginArgs {
    /// Address of the bus
    #[arg(required_unless_present_any = ["list", "forget"], value_parser = parse_address)]
    url: Option<Url>,
    /// Operator to sign in as
    #[arg(long, value_name = "NAME", required_unless_present_any = ["list", "forget"])]
    user: Option<String>,
    /// File with the password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// SHA-256 of the bus's self-signed certificate, as `run` prints it; only that certificate is trusted
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<CertificateFingerprint>,
    /// Allow an http:// address of another machine: password and token are sent unencrypted; saved with the
    /// connection
    #[arg(long)]
    plain_http: bool,
    /// Name of the connection; the first one becomes the default
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,
    /// Make this connection the default
    #[arg(long)]
    default: bool,
    /// How many days the sign-in holds
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3_650))]
    days: u16,
    /// Show the saved connections
    #[arg(long, conflicts_with_all = ["url", "forget"])]
    list: bool,
    /// Remove a saved connection from this machine; its token stays valid until `operators remove-token` removes it
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    forget: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: LoginArgs) -> Result<(), CommandFailure> {
    let folder = saved_connections::user_config_folder()?;
    let mut saved = ConnectionsFile::load(&folder)?;
    if args.list {
        return print_connections(&saved, args.json);
    }
    if let Some(name) = &args.forget {
        if saved.connections.remove(name).is_none() {
            return Err(CommandFailure::new(
                ExitReason::Conflict,
                format!("connection {name} does not exist"),
                "list them: intune-connector login --list",
            ));
        }
        saved.default.take_if(|default| default == name);
        saved.save(&folder)?;
        output::eprint_line(format!(
            "connection {name} is removed from this machine; its token is still valid: \
             operators tokens shows it, operators remove-token removes it from the bus"
        ));
        return Ok(());
    }
    let (Some(url), Some(user)) = (&args.url, &args.user) else {
        return Err(CommandFailure::usage_error(
            "address and user are required",
            "use: intune-connector login URL --user NAME",
        ));
    };
    let signed_in = sign_in(&args, url, user).await?;
    let end = signed_in.connection.expires_at.map(format_time).unwrap_or_default();
    saved.connections.insert(args.name.clone(), signed_in.connection);
    if args.default || saved.default.is_none() {
        saved.default = Some(args.name.clone());
    }
    let kept = saved.save(&folder);
    if kept.is_err() {
        // A token that is kept nowhere is of use to nobody.
        let _ = signed_in.client.remove_token(user, &signed_in.token_id).await;
    }
    if signed_in.has_session {
        code_prompt::end_session(&signed_in.client).await;
    }
    kept?;
    output::eprint_line(format!(
        "signed in to {url} as {user} until {end}; saved as connection {}",
        args.name
    ));
    Ok(())
}

/// What a sign-in has come to.
struct SignedIn {
    /// To be saved.
    connection: SavedConnection,
    client: SicsClient,
    /// Number of the new token.
    token_id: i64,
    /// Whether the client signed in by a session, because a code was needed.
    has_session: bool,
}

async fn sign_in(args: &LoginArgs, url: &Url, user: &str) -> Result<SignedIn, CommandFailure> {
    let plain = PlainHttp::from_flag(args.plain_http);
    check_secret_transport(url, plain)?;
    if args.fingerprint.is_some() && url.scheme() != "https" {
        return Err(CommandFailure::usage_error(
            "--fingerprint requires HTTPS: plain HTTP has no certificate",
            "use an https:// address",
        ));
    }
    let pinned = match args.fingerprint {
        Some(fingerprint) => Some(certificate_pin::fetch_pinned_certificate(url, fingerprint).await?),
        None => None,
    };
    let prompt = format!("Password of {user}");
    let password = secret_input::read_password(args.password_file.as_deref(), "--password-file", &prompt)?;
    let auth = ClientAuth::Basic {
        user: user.to_owned(),
        password: password.clone(),
    };
    let client = build_client(url, auth, pinned.as_deref(), plain)?;
    let (client, has_session) = match client.test_connection().await {
        Err(error) if code_prompt::is_code_missing(&error) => {
            (code_prompt::begin_session(&client, user, password).await?, true)
        }
        answer => {
            answer?;
            (client, false)
        }
    };
    let _ = pending_relaxations::print_notices(&client).await;
    let machine = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let name = format!("login {}", machine.trim());
    let end = Clock::system().now() + TimeDelta::days(i64::from(args.days));
    let body = NewTokenBody {
        name: name.trim().to_owned(),
        expires_at: Some(end),
        ..NewTokenBody::default()
    };
    let reply = client.add_token(user, &body).await?;
    let token_id = match &reply {
        AccountReply::Made(token) => token.id,
        AccountReply::Waits(_) => 0,
    };
    let Some(token) = reply.into_token() else {
        return Err(CommandFailure::general_error(
            "the bus returned no token",
            "use the same version of command and bus",
        ));
    };
    let connection = SavedConnection {
        url: url.to_string(),
        user: user.to_owned(),
        token: token.0,
        expires_at: Some(end),
        certificate: pinned.map(hex::encode),
        plain_http: args.plain_http,
    };
    Ok(SignedIn {
        connection,
        client,
        token_id,
        has_session,
    })
}

/// A saved connection, without its token.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionLine<'a> {
    name: &'a str,
    url: &'a str,
    user: &'a str,
    default: bool,
    /// When the sign-in ends; null: never.
    expires_at: Option<Timestamp>,
    pinned_certificate: bool,
    plain_http: bool,
}

fn print_connections(saved: &ConnectionsFile, as_json: bool) -> Result<(), CommandFailure> {
    let lines = saved.connections.iter().map(|(name, connection)| ConnectionLine {
        name,
        url: &connection.url,
        user: &connection.user,
        default: saved.default.as_ref() == Some(name),
        expires_at: connection.expires_at,
        pinned_certificate: connection.certificate.is_some(),
        plain_http: connection.plain_http,
    });
    let rows: Vec<ConnectionLine<'_>> = lines.collect();
    let columns: [TableColumn<ConnectionLine<'_>>; 6] = [
        ("NAME", |row| format_value(&row.name)),
        ("URL", |row| format_value(&row.url)),
        ("USER", |row| format_value(&row.user)),
        ("DEFAULT", |row| format_value(&row.default)),
        ("ENDS", |row| format_value(&row.expires_at)),
        ("PINNED", |row| format_value(&row.pinned_certificate)),
    ];
    output::print_answer(&json!({ "connections": rows }), as_json, || {
        output::print_table(
            &columns,
            &rows,
            "no connections saved yet: intune-connector login URL --user NAME",
        )
    })
}
