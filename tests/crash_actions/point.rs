//! Where the child stands still to be killed: one of the product's own points, for the so-manieth task that comes by,
//! or one on either side of the commit that keeps a job, for the so-manieth job.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::future::BoxFuture;
use intune_connector::actions::failpoints::{FailpointHook, TaskFailpoint};
use intune_connector::actions::specs::ActionSpec;
use intune_connector::store::TaskRow;

use super::child::stand_still;

pub const POINT: &str = "CRASH_ACTIONS_POINT";
pub const NTH: &str = "CRASH_ACTIONS_NTH";
/// A job has come in.
pub const COME: &str = "BeforeJob";
/// It is durable, and nobody was told.
pub const KEPT: &str = "AfterJob";
/// Points of the controls, where the product has none.
pub const SENT: &str = "the call was sent and no intent committed";
pub const SAID: &str = "the job was acknowledged and is not durable";

/// All at which a campaign kills.
pub fn all() -> Vec<String> {
    let of_jobs = [COME, KEPT].map(str::to_owned);
    TaskFailpoint::ALL.into_iter().map(name).chain(of_jobs).collect()
}

fn name(point: TaskFailpoint) -> String {
    format!("{point:?}")
}

pub fn is_set() -> bool {
    std::env::var_os(POINT).is_some()
}

#[derive(Clone, Default)]
pub struct Deathbed(Arc<Inner>);

#[derive(Default)]
struct Inner {
    point: Option<String>,
    /// Tasks that still pass.
    passes: AtomicU32,
    any_task: AtomicBool,
}

impl Deathbed {
    pub fn from_environment() -> Deathbed {
        let nth: u32 = std::env::var(NTH).ok().and_then(|nth| nth.parse().ok()).unwrap_or(1);
        Deathbed(Arc::new(Inner {
            point: std::env::var(POINT).ok(),
            passes: AtomicU32::new(nth.saturating_sub(1)),
            any_task: AtomicBool::new(false),
        }))
    }

    pub fn take_any(&self) {
        self.0.any_task.store(true, Ordering::SeqCst);
    }

    /// Stands still where this is the point; goes by where it is not, and with a task that may be repeated.
    pub async fn come_by(&self, point: &str, task: &TaskRow) {
        if !ActionSpec::for_action(task.verb).repeatable || self.0.any_task.load(Ordering::SeqCst) {
            self.pass(point).await;
        }
    }

    pub async fn pass(&self, point: &str) {
        if self.0.point.as_deref() != Some(point) {
            return;
        }
        let one_less = |passes: u32| passes.checked_sub(1);
        if self
            .0
            .passes
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_err()
        {
            stand_still(point).await;
        }
    }
}

impl FailpointHook for Deathbed {
    fn on_failpoint<'a>(&'a self, point: TaskFailpoint, task: &'a TaskRow) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.come_by(&name(point), task).await })
    }
}
