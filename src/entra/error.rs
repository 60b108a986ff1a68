//! What can go wrong on the way to a token: each with a short stable code and a line of advice.

use std::fmt;

use super::credential_error::CredentialError;
use super::error_codes::{self, ErrorCodeKind};
use super::used_certificate::UsedCertificate;
use crate::config::SecretPlace;
use crate::net::{ConnectionError, HttpError};
use crate::refusal::{RefusalCause, RememberedRefusal};

/// No token. Holds no secret, and can be given to several callers that waited for the same request.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EntraError {
    #[error("failed to load the credential: {0}")]
    Credential(#[from] CredentialError),
    #[error("invalid network settings: {0}")]
    Network(#[from] HttpError),
    #[error("sign-in failed: {0}")]
    Connection(#[from] ConnectionError),
    #[error("sign-in refused by {host}: {refusal}")]
    Refused { host: String, refusal: Box<SignInRefusal> },
    /// Not what a token endpoint answers: a captive portal, a proxy's page, a wrong `login_url`.
    #[error("{host} is not a token endpoint: HTTP {status}, {what}")]
    NotATokenEndpoint { host: String, status: u16, what: String },
    /// Nothing was sent: an earlier refusal holds.
    #[error("no sign-in attempted: {host} {held}")]
    LeftAlone { host: String, held: Box<RememberedRefusal> },
}

/// Entra's own words of refusal, without what it may have repeated of ours.
#[derive(Debug, Clone, Default)]
pub struct SignInRefusal {
    pub status: u16,
    /// `invalid_client` and its like.
    pub error: String,
    pub codes: Vec<u32>,
    pub description: String,
    pub trace_id: Option<String>,
    pub correlation_id: Option<String>,
    pub retry_after_s: Option<u64>,
    /// What signed the assertion, where a certificate did.
    pub certificate: Option<UsedCertificate>,
    /// How far this machine's clock is ahead of Entra's `Date`, seconds.
    pub clock_ahead_s: Option<i64>,
}

/// AADSTS700027: the certificate is not registered.
const UNREGISTERED: u32 = 700_027;
/// A difference below this says nothing about the clock, seconds.
const CLOCK_TOLERANCE_S: i64 = 120;

impl EntraError {
    /// Short and stable: `AADSTS7000215`, `nameNotFound`, `pfxPassword`.
    pub fn code(&self) -> String {
        match self {
            EntraError::Credential(error) => error.code().to_owned(),
            EntraError::Network(error) => error.code().to_owned(),
            EntraError::Connection(error) => error.code().to_owned(),
            EntraError::Refused { refusal, .. } => refusal.code(),
            EntraError::NotATokenEndpoint { .. } => "notATokenEndpoint".to_owned(),
            EntraError::LeftAlone { held, .. } => held.cause.code.clone(),
        }
    }

    /// What to do, in the words of a settings file.
    pub fn advice(&self) -> String {
        self.advice_for(&SecretPlace::default())
    }

    /// What to do, where the client secret was given in this way.
    pub fn advice_for(&self, place: &SecretPlace) -> String {
        self.advice_form().replace("{place}", &place.to_string())
    }

    /// `{place}` stands for the way in which the client secret is given.
    fn advice_form(&self) -> String {
        match self {
            EntraError::Credential(error) => error.advice().to_owned(),
            EntraError::Network(error) => error.advice().to_owned(),
            EntraError::Connection(error) => error.advice().to_owned(),
            EntraError::Refused { refusal, .. } => refusal.advice(),
            EntraError::NotATokenEndpoint { .. } => {
                "check `login_url`; look for a proxy or portal that answers instead of Entra".to_owned()
            }
            EntraError::LeftAlone { held, .. } => held.cause.advice.clone(),
        }
    }

    /// Whether it may pass by itself, without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            EntraError::Credential(_) | EntraError::Network(_) => false,
            EntraError::Connection(error) => error.is_transient(),
            EntraError::Refused { refusal, .. } => refusal.is_transient(),
            EntraError::NotATokenEndpoint { status, .. } => *status >= 500 || *status == 429,
            EntraError::LeftAlone { held, .. } => held.cause.transient,
        }
    }

    /// What is remembered of it: something answered in Entra's place or as Entra, and there was no token. A connection
    /// that failed, and what is wrong on this machine, refuses nobody.
    pub(super) fn refusal_cause(&self) -> Option<RefusalCause> {
        let said_no = matches!(self, EntraError::Refused { .. } | EntraError::NotATokenEndpoint { .. });
        said_no.then(|| RefusalCause {
            code: self.code(),
            text: self.to_string(),
            advice: self.advice(),
            transient: self.is_transient(),
        })
    }

    /// How long Entra asked to be left alone.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            EntraError::Refused { refusal, .. } => refusal.retry_after_s,
            _ => None,
        }
    }
}

impl SignInRefusal {
    fn code(&self) -> String {
        let known = error_codes::find_code_row(&self.codes).map(|row| row.code);
        match known.or(self.codes.first().copied()) {
            Some(code) => format!("AADSTS{code}"),
            None if self.status == 429 => "signInThrottled".to_owned(),
            None if self.status >= 500 => "signInUnavailable".to_owned(),
            None => "signInRefused".to_owned(),
        }
    }

    fn advice(&self) -> String {
        let advice = match error_codes::find_code_row(&self.codes) {
            Some(row) => row.advice,
            None if self.is_transient() => "no action needed; the sign-in is retried",
            None => "look up the code at https://login.microsoftonline.com/error and in the sign-in log of the tenant",
        };
        let advice = match &self.certificate {
            Some(used) if self.codes.contains(&UNREGISTERED) => used.explain_refusal(advice),
            _ => advice.to_owned(),
        };
        match self.clock_ahead_s {
            Some(ahead) if ahead.abs() >= CLOCK_TOLERANCE_S => {
                let way = if ahead > 0 { "ahead of" } else { "behind" };
                format!("{advice}; the clock of this machine is {} s {way} Entra's", ahead.abs())
            }
            _ => advice,
        }
    }

    fn is_transient(&self) -> bool {
        match error_codes::find_code_row(&self.codes) {
            Some(row) => row.kind == ErrorCodeKind::Transient,
            None => self.status == 429 || self.status >= 500 || self.error == "temporarily_unavailable",
        }
    }
}

impl fmt::Display for SignInRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())?;
        match error_codes::find_code_row(&self.codes) {
            Some(row) => write!(f, ": {}", row.description)?,
            None => write!(f, ": {} {}", self.error, self.description)?,
        }
        write!(f, " (HTTP {}", self.status)?;
        for (name, id) in [("trace id", &self.trace_id), ("correlation id", &self.correlation_id)] {
            if let Some(id) = id {
                write!(f, ", {name} {id}")?;
            }
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn advice(code: u32, ended_on: Option<NaiveDate>, key_bits: u32) -> String {
        let certificate = Some(UsedCertificate {
            thumbprint: "AB12".to_owned(),
            ended_on,
            begins_on: None,
            key_bits,
        });
        let refusal = SignInRefusal {
            status: 401,
            codes: vec![code],
            certificate,
            ..SignInRefusal::default()
        };
        refusal.advice()
    }

    #[test]
    fn wn_12_a_certificate_that_does_not_count_yet_is_told_before_what_entra_may_mean() {
        let used = UsedCertificate {
            thumbprint: "AB12".to_owned(),
            ended_on: None,
            begins_on: NaiveDate::from_ymd_opt(2030, 1, 1),
            key_bits: 2_048,
        };
        let told = used.explain_refusal("compare the thumbprint");
        assert!(told.contains("before 2030-01-01") && told.contains("AB12"), "{told}");
        assert!(!told.contains("compare"), "{told}");
    }

    #[test]
    fn wi_15_a_certificate_that_ended_or_has_a_short_key_is_told_before_what_entra_may_mean() {
        let ended = advice(UNREGISTERED, NaiveDate::from_ymd_opt(2025, 1, 1), 2_048);
        assert!(
            ended.starts_with("the certificate used ended on 2025-01-01") && ended.contains("AB12"),
            "{ended}"
        );
        assert!(!ended.contains("algorithm = RS256"), "{ended}");
        let short = advice(UNREGISTERED, None, 1_024);
        assert!(short.contains("1024 bits") && short.contains("2048 or more"), "{short}");
        let good = advice(UNREGISTERED, None, 2_048);
        assert!(good.ends_with("thumbprint of the certificate used: AB12"), "{good}");
        // Of another refusal the certificate is not the cause.
        let other = advice(700_016, NaiveDate::from_ymd_opt(2025, 1, 1), 1_024);
        assert!(!other.contains("AB12"), "{other}");
    }
}
