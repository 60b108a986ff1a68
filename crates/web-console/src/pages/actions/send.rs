//! Sends the job of a form, exactly as it was shown.

use std::collections::BTreeMap;

use connector_core::model::ActionDanger;
use http::StatusCode;
use sics_client::contract::{ActionView, JobBody, ReceiptView};

use super::draft::JobDraft;
use super::fields::{list_fields, read_values};
use super::form_page::render_form;
use super::read_form;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::check_typed_count;
use crate::render::go_to;

pub(super) async fn send_job(ctx: PageContext, form: FormFields) -> PageResult {
    let draft = read_form(&form);
    match send(&ctx, &draft, &form).await {
        Ok(receipt) => {
            let path = receipt
                .job
                .map_or_else(|| "/jobs".to_owned(), |job| format!("/jobs/{job}"));
            go_to(&ctx, &path, choose_message(&receipt))
        }
        Err(failure) => {
            let again = JobDraft {
                // An id that another job has is of no use to this one.
                id: if failure.code == "idTaken" {
                    String::new()
                } else {
                    draft.id.clone()
                },
                ..draft
            };
            render_form(&ctx, again, Some(&failure)).await
        }
    }
}

/// What the page of the job says first.
fn choose_message(receipt: &ReceiptView) -> &'static str {
    if receipt.known {
        "job-known"
    } else if receipt.needs_approval {
        "job-sent-waits"
    } else {
        "job-sent"
    }
}

async fn send(ctx: &PageContext, draft: &JobDraft, form: &FormFields) -> Result<ReceiptView, PageFailure> {
    let actions = ctx.client().list_actions().await?.actions;
    let action = actions.into_iter().find(|action| Some(action.name) == draft.action);
    let action = action.ok_or_else(PageFailure::not_found)?;
    let job = build_sent_job(draft, &action)?;
    check_agreement(form, action.danger, job.expect_devices.unwrap_or_default())?;
    Ok(ctx.client().send_own_job(&job).await?)
}

/// The tick for what disrupts, the number as well for what destroys; the page has held its button back until then.
fn check_agreement(form: &FormFields, danger: ActionDanger, devices: u64) -> Result<(), PageFailure> {
    match danger {
        ActionDanger::Harmless => Ok(()),
        ActionDanger::Disruptive if form.is_ticked("agree") => Ok(()),
        ActionDanger::Disruptive => Err(unmet("actions-not-agreed")),
        ActionDanger::Destructive => check_typed_count(form, devices),
    }
}

fn unmet(code: &str) -> PageFailure {
    PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, code)
}

fn build_sent_job(draft: &JobDraft, action: &ActionView) -> Result<JobBody, PageFailure> {
    let instance = draft.instance().ok_or_else(|| unmet("actions-which-instance"))?;
    let (values, faults): (_, BTreeMap<_, _>) = read_values(&list_fields(&action.parameters), &draft.typed);
    if !faults.is_empty() {
        return Err(unmet("actions-fields-wrong"));
    }
    // Of named devices the number is theirs, whatever a form says.
    let count = match draft.targets.len() as u64 {
        0 => draft.expected,
        named => Some(named),
    };
    Ok(draft.build_job(action.name, &instance, (values, count)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wipe() -> ActionView {
        serde_json::from_value(json!({
            "name": "wipe", "summary": "resets it", "danger": "destructive", "right": "Actions_Wipe", "permission": "x",
            "apiVersion": "v1.0", "repeatable": false, "traceable": true, "platforms": [],
            "parameters": { "type": "object", "required": [], "additionalProperties": false,
                "properties": { "keepUserData": { "type": "boolean" } } },
        }))
        .unwrap()
    }

    fn draft(pairs: &[(&str, &str)]) -> JobDraft {
        JobDraft::read(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn the_number_of_named_devices_is_counted_and_not_believed() {
        let named = draft(&[
            ("action", "wipe"),
            ("instance", "IntuneConnector_1"),
            ("target", "7809c88c-0000-4000-8000-000000000001:7"),
            ("expect", "9"),
            ("p-keepUserData", "true"),
        ]);
        let job = build_sent_job(&named, &wipe()).unwrap();
        assert_eq!((job.expect_devices, job.devices.len()), (Some(1), 1));
        assert_eq!(job.parameters.0["keepUserData"], true);
    }

    #[test]
    fn a_form_that_lacks_something_is_not_sent() {
        let nowhere = build_sent_job(&draft(&[("action", "wipe")]), &wipe()).unwrap_err();
        assert_eq!(nowhere.code, "actions-which-instance");
        let wrong = draft(&[("instance", "IntuneConnector_1"), ("p-keepUserData", "maybe")]);
        assert_eq!(
            build_sent_job(&wrong, &wipe()).unwrap_err().code,
            "actions-fields-wrong"
        );
    }
}
