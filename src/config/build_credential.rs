//! One credential out of the keys of its purpose. The scan's keys have no prefix.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use zeroize::Zeroizing;

use super::bus::{get, read_optional};
use super::error::SettingsError;
use super::keys::ValueKind;
use super::secret_key::{InstanceSeal, KEY_FILE, is_sealed};
use super::setting_values::{COMMAND_LINE, SettingSource, SettingValues};
use super::value_parsers;
use super::{Credential, CredentialKind, SecretPlace, SigningAlgorithm};
use crate::files::{SecretBlanks, decode_secret, decode_text, is_data_folder, not_text, read_file, trim_invisible};

/// Larger files hold neither a secret nor the authorities of a system; as base64 or JSON they still fit into a request.
pub(super) const MAX_CONTENT_BYTES: u64 = 512 << 10;

/// Of a secret that is the key of the data folder.
const BUS_KEY: &str = "is the key of the bus";
const BUS_KEY_ADVICE: &str = "name the file with the secret itself; secret.key stays in the data folder";
/// Of a sealed secret where there is no key to open it.
pub(super) const SEALED: &str = "is sealed";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialPurpose {
    Scan,
    Next,
    Actions,
}

impl CredentialPurpose {
    pub(crate) const ALL: [CredentialPurpose; 3] = [
        CredentialPurpose::Scan,
        CredentialPurpose::Next,
        CredentialPurpose::Actions,
    ];

    pub(crate) fn key_prefix(self) -> &'static str {
        match self {
            CredentialPurpose::Scan => "",
            CredentialPurpose::Next => "next_",
            CredentialPurpose::Actions => "actions_",
        }
    }
}

/// The kinds of credential: the key that decides, and those that only make sense beside it.
pub(super) const KINDS: [(&str, &[&str]); 4] = [
    ("secret", &["secret_expires_on"]),
    ("pfx", &["pfx_password", "algorithm"]),
    ("cert", &["key", "algorithm"]),
    ("token_file", &[]),
];

/// A secret and the name of the key that gave it (`secret` or `secret_file`), or `None` where neither is given.
pub(super) type OpenedSecret<T> = Result<Option<(String, T)>, SettingsError>;

/// Opens secrets: with the instance's seal what is sealed, by reading the file what a `*_file` key names.
#[derive(Clone, Copy)]
pub(super) struct SecretOpener<'a> {
    pub seal: Option<InstanceSeal<'a>>,
}

impl SecretOpener<'_> {
    /// The clear bytes of secret `name`.
    pub(crate) fn open_bytes(&self, values: &SettingValues, name: &str) -> OpenedSecret<Zeroizing<Vec<u8>>> {
        let file_key = format!("{name}_file");
        let opened = match (values.given_text(name), values.given_text(&file_key)) {
            (Some(_), Some(_)) => {
                let advice = format!("keep {name} or {file_key}, not both");
                Err(values.entry_error(&file_key, format!("is given together with {name}"), advice))
            }
            (Some(text), None) => Ok(Some((name.to_owned(), self.clear_bytes(values, name, text)?))),
            (None, Some(_)) => Ok(Some((file_key.clone(), read_secret_file(values, name, &file_key)?))),
            (None, None) => Ok(None),
        }?;
        let is_bus_key = |bytes: &[u8]| self.seal.is_some_and(|seal| seal.is_own_key(bytes));
        match opened {
            // It would be sent elsewhere, and opens everything that is sealed here.
            Some((given_as, bytes)) if is_bus_key(&bytes) => {
                Err(values.entry_error(&given_as, BUS_KEY, BUS_KEY_ADVICE))
            }
            opened => Ok(opened),
        }
    }

    fn clear_bytes(&self, values: &SettingValues, name: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, SettingsError> {
        if is_sealed(text) {
            let Some(seal) = self.seal else {
                let advice = format!("it can only be opened in its data folder; give {name}_file here");
                return Err(values.entry_error(name, SEALED, advice));
            };
            return match seal.open_sealed(name, text) {
                Ok(plaintext) => Ok(Zeroizing::new(plaintext.expose_secret().to_vec())),
                Err(error) => Err(values.entry_error(name, error.problem(), error.advice())),
            };
        }
        let is_bytes = values
            .table
            .find_key(name)
            .is_some_and(|key| key.kind == ValueKind::SecretBytes);
        if !is_bytes {
            return Ok(Zeroizing::new(text.as_bytes().to_vec()));
        }
        let decoded = STANDARD.decode(text).map(Zeroizing::new);
        decoded
            .map_err(|_| values.entry_error(name, "is not base64", format!("give the file with {name}_file instead")))
    }

    pub(crate) fn open_text(&self, values: &SettingValues, name: &str) -> OpenedSecret<SecretString> {
        let Some((given_as, bytes)) = self.open_bytes(values, name)? else {
            return Ok(None);
        };
        if let Some(what) = not_text(&bytes) {
            return Err(values.entry_error(
                &given_as,
                format!("contains {what}"),
                "check that it is the right file, and save it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE`",
            ));
        }
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let text = if is_client_secret(name) {
            trim_invisible(text)
        } else {
            text
        };
        if text.is_empty() {
            return Err(values.entry_error(&given_as, "is empty", "check that it is the right file"));
        }
        Ok(Some((given_as, SecretString::from(text))))
    }
}

/// A client secret of Entra has no blanks; passwords may.
fn is_client_secret(name: &str) -> bool {
    name == "secret" || name.ends_with("_secret")
}

/// The content of a secret's file. Of text, the line break at the end is no part: every editor leaves one.
pub(super) fn read_secret_file(
    values: &SettingValues,
    name: &str,
    file_key: &str,
) -> Result<Zeroizing<Vec<u8>>, SettingsError> {
    let path = values.absolute_path(file_key).unwrap_or_default();
    if path.ends_with(KEY_FILE) && path.parent().is_some_and(is_data_folder) {
        return Err(values.entry_error(file_key, format!("{} {BUS_KEY}", path.display()), BUS_KEY_ADVICE));
    }
    let bytes = read_file(&path, MAX_CONTENT_BYTES).map_err(|error| {
        let problem = format!("{} {error}", path.display());
        values.entry_error(file_key, problem, error.advice())
    })?;
    let is_text = values
        .table
        .find_key(name)
        .is_some_and(|key| key.kind == ValueKind::SecretText);
    if !is_text {
        return Ok(bytes);
    }
    let blanks = match () {
        () if is_client_secret(name) => SecretBlanks::Removed,
        () if name.ends_with("password") => SecretBlanks::Kept,
        // PEM.
        () => return Ok(without_mark_and_end(&bytes)),
    };
    let secret = decode_secret(&bytes, blanks)
        .map_err(|error| values.entry_error(file_key, format!("{} {error}", path.display()), error.advice()))?;
    warn_about_blanks(name, &path, &bytes);
    Ok(Zeroizing::new(secret.as_bytes().to_vec()))
}

fn without_mark_and_end(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let without_mark = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let is_content = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    let end = without_mark.iter().rposition(is_content).map_or(0, |at| at + 1);
    Zeroizing::new(without_mark[..end].to_vec())
}

/// Blanks around a secret are seldom meant, and can't be seen.
fn warn_about_blanks(name: &str, path: &std::path::Path, bytes: &[u8]) {
    let has_blanks = decode_text(bytes).is_ok_and(|text| {
        let text = text.trim_end_matches(['\r', '\n']);
        trim_invisible(text) != text
    });
    let is_password = name.ends_with("password");
    if has_blanks && is_client_secret(name) {
        tracing::warn!(key = name, file = %path.display(), "removed spaces around the client secret");
    } else if has_blanks && is_password {
        tracing::warn!(key = name, file = %path.display(), "the password begins or ends with a space, which is treated as part of it");
    }
}

/// `None` where nothing of this purpose is given; for the scan that is an error.
pub(super) fn build_credential(
    values: &SettingValues,
    purpose: CredentialPurpose,
    opener: SecretOpener<'_>,
) -> Result<Option<Credential>, Vec<SettingsError>> {
    let prefix = purpose.key_prefix();
    let kind = choose_credential_kind(values, purpose)?;
    let Some(kind) = kind else {
        return Ok(None);
    };
    let kind = open_credential_kind(values, prefix, kind, opener).map_err(|error| vec![error])?;
    let own_client = match purpose {
        CredentialPurpose::Scan => None,
        _ => values.given_text(&format!("{prefix}client_id")),
    };
    Ok(Some(Credential {
        kind,
        client_id: own_client
            .or(values.given_text("client_id"))
            .map(str::to_ascii_lowercase)
            .unwrap_or_default(),
        algorithm: match get(values, &format!("{prefix}algorithm"), |text| {
            value_parsers::parse_word(text, &["ps256", "rs256"])
        }) {
            "rs256" => SigningAlgorithm::Rs256,
            _ => SigningAlgorithm::Ps256,
        },
        expires_on: read_optional(values, &format!("{prefix}secret_expires_on"), value_parsers::parse_date),
        secret_place: find_secret_place(values, prefix),
        file: find_credential_file(values, prefix),
    }))
}

/// By which way the client secret came.
pub(super) fn find_secret_place(values: &SettingValues, prefix: &str) -> SecretPlace {
    let (secret, file) = (format!("{prefix}secret"), format!("{prefix}secret_file"));
    let entry = values.find_entry(&secret).or_else(|| values.find_entry(&file));
    match entry.map(|entry| entry.source) {
        Some(SettingSource::Options) => SecretPlace::OptionFile,
        Some(SettingSource::Prompt) => SecretPlace::Prompt,
        Some(SettingSource::StandardInput) => SecretPlace::StandardInput,
        Some(SettingSource::Request) => SecretPlace::Request { key: secret },
        Some(SettingSource::File | SettingSource::Arguments) | None => SecretPlace::Setting { key: file },
    }
}

/// The file that holds the proof, where one is read.
fn find_credential_file(values: &SettingValues, prefix: &str) -> Option<PathBuf> {
    ["secret_file", "pfx_file", "cert_file"]
        .iter()
        .find_map(|name| values.absolute_path(&format!("{prefix}{name}")))
}

fn is_given(values: &SettingValues, prefix: &str, name: &str) -> bool {
    values.given_text(&format!("{prefix}{name}")).is_some()
        || values.given_text(&format!("{prefix}{name}_file")).is_some()
}

/// The name under which `name` was given, for the message.
fn given_key_name(values: &SettingValues, prefix: &str, name: &str) -> String {
    let plain = format!("{prefix}{name}");
    let file = format!("{plain}_file");
    if values.given_text(&plain).is_none() && values.given_text(&file).is_some() {
        file
    } else {
        plain
    }
}

/// Exactly one kind, and nothing that belongs to another.
fn choose_credential_kind(
    values: &SettingValues,
    purpose: CredentialPurpose,
) -> Result<Option<&'static str>, Vec<SettingsError>> {
    let prefix = purpose.key_prefix();
    let given: Vec<&'static str> = KINDS
        .iter()
        .map(|(kind, _)| *kind)
        .filter(|kind| is_given(values, prefix, kind))
        .collect();
    if let [first, second, ..] = given[..] {
        let name = given_key_name(values, prefix, second);
        let problem = format!(
            "is a second credential in addition to {}",
            given_key_name(values, prefix, first)
        );
        let advice = format!(
            "keep one of them; the keys of the next credential have the prefix {}",
            CredentialPurpose::Next.key_prefix()
        );
        return Err(vec![values.entry_error(&name, problem, advice)]);
    }
    let kind = given.first().copied();
    let allowed_companions: &[&str] = KINDS
        .iter()
        .find(|(name, _)| Some(*name) == kind)
        .map_or(&[], |(_, with)| with);
    let mut errors: Vec<SettingsError> = Vec::new();
    let mut companions: Vec<&str> = KINDS.iter().flat_map(|(_, with)| with.iter().copied()).collect();
    companions.dedup();
    for name in companions {
        if is_given(values, prefix, name) && !allowed_companions.contains(&name) {
            let key_name = given_key_name(values, prefix, name);
            let owner = companion_owner(prefix, name);
            errors.push(values.entry_error(
                &key_name,
                format!("is given without {owner}"),
                format!("add {owner}, or remove this line"),
            ));
        }
    }
    let client = format!("{prefix}client_id");
    if kind.is_none() && purpose != CredentialPurpose::Scan && values.given_text(&client).is_some() {
        let advice = format!("add {prefix}secret_file, {prefix}pfx_file, {prefix}cert_file or {prefix}token_file");
        errors.push(values.entry_error(&client, "is given without a credential", advice));
    }
    if kind == Some("cert") && !is_given(values, prefix, "key") {
        let advice = format!("add {prefix}key_file");
        errors.push(values.entry_error(
            &given_key_name(values, prefix, "cert"),
            "the private key of this certificate is missing",
            advice,
        ));
    }
    if kind.is_none() && purpose == CredentialPurpose::Scan && errors.is_empty() {
        let advice = if values.label == COMMAND_LINE {
            "give one of --secret-file, --pfx, --cert with --key, or --token-file"
        } else {
            "give one of secret_file, pfx_file, cert_file with key_file, or token_file"
        };
        errors.push(values.entry_error("secret_file", "there is no credential", advice));
    }
    errors.dedup();
    if errors.is_empty() { Ok(kind) } else { Err(errors) }
}

fn companion_owner(prefix: &str, companion: &str) -> String {
    match companion {
        "secret_expires_on" => format!("{prefix}secret_file"),
        "pfx_password" => format!("{prefix}pfx_file"),
        "key" => format!("{prefix}cert_file"),
        _ => format!("{prefix}pfx_file or {prefix}cert_file"),
    }
}

fn open_credential_kind(
    values: &SettingValues,
    prefix: &str,
    kind: &'static str,
    opener: SecretOpener<'_>,
) -> Result<CredentialKind, SettingsError> {
    let name = |suffix: &str| format!("{prefix}{suffix}");
    let text = |suffix: &str| {
        Ok(opener
            .open_text(values, &name(suffix))?
            .map(|(_, secret)| secret)
            .unwrap_or_default())
    };
    Ok(match kind {
        "secret" => CredentialKind::Secret(text("secret")?),
        "pfx" => {
            let bytes = opener
                .open_bytes(values, &name("pfx"))?
                .map(|(_, bytes)| bytes.to_vec())
                .unwrap_or_default();
            CredentialKind::Pfx {
                bytes: SecretSlice::from(bytes),
                password: text("pfx_password")?,
            }
        }
        "cert" => {
            let certificate = opener.open_certificates(values, &name("cert"))?;
            let certificate = certificate.map(|(_, text)| text).unwrap_or_default();
            let key = opener.open_private_key(values, &name("key"), Some(&certificate))?;
            CredentialKind::Pem {
                certificate,
                key: key.map(|(_, secret)| secret).unwrap_or_default(),
            }
        }
        _ => CredentialKind::TokenFile(values.absolute_path(&name("token_file")).unwrap_or_default()),
    })
}
