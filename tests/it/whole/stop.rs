//! A bus that is asked to stop in mid-scan stops, and the next one goes on with that scan.

use serde_json::json;

use super::{LIST, Whole, until};

#[tokio::test]
async fn s6_a_bus_that_is_stopped_in_mid_scan_ends_and_the_next_start_goes_on_with_the_scan() {
    let mut whole = Whole::prepare(45, &[]).await;
    // The third page is never answered: longer than anybody is ready to wait.
    whole
        .fault(json!({"fault": {"kind": "silent"}, "path": LIST, "fromPage": 3, "times": 0}))
        .await;
    whole.start().await;
    until("two pages are kept and the third is asked for", async || {
        let scans = whole.scans().await;
        scans.first().is_some_and(|scan| scan["pages"] == 2) && whole.lists().len() == 3
    })
    .await;
    whole.stop().await;
    let asked = whole.lists().len();
    assert_eq!(asked, 3, "whoever stops asks for nothing more");

    whole.heal().await;
    whole.sim.simulated.log().clear();
    whole.start().await;
    let scan = whole.completed("full", 1).await;
    assert_eq!((&scan["seen"], &scan["pages"]), (&json!(45), &json!(5)), "{scan}");
    let again = whole.lists();
    assert_eq!(again.len(), 3, "two pages were not read again: {again:?}");
    whole.stop().await;
}
