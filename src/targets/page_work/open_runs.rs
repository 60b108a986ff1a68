//! Runs: each is a stretch of work that can be put back as one, and what was consented to is one of its own.
//!
//! *The open run says what a target is doing.* A canary run stands open from a change of the mapping until somebody has agreed
//! to it, under the digest that it writes by; so it is known, after whatever crash, for which mapping the first records were
//! written. A normal run begins with its first write.

use chrono::TimeDelta;

use crate::contract::TargetRunKind;
use crate::model::Timestamp;
use crate::store::StoreError;
use crate::targets::target_context::TargetContext;

/// How long a run goes on over one pause after the other.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// The run that is open, and what was told of requests.
#[derive(Debug, Default)]
pub(in crate::targets) struct OpenRuns {
    open: Option<OpenTargetRun>,
    digest: String,
    /// The open run is for what people agreed to.
    is_consented: bool,
    requests_told: u64,
}

#[derive(Debug, Clone)]
struct OpenTargetRun {
    id: i64,
    kind: TargetRunKind,
    digest: String,
    started_at: Timestamp,
}

impl OpenRuns {
    /// Which run is open now: a revert ends it.
    pub(in crate::targets) async fn load_open(&mut self, context: &TargetContext) -> Result<(), StoreError> {
        let newest = context.store.list_target_runs(context.target, 1).await?;
        let open = newest.into_iter().next().filter(|row| row.ended_at.is_none());
        self.open = open.map(|row| OpenTargetRun {
            id: row.id,
            kind: row.kind,
            digest: row.mapping_digest,
            started_at: row.started_at,
        });
        Ok(())
    }

    /// The digest that is written by from now on.
    pub(in crate::targets) fn set_digest(&mut self, digest: &str) {
        digest.clone_into(&mut self.digest);
    }

    /// Whether the first records under this digest are being written, or wait for a look.
    pub(in crate::targets) fn is_canary(&self, digest: &str) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|run| run.kind == TargetRunKind::Canary && run.digest == digest)
    }

    /// Of whichever digest.
    pub(in crate::targets) fn has_canary(&self) -> bool {
        self.open.as_ref().is_some_and(|run| run.kind == TargetRunKind::Canary)
    }

    pub(in crate::targets) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(in crate::targets) async fn begin_canary(&mut self, context: &TargetContext) -> Result<(), StoreError> {
        self.begin_run(context, TargetRunKind::Canary).await
    }

    async fn begin_run(&mut self, context: &TargetContext, kind: TargetRunKind) -> Result<(), StoreError> {
        let digest = self.digest.clone();
        let id = context
            .store
            .begin_target_run(context.target, kind, digest.clone(), None)
            .await?;
        self.open = Some(OpenTargetRun {
            id,
            kind,
            digest,
            started_at: context.clock.now(),
        });
        Ok(())
    }

    /// The run that a write belongs to.
    pub(in crate::targets) async fn require_run(&mut self, context: &TargetContext) -> Result<i64, StoreError> {
        let fits = |run: &&OpenTargetRun| run.digest == self.digest && run.kind != TargetRunKind::Revert;
        if let Some(run) = self.open.as_ref().filter(fits) {
            return Ok(run.id);
        }
        self.begin_run(context, TargetRunKind::Normal).await?;
        Ok(self.open.as_ref().map_or(0, |run| run.id))
    }

    /// What people agreed to is a run of its own, so that it can be put back as one.
    pub(in crate::targets) async fn separate_consented(
        &mut self,
        context: &TargetContext,
        has_allowances: bool,
    ) -> Result<(), StoreError> {
        if has_allowances && !self.is_consented {
            self.end_run(context).await?;
        }
        self.is_consented = has_allowances;
        Ok(())
    }

    pub(in crate::targets) async fn end_run(&mut self, context: &TargetContext) -> Result<(), StoreError> {
        if let Some(run) = self.open.take() {
            context.store.end_target_run(run.id).await?;
        }
        Ok(())
    }

    /// Whether the open run, of whichever kind, has gone on for long: what was looked up in it may be old.
    fn is_long(&self, context: &TargetContext) -> bool {
        let now = context.clock.now();
        self.open.as_ref().is_some_and(|run| now - run.started_at >= LONGEST)
    }

    /// At the head: a run that has gone on for long, or is for what was agreed to, ends. Answers whether one did.
    pub(in crate::targets) async fn end_at_head(&mut self, context: &TargetContext) -> Result<bool, StoreError> {
        let is_over = (self.is_consented || self.is_long(context))
            && self.open.as_ref().is_some_and(|run| run.kind != TargetRunKind::Canary);
        if is_over {
            self.is_consented = false;
            self.end_run(context).await?;
        }
        Ok(is_over)
    }

    /// Requests that went out since somebody asked.
    pub(in crate::targets) fn take_requests(&mut self, context: &TargetContext) -> u64 {
        let sent = context.signals.pace().count_requests();
        let since = sent.saturating_sub(self.requests_told);
        self.requests_told = sent;
        since
    }

    /// What was counted before this worker began is told already.
    pub(in crate::targets) fn skip_requests(&mut self, context: &TargetContext) {
        self.requests_told = context.signals.pace().count_requests();
    }
}
