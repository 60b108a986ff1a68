//! Whose consent a definition has (A10). Enabling is consent to one text, known by its hash: another text of the same name
//! runs for nobody before somebody enables that. Pure.
//!
//! *Which text stays active.* The approved one, until somebody with the right enables the newer one or switches the
//! workflow off: an update must not end a weekly list in silence, nor begin something else in its place. What the
//! installation itself has enabled (the scanner, the follower of jobs) is exchanged with the program, as long as it does
//! nothing to devices: nobody's rights stand behind it.

use crate::contract::DangerLevel;
use crate::store::DefinitionDecision;

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DefinitionOrigin {
    /// Part of the program that runs.
    Program,
    /// A package that an operator added.
    Package,
    /// A file in the data folder.
    Folder,
}

/// What is installed under the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledDefinition<'w> {
    /// Of the text that runs, or would run.
    pub hash: &'w str,
    pub is_enabled: bool,
    /// An operator enabled it; otherwise the installation itself did.
    pub has_enabler: bool,
    /// Of the text that waits to be enabled in its place.
    pub offered: Option<&'w str>,
}

pub fn decide_replacement(
    present: &InstalledDefinition<'_>,
    hash: &str,
    danger: DangerLevel,
    origin: DefinitionOrigin,
) -> DefinitionDecision {
    if present.hash == hash {
        return match present.offered {
            None => DefinitionDecision::Stay,
            Some(_) => DefinitionDecision::Withdraw,
        };
    }
    if !present.is_enabled
        || (!present.has_enabler && danger == DangerLevel::None && origin == DefinitionOrigin::Program)
    {
        return DefinitionDecision::Replace;
    }
    if present.offered == Some(hash) {
        DefinitionDecision::Stay
    } else {
        DefinitionDecision::Offer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINS: [DefinitionOrigin; 3] = [
        DefinitionOrigin::Program,
        DefinitionOrigin::Package,
        DefinitionOrigin::Folder,
    ];
    const DANGERS: [DangerLevel; 4] = [
        DangerLevel::None,
        DangerLevel::Harmless,
        DangerLevel::Disruptive,
        DangerLevel::Destructive,
    ];

    fn enabled(has_enabler: bool) -> InstalledDefinition<'static> {
        InstalledDefinition {
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
                    decide_replacement(&enabled(true), "new", danger, origin),
                    DefinitionDecision::Offer,
                    "{origin:?} {danger:?}"
                );
                let wanted = match (origin, danger) {
                    (DefinitionOrigin::Program, DangerLevel::None) => DefinitionDecision::Replace,
                    _ => DefinitionDecision::Offer,
                };
                assert_eq!(
                    decide_replacement(&enabled(false), "new", danger, origin),
                    wanted,
                    "{origin:?} {danger:?}"
                );
            }
        }
    }

    #[test]
    fn a10_what_nobody_agreed_to_is_simply_exchanged_and_what_was_put_back_waits_no_more() {
        let off = InstalledDefinition {
            is_enabled: false,
            ..enabled(false)
        };
        assert_eq!(
            decide_replacement(&off, "new", DangerLevel::Destructive, DefinitionOrigin::Folder),
            DefinitionDecision::Replace
        );
        let waiting = InstalledDefinition {
            offered: Some("new"),
            ..enabled(true)
        };
        let of = |hash| decide_replacement(&waiting, hash, DangerLevel::None, DefinitionOrigin::Folder);
        assert_eq!(of("new"), DefinitionDecision::Stay, "it is told once");
        assert_eq!(of("newer"), DefinitionDecision::Offer);
        assert_eq!(of("old"), DefinitionDecision::Withdraw);
        assert_eq!(
            decide_replacement(&enabled(true), "old", DangerLevel::None, DefinitionOrigin::Folder),
            DefinitionDecision::Stay
        );
    }
}
