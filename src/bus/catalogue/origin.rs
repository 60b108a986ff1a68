//! Whose packages may stand under the id of a product (A10). Pure.
//!
//! The first maker of a product keeps its id: what comes with the program, or the key that signed its first version. A
//! package that nobody signed never stands where somebody vouches, whatever is said with it; one by another key neither,
//! though that key is trusted for products of its own. What comes with the program has no key yet: the first trusted one
//! that signs a newer version keeps the id beside the program. What nobody signed anyone may go on with, and a signed
//! version takes it over.

use crate::bus::package::Signed;

/// Who keeps an id, out of those whose versions are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    /// Nobody vouches for any version, or there is none.
    Nobody,
    /// It comes with the program, and no key has signed a version.
    Program,
    /// Fingerprint of the key that signed; versions that came with the program stand beside.
    Key(String),
}

pub fn keeper<'s>(present: impl Iterator<Item = &'s Signed>) -> Keeper {
    let mut keeper = Keeper::Nobody;
    for signed in present {
        match (signed, &keeper) {
            (Signed::By(_), Keeper::Key(_)) | (Signed::Nobody, _) => (),
            (Signed::By(key), _) => keeper = Keeper::Key(key.clone()),
            (Signed::BuiltIn, Keeper::Nobody) => keeper = Keeper::Program,
            (Signed::BuiltIn, _) => (),
        }
    }
    keeper
}

/// Whether a package that was signed so may stand under that id.
pub fn may_stand(keeper: &Keeper, signed: &Signed) -> bool {
    match (keeper, signed) {
        (_, Signed::BuiltIn) | (Keeper::Nobody, _) => true,
        (Keeper::Program, Signed::By(_)) => true,
        (Keeper::Key(kept), Signed::By(key)) => kept == key,
        (Keeper::Program | Keeper::Key(_), Signed::Nobody) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(key: &str) -> Signed {
        Signed::By(key.to_owned())
    }

    #[test]
    fn sec_c2_the_first_who_vouches_keeps_the_id() {
        let keeps = |present: &[Signed]| keeper(present.iter());
        assert_eq!(keeps(&[]), Keeper::Nobody);
        assert_eq!(keeps(&[Signed::Nobody]), Keeper::Nobody);
        assert_eq!(keeps(&[Signed::Nobody, Signed::BuiltIn]), Keeper::Program);
        assert_eq!(keeps(&[Signed::BuiltIn, by("a")]), Keeper::Key("a".into()));
        assert_eq!(keeps(&[by("a"), Signed::BuiltIn, by("b")]), Keeper::Key("a".into()));
    }

    #[test]
    fn sec_c2_what_nobody_signed_never_stands_where_somebody_vouches() {
        for keeper in [Keeper::Program, Keeper::Key("a".into())] {
            assert!(!may_stand(&keeper, &Signed::Nobody), "{keeper:?}");
            assert!(may_stand(&keeper, &Signed::BuiltIn), "{keeper:?}");
            assert!(may_stand(&keeper, &by("a")), "{keeper:?}");
        }
        assert!(!may_stand(&Keeper::Key("a".into()), &by("b")), "another key");
        assert!(may_stand(&Keeper::Nobody, &Signed::Nobody));
        assert!(may_stand(&Keeper::Nobody, &by("a")), "a signed one takes over");
    }
}
