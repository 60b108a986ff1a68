//! What a person sees first: the fleets in numbers, everything that waits for somebody, and what happens as it happens.
//!
//! Many look, often, and at the same things. So what all of them are told is gathered once for the whole bus and kept for a
//! moment ([`remembered`]); who sees what of it is decided by [`visibility`], purely, for each caller. [`summary`] counts,
//! [`attention`] says what needs somebody, [`events`] tells what moves: one poller for all readers.

mod attention;
mod days;
mod events;
mod fleet_cache;
mod fleet_counts;
mod known_world;
mod remembered;
mod running;
mod running_work;
mod summary;
mod visibility;

pub(crate) use attention::{list_all_items, list_attention};
pub(crate) use events::watch_events;
pub(crate) use summary::{COUNTS, show_summary};

use attention::attention_board::AttentionBoard;
use events::event_hub::EventHub;
use fleet_cache::FleetCache;
use remembered::Remembered;
use running_work::RunningWork;

/// What is kept for all who look.
#[derive(Default)]
pub(super) struct OverviewState {
    fleets: FleetCache,
    running: Remembered<Vec<RunningWork>>,
    board: Remembered<AttentionBoard>,
    hub: EventHub,
}
