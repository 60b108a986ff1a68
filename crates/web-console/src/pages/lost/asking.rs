//! What each measure would do to this very device now: the API asks Intune, and nothing is sent to the device.

use connector_core::model::{ActionKind, Seq};
use futures_util::future::join_all;
use serde_json::{Map, Value};
use sics_client::contract::{DeviceView, DryRunResult, GivenParameters, JobBody, JobTargetBody, ReceiptView};

use super::measures::{Measure, Measures};
use crate::failure::PageFailure;
use crate::page::PageContext;
use crate::pages::actions::effects::EffectWords;
use crate::pages::jobs::sentences::{ShownSentence, explain, explain_alternative};
use crate::render::Markup;

/// The answer to one measure.
pub(super) struct AskedEffect {
    /// It would be carried out.
    pub(super) would: bool,
    /// What it does, or why it would be refused, and what to do instead.
    pub(super) sentences: Vec<Markup>,
    /// Somebody else has to agree.
    pub(super) needs_approval: bool,
    /// Intune was asked; otherwise what the last scan read is what there is.
    pub(super) fresh: bool,
}

/// Asks for all measures at once, and notes the answers in them.
pub(super) async fn ask_intune(ctx: &PageContext, device: &DeviceView, measures: &mut Measures) {
    let all = measures.gentle.iter_mut().chain(&mut measures.destructive);
    join_all(all.map(|measure| ask_measure(ctx, device, measure))).await;
}

async fn ask_measure(ctx: &PageContext, device: &DeviceView, measure: &mut Measure) {
    let job = JobBody {
        dry_run: true,
        parameters: sample_parameters(ctx, measure.action),
        ..job_for_device(measure.action, device, device.seq)
    };
    measure.asked = Some(match ctx.client().send_own_job(&job).await {
        Ok(receipt) => read_receipt(ctx, &receipt),
        Err(error) => {
            let failure = PageFailure::from(error);
            let sentences = [failure.title(ctx), failure.cure(ctx)];
            AskedEffect {
                would: false,
                sentences: sentences.map(|text| ShownSentence::own(text).to_markup()).into(),
                needs_approval: false,
                fresh: false,
            }
        }
    });
}

/// A job about this one device in the state that was seen.
pub(super) fn job_for_device(action: ActionKind, device: &DeviceView, seq: Seq) -> JobBody {
    JobBody {
        instance: device.instance.parse().ok(),
        action: Some(action),
        devices: vec![JobTargetBody {
            seq: Some(seq),
            ..JobTargetBody::from_id(device.device_id)
        }],
        ..JobBody::default()
    }
}

/// Lost mode needs a message; the form asks for the real one.
fn sample_parameters(ctx: &PageContext, action: ActionKind) -> GivenParameters {
    let mut parameters = Map::new();
    if action == ActionKind::EnableLostMode {
        parameters.insert("message".to_owned(), Value::String(ctx.t("lost-sample-message")));
    }
    GivenParameters(parameters)
}

fn read_receipt(ctx: &PageContext, receipt: &ReceiptView) -> AskedEffect {
    let device = receipt.dry_run.as_ref().and_then(|devices| devices.first());
    AskedEffect {
        would: device.is_some_and(|device| device.would),
        sentences: device.map(|device| describe_result(ctx, device)).unwrap_or_default(),
        needs_approval: receipt.needs_approval,
        fresh: device.is_some_and(|device| device.fresh),
    }
}

/// What happens; or why not, and what works instead.
fn describe_result(ctx: &PageContext, device: &DryRunResult) -> Vec<Markup> {
    if device.would {
        let words = EffectWords::read(ctx);
        return vec![words.show_effect(ctx, &device.effect)];
    }
    let reason = explain(ctx, device.rule.as_deref(), device.reason.as_deref());
    let instead = explain_alternative(ctx, device.instead.as_deref());
    reason.into_iter().chain(instead).collect()
}
