//! A walk over the list in three stages that run at the same time: a page is fetched while the one before is looked up
//! and judged, and those before that are written. Each hands on in order, and what waits between them is bounded, so
//! memory does not grow with the fleet.
//!
//! Pages of other walks are bounded with these ([`super::page_permit`]).
//!
//! *The order is the promise.* A scan's progress commits with the pages it covers and never before (F2). Some pages go
//! into one commit, one after the other: the transaction stays open for a moment while the next one is judged
//! (`stream`). A walk that fails still has all pages committed that it brought before.
//!
//! *A device may come twice*, on two pages of which the first is not committed yet when the second is judged (a rename
//! over the boundary of a page, S7). Such a device is not taken for unchanged on the strength of what the store held
//! before: it goes to the writer, who sees what the first page made of it.

use std::collections::{HashSet, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::change_decision::DecisionTimes;
use super::instance_scanner::{InstanceScanner, RunningScan, body_comparer, enrichment_merger};
use super::page_permit::PagePermit;
use super::page_reader::{RawRecord, read_page};
use super::page_stream::{JudgedPage, PageStream};
use super::scan_error::ScanError;
use crate::graph::{GraphError, ListWalk, UnprovenPage};
use crate::model::{DeviceId, Timestamp};
use crate::store::{DecideDevice, DeviceRowLookup, ListPage, PageCommit, ScanContinuation};

/// Pages fetched that wait to be judged.
const FETCHED: usize = 1;
/// Pages judged that wait to be written.
const JUDGED: usize = 3;

struct FetchedPage {
    page: UnprovenPage,
    /// When it was asked for.
    read_at: Timestamp,
    continuation: ScanContinuation,
    permit: PagePermit,
}

/// Walks to the end of the list, or to the first error; `state` is behind the last page that was committed. `known_devices`:
/// devices that were known when the scan began.
pub(crate) async fn run(
    scanner: &InstanceScanner,
    walk: ListWalk,
    state: &mut RunningScan,
    decide: DecideDevice,
    known_devices: u64,
) -> Result<(), ScanError> {
    let (fetch_out, judge_in) = channel(FETCHED);
    let (judge_out, commit_in) = channel(JUDGED);
    let committed = AtomicU64::new(0);
    let reading = async {
        let mut fetching = pin!(fetch_pages(scanner, walk, fetch_out));
        let mut judging = pin!(compare_pages(scanner, judge_in, judge_out, &committed, known_devices));
        tokio::select! {
            // It ends first only where it fails: the answer that is awaited is of no use then.
            judged = &mut judging => judged,
            () = &mut fetching => judging.await,
        }
    };
    let (mut reading, mut writing) = (
        pin!(reading),
        pin!(write_pages(scanner, commit_in, state, decide, &committed)),
    );
    tokio::select! {
        written = &mut writing => match written {
            // It has written all that was judged.
            Ok(()) => reading.await,
            Err(error) => Err(error),
        },
        read = &mut reading => writing.await.and(read),
    }
}

async fn fetch_pages(scanner: &InstanceScanner, mut walk: ListWalk, out: Sender<Result<FetchedPage, GraphError>>) {
    // At its end nothing is asked for any more, which takes no place.
    while !walk.is_at_end() {
        let permit = PagePermit::take_permit(&scanner.store).await;
        let read_at = scanner.clock.now();
        let (fetched, permit) = permit.fetch_page(walk.next_unproven()).await;
        let fetched = match fetched {
            Ok(None) => return,
            Ok(Some(rough)) => Ok(FetchedPage {
                continuation: ScanContinuation {
                    date: rough.page().date,
                    requests: u64::from(rough.page().requests),
                    link: walk.next_link().map(str::to_owned),
                    links: walk.seen_links().to_vec(),
                    // Without a link the list is at its end, or its link must not be followed: that is no end (S1).
                    last: walk.is_at_end(),
                },
                page: rough,
                read_at,
                permit,
            }),
            Err(error) => Err(error),
        };
        let ends = fetched.is_err();
        if out.send(fetched).await.is_err() || ends {
            return;
        }
    }
}

async fn compare_pages(
    scanner: &InstanceScanner,
    mut pages: Receiver<Result<FetchedPage, GraphError>>,
    out: Sender<JudgedPage>,
    committed: &AtomicU64,
    known_devices: u64,
) -> Result<(), ScanError> {
    let mut in_flight = PagesInFlight::default();
    while let Some(fetched) = pages.recv().await {
        in_flight.forget_committed(committed.load(Ordering::Acquire));
        let judged = compare_page(scanner, fetched?, &mut in_flight, known_devices).await?;
        if out.send(judged).await.is_err() {
            // The writer has failed, and tells why.
            break;
        }
    }
    Ok(())
}

async fn compare_page(
    scanner: &InstanceScanner,
    fetched: FetchedPage,
    in_flight: &mut PagesInFlight,
    known_devices: u64,
) -> Result<JudgedPage, ScanError> {
    let FetchedPage {
        page: rough,
        read_at,
        continuation: behind,
        permit,
    } = fetched;
    let (projection, earlier) = (scanner.projection.clone(), in_flight.non_empty_pages());
    let times = DecisionTimes {
        read_at,
        now: scanner.clock.now(),
        volatile_every: scanner.volatile_interval(),
    };
    // Off the threads that serve requests: it takes milliseconds of processor time.
    let work = move |lookup: &DeviceRowLookup<'_>| {
        let is_in_flight = |id: &DeviceId| earlier.iter().any(|ids| ids.contains(id));
        // A first scan finds nobody: the writer notices the few that came on an earlier page.
        let known = |records: &[RawRecord<'_>]| match known_devices {
            0 => Ok(vec![None; records.len()]),
            _ => lookup.look_up_devices(records.iter().map(|record| record.id)),
        };
        let read = read_page(&rough, known, &projection, times, is_in_flight)?;
        Ok(read.map(|read| {
            let ids: HashSet<DeviceId> = read.pending.iter().map(|arrival| arrival.incoming.id).collect();
            (read, ids)
        }))
    };
    let read = scanner.store.with_device_lookup(scanner.instance, work).await?;
    let (read, ids) = read.map_err(GraphError::from)?;
    in_flight.add_page(ids);
    let page = ListPage {
        read,
        continuation: behind,
    };
    Ok(JudgedPage { page, permit })
}

/// The devices that are on their way to the writer, page by page.
#[derive(Default)]
struct PagesInFlight {
    /// Pages that came before the first one here.
    committed_pages: u64,
    pages: VecDeque<Arc<HashSet<DeviceId>>>,
}

impl PagesInFlight {
    fn add_page(&mut self, ids: HashSet<DeviceId>) {
        self.pages.push_back(Arc::new(ids));
    }

    fn forget_committed(&mut self, committed: u64) {
        while self.committed_pages < committed && self.pages.pop_front().is_some() {
            self.committed_pages += 1;
        }
    }

    fn non_empty_pages(&self) -> Vec<Arc<HashSet<DeviceId>>> {
        self.pages.iter().filter(|ids| !ids.is_empty()).cloned().collect()
    }
}

async fn write_pages(
    scanner: &InstanceScanner,
    mut pages: Receiver<JudgedPage>,
    state: &mut RunningScan,
    decide: DecideDevice,
    committed: &AtomicU64,
) -> Result<(), ScanError> {
    while let Some(first) = pages.recv().await {
        let before = state.summary.pages;
        let commit = PageCommit {
            scan: state.summary.id,
            instance: scanner.instance,
            pages: PageStream::new(first, pages),
            seen: std::mem::take(&mut state.seen),
            // A copy: what the scan says of itself moves only with the commit, or a page that was lost would count.
            summary: state.summary.clone(),
            decide: decide.clone(),
            merge: enrichment_merger(),
            compare: body_comparer(),
        };
        let outcome = scanner.store.commit_pages(commit).await?;
        (state.summary, state.seen) = (outcome.summary, outcome.seen);
        pages = outcome.pages.into_rest();
        committed.fetch_add(state.summary.pages - before, Ordering::Release);
        let (pages, devices) = (state.summary.pages, state.summary.seen);
        scanner
            .progress
            .send_modify(|progress| (progress.pages, progress.devices) = (pages, devices));
    }
    Ok(())
}
