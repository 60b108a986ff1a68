//! The one writer: a thread that takes operations from a bounded queue, runs as many as are waiting in one transaction
//! and commits them together (group commit). One that fails takes back nothing but its own work; each is answered only
//! after the commit.
//!
//! If the process dies before the commit, nobody was told that anything happened. If the commit fails (disk full), all
//! of the group are told so and nothing was written. A transaction in which nothing was changed is not committed: it has
//! nothing to make durable, and wakes nobody.

use std::sync::Arc;
use std::sync::Mutex;
use std::thread::JoinHandle;

use rusqlite::{Connection, ffi};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{oneshot, watch};

use super::StoreError;
use super::checkpoint::free_log_space;
use super::current_epoch::CurrentEpoch;
use super::high_water_mark::{HighWaterMark, StoreProgress};
use crate::model::Seq;

/// Operations waiting at most; a caller beyond that waits for room.
const QUEUE: usize = 256;
/// Operations in one transaction at most.
const GROUP: usize = 64;

/// What became of a transaction.
pub(crate) type CommitOutcome = Result<(), Arc<StoreError>>;
type OperationReply = Box<dyn FnOnce(CommitOutcome) + Send>;
type QueuedOperation = Box<dyn FnOnce(&Connection, BatchPosition) -> FinishedOperation + Send>;

/// What is known of an operation before its commit.
struct FinishedOperation {
    reply: OperationReply,
    /// Why SQLite has taken back the whole transaction during the operation (a full disk, one that failed).
    ended_transaction: Option<StoreError>,
}

/// Where an operation stands in its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BatchPosition {
    First,
    Later,
    /// There is no transaction: it could not begin, or SQLite has rolled it back. Nothing may be written outside of one.
    Never,
}

pub(crate) struct StoreWriter {
    /// `None` once it is being closed.
    queue: Option<Sender<QueuedOperation>>,
    thread: Option<JoinHandle<()>>,
}

/// Waits until the files are closed: whoever takes the folder next must not meet them while they go.
impl Drop for StoreWriter {
    fn drop(&mut self) {
        self.queue.take();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

/// What the last commit said, for readiness.
pub(crate) type CommitHealth = Arc<Mutex<Option<String>>>;

impl StoreWriter {
    /// `after` each transaction.
    pub(crate) fn start(
        connection: Connection,
        (mut mark, life): (HighWaterMark, CurrentEpoch),
        after: impl FnMut(&Connection, &CommitOutcome) + Send + 'static,
        head: watch::Sender<Seq>,
        health: CommitHealth,
    ) -> std::io::Result<StoreWriter> {
        let (queue, mut work) = channel(QUEUE);
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || {
            let ended = |committed: Option<StoreProgress>| {
                life.end_transaction(committed.is_some());
                committed.into_iter().for_each(|progress| mark.write(progress));
            };
            run(&connection, ended, after, &head, &health, &mut work);
        })?;
        Ok(StoreWriter {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Runs `operation` in the next transaction and answers once it is durable. `wake` is called behind the commit if the
    /// operation has changed anything, whether or not the caller still waits.
    pub(crate) async fn run<T, F>(&self, operation: F, wake: impl FnOnce() + Send + 'static) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let queued: QueuedOperation = Box::new(move |connection, position| {
            let before = connection.total_changes();
            let done = match position {
                BatchPosition::First => Some(run_first(connection, operation)),
                BatchPosition::Later => Some(run_in_savepoint(connection, operation)),
                BatchPosition::Never => None,
            };
            let ended_transaction = match &done {
                Some(Err(error)) if connection.is_autocommit() => Some(copy_commit_error(error)),
                _ => None,
            };
            let changed = matches!(done, Some(Ok(_))) && connection.total_changes() != before;
            let reply: OperationReply = Box::new(move |committed| {
                if changed && committed.is_ok() {
                    wake();
                }
                let reply = match (done, committed) {
                    (Some(Ok(value)), Ok(())) => Ok(value),
                    (Some(Err(error)), _) => Err(error),
                    (_, Err(commit)) => Err(copy_commit_error(&commit)),
                    (None, Ok(())) => Err(StoreError::Closed),
                };
                // Nobody waits any more: the caller gave up, the work stands.
                let _ = sender.send(reply);
            });
            FinishedOperation {
                reply,
                ended_transaction,
            }
        });
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(queued).await.map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }
}

fn copy_commit_error(error: &StoreError) -> StoreError {
    let again = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    match error {
        StoreError::Full(_) => StoreError::Full(again(ffi::SQLITE_FULL)),
        StoreError::Damaged(_) => StoreError::Damaged(again(ffi::SQLITE_CORRUPT)),
        StoreError::DiskFailed(error) => StoreError::DiskFailed(again(extended_code(error, ffi::SQLITE_IOERR))),
        StoreError::Sqlite(error) => StoreError::Sqlite(again(extended_code(error, ffi::SQLITE_ERROR))),
        _ => StoreError::Closed,
    }
}

/// What SQLite said; `else_code` where it did not say anything.
fn extended_code(error: &rusqlite::Error, else_code: i32) -> i32 {
    error.sqlite_error().map_or(else_code, |error| error.extended_code)
}

/// The first of a transaction has nothing before it that would have to stand: where it fails, the transaction begins
/// anew. So it needs no savepoint, for which SQLite would keep what each page was before, and a scan's pages are many.
fn run_first<T>(
    connection: &Connection,
    operation: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let done = operation(connection);
    // After some failures (a full disk) SQLite has rolled back by itself.
    if let Err(error) = &done
        && (connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok())
    {
        if matches!(error, StoreError::Full(_)) {
            free_log_space(connection);
        }
        let _ = connection.execute_batch("BEGIN IMMEDIATE");
    }
    done
}

fn run_in_savepoint<T>(
    connection: &Connection,
    operation: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.prepare_cached("SAVEPOINT operation")?.execute([])?;
    let done = operation(connection);
    // Where SQLite has rolled back by itself, the savepoint has gone with it; the cause is what the operation said.
    if done.is_err() && connection.is_autocommit() {
        return done;
    }
    if done.is_err() {
        connection.prepare_cached("ROLLBACK TO operation")?.execute([])?;
    }
    connection.prepare_cached("RELEASE operation")?.execute([])?;
    done
}

fn run(
    connection: &Connection,
    mut ended: impl FnMut(Option<StoreProgress>),
    mut after: impl FnMut(&Connection, &CommitOutcome),
    head: &watch::Sender<Seq>,
    health: &CommitHealth,
    queued: &mut Receiver<QueuedOperation>,
) {
    while let Some(first) = queued.blocking_recv() {
        let mut replies: Vec<OperationReply> = Vec::new();
        let committed = commit_group(connection, first, queued, &mut replies);
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        let committed = match committed {
            Ok(Some((seq, progress))) => {
                ended(Some(progress));
                head.send_if_modified(|known| std::mem::replace(known, seq) != seq);
                set_health(health, None);
                Ok(())
            }
            Ok(None) => {
                replies.into_iter().for_each(|reply| reply(Ok(())));
                continue;
            }
            Err(error) => {
                ended(None);
                tracing::error!(error.code = error.code(), error = %error, "the store could not commit");
                set_health(health, Some(error.code().to_owned()));
                Err(Arc::new(error))
            }
        };
        // Those who are told that nothing was written may ask for the next thing at once.
        if committed.is_err() {
            after(connection, &committed);
        }
        for reply in replies {
            reply(committed.clone());
        }
        if committed.is_ok() {
            after(connection, &committed);
        }
    }
}

fn set_health(health: &CommitHealth, cause: Option<String>) {
    *health.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = cause;
}

/// Runs what is waiting, commits, and answers the head of the feed and how far the store has come; `None` where nothing
/// was changed.
fn commit_group(
    connection: &Connection,
    first: QueuedOperation,
    work: &mut Receiver<QueuedOperation>,
    replies: &mut Vec<OperationReply>,
) -> Result<Option<(Seq, StoreProgress)>, StoreError> {
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    let before = connection.total_changes();
    let position_or = |otherwise| {
        if connection.is_autocommit() {
            BatchPosition::Never
        } else {
            otherwise
        }
    };
    let mut ended = begun.err().map(StoreError::from);
    let mut keep = |finished: FinishedOperation| {
        replies.push(finished.reply);
        ended = ended.take().or(finished.ended_transaction);
        replies.len()
    };
    let mut count = keep(first(connection, position_or(BatchPosition::First)));
    while count < GROUP
        && let Ok(next) = work.try_recv()
    {
        count = keep(next(connection, position_or(BatchPosition::Later)));
    }
    if let Some(error) = ended {
        return Err(error);
    }
    if connection.total_changes() == before && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
        return Ok(None);
    }
    connection
        .prepare_cached("UPDATE meta SET value = value + 1 WHERE key = 'commits'")?
        .execute([])?;
    let (head, commits) = super::meta::read_counters(connection)?;
    let last_number = super::meta::read_last_number(connection)?;
    connection.execute_batch("COMMIT")?;
    Ok(Some((head, StoreProgress { commits, last_number })))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::observe::Clock;
    use crate::store::Store;

    fn write_value(connection: &Connection, bytes: usize) -> Result<(), StoreError> {
        let sql = "INSERT INTO much VALUES (zeroblob(?1))";
        connection.execute(sql, [i64::try_from(bytes).unwrap()])?;
        Ok(())
    }

    /// What three operations of one transaction are told, of which the one at `full_at` fills the disk.
    async fn fill_disk_at(store: &Store, full_at: usize) -> [&'static str; 3] {
        let bytes = move |at| if at == full_at { 100_000_000 } else { 10 };
        let (all_wait, wait) = mpsc::channel::<()>();
        let first = store.write(move |connection| {
            wait.recv().unwrap();
            write_value(connection, bytes(0))
        });
        // A future is begun when it is asked for the first time, in this order: the writer holds the first until the
        // others wait in its queue.
        let (first, second, third, ()) = tokio::join!(
            first,
            store.write(move |connection| write_value(connection, bytes(1))),
            store.write(move |connection| write_value(connection, bytes(2))),
            async move { all_wait.send(()).unwrap() },
        );
        [first, second, third].map(|told| told.map_or_else(|error| error.code(), |()| "written"))
    }

    #[tokio::test]
    async fn e3_all_of_a_transaction_that_a_full_disk_took_back_are_told_so_wherever_it_filled_up() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Clock::system(), [0; 32]).unwrap();
        let limit = "CREATE TABLE much (bytes BLOB); INSERT INTO much VALUES (NULL); PRAGMA max_page_count = 2000";
        let limited = store.write(|connection| Ok(connection.execute_batch(limit)?));
        limited.await.unwrap();
        assert_eq!(
            fill_disk_at(&store, 0).await,
            ["diskFull", "written", "written"],
            "nothing stood before it"
        );
        assert_eq!(fill_disk_at(&store, 1).await, ["diskFull"; 3]);
        assert_eq!(fill_disk_at(&store, 2).await, ["diskFull"; 3]);
        assert_eq!(fill_disk_at(&store, usize::MAX).await, ["written"; 3]);
        let count = store.read(|connection| {
            let sql = "SELECT count(bytes) FROM much";
            Ok(connection.query_row(sql, [], |row| row.get::<_, i64>("count(bytes)"))?)
        });
        assert_eq!(count.await.unwrap(), 5, "what was told to be written, and nothing else");
    }
}
