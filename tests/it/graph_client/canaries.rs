//! E1: whatever goes wrong, and whatever a server repeats of what it was sent, no secret is in an error.

use serde_json::json;

use super::{graph, page, walk};
use crate::support::canary::{TOKEN, assert_no_canary};
use crate::support::scripted::{Scripted, answer, json as say_json, token};

#[tokio::test]
async fn e1_no_error_of_graph_repeats_the_token() {
    for status in [200, 302, 400, 401, 403, 404, 407, 429, 500] {
        let server = Scripted::start(move |_, heard| {
            if heard.target().ends_with("/token") {
                return token(TOKEN, 3599);
            }
            let echo = json!({"error": {"code": heard.head, "message": json!({"Message": heard.head}).to_string()}});
            say_json(status, &echo)
        })
        .await;
        let error = walk(&graph(&server)).await.1.unwrap();
        assert_no_canary(&format!("{error} {error:?} {} {}", error.code(), error.advice()));
    }
}

#[tokio::test]
async fn e1_nor_does_one_of_a_page_or_a_link() {
    for link in [
        format!("https://{TOKEN}@evil.example/"),
        format!("https://evil.example/?t={TOKEN}"),
    ] {
        let server = Scripted::graph(vec![page(&[1], Some(&link))]).await;
        let error = walk(&graph(&server)).await.1.unwrap();
        assert_no_canary(&format!("{error} {error:?}"));
    }
    let kind = format!("text/{TOKEN}");
    let server = Scripted::start(move |_, heard| {
        if heard.target().ends_with("/token") {
            token(TOKEN, 3599)
        } else {
            answer(200, &[("Content-Type", &kind), ("request-id", TOKEN)], b"x")
        }
    })
    .await;
    let error = walk(&graph(&server)).await.1.unwrap();
    assert_no_canary(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn e1_what_is_printed_for_debugging_holds_none() {
    let server = Scripted::start(|_, _| token(TOKEN, 3599)).await;
    let graph = graph(&server);
    let got = graph.token_source().obtain_token().await.unwrap();
    assert_eq!(got.secret(), TOKEN);
    assert_no_canary(&format!("{got:?} {:?} {:?}", graph.token_source(), graph.budget()));
}
