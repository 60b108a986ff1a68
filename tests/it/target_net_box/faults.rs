//! What goes wrong on the way: lost answers, servers that fail, throttling of a proxy, pages that are no NetBox.

use intune_connector::targets::{RecordId, TargetFault};
use serde_json::json;

use super::rig::{NetBoxRig, create, update};
use crate::support::net_box::{FaultRule, NetBoxFault, NetBoxOptions, NetBoxVersion};

const POST: &str = "POST dcim/devices";
const PATCH: &str = "PATCH dcim/devices";

/// The code of each result.
fn codes(results: &[Result<RecordId, TargetFault>]) -> Vec<&'static str> {
    let code = |result: &Result<RecordId, TargetFault>| result.as_ref().map_or_else(TargetFault::code, |_| "done");
    results.iter().map(code).collect()
}

#[tokio::test]
async fn an_answer_to_new_devices_that_gets_lost_is_looked_for_before_anything_is_made() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    rig.create_many(1..=1).await;
    let writes = [2, 3].map(|number| create(number, json!({"name": format!("PC-{number}")})));
    for (fault, made) in [(NetBoxFault::LostBefore, 0), (NetBoxFault::LostAfter, 1)] {
        rig.server.fail(FaultRule::once(POST, fault.clone()));
        let results = rig.write_all(&writes).await;
        assert_eq!(codes(&results), ["lostAnswer"; 2], "{fault:?}");
        assert_eq!(rig.find(2).await.unwrap().len(), made, "{fault:?}");
    }
    // A change may be sent twice.
    let found = rig.find(2).await.unwrap().remove(0).id;
    rig.server.fail(FaultRule::once(PATCH, NetBoxFault::LostAfter));
    let renamed = update(2, &found, json!({"name": "NEW"}));
    let results = rig.write_all(std::slice::from_ref(&renamed)).await;
    assert_eq!(codes(&results), ["unreachable"]);
    assert_eq!(codes(&rig.write_all(&[renamed]).await), ["done"]);
}

#[tokio::test]
async fn each_failure_is_told_as_what_it_is() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let made = rig.create_many(1..=1).await.remove(0);
    let sign_in = "https://sso.example/login?token=canary".to_owned();
    for (fault, of_change, of_new) in [
        (NetBoxFault::Status(500), "unavailable", "lostAnswer"),
        (NetBoxFault::Status(502), "unavailable", "lostAnswer"),
        (NetBoxFault::Status(503), "unavailable", "unavailable"),
        (NetBoxFault::Status(401), "signIn", "signIn"),
        (NetBoxFault::Throttled(Some(0)), "throttled", "throttled"),
        (NetBoxFault::Throttled(None), "throttled", "throttled"),
        (NetBoxFault::Redirect(sign_in), "misconfigured", "misconfigured"),
        (NetBoxFault::Page, "unreadable", "lostAnswer"),
    ] {
        rig.server.fail(FaultRule::once(PATCH, fault.clone()));
        let changed = rig.write(update(1, &made, json!({"name": "X"}))).await;
        assert_eq!(codes(std::slice::from_ref(&changed)), [of_change], "{fault:?}");
        assert!(!format!("{changed:?}").contains("canary"), "{changed:?}");
        rig.server.fail(FaultRule::once(POST, fault.clone()));
        let new = rig.write(create(2, json!({}))).await;
        assert_eq!(codes(&[new]), [of_new], "{fault:?}");
        assert_eq!(rig.server.list_devices().len(), 1, "{fault:?}");
    }
    rig.server.fail(FaultRule::once(PATCH, NetBoxFault::Throttled(Some(1))));
    let asked = rig.write(update(1, &made, json!({"name": "X"}))).await.unwrap_err();
    let TargetFault::Throttled { retry_after } = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(retry_after.map(|wait| wait.as_secs()), Some(1));
}

#[tokio::test]
async fn what_stops_one_page_stops_the_rest_which_was_not_sent() {
    let rig = NetBoxRig::new(NetBoxVersion::V46).await;
    let made = rig.create_many(1..=1).await.remove(0);
    rig.server.fail(FaultRule::once(PATCH, NetBoxFault::Status(503)));
    rig.server.forget_counts();
    let writes = [
        create(2, json!({"name": "PC-2"})),
        update(1, &made, json!({"name": "X"})),
    ];
    assert_eq!(codes(&rig.write_all(&writes).await), ["unavailable", "unavailable"]);
    assert_eq!(rig.server.count(POST), 0);
    let mut options = NetBoxOptions::of_version(NetBoxVersion::V46);
    options.is_read_only = true;
    let rig = NetBoxRig::with(options, |_| ()).await;
    let results = rig.write_all(&[1, 2].map(|number| create(number, json!({})))).await;
    assert_eq!(
        codes(&results),
        ["misconfigured"; 2],
        "a token that may only read: {results:?}"
    );
}

#[tokio::test]
async fn a_device_at_which_netbox_breaks_goes_alone_the_next_time_and_the_others_are_written() {
    let mut options = NetBoxOptions::of_version(NetBoxVersion::V46);
    options.crashes_at = Some("POISON".to_owned());
    let rig = NetBoxRig::with(options, |_| ()).await;
    let made = rig.create_many(1..=6).await;
    let name = |number: u128| {
        if number == 2 {
            "POISON".to_owned()
        } else {
            format!("NEW-{number}")
        }
    };
    let writes: Vec<_> = (1..=6_u128)
        .zip(&made)
        .map(|(number, record)| update(number, record, json!({"name": name(number)})))
        .collect();
    assert_eq!(codes(&rig.write_all(&writes).await), ["unavailable"; 6]);
    // The page is not sent as a whole again: what stands before the bad one in its order is written.
    let second = rig.write_all(&writes).await;
    assert_eq!(second.iter().filter(|result| result.is_ok()).count(), 4, "{second:?}");
    assert_eq!(codes(&second)[1], "unavailable");
}
