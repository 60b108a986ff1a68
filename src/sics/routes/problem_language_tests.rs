use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tower::ServiceExt;

use super::*;
use crate::sics::problem::ApiProblem;

async fn answer_finding() -> ApiProblem {
    let finding =
        json!({"key": "secret", "code": "secret", "problem": "the client secret is wrong", "advice": "try again"});
    ApiProblem::not_found("server", "cmdb").with_member("findings", json!([finding]))
}

async fn answer_stranger() -> ApiProblem {
    ApiProblem::bad_request(
        "strange",
        "this sentence of a stranger has no German",
        "Nobody knows what to do.",
    )
}

async fn answer_half() -> ApiProblem {
    ApiProblem::bad_request("half", "the client secret is wrong", "Nobody knows what to do.")
}

async fn answer_german() -> ApiProblem {
    ApiProblem::bad_request("answers", "der Name fehlt", "the client secret is wrong").with_language(Language::De)
}

async fn answer_names() -> ApiProblem {
    ApiProblem::not_found("role", "\"the client secret is wrong\"").with_member("role", "the client secret is wrong")
}

async fn answer_well() -> Json<Value> {
    Json(json!({"detail": "the client secret is wrong"}))
}

/// Status and headers of an answer, and what it says.
async fn ask(path: &str, languages: &[&str]) -> (StatusCode, HeaderMap, Value) {
    let router = Router::new()
        .route("/finding", get(answer_finding))
        .route("/stranger", get(answer_stranger))
        .route("/half", get(answer_half))
        .route("/german", get(answer_german))
        .route("/names", get(answer_names))
        .route("/well", get(answer_well))
        .route(
            "/broken",
            get(|| async { ([(header::CONTENT_TYPE, MEDIA_TYPE)], "no JSON").into_response() }),
        )
        .layer(from_fn(localize_problem));
    let mut request = Request::get(path);
    for language in languages {
        request = request.header(header::ACCEPT_LANGUAGE, *language);
    }
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 100_000).await.unwrap();
    let said = serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
    (parts.status, parts.headers, said)
}

#[tokio::test]
async fn b_64_a_problem_is_german_for_who_reads_german_with_what_lies_in_it() {
    let (status, headers, said) = ask("/finding", &["de-AT,de;q=0.9,en;q=0.5"]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(headers[header::CONTENT_LANGUAGE], "de");
    assert_eq!(headers[header::VARY], "Accept-Language");
    assert_eq!(headers[header::CONTENT_TYPE], MEDIA_TYPE);
    assert_eq!(said["title"], "Nicht gefunden");
    assert_eq!(said["detail"], "den Management-Server cmdb gibt es nicht");
    assert_eq!(said["advice"], "Den Namen prüfen; auflisten: intune-connector servers");
    let finding = &said["findings"][0];
    assert_eq!(finding["problem"], "der geheime Clientschlüssel ist falsch");
    // What machines read is what it was.
    let (_, _, english) = ask("/finding", &[]).await;
    for member in ["type", "status", "code"] {
        assert_eq!(said[member], english[member], "{member}");
    }
    assert_eq!(
        (&finding["code"], &finding["key"]),
        (&json!("secret"), &json!("secret"))
    );
}

#[tokio::test]
async fn b_64_english_is_the_default_and_what_scripts_read() {
    for languages in [
        &[][..],
        &["*"],
        &["en"],
        &["fr"],
        &["en, de;q=0.9"],
        &["de;q=0"],
        &["de;q=x"],
    ] {
        let (_, headers, said) = ask("/finding", languages).await;
        assert_eq!(headers[header::CONTENT_LANGUAGE], "en", "{languages:?}");
        assert_eq!(headers[header::VARY], "Accept-Language", "{languages:?}");
        assert_eq!(said["detail"], "server cmdb does not exist", "{languages:?}");
        assert_eq!(said["title"], "Not Found", "{languages:?}");
    }
    // Whoever writes them in two lines, writes one list.
    let (_, headers, _) = ask("/finding", &["en;q=0.2", "de"]).await;
    assert_eq!(headers[header::CONTENT_LANGUAGE], "de");
}

#[tokio::test]
async fn b_64_what_has_no_german_stays_english_and_says_so() {
    let (_, headers, said) = ask("/stranger", &["de"]).await;
    assert_eq!(headers[header::CONTENT_LANGUAGE], "en");
    assert_eq!(said["detail"], "this sentence of a stranger has no German");
    assert_eq!(said["title"], "Bad Request");
    let (_, headers, said) = ask("/half", &["de"]).await;
    assert_eq!(headers[header::CONTENT_LANGUAGE], "de, en");
    assert_eq!(said["detail"], "der geheime Clientschlüssel ist falsch");
    assert_eq!(said["advice"], "Nobody knows what to do.");
    let (_, headers, said) = ask("/broken", &["de"]).await;
    assert_eq!(headers[header::CONTENT_LANGUAGE], "en");
    assert_eq!(said, "no JSON");
}

#[tokio::test]
async fn b_64_what_was_made_in_german_is_left_alone() {
    for languages in [&["de"][..], &[]] {
        let (_, headers, said) = ask("/german", languages).await;
        assert_eq!(headers[header::CONTENT_LANGUAGE], "de");
        assert_eq!(said["advice"], "the client secret is wrong");
    }
}

#[tokio::test]
async fn b_64_a_name_with_the_words_of_a_sentence_stays_the_name() {
    let (_, _, said) = ask("/names", &["de"]).await;
    assert_eq!(said["detail"], "die Rolle \"the client secret is wrong\" gibt es nicht");
    assert_eq!(said["role"], "the client secret is wrong");
}

#[tokio::test]
async fn b_64_an_answer_that_is_no_problem_passes_untouched() {
    let (status, headers, said) = ask("/well", &["de"]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!headers.contains_key(header::VARY) && !headers.contains_key(header::CONTENT_LANGUAGE));
    assert_eq!(said["detail"], "the client secret is wrong");
}
