//! App orders: the API, webhooks, the simulated tenant that they are tried against, the flow from an order to an
//! installed app, faults of Graph, crashes, and one test for each item of the product that orders stand beside.

mod api;
mod approvals;
mod callback_faults;
mod callbacks;
mod command_line;
mod crash_sample;
mod examples;
mod faults;
mod flow;
mod flow_limits;
mod items;
mod left_alone;
mod listed;
mod order_changes;
pub mod shop;
mod simulator;
pub mod tenant_stub;
mod webhook_list;
mod webhooks;
