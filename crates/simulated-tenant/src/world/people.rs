//! The people whose devices these are. Names come in the scripts that directories hold, with apostrophes, hyphens and
//! combining marks; the sign-in name stays ASCII, as it does in Entra.

use uuid::Uuid;

use super::dice::Dice;

#[derive(Debug, Clone)]
pub struct User {
    pub id: Uuid,
    pub display_name: Box<str>,
    pub principal_name: Box<str>,
    /// The given name as written, for device names.
    pub given: &'static str,
}

/// Given name as written, and as part of the sign-in name.
const GIVEN: &[(&str, &str)] = &[
    ("Anna", "anna"),
    ("Jürgen", "juergen"),
    ("Zoë", "zoe"),
    ("Siobhán", "siobhan"),
    ("Łukasz", "lukasz"),
    ("Chloé", "chloe"),
    ("Søren", "soeren"),
    ("İpek", "ipek"),
    ("Ñuria", "nuria"),
    ("Tomáš", "tomas"),
    ("Анна", "anna"),
    ("Дмитрий", "dmitri"),
    ("Ελένη", "eleni"),
    ("محمد", "mohammed"),
    ("יעל", "yael"),
    ("愛", "ai"),
    ("伟", "wei"),
    ("민준", "minjun"),
    ("สมชาย", "somchai"),
    ("प्रिया", "priya"),
    ("Thảo", "thao"),
    ("Jean-Luc", "jean-luc"),
    ("Mary Ann", "maryann"),
    ("Max", "max"),
];

const FAMILY: &[(&str, &str)] = &[
    ("O'Brien", "obrien"),
    ("Müller", "mueller"),
    ("Smith", "smith"),
    ("Nguyễn", "nguyen"),
    ("Иванова", "ivanova"),
    ("Παπαδόπουλος", "papadopoulos"),
    ("الحسن", "alhassan"),
    ("כהן", "cohen"),
    ("佐藤", "sato"),
    ("王", "wang"),
    ("김", "kim"),
    ("ใจดี", "jaidee"),
    ("शर्मा", "sharma"),
    ("García-López", "garcialopez"),
    ("van der Berg", "vanderberg"),
    ("Šimková", "simkova"),
    ("Ångström", "angstrom"),
    ("Okonkwo", "okonkwo"),
];

/// A person; `number` keeps sign-in names unique within the tenant.
pub(super) fn make(dice: &mut Dice, number: usize) -> User {
    let (given, given_mail) = *dice.pick(GIVEN);
    let (family, family_mail) = *dice.pick(FAMILY);
    User {
        id: dice.uuid(),
        display_name: format!("{given} {family}").into(),
        principal_name: format!("{given_mail}.{family_mail}{number}@contoso.example").into(),
        given,
    }
}
