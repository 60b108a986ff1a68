//! A walk over the list in three stages that run at the same time: a page is fetched while the one before is looked up
//! and judged, and those before that are written. Each hands on in order, and what waits between them is bounded, so
//! memory does not grow with the fleet.
//!
//! *The order is the promise.* A scan's progress commits with the pages it covers and never before (F2): pages that
//! were judged while the disk was busy go into one commit, one after the other. A walk that fails still has all pages
//! committed that it brought before.
//!
//! *A device may come twice*, on two pages of which the first is not committed yet when the second is judged (a rename
//! over the boundary of a page, S7). Such a device is not taken for unchanged on the strength of what the store held
//! before: it goes to the writer, who sees what the first page made of it.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::page::{Record, read};
use super::scan::{ScanError, Scanner, State, merger};
use crate::graph::{GraphError, Rough, Walk};
use crate::model::{DeviceId, Timestamp};
use crate::store::{Decide, LookUp, PageCommit, PageRead};

/// Pages fetched that wait to be judged.
const FETCHED: usize = 1;
/// Pages judged that wait to be written.
const JUDGED: usize = 2;
/// Pages in one commit at most.
const COMMIT_PAGES: usize = 4;

struct Fetched {
    rough: Rough,
    /// When it was asked for.
    read_at: Timestamp,
    behind: Behind,
}

/// What comes behind a page.
struct Behind {
    link: Option<String>,
    links: Vec<u64>,
    /// It was the list's last page.
    last: bool,
}

struct Judged {
    read: PageRead,
    /// Graph's clock.
    date: Timestamp,
    requests: u64,
    behind: Behind,
}

/// Walks to the end of the list, or to the first error; `state` is behind the last page that was committed.
pub async fn run(scanner: &Scanner, walk: Walk, state: &mut State, decide: Decide) -> Result<(), ScanError> {
    let (fetch_out, judge_in) = channel(FETCHED);
    let (judge_out, commit_in) = channel(JUDGED);
    let committed = AtomicU64::new(0);
    let reading = async {
        tokio::join!(
            fetch(scanner, walk, fetch_out),
            judged(scanner, judge_in, judge_out, &committed)
        )
    };
    let mut writing = std::pin::pin!(write(scanner, commit_in, state, &decide, &committed));
    tokio::select! {
        // It ends first only where it fails: the answer that is awaited is of no use then.
        written = &mut writing => written,
        _ = reading => writing.await,
    }
}

async fn fetch(scanner: &Scanner, mut walk: Walk, out: Sender<Result<Fetched, GraphError>>) {
    loop {
        let read_at = scanner.clock.now();
        let fetched = match walk.next_rough().await {
            Ok(None) => return,
            Ok(Some(rough)) => Ok(Fetched {
                rough,
                read_at,
                behind: Behind {
                    link: walk.link().map(str::to_owned),
                    links: walk.seen_links().to_vec(),
                    // Without a link the list is at its end, or its link must not be followed: that is no end (S1).
                    last: walk.at_end(),
                },
            }),
            Err(error) => Err(error),
        };
        let ends = fetched.is_err();
        if out.send(fetched).await.is_err() || ends {
            return;
        }
    }
}

async fn judged(
    scanner: &Scanner,
    mut pages: Receiver<Result<Fetched, GraphError>>,
    out: Sender<Result<Judged, ScanError>>,
    committed: &AtomicU64,
) {
    let mut under_way = UnderWay::default();
    while let Some(fetched) = pages.recv().await {
        let judged = match fetched {
            Ok(fetched) => {
                under_way.forget(committed.load(Ordering::Acquire));
                judge_one(scanner, fetched, &mut under_way).await
            }
            Err(error) => Err(error.into()),
        };
        let ends = judged.is_err();
        if out.send(judged).await.is_err() || ends {
            return;
        }
    }
}

async fn judge_one(scanner: &Scanner, fetched: Fetched, under_way: &mut UnderWay) -> Result<Judged, ScanError> {
    let Fetched { rough, read_at, behind } = fetched;
    let page = rough.page();
    let (date, requests) = (page.date, u64::from(page.requests));
    let (shape, earlier) = (scanner.shape.clone(), under_way.pages());
    // Off the threads that serve requests: it takes milliseconds of processor time.
    let work = move |look_up: &LookUp<'_>| {
        let comes_again = |id: &DeviceId| earlier.iter().any(|ids| ids.contains(id));
        let known = |records: &[Record<'_>]| look_up.known(records.iter().map(|record| record.id));
        let read = read(&rough, known, &shape, read_at, comes_again)?;
        Ok(read.map(|read| {
            let ids: HashSet<DeviceId> = read.arrivals.iter().map(|arrival| arrival.incoming.id).collect();
            (read, ids)
        }))
    };
    let read = scanner.store.look_up(scanner.instance, work).await?;
    let (read, ids) = read.map_err(GraphError::from)?;
    under_way.add(ids);
    Ok(Judged {
        read,
        date,
        requests,
        behind,
    })
}

/// The devices that are on their way to the writer, page by page.
#[derive(Default)]
struct UnderWay {
    /// Pages that came before the first one here.
    before: u64,
    pages: VecDeque<Arc<HashSet<DeviceId>>>,
}

impl UnderWay {
    fn add(&mut self, ids: HashSet<DeviceId>) {
        self.pages.push_back(Arc::new(ids));
    }

    fn forget(&mut self, committed: u64) {
        while self.before < committed && self.pages.pop_front().is_some() {
            self.before += 1;
        }
    }

    fn pages(&self) -> Vec<Arc<HashSet<DeviceId>>> {
        self.pages.iter().filter(|ids| !ids.is_empty()).cloned().collect()
    }
}

async fn write(
    scanner: &Scanner,
    mut pages: Receiver<Result<Judged, ScanError>>,
    state: &mut State,
    decide: &Decide,
    committed: &AtomicU64,
) -> Result<(), ScanError> {
    while let Some(first) = pages.recv().await {
        let (mut together, mut next) = (Vec::with_capacity(COMMIT_PAGES), Some(first));
        let mut failed = None;
        while let Some(judged) = next.take() {
            match judged {
                Ok(page) => together.push(page),
                Err(error) => failed = Some(error),
            }
            if failed.is_none() && together.len() < COMMIT_PAGES {
                next = pages.try_recv().ok();
            }
        }
        let count = together.len() as u64;
        commit(scanner, together, state, decide).await?;
        committed.fetch_add(count, Ordering::Release);
        if let Some(error) = failed {
            return Err(error);
        }
    }
    Ok(())
}

async fn commit(
    scanner: &Scanner,
    mut pages: Vec<Judged>,
    state: &mut State,
    decide: &Decide,
) -> Result<(), ScanError> {
    let Some(last) = pages.last_mut() else { return Ok(()) };
    let behind = Behind {
        link: last.behind.link.take(),
        links: std::mem::take(&mut last.behind.links),
        last: last.behind.last,
    };
    // A copy: what the scan says of itself moves only with the commit, or a page that was lost would count.
    let mut summary = state.summary.clone();
    for page in &pages {
        if summary.pages == 0 {
            // Graph's clock and ours, whichever is behind: an overlap too large is harmless, one too small is not.
            summary.started_at = page.date.min(summary.started_at);
        }
        summary.pages += 1;
        summary.requests += page.requests;
        summary.unchanged += page.read.same.len() as u64;
    }
    summary.reached_end = behind.last;
    let commit = PageCommit {
        scan: summary.id,
        instance: scanner.instance,
        pages: pages.into_iter().map(|page| page.read).collect(),
        seen: std::mem::take(&mut state.seen),
        next_link: behind.link,
        links: behind.links,
        summary,
        decide: decide.clone(),
        merge: merger(),
    };
    let (_, summary, seen) = scanner.store.commit_page(commit).await?;
    (state.summary, state.seen) = (summary, seen);
    let (pages, devices) = (state.summary.pages, state.summary.seen);
    scanner
        .progress
        .send_modify(|progress| (progress.pages, progress.devices) = (pages, devices));
    Ok(())
}
