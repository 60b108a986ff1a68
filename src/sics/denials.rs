//! What is written down of refusals (E8): of one cause the first at once, then one row a minute that counts the others.
//! How many causes there are in a minute is bounded too; what goes beyond is counted together. So a row tells of every
//! refusal, and nobody can fill the disk with them. Decisions, without IO.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::model::Timestamp;
use crate::store::AuditEntry;

/// Rows of a minute: as many causes, each with a row at its first and one that counts the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DenialBounds {
    /// Of accounts that exist, all together and for one of them.
    pub known: usize,
    pub per_account: usize,
    /// Of names that do not exist.
    pub unknown: usize,
}

impl Default for DenialBounds {
    fn default() -> Self {
        DenialBounds {
            known: 16,
            per_account: 4,
            unknown: 4,
        }
    }
}

/// Causes that are counted together are kept under so many names at most.
const NAMED: usize = 20;
const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// The account name of callers without an account.
pub(crate) const UNKNOWN: &str = "(unknown)";
const SEVERAL: &str = "(several)";

/// Why somebody was refused. Two that are equal are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DenialCause {
    pub action: &'static str,
    /// The account, where there is one.
    pub account: Option<String>,
    /// Address or server.
    pub subject: String,
    pub reason: String,
}

#[derive(Debug)]
pub(crate) struct DenialCounter {
    bounds: DenialBounds,
    window_started_at: Option<Timestamp>,
    /// With those that were held back.
    causes: HashMap<DenialCause, u64>,
    /// Beyond the bounds: by action, and there by account.
    overflow: BTreeMap<&'static str, OverflowDenials>,
}

#[derive(Debug, Default)]
struct OverflowDenials {
    count: u64,
    accounts: BTreeSet<String>,
    /// Not all accounts stand there.
    has_more_accounts: bool,
}

impl DenialCounter {
    pub(crate) fn new(bounds: DenialBounds) -> Self {
        DenialCounter {
            bounds,
            window_started_at: None,
            causes: HashMap::new(),
            overflow: BTreeMap::new(),
        }
    }

    /// What is to be written now that this has happened; `detail` for its first row.
    pub(crate) fn record_denial(&mut self, denial: DenialCause, detail: Value, now: Timestamp) -> Vec<AuditEntry> {
        let mut rows = self.drain_due(now);
        self.window_started_at.get_or_insert(now);
        if let Some(held_back) = self.causes.get_mut(&denial) {
            *held_back += 1;
        } else if self.has_room(&denial) {
            rows.push(audit_entry(&denial, detail));
            self.causes.insert(denial, 0);
        } else {
            self.overflow
                .entry(denial.action)
                .or_default()
                .add_account(denial.account);
        }
        rows
    }

    /// What is to be written because a minute is over.
    pub(crate) fn drain_due(&mut self, now: Timestamp) -> Vec<AuditEntry> {
        let is_over = self
            .window_started_at
            .is_some_and(|started_at| (now - started_at).abs() >= WINDOW);
        if is_over { self.drain_all() } else { Vec::new() }
    }

    /// What has been counted and not been written; nothing is open afterwards.
    pub(crate) fn drain_all(&mut self) -> Vec<AuditEntry> {
        self.window_started_at = None;
        let mut causes: Vec<(DenialCause, u64)> = self.causes.drain().filter(|(_, count)| *count > 0).collect();
        causes.sort();
        let counted = |(refusal, count): &(DenialCause, u64)| {
            audit_entry(refusal, json!({"reason": refusal.reason, "further": count}))
        };
        let mut rows: Vec<AuditEntry> = causes.iter().map(counted).collect();
        rows.extend(
            std::mem::take(&mut self.overflow)
                .into_iter()
                .map(|(action, others)| others.into_audit_entry(action)),
        );
        rows
    }

    fn has_room(&self, denial: &DenialCause) -> bool {
        let known = denial.account.is_some();
        let same_kind = self
            .causes
            .keys()
            .filter(|cause| cause.account.is_some() == known)
            .count();
        let of_account = self
            .causes
            .keys()
            .filter(|cause| cause.account == denial.account)
            .count();
        if known {
            same_kind < self.bounds.known && of_account < self.bounds.per_account
        } else {
            same_kind < self.bounds.unknown
        }
    }
}

impl OverflowDenials {
    fn add_account(&mut self, account: Option<String>) {
        self.count += 1;
        let account = account.unwrap_or_else(|| UNKNOWN.into());
        if self.accounts.len() < NAMED || self.accounts.contains(&account) {
            self.accounts.insert(account);
        } else {
            self.has_more_accounts = true;
        }
    }

    fn into_audit_entry(self, action: &'static str) -> AuditEntry {
        AuditEntry {
            actor: SEVERAL.into(),
            action,
            subject: SEVERAL.into(),
            detail: json!({"further": self.count, "accounts": self.accounts, "moreAccounts": self.has_more_accounts}),
        }
    }
}

fn audit_entry(refusal: &DenialCause, detail: Value) -> AuditEntry {
    AuditEntry {
        actor: refusal.account.clone().unwrap_or_else(|| UNKNOWN.into()),
        action: refusal.action,
        subject: refusal.subject.clone(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
    }

    fn refusal(account: Option<&str>, subject: &str) -> DenialCause {
        DenialCause {
            action: "signIn.failed",
            account: account.map(str::to_owned),
            subject: subject.into(),
            reason: "disabled".into(),
        }
    }

    fn note(refusals: &mut DenialCounter, refusal: DenialCause, now: Timestamp) -> usize {
        refusals.record_denial(refusal, json!({}), now).len()
    }

    #[test]
    fn sec_m5_one_cause_writes_one_row_and_one_that_counts_the_others() {
        let mut refusals = DenialCounter::new(DenialBounds::default());
        let written: usize = (0..2_508)
            .map(|_| note(&mut refusals, refusal(Some("eve"), "192.0.2.1"), at(8)))
            .sum();
        assert_eq!(written, 1);
        assert!(refusals.drain_due(at(67)).is_empty());
        let rows = refusals.drain_due(at(68));
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].actor.as_str(), &rows[0].detail["further"]),
            ("eve", &json!(2_507))
        );
        assert!(refusals.drain_all().is_empty(), "told once");
        assert_eq!(note(&mut refusals, refusal(Some("eve"), "192.0.2.1"), at(68)), 1);
    }

    #[test]
    fn e8_many_networks_and_names_do_not_make_many_rows_and_all_are_counted() {
        let mut refusals = DenialCounter::new(DenialBounds::default());
        let mut written = 0;
        for n in 0..1_000 {
            let subject = format!("192.0.{}.{}", n / 250, n % 250);
            written += note(&mut refusals, refusal(None, &subject), at(0));
            written += note(&mut refusals, refusal(Some("eve"), &subject), at(0));
            written += note(&mut refusals, refusal(Some(&format!("n{n}")), &subject), at(0));
        }
        assert_eq!(written, 4 + 16);
        let rows = refusals.drain_all();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].detail["further"], json!(3_000 - written));
        assert_eq!(rows[0].detail["moreAccounts"], json!(true));
        assert!(rows[0].detail["accounts"].to_string().contains("eve"));
    }

    #[test]
    fn e8_strangers_do_not_take_the_rows_of_accounts() {
        let mut refusals = DenialCounter::new(DenialBounds::default());
        for n in 0..100 {
            note(&mut refusals, refusal(None, &format!("192.0.2.{n}")), at(0));
        }
        assert_eq!(note(&mut refusals, refusal(Some("alice"), "192.0.2.1"), at(0)), 1);
    }

    #[test]
    fn a_clock_that_was_set_back_ends_the_minute() {
        let mut refusals = DenialCounter::new(DenialBounds::default());
        note(&mut refusals, refusal(None, "192.0.2.1"), at(1_000));
        note(&mut refusals, refusal(None, "192.0.2.1"), at(1_000));
        assert_eq!(refusals.drain_due(at(0)).len(), 1);
    }
}
