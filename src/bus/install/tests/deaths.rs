//! An installation whose process dies, at each place where it may.

use super::*;

#[tokio::test]
async fn an_installation_that_dies_anywhere_ends_as_without_it() {
    let alive = with_death(Dies::Never, None).await;
    let texts = [("Engine_1", ""), ("Goodbye_1", ""), ("Hello_1", "Servus")];
    let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let expected = (
        InstallationState::Installed,
        vec![MemberState::Applied; 3],
        false,
        texts.to_vec(),
    );
    assert_eq!(alive, expected);
    for call in 0..3 {
        for dies in [Dies::Before(call), Dies::Behind(call)] {
            assert_eq!(with_death(dies, None).await, expected, "{dies:?}");
        }
    }
}

#[tokio::test]
async fn an_installation_that_fails_leaves_nothing_wherever_it_dies() {
    use MemberState::{Planned, Undone};
    let expected = (
        InstallationState::Failed,
        vec![Undone, Undone, Planned],
        false,
        Vec::new(),
    );
    assert_eq!(with_death(Dies::Never, Some("Hello")).await, expected);
    // Two parts are made, two are taken back.
    for call in 0..4 {
        for dies in [Dies::Before(call), Dies::Behind(call)] {
            assert_eq!(with_death(dies, Some("Hello")).await, expected, "{dies:?}");
        }
    }
}

#[tokio::test]
async fn the_last_lines_of_the_journal_may_be_lost_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, None);
    let (store, installer) = installer(folder.path(), &host);
    let number = installer
        .plan_installation(&offer(&host), &wanted(), Vec::new(), |_| None)
        .await
        .expect("planned");
    for place in 1..=3 {
        let applied = store.set_member_state(number, place, MemberState::Applied, None).await;
        applied.expect("written");
    }
    installer.resume_unfinished().await.expect("it goes on");
    let row = store.load_installation(number).await.expect("it is there");
    assert_eq!(row.state, InstallationState::Installed);
    assert_eq!(host.calls.load(Ordering::SeqCst), 0, "what is noted is not made again");
}

#[tokio::test]
async fn a_plan_that_was_never_carried_out_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), Dies::Never, None);
    let (store, installer) = installer(folder.path(), &host);
    installer
        .plan_installation(&offer(&host), &wanted(), vec!["verify".into()], |_| None)
        .await
        .expect("planned");
    assert!(made(folder.path()).is_empty(), "a plan makes nothing");
    installer.resume_unfinished().await.expect("it goes on");
    let row = store.load_installation(1).await.expect("it is there");
    assert_eq!(
        (row.state, row.overridden_checks),
        (InstallationState::Installed, vec!["verify".to_owned()])
    );
}

/// Installs, dying once; a second process goes on.
async fn with_death(
    dies: Dies,
    fails: Option<&'static str>,
) -> (InstallationState, Vec<MemberState>, bool, Vec<(String, String)>) {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Files::new(folder.path(), dies, fails);
    {
        let (store, installer) = installer(folder.path(), &host);
        let number = installer
            .plan_installation(&offer(&host), &wanted(), Vec::new(), |_| None)
            .await
            .expect("planned");
        tokio::select! {
            ended = installer.run_installation(number) => {
                ended.expect("it ends");
                assert_eq!(dies, Dies::Never);
                return end(folder.path(), &store).await;
            }
            () = host.dying.notified() => (),
        }
    }
    let host = Files::new(folder.path(), Dies::Never, fails);
    let (store, installer) = installer(folder.path(), &host);
    installer.resume_unfinished().await.expect("it goes on");
    end(folder.path(), &store).await
}
