//! Flow 3: may this device be trusted, while somebody is signing in?
//!
//! ```text
//! question → id → what is read of the device (or was, a moment ago) → decision → answer with shared state
//! ```
//!
//! In the order of the way: [`question`] is what was asked, [`device_id`] finds the id in it (a distinguished name is
//! read as one, and what is no GUID never reaches an address), [`office`] carries a question through, [`cache`] lets
//! concurrent questions about one device ask Graph once, [`reading`] asks Graph within a time limit, [`inventory`]
//! stands in while Graph does not answer, where that is switched on, [`judge`] decides (by apps as [`app_names`] reads them), [`shared_state`] writes what the
//! journey behind us finds. [`device_id`], [`outcome`], [`judge`], [`shared_state`] and [`reasons`] are pure.
//!
//! *Failing closed.* Whatever goes wrong is `ERROR`: no failure is remembered, and nothing but a reading of this device
//! makes an outcome that lets in. What tightens (age of the check-in, apps, a wipe under way) is asked last.
//!
//! *Two ways.* A node with `compatible` answers as the node that it replaces, also where that is wrong, because journeys
//! have grown around it. What was unsafe about it is gone in both: ids are checked before they enter an address, the
//! HTTP status counts, there are time limits, secrets and lists of apps are never logged, requests share nothing.
//!
//! Nothing is kept on disk. If the process dies, whoever asked gets no answer, and a gateway does not let in.

mod answer;
mod app_names;
mod cache;
mod course;
pub mod device_id;
mod facts;
mod inventory;
mod judge;
mod node;
mod office;
pub mod outcome;
mod probe;
mod question;
mod reading;
mod reasons;
mod shared_state;
mod sign_in;

pub mod activity;

pub use answer::{Decision, Explained, Source};
pub use app_names::{AppName, warning as app_name_warning};
pub use facts::{App, Apps, Facts, PolicyState, SettingState, States};
pub use inventory::needed;
pub use judge::{Judged, judge};
pub use node::{Node, NodeError};
pub use office::{Ground, Health, Office, Standing};
pub use probe::{Fault, probe};
pub use question::{Options, Question};
pub use reading::ReadError;
pub use reasons::Reason;
pub use shared_state::{StateChange, compose};
pub use sign_in::{SignInError, graph as graph_of};
