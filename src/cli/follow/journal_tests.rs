use uuid::Uuid;

use super::*;
use crate::model::{DeviceId, Seq};

fn upsert(n: u128, seq: i64) -> FeedChange {
    let name = "IntuneConnector_1".parse().expect("a name");
    FeedChange {
        seq: Some(Seq(seq)),
        device_id: Some(DeviceId(Uuid::from_u128(n))),
        ..FeedChange::with_kind(&name, ChangeKind::Upsert)
    }
}

type Opened = Result<(ViewJournal, FleetReplica), CommandFailure>;

fn open_for(path: &Path, server: &str, start: ViewStart) -> Opened {
    ViewJournal::open::<()>(path, &server.parse().expect("an id"), start)
}

fn open(path: &Path) -> Opened {
    open_for(path, "acmp", ViewStart::Kept)
}

fn tell(path: &Path, changes: &[FeedChange]) {
    let (mut journal, mut view) = open(path).expect("it opens");
    for change in changes {
        view.apply_change(change);
    }
    journal
        .append_changes(changes, &format!("behind {}", changes.len()), &view)
        .expect("it is written");
}

#[test]
fn a_view_survives_a_restart_and_a_line_cut_short() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acmp.view");
    tell(&path, &[upsert(1, 1), upsert(2, 2)]);
    let mut text = std::fs::read_to_string(&path).expect("text");
    text.push_str("{\"instance\":\"IntuneCon");
    std::fs::write(&path, text).expect("written");
    tell(&path, &[upsert(3, 3)]);
    let (journal, view) = open(&path).expect("it opens");
    assert_eq!((view.len(), journal.cursor()), (3, Some("behind 1")));
}

#[test]
fn wi_5_a_view_is_no_pipe_and_no_device_and_nothing_is_put_beside_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("acmp.view");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .expect("mkfifo");
    assert!(made.success());
    for path in [pipe.as_path(), Path::new("/dev/null")] {
        let refused = open(path).err().expect("no regular file");
        assert!(
            refused.message.contains("a pipe") && refused.advice.contains("--view"),
            "{refused}"
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn two_processes_do_not_share_a_view() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acmp.view");
    let _first = open(&path).expect("it opens");
    let second = open(&path).err().expect("it is held");
    assert_eq!(second.exit, ExitReason::Busy);
}

#[test]
fn a_journal_that_grew_is_written_anew_and_says_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acmp.view");
    let changes: Vec<FeedChange> = (0..=SMALL as i64).map(|seq| upsert(7, seq)).collect();
    tell(&path, &changes);
    let lines = std::fs::read_to_string(&path).expect("text").lines().count();
    assert_eq!(lines, 4);
    let (journal, view) = open(&path).expect("it opens");
    let behind = format!("behind {}", changes.len());
    assert_eq!((view.len(), journal.cursor()), (1, Some(behind.as_str())));
}

#[test]
fn b1_a_view_knows_whose_it_is_and_whether_anything_was_ever_read_into_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acmp.view");
    let (journal, _) = open(&path).expect("it opens");
    assert!(journal.is_new());
    drop(journal);
    tell(&path, &[upsert(1, 1)]);
    let (journal, view) = open(&path).expect("it opens");
    assert_eq!((journal.is_new(), view.len()), (false, 1));
    drop(journal);
    let other = open_for(&path, "cmdb", ViewStart::Kept)
        .err()
        .expect("it is of another server");
    assert!(
        other.exit == ExitReason::Conflict && other.advice.contains("--server acmp"),
        "{other}"
    );
    let (journal, view) = open_for(&path, "acmp", ViewStart::Anew).expect("it opens");
    assert!(journal.is_new() && view.is_empty());
}

#[test]
fn b1_what_opening_made_is_taken_back_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("acmp.view");
    open(&path).expect("it opens").0.discard_if_made();
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    tell(&path, &[upsert(1, 1)]);
    open(&path).expect("it opens").0.discard_if_made();
    assert!(path.exists());
}

#[cfg(unix)]
#[test]
fn b4_neither_a_view_nor_its_lock_is_written_through_a_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let elsewhere = folder.path().join("elsewhere");
    for name in ["acmp.view", "cmdb.view.lock"] {
        std::os::unix::fs::symlink(&elsewhere, folder.path().join(name)).expect("a link");
    }
    for view in ["acmp.view", "cmdb.view"] {
        assert!(open(&folder.path().join(view)).is_err(), "{view}");
    }
    assert!(!elsewhere.exists());
    tell(&folder.path().join("other.view"), &[upsert(1, 1)]);
}

#[test]
fn a_file_that_is_no_view_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    for text in ["my notes\n", "my notes", "{\"intune\": 3"] {
        std::fs::write(&path, text).expect("written");
        assert!(open(&path).is_err(), "{text}");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), text);
    }
}
