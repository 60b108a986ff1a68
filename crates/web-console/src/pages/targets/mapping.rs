//! The mapping of a target: as a text that goes from a test system to the real one. What a new one changes is shown rule by
//! rule before it is saved; what is wrong with it is shown at its row.

use askama::Template;
use axum::extract::Path;
use axum::response::IntoResponse;
use http::{HeaderValue, StatusCode, header};
use openssl::sha::sha256;
use serde_json::Value;
use sics_client::ClientError;
use sics_client::contract::{TargetMappingBody, TargetMappingView};

use super::head::{TargetHead, TargetTab};
use super::mapping_changes::{RuleChange, list_rule_changes};
use super::mapping_fields::FieldsPart;
use super::mapping_place::{PlaceLine, find_line, find_place};
use super::words::{other_side_failure, shorten_digest, unmet};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::render::{go_to, show_page_as};
use crate::texts::Language;

#[derive(Template)]
#[template(path = "pages/targets/mapping.html")]
struct MappingPage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    facts: MappingFacts,
    text: String,
    /// What it changes; `None`: nobody has asked.
    review: Option<Vec<RuleChange>>,
    /// Of the text whose changes are shown: only this one is saved.
    seen: String,
    wrong: Option<WrongRow>,
    /// `None`: nobody has asked for them.
    fields: Option<FieldsPart>,
    /// Fields of a device, with their names for people.
    sources: Vec<(String, String)>,
    problem: Option<&'a PageFailure>,
}

/// What is known of the mapping in use.
struct MappingFacts {
    digest: String,
    consented: bool,
    is_default: bool,
    changed: Option<(String, TimeText)>,
}

impl MappingFacts {
    fn new(ctx: &PageContext, view: &TargetMappingView) -> MappingFacts {
        let by = ctx.plain(view.changed_by.as_deref().unwrap_or_default());
        MappingFacts {
            digest: shorten_digest(&view.digest),
            consented: view.consented,
            is_default: view.is_default,
            changed: view.changed_at.as_ref().map(|at| (by, ctx.time(at))),
        }
    }
}

/// Where a mapping is wrong.
pub(super) struct WrongRow {
    /// What the API says of it, in English; empty where the problem above says it already.
    message: String,
    lines: Vec<PlaceLine>,
}

/// What the page shows besides the mapping in use.
#[derive(Default)]
pub(super) struct MappingDraft {
    /// As it was typed; `None`: the mapping in use.
    text: Option<String>,
    is_reviewed: bool,
    with_fields: bool,
    wrong: Option<WrongRow>,
}

pub(super) async fn show_mapping(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let draft = MappingDraft {
        with_fields: ctx.list().value("fields") == "1",
        ..MappingDraft::default()
    };
    render_mapping(&ctx, &name, draft, None).await
}

/// The page, with what was typed and what is wrong with it.
pub(super) async fn render_mapping(
    ctx: &PageContext,
    name: &str,
    draft: MappingDraft,
    problem: Option<&PageFailure>,
) -> PageResult {
    let (target, view) = tokio::try_join!(ctx.client().show_target(name), ctx.client().show_target_mapping(name))?;
    let text = draft.text.unwrap_or_else(|| view.text.clone());
    let shown = read_document(&text).unwrap_or_default();
    let in_use = read_document(&view.text).unwrap_or_default();
    let fields = if draft.with_fields {
        Some(FieldsPart::read(ctx, &target, &shown).await)
    } else {
        None
    };
    let page = MappingPage {
        ctx,
        head: TargetHead::new(ctx, &target, TargetTab::Mapping),
        facts: MappingFacts::new(ctx, &view),
        review: draft.is_reviewed.then(|| list_rule_changes(&in_use, &shown)),
        seen: digest_text(&text),
        wrong: draft.wrong,
        fields,
        sources: list_sources(ctx).await,
        text,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

/// Names of fields of a device; none where the reader may not know them, or changes nothing.
async fn list_sources(ctx: &PageContext) -> Vec<(String, String)> {
    if !ctx.may("Targets_Manage") {
        return Vec::new();
    }
    let read = ctx.client().list_fields().await;
    let fields = read.map(|view| view.fields).unwrap_or_default();
    let named = fields.into_iter().map(|field| {
        let label = ctx.word("field-", &field.name);
        (field.name, label)
    });
    named.collect()
}

fn read_document(text: &str) -> Result<Value, serde_json::Error> {
    // Editors of some systems begin a file with it.
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
}

fn digest_text(text: &str) -> String {
    hex::encode(sha256(text.as_bytes()))
}

/// A file wins over what stands in the field. Browsers send line ends of their own.
fn chosen_text(form: &FormFields) -> String {
    let text = match form.file("file") {
        Some(file) => String::from_utf8_lossy(&file.content).into_owned(),
        None => form.raw("text").to_owned(),
    };
    text.replace("\r\n", "\n")
}

pub(super) async fn change_mapping(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let text = chosen_text(&form);
    let with_fields = form.is_ticked("fields");
    match form.text("step") {
        "default" => set_default(&ctx, &name, &form).await,
        "fields" => {
            let draft = MappingDraft {
                text: Some(text),
                with_fields: true,
                ..MappingDraft::default()
            };
            render_mapping(&ctx, &name, draft, None).await
        }
        // What was typed after the look is looked at first.
        "save" if form.text("seen") == digest_text(&text) => save_mapping(&ctx, &name, text, with_fields).await,
        _ => review_mapping(&ctx, &name, text, with_fields).await,
    }
}

async fn review_mapping(ctx: &PageContext, name: &str, text: String, with_fields: bool) -> PageResult {
    let unreadable = read_document(&text).err().map(|error| WrongRow {
        message: String::new(),
        lines: find_line(&text, error.line()),
    });
    let failure = unreadable.as_ref().map(|_| unmet("targets-mapping-no-json"));
    let draft = MappingDraft {
        text: Some(text),
        is_reviewed: unreadable.is_none(),
        with_fields,
        wrong: unreadable,
    };
    render_mapping(ctx, name, draft, failure.as_ref()).await
}

async fn save_mapping(ctx: &PageContext, name: &str, text: String, with_fields: bool) -> PageResult {
    let body = TargetMappingBody {
        text: Some(text.clone()),
    };
    match ctx.client().set_target_mapping(name, &body).await {
        Ok(_) => go_to(ctx, &format!("/targets/{name}/mapping"), "target-mapping-set"),
        Err(error) => {
            let draft = MappingDraft {
                wrong: Some(describe_wrong(ctx, &error, &text)),
                text: Some(text),
                is_reviewed: false,
                with_fields,
            };
            let failure = other_side_failure(error);
            render_mapping(ctx, name, draft, Some(&failure)).await
        }
    }
}

fn describe_wrong(ctx: &PageContext, error: &ClientError, text: &str) -> WrongRow {
    let members = error.problem.as_ref().map(|problem| &problem.members);
    let place = members.and_then(|members| members.get("where")?.as_str());
    WrongRow {
        lines: place.map(|place| find_place(text, place)).unwrap_or_default(),
        // Where it is not said above, as the page's language has no words for it.
        message: match place {
            Some(_) if Language::from(error.language) != ctx.language() => ctx.plain(&error.message),
            _ => String::new(),
        },
    }
}

async fn set_default(ctx: &PageContext, name: &str, form: &FormFields) -> PageResult {
    let failure = if form.is_ticked("agree") {
        let set = ctx
            .client()
            .set_target_mapping(name, &TargetMappingBody::default())
            .await;
        set.err().map(other_side_failure)
    } else {
        Some(unmet("targets-not-agreed"))
    };
    match failure {
        None => go_to(ctx, &format!("/targets/{name}/mapping"), "target-mapping-set"),
        Some(failure) => render_mapping(ctx, name, MappingDraft::default(), Some(&failure)).await,
    }
}

/// The mapping in use as a file.
pub(super) async fn export_mapping(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let view = ctx.client().show_target_mapping(&name).await?;
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", file_name(&name)));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (
            header::CONTENT_DISPOSITION,
            disposition.map_err(|_| PageFailure::not_found())?,
        ),
    ];
    Ok((headers, view.text).into_response())
}

fn file_name(target: &str) -> String {
    let plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    format!("{}-mapping.json", target.chars().filter(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_form::make_form;

    #[test]
    fn line_ends_of_browsers_make_no_other_text() {
        let typed = chosen_text(&make_form(&[("text", "{\r\n}\r\n")]));
        assert_eq!(typed, "{\n}\n");
        assert_eq!(digest_text(&typed), digest_text("{\n}\n"));
        assert_ne!(digest_text(&typed), digest_text("{}\n"));
    }

    #[test]
    fn a_file_of_a_mapping_bears_the_name_of_its_target() {
        assert_eq!(file_name("IntuneTargetOcs_3"), "IntuneTargetOcs_3-mapping.json");
        assert_eq!(file_name("a\"b/..\r\n"), "ab-mapping.json");
    }

    #[test]
    fn a_mark_of_the_byte_order_is_no_mistake() {
        assert!(read_document("\u{feff}{}").is_ok());
        assert_eq!(read_document("{\n\"a\" 1}").unwrap_err().line(), 2);
    }
}
