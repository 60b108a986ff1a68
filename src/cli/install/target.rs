//! What a wizard is for, as calls to the bus: a new installation, or a change of one that exists.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::app::product;
use crate::bus::Language;
use crate::bus::answers::Answers;
use crate::bus::template::Template;
use crate::bus::wizard::{Mode, Wizard};
use crate::cli::client::{Client, segment};
use crate::cli::failure::Failure;
use crate::cli::steps::events;
use crate::model::InstanceName;

pub struct Target<'a> {
    client: &'a Client,
    language: Language,
    kind: Kind,
}

enum Kind {
    New {
        product: String,
    },
    Installed {
        name: InstanceName,
        mode: Mode,
        confirm: Option<u64>,
    },
}

/// The product's template, in both languages.
pub async fn template(client: &Client, product: &str) -> Result<Arc<Template>, Failure> {
    let path = format!("/products/{}/template", segment(product));
    let answer = client.stream(Method::GET, &path, "application/xml", None).await?;
    let broken = |error: reqwest::Error| Failure::failed(format!("the template did not arrive: {error}"), "try again");
    let bytes = answer.bytes().await.map_err(broken)?;
    read(&bytes)
}

fn read(bytes: &[u8]) -> Result<Arc<Template>, Failure> {
    Template::read(bytes).map(Arc::new).map_err(|findings| {
        let first = findings.first().map(ToString::to_string).unwrap_or_default();
        let advice = "use the same version for commands and bus";
        Failure::failed(format!("the template can't be read: {first}"), advice)
    })
}

/// Of the product inside the program, where no bus is asked.
pub fn built_in(id: &str) -> Result<Arc<Template>, Failure> {
    let broken = |error: crate::bus::CatalogueError| Failure::failed(error.to_string(), "");
    let package = product::package().map_err(broken)?;
    let file = package.file(&package.manifest.template.name.to_string());
    match file.filter(|_| package.manifest.id.as_str() == id) {
        Some(bytes) => read(bytes),
        None => Err(Failure::usage(
            format!("product {id} is not inside this program"),
            "give --data DIR for the bus whose catalogue has it",
        )),
    }
}

async fn answers_of(client: &Client, name: &InstanceName) -> Result<Value, Failure> {
    let path = format!("/installations/{}/answers", segment(name.as_str()));
    client.get(&path, &[]).await
}

pub async fn product_of(client: &Client, name: &InstanceName) -> Result<String, Failure> {
    let told = answers_of(client, name).await?;
    Ok(told["product"].as_str().unwrap_or_default().to_owned())
}

/// What an installation stands on.
pub async fn standing(client: &Client, name: &InstanceName) -> Result<(Arc<Template>, Answers), Failure> {
    let told = answers_of(client, name).await?;
    let template = template(client, told["product"].as_str().unwrap_or_default()).await?;
    let given = told["answers"].as_object().cloned().unwrap_or_default();
    // What today's template does not know is asked anew.
    let (answers, _) = Answers::from_json(&template, &given);
    Ok((template, answers))
}

impl<'a> Target<'a> {
    pub fn new(client: &'a Client, product: &str, language: Language) -> Target<'a> {
        let kind = Kind::New {
            product: product.to_owned(),
        };
        Target { client, language, kind }
    }

    pub fn installed(
        client: &'a Client,
        name: &InstanceName,
        mode: Mode,
        language: Language,
        confirm: Option<u64>,
    ) -> Target<'a> {
        let name = name.clone();
        let kind = Kind::Installed { name, mode, confirm };
        Target { client, language, kind }
    }

    pub fn is_new(&self) -> bool {
        matches!(self.kind, Kind::New { .. })
    }

    fn lang(&self) -> String {
        self.language.code().to_owned()
    }

    /// The answers as a request takes them. What an installation had and lacks now is taken away by `null`.
    fn given(&self, wizard: &Wizard) -> Map<String, Value> {
        let mut given = wizard.answers().to_json();
        if !self.is_new() {
            for field in wizard.template().fields().filter(|field| !field.kind.is_secret()) {
                given.entry(field.name.clone()).or_insert(Value::Null);
            }
        }
        given
    }

    /// What the bus finds wrong; nothing for an installation that exists, which is judged when it is changed.
    pub async fn validate(&self, wizard: &Wizard) -> Result<Vec<Value>, Failure> {
        let Kind::New { product } = &self.kind else {
            return Ok(Vec::new());
        };
        let path = format!("/products/{}/validate?lang={}", segment(product), self.lang());
        let told = self.client.post(&path, &json!({"answers": self.given(wizard)})).await?;
        let pages = told["pages"].as_array().cloned().unwrap_or_default();
        let findings = pages
            .iter()
            .flat_map(|page| page["findings"].as_array().cloned().unwrap_or_default());
        Ok(findings.collect())
    }

    /// Runs an action; answers whether it passed: a step went well and none failed.
    pub async fn act(
        &self,
        wizard: &Wizard,
        action: &str,
        mut show: impl FnMut(&Value) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let mut body = json!({"answers": self.given(wizard)});
        let path = match &self.kind {
            Kind::New { product } => format!("/products/{}/actions/{action}", segment(product)),
            Kind::Installed { name, mode, .. } => {
                body["signIn"] = (*mode == Mode::SignIn).into();
                format!("/installations/{}/actions/{action}", segment(name.as_str()))
            }
        };
        let path = format!("{path}?lang={}", self.lang());
        run(self.client, &path, &body, &mut show).await
    }

    /// Installs or changes; answers the installation as it stands then. `show`: each time it has moved.
    pub async fn finish(
        &self,
        wizard: &Wizard,
        anyway: &[String],
        show: impl FnMut(Value) -> Result<(), Failure>,
    ) -> Result<Value, Failure> {
        let body = json!({"answers": self.given(wizard), "anyway": anyway});
        match &self.kind {
            Kind::New { product } => {
                let path = format!("/products/{}/installations?lang={}", segment(product), self.lang());
                let planned = self.client.post(&path, &body).await?;
                self.follow(planned["name"].as_str().unwrap_or_default(), show).await
            }
            Kind::Installed { name, mode, confirm } => {
                let mut body = body;
                body["signIn"] = (*mode == Mode::SignIn).into();
                let mut query = vec![("lang", self.lang())];
                query.extend(confirm.map(|count| ("confirm", count.to_string())));
                let path = format!("/installations/{}", segment(name.as_str()));
                self.client.patch(&path, &query, &body).await
            }
        }
    }

    async fn follow(&self, name: &str, mut show: impl FnMut(Value) -> Result<(), Failure>) -> Result<Value, Failure> {
        let path = format!("/installations/{}", segment(name));
        let answer = self
            .client
            .stream(Method::GET, &path, "text/event-stream", None)
            .await?;
        let mut last = Value::Null;
        events(answer, |view| {
            last = view.clone();
            show(view)
        })
        .await?;
        Ok(last)
    }

    /// The first run of what was installed, keeping nothing.
    pub async fn preview(
        &self,
        name: &str,
        action: &str,
        mut show: impl FnMut(&Value) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let path = format!("/installations/{}/actions/{action}?lang={}", segment(name), self.lang());
        run(self.client, &path, &json!({}), &mut show).await
    }

    /// The next runs of a trigger, in local time.
    pub async fn next_runs(&self, trigger: &str, zone: &str) -> Result<Vec<String>, Failure> {
        // Which product it is about changes nothing in the answer.
        let product = match &self.kind {
            Kind::New { product } => segment(product),
            Kind::Installed { .. } => "any".to_owned(),
        };
        let body = json!({"trigger": trigger, "zone": zone});
        let told = self
            .client
            .post(&format!("/products/{product}/next-runs"), &body)
            .await?;
        let runs = told["runs"].as_array().cloned().unwrap_or_default();
        Ok(runs.iter().filter_map(|run| run.as_str().map(str::to_owned)).collect())
    }

    /// Ids of the management servers that are known.
    pub async fn servers(&self) -> Vec<String> {
        // Whoever may install need not see servers: it is a help, no more.
        let told = self.client.get("/servers", &[]).await.unwrap_or_default();
        let servers = told["servers"].as_array().cloned().unwrap_or_default();
        servers
            .iter()
            .filter_map(|server| server["id"].as_str().map(str::to_owned))
            .collect()
    }
}

async fn run(
    client: &Client,
    path: &str,
    body: &Value,
    show: &mut impl FnMut(&Value) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let answer = client
        .stream(Method::POST, path, "text/event-stream", Some(body))
        .await?;
    let (mut good, mut bad) = (0, 0);
    events(answer, |step| {
        good += usize::from(step["state"] == "ok");
        bad += usize::from(step["state"] == "failed");
        show(&step)
    })
    .await?;
    Ok(good > 0 && bad == 0)
}
