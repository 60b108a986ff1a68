//! App orders.

mod api;
mod approvals;
mod listed;
mod order_changes;
pub mod shop;
pub mod tenant_stub;
