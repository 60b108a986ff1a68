//! What is the matter with the store: it takes no writes, is damaged, went back, or has little room. Pure.

use super::super::known_world::FactVisibility;
use super::item::{BoardItem, to_sentence};
use crate::contract::{AttentionSeverity, AttentionSubject};
use crate::store::StoreRollback;

/// What is known of the store.
pub(super) struct StoreFacts<'a> {
    /// Code of why the last commit failed.
    pub failure: Option<&'a str>,
    /// What the last check of the whole file found.
    pub damage: Option<&'a str>,
    /// As long as the kill switch is on that this switched on.
    pub rollback: Option<&'a StoreRollback>,
    /// Where that can be asked.
    pub free_bytes: Option<u64>,
    /// 0: any is enough.
    pub min_free_bytes: u64,
}

pub(super) fn store_items(facts: &StoreFacts<'_>) -> impl Iterator<Item = BoardItem> {
    [
        facts.failure.map(unwritable_item),
        facts.damage.map(damage_item),
        facts.rollback.map(rollback_item),
        free_space_item(facts),
    ]
    .into_iter()
    .flatten()
}

fn new_item(code: &str, severity: AttentionSeverity, fix: &str) -> BoardItem {
    let subject = (AttentionSubject::Store, "store");
    BoardItem::new(code, severity, subject, fix.to_owned(), FactVisibility::Everybody)
}

fn unwritable_item(cause: &str) -> BoardItem {
    new_item("storeNotWritable", AttentionSeverity::Act, "/settings")
        .argument("cause", cause)
        .texts(
            "The store of the bus accepts no writes ({cause}): nothing is scanned or sent.",
            "Free up space, or mend the disk; nothing that was confirmed is lost.",
        )
}

fn damage_item(damage: &str) -> BoardItem {
    new_item("storeDamaged", AttentionSeverity::Act, "/settings")
        .argument("detail", to_sentence(damage))
        .texts(
            "The store of the bus is damaged: {detail}",
            "Check the disk. Where devices are read again by a full scan, wait for it; else restore a backup.",
        )
}

/// It is told as long as the kill switch is on that it switched on.
fn rollback_item(rollback: &StoreRollback) -> BoardItem {
    new_item("storeWentBack", AttentionSeverity::Act, "/killswitch")
        .since(rollback.at)
        .argument("detail", to_sentence(&rollback.why))
        .texts(
            "The store of the bus went back to an earlier state: {detail} No action is sent.",
            "Check what was sent since, then ask for the kill switch to be switched off.",
        )
}

/// Little is told before too little.
fn free_space_item(facts: &StoreFacts<'_>) -> Option<BoardItem> {
    let free = facts.free_bytes?;
    let severity = if free < facts.min_free_bytes {
        AttentionSeverity::Act
    } else if free < facts.min_free_bytes.saturating_mul(2) {
        AttentionSeverity::Watch
    } else {
        return None;
    };
    let item = new_item("diskLow", severity, "/settings")
        .argument("free", free >> 20)
        .argument("least", facts.min_free_bytes >> 20);
    Some(item.texts(
        "Only {free} MiB are free where the data folder lies; at least {least} MiB should be.",
        "Free up disk space.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    const GOOD: StoreFacts<'_> = StoreFacts {
        failure: None,
        damage: None,
        rollback: None,
        free_bytes: Some(1 << 40),
        min_free_bytes: 100 << 20,
    };

    /// The codes, and how severe each is.
    fn told(facts: &StoreFacts<'_>) -> Vec<(String, AttentionSeverity)> {
        let views = store_items(facts).map(|item| item.view);
        views
            .inspect(|view| assert!(!view.message.contains('{'), "{view:?}"))
            .map(|view| (view.code, view.severity))
            .collect()
    }

    fn one(code: &str, severity: AttentionSeverity) -> Vec<(String, AttentionSeverity)> {
        vec![(code.to_owned(), severity)]
    }

    #[test]
    fn a_store_is_told_by_what_is_the_matter_with_it() {
        assert!(told(&GOOD).is_empty());
        let failed = StoreFacts {
            failure: Some("diskFull"),
            ..GOOD
        };
        assert_eq!(told(&failed), one("storeNotWritable", AttentionSeverity::Act));
        let damaged = StoreFacts {
            damage: Some("row 3 missing from index"),
            ..GOOD
        };
        assert_eq!(told(&damaged), one("storeDamaged", AttentionSeverity::Act));
        let rollback = StoreRollback {
            at: Timestamp::default(),
            why: "the store was restored".into(),
        };
        let restored = StoreFacts {
            rollback: Some(&rollback),
            ..GOOD
        };
        assert_eq!(told(&restored), one("storeWentBack", AttentionSeverity::Act));
    }

    #[test]
    fn little_room_is_told_before_too_little() {
        let with = |free_bytes, min_free_bytes| {
            told(&StoreFacts {
                free_bytes,
                min_free_bytes,
                ..GOOD
            })
        };
        assert_eq!(with(Some(99 << 20), 100 << 20), one("diskLow", AttentionSeverity::Act));
        assert_eq!(
            with(Some(150 << 20), 100 << 20),
            one("diskLow", AttentionSeverity::Watch)
        );
        assert!(with(Some(200 << 20), 100 << 20).is_empty());
        assert!(with(Some(0), 0).is_empty(), "any is enough");
        assert!(with(None, 100 << 20).is_empty());
    }
}
