//! What somebody does and its row in the audit trail are one transaction (E5). Whoever writes for somebody says first what
//! the trail is told of it ([`super::Store::recorded`]), and writes through the store that comes back: if the process dies, both
//! are there or neither is, and where the row can't be written nothing was done.
//!
//! What happens outside of the store (a file, a member that is stopped) can't be one transaction with its row; there the
//! intent is written down first, by whoever does it.

use std::any::{Any, type_name};
use std::sync::Arc;

use rusqlite::Connection;

use super::StoreError;
use super::audit::{AuditEntry, append_entry};

type Tell = dyn Fn(&dyn Any) -> Option<Vec<AuditEntry>> + Send + Sync;

/// What the trail is told of the answers of one type.
#[derive(Clone)]
struct Recorder {
    type_name: &'static str,
    to_entries: Arc<Tell>,
}

/// All that is told of what is written through a store.
#[derive(Clone, Default)]
pub(super) struct Recorders(Vec<Recorder>);

impl Recorders {
    pub(super) fn add_recorder<T: 'static, R: IntoIterator<Item = AuditEntry>>(
        &mut self,
        tell: impl Fn(&T) -> R + Send + Sync + 'static,
    ) {
        self.0.push(Recorder {
            type_name: type_name::<T>(),
            to_entries: Arc::new(move |result| {
                let result = result.downcast_ref::<T>()?;
                Some(tell(result).into_iter().collect())
            }),
        });
    }

    /// Writes what is told of an answer, within the transaction that is under way, and says what that was.
    pub(crate) fn append(
        &self,
        connection: &Connection,
        audit_key: &[u8],
        at_ms: i64,
        result: &dyn Any,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut all_entries = Vec::new();
        for recorder in &self.0 {
            let entries = (recorder.to_entries)(result).ok_or_else(|| StoreError::Content {
                what: "an answer of the recorded type",
                value: recorder.type_name.to_owned(),
            })?;
            for entry in &entries {
                append_entry(connection, audit_key, at_ms, entry)?;
            }
            all_entries.extend(entries);
        }
        Ok(all_entries)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Store;
    use super::*;
    use crate::observe::Clock;

    fn opened(folder: &std::path::Path) -> Store {
        Store::open(folder, Clock::system(), [0; 32]).unwrap()
    }

    fn entry(subject: &str) -> AuditEntry {
        AuditEntry {
            actor: "alice".to_owned(),
            action: "policy.set",
            subject: subject.to_owned(),
            detail: json!({}),
        }
    }

    async fn subjects(store: &Store) -> Vec<String> {
        let page = store.list_audit_entries(0, 100).await.unwrap();
        page.into_iter().map(|row| row.subject).collect()
    }

    #[tokio::test]
    async fn e5_an_act_and_its_row_in_the_trail_are_there_together_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        let recorded = store.recorded(|(): &()| Some(entry("first")));
        recorded.set_policy("bus", "1".to_owned()).await.unwrap();
        assert_eq!(subjects(&store).await, ["first"]);
        let refuse = "CREATE TRIGGER no_trail BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no trail'); END";
        let raw = Connection::open(folder.path().join("bus.db")).unwrap();
        raw.execute_batch(refuse).unwrap();
        let failed = recorded.set_policy("bus", "2".to_owned()).await;
        assert!(matches!(failed, Err(StoreError::Sqlite(_))), "{failed:?}");
        assert_eq!(store.find_policy("bus").await.unwrap().as_deref(), Some("1"));
        // What nobody records is written all the same.
        store.set_policy("bus", "3".to_owned()).await.unwrap();
        assert_eq!(store.find_policy("bus").await.unwrap().as_deref(), Some("3"));
        assert_eq!(subjects(&store).await, ["first"]);
    }

    #[tokio::test]
    async fn e5_what_is_recorded_by_mistake_under_another_answer_is_not_done() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        let recorded = store.recorded(|_: &bool| Some(entry("never")));
        let failed = recorded.set_policy("bus", "1".to_owned()).await;
        assert!(matches!(failed, Err(StoreError::Content { .. })), "{failed:?}");
        assert_eq!(store.find_policy("bus").await.unwrap(), None);
        assert!(subjects(&store).await.is_empty());
    }

    #[tokio::test]
    async fn e5_several_recorders_write_in_the_order_in_which_they_came() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        let first = store.recorded(|(): &()| vec![entry("first"), entry("second")]);
        let both = first.recorded(|(): &()| Some(entry("third")));
        both.set_policy("bus", "1".to_owned()).await.unwrap();
        assert_eq!(subjects(&store).await, ["first", "second", "third"]);
        assert!(store.verify_audit_trail(Vec::new()).await.unwrap().whole);
    }
}
