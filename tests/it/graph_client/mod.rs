//! The Graph client against a server that says, byte for byte, what Graph says on its bad days; and against the
//! simulated tenant.

mod batch;
mod canaries;
mod faults;
mod limits;
mod retry;
mod simulated;
mod walk;

use std::time::Duration;

use intune_connector::entra::{TokenPurpose, TokenSource};
use intune_connector::graph::{GraphClient, GraphError, GraphLimits, GraphPage, ListQuery, RateBudget, RetryBounds};
use intune_connector::observe::Clock;
use serde_json::{Value, json};

use crate::support::scripted::{Say, Scripted, json as say_json};

/// Waits of a millisecond in place of seconds.
fn quick() -> RetryBounds {
    let short = Duration::from_millis(1);
    RetryBounds {
        attempts: 3,
        throttled_start: short,
        server_start: short,
        broken_start: short,
        longest_wait: short,
        longest_requested_wait: Duration::from_millis(50),
    }
}

fn graph_with(server: &Scripted, change: impl FnOnce(&mut GraphLimits)) -> GraphClient {
    let settings = server.settings(&[]);
    let clock = Clock::system();
    let tokens = TokenSource::new(&settings, TokenPurpose::Scan, clock.clone()).unwrap();
    let mut limits = GraphLimits {
        retry: quick(),
        ..GraphLimits::from_settings(&settings)
    };
    change(&mut limits);
    GraphClient::with_limits(&settings, tokens, RateBudget::unshared(100), clock, limits).unwrap()
}

fn graph(server: &Scripted) -> GraphClient {
    graph_with(server, |_| ())
}

fn everything() -> ListQuery {
    ListQuery {
        top: 1000,
        ..ListQuery::default()
    }
}

/// A page of devices with these ids, and where it goes on.
fn page(ids: &[u32], next: Option<&str>) -> Say {
    let mut page = json!({"value": ids.iter().map(|id| json!({ "id": id })).collect::<Vec<Value>>()});
    if let Some(next) = next {
        page["@odata.nextLink"] = next.into();
    }
    say_json(200, &page)
}

fn ids(page: &GraphPage) -> Vec<u64> {
    page.records()
        .map(|record| serde_json::from_slice::<Value>(record).unwrap()["id"].as_u64().unwrap())
        .collect()
}

/// Walks to the end or to the first error.
async fn walk(graph: &GraphClient) -> (Vec<u64>, Option<GraphError>) {
    let mut walk = graph.list_devices(everything());
    let mut found = Vec::new();
    loop {
        match walk.next().await {
            Ok(Some(page)) => found.extend(ids(&page)),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error)),
        }
    }
}
