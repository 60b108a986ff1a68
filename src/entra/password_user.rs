//! The password grant: an application that signs in as a person.
//!
//! It exists for one reason: the product that a compliance node with `compatible = yes` takes the place of signed in
//! so, and somebody may have to go on for a while before the rights of the application are granted. Microsoft advises
//! against it; it keeps the password of an administrator in a file, and wants that account excepted from the second
//! factor. So it is off unless a node says `password_grant = yes` besides, it is refused everywhere else, it warns as
//! long as it is in use, and a person's token is an identity of its own in the cache: tenant, application and user
//! together are its key, so that none is ever given out in place of another.
//!
//! What is asked for is one right, reading devices, whatever else the application may do in the person's name.

use openssl::sha::Sha256;
use secrecy::{ExposeSecret, SecretString};

use super::authority::Authority;

/// For the doctor, the list of nodes and the log, as long as a node uses it.
pub const PASSWORD_GRANT_WARNING: &str = "signs in as a person with a password, which Microsoft advises against: the account must \
work without a second factor, and its password is stored here";

pub const PASSWORD_GRANT_ADVICE: &str = "grant DeviceManagementManagedDevices.Read.All (application) to the app registration and remove \
`password_grant`, `user_name` and `user_password` from the node";

/// All that a decision reads.
const RIGHT: &str = "DeviceManagementManagedDevices.Read.All";

/// In whose name an application signs in. Who it is stays as secret as the password: it is a person's name.
#[derive(Clone)]
pub(crate) struct PasswordUser {
    user_name: SecretString,
    password: SecretString,
}

impl PasswordUser {
    pub(super) fn new(user_name: &str, password: &SecretString) -> PasswordUser {
        PasswordUser {
            user_name: SecretString::from(user_name),
            password: password.clone(),
        }
    }

    /// What the form has in place of `grant_type=client_credentials`.
    pub(crate) fn form_fields(&self) -> [(&'static str, &str); 3] {
        [
            ("grant_type", "password"),
            ("username", self.user_name.expose_secret()),
            ("password", self.password.expose_secret()),
        ]
    }

    /// What no text may repeat.
    pub(crate) fn secret_texts(&self) -> [&SecretString; 2] {
        [&self.user_name, &self.password]
    }

    /// Makes an identity another one for each person. The name's case makes no other person.
    pub(crate) fn hash_into(&self, hash: &mut Sha256) {
        for text in [
            &self.user_name.expose_secret().to_lowercase(),
            self.password.expose_secret(),
        ] {
            hash.update(&text.len().to_le_bytes());
            hash.update(text.as_bytes());
        }
    }
}

/// The one right by its full name.
pub(crate) fn device_read_scope(authority: &Authority) -> String {
    format!("{}/{RIGHT}", authority.graph_url)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Every file below `folder`, but for this room and for tests.
    fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn pn13_nobody_but_the_compliance_room_asks_for_a_token_in_a_persons_name() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut all = Vec::new();
        sources(&src, &mut all);
        let asking = all.iter().filter(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            text.contains("TokenSource::for_user")
        });
        for file in asking {
            let inside = file.strip_prefix(&src).unwrap();
            let known = inside.starts_with("compliance") || inside == Path::new("entra/password_user.rs");
            assert!(known, "{} asks for a token in a person's name", inside.display());
        }
    }
}
