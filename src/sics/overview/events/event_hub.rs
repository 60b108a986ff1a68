//! What readers of events share: the poller, and what each of its looks has found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinHandle;

use super::super::attention::attention_board::AttentionBoard;
use super::super::known_world::KnownWorld;
use crate::contract::OrderState;
use crate::model::{InstanceId, OperatorId};
use crate::store::{ApplicationMove, ServerRow, StoreMoves};

/// What one look found.
pub(super) struct EventTick {
    /// By which it is decided who sees what.
    pub world: Arc<KnownWorld>,
    pub moves: StoreMoves,
    /// Servers that are other than before, or gone: as they are, or were.
    pub servers: Vec<ServerRow>,
    /// Orders that moved, each once.
    pub orders: Vec<OrderMove>,
    /// Applications that were changed or are gone, each once.
    pub applications: Vec<ApplicationMove>,
    /// Where it was looked at.
    pub board: Option<Arc<AttentionBoard>>,
    /// Accounts or roles were changed: whoever reads has to be looked up anew.
    pub accounts_changed: bool,
}

/// An order that moved, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrderMove {
    pub id: String,
    pub application: String,
    pub instance: InstanceId,
    pub state: OrderState,
}

pub(super) type TickSender = broadcast::Sender<Arc<EventTick>>;
pub(super) type TickReceiver = broadcast::Receiver<Arc<EventTick>>;

#[derive(Default)]
pub(in crate::sics::overview) struct EventHub {
    /// Whoever begins or ends the poller holds it.
    pub(super) poller: tokio::sync::Mutex<Option<RunningPoller>>,
    /// Streams per account.
    pub(super) permits: Mutex<HashMap<OperatorId, Arc<Semaphore>>>,
}

pub(super) struct RunningPoller {
    pub sender: TickSender,
    pub task: JoinHandle<()>,
}
