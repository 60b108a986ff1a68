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

use intune_connector::entra::{Purpose, TokenSource};
use intune_connector::graph::{Bounds, Budget, Graph, GraphError, Limits, ListQuery, Page};
use intune_connector::observe::Clock;
use serde_json::{Value, json};

use crate::support::scripted::{Say, Scripted, json as say_json};

/// Waits of a millisecond in place of seconds.
fn quick() -> Bounds {
    let short = Duration::from_millis(1);
    Bounds {
        attempts: 3,
        throttled_start: short,
        server_start: short,
        broken_start: short,
        longest: short,
        longest_asked: Duration::from_millis(50),
    }
}

fn graph_with(server: &Scripted, change: impl FnOnce(&mut Limits)) -> Graph {
    let settings = server.settings(&[]);
    let clock = Clock::system();
    let tokens = TokenSource::new(&settings, Purpose::Scan, clock.clone()).unwrap();
    let mut limits = Limits {
        retry: quick(),
        ..Limits::of(&settings)
    };
    change(&mut limits);
    Graph::with_limits(&settings, tokens, Budget::alone(100), clock, limits).unwrap()
}

fn graph(server: &Scripted) -> Graph {
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

fn ids(page: &Page) -> Vec<u64> {
    page.records()
        .map(|record| serde_json::from_slice::<Value>(record).unwrap()["id"].as_u64().unwrap())
        .collect()
}

/// Walks to the end or to the first error.
async fn walk(graph: &Graph) -> (Vec<u64>, Option<GraphError>) {
    let mut walk = graph.list(everything());
    let mut found = Vec::new();
    loop {
        match walk.next().await {
            Ok(Some(page)) => found.extend(ids(&page)),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error)),
        }
    }
}
