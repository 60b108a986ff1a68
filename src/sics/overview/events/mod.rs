//! What happens, as it happens: server-sent events for pages that are open. One poller looks for all readers ([`hub`]);
//! each reader picks what its caller may see ([`reader`], [`facts`]). Nothing here can be resumed: who lost something is
//! told so, and reads anew what is shown.

pub(super) mod event_hub;
mod facts;
mod hub;
mod reader;

use std::convert::Infallible;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use reader::EventReader;

use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::changes::wants_events;
use crate::sics::problem::ApiProblem;

pub(crate) async fn watch_events(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    if !wants_events(&headers) {
        return Err(ApiProblem::new(
            StatusCode::NOT_ACCEPTABLE,
            "eventsOnly",
            "this route answers with a stream of events and nothing else",
            "Send the header Accept: text/event-stream.",
        ));
    }
    let heartbeat = KeepAlive::new().interval(sics.limits().heartbeat).text("");
    let reader = EventReader::open(sics, caller).await?;
    let events = stream::unfold(reader, async |mut reader| {
        let fact = reader.next_fact().await?;
        let data = serde_json::to_string(&fact).expect("facts have only plain fields");
        Some((Ok::<_, Infallible>(Event::default().data(data)), reader))
    });
    Ok(Sse::new(events).keep_alive(heartbeat).into_response())
}
