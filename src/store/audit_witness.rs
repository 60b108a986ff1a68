//! Whether the end of the audit trail is its end (E5). The chain proves that nothing was changed or taken out between
//! two entries; that nothing was cut off behind the last one shows only against what is remembered elsewhere: the number
//! that SQLite gave out last, the heads in the daily logs, a head that somebody wrote down.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use crate::contract::{MissingEndView, RestoreEntryView, WitnessKind};
use crate::model::Timestamp;
use crate::observe::read_logged_heads;

/// The entry of the audit trail by which a store tells that it has gone back.
pub(super) const RESTORED: &str = "store.restored";
/// Ends that are told one by one; there may be as many as days.
const TOLD_MAX: usize = 100;

/// Somebody who remembers what stood at the end of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditWitness {
    pub by: WitnessKind,
    /// Name of the log file; empty where there is none.
    pub source: String,
    pub at: Option<Timestamp>,
    /// Number of the entry; where it is not known, any entry will do.
    pub entry: Option<i64>,
    /// Chain value of that entry, hex in lower case.
    pub head: String,
}

/// The heads in the daily logs of a data folder.
pub fn read_log_witnesses(logs: &Path) -> io::Result<Vec<AuditWitness>> {
    let heads = read_logged_heads(logs)?.into_iter().map(|found| AuditWitness {
        by: WitnessKind::Log,
        source: found.file,
        at: found.at,
        entry: found.entry,
        head: found.head,
    });
    Ok(heads.filter(|witness| !is_empty_trail(&witness.head)).collect())
}

/// A head as people write it down: `HASH` or `HASH:ENTRY`.
pub fn parse_witness(text: &str) -> Option<AuditWitness> {
    let (head, entry) = match text.split_once(':') {
        Some((head, entry)) => (head, Some(entry.parse::<i64>().ok().filter(|entry| *entry > 0)?)),
        None => (text, None),
    };
    let good = head.len() == 64 && head.bytes().all(|byte| byte.is_ascii_hexdigit());
    good.then(|| AuditWitness {
        by: WitnessKind::Given,
        source: String::new(),
        at: None,
        entry,
        head: head.to_ascii_lowercase(),
    })
}

fn is_empty_trail(head: &str) -> bool {
    head.bytes().all(|byte| byte == b'0')
}

/// The witnesses, and which of them the trail bears out as it goes by.
pub(crate) struct WitnessCheck {
    witnesses: Vec<AuditWitness>,
    by_head: HashMap<String, Vec<usize>>,
    confirmed: Vec<bool>,
    restores: Vec<RestoreEntryView>,
    /// Last numbers of what is missing between two entries that fit each other.
    gaps: Vec<i64>,
}

/// What came of it.
pub(crate) struct WitnessReport {
    pub missing: Vec<MissingEndView>,
    /// Not in the trail, because a restore took the trail back since.
    pub explained: u64,
    pub restores: Vec<RestoreEntryView>,
}

impl WitnessCheck {
    pub(crate) fn new(witnesses: Vec<AuditWitness>) -> WitnessCheck {
        let mut by_head: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, witness) in witnesses.iter().enumerate() {
            by_head.entry(witness.head.clone()).or_default().push(place);
        }
        WitnessCheck {
            confirmed: vec![false; witnesses.len()],
            witnesses,
            by_head,
            restores: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// Entry `next` fits behind entry `last`; what was between them was cut off before `next` was written.
    pub(crate) fn record_gap(&mut self, last: i64, next: i64) {
        if next > last + 1 && self.gaps.len() < TOLD_MAX {
            self.gaps.push(next - 1);
        }
    }

    /// One entry of the trail, in its order.
    pub(crate) fn check_entry(&mut self, entry: i64, at: Timestamp, action: &str, chain: &[u8]) {
        if action == RESTORED {
            self.restores.push(RestoreEntryView { entry, at });
        }
        if self.by_head.is_empty() {
            return;
        }
        for place in self.by_head.get(&hex::encode(chain)).into_iter().flatten() {
            if self.witnesses[*place].entry.is_none_or(|known| known == entry) {
                self.confirmed[*place] = true;
            }
        }
    }

    /// `last`: number of the last entry. `sequence`: the number that was given out last.
    pub(crate) fn finish(self, last: i64, sequence: i64) -> WitnessReport {
        let mut report = WitnessReport {
            missing: Vec::new(),
            explained: 0,
            restores: self.restores,
        };
        let missing_numbers = self.gaps.into_iter().chain((sequence > last).then_some(sequence));
        report.missing.extend(missing_numbers.map(|entry| MissingEndView {
            by: WitnessKind::Sequence,
            source: "bus.db".to_owned(),
            at: None,
            entry: Some(entry),
            head: String::new(),
        }));
        let absent = self.witnesses.into_iter().zip(self.confirmed);
        for witness in absent.filter(|(_, borne_out)| !borne_out).map(|(witness, _)| witness) {
            if report
                .restores
                .iter()
                .any(|restore| restore_explains(restore, &witness))
            {
                report.explained += 1;
            } else if report.missing.len() < TOLD_MAX {
                report.missing.push(MissingEndView {
                    by: witness.by,
                    source: witness.source,
                    at: witness.at,
                    entry: witness.entry,
                    head: witness.head,
                });
            }
        }
        report
    }
}

/// What was logged before a restore, of entries that the restored store did not have yet.
fn restore_explains(restore: &RestoreEntryView, witness: &AuditWitness) -> bool {
    let before = witness.at.is_some_and(|at| at <= restore.at);
    before && witness.entry.is_none_or(|entry| entry >= restore.entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
    }

    fn head(n: u8) -> String {
        hex::encode([n; 32])
    }

    fn logged(n: u8, entry: Option<i64>) -> AuditWitness {
        AuditWitness {
            by: WitnessKind::Log,
            source: "intune-connector.2026-11-28.log".into(),
            at: Some(at(i64::from(n))),
            entry,
            head: head(n),
        }
    }

    /// A trail of entries 1 to `last`, the entry `restored` a restore; each at its number's second, with its number as
    /// chain.
    fn heard(witnesses: Vec<AuditWitness>, last: u8, restored: Option<(u8, i64)>, sequence: i64) -> WitnessReport {
        let mut hearing = WitnessCheck::new(witnesses);
        for n in 1..=last {
            let (action, when) = match restored {
                Some((entry, when)) if entry == n => (RESTORED, when),
                _ => ("signIn", i64::from(n)),
            };
            hearing.check_entry(n.into(), at(when), action, &[n; 32]);
        }
        hearing.finish(last.into(), sequence)
    }

    #[test]
    fn e5_a_trail_that_bears_all_witnesses_out_is_whole() {
        let given = parse_witness(&format!("{}:3", head(3).to_uppercase())).unwrap();
        let heard = heard(vec![logged(2, Some(2)), logged(4, None), given], 5, None, 5);
        assert_eq!((heard.missing, heard.explained), (vec![], 0));
    }

    #[test]
    fn e5_each_witness_tells_a_cut_off_end_by_itself() {
        assert_eq!(heard(vec![], 5, None, 8).missing[0].by, WitnessKind::Sequence);
        let told = heard(vec![logged(7, Some(7)), logged(4, Some(4))], 5, None, 5).missing;
        assert_eq!((told.len(), told[0].entry), (1, Some(7)));
        let given = parse_witness(&head(9)).unwrap();
        assert_eq!(heard(vec![given], 5, None, 5).missing[0].by, WitnessKind::Given);
        // Written on behind the cut: the numbers between are missing for ever.
        let mut hearing = WitnessCheck::new(vec![]);
        hearing.record_gap(0, 1);
        hearing.record_gap(1, 5);
        assert_eq!(hearing.finish(5, 5).missing[0].entry, Some(4));
        // The right value at another place is none.
        assert_eq!(heard(vec![logged(4, Some(3))], 5, None, 5).missing.len(), 1);
        assert_eq!(heard(vec![logged(1, Some(1))], 0, None, 0).missing.len(), 1);
    }

    #[test]
    fn e5_a_restore_explains_what_was_logged_before_it_and_nothing_else() {
        // Entry 4 says that the store went back at second 50.
        let restored = Some((4, 50));
        for (witness, explained) in [
            (logged(40, Some(6)), true),
            (logged(40, None), true),
            (logged(40, Some(3)), false),
            (logged(60, Some(6)), false),
        ] {
            let heard = heard(vec![witness.clone()], 5, restored, 5);
            assert_eq!(heard.explained == 1, explained, "{witness:?}");
            assert_eq!(heard.missing.is_empty(), explained, "{witness:?}");
            assert_eq!(heard.restores.len(), 1);
        }
    }

    #[test]
    fn e5_a_head_is_given_as_its_hash_with_or_without_the_number() {
        assert_eq!(parse_witness(&head(1)).unwrap().entry, None);
        for wrong in [
            "",
            "abc",
            &format!("{}:0", head(1)),
            &format!("{}:x", head(1)),
            &format!("{}1", head(1)),
        ] {
            assert_eq!(parse_witness(wrong), None, "{wrong}");
        }
    }
}
