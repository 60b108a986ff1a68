//! The kind of microservice that runs workflows.

use futures_util::future::BoxFuture;

use crate::bus::manifest::WORKFLOW_ENGINE;
use crate::bus::supervisor::{Kind, Life, MemberSpec, Running, Trouble};

/// An engine that waits for its work.
pub struct EngineKind;

impl Kind for EngineKind {
    fn name(&self) -> &'static str {
        WORKFLOW_ENGINE
    }

    fn start<'a>(&'a self, _: &'a MemberSpec, life: Life) -> BoxFuture<'a, Result<Running, Trouble>> {
        Box::pin(async move {
            let running: Running = Box::pin(async move {
                life.stopped().await;
                Ok(())
            });
            Ok(running)
        })
    }
}
