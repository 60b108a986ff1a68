//! What has to be there before an asset can be: models with their manufacturers and categories, status labels, companies;
//! custom fields and fieldsets are in [`super::fieldsets`]. Each list is read whole and kept for a while, so a change of an
//! asset asks for none of them; a name that is not in a list is looked for anew before anything is made.
//!
//! Made are: manufacturers, models, categories, the label of what has gone, and the custom field with our id. Never made
//! are: the label of what is there, companies, users.
//!
//! A create whose answer was lost is no harm here: the list is forgotten, read again, and the name is found.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::CallEffect;
use super::body::ModelWish;
use super::client::SnipeClient;
use super::kept_list::{BELIEVED_FOR, KEPT_FOR, KeptList};
use super::list_rows::{
    CustomField, FieldsetRow, LabelRow, ModelRow, NamedRow, id_of, is_same_name, read_asset_category, read_label,
    read_model, read_named,
};
use super::model_choice::choose_model;
use crate::config::SnipeItSettings;
use crate::targets::TargetFault;

/// The lists of one Snipe-IT.
#[derive(Debug, Default)]
pub(super) struct NameLists {
    pub fields: KeptList<CustomField>,
    pub fieldsets: KeptList<FieldsetRow>,
    labels: KeptList<LabelRow>,
    pub models: KeptList<ModelRow>,
    manufacturers: KeptList<NamedRow>,
    categories: KeptList<NamedRow>,
    companies: KeptList<NamedRow>,
    /// Columns whose values Snipe-IT keeps in a form of its own, so that they can't be compared with what was sent.
    pub own_form: HashSet<String>,
}

impl NameLists {
    /// The status label of what is there, or of what is in stock.
    pub(super) async fn deployable_label(
        &mut self,
        client: &SnipeClient,
        own: &SnipeItSettings,
    ) -> Result<u64, TargetFault> {
        let name = &own.status_label;
        match self.find_label(client, name).await? {
            Some(label) if label.kind == "deployable" => Ok(label.id),
            Some(label) => Err(explain_label(name, &label.kind, "deployable", "status_label")),
            None => Err(TargetFault::Misconfigured {
                problem: format!("Snipe-IT has no status label `{name}`"),
                advice: "set `status_label` to the name of a label of type deployable, or make it in Snipe-IT (Settings, Status Labels)"
                    .to_owned(),
            }),
        }
    }

    /// The status label of what has gone; made where it is missing.
    pub(super) async fn archived_label(
        &mut self,
        client: &SnipeClient,
        own: &SnipeItSettings,
    ) -> Result<u64, TargetFault> {
        let name = &own.gone_label;
        match self.find_label(client, name).await? {
            Some(label) if label.kind == "archived" => return Ok(label.id),
            Some(label) => return Err(explain_label(name, &label.kind, "archived", "gone_label")),
            None => (),
        }
        self.labels.forget();
        let body = json!({"name": name, "type": "archived", "notes": "Devices that have gone from Intune."});
        let id = make_row(client, "statuslabels", &body).await?;
        self.labels.keep_made(LabelRow {
            id,
            name: name.clone(),
            kind: "archived".to_owned(),
        });
        Ok(id)
    }

    /// A label that a mapping names.
    pub(super) async fn named_label(&mut self, client: &SnipeClient, name: &str) -> Result<u64, TargetFault> {
        let found = self.find_label(client, name).await?;
        found.map(|label| label.id).ok_or_else(|| TargetFault::Refused {
            problem: format!("Snipe-IT has no status label `{name}`"),
            field: Some("status".to_owned()),
        })
    }

    pub(super) async fn find_label(
        &mut self,
        client: &SnipeClient,
        name: &str,
    ) -> Result<Option<LabelRow>, TargetFault> {
        for age in [KEPT_FOR, BELIEVED_FOR] {
            self.labels.refresh(client, "statuslabels", read_label, age).await?;
            if let Some(label) = self.labels.rows.iter().find(|label| is_same_name(&label.name, name)) {
                return Ok(Some(label.clone()));
            }
        }
        Ok(None)
    }

    /// The names of all labels, for people who write a mapping.
    pub(super) async fn label_names(&mut self, client: &SnipeClient) -> Result<Vec<String>, TargetFault> {
        self.labels
            .refresh(client, "statuslabels", read_label, KEPT_FOR)
            .await?;
        Ok(self.labels.rows.iter().map(|label| label.name.clone()).collect())
    }

    /// A company that a mapping names.
    pub(super) async fn named_company(&mut self, client: &SnipeClient, name: &str) -> Result<u64, TargetFault> {
        for age in [KEPT_FOR, BELIEVED_FOR] {
            self.companies.refresh(client, "companies", read_named, age).await?;
            if let Some(company) = find_named(&self.companies.rows, name) {
                return Ok(company);
            }
        }
        Err(TargetFault::Refused {
            problem: format!("Snipe-IT has no company `{name}`"),
            field: Some("company".to_owned()),
        })
    }

    /// The model that is wished for, if it is there.
    pub(super) async fn find_model(
        &mut self,
        client: &SnipeClient,
        wish: &ModelWish,
    ) -> Result<Option<u64>, TargetFault> {
        for age in [KEPT_FOR, BELIEVED_FOR] {
            self.models.refresh(client, "models", read_model, age).await?;
            if let Some(model) = choose_model(&self.models.rows, wish) {
                return Ok(Some(model.id));
            }
        }
        Ok(None)
    }

    /// The model that is wished for; made where there is none, with its manufacturer, `category`, and the fieldset that
    /// shows our id.
    pub(super) async fn find_or_make_model(
        &mut self,
        client: &SnipeClient,
        wish: &ModelWish,
        category: &str,
        id_label: &str,
    ) -> Result<u64, TargetFault> {
        if let Some(model) = self.find_model(client, wish).await? {
            return Ok(model);
        }
        let category = self.find_or_make_category(client, category).await?;
        let manufacturer = match &wish.manufacturer {
            Some(name) => Some(self.find_or_make_manufacturer(client, name).await?),
            None => None,
        };
        let fieldset = self.home_fieldset(client, id_label).await?;
        let mut body = json!({
            "name": wish.name,
            "category_id": category,
            "fieldset_id": fieldset,
            "custom_fieldset_id": fieldset,
        });
        if let Some(number) = &wish.number {
            body["model_number"] = json!(number);
        }
        if let Some(manufacturer) = manufacturer {
            body["manufacturer_id"] = json!(manufacturer);
        }
        self.models.forget();
        let id = make_row(client, "models", &body).await?;
        self.models.keep_made(ModelRow {
            id,
            name: wish.name.clone(),
            number: wish.number.clone(),
            manufacturer: wish.manufacturer.clone(),
            category: Some(category),
            fieldset: Some(fieldset),
        });
        Ok(id)
    }

    async fn find_or_make_category(&mut self, client: &SnipeClient, name: &str) -> Result<u64, TargetFault> {
        for age in [KEPT_FOR, BELIEVED_FOR] {
            self.categories
                .refresh(client, "categories", read_asset_category, age)
                .await?;
            if let Some(category) = find_named(&self.categories.rows, name) {
                return Ok(category);
            }
        }
        self.categories.forget();
        // Who gets a device of Intune has it already: nobody is asked to accept it, and no mail goes out.
        let body = json!({
            "name": name,
            "category_type": "asset",
            "use_default_eula": false,
            "require_acceptance": false,
            "checkin_email": false,
        });
        let id = make_row(client, "categories", &body).await?;
        self.categories.keep_made(NamedRow {
            id,
            name: name.to_owned(),
        });
        Ok(id)
    }

    async fn find_or_make_manufacturer(&mut self, client: &SnipeClient, name: &str) -> Result<u64, TargetFault> {
        for age in [KEPT_FOR, BELIEVED_FOR] {
            self.manufacturers
                .refresh(client, "manufacturers", read_named, age)
                .await?;
            if let Some(manufacturer) = find_named(&self.manufacturers.rows, name) {
                return Ok(manufacturer);
            }
        }
        self.manufacturers.forget();
        let id = make_row(client, "manufacturers", &json!({ "name": name })).await?;
        self.manufacturers.keep_made(NamedRow {
            id,
            name: name.to_owned(),
        });
        Ok(id)
    }

    /// What is known of models and their fields is not believed any more: a write met something else.
    pub(super) fn forget_models(&mut self) {
        self.models.forget();
        self.fieldsets.forget();
        self.fields.forget();
    }

    pub(super) fn forget_all(&mut self) {
        self.forget_models();
        self.labels.forget();
        self.manufacturers.forget();
        self.categories.forget();
        self.companies.forget();
    }
}

fn find_named(rows: &[NamedRow], name: &str) -> Option<u64> {
    rows.iter().find(|row| is_same_name(&row.name, name)).map(|row| row.id)
}

/// Makes a row of a list of names; answers its id.
pub(super) async fn make_row(client: &SnipeClient, list: &str, body: &Value) -> Result<u64, TargetFault> {
    let what = format!("POST {list}");
    let answer = client
        .write(Method::POST, &[list], body, CallEffect::Create)
        .await
        .map_err(|trouble| look_again(trouble.into_fault(&what)))?;
    answer
        .get("payload")
        .and_then(id_of)
        .ok_or_else(|| TargetFault::Unreadable {
            problem: format!("the answer to `{what}` has no id"),
        })
}

/// The answer to a create of a name was lost: next time the name is in the list, so nothing is doubled.
pub(super) fn look_again(fault: TargetFault) -> TargetFault {
    match fault {
        TargetFault::LostAnswer { problem } => TargetFault::Unavailable { problem },
        other => other,
    }
}

fn explain_label(name: &str, is: &str, wanted: &str, key: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the status label `{name}` is of type {is}, not {wanted}"),
        advice: format!("set `{key}` to the name of a label of type {wanted}"),
    }
}
