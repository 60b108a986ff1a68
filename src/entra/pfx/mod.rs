//! PKCS#12 files, the older ones too.
//!
//! Files of today (AES-256) open as they are. Those that Windows wrote for twenty years (3DES, RC2-40) need
//! algorithms that OpenSSL 3 keeps in its *legacy provider*. It is loaded only when a file failed without it, beside
//! the default one, and stays until the end of the process: unloading it while a key made by it lives is not safe.

mod mac;

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use openssl::pkcs12::{ParsedPkcs12_2, Pkcs12};
use openssl::provider::Provider;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use zeroize::Zeroizing;

use super::certificate::CertifiedKey;
use super::credential_error::CredentialError;

/// OpenSSL's library number of PKCS#12 and its reasons "mac verify failure" (the password is wrong) and "mac absent"
/// (pkcs12err.h).
const LIBRARY_PKCS12: i32 = 35;
const MAC_VERIFY_FAILURE: i32 = 113;
const MAC_ABSENT: i32 = 108;
/// Bags of private keys, in clear and shrouded: the object identifiers 1.2.840.113549.1.12.10.1.1 and .2.
const KEY_BAGS: [&[u8]; 2] = [
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02",
];

/// The legacy provider, and whether this machine has one.
static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();

/// Opens a PFX, or the base64 text of one, as Key Vault hands it out. Several keys are refused: OpenSSL would take the
/// first without a word.
pub(crate) fn open_pfx(bytes: &SecretSlice<u8>, password: &SecretString) -> Result<CertifiedKey, CredentialError> {
    let der = decode_file(bytes.expose_secret());
    let keys: usize = KEY_BAGS
        .iter()
        .map(|bag| memchr::memmem::find_iter(&der, bag).count())
        .sum();
    if keys > 1 {
        return Err(CredentialError::PfxSeveralKeys(keys));
    }
    let is_empty = password.expose_secret().is_empty();
    match open_der(&der, password.expose_secret()) {
        Err(CredentialError::PfxPassword | CredentialError::PfxUnopened) if is_empty => {
            Err(CredentialError::PfxNeedsPassword)
        }
        // Without a MAC, and without a password, the error is one of what is inside.
        Err(CredentialError::NotPfx) if is_empty && Pkcs12::from_der(&der).is_ok() => {
            Err(CredentialError::PfxNeedsPassword)
        }
        Err(CredentialError::PfxPassword) => retry_without_blanks(&der, password.expose_secret()),
        opened => opened,
    }
}

/// Whether a PFX can't be opened without a password.
pub fn needs_pfx_password(bytes: &SecretSlice<u8>) -> bool {
    open_pfx(bytes, &SecretString::from("")).err() == Some(CredentialError::PfxNeedsPassword)
}

/// The file's bytes, decoded where they are base64.
fn decode_file(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let text: Zeroizing<String> = Zeroizing::new(
        text.trim_start_matches('\u{feff}')
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect(),
    );
    let decoded = STANDARD
        .decode(text.as_bytes())
        .ok()
        .filter(|decoded| !decoded.is_empty());
    Zeroizing::new(decoded.unwrap_or_else(|| bytes.to_vec()))
}

fn open_der(der: &[u8], password: &str) -> Result<CertifiedKey, CredentialError> {
    let pkcs12 = Pkcs12::from_der(der).map_err(|_| CredentialError::NotPfx)?;
    let parsed = match pkcs12.parse2(password) {
        Ok(parsed) => parsed,
        Err(stack) if has_reason(&stack, MAC_ABSENT) => return open_without_mac(der, password),
        Err(stack) if has_reason(&stack, MAC_VERIFY_FAILURE) => return Err(CredentialError::PfxPassword),
        Err(_) => retry_with_legacy(&pkcs12, password)?,
    };
    into_certified_key(parsed)
}

fn into_certified_key(parsed: ParsedPkcs12_2) -> Result<CertifiedKey, CredentialError> {
    let certificate = parsed.cert.ok_or(CredentialError::PfxWithoutKey)?;
    let key = parsed.pkey.ok_or(CredentialError::PfxWithoutKey)?;
    CertifiedKey::new(&certificate, key)
}

/// OpenSSL wants a MAC where there is a password. It gets one by this password; what is inside is still encrypted, and
/// opens with the right one only.
fn open_without_mac(der: &[u8], password: &str) -> Result<CertifiedKey, CredentialError> {
    let with_mac = mac::add_mac(der, password).ok_or(CredentialError::NotPfx)?;
    let pkcs12 = Pkcs12::from_der(&with_mac).map_err(|_| CredentialError::NotPfx)?;
    let parsed = match pkcs12.parse2(password) {
        Ok(parsed) => parsed,
        Err(_) => retry_with_legacy(&pkcs12, password).map_err(|error| match error {
            CredentialError::NoLegacyProvider => error,
            _ => CredentialError::PfxUnopened,
        })?,
    };
    into_certified_key(parsed)
}

/// An editor may have left a blank behind the password.
fn retry_without_blanks(der: &[u8], password: &str) -> Result<CertifiedKey, CredentialError> {
    let trimmed = password.trim();
    if trimmed == password {
        return Err(CredentialError::PfxPassword);
    }
    let opened = open_der(der, trimmed)?;
    tracing::warn!("the password of the PFX file has leading or trailing blanks; the file opens without them");
    Ok(opened)
}

fn retry_with_legacy(pkcs12: &Pkcs12, password: &str) -> Result<ParsedPkcs12_2, CredentialError> {
    // `true`: the default provider stays, or every other use of OpenSSL in this process would fail.
    let legacy = LEGACY.get_or_init(|| Provider::try_load(None, "legacy", true).ok());
    if legacy.is_none() {
        return Err(CredentialError::NoLegacyProvider);
    }
    pkcs12.parse2(password).map_err(|stack| {
        if has_reason(&stack, MAC_VERIFY_FAILURE) {
            CredentialError::PfxPassword
        } else {
            CredentialError::NotPfx
        }
    })
}

/// Whether this reason of PKCS#12 is in the stack.
fn has_reason(stack: &openssl::error::ErrorStack, reason: i32) -> bool {
    let is_it = |e: &openssl::error::Error| e.library_code() == LIBRARY_PKCS12 && e.reason_code() == reason;
    stack.errors().iter().any(is_it)
}

#[cfg(test)]
mod tests;
