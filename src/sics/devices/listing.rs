//! Who answers lists of devices.

use std::sync::PoisonError;

use super::question::{DeviceQuestion, DeviceSort};
use crate::inventory::device_index::{
    BodyQuestion, DeviceIndex, DevicePage, PageWindow, SharedDeviceIndex, page_of_keys, read_bodies,
};
use crate::model::BitSet;
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;

/// Fewer bodies than this are read by one thread.
const SHARED_BODIES: usize = 5_000;

/// The devices that match, as far as the window shows them.
pub(super) async fn find_devices(
    sics: &Sics,
    question: &DeviceQuestion,
    window: PageWindow,
) -> Result<DevicePage, ApiProblem> {
    let listing = sics.device_listing();
    let index = listing.index.load_current(sics.store()).await?;
    let (bodies, descending) = (question.body_question(), question.descending);
    match (question.sort, bodies) {
        (DeviceSort::Column(column), None) => {
            let _permit = listing.acquire_list_permit().await?;
            let filter = question.filter.clone();
            let page = ask_index(index, move |index| match index.find_wrong_word(&filter) {
                Some(wrong) => Err(wrong),
                None => Ok(index.select_page(&filter, (column, descending), &window, None)),
            });
            page.await?.map_err(ApiProblem::from)
        }
        (_, bodies) => find_by_bodies(sics, index, question, bodies.unwrap_or_default(), window).await,
    }
}

/// By a look at the bodies of all devices that the index leaves.
async fn find_by_bodies(
    sics: &Sics,
    index: SharedDeviceIndex,
    question: &DeviceQuestion,
    bodies: BodyQuestion,
    window: PageWindow,
) -> Result<DevicePage, ApiProblem> {
    let _permit = sics.acquire_search_permit().await?;
    let filter = question.filter.clone();
    let candidates = ask_index(index.clone(), move |index| match index.find_wrong_word(&filter) {
        Some(wrong) => Err(wrong),
        None => Ok((index.list_matching(&filter), index.count_in_scope(&filter.instances))),
    });
    let (rows, total) = candidates.await??;
    // Twice as fast where nobody else looks at whole fleets.
    let second = if rows.len() > SHARED_BODIES {
        sics.try_acquire_search_permit()
    } else {
        None
    };
    let threads = 1 + usize::from(second.is_some());
    let keys = read_bodies(sics.store(), &rows, bodies, threads).await?;
    drop(second);
    let (filter, sort, descending) = (question.filter.clone(), question.sort, question.descending);
    ask_index(index, move |index| match sort {
        DeviceSort::Field(_) => page_of_keys(keys, descending, &window, total),
        DeviceSort::Column(column) => {
            let mut within = BitSet::default();
            keys.iter().for_each(|(_, row)| _ = within.insert(*row));
            index.select_page(&filter, (column, descending), &window, Some(&within))
        }
    })
    .await
}

/// On a thread that may be kept waiting: the index is locked while it is brought up to date.
async fn ask_index<T: Send + 'static>(
    index: SharedDeviceIndex,
    ask: impl FnOnce(&DeviceIndex) -> T + Send + 'static,
) -> Result<T, ApiProblem> {
    let asking = tokio::task::spawn_blocking(move || ask(&index.read().unwrap_or_else(PoisonError::into_inner)));
    asking
        .await
        .map_err(|error| ApiProblem::internal("deviceIndex", &error))
}
