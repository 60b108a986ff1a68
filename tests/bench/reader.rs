//! A management server of the bench, as a process of its own: announces itself, reads everything, acknowledges.

use serde::Deserialize;
use serde_json::value::RawValue;

pub struct Work {
    url: String,
    server: String,
    token: String,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    changes: Vec<&'a RawValue>,
    cursor: String,
    more: bool,
}

impl Work {
    /// `--reader URL SERVER`, and the token in the environment.
    pub fn from_arguments() -> Option<Work> {
        let mut arguments = std::env::args().skip_while(|argument| argument != "--reader").skip(1);
        Some(Work {
            url: arguments.next()?,
            server: arguments.next()?,
            token: std::env::var("BENCH_TOKEN").ok()?,
        })
    }

    pub async fn run(self) {
        let http = reqwest::Client::builder().no_gzip().build().expect("a client");
        let base = format!("{}/sics/v1/servers/{}", self.url, self.server);
        let announced = http
            .put(&base)
            .bearer_auth(&self.token)
            .json(&serde_json::json!({"displayName": "bench"}))
            .send()
            .await;
        assert!(announced.expect("an answer").status().is_success());
        let accepted = http
            .post(format!("{base}/accept"))
            .bearer_auth(&self.token)
            .send()
            .await;
        assert!(accepted.expect("an answer").status().is_success());
        let mut url = format!("{base}/changes?limit=1000");
        let mut count = 0;
        loop {
            let answer = http.get(&url).bearer_auth(&self.token).send().await.expect("an answer");
            let body = answer.bytes().await.expect("a body");
            let batch: Answer<'_> = serde_json::from_slice(&body).expect("changes");
            count += batch.changes.len();
            if !batch.more {
                let ack = serde_json::json!({"cursor": batch.cursor});
                let done = http
                    .post(format!("{base}/changes/ack"))
                    .bearer_auth(&self.token)
                    .json(&ack)
                    .send()
                    .await;
                assert!(done.expect("an answer").status().is_success());
                break;
            }
            url = format!("{base}/changes?limit=1000&cursor={}", batch.cursor);
        }
        assert!(count > 2, "marks and devices");
    }
}
