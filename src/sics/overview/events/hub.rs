//! One poller for all readers: begun with the first, ended with the last. It looks once a second at the most, and less
//! often where looking takes long, and tells all readers the same; what of it a reader may see is their own matter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, broadcast};
use tokio::time::Instant;

use super::super::attention::board::fetch_board;
use super::super::known_world::KnownWorld;
use super::event_hub::{EventHub, EventTick, OrderMove, RunningPoller, TickReceiver, TickSender};
use crate::model::ServerId;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::keyed_permits::try_acquire_permit;
use crate::sics::problem::ApiProblem;
use crate::store::{AccountsVersion, OrderRow, ServerRow, WatchPosition};

/// Between two looks at the least, and how many times as long as the last one took.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const REST: u32 = 10;
/// Looks after which the board is looked at, too.
const BOARD_EVERY: u32 = 3;
/// Of each kind so many are told one by one in one look.
const TOLD_MOST: usize = 500;
/// Looks that a reader may lag behind.
const LAG_MOST: usize = 32;

/// Held as long as somebody watches.
pub(super) struct EventPermit(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

impl EventHub {
    /// A place among the streams of this account (E8).
    pub(super) fn acquire_permit(&self, caller: &Caller, most: usize) -> Result<EventPermit, ApiProblem> {
        let permit = try_acquire_permit(&self.permits, &caller.operator.id, most);
        permit.map(EventPermit).ok_or_else(|| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyWatchers",
                format!("operator {} already watches events {most} times", caller.name()),
                "Close pages and programs that watch events and are no longer needed.",
            )
            .with_retry_after(30)
        })
    }

    /// What is found from now on. The first reader begins the poller, which has looked before this answers.
    pub(super) async fn subscribe(&self, sics: &Sics) -> Result<TickReceiver, ApiProblem> {
        let mut poller = self.poller.lock().await;
        if let Some(running) = poller.as_ref().filter(|running| !running.task.is_finished()) {
            return Ok(running.sender.subscribe());
        }
        let watch = StoreWatch::begin(sics).await?;
        let (sender, receiver) = broadcast::channel(LAG_MOST);
        let guard = sics.acts_under_way().begin_act();
        let polling = run_poller(sics.clone(), sender.clone(), watch);
        let task = tokio::spawn(async move {
            let _guard = guard;
            polling.await;
        });
        *poller = Some(RunningPoller { sender, task });
        Ok(receiver)
    }

    /// Whether nobody reads any more: then the poller is not there any more either.
    async fn end_unwatched(&self) -> bool {
        let mut poller = self.poller.lock().await;
        let is_watched = poller
            .as_ref()
            .is_some_and(|running| running.sender.receiver_count() > 0);
        if !is_watched {
            *poller = None;
        }
        !is_watched
    }
}

/// Ends with the bus, too.
async fn run_poller(sics: Sics, sender: TickSender, mut watch: StoreWatch) {
    let mut closing = sics.watch_shutdown();
    let mut pause = LOOK_EVERY;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = closing.wait_for(|closing| *closing) => return,
        }
        if sics.overview().hub.end_unwatched().await {
            return;
        }
        let begun = Instant::now();
        let looked = tokio::select! {
            looked = watch.look(&sics) => looked,
            _ = closing.wait_for(|closing| *closing) => return,
        };
        match looked {
            // Who has gone since hears nothing.
            Ok(Some(tick)) => _ = sender.send(Arc::new(tick)),
            Ok(None) => {}
            Err(problem) => tracing::debug!(
                code = problem.code(),
                "failed to look for events; the next look finds them"
            ),
        }
        pause = LOOK_EVERY.max(begun.elapsed().saturating_mul(REST));
    }
}

/// Up to where the poller has looked.
struct StoreWatch {
    position: WatchPosition,
    /// Of the changes of orders.
    order_position: i64,
    /// Of the changes of applications.
    application_position: i64,
    servers: BTreeMap<ServerId, ServerRow>,
    accounts: AccountsVersion,
    looks: u32,
}

impl StoreWatch {
    async fn begin(sics: &Sics) -> Result<StoreWatch, ApiProblem> {
        Ok(StoreWatch {
            position: sics.store().find_watch_position().await?,
            order_position: sics.store().newest_order_position().await?,
            application_position: sics.store().newest_application_position().await?,
            servers: read_servers(sics).await?,
            accounts: sics.store().accounts_version().await?,
            looks: 0,
        })
    }

    /// `None`: nothing has moved. Where it fails, the next look finds the same.
    async fn look(&mut self, sics: &Sics) -> Result<Option<EventTick>, ApiProblem> {
        let servers = read_servers(sics).await?;
        let (position, moves) = sics.store().read_moves(self.position.clone(), TOLD_MOST).await?;
        let (order_position, orders) = read_order_moves(sics, self.order_position).await?;
        let applications = sics
            .store()
            .list_application_moves(self.application_position, TOLD_MOST)
            .await?;
        let application_position = applications
            .last()
            .map_or(self.application_position, |moved| moved.position);
        let board = if self.looks.is_multiple_of(BOARD_EVERY) {
            Some(fetch_board(sics).await?)
        } else {
            None
        };
        let moved_servers = list_moved_servers(&self.servers, &servers);
        // Last: what was taken from an account before something moved is known where that is told.
        let accounts = sics.store().accounts_version().await?;
        let accounts_changed = accounts != self.accounts;
        let has_moved = !(moves.is_empty() && moved_servers.is_empty() && orders.is_empty() && applications.is_empty());
        let is_quiet = !has_moved && board.is_none() && !accounts_changed;
        let world = if is_quiet {
            None
        } else {
            Some(Arc::new(KnownWorld::read_world(sics).await?))
        };
        (self.position, self.servers, self.accounts) = (position, servers, accounts);
        (self.order_position, self.application_position) = (order_position, application_position);
        self.looks = self.looks.wrapping_add(1);
        Ok(world.map(|world| EventTick {
            world,
            moves,
            servers: moved_servers,
            orders,
            applications,
            board,
            accounts_changed,
        }))
    }
}

/// What moved behind a position, each order once, and the position behind that. What is more than is told in one look is
/// found by the next.
async fn read_order_moves(sics: &Sics, after: i64) -> Result<(i64, Vec<OrderMove>), ApiProblem> {
    let changes = sics.store().list_order_changes(None, after, TOLD_MOST).await?;
    let position = changes.last().map_or(after, |(event, _)| event.position);
    let moved: BTreeMap<i64, OrderRow> = changes.into_iter().map(|(_, order)| (order.key, order)).collect();
    let order_move = |order: OrderRow| OrderMove {
        id: order.id,
        application: order.application,
        instance: order.instance,
        state: order.state,
    };
    Ok((position, moved.into_values().map(order_move).collect()))
}

async fn read_servers(sics: &Sics) -> Result<BTreeMap<ServerId, ServerRow>, ApiProblem> {
    let rows = sics.store().list_servers().await?;
    Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
}

/// New ones and those that are other than before as they are; those that have gone as they were.
fn list_moved_servers(before: &BTreeMap<ServerId, ServerRow>, now: &BTreeMap<ServerId, ServerRow>) -> Vec<ServerRow> {
    let moved = now.iter().filter(|(id, row)| before.get(*id) != Some(*row));
    let gone = before.iter().filter(|(id, _)| !now.contains_key(*id));
    moved.chain(gone).map(|(_, row)| row.clone()).collect()
}
