//! E3: bytes of the store that have changed on the disk are found and told, and never told as a device.

use std::fs;
use std::path::Path;

use intune_connector::inventory::feed::FeedError;
use intune_connector::model::ChangeKind;
use intune_connector::store::{DeviceQuery, Store, StoreDamage, StoreError};

use crate::support::shelf::{Shelf, device};
use crate::support::view::View;

const FLEET: std::ops::RangeInclusive<u128> = 1..=15;
const PAGE_BYTES: usize = 16_384;

fn name(n: u128) -> String {
    format!("UNUSUAL-NAME-{n:02}")
}

/// A whole scan, and the store closed: all of it is in the one file.
async fn closed() -> Shelf {
    let shelf = Shelf::new().await;
    shelf.full(FLEET.map(|n| device(n, &name(n))).collect()).await;
    shelf
}

fn changed(shelf: Shelf, change: impl FnOnce(&mut Vec<u8>)) -> Shelf {
    shelf.reopened(|folder| {
        let file = folder.join("bus.db");
        let mut bytes = fs::read(&file).unwrap();
        change(&mut bytes);
        fs::write(&file, bytes).unwrap();
    })
}

fn places(bytes: &[u8], of: &[u8]) -> Vec<usize> {
    (0..bytes.len().saturating_sub(of.len()))
        .filter(|at| bytes[*at..].starts_with(of))
        .collect()
}

fn damaged(error: &FeedError) -> bool {
    matches!(error, FeedError::Store(StoreError::Damaged(_)))
}

#[tokio::test]
async fn cr_d2_e3_a_flipped_bit_in_a_device_is_told_to_nobody_and_read_again() {
    let shelf = changed(closed().await, |bytes| {
        let found = places(bytes, name(7).as_bytes());
        assert!(!found.is_empty());
        found.into_iter().for_each(|at| bytes[at + 3] ^= 0x20);
    });
    let server = shelf.server("cmdb").await;
    let read = shelf.try_read(&server, None, 100).await;
    assert!(read.as_ref().is_err_and(damaged), "{read:?}");
    let query = DeviceQuery {
        instances: vec![shelf.instance_id()],
        limit: 100,
        ..DeviceQuery::default()
    };
    assert!(matches!(
        shelf.store.list_devices(query).await,
        Err(StoreError::Damaged(_))
    ));
    assert!(shelf.store.last_damage().is_some(), "whoever met it has left word");

    let found = shelf.store.check_integrity().await.unwrap();
    assert_eq!(found, Some(StoreDamage::Devices(1)));
    let instance = shelf.store.load_instance(shelf.instance_id()).await.unwrap();
    assert_eq!(instance.shape_digest, None, "a full scan is due");
    // Graph says what it said before.
    let summary = shelf.full(FLEET.map(|n| device(n, &name(n))).collect()).await;
    assert_eq!(summary.changed, 1, "{summary:?}");
    assert_eq!(shelf.store.check_integrity().await.unwrap(), None);
    assert_eq!(shelf.store.last_damage(), None);
    let mut view = View::default();
    let batch = shelf.read(&server, None, 100).await;
    view.apply(&batch.changes);
    assert_eq!(view.names(), FLEET.map(name).collect::<Vec<_>>());
    assert_eq!(batch.changes.last().unwrap().kind, ChangeKind::SnapshotEnd);
}

#[tokio::test]
async fn cr_d2_f4_a_device_that_a_damaged_page_does_not_show_any_more_ends_no_snapshot() {
    let shelf = changed(closed().await, |bytes| {
        // The leaf of the table in which the devices lie loses its last one.
        let is_leaf_of_devices = |page: &&mut [u8]| page[0] == 0x0d && !places(page, b"SER000007").is_empty();
        let page = bytes.chunks_mut(PAGE_BYTES).skip(1).find(is_leaf_of_devices).unwrap();
        let count = u16::from_be_bytes([page[3], page[4]]);
        assert_eq!(usize::from(count), FLEET.count());
        page[3..5].copy_from_slice(&(count - 1).to_be_bytes());
    });
    let server = shelf.server("cmdb").await;
    let read = shelf.try_read(&server, None, 100).await;
    assert!(read.as_ref().is_err_and(damaged), "{read:?}");
    assert!(shelf.store.check_integrity().await.unwrap().is_some());
}

#[tokio::test]
async fn cr_d2_e3_a_whole_store_shows_no_damage_and_bodies_from_before_have_no_sum() {
    let shelf = closed().await;
    assert_eq!(shelf.store.check_integrity().await.unwrap(), None);
    let Shelf { folder, store, .. } = shelf;
    drop(store);
    without_sums(folder.path());
    let store = Store::open(folder.path(), intune_connector::observe::Clock::system(), [7; 32]).unwrap();
    assert_eq!(store.check_integrity().await.unwrap(), None);
}

fn without_sums(folder: &Path) {
    let file = rusqlite::Connection::open(folder.join("bus.db")).unwrap();
    let count = file.execute("UPDATE body SET sum = NULL", []).unwrap();
    assert_eq!(count, FLEET.count());
}
