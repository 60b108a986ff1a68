//! Where the process may die: before and after everything that an engine writes down. In the product none fails;
//! a test counts the points and lets an engine die at each of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::store::StoreError;

#[derive(Debug, Clone, Default)]
pub struct WorkflowFailpoints(Option<Arc<AtomicI64>>);

impl WorkflowFailpoints {
    /// Fails at the point of this number, counted from 1.
    pub fn failing_at(point: i64) -> WorkflowFailpoints {
        WorkflowFailpoints(Some(Arc::new(AtomicI64::new(point))))
    }

    /// Points that are left; 0 and below: failed.
    pub fn remaining_points(&self) -> i64 {
        self.0.as_ref().map_or(i64::MAX, |left| left.load(Ordering::SeqCst))
    }

    /// At a point; an error stops what follows.
    pub fn pass_point(&self) -> Result<(), StoreError> {
        let Some(left) = &self.0 else {
            return Ok(());
        };
        if left.fetch_sub(1, Ordering::SeqCst) > 1 {
            Ok(())
        } else {
            Err(StoreError::Closed)
        }
    }

    pub fn has_failed(&self) -> bool {
        self.remaining_points() <= 0
    }
}
