//! Messages to one management server: a page of changes or of results as the server itself would read it at this moment, and what
//! is acknowledged once it was taken.

use openssl::sha::Sha256;
use serde_json::{Value, json};

use crate::contract::{BrokenGlassView, ServerMessageKind};
use crate::inventory::feed::{self, FeedBatch, FeedVisibility};
use crate::model::{Cursor, InstanceId, ResourceRef, ServerId, Timestamp, format_time};
use crate::observe::metric;
use crate::sics::Sics;
use crate::sics::changes::{write_changes, write_end};
use crate::sics::jobs::{result_acknowledgement, results};
use crate::sics::problem::ApiProblem;
use crate::store::{OperatorRow, ServerRow, StoreError};

/// Changes, or results, of one message.
const PAGE: usize = 100;
/// So large may a body be, bytes: what web servers take where nobody has set it is a megabyte. One device alone may be more.
const BODY_BYTES: usize = 512 << 10;

/// One message, and what it stands for.
pub(super) struct ComposedMessage {
    pub kind: ServerMessageKind,
    /// The same for the same content.
    pub id: String,
    /// JSON: `type`, `timestamp`, `data`.
    pub body: String,
    /// Changes or results in it.
    pub count: usize,
    place: MessagePlace,
}

/// How far the server is once it has taken a message.
enum MessagePlace {
    Changes {
        cursor: String,
    },
    Results {
        last: Option<i64>,
        newest_broken_glass: i64,
        reach: Option<Vec<InstanceId>>,
    },
}

/// What there is to tell.
pub(super) enum NextMessage {
    Message(Box<ComposedMessage>),
    Nothing,
    /// Places at which there is nothing to tell to this server were passed, and more lie behind them.
    Passed,
}

/// How far results were told to one address in this start of the bus, beyond what is acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ToldResults {
    /// Revision of the webhook.
    revision: i64,
    /// Where acknowledging would skip results that the account may not read.
    after: Option<i64>,
    /// Instances of which it could read them then; `None`: all.
    reach: Option<Vec<InstanceId>>,
    /// Broken glasses up to this one were told.
    newest_broken_glass: i64,
}

impl ToldResults {
    /// To another address nothing was told yet.
    pub(super) fn at_address(self, revision: i64) -> ToldResults {
        if self.revision == revision {
            return self;
        }
        ToldResults {
            revision,
            ..ToldResults::default()
        }
    }

    /// Behind which result reading goes on. Where the account reaches other instances since, those in between were not told.
    fn place_within(&self, reach: Option<&[InstanceId]>) -> Option<i64> {
        self.after.filter(|_| self.reach.as_deref() == reach)
    }
}

/// The server, its account and what they see, as they are now: limits, rights and generation may have changed since the last
/// message.
pub(super) struct WebhookReader {
    row: ServerRow,
    owner: OperatorRow,
    visibility: FeedVisibility,
}

impl WebhookReader {
    /// `None`: at the moment the server may read nothing.
    pub(super) async fn load(sics: &Sics, server: &ServerId) -> Result<Option<WebhookReader>, ApiProblem> {
        let row = sics.store().find_server(server.clone()).await?;
        let Some(row) = row.filter(|row| row.accepted) else {
            return Ok(None);
        };
        let owner = match sics.store().load_operator(row.owner).await {
            Err(StoreError::Unknown { .. }) => return Ok(None),
            loaded => loaded?,
        };
        if owner.disabled {
            return Ok(None);
        }
        let visibility = sics.feed_visibility(&row, &owner).await?;
        Ok(Some(WebhookReader { row, owner, visibility }))
    }

    fn may(&self, right: &str) -> bool {
        self.owner.has_right(right, ResourceRef::for_server(&self.row.id))
    }

    /// The next message of this kind.
    pub(super) async fn compose(
        &self,
        sics: &Sics,
        kind: ServerMessageKind,
        told: &ToldResults,
    ) -> Result<NextMessage, ApiProblem> {
        match kind {
            ServerMessageKind::Changes if self.may("Changes_Read") => self.compose_changes(sics).await,
            ServerMessageKind::Results if self.may("Results_Read") => self.compose_results(sics, told).await,
            ServerMessageKind::Changes | ServerMessageKind::Results | ServerMessageKind::Test => {
                Ok(NextMessage::Nothing)
            }
        }
    }

    async fn compose_changes(&self, sics: &Sics) -> Result<NextMessage, ApiProblem> {
        let (store, key) = (sics.store(), sics.cursor_key());
        let mut limit = PAGE;
        loop {
            let batch = feed::read_feed(store, key, &self.row, &self.visibility, None, limit).await?;
            if batch.changes.is_empty() {
                return self.pass_places(sics, &batch).await;
            }
            let message = self.write_changes_message(sics, batch)?;
            if message.body.len() <= BODY_BYTES || limit == 1 {
                return Ok(NextMessage::Message(Box::new(message)));
            }
            limit = (limit / 4).max(1);
        }
    }

    /// What a filter leaves out is passed without a message, so that tombstones can be swept (F6).
    async fn pass_places(&self, sics: &Sics, batch: &FeedBatch) -> Result<NextMessage, ApiProblem> {
        let (store, key) = (sics.store(), sics.cursor_key());
        let is_moved = Cursor::decode(&batch.cursor, key).is_ok_and(|cursor| cursor.positions != self.row.positions);
        if !is_moved {
            return Ok(NextMessage::Nothing);
        }
        feed::acknowledge_cursor(store, key, &self.row, &self.visibility.hidden, &batch.cursor).await?;
        Ok(if batch.has_more {
            NextMessage::Passed
        } else {
            NextMessage::Nothing
        })
    }

    fn write_changes_message(&self, sics: &Sics, batch: FeedBatch) -> Result<ComposedMessage, ApiProblem> {
        let kind = ServerMessageKind::Changes;
        let (count, cursor, has_more) = (batch.changes.len(), batch.cursor, batch.has_more);
        let mut text = begin_body(kind, &self.row.id, sics.now()).into_bytes();
        text.extend_from_slice(b"\"changes\":[");
        let begin = text.len();
        write_changes(&mut text, batch.changes, true);
        let positions = serde_json::to_string(&self.row.positions)
            .map_err(|error| ApiProblem::internal("webhookMessage", &error))?;
        let content = &text[begin..];
        let generation = self.row.generation.to_string();
        let id = self.message_id(sics, kind, &[generation.as_bytes(), positions.as_bytes(), content]);
        write_end(&mut text, &cursor, has_more);
        text.push(b'}');
        let body = String::from_utf8(text).map_err(|error| ApiProblem::internal("webhookMessage", &error))?;
        Ok(ComposedMessage {
            kind,
            id,
            body,
            count,
            place: MessagePlace::Changes { cursor },
        })
    }

    async fn compose_results(&self, sics: &Sics, told: &ToldResults) -> Result<NextMessage, ApiProblem> {
        let kind = ServerMessageKind::Results;
        let reach = results::readable_instances(sics, &self.owner, &self.row.id).await?;
        let after = told.place_within(reach.as_deref());
        let page = results::read_owner_page(sics, &self.owner, &self.row, after, PAGE).await?;
        let glasses = page.view.broken_glass.iter().map(|glass: &BrokenGlassView| glass.id);
        let newest_broken_glass = glasses.max().unwrap_or(0).max(told.newest_broken_glass);
        let count = page.view.results.len();
        if count == 0 && newest_broken_glass == told.newest_broken_glass {
            return Ok(NextMessage::Nothing);
        }
        // Numbers of results are given once in an epoch, and what they say never changes. Which ones lie before the last one
        // depends on what the account reaches.
        let told_tasks = page
            .view
            .results
            .iter()
            .map(|result| json!([result.task, result.state]));
        let told_tasks: Vec<Value> = told_tasks.collect();
        let numbers = json!([page.last, told_tasks, newest_broken_glass]).to_string();
        let mut data = json!(page.view);
        data["server"] = json!(self.row.id);
        let body = json!({"type": kind, "timestamp": format_time(sics.now()), "data": data});
        Ok(NextMessage::Message(Box::new(ComposedMessage {
            kind,
            id: self.message_id(sics, kind, &[numbers.as_bytes()]),
            body: body.to_string(),
            count,
            place: MessagePlace::Results {
                last: page.last,
                newest_broken_glass,
                reach,
            },
        })))
    }

    /// The message was taken: what it told is acknowledged. Answers how far results were told.
    pub(super) async fn acknowledge(
        &self,
        sics: &Sics,
        message: &ComposedMessage,
        told: &ToldResults,
    ) -> Result<ToldResults, ApiProblem> {
        let label = [self.row.id.as_str()];
        let (store, key) = (sics.store(), sics.cursor_key());
        match &message.place {
            MessagePlace::Changes { cursor } => {
                feed::acknowledge_cursor(store, key, &self.row, &self.visibility.hidden, cursor).await?;
                sics.metrics()
                    .increment_counter(&metric::DELIVERED, &label, message.count as u64);
                sics.metrics().increment_counter(&metric::ACKNOWLEDGED, &label, 1);
                Ok(told.clone())
            }
            MessagePlace::Results {
                last,
                newest_broken_glass,
                reach,
            } => {
                let mut after = told.place_within(reach.as_deref());
                if let Some(number) = *last {
                    let is_kept =
                        result_acknowledgement::acknowledge_owner_page(sics, &self.owner, &self.row, number).await?;
                    after = (!is_kept).then_some(number);
                }
                Ok(ToldResults {
                    revision: told.revision,
                    after,
                    reach: reach.clone(),
                    newest_broken_glass: *newest_broken_glass,
                })
            }
        }
    }

    /// `msg_` and 32 hex digits, of the content and of the life of the store that it is from.
    fn message_id(&self, sics: &Sics, kind: ServerMessageKind, parts: &[&[u8]]) -> String {
        let epoch = sics.store().epoch().0;
        let mut digest = Sha256::new();
        let fixed: [&[u8]; 3] = [
            kind.name().as_bytes(),
            self.row.id.as_str().as_bytes(),
            epoch.as_bytes(),
        ];
        for part in fixed.iter().chain(parts) {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        format!("msg_{}", hex::encode(&digest.finish()[..16]))
    }
}

/// Up to the members of `data`.
fn begin_body(kind: ServerMessageKind, server: &ServerId, now: Timestamp) -> String {
    let (kind, server) = (json!(kind), json!(server));
    let at = json!(format_time(now));
    format!("{{\"type\":{kind},\"timestamp\":{at},\"data\":{{\"server\":{server},")
}

/// A message that means nothing, to see whether an address takes one.
pub(super) fn test_body(server: &ServerId, now: Timestamp) -> String {
    format!("{}\"test\":true}}}}", begin_body(ServerMessageKind::Test, server, now))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_body_has_the_shape_of_standard_webhooks() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let server: ServerId = "cmdb".parse().unwrap();
        let body: Value = serde_json::from_str(&test_body(&server, now)).unwrap();
        let expected = json!({
            "type": "webhook.test", "timestamp": format_time(now), "data": {"server": "cmdb", "test": true},
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn what_was_told_counts_for_one_address_and_for_the_instances_that_were_reached() {
        let told = ToldResults {
            revision: 7,
            after: Some(5),
            reach: Some(vec![InstanceId(1)]),
            newest_broken_glass: 2,
        };
        assert_eq!(told.place_within(Some(&[InstanceId(1)][..])), Some(5));
        assert_eq!(told.place_within(Some(&[InstanceId(1), InstanceId(2)][..])), None);
        assert_eq!(told.place_within(None), None);
        assert_eq!(told.clone().at_address(7), told);
        let elsewhere = told.at_address(8);
        assert_eq!((elsewhere.after, elsewhere.newest_broken_glass), (None, 0));
    }
}
