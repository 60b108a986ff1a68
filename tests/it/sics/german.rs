//! B-64: problems in the language of whoever reads them, over HTTP.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::bus::Bus;

/// Status, `Content-Language` and body of what is refused.
async fn refusal(request: RequestBuilder, language: Option<&str>) -> (u16, String, Value) {
    let request = match language {
        Some(language) => request.header("accept-language", language),
        None => request,
    };
    let response = request.send().await.unwrap();
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    let (status, spoken, vary, kind) = (
        response.status().as_u16(),
        header("content-language"),
        header("vary"),
        header("content-type"),
    );
    assert_eq!(kind, "application/problem+json");
    assert!(vary.contains("Accept-Language"), "{vary}");
    (status, spoken, response.json().await.unwrap())
}

#[tokio::test]
async fn b_64_whoever_reads_german_is_refused_in_german_and_scripts_in_english() {
    let bus = Bus::new().await;
    let ask = || bus.get(&bus.admin, "/sics/v1/servers/nowhere");
    let (status, spoken, english) = refusal(ask(), None).await;
    assert_eq!((status, spoken.as_str()), (404, "en"));
    assert_eq!(english["detail"], "server nowhere does not exist");

    let (status, spoken, german) = refusal(ask(), Some("de-DE,de;q=0.9,en;q=0.8")).await;
    assert_eq!((status, spoken.as_str()), (404, "de"));
    assert_eq!(german["detail"], "den Management-Server nowhere gibt es nicht");
    assert_eq!(
        german["advice"],
        "Den Namen prüfen; auflisten: intune-connector servers"
    );
    for member in ["type", "code", "status"] {
        assert_eq!(german[member], english[member], "{member}");
    }

    // Before the sign-in, of no route and of a wrong body as well.
    let (status, spoken, unknown) = refusal(bus.open_request(Method::GET, "/sics/v1/servers"), Some("de")).await;
    assert_eq!((status, spoken.as_str()), (401, "de"));
    assert_eq!(unknown["detail"], "diese Anfrage verlangt eine Anmeldung");
    let (status, spoken, nothing) = refusal(bus.get(&bus.admin, "/sics/v9"), Some("de")).await;
    assert_eq!((status, spoken.as_str()), (404, "de"));
    assert_eq!(
        (&nothing["code"], &nothing["detail"]),
        (&json!("noSuchRoute"), &json!("diese Route gibt es nicht"))
    );
    let body = bus
        .open_request(Method::PUT, "/sics/v1/servers/cmdb")
        .bearer_auth(&bus.acmp)
        .header("content-type", "application/json")
        .body("{\"displayName\":\"a\",\"displayName\":\"b\"}");
    let (status, spoken, twice) = refusal(body, Some("de")).await;
    assert_eq!((status, spoken.as_str()), (400, "de"));
    assert_eq!(twice["detail"], "der Body enthält displayName doppelt");
}

#[tokio::test]
async fn b_64_an_answer_is_the_same_whatever_its_reader_speaks() {
    let bus = Bus::new().await;
    let ask = |language: &'static str| {
        let request = bus.get(&bus.admin, "/sics/v1/servers");
        request.header("accept-language", language).send()
    };
    let (german, english) = (ask("de").await.unwrap(), ask("en").await.unwrap());
    for answer in [&german, &english] {
        assert!(answer.status().is_success() && !answer.headers().contains_key("content-language"));
    }
    assert_eq!(german.text().await.unwrap(), english.text().await.unwrap());
}
