//! What goes wrong on the way and over there.

use std::time::Duration;

use intune_connector::targets::TargetFault;
use serde_json::{Value, json};

use super::rig::{GlpiRig, SERIAL, Update};
use crate::support::glpi::{FaultRule, GlpiFault};

const INVENTORY: &str = "POST inventory";

fn given() -> Value {
    json!({"hardware.name": "PC-1", "bios.ssn": SERIAL})
}

#[tokio::test]
async fn a_lost_answer_of_a_new_device_is_lost_and_the_next_look_finds_it() {
    for fault in [GlpiFault::LostAfter, GlpiFault::LostBefore] {
        let rig = GlpiRig::new().await;
        rig.server.fail(FaultRule::once(INVENTORY, fault.clone()));
        let lost = rig.create(1, given()).await.unwrap_err();
        assert!(matches!(lost, TargetFault::LostAnswer { .. }), "{lost}");
        let found = rig.by_device(1).await;
        assert_eq!(found.len(), usize::from(fault == GlpiFault::LostAfter));
        if found.is_empty() {
            rig.create(1, given()).await.unwrap();
        }
        assert_eq!(rig.server.list_items().len(), 1);
    }
}

#[tokio::test]
async fn each_failure_of_a_change_has_its_fault() {
    let rig = GlpiRig::new().await;
    let record = rig.create(1, given()).await.unwrap();
    let wait = Some(Duration::from_secs(2));
    for (fault, expected) in [
        (GlpiFault::LostAfter, "unreachable"),
        (GlpiFault::Status(502), "unavailable"),
        (GlpiFault::Status(503), "unavailable"),
        (GlpiFault::Status(400), "refused"),
        (GlpiFault::Status(404), "misconfigured"),
        (GlpiFault::Status(413), "refused"),
        (GlpiFault::Page, "unreadable"),
        (GlpiFault::Throttled(None), "throttled"),
    ] {
        rig.server.fail(FaultRule::once(INVENTORY, fault.clone()));
        let update = Update::of(1, &record, json!({"operatingsystem.version": "11"}));
        assert_eq!(rig.update(update).await.unwrap_err().code(), expected, "{fault:?}");
    }
    rig.server
        .fail(FaultRule::once(INVENTORY, GlpiFault::Throttled(Some(2))));
    let update = Update::of(1, &record, json!({"operatingsystem.version": "11"}));
    let throttled = rig.update(update).await.unwrap_err();
    assert_eq!(throttled, TargetFault::Throttled { retry_after: wait });
}

#[tokio::test]
async fn a_device_at_which_glpi_fails_alone_is_refused_and_a_glpi_that_fails_at_all_is_away() {
    let rig = GlpiRig::new().await;
    let record = rig.create(1, given()).await.unwrap();
    let update = || Update::of(1, &record, json!({"operatingsystem.version": "11"}));
    rig.server.fail(FaultRule::once(INVENTORY, GlpiFault::Exception));
    assert_eq!(rig.update(update()).await.unwrap_err().code(), "refused");
    rig.server.fail(FaultRule::once(INVENTORY, GlpiFault::Exception));
    rig.server
        .fail(FaultRule::once("GET Assets/Computer", GlpiFault::Status(500)));
    assert_eq!(rig.update(update()).await.unwrap_err().code(), "unavailable");
    rig.update(update()).await.unwrap();
}

#[tokio::test]
async fn an_inventory_that_is_pending_is_asked_for_until_it_is_taken() {
    let rig = GlpiRig::new().await;
    rig.server.fail(FaultRule::once(INVENTORY, GlpiFault::Pending));
    rig.create(1, given()).await.unwrap();
    assert_eq!((rig.count_inventories(), rig.server.count("GET inventory")), (1, 1));
    assert_eq!(rig.server.list_items().len(), 1);
}

#[tokio::test]
async fn a_user_that_could_not_be_written_is_written_by_the_next_try() {
    let rig = GlpiRig::new().await;
    let anna = rig.server.with_state(|state| state.tables.add_user("anna", "", None));
    let record = rig.create(1, given()).await.unwrap();
    let assign = || Update {
        user: intune_connector::targets::UserChange::Assign(anna.to_string()),
        ..Update::of(1, &record, json!({}))
    };
    rig.server
        .fail(FaultRule::once("PATCH Assets/Computer/{id}", GlpiFault::LostBefore));
    assert_eq!(rig.update(assign()).await.unwrap_err().code(), "unreachable");
    rig.update(assign()).await.unwrap();
    assert_eq!(rig.see(&record).user, Some(anna));
}
