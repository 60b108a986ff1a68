//! One call: its requirements are checked first, current rights and final inputs.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::activity::{Activity, ActivityCall, ActivityError, RunPrincipal};
use super::limits::OUTPUT_MAX;
use crate::contract::{ActivitySignature, DangerLevel};
use crate::model::{InstanceName, ResourceRef};
use crate::store::Store;

pub(crate) async fn perform_call(
    store: &Store,
    instance: &InstanceName,
    activity: Arc<dyn Activity>,
    signature: &ActivitySignature,
    call: ActivityCall,
) -> Result<Map<String, Value>, ActivityError> {
    for field in &signature.inputs {
        let (name, kind) = (&field.name, field.kind);
        match call.inputs.get(name) {
            None if field.required => {
                return Err(ActivityError::new("input", format!("the input {name} has no value")));
            }
            Some(value) if !kind.accepts_value(value) => {
                let message = format!("the input {name} is not of type {}", kind.type_name());
                return Err(ActivityError::new("input", message));
            }
            _ => (),
        }
    }
    check_rights(
        store,
        instance,
        signature.right.as_deref(),
        signature.danger,
        call.principal,
    )
    .await?;
    let outputs = activity.call(call).await?;
    let size = serde_json::to_vec(&outputs).map_or(usize::MAX, |bytes| bytes.len());
    if size > OUTPUT_MAX {
        let message = format!("the output has {size} bytes; at most {OUTPUT_MAX} are allowed: request less");
        return Err(ActivityError::new("outputTooLarge", message));
    }
    Ok(outputs)
}

/// The rights of whoever started or enabled the run, as they are now.
async fn check_rights(
    store: &Store,
    instance: &InstanceName,
    right: Option<&str>,
    danger: DangerLevel,
    who: RunPrincipal,
) -> Result<(), ActivityError> {
    let id = match who {
        RunPrincipal::Operator(id) => id,
        RunPrincipal::Bus if danger == DangerLevel::None => return Ok(()),
        RunPrincipal::Bus => {
            let message = "this run has no operator: an operator has to enable or start the workflow";
            return Err(ActivityError::new("nobody", message));
        }
    };
    let operators = store
        .list_operators()
        .await
        .map_err(|error| ActivityError::new_retryable("store", error.to_string()))?;
    let operator = operators
        .into_iter()
        .find(|operator| operator.id == id && !operator.disabled);
    let Some(operator) = operator else {
        let message = "the operator account of this run no longer exists or is disabled";
        return Err(ActivityError::new("operator", message));
    };
    let here = ResourceRef::for_instance(instance);
    if let Some(right) = right
        && !operator.has_right(right, ResourceRef::SOMEWHERE)
    {
        let message = format!("operator {} lacks the right {right}", operator.name);
        return Err(ActivityError::new("missingRight", message));
    }
    if right.map_or_else(
        || operator.has_any_right_at(here),
        |right| operator.has_right(right, here),
    ) {
        Ok(())
    } else {
        let message = format!("the rights of operator {} do not cover {instance}", operator.name);
        Err(ActivityError::new("outOfScope", message))
    }
}
