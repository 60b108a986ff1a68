//! Which device was meant (A2): what its requester saw of it, and whether it still is that one.

use serde::{Deserialize, Serialize};

use super::{Identity, Seq, Timestamp, format_time};

/// What the requester saw of a device: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
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
pub enum NotSeen {
    /// Its identity has changed since.
    TooOld,
    /// This store never handed it out for this device.
    NeverHandedOut,
}

/// What a store knows of a device that somebody says to have seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice<'a> {
    pub identity: &'a Identity,
    /// Where its identity last changed.
    pub identity_seq: Seq,
    /// The newest sequence number that was handed out for it.
    pub newest_seq: Seq,
}

impl Sighting {
    /// The pin that this sighting stands for.
    pub fn pin(self, known: &KnownDevice<'_>) -> Result<IdentityPin, NotSeen> {
        match self {
            Sighting::Named(pin) => Ok(pin),
            Sighting::Numbered(seq) if seq > known.newest_seq => Err(NotSeen::NeverHandedOut),
            Sighting::Numbered(seq) if seq < known.identity_seq => Err(NotSeen::TooOld),
            Sighting::Numbered(_) => Ok(IdentityPin::of(known.identity)),
        }
    }
}

impl IdentityPin {
    pub fn of(identity: &Identity) -> IdentityPin {
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
    pub fn differs(&self, now: &Identity) -> Option<&'static str> {
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

    fn identity() -> Identity {
        Identity {
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
            (i64::MIN, Err(NotSeen::TooOld)),
            (-1, Err(NotSeen::TooOld)),
            (0, Err(NotSeen::TooOld)),
            (4, Err(NotSeen::TooOld)),
            (5, Ok(IdentityPin::of(&identity))),
            (7, Ok(IdentityPin::of(&identity))),
            (9, Ok(IdentityPin::of(&identity))),
            (10, Err(NotSeen::NeverHandedOut)),
            (1_000_000_000_000_000, Err(NotSeen::NeverHandedOut)),
            (i64::MAX, Err(NotSeen::NeverHandedOut)),
        ] {
            assert_eq!(Sighting::Numbered(Seq(seq)).pin(&known), said, "{seq}");
        }
    }

    #[test]
    fn sec_m9_pins_of_older_stores_are_read_as_they_were_written() {
        let old = r#"{"serialNumber":"SN1","enrolledDateTime":"2026-03-01T08:00:00Z","userPrincipalName":null}"#;
        let pin: IdentityPin = serde_json::from_str(old).expect("a pin");
        assert_eq!(pin, IdentityPin::of(&identity()));
        assert_eq!(serde_json::to_string(&pin).expect("plain"), old);
        assert_eq!(pin.differs(&identity()), None);
    }

    #[test]
    fn a_pin_says_which_part_is_another_one() {
        type Change = fn(&mut Identity);
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
            assert_eq!(IdentityPin::of(&identity()).differs(&now), differs);
        }
    }
}
