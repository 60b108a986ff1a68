//! Whose consent a definition has (A10). Enabling is consent to one text, known by its hash: another text of the same name
//! runs for nobody before somebody enables that. Pure.
//!
//! *Which text goes on.* The one that was agreed to, until somebody with the right enables the newer one or switches the
//! workflow off: an update must not end a weekly list in silence, nor begin something else in its place. What the
//! installation itself has enabled (the scanner, the follower of jobs) is exchanged with the program, as long as it does
//! nothing to devices: nobody's rights stand behind it.

use super::activity::Danger;
use crate::store::Lead;

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// Part of the program that runs.
    Program,
    /// A package that somebody took in.
    Package,
    /// A file in the data folder.
    Folder,
}

/// What is installed under the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present<'w> {
    /// Of the text that runs, or would run.
    pub hash: &'w str,
    pub is_enabled: bool,
    /// Somebody's account stands behind it; else the installation's own doing.
    pub has_enabler: bool,
    /// Of the text that waits to be enabled in its place.
    pub offered: Option<&'w str>,
}

pub fn lead(present: &Present<'_>, hash: &str, danger: Danger, origin: Origin) -> Lead {
    if present.hash == hash {
        return match present.offered {
            None => Lead::Stay,
            Some(_) => Lead::Withdraw,
        };
    }
    if !present.is_enabled || (!present.has_enabler && danger == Danger::None && origin == Origin::Program) {
        return Lead::Replace;
    }
    match present.offered == Some(hash) {
        true => Lead::Stay,
        false => Lead::Offer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINS: [Origin; 3] = [Origin::Program, Origin::Package, Origin::Folder];
    const DANGERS: [Danger; 4] = [Danger::None, Danger::Harmless, Danger::Disruptive, Danger::Destructive];

    fn enabled(has_enabler: bool) -> Present<'static> {
        Present {
            hash: "old",
            is_enabled: true,
            has_enabler,
            offered: None,
        }
    }

    #[test]
    fn sec_c2_another_text_runs_for_nobody_wherever_it_comes_from_and_whatever_it_does() {
        for origin in ORIGINS {
            for danger in DANGERS {
                assert_eq!(
                    lead(&enabled(true), "new", danger, origin),
                    Lead::Offer,
                    "{origin:?} {danger:?}"
                );
                let wanted = match (origin, danger) {
                    (Origin::Program, Danger::None) => Lead::Replace,
                    _ => Lead::Offer,
                };
                assert_eq!(
                    lead(&enabled(false), "new", danger, origin),
                    wanted,
                    "{origin:?} {danger:?}"
                );
            }
        }
    }

    #[test]
    fn a10_what_nobody_agreed_to_is_simply_exchanged_and_what_was_put_back_waits_no_more() {
        let off = Present {
            is_enabled: false,
            ..enabled(false)
        };
        assert_eq!(lead(&off, "new", Danger::Destructive, Origin::Folder), Lead::Replace);
        let waiting = Present {
            offered: Some("new"),
            ..enabled(true)
        };
        let of = |hash| lead(&waiting, hash, Danger::None, Origin::Folder);
        assert_eq!(of("new"), Lead::Stay, "it is told once");
        assert_eq!(of("newer"), Lead::Offer);
        assert_eq!(of("old"), Lead::Withdraw);
        assert_eq!(lead(&enabled(true), "old", Danger::None, Origin::Folder), Lead::Stay);
    }
}
