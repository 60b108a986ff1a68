//! Edit the category: a reference to it, by its whole address, is put in place of the old one. Names are not unique, so
//! the id is wanted. Edits are of Intune's own record: they work on every device, and are done when Intune answers.

use serde_json::json;

use super::action_spec::{
    ActionCall, ActionParameter, ActionSpec, ApiVersion, CallMethod, GRAPH, OutcomeTrace, ParameterKind, READ_WRITE,
};
use crate::model::ActionKind;

pub(crate) static SPEC: ActionSpec = ActionSpec {
    verb: ActionKind::EditCategory,
    summary: "assigns the device to a category",
    version: ApiVersion::V1,
    permission: READ_WRITE,
    // The same value twice is the same value.
    repeatable: true,
    parameters: &[ActionParameter {
        name: "categoryId",
        kind: ParameterKind::Guid,
        required: true,
        secret: false,
        only_version: None,
        help: "id of the category, from deviceManagement/deviceCategories",
    }],
    rules: |_| Ok(()),
    trace: |_| OutcomeTrace {
        at_once: true,
        ..OutcomeTrace::NONE
    },
    fits: |_, _| Ok(()),
    call: |id, parameters, version| {
        let category = parameters.text_value("categoryId").unwrap_or_default();
        let reference = format!(
            "{GRAPH}/{}/deviceManagement/deviceCategories/{category}",
            version.name()
        );
        ActionCall {
            device: id,
            version,
            method: CallMethod::Put,
            step: "deviceCategory/$ref",
            body: Some(json!({ "@odata.id": reference })),
        }
    },
    effect: |_, _| {
        "belongs to the new category and to the groups based on it; the device itself does not change".to_owned()
    },
};
