//! Parameters as the form shows them: label, help, value, and what is wrong with it.

use std::collections::BTreeMap;

use super::draft::{JobDraft, PARAMETER};
use super::fields::{FieldControl, ParameterField, find_named_parameter};
use crate::failure::PageFailure;
use crate::page::PageContext;
use crate::pages::device::fitting::write_sentence;
use crate::said::SaidSentence;

/// A parameter in the form.
pub(super) struct FieldView {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) is_help_foreign: bool,
    pub(super) value: String,
    pub(super) problem: String,
    pub(super) required: bool,
    pub(super) control: &'static str,
    pub(super) options: Vec<(String, String, bool)>,
    pub(super) min: String,
    pub(super) max: String,
}

/// The fields of a form.
#[derive(Default)]
pub(super) struct FormFieldViews {
    /// They are needed.
    pub(super) needed: Vec<FieldView>,
    /// They may be left out.
    pub(super) optional: Vec<FieldView>,
    /// Asked for when it is sent.
    pub(super) secret: Vec<FieldView>,
    /// Something of what may be left out is given.
    pub(super) opens_optional: bool,
}

pub(super) fn sort_fields(
    ctx: &PageContext,
    fields: &[ParameterField],
    typed: (&JobDraft, &BTreeMap<String, String>),
) -> FormFieldViews {
    let mut views = FormFieldViews::default();
    for field in fields {
        let view = field_view(ctx, field, typed);
        if field.secret {
            views.secret.push(view);
        } else if field.required {
            views.needed.push(view);
        } else {
            views.opens_optional |= !view.value.is_empty() || !view.problem.is_empty();
            views.optional.push(view);
        }
    }
    views
}

/// A refusal that names a parameter is told at its field, too.
pub(super) fn tell_at_field(
    ctx: &PageContext,
    fields: &[ParameterField],
    (failure, told): (Option<&PageFailure>, &mut BTreeMap<String, String>),
) {
    let Some(failure) = failure.filter(|failure| failure.code.to_ascii_lowercase().contains("parameter")) else {
        return;
    };
    if let Some(name) = find_named_parameter(&failure.message, fields) {
        told.insert(name.to_owned(), failure.title(ctx));
    }
}

fn field_view(
    ctx: &PageContext,
    field: &ParameterField,
    (draft, told): (&JobDraft, &BTreeMap<String, String>),
) -> FieldView {
    // Neither in an address nor in a page.
    let value = if field.secret {
        None
    } else {
        draft.typed.get(&field.name)
    };
    let value = value.cloned().unwrap_or_default();
    let help_key = format!("actions-help-{}", field.name.to_ascii_lowercase());
    let own_help = ctx.has_text(&help_key).then(|| ctx.t(&help_key));
    let said_help = SaidSentence::from_english(ctx, &write_sentence(&field.help));
    let option = |word: &str, label: String| (word.to_owned(), label, value == word);
    let (control, options, min, max) = match &field.control {
        FieldControl::Flag => {
            let options = vec![option("true", ctx.t("yes")), option("false", ctx.t("no"))];
            ("choice", options, String::new(), String::new())
        }
        FieldControl::Choice(words) => {
            let options = words.iter().map(|word| option(word, ctx.word("actions-choice-", word)));
            ("choice", options.collect(), String::new(), String::new())
        }
        FieldControl::Number { min, max } => ("number", Vec::new(), text_of(*min), text_of(*max)),
        FieldControl::Code => ("code", Vec::new(), String::new(), String::new()),
        FieldControl::Line { max } => ("line", Vec::new(), String::new(), text_of(*max)),
        FieldControl::Lines { max } => ("lines", Vec::new(), String::new(), text_of(*max)),
    };
    FieldView {
        id: format!("{PARAMETER}{}", field.name),
        label: ctx.word("actions-parameter-", &field.name),
        is_help_foreign: own_help.is_none() && said_help.is_foreign,
        help: own_help.unwrap_or(said_help.text),
        problem: told.get(&field.name).cloned().unwrap_or_default(),
        required: field.required,
        control,
        options,
        min,
        max,
        value,
    }
}

fn text_of(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}
