//! Decides how a device that was just read has changed. Pure.

use chrono::TimeDelta;

use crate::model::{DeviceVerdict, IncomingDevice, StoredDevice, Timestamp};

/// When things are, for one decision.
#[derive(Debug, Clone, Copy)]
pub struct DecisionTimes {
    /// When the request that brought the reading was sent.
    pub read_at: Timestamp,
    pub now: Timestamp,
    /// Volatile fields make a change of their own at most this often (S5).
    pub volatile_every: TimeDelta,
}

impl DecisionTimes {
    /// Whether volatile fields of a device that was told at that time may be told again.
    pub fn is_volatile_due(&self, published_at: Timestamp) -> bool {
        let since = self.now - published_at;
        since >= self.volatile_every || since < TimeDelta::zero()
    }
}

pub fn decide_change(stored: Option<&StoredDevice>, incoming: &IncomingDevice, times: DecisionTimes) -> DeviceVerdict {
    let Some(stored) = stored else {
        return if incoming.left_out {
            DeviceVerdict::KeptOut
        } else {
            DeviceVerdict::New
        };
    };
    // A reading from the future means that the clock was set back since: it must not freeze the device (E3).
    if times.read_at < stored.read_at && stored.read_at <= times.now {
        return DeviceVerdict::Stale;
    }
    let published = stored.present && !stored.left_out;
    match (published, incoming.left_out) {
        (true, true) => DeviceVerdict::LeftOut,
        (false, true) => DeviceVerdict::KeptOut,
        (false, false) => DeviceVerdict::New,
        (true, false) => compare_device(stored, incoming, times),
    }
}

fn compare_device(stored: &StoredDevice, incoming: &IncomingDevice, times: DecisionTimes) -> DeviceVerdict {
    if stored.fingerprint != incoming.fingerprint {
        return DeviceVerdict::Changed;
    }
    if incoming.volatile_fields != stored.published_volatile_fields && times.is_volatile_due(stored.published_at) {
        return DeviceVerdict::Changed;
    }
    if incoming.volatile_fields != stored.volatile_fields {
        DeviceVerdict::VolatileOnly
    } else {
        DeviceVerdict::Unchanged
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeviceBody, DeviceId, DeviceIdentity, ReadSource, Row, VolatileFields};
    use chrono::DateTime;

    fn at(s: i64) -> Timestamp {
        DateTime::from_timestamp(s, 0).unwrap()
    }

    fn times(read_at: i64, now: i64) -> DecisionTimes {
        DecisionTimes {
            read_at: at(read_at),
            now: at(now),
            volatile_every: TimeDelta::hours(24),
        }
    }

    fn incoming(fingerprint: u8, sync: i64) -> IncomingDevice {
        IncomingDevice {
            id: DeviceId(uuid::Uuid::from_u128(1)),
            source: ReadSource::List,
            raw_hash: [0; 16],
            fingerprint: [fingerprint; 16],
            volatile_fields: VolatileFields {
                last_sync_s: sync,
                others: 0,
            },
            identity: DeviceIdentity::default(),
            left_out: false,
            body: DeviceBody::default(),
            enrichment: None,
            rejected_properties: Vec::new(),
        }
    }

    fn stored(read_at: i64) -> StoredDevice {
        StoredDevice {
            row: Row(1),
            present: true,
            left_out: false,
            fingerprint: [1; 16],
            volatile_fields: VolatileFields {
                last_sync_s: 50,
                others: 0,
            },
            read_at: at(read_at),
            published_volatile_fields: VolatileFields {
                last_sync_s: 50,
                others: 0,
            },
            published_at: at(1_000),
        }
    }

    #[test]
    fn s4_an_older_read_never_overwrites_a_newer_one() {
        assert_eq!(
            decide_change(Some(&stored(2_000)), &incoming(2, 60), times(1_999, 3_000)),
            DeviceVerdict::Stale
        );
        assert_eq!(
            decide_change(Some(&stored(2_000)), &incoming(2, 60), times(2_000, 3_000)),
            DeviceVerdict::Changed
        );
    }

    #[test]
    fn e3_a_reading_from_the_future_does_not_freeze_a_device() {
        assert_eq!(
            decide_change(Some(&stored(9_000)), &incoming(2, 60), times(1_999, 2_000)),
            DeviceVerdict::Changed
        );
    }

    #[test]
    fn s5_a_check_in_alone_is_a_change_at_most_once_a_day() {
        assert_eq!(
            decide_change(Some(&stored(1_000)), &incoming(1, 60), times(2_000, 2_000)),
            DeviceVerdict::VolatileOnly
        );
        let day = 1_000 + 86_400;
        assert_eq!(
            decide_change(Some(&stored(1_000)), &incoming(1, 60), times(day - 1, day - 1)),
            DeviceVerdict::VolatileOnly
        );
        assert_eq!(
            decide_change(Some(&stored(1_000)), &incoming(1, 60), times(day, day)),
            DeviceVerdict::Changed
        );
        assert_eq!(
            decide_change(Some(&stored(1_000)), &incoming(1, 50), times(day, day)),
            DeviceVerdict::Unchanged
        );
    }

    #[test]
    fn f8_left_out_is_told_only_to_those_who_were_told_of_the_device() {
        let out = IncomingDevice {
            left_out: true,
            ..incoming(2, 60)
        };
        assert_eq!(decide_change(None, &out, times(1, 1)), DeviceVerdict::KeptOut);
        assert_eq!(
            decide_change(Some(&stored(1_000)), &out, times(2_000, 2_000)),
            DeviceVerdict::LeftOut
        );
        let gone = StoredDevice {
            present: false,
            ..stored(1_000)
        };
        assert_eq!(
            decide_change(Some(&gone), &out, times(2_000, 2_000)),
            DeviceVerdict::KeptOut
        );
        let kept_out = StoredDevice {
            left_out: true,
            ..stored(1_000)
        };
        assert_eq!(
            decide_change(Some(&kept_out), &out, times(2_000, 2_000)),
            DeviceVerdict::KeptOut
        );
    }

    #[test]
    fn a_device_that_comes_back_is_told_anew() {
        let gone = StoredDevice {
            present: false,
            ..stored(1_000)
        };
        let kept_out = StoredDevice {
            left_out: true,
            ..stored(1_000)
        };
        for known in [None, Some(&gone), Some(&kept_out)] {
            assert_eq!(
                decide_change(known, &incoming(1, 50), times(2_000, 2_000)),
                DeviceVerdict::New
            );
        }
    }
}
