//! Checks of the wizard as they run: each step goes to the browser when it is known, as HTML in a server-sent event; without
//! a script, all of them together with the page.

use std::convert::Infallible;

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderName, StatusCode, header};
use serde::Serialize;
use sics_client::contract::CheckStep;
use sics_client::{ClientError, EventStream};

use super::answers::TypedAnswers;
use super::form_request::open_for_form;
use super::open::OpenWizard;
use super::refusal::list_field_problems;
use super::state::PageState;
use super::steps::{StepTally, render_step, state_name, step_key};
use super::verdict::FieldProblem;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::Markup;

/// Steps that are gathered for a page at most.
const STEPS_MAX: usize = 500;

/// One event of a check that runs.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum CheckEvent {
    /// A step, in the place of an earlier one of the same key.
    Step { key: String, html: String },
    /// The end: what it came to, and what it found wrong with single answers.
    End {
        passed: bool,
        waiting: bool,
        html: String,
        problems: Vec<FieldProblem>,
    },
}

#[derive(Template)]
#[template(path = "pages/wizard_check_end.html")]
struct CheckEndPart<'a> {
    ctx: &'a PageContext,
    tally: StepTally,
    problem: Option<&'a PageFailure>,
}

/// A check that has ended, within a page.
pub(super) struct CheckResult {
    pub(super) action: String,
    pub(super) steps: Vec<Markup>,
    pub(super) end: Markup,
    pub(super) passed: bool,
    pub(super) problems: Vec<FieldProblem>,
}

/// Steps on their way to a browser.
pub(super) struct StepReader {
    ctx: PageContext,
    wizard: OpenWizard,
    steps: Option<EventStream<CheckStep>>,
    refusal: Option<ClientError>,
    tally: StepTally,
}

impl StepReader {
    pub(super) fn new(
        ctx: PageContext,
        wizard: OpenWizard,
        begun: Result<EventStream<CheckStep>, ClientError>,
    ) -> StepReader {
        let (steps, refusal) = match begun {
            Ok(steps) => (Some(steps), None),
            Err(error) => (None, Some(error)),
        };
        StepReader {
            ctx,
            wizard,
            steps,
            refusal,
            tally: StepTally::default(),
        }
    }

    /// `None`: there is no more.
    async fn next_step(&mut self) -> Option<CheckStep> {
        let steps = self.steps.as_mut()?;
        match steps.next().await {
            Ok(Some(step)) => {
                self.tally.count(&state_name(&step));
                return Some(step);
            }
            Ok(None) => {}
            Err(error) => self.refusal = Some(error),
        }
        self.steps = None;
        None
    }

    fn end(&mut self) -> (bool, Markup, Vec<FieldProblem>) {
        let refusal = self.refusal.take();
        let problems = refusal
            .as_ref()
            .map(|error| list_field_problems(&self.wizard.template, error));
        let passed = refusal.is_none() && self.tally.has_passed();
        let failure = refusal.map(PageFailure::from);
        let part = CheckEndPart {
            ctx: &self.ctx,
            tally: self.tally,
            problem: failure.as_ref(),
        };
        (passed, Markup::render(&part), problems.unwrap_or_default())
    }

    async fn next_event(&mut self) -> CheckEvent {
        match self.next_step().await {
            Some(step) => CheckEvent::Step {
                key: step_key(&step),
                html: render_step(&self.ctx, &self.wizard, &step).to_string(),
            },
            None => {
                let waiting = self.tally.is_waiting();
                let (passed, html, problems) = self.end();
                CheckEvent::End {
                    passed,
                    waiting,
                    html: html.to_string(),
                    problems,
                }
            }
        }
    }

    /// As server-sent events.
    pub(super) fn into_stream(self) -> PageResult {
        let events = stream::unfold(Some(self), async |reader| {
            let mut reader = reader?;
            let event = reader.next_event().await;
            let goes_on = matches!(event, CheckEvent::Step { .. });
            let bytes = write_event(&event);
            Some((Ok::<Bytes, Infallible>(bytes), goes_on.then_some(reader)))
        });
        Ok(event_response(Body::from_stream(events)))
    }

    /// All at once.
    pub(super) async fn gather(mut self, action: &str) -> CheckResult {
        let mut steps: Vec<(String, Markup)> = Vec::new();
        while let Some(step) = self.next_step().await {
            let key = step_key(&step);
            steps.retain(|(known, _)| *known != key);
            if steps.len() < STEPS_MAX {
                steps.push((key, render_step(&self.ctx, &self.wizard, &step)));
            }
        }
        let (passed, end, problems) = self.end();
        CheckResult {
            action: action.to_owned(),
            steps: steps.into_iter().map(|(_, step)| step).collect(),
            end,
            passed,
            problems,
        }
    }
}

/// One event for a browser.
pub(super) fn write_event(event: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(event).unwrap_or_default();
    Bytes::from(format!("data: {data}\n\n"))
}

/// An answer that goes on; proxies are told not to hold it back.
pub(super) fn event_response(body: Body) -> axum::response::Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (StatusCode::OK, headers, body).into_response()
}

/// Begins a check over the answers of the pages up to its own: what comes behind it is not judged by it.
pub(super) async fn start_check(
    ctx: &PageContext,
    wizard: &OpenWizard,
    typed: &TypedAnswers,
    action: &str,
) -> StepReader {
    let states = pages_up_to(wizard, typed.evaluate(wizard), action);
    let answers = typed.to_given(wizard, &states);
    let begun = wizard.start_check(ctx, action, answers).await;
    StepReader::new(ctx.clone(), wizard.clone(), begun)
}

fn pages_up_to(wizard: &OpenWizard, states: Vec<PageState>, action: &str) -> Vec<PageState> {
    let Some(last) = wizard.template.page_of_action(action) else {
        return states;
    };
    let end = states.iter().position(|state| state.name == last.name);
    let count = end.map_or(states.len(), |end| end + 1);
    states.into_iter().take(count).collect()
}

/// For the script of the page, as events.
pub(super) async fn run_product_check(
    ctx: PageContext,
    Path((product, action)): Path<(String, String)>,
    form: FormFields,
) -> PageResult {
    let wizard = OpenWizard::of_product(&ctx, &product).await?;
    stream_check(&ctx, wizard, &action, &form).await
}

pub(super) async fn run_installed_check(
    ctx: PageContext,
    Path((instance, action)): Path<(String, String)>,
    form: FormFields,
) -> PageResult {
    let wizard = open_for_form(&ctx, &instance, &form).await?;
    stream_check(&ctx, wizard, &action, &form).await
}

async fn stream_check(ctx: &PageContext, wizard: OpenWizard, action: &str, form: &FormFields) -> PageResult {
    let typed = TypedAnswers::from_form(&wizard, form);
    start_check(ctx, &wizard, &typed, action).await.into_stream()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::open::WizardMode;
    use crate::pages::wizard::test_template::{answers, small_template};

    #[test]
    fn a_check_gets_the_answers_up_to_its_own_page() {
        let wizard = OpenWizard {
            mode: WizardMode::Install,
            product: "small".to_owned(),
            instance: String::new(),
            template: small_template(),
            standing: answers(&[]),
        };
        let states = TypedAnswers::of_standing(&wizard).evaluate(&wizard);
        let names = |action: &str| {
            let pages = pages_up_to(&wizard, states.clone(), action).into_iter();
            pages.map(|page| page.name).collect::<Vec<_>>()
        };
        assert_eq!(names("verify"), ["sign"]);
        assert_eq!(names("certificate"), ["sign"], "a look stands on the page of its field");
        assert_eq!(names("rights"), ["sign", "acts"]);
        assert_eq!(names("unknown").len(), states.len());
    }

    #[test]
    fn an_event_is_one_line_of_data() {
        let event = CheckEvent::Step {
            key: "tls host".to_owned(),
            html: "<li>\n</li>".to_owned(),
        };
        let text = String::from_utf8(write_event(&event).to_vec()).unwrap();
        assert_eq!(
            text,
            "data: {\"kind\":\"step\",\"key\":\"tls host\",\"html\":\"<li>\\n</li>\"}\n\n"
        );
    }
}
