//! Whose packages may use the id of a product (A10). Pure.
//!
//! The first maker of a product keeps its id: what comes with the program, or the key that signed its first version. A
//! package that nobody signed never stands where somebody vouches, whatever is said with it; one by another key neither,
//! though that key is trusted for products of its own. What comes with the program has no key yet: the first trusted one
//! that signs a newer version keeps the id beside the program. What nobody signed anyone may go on with, and a signed
//! version takes it over.

use crate::bus::package::PackageSigner;

/// Who keeps an id, out of those whose versions are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdOwner {
    /// Nobody vouches for any version, or there is none.
    Nobody,
    /// It comes with the program, and no key has signed a version.
    Program,
    /// Fingerprint of the key that signed; versions that came with the program stand beside.
    Key(String),
}

pub fn find_id_owner<'s>(present: impl Iterator<Item = &'s PackageSigner>) -> IdOwner {
    let mut owner = IdOwner::Nobody;
    for signed in present {
        match (signed, &owner) {
            (PackageSigner::By(_), IdOwner::Key(_)) | (PackageSigner::Nobody, _) => (),
            (PackageSigner::By(key), _) => owner = IdOwner::Key(key.clone()),
            (PackageSigner::BuiltIn, IdOwner::Nobody) => owner = IdOwner::Program,
            (PackageSigner::BuiltIn, _) => (),
        }
    }
    owner
}

/// Whether a package that was signed so may stand under that id.
pub fn may_use_id(owner: &IdOwner, signed: &PackageSigner) -> bool {
    match (owner, signed) {
        (_, PackageSigner::BuiltIn) | (IdOwner::Nobody, _) => true,
        (IdOwner::Program, PackageSigner::By(_)) => true,
        (IdOwner::Key(kept), PackageSigner::By(key)) => kept == key,
        (IdOwner::Program | IdOwner::Key(_), PackageSigner::Nobody) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(key: &str) -> PackageSigner {
        PackageSigner::By(key.to_owned())
    }

    #[test]
    fn sec_c2_the_first_who_vouches_keeps_the_id() {
        let keeps = |present: &[PackageSigner]| find_id_owner(present.iter());
        assert_eq!(keeps(&[]), IdOwner::Nobody);
        assert_eq!(keeps(&[PackageSigner::Nobody]), IdOwner::Nobody);
        assert_eq!(
            keeps(&[PackageSigner::Nobody, PackageSigner::BuiltIn]),
            IdOwner::Program
        );
        assert_eq!(keeps(&[PackageSigner::BuiltIn, by("a")]), IdOwner::Key("a".into()));
        assert_eq!(
            keeps(&[by("a"), PackageSigner::BuiltIn, by("b")]),
            IdOwner::Key("a".into())
        );
    }

    #[test]
    fn sec_c2_what_nobody_signed_never_stands_where_somebody_vouches() {
        for keeper in [IdOwner::Program, IdOwner::Key("a".into())] {
            assert!(!may_use_id(&keeper, &PackageSigner::Nobody), "{keeper:?}");
            assert!(may_use_id(&keeper, &PackageSigner::BuiltIn), "{keeper:?}");
            assert!(may_use_id(&keeper, &by("a")), "{keeper:?}");
        }
        assert!(!may_use_id(&IdOwner::Key("a".into()), &by("b")), "another key");
        assert!(may_use_id(&IdOwner::Nobody, &PackageSigner::Nobody));
        assert!(may_use_id(&IdOwner::Nobody, &by("a")), "a signed one takes over");
    }
}
