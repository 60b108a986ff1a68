//! Which of several devices fills a record that they share: the one that checked in last. Pure.
//!
//! Devices of several instances share a record while hardware moves from one tenant to another, or where two instances
//! read one tenant. What the others know is older, so it is not written.

use super::source_device::DeviceKey;
use crate::model::Timestamp;

/// A device that has a link to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordClaim {
    pub key: DeviceKey,
    /// `None`: it never checked in.
    pub last_sync: Option<Timestamp>,
}

/// `None`: nobody claims it. Where two checked in at the same moment, always the same one.
pub fn find_newest_owner(claims: &[RecordClaim]) -> Option<DeviceKey> {
    let newest = claims.iter().max_by_key(|claim| (claim.last_sync, claim.key));
    newest.map(|claim| claim.key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;
    use crate::targets::samples_for_tests::device_key;

    fn claim(instance: i64, at: Option<&str>) -> RecordClaim {
        RecordClaim {
            key: device_key(instance, 1),
            last_sync: at.map(|at| parse_time(at).expect("a time")),
        }
    }

    #[test]
    fn the_newest_check_in_owns_the_fields() {
        let old = claim(1, Some("2026-11-19T23:17:06Z"));
        let new = claim(2, Some("2026-11-20T07:00:00Z"));
        let never = claim(3, None);
        assert_eq!(find_newest_owner(&[]), None);
        assert_eq!(find_newest_owner(&[never]), Some(never.key));
        for claims in [[old, new, never], [never, new, old], [new, old, never]] {
            assert_eq!(find_newest_owner(&claims), Some(new.key));
        }
    }

    #[test]
    fn the_order_of_the_claims_does_not_matter() {
        let at = Some("2026-11-20T07:00:00Z");
        let (one, other) = (claim(1, at), claim(2, at));
        assert_eq!(find_newest_owner(&[one, other]), find_newest_owner(&[other, one]));
        let (one, other) = (claim(1, None), claim(2, None));
        assert_eq!(find_newest_owner(&[one, other]), find_newest_owner(&[other, one]));
    }
}
