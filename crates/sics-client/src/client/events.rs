//! Server-sent events as typed items; heartbeats (comments) are passed over.

use std::marker::PhantomData;
use std::time::Duration;

use reqwest::Response;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::Url;

use super::ClientError;
use super::event_parser::EventParser;
use crate::contract::STREAM_HEARTBEAT;

/// Longest event, bytes.
const EVENT_BYTES_MAX: usize = 16 << 20;
/// Longest silence of a stream: several heartbeats that did not come.
const SILENCE_MAX: Duration = Duration::from_secs(4 * STREAM_HEARTBEAT.as_secs());
const MEDIA_TYPE: &str = "text/event-stream";

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEvent<E> {
    /// Its name, where the stream has events of several kinds: `brokenGlass` among results. `None`: the usual kind.
    pub name: Option<String>,
    /// The place behind it: the cursor of a change, the position of a result. A stream that is opened with it, as `cursor`
    /// or `after`, continues behind this event; it can be acknowledged as well. `None`: the event has none.
    pub id: Option<String>,
    /// What it says.
    pub data: E,
}

/// Items of an answer, as they become known. Dropping it closes the connection. A minute of silence, in which not even a
/// heartbeat comes, is an error.
#[derive(Debug)]
pub struct EventStream<E> {
    response: Response,
    base_url: Url,
    parser: EventParser,
    silence_max: Duration,
    event: PhantomData<fn() -> E>,
}

impl<E: DeserializeOwned> EventStream<E> {
    /// Of an answer that is a stream; any other is an error.
    pub(super) fn open(response: Response, base_url: &Url) -> Result<EventStream<E>, ClientError> {
        let media_type = response.headers().get("content-type");
        let media_type = media_type.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(MEDIA_TYPE) {
            return Err(ClientError::no_stream(base_url, essence));
        }
        Ok(EventStream {
            response,
            base_url: base_url.clone(),
            parser: EventParser::default(),
            silence_max: SILENCE_MAX,
            event: PhantomData,
        })
    }

    /// What the next event says; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<E>, ClientError> {
        Ok(self.next_event().await?.map(|event| event.data))
    }

    /// The next event, with its name and its id; `None` at the end.
    pub async fn next_event(&mut self) -> Result<Option<StreamEvent<E>>, ClientError> {
        loop {
            if let Some(event) = self.parser.next_event() {
                let data = serde_json::from_str(&event.data);
                let data = data.map_err(|error| ClientError::stream_broken(&error.to_string()))?;
                let (name, id) = (event.name, event.id);
                return Ok(Some(StreamEvent { name, id, data }));
            }
            if self.parser.pending_bytes() > EVENT_BYTES_MAX {
                return Err(ClientError::stream_broken("an event without end"));
            }
            let chunk = timeout(self.silence_max, self.response.chunk()).await;
            let chunk = chunk.map_err(|_| ClientError::silent(&self.base_url, self.silence_max))?;
            match chunk.map_err(|error| ClientError::stream_broken(&error.without_url().to_string()))? {
                Some(bytes) => self.parser.push(&bytes),
                None if self.parser.pending_bytes() > 0 => {
                    return Err(ClientError::stream_broken("it ended in the middle of an event"));
                }
                None => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::contract::ChangesQuery;
    use crate::{ClientAuth, ClientErrorKind, PlainHttp, SicsClient, operation};

    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n";

    /// Asks something that answers with this text; answers its end of the connection as well, which keeps it open.
    async fn ask(answer: String) -> (Result<EventStream<Value>, ClientError>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let auth = ClientAuth::Token("icp_x".into());
        let client = SicsClient::new(&url.parse().expect("a URL"), auth, None, PlainHttp::Refused).expect("a client");
        let (operation, server) = (operation::read_changes(), ["cmdb".to_owned()]);
        let (query, no_body): (_, Option<&()>) = (ChangesQuery::default(), None);
        let asked = client.stream_events(&operation, &server, &query, no_body);
        let answered = async {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                assert_ne!(socket.read_buf(&mut request).await.expect("the request"), 0);
            }
            socket.write_all(answer.as_bytes()).await.expect("the answer");
            socket
        };
        futures_util::future::join(asked, answered).await
    }

    #[tokio::test]
    async fn a_stream_that_falls_silent_is_an_error() {
        let (stream, socket) = ask(format!("{HEAD}:\n\nid: c1\ndata: 1\n\n")).await;
        let mut stream = stream.expect("a stream");
        let event = stream.next_event().await.expect("no error").expect("an event");
        let expected = StreamEvent {
            name: None,
            id: Some("c1".to_owned()),
            data: json!(1),
        };
        assert_eq!(event, expected);
        // By itself it waits for several heartbeats.
        assert!(stream.silence_max > STREAM_HEARTBEAT * 2);
        stream.silence_max = Duration::from_millis(10);
        let error = stream.next_event().await.expect_err("silence");
        assert_eq!(error.kind, ClientErrorKind::Unreachable);
        assert!(error.message.contains("has sent nothing for"), "{error}");
        drop(socket);
    }

    #[tokio::test]
    async fn a_stream_ends_between_events_and_breaks_within_one() {
        let (stream, socket) = ask(format!("{HEAD}data: 1\n\n")).await;
        let mut stream = stream.expect("a stream");
        drop(socket);
        assert_eq!(stream.next().await.expect("no error"), Some(json!(1)));
        assert_eq!(stream.next().await.expect("no error"), None);

        let (stream, socket) = ask(format!("{HEAD}data: 1\n\ndata: 2\n")).await;
        let mut stream = stream.expect("a stream");
        drop(socket);
        assert_eq!(stream.next().await.expect("no error"), Some(json!(1)));
        let error = stream.next().await.expect_err("half an event");
        assert!(error.message.contains("in the middle of an event"), "{error}");
    }

    #[tokio::test]
    async fn an_answer_that_is_no_stream_is_told_by_its_media_type() {
        for (head, expected) in [
            ("content-type: text/html; charset=utf-8\r\n", "answered with text/html,"),
            ("", "answered with no media type,"),
        ] {
            let (stream, socket) = ask(format!("HTTP/1.1 200 OK\r\n{head}content-length: 2\r\n\r\n{{}}")).await;
            let error = stream.expect_err("no stream");
            assert_eq!(error.kind, ClientErrorKind::Failed);
            assert!(error.message.contains(expected), "{error}");
            assert!(error.message.contains("text/event-stream"), "{error}");
            assert!(!error.advice.is_empty());
            drop(socket);
        }
    }
}
