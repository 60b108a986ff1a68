//! `operators second-factor`: sets up or removes one's own second factor, with one's password, whatever a connection keeps.
//! `operators reset-second-factor` takes it away from somebody who has lost it; that waits like other control over accounts.

use std::io::IsTerminal;

use clap::Args;
use secrecy::SecretString;
use serde_json::json;
use sics_client::{ClientAuth, PlainHttp, SicsClient, check_secret_transport};

use super::account_output::{print_operator, print_reply};
use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::pinned_client::build_client;
use super::{certificate_pin, code_prompt, output, secret_input};
use crate::contract::{CodeBody, PasswordBody, PasswordCodeBody};

#[derive(Debug, Args)]
pub(crate) struct SecondFactorArgs {
    /// Remove it, with your password and a code
    #[arg(long)]
    remove: bool,
}

pub(crate) async fn run(args: &SecondFactorArgs, connect: &ConnectArgs, as_json: bool) -> Result<(), CommandFailure> {
    let (client, user, password) = sign_in(connect).await?;
    if args.remove {
        return remove_own(&client, &user, password, as_json).await;
    }
    let draft = client.begin_second_factor(&PasswordBody { password }).await?;
    output::eprint_line("add this to your authenticator app: as a QR code of the address, or by typing the seed");
    output::eprint_line(&draft.uri.0);
    output::eprint_line(&draft.secret.0);
    let code = code_prompt::ask_for_code(&user)?;
    let recovery = client.confirm_second_factor(&CodeBody { code }).await?;
    output::print_answer(&recovery, as_json, || {
        output::eprint_line(
            "from now on the password needs a code; each of these recovery codes stands in for one once, and they are \
             shown only now",
        );
        let mut codes = recovery.codes.iter();
        codes.try_for_each(|code| output::print_verbatim(&code.0))
    })
}

async fn remove_own(
    client: &SicsClient,
    user: &str,
    password: SecretString,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let session = code_prompt::begin_session(client, user, password.clone()).await?;
    // The session was begun with a code just now; each works once.
    let code = String::new();
    let removed = session.remove_second_factor(&PasswordCodeBody { password, code }).await;
    code_prompt::end_session(&session).await;
    removed?;
    output::print_answer(&json!({"operator": user}), as_json, || {
        output::print_line(format!("operator {user} has no second factor any more"))
    })
}

/// By name and password: a token is not enough for this.
async fn sign_in(connect: &ConnectArgs) -> Result<(SicsClient, String, SecretString), CommandFailure> {
    let (Some(url), Some(user)) = (&connect.url, &connect.user) else {
        return Err(CommandFailure::usage_error(
            "address and user are required",
            "use: intune-connector operators second-factor --url URL --user NAME",
        ));
    };
    require_terminal()?;
    let plain = PlainHttp::from_flag(connect.plain_http);
    check_secret_transport(url, plain)?;
    let pinned = match connect.fingerprint {
        Some(fingerprint) => Some(certificate_pin::fetch_pinned_certificate(url, fingerprint).await?),
        None => None,
    };
    let prompt = format!("Password of {user}");
    let password = secret_input::read_password(connect.password_file.as_deref(), "--password-file", &prompt)?;
    let auth = ClientAuth::Basic {
        user: user.clone(),
        password: password.clone(),
    };
    let client = build_client(url, auth, pinned.as_deref(), plain)?;
    Ok((client, user.clone(), password))
}

/// A code can be typed only; where nobody can, no seed is shown, which would be in a log then.
fn require_terminal() -> Result<(), CommandFailure> {
    if std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(CommandFailure::usage_error(
        "a code of the second factor has to be typed, and there is no terminal",
        "run the command in a terminal with --password-file FILE, or use the page of your account in the console",
    ))
}

/// Of somebody else.
pub(crate) async fn reset(name: &str, connect: &ConnectArgs, as_json: bool) -> Result<(), CommandFailure> {
    with_bus(connect, async |bus| {
        let reply = bus.client.reset_second_factor(name).await?;
        print_reply(&reply, as_json, print_operator)
    })
    .await
}
