//! Flow 4: orders. An application of the shop becomes an app on a device, through two groups of Entra.
//!
//! ```text
//! application → install group, uninstall group → two assignments → orderable
//! order → target found → taken out of one group → put into the other → processed → report read → 1 or 0
//! ```
//!
//! Three workers, each an activity of the workflow engine ([`activity`]). [`assignment_worker`] prepares applications:
//! [`assignment_plan`] says what comes next; [`application_removal`] takes it back as [`removal_plan`] says.
//! [`order_processor`] carries out orders: [`target_lookup`] finds whom they are for ([`gone_target`]: somebody who has left
//! the directory), [`membership_change`] moves them between the groups as [`membership_plan`] says, [`order_upkeep`] takes
//! back what has ended, ends terms and reminds. [`order_status_processor`] reads one report for each application
//! ([`install_report`]) and ends orders as [`install_verdict`] says. [`order_graph`] and its two neighbours are the only files
//! that speak to Graph. What decides is pure.
//!
//! *If the process dies:* every step is kept before the next one, every attempt reads the tenant anew, and everything that is
//! sent may be sent again without harm but one thing: a group that is made twice. Its intent is kept first, and it is looked for
//! by its marker ([`assignment_plan`]). One worker at a time changes an application or a membership ([`application_lock`]);
//! an order is claimed in the store, and its claim ends with the process.
//!
//! *What it never touches:* assignments to groups of others, and groups that do not carry both a recorded id and our marker.
//!
//! For shops and people: [`order_phases`], [`order_texts`], [`lost_order`], [`order_webhook`], [`order_log`]; before an order
//! is taken, [`target_judgement`]; who may approve it, [`approval_rules`]; before its approval is loosened,
//! [`approval_change`].

pub mod activity;
pub mod app_type;
mod application_check;
mod application_lock;
mod application_removal;
mod application_trouble;
pub mod approval_change;
pub mod approval_rules;
pub mod assignment_plan;
mod assignment_worker;
pub mod failpoints;
mod gone_target;
mod graph_groups;
mod graph_targets;
pub mod graph_trouble;
pub mod install_errors;
pub mod install_report;
pub mod install_verdict;
pub mod lost_order;
mod membership_change;
pub mod membership_plan;
mod order_context;
mod order_end;
pub mod order_graph;
pub mod order_log;
pub mod order_phases;
mod order_processor;
mod order_status_processor;
pub mod order_target;
pub mod order_text;
pub mod order_texts;
mod order_upkeep;
pub mod order_webhook;
mod removal_plan;
pub mod retry_pause;
mod target_judgement;
mod target_lookup;

pub use assignment_worker::{AssignmentCounts, assign_applications};
pub use failpoints::{OrderFailpoint, OrderFailpointHook, OrderFailpoints};
pub use order_context::OrderContext;
pub use order_graph::{OrderGraph, OrderGraphError, TenantAppList};
pub use order_log::OrderLog;
pub use order_processor::{ProcessCounts, process_orders};
pub use order_status_processor::{StatusCounts, read_order_status};
pub use target_judgement::{TargetJudgement, judge_target};
pub use target_lookup::{LookupFailure, find_target};
