//! What has to be there before an asset: custom fields that its model shows, models, labels, rights; and the check of it.

use std::collections::BTreeMap;

use intune_connector::contract::{CheckStep, CheckStepState, RetireAction};
use intune_connector::targets::TargetFault;
use serde_json::json;

use super::rig::{SnipeRig, Update, VERSIONS, adapter_for, key, own_settings};
use crate::support::snipe_it::{SnipeOptions, SnipeVersion};

#[tokio::test]
async fn an_adopted_asset_shows_our_id_whatever_its_model_showed_before() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &["OS Version"]).await;
        let (bare, dressed) = rig.server.with_state(|state| {
            let tables = &mut state.tables;
            let colour = tables.add_field("Colour", "ANY", "text");
            let fieldset = tables.add_fieldset("Laptops", &[colour]);
            let bare = tables.add_model("Bare", "Laptops");
            let dressed = tables.add_model("Dressed", "Laptops");
            let model = tables.models.iter_mut().find(|model| model.id == dressed).unwrap();
            model.fieldset = Some(fieldset);
            let column = tables
                .fields
                .iter()
                .find(|field| field.name == "Colour")
                .unwrap()
                .column
                .clone();
            let (bare, dressed) = (
                tables.add_asset("A-1", None, bare),
                tables.add_asset("A-2", None, dressed),
            );
            tables
                .assets
                .get_mut(&dressed)
                .unwrap()
                .custom
                .insert(column, "red".to_owned());
            (bare, dressed)
        });
        for (number, asset, before) in [(1, bare, 0), (2, dressed, 1)] {
            let record = intune_connector::targets::RecordId(asset.to_string());
            assert_eq!(rig.see(&record).custom.len(), before);
            let adopted = json!({"OS Version": "1", "intune_id": key(number).device.to_string()});
            rig.update(Update::of(number, &record, adopted)).await.unwrap();
            let seen = rig.see(&record);
            assert_eq!(seen.custom["Intune ID"], key(number).device.to_string());
            assert_eq!(seen.custom["OS Version"], "1");
            assert_eq!(seen.custom.contains_key("Colour"), before == 1, "nothing is taken off");
            // From now on it is one request.
            rig.server.forget_counts();
            rig.update(Update::of(number, &record, json!({"OS Version": "2"})))
                .await
                .unwrap();
            assert_eq!(rig.server.count_all(), 1);
        }
    }
}

#[tokio::test]
async fn a_fieldset_that_somebody_takes_off_a_model_meanwhile_loses_nothing() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &["OS Version"]).await;
        let record = rig
            .create(1, json!({"model": "Dock", "OS Version": "1"}), None)
            .await
            .unwrap();
        rig.server
            .with_state(|state| state.tables.models.iter_mut().for_each(|model| model.fieldset = None));
        rig.update(Update::of(1, &record, json!({"OS Version": "2"})))
            .await
            .unwrap();
        assert_eq!(rig.see(&record).custom["OS Version"], "2");
        let second = rig
            .create(2, json!({"model": "Dock", "OS Version": "3"}), None)
            .await
            .unwrap();
        assert_eq!(rig.see(&second).custom["Intune ID"], key(2).device.to_string());
    }
}

#[tokio::test]
async fn a_field_that_is_missing_stops_the_target_until_it_is_made() {
    let rig = SnipeRig::new(SnipeVersion::V8).await;
    let wished = || json!({"name": "PC-1", "OS Version": "1"});
    let refused = rig.create(1, wished(), None).await.unwrap_err();
    assert!(matches!(&refused, TargetFault::Misconfigured { problem, .. } if problem.contains("`OS Version`")));
    let wanted = ["OS Version".to_owned(), "name".to_owned()];
    assert_eq!(rig.adapter.make_fields(&wanted).await.unwrap(), [""; 0]);
    rig.create(1, wished(), None).await.unwrap();
    let fields = rig.adapter.list_fields().await.unwrap();
    let customs: Vec<(&str, bool)> = fields
        .iter()
        .filter(|field| field.custom)
        .map(|field| (field.name.as_str(), field.writable))
        .collect();
    assert_eq!(customs, [("Intune ID", false), ("OS Version", true)]);
    let status = fields.iter().find(|field| field.name == "status").unwrap();
    assert!(status.known_values.contains(&"Ready to Deploy".to_owned()));
}

#[tokio::test]
async fn without_the_right_for_fields_they_are_listed_for_their_owner() {
    let mut options = SnipeOptions::of_version(SnipeVersion::V8);
    options.denied = vec!["POST fields".to_owned()];
    let rig = SnipeRig::with(options, |_| ()).await;
    let wanted = ["OS Version".to_owned()];
    assert_eq!(
        rig.adapter.make_fields(&wanted).await.unwrap(),
        ["Intune ID", "OS Version"]
    );
    let refused = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap_err();
    assert!(
        matches!(&refused, TargetFault::Misconfigured { advice, .. } if advice.contains("`Intune ID`")),
        "{refused}"
    );
    // Their owner makes it, in a fieldset of another name.
    rig.server.with_state(|state| {
        let field = state.tables.add_field("Intune ID", "ANY", "text");
        state.tables.add_fieldset("Managed", &[field]);
    });
    // After a restart nothing is known of before.
    let rig = SnipeRig {
        adapter: adapter_for(&rig.server, own_settings("snipe-it-token")),
        server: rig.server,
    };
    let record = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap();
    assert_eq!(rig.see(&record).custom["Intune ID"], key(1).device.to_string());
    let sets = rig.server.with_state(|state| state.tables.fieldsets.len());
    assert_eq!(sets, 1, "the one that shows our id is taken");
}

#[tokio::test]
async fn a_right_that_is_missing_stops_all_and_an_asset_of_another_company_is_one_record() {
    let mut options = SnipeOptions::of_version(SnipeVersion::V8);
    options.denied = vec!["PATCH hardware/{id}".to_owned()];
    let rig = SnipeRig::with(options, |_| ()).await;
    let record = rig.create(1, json!({"name": "PC-1"}), None).await.unwrap();
    let change = || Update::of(1, &record, json!({"name": "PC-2"}));
    let refused = rig.update(change()).await.unwrap_err();
    assert!(matches!(refused, TargetFault::Refused { .. }), "{refused}");
    rig.server.with_state(|state| state.options.may_update = false);
    let refused = rig.update(change()).await.unwrap_err();
    assert!(matches!(refused, TargetFault::Misconfigured { .. }), "{refused}");
}

#[tokio::test]
async fn models_and_makers_are_looked_for_before_they_are_made() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        rig.server
            .with_state(|state| state.tables.add_model("Latitude 7450", "Curated"));
        let wished = json!({"model": "LATITUDE 7450", "manufacturer": "Dell Inc."});
        let record = rig.create(1, wished, None).await.unwrap();
        let asset = rig.see(&record);
        assert_eq!(
            (asset.model.as_str(), asset.category.as_str(), asset.manufacturer),
            ("Latitude 7450", "Curated", None)
        );
        for number in [2, 3] {
            rig.create(number, json!({"model": "XPS", "manufacturer": "Dell Inc."}), None)
                .await
                .unwrap();
        }
        let unknown = rig.create(4, json!({}), None).await.unwrap();
        assert_eq!(rig.see(&unknown).model, "Unknown");
        assert_eq!(rig.server.count("POST models"), 2);
        assert_eq!(rig.server.count("POST manufacturers"), 1);
        assert_eq!(rig.server.count("POST categories"), 1);
    }
}

#[tokio::test]
async fn a_model_that_is_made_later_is_of_the_class_that_its_device_has_then_and_one_that_is_there_stays() {
    for version in VERSIONS {
        let rig = SnipeRig::with_fields(version, &[]).await;
        rig.server
            .with_state(|state| state.tables.add_model("Curated", "Theirs"));
        let record = rig.create(1, json!({}), None).await.unwrap();
        assert_eq!(rig.see(&record).category, "Computers");
        for (model, category) in [("Tab 9", "Tablets"), ("Curated", "Theirs")] {
            rig.update(Update::of(1, &record, json!({ "model": model })))
                .await
                .unwrap();
            let asset = rig.see(&record);
            assert_eq!((asset.model.as_str(), asset.category.as_str()), (model, category));
        }
    }
}

#[tokio::test]
async fn labels_have_to_be_of_their_type() {
    let options = SnipeOptions::of_version(SnipeVersion::V8);
    let rig = SnipeRig::with(options.clone(), |own| own.status_label = "Archived".to_owned()).await;
    let refused = rig.create(1, json!({}), None).await.unwrap_err();
    assert!(matches!(refused, TargetFault::Misconfigured { .. }), "{refused}");
    let rig = SnipeRig::with(options.clone(), |own| own.status_label = "Nowhere".to_owned()).await;
    let refused = rig.create(1, json!({}), None).await.unwrap_err();
    assert!(matches!(refused, TargetFault::Misconfigured { .. }), "{refused}");
    let rig = SnipeRig::with(options, |own| own.gone_label = "Pending".to_owned()).await;
    let record = rig.create(1, json!({}), None).await.unwrap();
    let refused = rig.retire(&record, RetireAction::Retire).await.unwrap_err();
    assert!(matches!(refused, TargetFault::Misconfigured { .. }), "{refused}");
}

fn states(steps: &[CheckStep]) -> BTreeMap<String, CheckStepState> {
    let named = steps
        .iter()
        .map(|step| (format!("{} {}", step.step, step.subject), step.state));
    named.collect()
}

#[tokio::test]
async fn the_check_proves_each_right_by_a_read_and_makes_nothing() {
    for version in VERSIONS {
        let rig = SnipeRig::new(version).await;
        let steps = rig.verify().await;
        let failed: Vec<&CheckStep> = steps
            .iter()
            .filter(|step| step.state == CheckStepState::Failed)
            .collect();
        assert!(failed.is_empty(), "{failed:?}");
        let states = states(&steps);
        assert_eq!(states["customField Intune ID"], CheckStepState::Note);
        assert_eq!(states["statusLabel Ready to Deploy"], CheckStepState::Ok);
        assert_eq!(states["statusLabel Intune: gone"], CheckStepState::Note);
        assert_eq!(states["right fieldsets"], CheckStepState::Ok);
        assert_eq!(rig.server.with_state(|state| state.tables.fields.len()), 0);

        rig.server
            .with_state(|state| state.options.denied = vec!["GET users".to_owned()]);
        let denied = states_of(&rig).await;
        assert_eq!(denied["right users"], CheckStepState::Failed);
        assert_eq!(denied["customField Intune ID"], CheckStepState::Skipped);

        rig.server
            .with_state(|state| state.options.token = "another".to_owned());
        let stranger = states_of(&rig).await;
        assert_eq!(stranger["signIn token"], CheckStepState::Failed);
        assert_eq!(stranger["right hardware"], CheckStepState::Skipped);
    }
}

async fn states_of(rig: &SnipeRig) -> BTreeMap<String, CheckStepState> {
    states(&rig.verify().await)
}
