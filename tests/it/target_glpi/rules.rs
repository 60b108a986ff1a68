//! What an inventory writes into: the rules of GLPI, in their order, and how a device never doubles by them or is taken for
//! another one.

use intune_connector::config::NoSerialRule;
use intune_connector::targets::{RecordId, RecordState, TargetFault};
use serde_json::{Value, json};

use super::rig::{GlpiRig, SERIAL, Update, device};
use crate::support::glpi::{GlpiOptions, GlpiVersion};

fn named(name: &str) -> Value {
    json!({"hardware.name": name, "bios.ssn": SERIAL})
}

#[tokio::test]
async fn a_uuid_would_double_a_computer_of_an_agent_so_none_is_sent() {
    let rig = GlpiRig::new().await;
    let theirs = rig.add_computer("by agent", SERIAL, |item| item.uuid = "0055ADC9".to_owned());
    let found = rig.by_serial("pf0test1").await;
    assert_eq!((found.len(), &found[0].id), (1, &theirs));
    rig.update(Update::of(1, &theirs, named("PC-1"))).await.unwrap();
    assert!(!rig.last_inventory().to_string().contains("uuid"));
    assert_eq!(rig.server.list_items().len(), 1);
    assert_eq!(
        (rig.see(&theirs).name.as_str(), rig.see(&theirs).uuid.as_str()),
        ("PC-1", "0055ADC9")
    );
    // What happens to whoever sends one.
    let mut wrong = rig.last_inventory();
    wrong["content"]["hardware"]["uuid"] = json!("another");
    wrong["partial"] = json!(false);
    rig.post(&wrong).await;
    assert_eq!(rig.server.list_items().len(), 2, "the stand-in doubles it");
}

#[tokio::test]
async fn a_new_device_whose_name_another_one_has_does_not_become_that_one() {
    for rig in [GlpiRig::new().await, GlpiRig::without_api().await] {
        let theirs = rig.add_computer("DESKTOP-1", "OTHER", |item| item.comment = "of the board".to_owned());
        let before = rig.see(&theirs);
        let made = rig.create(1, named("DESKTOP-1")).await.unwrap();
        assert_ne!(made, theirs);
        assert_eq!(rig.see(&theirs), before);
        let items = rig.server.list_items();
        assert_eq!(items.len(), 2);
        assert_eq!(
            (items[1].name.as_str(), items[1].serial.as_str()),
            ("DESKTOP-1", SERIAL)
        );
    }
}

#[tokio::test]
async fn a_new_record_beside_one_with_its_serial_number_is_refused_because_glpi_would_write_into_that_one() {
    let rig = GlpiRig::new().await;
    let theirs = rig.add_computer("theirs", SERIAL, |_| ());
    let before = rig.see(&theirs);
    let refused = rig.create(1, named("PC-1")).await.unwrap_err();
    assert!(matches!(refused, TargetFault::Refused { .. }), "{refused}");
    assert_eq!((rig.see(&theirs), rig.count_inventories()), (before, 0));
}

#[tokio::test]
async fn a_device_without_a_serial_number_is_held_or_refused_and_never_merged_by_its_name() {
    let rig = GlpiRig::with(|_| (), |own| own.no_serial = NoSerialRule::Send).await;
    let theirs = rig.add_computer("KIOSK", "", |_| ());
    let before = rig.see(&theirs);
    let refused = rig.create(1, json!({"hardware.name": "kiosk"})).await.unwrap_err();
    assert!(matches!(refused, TargetFault::Refused { .. }), "{refused}");
    assert_eq!((rig.see(&theirs), rig.count_inventories()), (before, 0));
    // A free name is no danger; a later name is changed where the inventory finds it.
    let made = rig.create(1, json!({"hardware.name": "KIOSK-2"})).await.unwrap();
    let renamed = Update {
        rest: json!({}),
        ..Update::of(1, &made, json!({"hardware.name": "KIOSK-3"}))
    };
    rig.update(renamed).await.unwrap();
    assert_eq!(
        (rig.see(&made).name.as_str(), rig.server.list_items().len()),
        ("KIOSK-3", 2)
    );
    let taken = Update {
        rest: json!({}),
        ..Update::of(1, &made, json!({"hardware.name": "KIOSK"}))
    };
    assert!(rig.update(taken).await.is_err());
    let junk = device(1, json!({"serialNumber": "To be filled by O.E.M."}));
    assert!(!rig.adapter.merges_by_name(&junk), "the setting says so");
    // Of GLPI 10 nobody can be asked whose name it is.
    let as_ten = |options: &mut GlpiOptions| options.version = GlpiVersion::V10;
    let blind = GlpiRig::with(as_ten, |own| {
        (own.user, own.password, own.no_serial) = (None, None, NoSerialRule::Send);
    })
    .await;
    let refused = blind.create(1, json!({"hardware.name": "KIOSK"})).await.unwrap_err();
    assert!(matches!(refused, TargetFault::Refused { .. }), "{refused}");
    assert!(blind.adapter.merges_by_name(&junk) && blind.count_inventories() == 0);
    let holding = GlpiRig::new().await;
    assert!(holding.adapter.merges_by_name(&junk));
    assert!(
        !holding
            .adapter
            .merges_by_name(&device(1, json!({ "serialNumber": SERIAL })))
    );
}

#[tokio::test]
async fn a_serial_number_of_hp_keeps_its_first_s_and_finds_the_one_that_has_lost_it() {
    let rig = GlpiRig::new().await;
    let by_hand = rig.add_computer("by hand", "S1234567", |item| item.maker = "HP".to_owned());
    let hp = json!({"hardware.name": "PC-1", "bios.smanufacturer": "Hewlett-Packard", "bios.ssn": "S1234567"});
    let update = Update {
        rest: hp,
        ..Update::of(1, &by_hand, json!({"operatingsystem.version": "11"}))
    };
    rig.update(update).await.unwrap();
    assert_eq!(
        (rig.see(&by_hand).serial.as_str(), rig.server.list_items().len()),
        ("S1234567", 1)
    );
    let by_agent = rig.add_computer("by agent", "7654321", |item| item.maker = "Hewlett-Packard".to_owned());
    let of_others = rig.add_computer("of others", "555", |item| item.maker = "LENOVO".to_owned());
    let found = rig.by_serial("S7654321").await;
    assert_eq!((found.len(), &found[0].id), (1, &by_agent));
    assert!(rig.by_serial("S555").await.is_empty(), "{of_others}");
}

#[tokio::test]
async fn a_device_that_rules_refuse_is_answered_ok_and_found_out_by_reading_back() {
    let refuse = Some("PRINTER".to_owned());
    let rig = GlpiRig::with(|options| options.refused_name = refuse, |_| ()).await;
    let refused = rig.create(1, named("PRINTER-1")).await.unwrap_err();
    let TargetFault::Refused { problem, .. } = &refused else {
        panic!("{refused}");
    };
    assert!(problem.contains("Refused equipments"), "{problem}");
    assert_eq!(rig.server.list_refused(), ["PRINTER-1"]);
    assert!(rig.by_device(1).await.is_empty());
}

#[tokio::test]
async fn lists_of_an_agent_stay_because_only_a_new_device_gets_a_whole_inventory() {
    let rig = GlpiRig::new().await;
    let antivirus = json!([{"name": "Defender"}]);
    let theirs = rig.add_computer("by agent", SERIAL, |item| {
        item.lists.insert("antivirus".to_owned(), antivirus.clone());
    });
    rig.update(Update::of(1, &theirs, named("PC-1"))).await.unwrap();
    assert_eq!(rig.see(&theirs).lists["antivirus"], antivirus);
    assert_eq!(rig.last_inventory()["partial"], true);
    rig.create(2, json!({"hardware.name": "PC-2", "bios.ssn": "PF0TEST2"}))
        .await
        .unwrap();
    assert!(rig.last_inventory().get("partial").is_none());
}

#[tokio::test]
async fn every_field_fits_the_closed_schema_and_is_kept() {
    for rig in [GlpiRig::new().await, GlpiRig::without_api().await] {
        let fields = rig.adapter.list_fields().await.unwrap();
        let all = fields.iter().map(|field| {
            let value = match field.name.as_str() {
                "hardware.memory" | "storages.disksize" => json!(16_384),
                "networks.wifi" | "networks.ethernet" => json!("00AABBCCDDEE"),
                "bios.ssn" => json!(SERIAL),
                other => json!(other),
            };
            (field.name.clone(), value)
        });
        let all = Value::Object(all.collect());
        rig.create(1, all).await.unwrap();
        let items = rig.server.list_items();
        let [item] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!((item.serial.as_str(), item.memory), (SERIAL, 16_384));
        assert_eq!(item.system["full_name"], "operatingsystem.full_name");
        assert_eq!(item.lists["networks"][0]["mac"], "00:aa:bb:cc:dd:ee");
        assert_eq!(item.lists["modems"][0]["imei"], "modems.imei");
    }
}

#[tokio::test]
async fn a_field_that_somebody_has_locked_is_left() {
    let rig = GlpiRig::new().await;
    let record = rig.create(1, named("PC-1")).await.unwrap();
    rig.edit_name(&record, "BY HAND");
    let change = json!({"hardware.name": "PC-2", "operatingsystem.version": "11"});
    rig.update(Update::of(1, &record, change)).await.unwrap();
    let item = rig.see(&record);
    assert_eq!((item.name.as_str(), item.system["version"].as_str()), ("BY HAND", "11"));
}

#[tokio::test]
async fn a_serial_number_that_changes_is_changed_first_and_makes_no_second_computer() {
    let rig = GlpiRig::new().await;
    let record = rig.create(1, named("PC-1")).await.unwrap();
    let change = json!({"bios.ssn": "PF0NEW99", "hardware.name": "PC-9"});
    assert_eq!(rig.update(Update::of(1, &record, change)).await.unwrap(), record);
    let items = rig.server.list_items();
    assert_eq!(
        (items.len(), items[0].serial.as_str(), items[0].name.as_str()),
        (1, "PF0NEW99", "PC-9")
    );
}

#[tokio::test]
async fn a_record_is_found_by_its_agent_and_by_serial_number_also_in_the_trash_and_two_hits_are_two() {
    for hides_trash in [false, true] {
        let rig = GlpiRig::with(|options| options.hides_trash = hides_trash, |_| ()).await;
        assert!(rig.by_device(1).await.is_empty());
        let record = rig.create(1, named("PC-1")).await.unwrap();
        let id = rig.see(&record).id;
        rig.server
            .with_state(|state| state.tables.item_mut(id).is_deleted = true);
        for found in [rig.by_device(1).await, rig.by_serial("pf0test1").await] {
            assert_eq!((found.len(), found[0].state), (1, RecordState::Deleted));
        }
        rig.add_computer("twin", SERIAL, |_| ());
        assert_eq!(rig.by_serial(SERIAL).await.len(), 2);
        assert!(rig.by_serial("PF0").await.is_empty());
    }
}

#[tokio::test]
async fn a_glpi_that_shows_no_agents_finds_what_was_made_by_its_serial_number() {
    let rig = GlpiRig::with(|options| options.shows_agents = false, |_| ()).await;
    let record = rig.create(1, named("PC-1")).await.unwrap();
    assert_eq!(rig.see(&record).name, "PC-1");
    assert!(rig.by_device(1).await.is_empty());
    assert_eq!(rig.by_serial(SERIAL).await[0].id, record);
    let steps = rig.verify().await;
    assert!(steps.iter().all(|step| step.cause.is_none()), "{steps:?}");
}

#[tokio::test]
async fn a_new_device_is_looked_for_before_and_after_and_a_change_is_one_request() {
    let rig = GlpiRig::new().await;
    let record = rig.create(1, named("PC-1")).await.unwrap();
    // The name before, the agent after.
    assert_eq!(
        (rig.count_inventories(), rig.server.count("GET Inventory/Agent")),
        (1, 1)
    );
    assert_eq!(rig.server.count("GET Assets/Computer"), 1);
    rig.server.forget_counts();
    let change = json!({"hardware.name": "PC-2"});
    assert_eq!(rig.update(Update::of(1, &record, change)).await.unwrap(), record);
    assert_eq!(rig.server.count_all(), 1);
    // What a field that is only filled has now is one more.
    rig.server.forget_counts();
    let values = rig.adapter.read_values(&record).await.unwrap().unwrap();
    assert_eq!(
        (values["hardware.name"].as_str(), rig.server.count_all()),
        (Some("PC-2"), 1)
    );
    let nobody = RecordId("Computer/999".to_owned());
    assert_eq!(rig.adapter.read_values(&nobody).await.unwrap(), None);
}

#[tokio::test]
async fn glpi_10_takes_inventories_and_is_asked_nothing_else() {
    let rig = GlpiRig::without_api().await;
    assert_eq!(rig.server.with_state(|state| state.options.version), GlpiVersion::V10);
    let record = rig.create(1, named("PC-1")).await.unwrap();
    let change = json!({"hardware.name": "PC-2"});
    assert_eq!(rig.update(Update::of(1, &record, change)).await.unwrap(), record);
    let read = rig.adapter.read_record(&record).await.unwrap().unwrap();
    assert!(read.values.is_empty(), "nothing is read back");
    assert_eq!(
        (rig.server.list_items().len(), rig.server.list_items()[0].name.as_str()),
        (1, "PC-2")
    );
    assert_eq!(rig.server.count_all(), rig.count_inventories());
    let steps = rig.verify().await;
    assert!(steps.iter().all(|step| step.cause.is_none()), "{steps:?}");
}
