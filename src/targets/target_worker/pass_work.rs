//! One pass of a target: by which mapping, what was decided, page by page to the head, and what is asked there.

use std::sync::Arc;

use tokio::sync::watch;

use super::{TargetWorker, WorkStart};
use crate::observe::metric;
use crate::store::StoreError;
use crate::targets::failpoints::TargetFailpoint;
use crate::targets::feed_reader::FeedView;
use crate::targets::page_work::{PassParts, TargetPass};
use crate::targets::question_work::{
    ask_question, close_question, is_window_open, load_gate, policy_digest, prepare_standing,
};
use crate::targets::sign_in_end::refresh_sign_in_end;
use crate::targets::target_context::TargetContext;
use crate::targets::work_error::WorkError;
use crate::targets::{CompiledMapping, MappingError, TargetMapping};

/// What came of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PassEnd {
    /// The head is reached, and everything is written.
    AtHead,
    /// The head is reached, and something waits for consent.
    Asked,
}

impl TargetWorker {
    pub(super) async fn work_to_head(&mut self, stop: watch::Receiver<bool>) -> Result<PassEnd, WorkError> {
        let context = self.context.clone();
        if !is_window_open(&context) {
            return Err(WorkError::Closed);
        }
        let was_interrupted = std::mem::replace(&mut self.is_interrupted, true);
        self.begin_work().await?;
        refresh_sign_in_end(&context).await?;
        let mapping = self.load_mapping().await?;
        let mut view = FeedView::load(&context).await?;
        let policy = policy_digest(mapping.digest(), &view.server);
        let (standing, gate) = {
            let _writing = context.signals.lock_writing().await;
            let standing = prepare_standing(&context, &view, &mut self.runs, &policy).await?;
            let gate = load_gate(&context, &view, &mut self.runs, &standing).await?;
            // Its positions may have been moved.
            view = FeedView::load(&context).await?;
            (standing, gate)
        };
        let now = context.clock.now();
        if !self.runs.is_open() || self.memory.users.is_old(now) {
            self.memory.users.begin_run(now);
        }
        self.waiting.follow_policy(&policy, view.server.generation);
        let parts = PassParts {
            mapping: mapping.as_ref(),
            memory: &mut self.memory,
            runs: &mut self.runs,
            waiting: &mut self.waiting,
        };
        let mut pass = TargetPass::new(&context, stop, parts, view, gate);
        pass.load_snapshots().await?;
        {
            let _writing = context.signals.lock_writing().await;
            pass.work_decided().await?;
            if was_interrupted {
                pass.work_unwritten_heirs().await?;
            }
        }
        let mut cursor: Option<String> = None;
        loop {
            pass.check_going_on()?;
            let _writing = context.signals.lock_writing().await;
            pass.view = FeedView::load(&context).await?;
            check_unchanged(&context, &pass.view, &policy).await?;
            pass.runs.load_open(&context).await?;
            let batch = pass.view.read_page(&context, cursor.as_deref()).await?;
            let label = [context.server.as_str()];
            let told = batch.changes.len() as u64;
            context.metrics.increment_counter(&metric::DELIVERED, &label, told);
            let (behind, has_more) = (batch.cursor, batch.has_more);
            let confirmed = pass.confirmed;
            pass.work_page(batch.changes).await?;
            let is_news = pass.held.is_empty() && self.acknowledged.as_deref() != Some(behind.as_str());
            if is_news {
                let name = context.name.as_str();
                context.failpoints.reach(TargetFailpoint::BeforeAcknowledge, name).await;
                pass.view.acknowledge(&context, &behind).await?;
                context.failpoints.reach(TargetFailpoint::AfterAcknowledge, name).await;
                self.acknowledged = Some(behind.clone());
            }
            // A page that waits for consent is read again in each pass: that is no progress.
            if pass.confirmed > confirmed || (is_news && told > 0) {
                self.health.note_progress(&context).await?;
            }
            if !has_more {
                break;
            }
            cursor = Some(behind);
        }
        let (held, has_allowances) = (std::mem::take(&mut pass.held), pass.gate.has_allowances());
        drop(pass);
        self.memory.index = None;
        if held.is_empty() {
            close_question(&context, &standing, has_allowances).await?;
            if self.runs.end_at_head(&context).await? {
                self.memory.users.begin_run(now);
            }
            self.is_interrupted = false;
            return Ok(PassEnd::AtHead);
        }
        ask_question(&context, &self.runs, &standing, &policy, &held).await?;
        Ok(PassEnd::Asked)
    }

    /// Once, as soon as it went well.
    async fn begin_work(&mut self) -> Result<(), WorkError> {
        if self.start == WorkStart::Due {
            let context = &self.context;
            let _writing = context.signals.lock_writing().await;
            let counts = context.store.count_target(context.target).await?;
            context.adapter.begin_work(counts.linked + counts.gone).await?;
            self.start = WorkStart::Done;
        }
        Ok(())
    }

    /// The mapping that people gave it, or the default of its kind; compiled once.
    async fn load_mapping(&mut self) -> Result<Arc<CompiledMapping>, WorkError> {
        let mapping = load_target_mapping(&self.context).await??;
        let digest = mapping.digest();
        if let Some(known) = self.mapping.as_ref().filter(|known| known.digest() == digest) {
            return Ok(Arc::clone(known));
        }
        let compiled = CompiledMapping::compile(&mapping)?;
        let compiled = Arc::new(compiled.fit_kind(self.context.adapter.profile()));
        self.mapping = Some(Arc::clone(&compiled));
        Ok(compiled)
    }
}

/// The mapping that a target works by.
pub(in crate::targets) async fn load_target_mapping(
    context: &TargetContext,
) -> Result<Result<TargetMapping, MappingError>, StoreError> {
    let row = context.store.load_target_mapping(context.target).await?;
    Ok(match row {
        Some(row) => TargetMapping::parse(&row.text),
        None => Ok((context.adapter.profile().default_mapping)()),
    })
}

/// Between two pages: somebody who changes the mapping wants nothing more written by the old one.
async fn check_unchanged(context: &TargetContext, view: &FeedView, policy: &str) -> Result<(), WorkError> {
    let mapping = load_target_mapping(context).await??;
    if policy_digest(&mapping.digest(), &view.server) == policy {
        Ok(())
    } else {
        Err(WorkError::Changed)
    }
}
