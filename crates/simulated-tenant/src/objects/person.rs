//! People as the directory has them. Those with a device are the fleet's; the seed adds some who make trouble: two with
//! one address, one without, one who is disabled, a guest.

use uuid::Uuid;

use crate::world::{Dice, User};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: Uuid,
    pub display_name: String,
    pub given: String,
    pub principal_name: String,
    pub mail: Option<String>,
    pub is_enabled: bool,
    pub is_guest: bool,
}

impl Person {
    /// A person of the fleet.
    pub fn of(user: &User) -> Person {
        Person {
            id: user.id,
            display_name: user.display_name.to_string(),
            given: user.given.to_owned(),
            principal_name: user.principal_name.to_string(),
            mail: Some(user.principal_name.to_string()),
            is_enabled: true,
            is_guest: false,
        }
    }

    /// By object id or sign-in name.
    pub fn is_called(&self, key: &str) -> bool {
        self.id.to_string().eq_ignore_ascii_case(key) || self.principal_name.eq_ignore_ascii_case(key)
    }
}

/// Given name, family name, sign-in name, address.
const EXTRA: &[(&str, &str, &str, Option<&str>)] = &[
    (
        "Front",
        "Desk",
        "front.desk@contoso.example",
        Some("reception@contoso.example"),
    ),
    (
        "Night",
        "Desk",
        "night.desk@contoso.example",
        Some("reception@contoso.example"),
    ),
    (
        "Seán",
        "O'Neil",
        "sean.o'neil@contoso.example",
        Some("sean.oneil@contoso.example"),
    ),
    (
        "Former",
        "Colleague",
        "former.colleague@contoso.example",
        Some("former.colleague@contoso.example"),
    ),
    ("Build", "Agent", "build.agent@contoso.example", None),
    (
        "Partner",
        "Guest",
        "partner_fabrikam.example#EXT#@contoso.example",
        Some("partner@fabrikam.example"),
    ),
];

pub(super) fn of_seed(seed: u64) -> Vec<Person> {
    let mut dice = Dice::apart(seed, 0x9E0);
    let people = EXTRA.iter().map(|(given, family, principal_name, mail)| Person {
        id: dice.uuid(),
        display_name: format!("{given} {family}"),
        given: (*given).to_owned(),
        principal_name: (*principal_name).to_owned(),
        mail: mail.map(str::to_owned),
        is_enabled: *given != "Former",
        is_guest: principal_name.contains("#EXT#"),
    });
    people.collect()
}
