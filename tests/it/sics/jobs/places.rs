//! Positions among the results (F3): sealed, of one life of the store, and judged by their place.

use intune_connector::model::{Epoch, ResultCursor};
use serde_json::{Value, json};

use super::office::{Office, RESULTS};
use crate::sics::bus::{problem, status};

/// Sealed as the bus of these tests does.
fn sealed(epoch: Epoch, number: i64) -> String {
    ResultCursor {
        epoch,
        start: None,
        number,
    }
    .encode(&"cmdb".parse().unwrap(), &[9; 32])
}

async fn refused(office: &Office, after: &str) -> Value {
    let by_query = office.get(&office.acmp, &format!("{RESULTS}?after={after}"));
    let answer: Value = by_query.send().await.unwrap().json().await.unwrap();
    let streamed = office.get(&office.acmp, RESULTS).header("accept", "text/event-stream");
    let streamed = streamed.header("last-event-id", after);
    assert_eq!(
        problem(streamed, answer["status"].as_u64().unwrap() as u16).await,
        answer["code"]
    );
    answer
}

#[tokio::test]
async fn cr_v4_f3_a_position_of_another_life_is_refused_and_its_advice_tells_every_result() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    office.job("sync", &[&ids[0]], json!({})).await;
    office.settle().await;
    let old = sealed(Epoch(uuid::Uuid::new_v4()), 63);
    let answer = refused(&office, &old).await;
    assert_eq!(
        (&answer["code"], &answer["reason"]),
        (&json!("positionOutdated"), &json!("restored"))
    );
    assert!(answer["advice"].as_str().unwrap().contains("after=0"), "{answer}");
    let ack = office.post(&office.acmp, &format!("{RESULTS}/ack"), json!({"position": old}));
    assert_eq!(problem(ack, 410).await, "positionOutdated");

    // Whatever was acknowledged meanwhile.
    let all = status(office.get(&office.acmp, RESULTS), 200).await;
    let ack = json!({"position": all["position"]});
    status(office.post(&office.acmp, &format!("{RESULTS}/ack"), ack), 200).await;
    let again = status(office.get(&office.acmp, &format!("{RESULTS}?after=0")), 200).await;
    assert_eq!(again["results"], all["results"]);
    assert!(all["results"].as_array().unwrap().len() > 1, "{all}");
    assert_eq!(
        office.shop.desk.store.list_kill_switches().await.unwrap(),
        [],
        "it proves nothing"
    );
}

#[tokio::test]
async fn cr_v4_f3_plain_numbers_are_read_as_before_and_what_is_ahead_is_neither_echoed_nor_proof() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    office.job("sync", &[&ids[0]], json!({})).await;
    office.settle().await;
    let all = status(office.get(&office.acmp, RESULTS), 200).await;
    let rest = status(office.get(&office.acmp, &format!("{RESULTS}?after=1")), 200).await;
    assert_eq!(
        rest["results"].as_array().unwrap()[..],
        all["results"].as_array().unwrap()[1..]
    );
    let epoch = office.shop.desk.store.epoch();
    for made_up in ["1000000", "9223372036854775807"] {
        let answer = refused(&office, made_up).await;
        assert_eq!(
            (&answer["status"], &answer["reason"]),
            (&json!(410), &json!("ahead")),
            "{answer}"
        );
    }
    let forged = ResultCursor {
        epoch,
        start: None,
        number: 1_000_000,
    }
    .encode(&"cmdb".parse().unwrap(), b"another key");
    let of_another_server = ResultCursor {
        epoch,
        start: None,
        number: 1,
    }
    .encode(&"other".parse().unwrap(), &[9; 32]);
    for made_up in [
        forged.as_str(),
        &of_another_server,
        "-1",
        "x",
        "99999999999999999999999",
    ] {
        assert_eq!(
            refused(&office, made_up).await["code"],
            "positionMalformed",
            "{made_up}"
        );
    }
    assert_eq!(office.shop.desk.store.epoch(), epoch);
    assert_eq!(office.shop.desk.store.list_kill_switches().await.unwrap(), []);
}

#[tokio::test]
async fn cr_v6_a8_a_result_that_the_store_does_not_have_any_more_proves_that_it_went_back() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    office.job("wipe", &[&ids[0]], json!({})).await;
    let store = &office.shop.desk.store;
    let epoch = store.epoch();
    let known = status(office.get(&office.acmp, RESULTS), 200).await;
    let answer = refused(&office, &sealed(epoch, 1_000)).await;
    assert_eq!(answer["code"], "positionOutdated");
    assert_ne!(store.epoch(), epoch);
    assert_eq!(store.list_kill_switches().await.unwrap().len(), 1);
    // As the advice says: what was under way is with an operator.
    let told = status(office.get(&office.acmp, &format!("{RESULTS}?after=0")), 200).await;
    let newest = told["results"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&newest["state"], &newest["cause"]),
        (&json!("needsOperator"), &json!("restored")),
        "{told}"
    );
    // What was handed out before is of another life now.
    let before = known["position"].as_str().unwrap();
    assert_eq!(refused(&office, before).await["reason"], "restored");
    // Nothing goes out.
    office.settle().await;
    let told = status(office.get(&office.acmp, &format!("{RESULTS}?after=0")), 200).await;
    assert_eq!(
        told["results"].as_array().unwrap().last().unwrap()["state"],
        "needsOperator"
    );
}
