//! What a wizard is for, as calls to the bus: a new installation, or a change of one that exists.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::app::built_in_product;
use crate::bus::Language;
use crate::bus::answers::WizardAnswers;
use crate::bus::template::WizardTemplate;
use crate::bus::wizard::{Wizard, WizardMode};
use crate::cli::client::{ApiClient, encode_segment};
use crate::cli::failure::CommandFailure;
use crate::cli::steps::read_events;
use crate::model::InstanceName;

pub(crate) struct InstallationClient<'a> {
    client: &'a ApiClient,
    language: Language,
    kind: InstallationKind,
}

enum InstallationKind {
    New {
        product: String,
    },
    Installed {
        name: InstanceName,
        mode: WizardMode,
        confirm: Option<u64>,
    },
}

/// The product's template, in both languages.
pub(crate) async fn fetch_template(client: &ApiClient, product: &str) -> Result<Arc<WizardTemplate>, CommandFailure> {
    let path = format!("/products/{}/template", encode_segment(product));
    let answer = client.open_stream(Method::GET, &path, "application/xml", None).await?;
    let read_failure = |error: reqwest::Error| {
        CommandFailure::general_error(format!("failed to receive the template: {error}"), "try again")
    };
    let bytes = answer.bytes().await.map_err(read_failure)?;
    parse_template(&bytes)
}

fn parse_template(bytes: &[u8]) -> Result<Arc<WizardTemplate>, CommandFailure> {
    WizardTemplate::read(bytes).map(Arc::new).map_err(|findings| {
        let first = findings.first().map(ToString::to_string).unwrap_or_default();
        let advice = "use the same version of command and bus";
        CommandFailure::general_error(format!("cannot read the template: {first}"), advice)
    })
}

/// Of the product inside the program, where no bus is asked.
pub(crate) fn built_in_template(id: &str) -> Result<Arc<WizardTemplate>, CommandFailure> {
    let catalogue_failure = |error: crate::bus::CatalogueError| CommandFailure::general_error(error.to_string(), "");
    let package = built_in_product::built_in_package().map_err(catalogue_failure)?;
    let file = package.file_content(&package.manifest.template.name.to_string());
    match file.filter(|_| package.manifest.id.as_str() == id) {
        Some(bytes) => parse_template(bytes),
        None => Err(CommandFailure::usage_error(
            format!("product {id} is not built into this program"),
            "use --data DIR of a bus whose catalogue has it",
        )),
    }
}

async fn fetch_answers(client: &ApiClient, name: &InstanceName) -> Result<Value, CommandFailure> {
    let path = format!("/installations/{}/answers", encode_segment(name.as_str()));
    client.get(&path, &[]).await
}

pub(crate) async fn fetch_product(client: &ApiClient, name: &InstanceName) -> Result<String, CommandFailure> {
    let response = fetch_answers(client, name).await?;
    Ok(response["product"].as_str().unwrap_or_default().to_owned())
}

/// What an installation stands on.
pub(crate) async fn fetch_installation(
    client: &ApiClient,
    name: &InstanceName,
) -> Result<(Arc<WizardTemplate>, WizardAnswers), CommandFailure> {
    let response = fetch_answers(client, name).await?;
    let template = fetch_template(client, response["product"].as_str().unwrap_or_default()).await?;
    let stored_answers = response["answers"].as_object().cloned().unwrap_or_default();
    // What today's template does not know is asked anew.
    let (answers, _) = WizardAnswers::from_json(&template, &stored_answers);
    Ok((template, answers))
}

impl<'a> InstallationClient<'a> {
    pub(crate) fn new(client: &'a ApiClient, product: &str, language: Language) -> InstallationClient<'a> {
        let kind = InstallationKind::New {
            product: product.to_owned(),
        };
        InstallationClient { client, language, kind }
    }

    pub(crate) fn for_installation(
        client: &'a ApiClient,
        name: &InstanceName,
        mode: WizardMode,
        language: Language,
        confirm: Option<u64>,
    ) -> InstallationClient<'a> {
        let name = name.clone();
        let kind = InstallationKind::Installed { name, mode, confirm };
        InstallationClient { client, language, kind }
    }

    pub(crate) fn is_new(&self) -> bool {
        matches!(self.kind, InstallationKind::New { .. })
    }

    fn language_code(&self) -> String {
        self.language.code().to_owned()
    }

    /// The answers as a request takes them. What an installation had and lacks now is taken away by `null`.
    fn answers_json(&self, wizard: &Wizard) -> Map<String, Value> {
        let mut answers = wizard.answers().to_json();
        if !self.is_new() {
            for field in wizard.template().fields().filter(|field| !field.kind.is_secret()) {
                answers.entry(field.name.clone()).or_insert(Value::Null);
            }
        }
        answers
    }

    /// What the bus finds wrong; nothing for an installation that exists, which is judged when it is changed.
    pub(crate) async fn validate_answers(&self, wizard: &Wizard) -> Result<Vec<Value>, CommandFailure> {
        let InstallationKind::New { product } = &self.kind else {
            return Ok(Vec::new());
        };
        let path = format!(
            "/products/{}/validate?lang={}",
            encode_segment(product),
            self.language_code()
        );
        let response = self
            .client
            .post(&path, &json!({"answers": self.answers_json(wizard)}))
            .await?;
        let pages = response["pages"].as_array().cloned().unwrap_or_default();
        let findings = pages
            .iter()
            .flat_map(|page| page["findings"].as_array().cloned().unwrap_or_default());
        Ok(findings.collect())
    }

    /// Runs an action; answers whether it passed: a step went well and none failed.
    pub(crate) async fn run_action(
        &self,
        wizard: &Wizard,
        action: &str,
        mut on_step: impl FnMut(&Value) -> Result<(), CommandFailure>,
    ) -> Result<bool, CommandFailure> {
        let mut body = json!({"answers": self.answers_json(wizard)});
        let path = match &self.kind {
            InstallationKind::New { product } => format!("/products/{}/actions/{action}", encode_segment(product)),
            InstallationKind::Installed { name, mode, .. } => {
                body["signIn"] = (*mode == WizardMode::SignIn).into();
                format!("/installations/{}/actions/{action}", encode_segment(name.as_str()))
            }
        };
        let path = format!("{path}?lang={}", self.language_code());
        run(self.client, &path, &body, &mut on_step).await
    }

    /// Installs or changes; answers the installation as it stands then. `on_progress`: each time it has moved.
    pub(crate) async fn submit_answers(
        &self,
        wizard: &Wizard,
        skipped_actions: &[String],
        on_progress: impl FnMut(Value) -> Result<(), CommandFailure>,
    ) -> Result<Value, CommandFailure> {
        let body = json!({"answers": self.answers_json(wizard), "anyway": skipped_actions});
        match &self.kind {
            InstallationKind::New { product } => {
                let path = format!(
                    "/products/{}/installations?lang={}",
                    encode_segment(product),
                    self.language_code()
                );
                let planned = self.client.post(&path, &body).await?;
                self.follow_installation(planned["name"].as_str().unwrap_or_default(), on_progress)
                    .await
            }
            InstallationKind::Installed { name, mode, confirm } => {
                let mut body = body;
                body["signIn"] = (*mode == WizardMode::SignIn).into();
                let mut query = vec![("lang", self.language_code())];
                query.extend(confirm.map(|count| ("confirm", count.to_string())));
                let path = format!("/installations/{}", encode_segment(name.as_str()));
                self.client.patch(&path, &query, &body).await
            }
        }
    }

    async fn follow_installation(
        &self,
        name: &str,
        mut on_progress: impl FnMut(Value) -> Result<(), CommandFailure>,
    ) -> Result<Value, CommandFailure> {
        let path = format!("/installations/{}", encode_segment(name));
        let answer = self
            .client
            .open_stream(Method::GET, &path, "text/event-stream", None)
            .await?;
        let mut last = Value::Null;
        read_events(answer, |view| {
            last = view.clone();
            on_progress(view)
        })
        .await?;
        Ok(last)
    }

    /// The first run of what was installed, keeping nothing.
    pub(crate) async fn run_preview(
        &self,
        name: &str,
        action: &str,
        mut on_step: impl FnMut(&Value) -> Result<(), CommandFailure>,
    ) -> Result<bool, CommandFailure> {
        let path = format!(
            "/installations/{}/actions/{action}?lang={}",
            encode_segment(name),
            self.language_code()
        );
        run(self.client, &path, &json!({}), &mut on_step).await
    }

    /// The next runs of a trigger, in local time.
    pub(crate) async fn fetch_next_runs(&self, trigger: &str, zone: &str) -> Result<Vec<String>, CommandFailure> {
        // Which product it is about changes nothing in the answer.
        let product = match &self.kind {
            InstallationKind::New { product } => encode_segment(product),
            InstallationKind::Installed { .. } => "any".to_owned(),
        };
        let body = json!({"trigger": trigger, "zone": zone});
        let response = self
            .client
            .post(&format!("/products/{product}/next-runs"), &body)
            .await?;
        let runs = response["runs"].as_array().cloned().unwrap_or_default();
        Ok(runs.iter().filter_map(|run| run.as_str().map(str::to_owned)).collect())
    }

    /// Ids of the management servers that are known.
    pub(crate) async fn fetch_server_ids(&self) -> Vec<String> {
        // Whoever may install need not see servers: it is a help, no more.
        let response = self.client.get("/servers", &[]).await.unwrap_or_default();
        let servers = response["servers"].as_array().cloned().unwrap_or_default();
        servers
            .iter()
            .filter_map(|server| server["id"].as_str().map(str::to_owned))
            .collect()
    }
}

async fn run(
    client: &ApiClient,
    path: &str,
    body: &Value,
    on_step: &mut impl FnMut(&Value) -> Result<(), CommandFailure>,
) -> Result<bool, CommandFailure> {
    let answer = client
        .open_stream(Method::POST, path, "text/event-stream", Some(body))
        .await?;
    let (mut succeeded, mut failed) = (0, 0);
    read_events(answer, |step| {
        succeeded += usize::from(step["state"] == "ok");
        failed += usize::from(step["state"] == "failed");
        on_step(&step)
    })
    .await?;
    Ok(succeeded > 0 && failed == 0)
}
