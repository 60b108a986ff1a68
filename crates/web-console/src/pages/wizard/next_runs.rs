//! The next runs of schedules, beside their fields while they are typed: of times that were typed, and of those that come
//! with a choice, beside the field of their time zone.

use futures_util::future::join_all;
use sics_client::contract::RunsBody;

use super::open::OpenWizard;
use super::state::{AnswerTexts, effective_answer, split_list};
use super::template::{TemplateField, WizardTemplate};
use super::verdict::Verdict;
use crate::page::PageContext;

/// A schedule with its zone, and the field beside which it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ZonedTrigger {
    place: String,
    label: String,
    trigger: String,
    zone: String,
}

/// When it would run, as the wall clock of the zone shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NextRuns {
    pub(super) place: String,
    pub(super) label: String,
    pub(super) zone: String,
    pub(super) runs: Vec<String>,
}

/// Words instead of times.
const NO_TIMES: [&str; 2] = ["auto", "off"];

/// Of all schedules that can be read; what is wrong with others stands beside their field.
pub(super) async fn list_next_runs(
    ctx: &PageContext,
    wizard: &OpenWizard,
    texts: &AnswerTexts,
    verdict: &Verdict,
) -> Vec<NextRuns> {
    let asks = |field: &str| verdict.asks_field(field);
    let triggers = list_triggers(&wizard.template, texts, asks);
    let runs = triggers.into_iter().map(|trigger| async move {
        let body = RunsBody {
            trigger: trigger.trigger,
            zone: Some(trigger.zone),
        };
        let view = ctx.client().next_runs(&wizard.product, &body).await.ok()?;
        Some(NextRuns {
            place: trigger.place,
            label: trigger.label,
            zone: view.zone,
            runs: view.runs.iter().map(|run| wall_clock(run)).collect(),
        })
    });
    let runs = join_all(runs).await.into_iter().flatten();
    runs.filter(|found| !found.runs.is_empty()).collect()
}

fn list_triggers(template: &WizardTemplate, texts: &AnswerTexts, asks: impl Fn(&str) -> bool) -> Vec<ZonedTrigger> {
    let triggers = template.fields().filter(|field| field.kind == "trigger");
    let zoned = triggers.filter_map(|field| {
        let zone = field.zone.as_deref().and_then(|zone| template.find_field(zone));
        let (place, trigger) = if asks(&field.name) {
            (field.name.clone(), effective_answer(texts, field)?.to_owned())
        } else {
            let zone = zone.filter(|zone| asks(&zone.name))?;
            (zone.name.clone(), chosen_setting(template, texts, field, &asks)?)
        };
        let has_times = !trigger.is_empty() && !NO_TIMES.contains(&trigger.as_str());
        let zone = zone.and_then(|zone| effective_answer(texts, zone)).unwrap_or("UTC");
        has_times.then(|| ZonedTrigger {
            place,
            label: field.label.clone(),
            trigger,
            zone: zone.to_owned(),
        })
    });
    zoned.collect()
}

/// What a choice among the answers sets for this field.
fn chosen_setting(
    template: &WizardTemplate,
    texts: &AnswerTexts,
    field: &TemplateField,
    asks: impl Fn(&str) -> bool,
) -> Option<String> {
    let setting = field.setting.as_deref()?;
    template.fields().filter(|field| asks(&field.name)).find_map(|field| {
        let taken = split_list(effective_answer(texts, field)?);
        let mut choices = field.choices.iter().filter(|choice| taken.contains(&choice.value));
        choices.find_map(|choice| choice.sets.get(setting).cloned())
    })
}

/// `2026-11-29T15:15:00+01:00` as people read it, with the offset that holds then.
fn wall_clock(run: &str) -> String {
    match chrono::DateTime::parse_from_rfc3339(run) {
        Ok(at) => at.format("%Y-%m-%d %H:%M (UTC%:z)").to_string(),
        Err(_) => run.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pages::wizard::test_template::answers;

    fn template() -> WizardTemplate {
        let told = json!({"pages": [{"name": "scan", "kind": "questions", "fields": [
            {"name": "rhythm", "type": "choice", "default": "usual", "choices": [
                {"value": "usual", "label": "Usual", "sets": {"full": "auto", "quick": "every 15m"}},
                {"value": "own", "label": "Own"}]},
            {"name": "zone", "type": "text", "form": "zone", "default": "UTC"},
            {"name": "quick", "type": "trigger", "label": "Quick", "zone": "zone", "setting": "quick", "default": "every 15m"},
            {"name": "full", "type": "trigger", "label": "Full", "zone": "zone", "setting": "full", "default": "auto"}
        ]}]});
        serde_json::from_value(told).unwrap()
    }

    fn found(given: &[(&str, &str)], asked: &[&str]) -> Vec<(String, String, String)> {
        let triggers = list_triggers(&template(), &answers(given), |field| asked.contains(&field));
        let triples = triggers
            .into_iter()
            .map(|found| (found.place, found.trigger, found.zone));
        triples.collect()
    }

    fn triple(place: &str, trigger: &str, zone: &str) -> (String, String, String) {
        (place.to_owned(), trigger.to_owned(), zone.to_owned())
    }

    #[test]
    fn typed_times_stand_beside_their_own_field_in_the_chosen_zone() {
        let given = [("rhythm", "own"), ("zone", "Europe/Berlin"), ("full", "0 3 * * *")];
        let asked = ["rhythm", "zone", "quick", "full"];
        assert_eq!(
            found(&given, &asked),
            [
                triple("quick", "every 15m", "Europe/Berlin"),
                triple("full", "0 3 * * *", "Europe/Berlin")
            ]
        );
        let off = [("rhythm", "own"), ("quick", "off")];
        assert_eq!(found(&off, &asked), [], "off and auto have no times");
    }

    #[test]
    fn times_of_a_choice_stand_beside_the_zone() {
        assert_eq!(found(&[], &["rhythm", "zone"]), [triple("zone", "every 15m", "UTC")]);
        assert_eq!(found(&[], &["rhythm"]), [], "nothing to stand beside");
    }

    #[test]
    fn a_run_is_told_as_the_clock_on_the_wall() {
        assert_eq!(wall_clock("2026-11-29T15:15:00+01:00"), "2026-11-29 15:15 (UTC+01:00)");
        assert_eq!(wall_clock("soon"), "soon");
    }
}
