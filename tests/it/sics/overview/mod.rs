//! Numbers, what needs somebody, and what happens: over a real tenant, and for whoever may see less than all.

mod attention;
mod events;
mod summary;

use intune_connector::contract::EventFact;
use serde_json::{Value, json};
use sics_client::{ClientAuth, EventStream, PlainHttp, SicsClient, operation};

use crate::support::wait::within;
use crate::whole::Whole;

/// A token of a new account with these rights, at these instances or at all.
async fn account(whole: &Whole, name: &str, rights: &[&str], instances: Option<&[&str]>) -> String {
    let scope = instances.map_or(json!({}), |names| json!({ "instances": names }));
    let body = json!({"name": name, "kind": "server", "rights": rights, "scope": scope});
    whole.post("/sics/v1/operators", body).await;
    let path = format!("/sics/v1/operators/{name}/tokens");
    let made = whole.post(&path, json!({"name": "own"})).await;
    made["token"].as_str().unwrap().to_owned()
}

/// Status and answer of what this account asks.
async fn asked_by(whole: &Whole, token: &str, path: &str) -> (u16, Value) {
    let url = format!("{}{path}", whole.bus().local.url);
    let answer = whole.http.get(url).bearer_auth(token).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

/// What happens, as one account hears it.
struct Listener(EventStream<EventFact>);

impl Listener {
    async fn open(url: &str, token: &str) -> Listener {
        let auth = ClientAuth::Token(token.into());
        let client = SicsClient::new(&url.parse().unwrap(), auth, None, PlainHttp::Refused).unwrap();
        let (watch, no_body) = (operation::watch_events(), None::<&()>);
        Listener(client.stream_events(&watch, &[], &(), no_body).await.unwrap())
    }

    /// `None`: the stream has ended.
    async fn next(&mut self) -> Option<EventFact> {
        let event = within("the stream goes on", self.0.next_event()).await.unwrap();
        event.map(|event| event.data)
    }

    /// Everything up to the fact that is waited for, with it.
    async fn heard_until(&mut self, mut wanted: impl FnMut(&EventFact) -> bool) -> Vec<EventFact> {
        let mut heard = Vec::new();
        loop {
            let Some(fact) = self.next().await else {
                panic!("the stream has ended; heard: {heard:?}");
            };
            let is_wanted = wanted(&fact);
            heard.push(fact);
            if is_wanted {
                return heard;
            }
        }
    }

    /// Waits for the end; what comes before it does not matter.
    async fn end(&mut self) {
        while self.next().await.is_some() {}
    }
}
