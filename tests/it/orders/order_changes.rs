//! What happened to orders, read page by page: positions, waits, and a store that was put back.

use chrono::TimeDelta;
use intune_connector::store::SealedPosition;
use serde_json::{Value, json};

use super::shop::Shop;
use crate::sics::bus::{problem, status};
use crate::support::wait::within;

const CHANGES: &str = "/sics/v1/order-changes";

fn events(told: &Value) -> Vec<String> {
    let rows = told["changes"].as_array().unwrap().iter();
    rows.map(|row| format!("{} {}", row["order"].as_str().unwrap(), row["event"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn each_change_is_told_once_in_its_order() {
    let shop = Shop::with_zip(json!({})).await;
    let empty = status(shop.get(&shop.admin, CHANGES), 200).await;
    assert_eq!((&empty["changes"], &empty["more"]), (&json!([]), &json!(false)));
    for id in ["1", "2"] {
        status(shop.order(&shop.admin, id, json!({})), 201).await;
    }
    let all = status(shop.get(&shop.admin, &format!("{CHANGES}?after=0")), 200).await;
    assert_eq!(events(&all), ["1 placed", "1 accepted", "2 placed", "2 accepted"]);
    let texts = &all["changes"][0]["texts"];
    assert!(
        !texts["en"].as_str().unwrap().is_empty() && texts["en"] != texts["de"],
        "{texts}"
    );
    let from_empty = format!("{CHANGES}?limit=3&after={}", empty["next"].as_str().unwrap());
    let first = status(shop.get(&shop.admin, &from_empty), 200).await;
    assert_eq!((events(&first).len(), &first["more"]), (3, &json!(true)));
    assert_eq!(first["next"], first["changes"][2]["position"]);
    let rest = format!("{CHANGES}?after={}", first["next"].as_str().unwrap());
    let rest = status(shop.get(&shop.admin, &rest), 200).await;
    assert_eq!(
        (events(&rest), &rest["more"]),
        (vec!["2 accepted".to_owned()], &json!(false))
    );
    let end = format!("{CHANGES}?after={}", rest["next"].as_str().unwrap());
    let end = status(shop.get(&shop.admin, &end), 200).await;
    assert_eq!((&end["changes"], &end["next"]), (&json!([]), &rest["next"]));
}

#[tokio::test]
async fn a_reader_waits_for_the_next_change() {
    let shop = Shop::with_zip(json!({})).await;
    // Waits that only their own ends end take longer than anybody has patience.
    let three = async {
        let mut place = "0".to_owned();
        for id in ["1", "2", "3"] {
            let waits = shop.get(&shop.admin, &format!("{CHANGES}?wait_s=60&after={place}"));
            let (told, _) = tokio::join!(status(waits, 200), status(shop.order(&shop.admin, id, json!({})), 201));
            assert_eq!(events(&told)[0], format!("{id} placed"));
            place = told["next"].as_str().unwrap().to_owned();
        }
    };
    within("each change is told before the wait for it ends", three).await;
    for (query, code) in [
        ("wait_s=61", "wrongWait"),
        ("limit=0", "wrongLimit"),
        ("after=63", "positionMalformed"),
        ("after=nonsense", "positionMalformed"),
    ] {
        assert_eq!(
            problem(shop.get(&shop.admin, &format!("{CHANGES}?{query}")), 400).await,
            code
        );
    }
}

#[tokio::test]
async fn f3_a_position_from_before_a_restore_is_outdated_and_the_advice_tells_everything() {
    let shop = Shop::with_zip(json!({})).await;
    status(shop.order(&shop.admin, "1", json!({})), 201).await;
    let before = status(shop.get(&shop.admin, CHANGES), 200).await;
    let store = &shop.shelf.store;
    // A result that this store does not have proves that it went back: another epoch begins.
    let seen = SealedPosition::Results { number: 1_000 };
    assert!(store.detect_rollback(store.epoch(), None, seen).await.unwrap());
    let after = format!("{CHANGES}?after={}", before["next"].as_str().unwrap());
    let answer: Value = shop
        .get(&shop.admin, &after)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&answer["status"], &answer["code"], &answer["reason"]),
        (&json!(410), &json!("positionOutdated"), &json!("restored"))
    );
    assert!(answer["advice"].as_str().unwrap().contains("after=0"), "{answer}");
    let again = status(shop.get(&shop.admin, &format!("{CHANGES}?after=0")), 200).await;
    let failed = vec!["1 failed".to_owned()];
    assert_eq!(
        events(&again),
        [events(&before), failed].concat(),
        "what was accepted is not carried out"
    );
}

#[tokio::test]
async fn what_happened_to_old_orders_is_forgotten_and_whoever_has_not_read_it_is_told() {
    let shop = Shop::with_zip(json!({})).await;
    status(shop.order(&shop.admin, "1", json!({})), 201).await;
    let first = status(shop.get(&shop.admin, &format!("{CHANGES}?limit=1")), 200).await;
    let cancel = shop.post(&shop.admin, "/sics/v1/orders/1/cancel", json!({}));
    status(cancel, 200).await;
    let all = status(shop.get(&shop.admin, CHANGES), 200).await;
    assert_eq!(events(&all), ["1 placed", "1 accepted", "1 cancelled"]);
    let store = &shop.shelf.store;
    shop.shelf.clock.advance(TimeDelta::days(365));
    assert_eq!(store.sweep_order_events(365).await.unwrap(), 0);
    shop.shelf.clock.advance(TimeDelta::days(1));
    assert_eq!(store.sweep_order_events(365).await.unwrap(), 1);
    assert_eq!(store.sweep_order_events(365).await.unwrap(), 0);
    let behind = |page: &Value| format!("{CHANGES}?limit=1&after={}", page["next"].as_str().unwrap());
    // Between what was read then and now, something is missing.
    assert_eq!(
        problem(shop.get(&shop.admin, &behind(&first)), 410).await,
        "positionOutdated"
    );
    status(shop.get(&shop.admin, &behind(&all)), 200).await;
    // As the advice says, page by page.
    let mut told = Vec::new();
    let mut page = status(shop.get(&shop.admin, &format!("{CHANGES}?limit=1&after=0")), 200).await;
    loop {
        told.extend(events(&page));
        if page["more"] == false {
            break;
        }
        page = status(shop.get(&shop.admin, &behind(&page)), 200).await;
    }
    assert_eq!(told, ["1 placed", "1 cancelled"]);
    // The order itself stays, and its id is taken.
    assert_eq!(
        status(shop.order(&shop.admin, "1", json!({})), 200).await["state"],
        "cancelled"
    );
}
