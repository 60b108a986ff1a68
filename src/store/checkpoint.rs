//! From the log to the places where pages belong: by a thread of its own, so that a first scan is not held up by it.
//!
//! While the writer goes on, what it adds meanwhile is left for the next time, so the log would grow for as long as
//! there is much to write. Past [`LOG_PAGES_MAX`] the writer does the little that is left itself, and begins the log
//! anew with its next transaction. Whatever fails is tried with the next step: the log holds everything until then.

use std::cell::Cell;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;
use super::folder_lock::FILE;

/// Pages that are added to the log between two times: leaves of indexes that many commits have touched are written once.
const STEP_PAGES: i32 = 2_048;
/// Pages of the log at most, and what one transaction adds: 128 MiB.
const LOG_PAGES_MAX: i32 = 8_192;

thread_local! {
    /// Pages in the log after this thread's last commit.
    static LOG_PAGES: Cell<i32> = const { Cell::new(0) };
}

pub(crate) struct CheckpointThread {
    /// `None` once it is being closed.
    wake_sender: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Pages in the log when the thread was told last.
    last_requested_pages: i32,
}

/// Waits until its connection is closed: the writer's is to be the last, which clears the log away.
impl Drop for CheckpointThread {
    fn drop(&mut self) {
        self.wake_sender.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl CheckpointThread {
    /// `writer`: the connection whose commits are counted, on the thread that makes them.
    pub(crate) fn start(folder: &Path, writer: &Connection) -> std::io::Result<CheckpointThread> {
        writer.wal_hook(Some(|_, pages| {
            LOG_PAGES.set(pages);
            Ok(())
        }));
        let (nudge, wake_receiver) = sync_channel(1);
        let folder = folder.to_owned();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || run(&folder, &wake_receiver))?;
        Ok(CheckpointThread {
            wake_sender: Some(nudge),
            thread: Some(thread),
            last_requested_pages: 0,
        })
    }

    /// After each commit, on the writer's thread.
    pub(crate) fn after_commit(&mut self, writer: &Connection) {
        let pages = LOG_PAGES.get();
        if pages < self.last_requested_pages {
            self.last_requested_pages = 0;
        }
        if pages >= LOG_PAGES_MAX {
            log_failure(run_checkpoint(writer));
        } else if pages - self.last_requested_pages >= STEP_PAGES {
            // One that is still busy takes these pages along with the next step.
            let _ = self.wake_sender.as_ref().map(|sender| sender.try_send(()));
            self.last_requested_pages = pages;
        }
    }
}

/// Where the disk is full, on the writer's thread: what is in its place already needs no room there, and the log's own is
/// free for the next transaction. Else the log would stay as it is for ever, for nothing can be added to it.
pub(crate) fn free_log_space(writer: &Connection) {
    log_failure(run_checkpoint(writer));
}

/// The connection is made when it is first needed, which in most stores is never.
fn run(folder: &Path, wake_receiver: &Receiver<()>) {
    let mut connection = None;
    while wake_receiver.recv().is_ok() {
        log_failure(match &connection {
            Some(connection) => run_checkpoint(connection),
            None => open_checkpointer(folder).and_then(|opened| run_checkpoint(connection.insert(opened))),
        });
    }
}

/// What can be moved without waiting for readers.
fn run_checkpoint(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?
        .query_row([], |_| Ok(()))?)
}

fn log_failure(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::warn!(error.code = error.code(), error = %error, "cannot move the log into the store; retrying");
    }
}

/// The connection that moves the log into the file.
fn open_checkpointer(folder: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    /// A store with a megabyte in its log and nothing of it in its place; and how large the file is.
    fn full_log() -> (tempfile::TempDir, Connection, u64) {
        let folder = tempfile::tempdir().unwrap();
        let marks = crate::store::high_water_mark::HighWaterMarkFiles::new(folder.path(), None);
        let (writer, _) = open::open_writer(folder.path(), &marks, &[0; 32]).unwrap();
        let before = size(folder.path());
        writer.execute_batch("CREATE TABLE much (bytes BLOB)").unwrap();
        writer
            .execute("INSERT INTO much VALUES (zeroblob(1000000))", [])
            .unwrap();
        assert_eq!(size(folder.path()), before);
        (folder, writer, before)
    }

    fn size(folder: &Path) -> u64 {
        std::fs::metadata(folder.join(FILE)).unwrap().len()
    }

    #[test]
    fn whenever_it_is_told_the_log_is_moved_into_the_file() {
        let (folder, _writer, before) = full_log();
        let (nudge, nudged) = sync_channel(1);
        nudge.send(()).unwrap();
        drop(nudge);
        run(folder.path(), &nudged);
        assert!(size(folder.path()) > before + 1_000_000);
    }

    #[test]
    fn a_log_that_has_become_long_is_moved_by_the_writer_itself() {
        let (folder, writer, before) = full_log();
        let mut checkpoints = CheckpointThread::start(folder.path(), &writer).unwrap();
        LOG_PAGES.set(LOG_PAGES_MAX);
        checkpoints.after_commit(&writer);
        assert!(size(folder.path()) > before + 1_000_000);
        // The next transaction begins the log anew, and so does the count.
        writer.execute("INSERT INTO much VALUES (1)", []).unwrap();
        assert!(LOG_PAGES.get() < 100);
    }
}
