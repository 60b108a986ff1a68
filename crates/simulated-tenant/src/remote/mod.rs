//! Remote actions: what is asked of devices, and what becomes of it.
//!
//! A request that is accepted is an *effect*: it is counted at once, under its device and verb ([`effects`]), because
//! from that moment nobody can call it back. What follows is a *task*: it is pending until the device answers, active
//! while it works, and done, failed or not supported in the end. Everything runs by the tenant's clock: the docket
//! ([`docket`]) keeps an agenda, and before any request is answered the world does what has become due ([`course`]).
//! So a test that moves the clock by an hour sees an hour's worth of wiped devices, and none sleeps.
//!
//! How a device behaves is its [`conduct`]: by the tuning for all, by a fault for some. It may never answer, fail, or
//! leave its traces late or not at all. The effect is counted whatever the conduct, which is the point: a client that
//! takes a missing trace for a missing effect asks twice, and [`effects`] shows it.
//!
//! | file | what |
//! |---|---|
//! | verb, table | the verbs: one row each |
//! | platform | which device can do what |
//! | settings, conduct | what is open, both ways |
//! | task, docket, course | the life of a task |
//! | result | what a task shows of itself |
//! | effects | the count |
//! | approval | Multi Admin Approval |

mod approval;
mod conduct;
mod course;
mod docket;
mod effects;
mod platform;
mod result;
mod settings;
mod table;
mod task;
mod verb;

pub use approval::{Approval, Approvals, Claim, Policy, Standing, Verdict};
pub use conduct::{Conduct, Outcome, Trace};
pub use course::{Granted, Refusal};
pub use docket::Docket;
pub use effects::{Effect, Effects};
pub use platform::delete_wipes;
pub use result::Detail;
pub use settings::{ActionTuning, Caps, Repeated};
pub use table::{DELETE, VERBS};
pub use task::{ActionState, Task, Wish};
pub use verb::{Kind, Param, Params, Verb};
