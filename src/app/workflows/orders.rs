//! The engine of an installation of app orders: its three activities, and when their workflows run.

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{RunningEngine, spawn_engine};
use crate::app::instances::OrderWake;
use crate::model::{InstanceName, Timestamp};
use crate::orders::OrderContext;
use crate::orders::activity::{AssignApplications, ProcessOrders, ReadOrderStatus};
use crate::schedule::Trigger;
use crate::store::StoreError;
use crate::workflow::builtin::{LogActivity, WriteFile};
use crate::workflow::{ActivityRegistry, EngineParts, PlannedTrigger, ScheduleSource, WorkflowFailpoints};

/// Their definitions; the number of the installation is put behind each.
pub const ORDER_WORKFLOWS: [&str; 3] = [ASSIGNMENT_WORKER, ORDER_PROCESSOR, STATUS_PROCESSOR];
const ASSIGNMENT_WORKER: &str = "IntuneAssignmentWorker";
const ORDER_PROCESSOR: &str = "IntuneOrderProcessor";
const STATUS_PROCESSOR: &str = "IntuneOrderStatusProcessor";
/// The trigger that each of them has.
const TRIGGER: &str = "interval";
/// With nothing to do they look at most this often, seconds: each run leaves a journal behind.
const IDLE_S: u64 = 900;

/// `name`: of the engine, as the bus knows it in the scopes of rights: that of the installation.
pub(crate) fn launch_orders(
    context: OrderContext,
    wake: OrderWake,
    data: &Path,
    ticks: watch::Receiver<u64>,
) -> RunningEngine {
    let name: InstanceName = context.name.clone();
    let parts = EngineParts {
        store: context.store.clone(),
        clock: context.clock.clone(),
        instance: context.instance,
        name,
        registry: ActivityRegistry::default()
            .with_activity(LogActivity)
            .with_activity(WriteFile::new(data))
            .with_activity(AssignApplications::new(context.clone()))
            .with_activity(ProcessOrders::new(context.clone()))
            .with_activity(ReadOrderStatus::new(context.clone())),
        schedule_source: Arc::new(OrderScheduleSource { context, wake }),
        failpoints: WorkflowFailpoints::default(),
    };
    spawn_engine(parts, ticks)
}

/// The schedules as the settings of the installation have them.
struct OrderScheduleSource {
    context: OrderContext,
    wake: OrderWake,
}

impl ScheduleSource for OrderScheduleSource {
    fn planned_trigger<'a>(&'a self, setting: &'a str) -> BoxFuture<'a, Result<Option<PlannedTrigger>, StoreError>> {
        Box::pin(async move {
            let settings = &self.context.settings;
            let (trigger, workflow) = match setting {
                "assignment_interval" => (&settings.assignment_interval, ASSIGNMENT_WORKER),
                "order_interval" => (&settings.order_interval, ORDER_PROCESSOR),
                "status_interval" => (&settings.status_interval, STATUS_PROCESSOR),
                _ => return Ok(None),
            };
            let is_idle = !self.has_work(workflow).await?;
            let last = self.last_start(workflow).await?;
            let woken_at = self.wake.woken_at().filter(|_| workflow != STATUS_PROCESSOR);
            Ok(Some(PlannedTrigger {
                trigger: slow_down(trigger, is_idle),
                zone: settings.zone,
                late: TimeDelta::zero(),
                phase: None,
                last: last.filter(|last| woken_at.is_none_or(|woken_at| *last >= woken_at)),
                not_before: None,
            }))
        })
    }
}

impl OrderScheduleSource {
    async fn has_work(&self, workflow: &str) -> Result<bool, StoreError> {
        let (store, instance) = (&self.context.store, self.context.instance);
        Ok(match workflow {
            ASSIGNMENT_WORKER => !store
                .due_applications(instance, self.context.clock.now(), 1)
                .await?
                .is_empty(),
            ORDER_PROCESSOR => store.count_orders(instance).await?.open > 0,
            _ => !store.applications_awaiting_status(instance).await?.is_empty(),
        })
    }

    async fn last_start(&self, workflow: &str) -> Result<Option<Timestamp>, StoreError> {
        let store = &self.context.store;
        let name = format!("{workflow}_{}", self.context.instance);
        let Some(row) = store.find_workflow_by_name(&name).await? else {
            return Ok(None);
        };
        let times = store.list_trigger_times(row.id).await?;
        Ok(times.into_iter().find(|(name, _)| name == TRIGGER).map(|(_, at)| at))
    }
}

/// Without work, an interval is no shorter than [`IDLE_S`]; a cron expression was meant as it is written.
fn slow_down(trigger: &Trigger, is_idle: bool) -> Trigger {
    match trigger {
        Trigger::EverySeconds(seconds) if is_idle => Trigger::EverySeconds((*seconds).max(IDLE_S)),
        trigger => trigger.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sh_30_an_interval_holds_while_there_is_work_and_is_long_without() {
        assert_eq!(slow_down(&Trigger::EverySeconds(60), false), Trigger::EverySeconds(60));
        assert_eq!(
            slow_down(&Trigger::EverySeconds(60), true),
            Trigger::EverySeconds(IDLE_S)
        );
        assert_eq!(
            slow_down(&Trigger::EverySeconds(3_600), true),
            Trigger::EverySeconds(3_600)
        );
        let cron = Trigger::Cron("0 3 * * *".to_owned());
        assert_eq!(slow_down(&cron, true), cron);
        assert_eq!(slow_down(&Trigger::Off, true), Trigger::Off);
    }
}
