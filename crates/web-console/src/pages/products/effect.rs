//! What a request would do to devices: the API shows it with its refusal, and whoever confirms it sends back what was
//! shown, with the tick and the number that the page asks for.

use connector_core::model::EffectConfirmation;
use http::StatusCode;
use sics_client::ClientError;

use crate::failure::PageFailure;
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::Markup;
use crate::said::SaidSentence;
use crate::texts::Language;

/// As the API showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownEffect {
    /// Devices concerned.
    pub(crate) count: u64,
    /// What confirms exactly this.
    pub(crate) code: String,
    /// What the API said of it.
    pub(crate) sentence: String,
    /// In which language.
    pub(crate) language: Language,
}

impl ShownEffect {
    /// Of a refusal that asks for no more than a confirmation.
    pub(crate) fn from_error(error: &ClientError) -> Option<ShownEffect> {
        let code = error.confirmation()?.to_owned();
        let count = error.problem.as_ref().and_then(|problem| problem.count);
        Some(ShownEffect {
            count: count.unwrap_or_default(),
            code,
            sentence: error.message.clone(),
            language: error.language.into(),
        })
    }

    /// What the form was sent with.
    pub(crate) fn from_form(form: &FormFields) -> Option<ShownEffect> {
        let code = form.given("confirm")?;
        let confirmation = EffectConfirmation::try_from(code.clone()).ok()?;
        Some(ShownEffect {
            count: confirmation.device_count(),
            code,
            sentence: form.text("effect").to_owned(),
            language: Language::from_code(form.text("effect_language")).unwrap_or(Language::English),
        })
    }

    /// The sentence as a page shows it.
    pub(crate) fn show_sentence(&self, ctx: &PageContext) -> Markup {
        SaidSentence::in_language(ctx, self.sentence.clone(), self.language).to_markup()
    }

    /// Where the form confirms it by tick and number.
    pub(crate) fn confirm(&self, form: &FormFields) -> Result<EffectConfirmation, PageFailure> {
        let typed = form.text("number").parse::<u64>().ok();
        let agreed = form.is_ticked("agree") && typed == Some(self.count);
        let confirmation = EffectConfirmation::try_from(self.code.clone()).ok();
        let confirmation = confirmation.filter(|_| agreed);
        confirmation.ok_or_else(not_confirmed)
    }
}

/// What a form that removes something confirms. Without the tick nothing is asked of the API: what concerns no device goes
/// at once.
pub(crate) fn read_confirmation(
    form: &FormFields,
    shown: Option<&ShownEffect>,
) -> Result<Option<EffectConfirmation>, PageFailure> {
    if !form.is_ticked("agree") {
        return Err(not_confirmed());
    }
    shown.map(|shown| shown.confirm(form)).transpose()
}

fn not_confirmed() -> PageFailure {
    PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "products-not-confirmed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_form::make_form;

    fn shown() -> ShownEffect {
        ShownEffect {
            count: 12,
            code: "12-0123456789abcdef".to_owned(),
            sentence: String::new(),
            language: Language::English,
        }
    }

    #[test]
    fn only_tick_and_number_together_confirm() {
        for (agree, number, confirmed) in [
            ("1", "12", true),
            ("1", " 12 ", true),
            ("", "12", false),
            ("1", "11", false),
            ("1", "", false),
            ("1", "12-0123456789abcdef", false),
        ] {
            let form = make_form(&[("agree", agree), ("number", number)]);
            assert_eq!(shown().confirm(&form).is_ok(), confirmed, "{agree} {number}");
        }
    }

    #[test]
    fn what_was_shown_comes_back_with_the_form() {
        let form = make_form(&[("confirm", "12-0123456789abcdef")]);
        assert_eq!(ShownEffect::from_form(&form), Some(shown()));
        for nothing in ["", "x", "12-", "-1"] {
            let form = make_form(&[("confirm", nothing)]);
            assert_eq!(ShownEffect::from_form(&form), None, "{nothing}");
        }
    }

    #[test]
    fn nothing_is_asked_without_the_tick_and_nothing_confirmed_without_the_number() {
        assert!(read_confirmation(&make_form(&[]), None).is_err());
        let first = read_confirmation(&make_form(&[("agree", "1")]), None).unwrap();
        assert!(first.is_none());
        let form = make_form(&[("agree", "1"), ("number", "7")]);
        assert!(read_confirmation(&form, Some(&shown())).is_err());
        let form = make_form(&[("agree", "1"), ("number", "12")]);
        assert!(read_confirmation(&form, Some(&shown())).unwrap().is_some());
    }
}
