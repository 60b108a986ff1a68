//! PKCS#12 files, the older ones too.
//!
//! Files of today (AES-256) open as they are. Those that Windows wrote for twenty years (3DES, RC2-40) need
//! algorithms that OpenSSL 3 keeps in its *legacy provider*. It is loaded only when a file failed without it, beside
//! the default one, and stays until the end of the process: unloading it while a key made by it lives is not safe.

use std::sync::OnceLock;

use openssl::pkcs12::{ParsedPkcs12_2, Pkcs12};
use openssl::provider::Provider;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::certificate::Certified;
use super::credential::CredentialError;

/// OpenSSL's library number of PKCS#12 and its reason "mac verify failure" (pkcs12err.h): the password is wrong.
const LIBRARY_PKCS12: i32 = 35;
const MAC_VERIFY_FAILURE: i32 = 113;

/// The legacy provider, and whether this machine has one.
static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();

pub fn open(bytes: &SecretSlice<u8>, password: &SecretString) -> Result<Certified, CredentialError> {
    let pkcs12 = Pkcs12::from_der(bytes.expose_secret()).map_err(|_| CredentialError::NotPfx)?;
    let parsed = match pkcs12.parse2(password.expose_secret()) {
        Ok(parsed) => parsed,
        Err(stack) if is_wrong_password(&stack) => return Err(CredentialError::PfxPassword),
        Err(_) => again_with_legacy(&pkcs12, password)?,
    };
    let certificate = parsed.cert.ok_or(CredentialError::PfxWithoutKey)?;
    let key = parsed.pkey.ok_or(CredentialError::PfxWithoutKey)?;
    Certified::new(&certificate, key)
}

fn again_with_legacy(pkcs12: &Pkcs12, password: &SecretString) -> Result<ParsedPkcs12_2, CredentialError> {
    // `true`: the default provider stays, or every other use of OpenSSL in this process would fail.
    let legacy = LEGACY.get_or_init(|| Provider::try_load(None, "legacy", true).ok());
    if legacy.is_none() {
        return Err(CredentialError::NoLegacyProvider);
    }
    pkcs12.parse2(password.expose_secret()).map_err(|stack| {
        if is_wrong_password(&stack) {
            CredentialError::PfxPassword
        } else {
            CredentialError::NotPfx
        }
    })
}

fn is_wrong_password(stack: &openssl::error::ErrorStack) -> bool {
    let wrong = |e: &openssl::error::Error| e.library_code() == LIBRARY_PKCS12 && e.reason_code() == MAC_VERIFY_FAILURE;
    stack.errors().iter().any(wrong)
}
