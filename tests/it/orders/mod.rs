//! App orders.

mod api;
mod approvals;
mod order_changes;
pub mod shop;
pub mod tenant_stub;
