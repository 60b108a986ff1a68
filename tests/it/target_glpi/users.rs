//! Users: found by login name, then by e-mail address; assigned, changed and taken off; and what the inventory would make of
//! them.

use intune_connector::targets::UserChange;
use serde_json::{Value, json};

use super::rig::{GlpiRig, SERIAL, Update, create};

fn given() -> Value {
    json!({"hardware.name": "PC-1", "bios.ssn": SERIAL})
}

fn add_user(rig: &GlpiRig, login: &str, email: &str, domain: Option<&str>) -> u64 {
    rig.server
        .with_state(|state| state.tables.add_user(login, email, domain))
}

#[tokio::test]
async fn a_user_is_found_by_login_name_then_by_address_and_never_guessed() {
    let rig = GlpiRig::new().await;
    let anna = add_user(&rig, "anna@example.com", "a@example.com", None);
    let ben = add_user(&rig, "ben", "ben@example.com", None);
    for twin in ["eve1", "eve2"] {
        add_user(&rig, twin, "eve@example.com", None);
    }
    for (user, expected) in [
        ("ANNA@example.com", Some(anna)),
        ("ben@example.com", Some(ben)),
        ("eve@example.com", None),
        ("nobody@example.com", None),
    ] {
        rig.server.forget_counts();
        let found = rig.adapter.find_user(user).await.unwrap();
        assert_eq!(found, expected.map(|id| id.to_string()), "{user}");
        assert_eq!(rig.server.count("GET Administration/User"), 1, "{user}");
    }
}

#[tokio::test]
async fn a_user_is_assigned_changed_and_taken_off_although_glpi_locks_what_was_changed() {
    let rig = GlpiRig::new().await;
    let (anna, ben) = (add_user(&rig, "anna", "", None), add_user(&rig, "ben", "", None));
    let assign = |user: u64| UserChange::Assign(user.to_string());
    let record = rig.write(create(1, given(), assign(anna))).await.unwrap();
    assert_eq!(rig.see(&record).user, Some(anna));
    for (user, expected) in [
        (assign(ben), Some(ben)),
        (UserChange::Keep, Some(ben)),
        (UserChange::Clear, None),
        (assign(anna), Some(anna)),
    ] {
        let update = Update {
            user,
            ..Update::of(1, &record, json!({}))
        };
        rig.server.forget_counts();
        rig.update(update).await.unwrap();
        assert_eq!(rig.see(&record).user, expected);
        assert_eq!(rig.server.count_all(), 1, "nothing else has changed");
    }
    let both = Update {
        user: assign(ben),
        ..Update::of(1, &record, json!({"operatingsystem.version": "11"}))
    };
    rig.server.forget_counts();
    rig.update(both).await.unwrap();
    assert_eq!((rig.see(&record).user, rig.server.count_all()), (Some(ben), 2));
    // Of one that was adopted, only an inventory makes the agent lead to it.
    let theirs = rig.add_computer("PC-2", "PF0TEST2", |_| ());
    let adopt = Update {
        rest: json!({"hardware.name": "PC-2", "bios.ssn": "PF0TEST2"}),
        lacks_id: true,
        user: assign(ben),
        ..Update::of(2, &theirs, json!({}))
    };
    rig.update(adopt).await.unwrap();
    assert_eq!(rig.see(&theirs).user, Some(ben));
    assert_eq!(rig.by_device(2).await[0].id, theirs);
    // Of one that was purged, the answer says so.
    let id = rig.see(&record).id;
    rig.server
        .with_state(|state| state.tables.items.retain(|item| item.id != id));
    let gone = Update {
        user: assign(anna),
        ..Update::of(1, &record, json!({}))
    };
    assert_eq!(rig.update(gone).await.unwrap_err().code(), "notThere");
}

/// Of GLPI 10 nobody can be asked: it looks for the login name itself, among all users, because no domain is sent.
#[tokio::test]
async fn a_login_goes_without_a_domain_or_it_is_looked_for_in_that_directory_alone() {
    let rig = GlpiRig::without_api().await;
    let anna = add_user(&rig, "anna@example.com", "", Some("hq"));
    let user = rig.adapter.find_user("anna@example.com").await.unwrap().unwrap();
    rig.write(create(1, given(), UserChange::Assign(user))).await.unwrap();
    let items = rig.server.list_items();
    assert_eq!((items.len(), items[0].user), (1, Some(anna)));
    // What becomes of a domain.
    let mut wrong = rig.server.with_state(|state| state.inventories[0].clone());
    assert_eq!(wrong["content"]["users"], json!([{"login": "anna@example.com"}]));
    rig.server.with_state(|state| state.tables.items[0].user = None);
    wrong["content"]["users"][0]["domain"] = json!("example.com");
    rig.post(&wrong).await;
    assert_eq!(rig.server.list_items()[0].user, None, "the stand-in finds nobody");
}
