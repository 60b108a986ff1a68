//! Who answers lists of devices, and how many at the same time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::question::{DeviceQuestion, DeviceSort};
use crate::inventory::device_index::{
    BodyQuestion, DeviceIndex, DevicePage, LiveDeviceIndex, PageWindow, SharedDeviceIndex, WrongWord, page_of_keys,
    read_bodies,
};
use crate::model::BitSet;
use crate::sics::Sics;
use crate::sics::api_limits::SicsLimits;
use crate::sics::problem::ApiProblem;

/// Fewer bodies than this are read by one thread.
const SHARED_BODIES: usize = 5_000;

/// What lists of devices share.
pub(crate) struct DeviceListing {
    index: LiveDeviceIndex,
    list_permits: Arc<Semaphore>,
    export_permits: Arc<Semaphore>,
    concurrent_exports: usize,
    /// Where parts of a spreadsheet lie while it is made.
    temporary_folder: PathBuf,
}

impl DeviceListing {
    pub(crate) fn new(limits: &SicsLimits, temporary_folder: &Path) -> DeviceListing {
        DeviceListing {
            index: LiveDeviceIndex::new(limits.device_index),
            list_permits: Arc::new(Semaphore::new(limits.concurrent_lists)),
            export_permits: Arc::new(Semaphore::new(limits.concurrent_exports)),
            concurrent_exports: limits.concurrent_exports,
            temporary_folder: temporary_folder.to_owned(),
        }
    }

    pub(super) fn temporary_folder(&self) -> &Path {
        &self.temporary_folder
    }

    /// A place among those who ask the index.
    async fn acquire_list_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        let permit = self.list_permits.clone().acquire_owned().await;
        permit.map_err(|error| ApiProblem::internal("listClosed", &error))
    }

    /// A place for an export, for as long as it is sent.
    pub(super) fn acquire_export_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        self.export_permits.clone().try_acquire_owned().map_err(|_| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyExports",
                format!("{} exports of devices are already being sent", self.concurrent_exports),
                "Wait until one ends.",
            )
            .with_retry_after(10)
        })
    }
}

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
            page.await?.map_err(|wrong| wrong_word_problem(&wrong))
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
    let (rows, total) = candidates.await?.map_err(|wrong| wrong_word_problem(&wrong))?;
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

fn wrong_word_problem(wrong: &WrongWord) -> ApiProblem {
    ApiProblem::bad_request(
        "wrongValue",
        format!("no device has the {} {:?}", wrong.parameter, wrong.given),
        format!("Possible values: {}.", wrong.possible.join(", ")),
    )
}
