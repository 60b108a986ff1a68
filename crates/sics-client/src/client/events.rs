//! Server-sent events as typed items; heartbeats (comments) are passed over.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::ClientError;

/// Longest line of an event stream, bytes.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Items of an answer, as they become known. Dropping it closes the connection.
#[derive(Debug)]
pub struct EventStream<E> {
    response: reqwest::Response,
    buffer: Vec<u8>,
    event: PhantomData<fn() -> E>,
}

impl<E: DeserializeOwned> EventStream<E> {
    pub(crate) fn new(response: reqwest::Response) -> EventStream<E> {
        EventStream {
            response,
            buffer: Vec::new(),
            event: PhantomData,
        }
    }

    /// The next item; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<E>, ClientError> {
        loop {
            while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                if let Some(data) = line.trim_end().strip_prefix("data:") {
                    let event = serde_json::from_str(data.trim());
                    return event
                        .map(Some)
                        .map_err(|error| ClientError::stream_broken(&error.to_string()));
                }
            }
            if self.buffer.len() > LINE_BYTES_MAX {
                return Err(ClientError::stream_broken("a line without end"));
            }
            let chunk = self.response.chunk().await;
            match chunk.map_err(|error| ClientError::stream_broken(&error.to_string()))? {
                Some(bytes) => self.buffer.extend_from_slice(&bytes),
                None => return Ok(None),
            }
        }
    }
}
