//! Who or what an order is for: which look-ups a given text calls for, and what their answers come to. Pure; the look-ups
//! themselves are in [`super::target_lookup`].
//!
//! A device is known by its Intune id, its Entra device id, the id of its object in the directory, its name or its serial
//! number; a user by object id, sign-in name or address. Groups take object ids alone. Whatever fits two is refused: a wrong
//! guess would install software on somebody else's device.

use uuid::Uuid;

use super::order_text::{BilingualText, OrderTrouble};
use crate::store::OrderDevice;

/// A device that Intune manages, as far as orders look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManagedDeviceFacts {
    pub intune_id: String,
    pub name: Option<String>,
    /// Entra device id; `None`: not registered in Entra.
    pub entra_id: Option<String>,
    pub operating_system: Option<String>,
    pub management_agent: Option<String>,
}

/// A device as the directory has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryDeviceFacts {
    pub object_id: String,
    pub entra_id: Option<String>,
}

/// A user as the directory has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryUserFacts {
    pub object_id: String,
    pub sign_in_name: Option<String>,
    pub mail: Option<String>,
    pub is_enabled: bool,
}

/// One question about a device, in the order in which they are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceLookup {
    IntuneId(String),
    EntraId(String),
    ObjectId(String),
    Name(String),
    SerialNumber(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserLookup {
    ObjectId(String),
    /// Sign-in name, or address.
    Name(String),
}

/// Who or what it is, found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTarget {
    /// What groups are given.
    pub object_id: String,
    /// For people: name of the device, sign-in name of the user.
    pub name: Option<String>,
    /// The device, or those of the user at this moment.
    pub devices: Vec<OrderDevice>,
    /// The same with what is looked at before an order is taken.
    pub managed: Vec<ManagedDeviceFacts>,
    /// `false`: their account is disabled.
    pub is_enabled: bool,
}

/// A GUID in any of its spellings, in lower case with hyphens.
pub fn parse_guid(text: &str) -> Option<String> {
    let id = Uuid::try_parse(text.trim()).ok()?;
    (!id.is_nil()).then(|| id.as_hyphenated().to_string())
}

pub fn plan_device_lookups(given: &str) -> Vec<DeviceLookup> {
    match parse_guid(given) {
        Some(id) => vec![
            DeviceLookup::IntuneId(id.clone()),
            DeviceLookup::EntraId(id.clone()),
            DeviceLookup::ObjectId(id),
        ],
        None => {
            let text = given.trim().to_owned();
            vec![DeviceLookup::Name(text.clone()), DeviceLookup::SerialNumber(text)]
        }
    }
}

pub fn plan_user_lookup(given: &str) -> UserLookup {
    parse_guid(given).map_or_else(|| UserLookup::Name(given.trim().to_owned()), UserLookup::ObjectId)
}

/// The one device that the look-ups found; each may have been found by several of them.
pub fn choose_device(given: &str, found: Vec<ManagedDeviceFacts>) -> Result<ManagedDeviceFacts, OrderTrouble> {
    let mut different: Vec<ManagedDeviceFacts> = Vec::new();
    for device in found {
        if !different
            .iter()
            .any(|known| known.intune_id.eq_ignore_ascii_case(&device.intune_id))
        {
            different.push(device);
        }
    }
    let count = different.len();
    match (different.pop(), count) {
        (Some(device), 1) => Ok(device),
        (None, _) => Err(unknown_device(given)),
        (Some(_), count) => Err(OrderTrouble::new(
            "ambiguousDevice",
            BilingualText::new(
                format!("{count} devices in Intune are called {given}."),
                format!("{count} Geräte in Intune heißen {given}."),
            ),
            BilingualText::new(
                "Order again with the Intune device id.",
                "Bitte erneut mit der Intune-Geräte-ID bestellen.",
            ),
        )),
    }
}

/// The one user. A sign-in name goes before an address, unless `check_emails` asks that addresses are unique, too.
pub fn choose_user(
    given: &str,
    found: Vec<DirectoryUserFacts>,
    check_emails: bool,
) -> Result<DirectoryUserFacts, OrderTrouble> {
    let is_given = |text: &Option<String>| {
        text.as_ref()
            .is_some_and(|text| text.eq_ignore_ascii_case(given.trim()))
    };
    let count = found.len();
    let by_name = found.iter().position(|user| is_given(&user.sign_in_name));
    let chosen = match (by_name, count) {
        (_, 1) => Some(0),
        (Some(at), _) if !check_emails => Some(at),
        _ => None,
    };
    if count == 0 {
        return Err(unknown_user(given));
    }
    let user = chosen.and_then(|at| found.into_iter().nth(at));
    user.ok_or_else(|| ambiguous_user(given, count))
}

pub fn unknown_user(given: &str) -> OrderTrouble {
    OrderTrouble::new(
        "unknownUser",
        BilingualText::new(
            format!("The directory has no user {given}."),
            format!("Das Verzeichnis hat keinen Benutzer {given}."),
        ),
        BilingualText::new(
            "Order again with the sign-in name or the Entra object id of the user.",
            "Bitte erneut mit dem Anmeldenamen oder der Entra-Objekt-ID bestellen.",
        ),
    )
}

pub fn ambiguous_user(given: &str, count: usize) -> OrderTrouble {
    OrderTrouble::new(
        "ambiguousUser",
        BilingualText::new(
            format!("{count} users have the sign-in name or address {given}."),
            format!("{count} Benutzer haben den Anmeldenamen oder die Adresse {given}."),
        ),
        BilingualText::new(
            "Give every user an address of their own, or order again with the Entra object id of the user.",
            "Bitte jedem Benutzer eine eigene Adresse geben oder erneut mit der Entra-Objekt-ID bestellen.",
        ),
    )
}

pub fn unknown_device(given: &str) -> OrderTrouble {
    OrderTrouble::new(
        "unknownDevice",
        BilingualText::new(
            format!("Intune has no device {given}."),
            format!("Intune hat kein Gerät {given}."),
        ),
        BilingualText::new(
            "Enrol the device in Intune, or order again with its Intune device id, Entra device id, name or serial number.",
            "Bitte das Gerät in Intune registrieren oder erneut mit Intune-Geräte-ID, Entra-Geräte-ID, Name oder Seriennummer \
             bestellen.",
        ),
    )
}

/// Intune has it, and the directory does not: it can't be put into a group.
pub fn unregistered_device(name: &str) -> OrderTrouble {
    OrderTrouble::new(
        "deviceNotInEntra",
        BilingualText::new(
            format!("The device {name} is not registered in Entra, so it can be in no group."),
            format!("Das Gerät {name} ist nicht in Entra registriert, kann also in keiner Gruppe sein."),
        ),
        BilingualText::new(
            "Have somebody sign in on the device so that it registers in Entra, then order again.",
            "Bitte am Gerät anmelden, damit es sich in Entra registriert, dann erneut bestellen.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0D0D0D0D-0000-4000-8000-000000000001";

    fn device(id: &str) -> ManagedDeviceFacts {
        ManagedDeviceFacts {
            intune_id: id.to_owned(),
            ..ManagedDeviceFacts::default()
        }
    }

    fn user(id: &str, name: &str, mail: &str) -> DirectoryUserFacts {
        DirectoryUserFacts {
            object_id: id.to_owned(),
            sign_in_name: Some(name.to_owned()),
            mail: Some(mail.to_owned()),
            is_enabled: true,
        }
    }

    #[test]
    fn sh_27_a_guid_may_be_any_of_three_ids_and_anything_else_a_name_or_a_serial_number() {
        let id = ID.to_ascii_lowercase();
        assert_eq!(
            plan_device_lookups(&format!(" {{{ID}}} ")),
            [
                DeviceLookup::IntuneId(id.clone()),
                DeviceLookup::EntraId(id.clone()),
                DeviceLookup::ObjectId(id)
            ]
        );
        assert_eq!(
            plan_device_lookups("PC-7"),
            [
                DeviceLookup::Name("PC-7".into()),
                DeviceLookup::SerialNumber("PC-7".into())
            ]
        );
        assert_eq!(
            plan_user_lookup("ann@example.com"),
            UserLookup::Name("ann@example.com".into())
        );
    }

    #[test]
    fn sh_27_an_unknown_device_and_one_of_several_are_clear_failures() {
        assert_eq!(choose_device("x", vec![device("a"), device("A")]).unwrap(), device("a"));
        assert_eq!(choose_device("x", vec![]).unwrap_err().code, "unknownDevice");
        let trouble = choose_device("PC-7", vec![device("a"), device("b")]).unwrap_err();
        assert_eq!(trouble.code, "ambiguousDevice");
        assert_eq!(trouble.message.en, "2 devices in Intune are called PC-7.");
    }

    #[test]
    fn sh_52_an_address_that_two_users_share_is_refused() {
        let (ann, bob) = (user("1", "ann@x", "team@x"), user("2", "bob@x", "team@x"));
        let both = || vec![ann.clone(), bob.clone()];
        assert_eq!(choose_user("team@x", both(), false).unwrap_err().code, "ambiguousUser");
        assert_eq!(
            choose_user("BOB@x", both(), false).unwrap(),
            bob,
            "a sign-in name goes before an address"
        );
        assert_eq!(choose_user("bob@x", both(), true).unwrap_err().code, "ambiguousUser");
        assert_eq!(choose_user("ann@x", vec![ann.clone()], true).unwrap(), ann);
        assert_eq!(choose_user("x", vec![], true).unwrap_err().code, "unknownUser");
    }
}
