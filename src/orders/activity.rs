//! What workflows may call of this flow: the three workers. They need no right of a person: what they do was ordered, and
//! approved where it has to be, by people with rights of their own.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::assignment_worker::assign_applications;
use super::membership_change::detail_of;
use super::order_context::OrderContext;
use super::order_processor::process_orders;
use super::order_status_processor::read_order_status;
use crate::contract::{ActivityField, ActivitySignature, DangerLevel, ValueType};
use crate::store::StoreError;
use crate::workflow::{Activity, ActivityCall, ActivityError};

type OrderActivityFuture<'a> = BoxFuture<'a, Result<Map<String, Value>, ActivityError>>;

/// One of the workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OrderWorker {
    Assignment,
    Processor,
    Status,
}

impl OrderWorker {
    const ALL: [OrderWorker; 3] = [OrderWorker::Assignment, OrderWorker::Processor, OrderWorker::Status];

    /// Names of its outputs, with what each counts.
    fn outputs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            OrderWorker::Assignment => &[
                ("completed", "applications that can be ordered now"),
                ("removed", "applications that were removed"),
                ("failed", "applications that were tried in vain"),
            ],
            OrderWorker::Processor => &[
                ("processed", "orders that were processed"),
                ("failed", "orders that failed"),
                ("delayed", "orders that are tried again later"),
                ("cleared", "group memberships of ended orders that were taken back"),
                ("termsEnded", "terms that were ended"),
                ("reminded", "orders whose end of term somebody was reminded of"),
            ],
            OrderWorker::Status => &[
                ("reports", "applications whose report was read"),
                ("unread", "applications whose report could not be read"),
                ("orders", "orders that were looked at"),
                ("done", "orders that ended well"),
                ("failed", "orders that failed"),
            ],
        }
    }

    fn signature(self) -> ActivitySignature {
        let (name, summary) = match self {
            OrderWorker::Assignment => (
                "assignApplications",
                "Creates groups and assignments of applications, and removes those of removed ones.",
            ),
            OrderWorker::Processor => (
                "processOrders",
                "Carries out accepted orders: moves users and devices between the groups of applications.",
            ),
            OrderWorker::Status => (
                "readOrderStatus",
                "Reads from Intune whether ordered apps were installed, and ends orders by it.",
            ),
        };
        let outputs = self.outputs().iter();
        ActivitySignature {
            name: name.to_owned(),
            summary: summary.to_owned(),
            danger: DangerLevel::None,
            right: None,
            inputs: Vec::new(),
            outputs: outputs
                .map(|(name, help)| ActivityField::new(*name, ValueType::Number, true, *help))
                .collect(),
        }
    }
}

/// What [`AssignApplications`], [`ProcessOrders`] and [`ReadOrderStatus`] are, to check definitions by where nothing runs.
pub fn activity_signatures() -> Vec<ActivitySignature> {
    OrderWorker::ALL.iter().map(|worker| worker.signature()).collect()
}

macro_rules! order_activities {
    ($($(#[$doc:meta])* $name:ident, $worker:ident;)*) => {
        $(
            $(#[$doc])*
            pub struct $name(OrderActivity);

            impl $name {
                pub fn new(context: OrderContext) -> $name {
                    $name(OrderActivity { worker: OrderWorker::$worker, context })
                }
            }

            impl Activity for $name {
                fn signature(&self) -> ActivitySignature {
                    self.0.worker.signature()
                }

                fn call(&self, call: ActivityCall) -> OrderActivityFuture<'_> {
                    self.0.run(call).boxed()
                }
            }
        )*
    };
}

order_activities! {
    /// The Intune Assignment Worker of one installation.
    AssignApplications, Assignment;
    /// The Intune Order Processor of one installation.
    ProcessOrders, Processor;
    /// The Intune Order Status Processor of one installation.
    ReadOrderStatus, Status;
}

struct OrderActivity {
    worker: OrderWorker,
    context: OrderContext,
}

fn store_error(error: StoreError) -> ActivityError {
    ActivityError::new_retryable(error.code(), error.to_string())
}

impl OrderActivity {
    async fn run(&self, call: ActivityCall) -> Result<Map<String, Value>, ActivityError> {
        if call.dry_run {
            let nothing = self.worker.outputs().iter();
            return Ok(nothing.map(|(name, _)| ((*name).to_owned(), 0.into())).collect());
        }
        let context = &self.context;
        let counts = match self.worker {
            OrderWorker::Assignment => {
                let counts = assign_applications(context, &call.cancelled)
                    .await
                    .map_err(store_error)?;
                json!({"completed": counts.completed, "removed": counts.removed, "failed": counts.failed})
            }
            OrderWorker::Processor => {
                let counts = process_orders(context, &call.cancelled).await.map_err(store_error)?;
                json!({
                    "processed": counts.processed, "failed": counts.failed, "delayed": counts.delayed,
                    "cleared": counts.cleared, "termsEnded": counts.terms_ended, "reminded": counts.reminded,
                })
            }
            OrderWorker::Status => {
                let counts = read_order_status(context, &call.cancelled).await.map_err(store_error)?;
                json!({
                    "reports": counts.reports, "unread": counts.unread, "orders": counts.orders, "done": counts.done,
                    "failed": counts.failed,
                })
            }
        };
        Ok(detail_of(counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sh_44_there_are_three_workers_that_need_no_right_of_a_person() {
        let signatures = activity_signatures();
        let names: Vec<&str> = signatures.iter().map(|signature| signature.name.as_str()).collect();
        assert_eq!(names, ["assignApplications", "processOrders", "readOrderStatus"]);
        assert!(
            signatures
                .iter()
                .all(|signature| signature.danger == DangerLevel::None && signature.right.is_none())
        );
    }
}
