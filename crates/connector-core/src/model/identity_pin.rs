//! Which device was meant (A2): what its requester saw of it, and whether it still is that one.

use serde::{Deserialize, Serialize};

use super::{DeviceIdentity, Seq, Timestamp, format_time};

/// What the requester saw of a device: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceSighting {
    /// Its sequence number in the feed, as this store handed it out.
    Numbered(Seq),
    /// Its identity itself.
    Named(IdentityPin),
}

/// What a device has to be when a call goes out. `None`: it has none of that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityPin {
    pub serial_number: Option<String>,
    /// As the inventory writes it.
    pub enrolled_date_time: Option<String>,
    pub user_principal_name: Option<String>,
}

/// Why a sequence number is no sighting of this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SightingError {
    /// Its identity has changed since.
    TooOld,
    /// This store never handed it out for this device.
    NeverHandedOut,
}

/// What a store knows of a device that somebody says to have seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice<'a> {
    pub identity: &'a DeviceIdentity,
    /// Where its identity last changed.
    pub identity_seq: Seq,
    /// The newest sequence number that was handed out for it.
    pub newest_seq: Seq,
}

impl DeviceSighting {
    /// The pin that this sighting stands for.
    pub fn to_identity_pin(self, known: &KnownDevice<'_>) -> Result<IdentityPin, SightingError> {
        match self {
            DeviceSighting::Named(pin) => Ok(pin),
            DeviceSighting::Numbered(seq) if seq > known.newest_seq => Err(SightingError::NeverHandedOut),
            DeviceSighting::Numbered(seq) if seq < known.identity_seq => Err(SightingError::TooOld),
            DeviceSighting::Numbered(_) => Ok(IdentityPin::from_identity(known.identity)),
        }
    }
}

impl IdentityPin {
    pub fn from_identity(identity: &DeviceIdentity) -> IdentityPin {
        IdentityPin {
            serial_number: identity.serial_number.clone(),
            enrolled_date_time: identity.enrolled_date_time.clone(),
            user_principal_name: identity.user_principal_name.clone(),
        }
    }

    /// With the enrolment time written as the inventory writes it.
    pub fn new(serial: Option<String>, enrolled: Option<Timestamp>, user: Option<String>) -> IdentityPin {
        IdentityPin {
            serial_number: serial,
            enrolled_date_time: enrolled.map(format_time),
            user_principal_name: user.filter(|user| !user.trim().is_empty()),
        }
    }

    /// Which part of a device is not what was seen, as people call it. Case does not matter.
    pub fn find_difference(&self, now: &DeviceIdentity) -> Option<&'static str> {
        let IdentityPin {
            serial_number,
            enrolled_date_time,
            user_principal_name,
        } = self;
        let rows = [
            ("serial number", serial_number, &now.serial_number),
            ("enrolment time", enrolled_date_time, &now.enrolled_date_time),
            ("user", user_principal_name, &now.user_principal_name),
        ];
        let differ = |seen: &Option<String>, now: &Option<String>| {
            let (seen, now) = (seen.as_deref().unwrap_or_default(), now.as_deref().unwrap_or_default());
            !seen.eq_ignore_ascii_case(now)
        };
        let found = rows.into_iter().find(|(_, seen, now)| differ(seen, now));
        found.map(|(name, ..)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> DeviceIdentity {
        DeviceIdentity {
            serial_number: Some("SN1".into()),
            entra_device_id: Some("e".into()),
            enrolled_date_time: Some("2026-03-01T08:00:00Z".into()),
            user_principal_name: None,
        }
    }

    #[test]
    fn sec_m9_a_sighting_is_a_number_that_was_handed_out_since_the_identity_last_changed() {
        let identity = identity();
        let known = KnownDevice {
            identity: &identity,
            identity_seq: Seq(5),
            newest_seq: Seq(9),
        };
        for (seq, said) in [
            (i64::MIN, Err(SightingError::TooOld)),
            (-1, Err(SightingError::TooOld)),
            (0, Err(SightingError::TooOld)),
            (4, Err(SightingError::TooOld)),
            (5, Ok(IdentityPin::from_identity(&identity))),
            (7, Ok(IdentityPin::from_identity(&identity))),
            (9, Ok(IdentityPin::from_identity(&identity))),
            (10, Err(SightingError::NeverHandedOut)),
            (1_000_000_000_000_000, Err(SightingError::NeverHandedOut)),
            (i64::MAX, Err(SightingError::NeverHandedOut)),
        ] {
            assert_eq!(
                DeviceSighting::Numbered(Seq(seq)).to_identity_pin(&known),
                said,
                "{seq}"
            );
        }
    }

    #[test]
    fn sec_m9_pins_of_older_stores_are_read_as_they_were_written() {
        let old = r#"{"serialNumber":"SN1","enrolledDateTime":"2026-03-01T08:00:00Z","userPrincipalName":null}"#;
        let pin: IdentityPin = serde_json::from_str(old).expect("a pin");
        assert_eq!(pin, IdentityPin::from_identity(&identity()));
        assert_eq!(serde_json::to_string(&pin).expect("plain"), old);
        assert_eq!(pin.find_difference(&identity()), None);
    }

    #[test]
    fn a_pin_says_which_part_is_another_one() {
        type Change = fn(&mut DeviceIdentity);
        let rows: [(Option<&str>, Change); 5] = [
            (Some("serial number"), |now| now.serial_number = None),
            (Some("enrolment time"), |now| {
                now.enrolled_date_time = Some("later".into())
            }),
            (Some("user"), |now| {
                now.user_principal_name = Some("b@example.org".into())
            }),
            (None, |now| now.serial_number = Some("sn1".into())),
            (None, |now| now.entra_device_id = None),
        ];
        for (differs, change) in rows {
            let mut now = identity();
            change(&mut now);
            assert_eq!(IdentityPin::from_identity(&identity()).find_difference(&now), differs);
        }
    }
}
