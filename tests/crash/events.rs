//! Server-sent events out of the pieces in which they arrive.

use intune_connector::model::FeedChange;

/// A change, and the cursor behind it.
pub struct Event {
    pub cursor: String,
    pub change: FeedChange,
}

#[derive(Default)]
pub struct Events(Vec<u8>);

impl Events {
    pub fn push(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
    }

    /// The next whole event; heartbeats are passed over. An event that is no change is an error.
    pub fn next(&mut self) -> Option<Result<Event, String>> {
        loop {
            let end = self.0.windows(2).position(|pair| pair == b"\n\n")?;
            let frame: Vec<u8> = self.0.drain(..end + 2).collect();
            let frame = String::from_utf8_lossy(&frame);
            let field = |name: &str| {
                frame
                    .lines()
                    .find_map(|line| line.strip_prefix(name))
                    .map(str::trim_start)
            };
            if let Some(data) = field("data:") {
                let change = serde_json::from_str(data).map_err(|error| format!("{error}: {data}"));
                let cursor = field("id:").unwrap_or_default().to_owned();
                return Some(change.map(|change| Event { cursor, change }));
            }
        }
    }
}
