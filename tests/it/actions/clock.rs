//! E3: the clock is set back while tasks wait for their next look.

use chrono::TimeDelta;
use serde_json::json;

use crate::sics::jobs::office::Office;

#[tokio::test]
async fn cr_v5_a_task_does_not_wait_for_as_long_as_the_clock_was_set_back() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let clock = office.shop.rig.shelf.clock.clone();
    office.shop.rig.advance(TimeDelta::days(1));
    let receipt = office.job("sync", &[&ids[0]], json!({})).await;
    office.shop.round().await;
    let job = receipt["id"].as_str().unwrap().to_owned();
    let before = office.states(&job).await;
    assert_eq!(before.last().map(String::as_str), Some("handedOver"), "{before:?}");

    clock.advance(TimeDelta::days(-1));
    office.settle().await;
    let after = office.states(&job).await;
    assert_eq!(after.last().map(String::as_str), Some("done"), "{after:?}");
}
