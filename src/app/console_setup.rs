//! The first set-up: a bus that has nobody yet leaves a token in its data folder, by which the owner of the folder makes the
//! first person in the console. Renewed at each start, gone once there is somebody.

use std::net::SocketAddr;
use std::path::Path;

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};

use super::local_connection::LocalConnectionError;
use crate::files;
use crate::model::Timestamp;
use crate::sics::auth::token::{ApiToken, TokenKind};
use crate::sics::{SETUP_FILE, Sics};
use crate::store::Store;

/// How long the token holds.
const SETUP_HOLDS: TimeDelta = TimeDelta::hours(1);

/// Opens the first set-up where there is nobody, and answers its token; what an earlier start has left goes in any case.
pub(crate) async fn prepare_setup(
    folder: &Path,
    sics: &Sics,
    store: &Store,
    now: Timestamp,
    address: SocketAddr,
    url: &str,
) -> Result<Option<SecretString>, LocalConnectionError> {
    let file = folder.join(SETUP_FILE);
    if let Err(error) = std::fs::remove_file(&file)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(LocalConnectionError::Setup(error));
    }
    if !store.needs_first_person().await? {
        return Ok(None);
    }
    let token = ApiToken::of_kind(TokenKind::OneTime)?;
    sics.open_setup(token.sha256, now + SETUP_HOLDS);
    let text = describe_setup(url, address, &token.text);
    files::replace_data_file(&file, text.as_bytes()).map_err(LocalConnectionError::Setup)?;
    Ok(Some(token.text))
}

/// What the owner of the data folder opens in a browser to make the first person, and how they reach it from another
/// machine while the bus listens on this one only. It has the token in it: it is for them alone.
pub fn describe_setup(url: &str, address: SocketAddr, token: &SecretString) -> String {
    let mut text = format!("{url}/setup#token={}\n", token.expose_secret());
    if address.ip().is_loopback() {
        let port = address.port();
        text.push_str(&format!(
            "from another machine, first: ssh -L {port}:{address} {}\n",
            machine_name()
        ));
    }
    text
}

/// The page that uses a sign-in link. The token stands behind `#`: no server and no log sees it.
pub fn sign_in_link_address(url: &str, token: &str) -> String {
    format!("{}/link#token={token}", url.trim_end_matches('/'))
}

/// As other machines may know this one.
fn machine_name() -> String {
    let bytes = files::read_file(Path::new("/etc/hostname"), 256);
    let name = bytes
        .ok()
        .and_then(|bytes| String::from_utf8(bytes.to_vec()).ok())
        .unwrap_or_default();
    match name.trim() {
        "" => "THIS-MACHINE".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_of_the_first_set_up_says_how_to_reach_a_bus_that_listens_on_this_machine_only() {
        let token = SecretString::from("ico_x");
        let text = |address: &str| describe_setup("http://127.0.0.1:3901", address.parse().unwrap(), &token);
        let here = text("127.0.0.1:3901");
        assert!(here.starts_with("http://127.0.0.1:3901/setup#token=ico_x\n"), "{here}");
        assert!(here.contains("ssh -L 3901:127.0.0.1:3901 "), "{here}");
        assert!(!text("192.0.2.1:3901").contains("ssh"));
        assert_eq!(
            sign_in_link_address("https://bus.example:3901/", "ico_y"),
            "https://bus.example:3901/link#token=ico_y"
        );
    }
}
