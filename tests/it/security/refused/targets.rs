//! Devices that are said in another way than they should be: nothing is kept, nothing is sent.

use intune_connector::store::OperatorKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sics::bus::{problem, status};
use crate::sics::jobs::office::{JOBS, Office, refs};
use crate::support::workshop::everything;

#[tokio::test]
async fn a_device_is_named_once_whatever_its_id_looks_like() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let good = office.shop.body("wipe", &refs(&ids), json!({})).await;
    let seq = good["devices"][0]["seq"].clone();
    let plain = ids[0].replace('-', "");
    let forms = [
        ids[0].to_uppercase(),
        plain,
        format!("{{{}}}", ids[0]),
        format!("urn:uuid:{}", ids[0]),
    ];
    for form in forms {
        let mut body = good.clone();
        body["devices"] = json!([{"id": ids[0], "seq": seq}, {"id": form, "seq": seq}]);
        body["expectDevices"] = json!(2);
        let answer = office.post(&office.acmp, JOBS, body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{form}");
    }
    nothing_was_done(&office, &ids).await;
}

#[tokio::test]
async fn pins_and_numbers_that_are_none_are_refused() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let good = office.shop.body("wipe", &refs(&ids), json!({})).await;
    for seq in [
        json!(-1),
        json!(0),
        json!(1.5),
        json!("1"),
        json!(i64::MIN),
        json!(1e30),
        json!([1]),
        Value::Null,
    ] {
        let mut body = good.clone();
        body["devices"][0]["seq"] = seq.clone();
        let answer = office.post(&office.acmp, JOBS, body).send().await.unwrap();
        assert!(
            matches!(answer.status().as_u16(), 400 | 409),
            "seq {seq}: {}",
            answer.status()
        );
    }
    for count in [
        json!(0),
        json!(1),
        json!(3),
        json!(-2),
        json!(2.5),
        json!("2"),
        json!(u64::MAX),
        json!(1e300),
        json!([2]),
        Value::Null,
    ] {
        let mut body = good.clone();
        body["expectDevices"] = count.clone();
        let answer = office.post(&office.acmp, JOBS, body).send().await.unwrap();
        assert!(
            matches!(answer.status().as_u16(), 400 | 409),
            "expectDevices {count}: {}",
            answer.status()
        );
    }
    for confirm in ["Wipe", "WIPE", "wipe ", "retire", "yes", ""] {
        let mut body = good.clone();
        body["confirm"] = json!(confirm);
        assert_eq!(
            problem(office.post(&office.acmp, JOBS, body), 400).await,
            "confirm",
            "{confirm}"
        );
    }
    nothing_was_done(&office, &ids).await;
}

#[tokio::test]
async fn a_job_names_no_more_than_ten_thousand_devices() {
    let office = Office::new().await;
    let devices: Vec<Value> = (0..10_001)
        .map(|n| json!({"id": format!("7809c88c-0000-4000-8000-{n:012}"), "seq": 1}))
        .collect();
    let body = json!({"action": "wipe", "devices": devices, "expectDevices": 10_001, "confirm": "wipe",
        "instance": office.shop.rig.shelf.instance.name});
    let answer = office.post(&office.acmp, JOBS, body).send().await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert!(
        matches!(status, 400 | 413) && (text.contains("tooManyDevices") || text.contains("bodyTooBig")),
        "{status} {text}"
    );
    nothing_was_done(&office, &[]).await;
}

/// The kill switch of a tenant holds however its id is written, for people's jobs as for servers'.
#[tokio::test]
async fn a_tenant_in_capital_letters_is_the_same_tenant() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let carol = office.account("carol", OperatorKind::Person, &["*"], true).await;
    let tenant = office.shop.rig.shelf.instance.tenant_id.to_uppercase();
    let on = json!({"on": true, "tenant": tenant, "reason": "somebody wipes devices"});
    status(office.send(Method::PUT, &carol, "/sics/v1/killswitch", on), 200).await;
    let wipe = office.shop.body("wipe", &[&ids[0]], json!({})).await;
    assert_eq!(
        problem(office.post(&office.acmp, JOBS, wipe.clone()), 409).await,
        "killSwitch"
    );
    assert_eq!(
        problem(office.post(&carol, "/sics/v1/jobs", wipe), 409).await,
        "killSwitch"
    );
    nothing_was_done(&office, &ids).await;
}

/// A dry run of the same job keeps nothing, whatever it would have done.
#[tokio::test]
async fn a_dry_run_neither_counts_nor_is_kept_nor_takes_an_id() {
    let office = Office::new().await;
    office.shop.bus_policy(1, 500).await;
    office.shop.instance_policy(everything()).await;
    let ids = office.laptops(1).await;
    let mut body = office.shop.body("wipe", &refs(&ids), json!({})).await;
    body["id"] = json!("tried");
    body["dryRun"] = json!(true);
    for _ in 0..5 {
        let told = status(office.post(&office.acmp, JOBS, body.clone()), 200).await;
        assert_eq!(told["job"], Value::Null);
    }
    nothing_was_done(&office, &ids).await;
    body.as_object_mut().unwrap().remove("dryRun");
    let taken = status(office.post(&office.acmp, JOBS, body), 202).await;
    assert_eq!(taken["known"], false, "neither the limit nor the id was used up");
}

async fn nothing_was_done(office: &Office, ids: &[String]) {
    let listed = status(office.get(&office.admin, "/sics/v1/jobs"), 200).await;
    assert_eq!(listed["jobs"], json!([]), "nothing was kept");
    office.settle().await;
    assert!(ids.iter().all(|id| office.shop.all_effects(id) == 0));
}
