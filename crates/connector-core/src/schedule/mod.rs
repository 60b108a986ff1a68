//! What is due, and when: one pure function over trigger, zone, last start and now. Nothing here starts anything.
//!
//! *Why not leave it to the scheduler crate.* `tokio-cron-scheduler` keeps the zone's offset of the moment in which a
//! job was made, so it drifts by an hour at daylight saving, and it knows nothing of runs missed while the program was
//! down. Here it only ticks, in UTC ([`Ticker`]); on each tick the owner of a trigger asks [`trigger_due`].
//!
//! *Promises.* However many runs were missed, one makes up for them. A run that falls into the hour that daylight
//! saving skips comes at the end of the gap; one in the hour that happens twice comes once, at its first time.
//! Expressions whose hours are a wildcard or a range follow elapsed time instead: every 15 minutes is every 15 minutes through
//! both changes. What never ran is due at once. A last start that lies further ahead of the clock than can be was
//! written by a wrong clock: due at once, rather than never.
//!
//! If the process dies between a start and its record, the run is due again after the restart: the last start comes
//! from the caller, who keeps it.

mod cron;
mod cron_fields;
mod due;
pub mod duration;
mod jitter;
mod ticker;
mod trigger;
mod trigger_text;

pub use cron::CronSchedule;
pub use due::{TriggerDue, next_runs, trigger_due, trigger_due_delayed};
pub use jitter::seeded_jitter;
pub use ticker::{Ticker, TickerError};
pub use trigger::Trigger;
pub use trigger_text::{TriggerError, format_trigger, parse_trigger};
