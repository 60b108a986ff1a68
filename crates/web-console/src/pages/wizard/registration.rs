//! Registering an application: the bus makes the key and keeps it, the page offers the certificate, the steps in the portal
//! and scripts, then looks every few seconds how far somebody has come. The same renews the certificate of an installation.

use askama::Template;
use axum::extract::Path;
use axum::response::IntoResponse;
use http::{HeaderValue, StatusCode, header};
use sics_client::contract::{CheckStep, RegistrationBody, RegistrationCheckBody, RegistrationView};
use sics_client::{ClientError, EventStream, operation};

use super::answers::TypedAnswers;
use super::checks::{CheckResult, StepReader};
use super::form_request::open_for_form;
use super::open::{OpenWizard, WizardMode, api_language};
use super::page::render_wizard;
use super::refusal::list_field_problems;
use super::show::gather;
use super::submit::form_status;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{Markup, show_page};

/// Characters of the thumbprint in the name of the file.
const NAME_LETTERS: usize = 8;

#[derive(Template)]
#[template(path = "pages/wizard_registration.html")]
struct RegistrationPart<'a> {
    ctx: &'a PageContext,
    view: &'a RegistrationView,
    /// Where it stands, with the base path.
    path: String,
    /// What its check has found, without a script.
    result: Option<&'a CheckResult>,
}

#[derive(Template)]
#[template(path = "pages/registration.html")]
struct RegistrationPage<'a> {
    ctx: &'a PageContext,
    wizard: &'a OpenWizard,
    part: Markup,
}

impl RegistrationPage<'_> {
    /// The wizard that goes on with it.
    fn back(&self) -> String {
        let path = match self.wizard.mode {
            WizardMode::Install => self.wizard.path(),
            WizardMode::Change | WizardMode::SignIn => format!("{}/renew", self.wizard.root()),
        };
        self.ctx.link(&path)
    }
}

/// A registration, and where it is asked for.
async fn fetch(ctx: &PageContext, wizard: &OpenWizard, id: &str) -> Result<RegistrationView, ClientError> {
    if wizard.is_new() {
        ctx.client().show_registration(&wizard.product, id).await
    } else {
        ctx.client().show_renewal(&wizard.instance, id).await
    }
}

async fn begin(ctx: &PageContext, wizard: &OpenWizard, typed: &TypedAnswers) -> Result<RegistrationView, ClientError> {
    let body = RegistrationBody {
        answers: typed.to_given(wizard, &typed.evaluate(wizard)),
        language: api_language(ctx),
    };
    if wizard.is_new() {
        ctx.client().begin_registration(&wizard.product, &body).await
    } else {
        ctx.client().begin_renewal(&wizard.instance, &body).await
    }
}

async fn start_check(
    ctx: &PageContext,
    wizard: &OpenWizard,
    typed: &TypedAnswers,
    id: &str,
) -> Result<EventStream<CheckStep>, ClientError> {
    let body = RegistrationCheckBody {
        answers: typed.to_given(wizard, &typed.evaluate(wizard)),
        ..RegistrationCheckBody::default()
    };
    let (operation, place) = if wizard.is_new() {
        (operation::check_registration(), &wizard.product)
    } else {
        (operation::check_renewal(), &wizard.instance)
    };
    let path = [place.clone(), id.to_owned()];
    ctx.client().stream_events(&operation, &path, &(), Some(&body)).await
}

fn render_part(
    ctx: &PageContext,
    wizard: &OpenWizard,
    view: &RegistrationView,
    result: Option<&CheckResult>,
) -> Markup {
    let part = RegistrationPart {
        ctx,
        view,
        path: ctx.link(&format!("{}/registrations/{}", wizard.root(), view.id)),
        result,
    };
    Markup::render(&part)
}

fn show_part(ctx: &PageContext, wizard: &OpenWizard, view: &RegistrationView) -> PageResult {
    let part = render_part(ctx, wizard, view, None);
    show_page(&RegistrationPage { ctx, wizard, part })
}

/// The field that asks for a registration, where it is asked, and its answer.
fn find_registration<'a>(wizard: &'a OpenWizard, typed: &'a TypedAnswers) -> Option<(&'a str, &'a str)> {
    let states = typed.evaluate(wizard);
    let is_asked = |name: &str| states.iter().any(|state| state.asks_field(name));
    let mut fields = wizard.template.fields();
    let field = fields.find(|field| field.is_registration() && is_asked(&field.name))?;
    Some((
        field.name.as_str(),
        typed.texts.get(&field.name).map_or("", String::as_str),
    ))
}

/// The part for the page of the wizard, where one is on its way.
pub(super) async fn show_running(ctx: &PageContext, wizard: &OpenWizard, typed: &TypedAnswers) -> Option<Markup> {
    let (_, id) = find_registration(wizard, typed).filter(|(_, id)| !id.is_empty())?;
    let view = fetch(ctx, wizard, id).await.ok()?;
    Some(render_part(ctx, wizard, &view, None))
}

/// Without a script: the key is made, and the form shows the rest.
pub(super) async fn begin_in_form(
    ctx: &PageContext,
    wizard: &OpenWizard,
    mut typed: TypedAnswers,
    form: &FormFields,
) -> PageResult {
    match begin(ctx, wizard, &typed).await {
        Ok(view) => {
            let name = find_registration(wizard, &typed).map(|(name, _)| name.to_owned());
            typed.texts.insert(name.unwrap_or_default(), view.id.clone());
            let mut shown = gather(ctx, wizard, typed, form).await?;
            shown.registration = Some(render_part(ctx, wizard, &view, None));
            render_wizard(ctx, wizard, &shown, StatusCode::OK)
        }
        Err(error) => {
            let mut shown = gather(ctx, wizard, typed, form).await?;
            let found = list_field_problems(&wizard.template, &error);
            shown.verdict.add_problems(wizard, &found);
            let failure = PageFailure::from(error);
            let status = form_status(&failure);
            shown.problem = Some(failure);
            render_wizard(ctx, wizard, &shown, status)
        }
    }
}

/// Without a script: how far it is, as often as the button is pressed.
pub(super) async fn check_in_form(
    ctx: &PageContext,
    wizard: &OpenWizard,
    typed: TypedAnswers,
    form: &FormFields,
) -> PageResult {
    let id = find_registration(wizard, &typed)
        .map(|(_, id)| id.to_owned())
        .unwrap_or_default();
    let view = fetch(ctx, wizard, &id).await?;
    let begun = start_check(ctx, wizard, &typed, &id).await;
    let reader = StepReader::new(ctx.clone(), wizard.clone(), begun);
    let result = reader.gather("registration").await;
    let mut shown = gather(ctx, wizard, typed, form).await?;
    shown.verdict.add_problems(wizard, &result.problems);
    shown.registration = Some(render_part(ctx, wizard, &view, Some(&result)));
    render_wizard(ctx, wizard, &shown, StatusCode::OK)
}

pub(super) async fn begin_for_product(ctx: PageContext, Path(product): Path<String>, form: FormFields) -> PageResult {
    let wizard = OpenWizard::of_product(&ctx, &product).await?;
    begin_for_script(&ctx, &wizard, &form).await
}

pub(super) async fn begin_for_installed(
    ctx: PageContext,
    Path(instance): Path<String>,
    form: FormFields,
) -> PageResult {
    let wizard = open_for_form(&ctx, &instance, &form).await?;
    begin_for_script(&ctx, &wizard, &form).await
}

async fn begin_for_script(ctx: &PageContext, wizard: &OpenWizard, form: &FormFields) -> PageResult {
    let typed = TypedAnswers::from_form(wizard, form);
    let view = begin(ctx, wizard, &typed).await?;
    show_part(ctx, wizard, &view)
}

pub(super) async fn show_for_product(
    ctx: PageContext,
    Path((product, registration)): Path<(String, String)>,
) -> PageResult {
    let wizard = OpenWizard::of_product(&ctx, &product).await?;
    let view = fetch(&ctx, &wizard, &registration).await?;
    show_part(&ctx, &wizard, &view)
}

pub(super) async fn show_for_installed(
    ctx: PageContext,
    Path((instance, registration)): Path<(String, String)>,
) -> PageResult {
    let wizard = OpenWizard::of_installation(&ctx, &instance, WizardMode::SignIn).await?;
    let view = fetch(&ctx, &wizard, &registration).await?;
    show_part(&ctx, &wizard, &view)
}

pub(super) async fn check_for_product(
    ctx: PageContext,
    Path((product, registration)): Path<(String, String)>,
    form: FormFields,
) -> PageResult {
    let wizard = OpenWizard::of_product(&ctx, &product).await?;
    stream_check(&ctx, wizard, &registration, &form).await
}

pub(super) async fn check_for_installed(
    ctx: PageContext,
    Path((instance, registration)): Path<(String, String)>,
    form: FormFields,
) -> PageResult {
    let wizard = open_for_form(&ctx, &instance, &form).await?;
    stream_check(&ctx, wizard, &registration, &form).await
}

async fn stream_check(ctx: &PageContext, wizard: OpenWizard, id: &str, form: &FormFields) -> PageResult {
    let typed = TypedAnswers::from_form(&wizard, form);
    let begun = start_check(ctx, &wizard, &typed, id).await;
    StepReader::new(ctx.clone(), wizard, begun).into_stream()
}

pub(super) async fn certificate_for_product(
    ctx: PageContext,
    Path((product, registration)): Path<(String, String)>,
) -> PageResult {
    send_certificate(&ctx.client().show_registration(&product, &registration).await?)
}

pub(super) async fn certificate_for_installed(
    ctx: PageContext,
    Path((instance, registration)): Path<(String, String)>,
) -> PageResult {
    send_certificate(&ctx.client().show_renewal(&instance, &registration).await?)
}

/// The public part, as a file that the portal takes.
fn send_certificate(view: &RegistrationView) -> PageResult {
    let name = certificate_name(&view.thumbprint);
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.map_err(|_| PageFailure::not_found())?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/pkix-cert")),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, view.certificate_pem.clone()).into_response())
}

/// Whoever uploads it finds it in the portal by its beginning.
fn certificate_name(thumbprint: &str) -> String {
    let letters = thumbprint.chars().filter(char::is_ascii_alphanumeric);
    format!(
        "intune-connector-{}.cer",
        letters.take(NAME_LETTERS).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_form::make_form;
    use crate::pages::wizard::test_template::{answers, small_template};

    #[test]
    fn a_registration_is_found_where_it_is_asked() {
        let mut template = small_template();
        let field = template.pages[0]
            .fields
            .iter_mut()
            .find(|field| field.name == "proxy")
            .unwrap();
        field.kind = "registration".to_owned();
        let wizard = OpenWizard {
            mode: WizardMode::Install,
            product: "small".to_owned(),
            instance: String::new(),
            template,
            standing: answers(&[]),
        };
        let found = |form: &[(&str, &str)]| {
            let typed = TypedAnswers::from_form(&wizard, &make_form(form));
            find_registration(&wizard, &typed).map(|(name, id)| (name.to_owned(), id.to_owned()))
        };
        let both = [("f-more", "yes"), ("f-proxy", "id-1")];
        assert_eq!(found(&both), Some(("proxy".to_owned(), "id-1".to_owned())));
        assert_eq!(found(&both[1..]), None);
    }

    #[test]
    fn the_file_is_named_by_its_certificate_and_nothing_else() {
        assert_eq!(certificate_name("AB12CD34EF56"), "intune-connector-AB12CD34.cer");
        assert_eq!(certificate_name("\"\r\n/../x"), "intune-connector-x.cer");
    }
}
