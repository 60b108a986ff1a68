//! Applications and orders over HTTP: what is taken, what is refused and why.

use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use intune_connector::contract::OrderTargetKind;
use intune_connector::model::{InstanceId, RightScope};
use intune_connector::sics::TargetCheck;
use intune_connector::store::StepFailure;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::shop::{APPLICATIONS, HERE, ORDERS, OTHER_APP, Shop, THERE};
use super::tenant_stub::{BUILT_IN, ZIP};
use crate::sics::bus::{confirmed, problem, status};
use crate::support::wait::until;

const APPS: &str = "/sics/v1/apps";

#[tokio::test]
async fn sh01_sh03_an_application_is_linked_to_one_app_for_good() {
    let shop = Shop::new().await;
    let apps = status(shop.get(&shop.admin, &format!("{APPS}?instance={HERE}")), 200).await;
    assert_eq!(
        apps["apps"].as_array().unwrap().len(),
        2,
        "only those that can be linked"
    );
    let all = status(shop.get(&shop.admin, &format!("{APPS}?instance={HERE}&all=true")), 200).await;
    assert_eq!(
        (all["apps"].as_array().unwrap().len(), &all["unreadable"]),
        (3, &json!(1))
    );
    assert_eq!(problem(shop.get(&shop.admin, APPS), 400).await, "whichInstance");

    let made = shop
        .link("7-zip", ZIP, json!({"cost": "12.50", "currency": "EUR"}))
        .await;
    assert_eq!(
        (
            &made["state"],
            &made["orderable"],
            &made["displayName"],
            &made["reshoppable"]
        ),
        (&json!("pending"), &json!(false), &json!("7-Zip (x64)"), &json!(false))
    );
    let apps = status(
        shop.get(&shop.admin, &format!("{APPS}?instance={HERE}&search=Zip")),
        200,
    )
    .await;
    assert_eq!(apps["apps"][0]["linkedBy"], "7-zip");
    let changed = json!({"app": ZIP, "displayName": "7-Zip"});
    let changed = status(shop.put(&shop.admin, "7-zip", changed), 200).await;
    assert_eq!(
        (&changed["displayName"], &changed["cost"]),
        (&json!("7-Zip"), &Value::Null)
    );
    for (id, body, status, code) in [
        ("7-zip", json!({"app": OTHER_APP}), 409, "linkFixed"),
        ("7-zip", json!({"app": ZIP, "instance": THERE}), 409, "linkFixed"),
        ("other", json!({"app": ZIP, "instance": HERE}), 409, "appTaken"),
        (
            "other",
            json!({"app": BUILT_IN, "instance": HERE}),
            409,
            "notAssignable",
        ),
        (
            "other",
            json!({"app": OTHER_APP.replace('2', "9"), "instance": HERE}),
            404,
            "unknownApp",
        ),
        (
            "other",
            json!({"app": "zoom", "instance": HERE}),
            400,
            "wrongApplication",
        ),
        ("other", json!({"app": OTHER_APP}), 400, "whichInstance"),
        (
            "other",
            json!({"app": OTHER_APP, "instance": "IntuneAppOrders_9"}),
            404,
            "unknown",
        ),
        (
            "a%20b",
            json!({"app": OTHER_APP, "instance": HERE}),
            400,
            "wrongApplication",
        ),
        (
            "other",
            json!({"app": OTHER_APP, "instance": HERE, "licences": 0}),
            400,
            "wrongApplication",
        ),
        (
            "other",
            json!({"app": OTHER_APP, "instance": HERE, "approval": "operator", "approvers": ["nobody-at-all"]}),
            400,
            "wrongApplication",
        ),
    ] {
        assert_eq!(
            problem(shop.put(&shop.admin, id, body.clone()), status).await,
            code,
            "{id} {body}"
        );
    }
    let trail = shop.trail().await;
    let saved = trail.iter().filter(|row| *row == "admin application.saved 7-zip");
    assert_eq!(saved.count(), 2, "{trail:?}");
    assert!(shop.engine.orders.woken.lock().unwrap().contains(&InstanceId(3)));
}

#[tokio::test]
async fn an_icon_is_a_picture_and_is_answered_as_one() {
    let shop = Shop::with_zip(json!({})).await;
    let path = format!("{APPLICATIONS}/7-zip/icon");
    assert_eq!(problem(shop.get(&shop.admin, &path), 404).await, "unknown");
    let put = |bytes: &[u8]| {
        let content = STANDARD.encode(bytes);
        shop.send(Method::PUT, &shop.admin, &path, json!({ "content": content }))
    };
    for wrong in [
        b"<svg onload='x'/>".as_slice(),
        b"",
        &[b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 100_000]].concat(),
    ] {
        assert_eq!(problem(put(wrong), 400).await, "wrongIcon");
    }
    let picture = b"\x89PNG\r\n\x1a\nrest";
    assert_eq!(status(put(picture), 200).await["hasIcon"], true);
    let answer = shop.get(&shop.admin, &path).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.bytes().await.unwrap(), picture.as_slice());
}

#[tokio::test]
async fn sh04_sh05_what_is_not_prepared_can_not_be_ordered_and_a_failure_is_repeated() {
    let shop = Shop::new().await;
    shop.link("7-zip", ZIP, json!({})).await;
    assert_eq!(
        problem(shop.order(&shop.admin, "1", json!({})), 409).await,
        "notOrderable"
    );
    let store = &shop.shelf.store;
    let row = store.load_application("7-zip".into()).await.unwrap().unwrap();
    let failure = StepFailure {
        code: "groupRefused".into(),
        message: "Entra refused to create the group.".into(),
        advice: "Grant Group.ReadWrite.All.".into(),
        lost: None,
    };
    store.fail_application(row.key, failure, None).await.unwrap();
    let shown = status(shop.get(&shop.admin, &format!("{APPLICATIONS}/7-zip")), 200).await;
    assert_eq!(shown["failure"]["code"], "groupRefused");
    let refused = shop.order(&shop.admin, "1", json!({})).send().await.unwrap();
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(
        (&refused["code"], &refused["state"]),
        (&json!("notOrderable"), &json!("failed"))
    );
    let told = status(shop.get(&shop.admin, "/sics/v1/attention"), 200).await;
    let codes: Vec<&str> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["code"].as_str())
        .collect();
    assert!(codes.contains(&"applicationFailed"), "{told}");
    let retry = || shop.post(&shop.admin, &format!("{APPLICATIONS}/7-zip/retry"), json!({}));
    assert_eq!(status(retry(), 200).await["state"], "pending");
    shop.complete("7-zip").await;
    assert_eq!(problem(retry(), 409).await, "notFailed");
    status(shop.order(&shop.admin, "1", json!({})), 201).await;
}

#[tokio::test]
async fn sh14_an_application_is_removed_with_its_count_confirmed() {
    let shop = Shop::with_zip(json!({})).await;
    status(shop.order(&shop.admin, "1", json!({})), 201).await;
    let remove = |query: &str| {
        let path = format!("{APPLICATIONS}/7-zip?clean_up=false{}", query.replace('?', "&"));
        shop.open_request(Method::DELETE, &path).bearer_auth(&shop.admin)
    };
    let removed = confirmed(remove, 200).await;
    assert_eq!(removed, json!({"removed": true, "ordersEnded": 1, "cleanUp": false}));
    let order = status(shop.get(&shop.admin, &format!("{ORDERS}/1")), 200).await;
    assert_eq!((&order["state"], &order["status"]), (&json!("cancelled"), &json!(0)));
    assert_eq!(order["applicationName"], "7-zip", "it keeps its id");
    // With clean-up it stays until its groups are gone.
    shop.link("zoom", OTHER_APP, json!({})).await;
    let path = format!("{APPLICATIONS}/zoom?clean_up=true");
    let removed = status(shop.open_request(Method::DELETE, &path).bearer_auth(&shop.admin), 200).await;
    assert_eq!(removed["removed"], false);
    let again = shop.put(&shop.admin, "zoom", json!({"app": OTHER_APP}));
    assert_eq!(problem(again, 409).await, "beingRemoved");
}

#[tokio::test]
async fn an_order_is_taken_once_whatever_becomes_of_it() {
    let shop = Shop::with_zip(json!({})).await;
    let placed = status(shop.order(&shop.admin, "1", json!({"note": "for the new desk"})), 201).await;
    assert_eq!(
        (&placed["state"], &placed["device"], &placed["user"], &placed["status"]),
        (&json!("accepted"), &json!("PC-1"), &Value::Null, &Value::Null)
    );
    assert!(!placed["phases"].as_array().unwrap().is_empty(), "{placed}");
    let again = status(shop.order(&shop.admin, "1", json!({"note": "for the new desk"})), 200).await;
    assert_eq!(again["placedAt"], placed["placedAt"]);
    for change in [
        json!({"note": "other"}),
        json!({"type": "uninstall"}),
        json!({"device": "PC-2"}),
    ] {
        let conflict = shop.order(&shop.admin, "1", change.clone());
        assert_eq!(problem(conflict, 409).await, "orderConflict", "{change}");
    }
    // Not reshoppable: what is open is not ordered again.
    let twice = shop.order(&shop.admin, "2", json!({"device": "PC-1"}));
    assert_eq!(problem(twice, 409).await, "alreadyOrdered");
    let cancel = json!({"reason": "not needed"});
    let cancelled = status(
        shop.post(&shop.admin, &format!("{ORDERS}/1/cancel"), cancel.clone()),
        200,
    )
    .await;
    assert_eq!(
        (&cancelled["state"], &cancelled["message"]),
        (&json!("cancelled"), &json!("not needed"))
    );
    let twice = shop.post(&shop.admin, &format!("{ORDERS}/1/cancel"), cancel);
    assert_eq!(problem(twice, 409).await, "orderEnded");
    let retry = shop.post(&shop.admin, &format!("{ORDERS}/1/retry"), json!({}));
    assert_eq!(problem(retry, 409).await, "notRepeatable");
    status(shop.order(&shop.admin, "2", json!({"device": "PC-1"})), 201).await;
    let trail = shop.trail().await;
    for entry in [
        "admin order.placed 1",
        "admin order.cancelled 1",
        "admin order.placed 2",
    ] {
        assert_eq!(
            trail.iter().filter(|row| *row == entry).count(),
            1,
            "{entry}: {trail:?}"
        );
    }
}

#[tokio::test]
async fn an_order_that_could_only_fail_is_refused_with_its_reason() {
    let shop = Shop::with_zip(json!({})).await;
    for (change, status, code) in [
        (json!({"id": "a/b"}), 400, "wrongOrder"),
        (json!({"device": null}), 400, "wrongOrder"),
        (json!({"user": "anna@contoso.com"}), 400, "wrongOrder"),
        (json!({"note": " "}), 400, "wrongOrder"),
        (json!({"note": "a\u{202e}b"}), 400, "unfitText"),
        (json!({"language": "fr"}), 400, "wrongBody"),
        (json!({"sort": 1}), 400, "wrongBody"),
        (json!({"application": "unknown"}), 404, "unknown"),
        (json!({"device": null, "user": "anna@contoso.com"}), 409, "wrongTarget"),
        (json!({"approval": "callback"}), 409, "noApprovalAddress"),
    ] {
        let refused = shop.order(&shop.admin, "1", change.clone());
        assert_eq!(problem(refused, status).await, code, "{change}");
    }
    let said = |verdict: TargetCheck| *shop.engine.orders.verdict.lock().unwrap() = Some(verdict);
    said(TargetCheck::Refused {
        code: "unknownDevice".into(),
        message: "The tenant has no device PC-1.".into(),
        advice: "Check its name.".into(),
    });
    assert_eq!(
        problem(shop.order(&shop.admin, "1", json!({})), 409).await,
        "unknownDevice"
    );
    assert_eq!(
        problem(shop.get(&shop.admin, &format!("{ORDERS}/1")), 404).await,
        "unknown"
    );
    said(TargetCheck::Warn(vec!["The device is co-managed.".into()]));
    // E8: what was found holds for half a minute.
    assert_eq!(
        problem(shop.order(&shop.admin, "1", json!({})), 409).await,
        "unknownDevice"
    );
    assert_eq!(shop.engine.orders.looks.load(Ordering::SeqCst), 1);
    shop.shelf.clock.advance(TimeDelta::seconds(30));
    let placed = status(shop.order(&shop.admin, "1", json!({})), 201).await;
    assert_eq!(placed["warnings"], json!(["The device is co-managed."]));
    said(TargetCheck::NotChecked("Graph does not answer.".into()));
    let placed = status(shop.order(&shop.admin, "2", json!({})), 201).await;
    assert!(
        placed["warnings"][0]
            .as_str()
            .unwrap()
            .ends_with("Graph does not answer."),
        "{placed}"
    );
    // An application may say for whom it is.
    shop.engine
        .orders
        .change(3, |instance| instance.targets = vec![OrderTargetKind::User]);
    assert_eq!(
        problem(shop.order(&shop.admin, "3", json!({})), 409).await,
        "wrongTarget"
    );
}

#[tokio::test]
async fn e8_an_account_has_two_orders_checked_at_once_and_no_more() {
    let shop = Shop::with_zip(json!({})).await;
    let rights = ["Orders_Place", "Orders_Read", "Applications_Read"];
    let portal = shop.operator("portal", &rights, RightScope::default()).await;
    let (open, gate) = watch::channel(false);
    *shop.engine.orders.gate.lock().unwrap() = Some(gate);
    let looks = || shop.engine.orders.looks.load(Ordering::SeqCst);
    let begin = |token: &str, id: &str| tokio::spawn(shop.order(token, id, json!({})).send());
    let mut placed = vec![begin(&portal, "1"), begin(&portal, "2")];
    until("both are checked", async || looks() == 2).await;
    let third = shop.order(&portal, "3", json!({})).send().await.unwrap();
    assert_eq!(third.status(), 429);
    assert_eq!(third.headers()["retry-after"], "2");
    let told: Value = third.json().await.unwrap();
    assert_eq!(told["code"], "tooManyOrders", "{told}");
    // Others have places of their own.
    placed.push(begin(&shop.admin, "4"));
    until("that of another account is checked, too", async || looks() == 3).await;
    open.send_replace(true);
    for order in placed {
        assert_eq!(order.await.unwrap().unwrap().status(), 201);
    }
    status(shop.order(&portal, "3", json!({})), 201).await;
}

#[tokio::test]
async fn an_order_is_cancelled_and_repeated_by_its_shop_or_by_who_decides_there() {
    let shop = Shop::with_zip(json!({})).await;
    let places = ["Orders_Place", "Orders_Read", "Applications_Read"];
    let portal = shop.operator("portal", &places, RightScope::default()).await;
    let other = shop.operator("other", &places, RightScope::default()).await;
    let with = |right: &'static str| [&places[..], &[right]].concat();
    let desk = shop.account_at("desk", &with("Orders_Approve"), HERE).await;
    let elsewhere = shop.account_at("elsewhere", &with("Orders_Approve"), THERE).await;
    let manager = shop.account_at("manager", &with("Applications_Manage"), HERE).await;
    let act = |token: &str, id: &str, act: &str| shop.post(token, &format!("{ORDERS}/{id}/{act}"), json!({}));
    let seen = async |token: &str| status(shop.get(token, &format!("{ORDERS}/1")), 200).await["mayCancel"].clone();

    let placed = status(shop.order(&portal, "1", json!({})), 201).await;
    assert_eq!(placed["mayCancel"], true);
    assert_eq!(seen(&other).await, false);
    assert_eq!(seen(&desk).await, true);
    for path in ["cancel", "retry"] {
        let refused = act(&other, "1", path).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{path}");
        let told: Value = refused.json().await.unwrap();
        assert_eq!(told["code"], "notYourOrder", "{told}");
        assert!(told["detail"].as_str().unwrap().contains("portal"), "{told}");
    }
    // Who reaches another instance alone does not see it.
    assert_eq!(problem(act(&elsewhere, "1", "cancel"), 404).await, "unknown");
    let listed = status(shop.get(&other, ORDERS), 200).await;
    assert_eq!(listed["orders"][0]["mayCancel"], false, "{listed}");
    status(act(&manager, "1", "retry"), 200).await;
    status(act(&portal, "1", "retry"), 200).await;
    status(act(&portal, "1", "cancel"), 200).await;
    for (id, token) in [("2", &desk), ("3", &manager), ("4", &shop.admin)] {
        status(shop.order(&portal, id, json!({})), 201).await;
        status(act(token, id, "cancel"), 200).await;
    }
}
