//! When a credential ends, and how loudly to say so: 30, 7 and 1 days ahead. A certificate says it itself; the end of
//! a client secret is only known from the settings.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};

use super::credential::{CredentialProof, LoadedCredential};
use crate::config::{Credential, CredentialUse};
use crate::model::{InstanceName, Timestamp};

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExpiryLevel {
    /// More than 30 days.
    Far,
    /// 30 days or less.
    Month,
    /// 7 days or less.
    Week,
    /// A day or less.
    Day,
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialExpiry {
    pub on: NaiveDate,
    /// Of a secret the beginning of that day: nobody said more.
    pub ends_at: Timestamp,
    /// Whole days left; negative when it is over.
    pub days_left: i64,
    pub level: ExpiryLevel,
}

impl ExpiryLevel {
    fn from_days_left(days_left: i64) -> Self {
        match days_left {
            ..0 => ExpiryLevel::Expired,
            0..=1 => ExpiryLevel::Day,
            2..=7 => ExpiryLevel::Week,
            8..=30 => ExpiryLevel::Month,
            _ => ExpiryLevel::Far,
        }
    }
}

/// Of what people were warned, in this process: of each mark once for each credential. One that takes the place of
/// another ends at another time, and begins anew.
#[derive(Debug, Default)]
pub struct ExpiryWarnings(BTreeMap<(InstanceName, CredentialUse), (NaiveDate, ExpiryLevel)>);

impl ExpiryWarnings {
    /// Whether to warn now; whoever asks does.
    pub fn is_warning_due(&mut self, name: &InstanceName, which: CredentialUse, expiry: &CredentialExpiry) -> bool {
        let told = self
            .0
            .entry((name.clone(), which))
            .or_insert((expiry.on, ExpiryLevel::Far));
        if told.0 != expiry.on {
            *told = (expiry.on, ExpiryLevel::Far);
        }
        let is_due = expiry.level > told.1;
        told.1 = told.1.max(expiry.level);
        is_due
    }
}

/// When this credential ends; `None` where nobody said so, or it is renewed by others (a token file).
pub fn credential_expiry(credential: &Credential, now: Timestamp) -> Option<CredentialExpiry> {
    let loaded = LoadedCredential::load(credential).ok();
    let on = match loaded.map(|loaded| loaded.proof) {
        Some(CredentialProof::Certificate(certified)) => {
            let mut days_left = (certified.not_after - now).num_days();
            if certified.not_after <= now {
                days_left = days_left.min(-1);
            }
            return Some(CredentialExpiry {
                on: certified.not_after.date_naive(),
                ends_at: certified.not_after,
                days_left,
                level: ExpiryLevel::from_days_left(days_left),
            });
        }
        Some(CredentialProof::TokenFile(_)) => return None,
        _ => credential.expires_on?,
    };
    let days_left = (on - now.date_naive()).num_days();
    Some(CredentialExpiry {
        on,
        ends_at: on.and_time(NaiveTime::MIN).and_utc(),
        days_left,
        level: ExpiryLevel::from_days_left(days_left),
    })
}
