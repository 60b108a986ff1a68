//! Readiness of the whole bus.

use reqwest::Method;
use serde_json::json;

use super::Whole;

#[tokio::test]
async fn e3_too_little_free_space_is_told_by_readiness_before_the_disk_is_full() {
    let mut whole = Whole::prepare(12, &[]).await;
    for (least_mb, status, cause) in [("1000000000", 503, json!("lowDiskSpace")), ("0", 200, json!(null))] {
        whole.bus_ini(&format!("[store]\nmin_free_mb = {least_mb}\n"));
        whole.start().await;
        let (found, ready) = whole.ask(Method::GET, "/readyz", json!({})).await;
        assert_eq!((found.as_u16(), &ready["store"]["cause"]), (status, &cause), "{ready}");
        assert_eq!(ready["store"]["writable"], true, "it still takes writes: {ready}");
        assert_eq!(whole.ask(Method::GET, "/healthz", json!({})).await.0, 200);
        whole.stop().await;
    }
}
