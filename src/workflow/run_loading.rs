//! The engine's look at open runs: those that the store has come into memory.

use super::activity::RunPrincipal;
use super::engine::WorkflowEngine;
use super::journal;
use super::limits::RUNS_MAX;
use super::open_run::OpenRun;
use super::run_plan::RunResult;
use crate::model::RunState;
use crate::store::{RunRow, StoreError};

impl WorkflowEngine {
    /// In the order of their beginning. Runs of other instances wake the engine as well: where nothing was written that may
    /// concern this one, there is nothing to look for.
    pub(super) async fn load_open_runs(&mut self) -> Result<(), StoreError> {
        let mark = self.parts.store.read_write_mark(self.parts.instance);
        if self.runs_mark == Some(mark) {
            return Ok(());
        }
        for row in self.parts.store.list_open_runs(self.parts.instance, RUNS_MAX).await? {
            match self.open_runs.get_mut(&row.id) {
                Some(open) if row.cancelled_by.is_some() => open.cancel_run(),
                Some(_) => (),
                None => self.open_run(row).await?,
            }
        }
        self.runs_mark = Some(mark);
        Ok(())
    }

    async fn open_run(&mut self, row: RunRow) -> Result<(), StoreError> {
        let Some(definition) = self.load_definition(&row.hash).await? else {
            let message = "this version of the program cannot use the definition of the run";
            return self
                .end_run(row.id, &row.name, failed_result("definition", message))
                .await;
        };
        let steps = self.parts.store.list_run_steps(row.id).await?;
        let history = journal::build_history(journal::run_facts(&row, self.parts.name.as_str()), steps);
        let who = row.operator.map_or(RunPrincipal::Bus, RunPrincipal::Operator);
        self.open_runs.insert(row.id, OpenRun::new(definition, history, who));
        Ok(())
    }
}

fn failed_result(code: &str, message: &str) -> RunResult {
    RunResult {
        state: RunState::Failed,
        outcome: code.to_owned(),
        message: message.to_owned(),
    }
}
