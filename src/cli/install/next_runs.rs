//! The next runs of a schedule, shown as soon as its time zone is known: of times that were typed, and of those that
//! come with a choice.

use super::installation_client::InstallationClient;
use super::messages::WizardMessage;
use crate::bus::template::{FieldKind, TemplateField};
use crate::bus::wizard::Wizard;
use crate::cli::output;
use crate::model::Language;

/// A schedule with its zone.
#[derive(Debug, PartialEq, Eq)]
struct ZonedTrigger {
    label: String,
    trigger: String,
    zone: String,
}

/// As the wall clock of the zone shows them.
pub(super) async fn print_next_runs(
    target: &InstallationClient<'_>,
    wizard: &Wizard,
    field: &TemplateField,
    language: Language,
) {
    for found in triggers_behind(wizard, field, language) {
        // `auto` and `off` have no times.
        if let Ok(runs) = target.fetch_next_runs(&found.trigger, &found.zone).await
            && !runs.is_empty()
        {
            let words = WizardMessage::NextRuns.in_language(language);
            output::eprint_line(format!("    {}: {words} {}", found.label, runs.join("  ")));
        }
    }
}

/// What is known when this field has been answered: its own schedule, or where it is the zone of schedules, those that
/// come with a choice. Those that are asked still are shown then.
fn triggers_behind(wizard: &Wizard, field: &TemplateField, language: Language) -> Vec<ZonedTrigger> {
    let state = wizard.current_state();
    let settings = wizard.desired_settings().settings;
    let all = wizard.template().fields();
    let zoned = all.filter_map(|trigger| {
        let FieldKind::Trigger { zone, .. } = &trigger.kind else {
            return None;
        };
        let is_own = trigger.name == field.name;
        let is_zone = zone.as_ref() == Some(&field.name) && !state.asks_field(&trigger.name);
        if !is_own && !is_zone {
            return None;
        }
        let zone = zone.as_deref().and_then(|zone| {
            let default = wizard.template().find_field(zone)?.default.as_deref();
            wizard.answers().text_of(zone).or(default)
        });
        let setting = trigger.setting.as_deref()?;
        let text = settings.values().find_map(|part| part.get(setting))?;
        Some(ZonedTrigger {
            label: trigger.label.in_language(language).to_owned(),
            trigger: text.to_string(),
            zone: zone.unwrap_or("UTC").to_owned(),
        })
    });
    zoned.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::bus::answers::{FieldAnswer, WizardAnswers};
    use crate::bus::template::WizardTemplate;

    const SHIPPED: &str = include_str!("../../../templates/intune-connector.xml");

    fn found(answers: &[(&str, &str)], field: &str) -> Vec<(String, String)> {
        let template = Arc::new(WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings"));
        let mut given = WizardAnswers::default();
        for (name, text) in answers {
            let field = template.find_field(name).expect("a field");
            let answer = FieldAnswer::from_text(field, text)
                .expect("it fits")
                .expect("an answer");
            given.set_answer(*name, answer);
        }
        let wizard = Wizard::new(template.clone()).with_answers(given);
        let field = template.find_field(field).expect("a field");
        let all = triggers_behind(&wizard, field, Language::En).into_iter();
        all.map(|found| (found.trigger, found.zone)).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = expected
            .iter()
            .map(|(trigger, zone)| ((*trigger).to_owned(), (*zone).to_owned()));
        owned.collect()
    }

    #[test]
    fn mi_10_next_runs_are_shown_in_the_chosen_zone_and_of_presets_too() {
        let berlin = "Europe/Berlin";
        assert_eq!(found(&[], "zone"), pairs(&[("every 2m", "UTC"), ("auto", "UTC")]));
        assert_eq!(
            found(&[("rhythm", "calm"), ("zone", berlin)], "zone"),
            pairs(&[("every 1h", berlin), ("0 3 * * *", berlin)])
        );
        let own = [("rhythm", "own"), ("zone", berlin), ("full", "0 4 * * *")];
        assert_eq!(found(&own, "zone"), pairs(&[]), "they are asked still");
        assert_eq!(found(&own, "full"), pairs(&[("0 4 * * *", berlin)]));
        assert_eq!(found(&own, "rhythm"), pairs(&[]));
    }

    #[test]
    fn mi_10_the_zone_is_asked_with_every_rhythm_and_before_the_times() {
        let template = WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings");
        let page = template
            .pages
            .iter()
            .find(|page| page.name == "scanner")
            .expect("a page");
        let names: Vec<&str> = page.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["rhythm", "zone", "incremental", "full"]);
        assert!(template.find_field("zone").is_some_and(|zone| zone.when.is_none()));
    }
}
