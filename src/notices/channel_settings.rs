//! A channel as the store keeps it: what is no secret as JSON, and its secrets as JSON that is sealed for the id of the channel
//! (E7). An address of a webhook is a secret as a whole: whoever knows it can write there.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::config::{SealContext, SealError, SecretKey};
use crate::contract::{MailSecurity, NoticeForm};

/// Where messages go, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum ChannelSettings {
    Mail(MailSettings),
    Webhook(PostSettings),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailSettings {
    /// As its certificate has it.
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    /// `None`: nobody signs in.
    pub user: Option<String>,
    /// The sender of the messages.
    pub from: String,
    pub allow_private: bool,
    /// Further certificate authorities, PEM.
    pub authorities: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostSettings {
    /// The host of the address, for people.
    pub host: String,
    pub form: NoticeForm,
    pub allow_private: bool,
    pub signed: bool,
    pub authorized: bool,
    /// Further certificate authorities, PEM.
    pub authorities: Option<String>,
}

/// A secret within JSON that is sealed as a whole.
#[derive(Debug, Clone)]
pub struct SecretText(pub SecretString);

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(given: D) -> Result<SecretText, D::Error> {
        String::deserialize(given).map(|text| SecretText(SecretString::from(text)))
    }
}

/// What a channel keeps secret.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelSecrets {
    /// Of the user of a mail server.
    pub password: Option<SecretText>,
    /// The address of a webhook.
    pub url: Option<SecretText>,
    /// By which its messages are signed.
    pub key: Option<SecretText>,
    /// What its header `Authorization` says.
    pub authorization: Option<SecretText>,
    /// Of the form `template`: JSON. Tools of people on call want their key in it.
    pub template: Option<SecretText>,
}

impl ChannelSecrets {
    /// For the channel of this id, and for no other.
    pub fn seal(&self, key: &SecretKey, id: &str) -> Result<String, SealError> {
        let json = serde_json::to_vec(self).expect("texts make JSON");
        key.seal_secret(SealContext::NoticeChannel { id }, &Zeroizing::new(json))
    }

    /// Those of the channel of this id; none where nothing was sealed.
    pub fn open(key: &SecretKey, id: &str, sealed: Option<&str>) -> Result<ChannelSecrets, SealError> {
        let Some(sealed) = sealed else {
            return Ok(ChannelSecrets::default());
        };
        let opened = key.open_sealed(SealContext::NoticeChannel { id }, sealed)?;
        serde_json::from_slice(opened.expose_secret()).map_err(|_| SealError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e7_secrets_open_for_their_channel_alone_and_are_shown_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::load_or_create(folder.path()).unwrap();
        let secrets = ChannelSecrets {
            password: Some(SecretText(SecretString::from("correct horse"))),
            template: Some(SecretText(SecretString::from(r#"{"routing_key": "horse"}"#))),
            ..ChannelSecrets::default()
        };
        let sealed = secrets.seal(&key, "one").unwrap();
        assert!(!sealed.contains("horse") && !format!("{secrets:?}").contains("horse"));
        let opened = ChannelSecrets::open(&key, "one", Some(&sealed)).unwrap();
        assert_eq!(opened.password.unwrap().0.expose_secret(), "correct horse");
        assert!(matches!(
            ChannelSecrets::open(&key, "two", Some(&sealed)),
            Err(SealError::OtherPlace)
        ));
        assert!(ChannelSecrets::open(&key, "one", None).unwrap().password.is_none());
    }
}
