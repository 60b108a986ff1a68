//! When a credential ends, and how loudly to say so: 30, 7 and 1 days ahead. A certificate says it itself; the end of
//! a client secret is only known from the settings.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::credential::{Loaded, Proof};
use crate::config::{Credential, CredentialUse};
use crate::model::{InstanceName, Timestamp};

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
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
pub struct Expiry {
    pub on: NaiveDate,
    /// Whole days left; negative when it is over.
    pub days_left: i64,
    pub level: Level,
}

impl Level {
    fn of(days_left: i64) -> Self {
        match days_left {
            ..0 => Level::Expired,
            0..=1 => Level::Day,
            2..=7 => Level::Week,
            8..=30 => Level::Month,
            _ => Level::Far,
        }
    }
}

/// Of what people were warned, in this process: of each mark once for each credential. One that takes the place of
/// another ends at another time, and begins anew.
#[derive(Debug, Default)]
pub struct Warned(BTreeMap<(InstanceName, CredentialUse), (NaiveDate, Level)>);

impl Warned {
    /// Whether to warn now; whoever asks does.
    pub fn is_due(&mut self, name: &InstanceName, which: CredentialUse, expiry: &Expiry) -> bool {
        let told = self.0.entry((name.clone(), which)).or_insert((expiry.on, Level::Far));
        if told.0 != expiry.on {
            *told = (expiry.on, Level::Far);
        }
        let is_due = expiry.level > told.1;
        told.1 = told.1.max(expiry.level);
        is_due
    }
}

/// When this credential ends; `None` where nobody said so, or it is renewed by others (a token file).
pub fn expiry(credential: &Credential, now: Timestamp) -> Option<Expiry> {
    let loaded = Loaded::load(credential).ok();
    let on = match loaded.map(|loaded| loaded.proof) {
        Some(Proof::Certificate(certified)) => {
            let mut days_left = (certified.not_after - now).num_days();
            if certified.not_after <= now {
                days_left = days_left.min(-1);
            }
            return Some(Expiry {
                on: certified.not_after.date_naive(),
                days_left,
                level: Level::of(days_left),
            });
        }
        Some(Proof::TokenFile(_)) => return None,
        _ => credential.expires_on?,
    };
    let days_left = (on - now.date_naive()).num_days();
    Some(Expiry {
        on,
        days_left,
        level: Level::of(days_left),
    })
}
