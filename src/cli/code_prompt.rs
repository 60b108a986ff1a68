//! The code of a second factor: asked for where the bus says that it is missing, and never taken from an argument. A code
//! works once, so a command that sends more than one request begins a session with it.

use secrecy::{ExposeSecret, SecretString};
use sics_client::{ClientAuth, ClientError, SicsClient};

use super::failure::CommandFailure;
use super::secret_input;
use crate::contract::NewSessionBody;

/// What the bus answers where the password was right and the code is missing.
const NEEDED: &str = "secondFactorNeeded";

pub(crate) fn is_code_missing(error: &ClientError) -> bool {
    error.has_code(NEEDED)
}

/// Sends a request with the password of this person; where their account has a second factor, once more with its code.
pub(crate) async fn send_with_code<A>(
    name: &str,
    send: impl AsyncFn(Option<String>) -> Result<A, ClientError>,
) -> Result<A, CommandFailure> {
    match send(None).await {
        Err(error) if is_code_missing(&error) => Ok(send(Some(ask_for_code(name)?)).await?),
        answer => Ok(answer?),
    }
}

/// A client that signs in by a session of this person, begun with a code.
pub(crate) async fn begin_session(
    client: &SicsClient,
    name: &str,
    password: SecretString,
) -> Result<SicsClient, CommandFailure> {
    let body = NewSessionBody {
        name: name.to_owned(),
        password,
        code: Some(ask_for_code(name)?),
    };
    let started = client.with_auth(ClientAuth::Nobody).begin_session(&body).await?;
    Ok(client.with_auth(ClientAuth::Token(SecretString::from(started.token.0))))
}

/// A session that is of no more use; one that can't be ended is over within an hour.
pub(crate) async fn end_session(client: &SicsClient) {
    let _ = client.end_session("current").await;
}

pub(crate) fn ask_for_code(name: &str) -> Result<String, CommandFailure> {
    let prompt = format!("Code of the second factor of {name}");
    let code = secret_input::prompt_hidden(&prompt, "run the command in a terminal, or use a token")?;
    let code = code.expose_secret().trim().to_owned();
    if code.is_empty() {
        return Err(CommandFailure::usage_error(
            format!("{prompt}: the value is empty"),
            "run the command again and type it",
        ));
    }
    Ok(code)
}
