//! Users: found, checked out, followed, cleared; and the name of an asset, which a check-out takes away or spoils.

use intune_connector::targets::{TargetFault, UserChange};
use serde_json::json;

use super::rig::{SnipeRig, Update, VERSIONS, assign};
use crate::support::snipe_it::SnipeVersion;

#[tokio::test]
async fn a_user_is_found_by_address_then_by_name_and_never_guessed() {
    for version in VERSIONS {
        let rig = SnipeRig::new(version).await;
        let (anna, ben) = rig.server.with_state(|state| {
            let anna = state.tables.add_user("anna", Some("anna@example.com"));
            let ben = state.tables.add_user("ben@example.com", None);
            for name in ["one", "two"] {
                state.tables.add_user(name, Some("shared@example.com"));
            }
            let gone = state.tables.add_user("gone@example.com", None);
            state
                .tables
                .users
                .iter_mut()
                .filter(|user| user.id == gone)
                .for_each(|user| user.is_deleted = true);
            (anna, ben)
        });
        for (asked, found) in [
            ("Anna@Example.com", Some(anna)),
            ("ben@example.com", Some(ben)),
            ("shared@example.com", None),
            ("gone@example.com", None),
            ("nobody@example.com", None),
        ] {
            let expected = found.map(|id| id.to_string());
            assert_eq!(rig.adapter.find_user(asked).await.unwrap(), expected, "{asked}");
        }
        rig.server.forget_counts();
        rig.adapter.find_user("anna@example.com").await.unwrap();
        assert_eq!(rig.server.count_all(), 0, "known for a while");
    }
}

#[tokio::test]
async fn a_name_is_neither_lost_nor_spoilt_by_a_check_out() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let (anna, ben) = (rig.add_user("anna"), rig.add_user("ben"));
        for (number, name) in (1..).zip(["PC-1", "Anna's iPad", "R&D <\"1\">"]) {
            let record = rig.create(number, json!({ "name": name }), Some(anna)).await.unwrap();
            let asset = rig.see(&record);
            assert_eq!(
                (asset.name.as_deref(), asset.user.as_deref()),
                (Some(name), Some("anna"))
            );
            // The user alone changes; the name is known, and then it is not.
            for (user, rest, expected) in [(ben, json!({ "name": name }), "ben"), (anna, json!({}), "anna")] {
                let mut change = Update::of(number, &record, json!({}));
                change.rest = rest;
                change.user = assign(user);
                rig.update(change).await.unwrap();
                let asset = rig.see(&record);
                assert_eq!(
                    (asset.name.as_deref(), asset.user.as_deref()),
                    (Some(name), Some(expected))
                );
            }
            let renamed = format!("{name} 2");
            let mut change = Update::of(number, &record, json!({ "name": renamed }));
            change.user = assign(ben);
            rig.update(change).await.unwrap();
            assert_eq!(rig.see(&record).name, Some(renamed));
        }
    }
}

#[tokio::test]
async fn a_user_who_is_cleared_gives_the_asset_back_by_one_request() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let anna = rig.add_user("anna");
        let record = rig.create(1, json!({"name": "PC-1"}), Some(anna)).await.unwrap();
        rig.server.forget_counts();
        for _ in 0..2 {
            let mut change = Update::of(1, &record, json!({}));
            change.user = UserChange::Clear;
            rig.update(change).await.unwrap();
        }
        assert_eq!(
            (rig.server.count("POST hardware/{id}/checkin"), rig.server.count_all()),
            (2, 2)
        );
        let asset = rig.see(&record);
        assert_eq!((asset.user, asset.name.as_deref()), (None, Some("PC-1")));
    }
}

#[tokio::test]
async fn a_user_who_left_meanwhile_concerns_one_record_also_where_the_other_side_is_silent() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        let record = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap();
        let mut change = Update::of(1, &record, json!({"name": "PC-1"}));
        change.user = assign(999_999);
        let refused = rig.update(change).await.unwrap_err();
        assert!(
            matches!(&refused, TargetFault::Refused { field: Some(field), .. } if field == "assigned_user"),
            "{version:?}: {refused}"
        );
    }
}

#[tokio::test]
async fn an_asset_that_somebody_else_has_changes_hands() {
    let rig = SnipeRig::with_fields(SnipeVersion::V8, &[]).await;
    let (anna, ben) = (rig.add_user("anna"), rig.add_user("ben"));
    let record = rig.create(1, json!({"name": "Anna's"}), Some(anna)).await.unwrap();
    rig.server.forget_counts();
    let mut change = Update::of(1, &record, json!({}));
    change.rest = json!({"name": "Anna's", "intune_id": "known"});
    change.user = assign(ben);
    rig.update(change).await.unwrap();
    assert_eq!(rig.see(&record).user.as_deref(), Some("ben"));
    assert_eq!(
        rig.server.count("POST hardware/{id}/checkout"),
        2,
        "refused, checked in, checked out"
    );
}
