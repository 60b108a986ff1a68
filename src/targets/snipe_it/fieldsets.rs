//! Custom fields and the fieldsets that show them: the second half of the lists.
//!
//! A model shows a custom field only if its fieldset has it, and Snipe-IT says nothing of a value that it leaves out. So a
//! fieldset gets the fields that it lacks, and a model without one gets [`OWN_FIELDSET`]; nothing is taken off any model.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::answer::{ApiTrouble, CallEffect, explain_missing_right};
use super::client::SnipeClient;
use super::kept_list::{BELIEVED_FOR, KEPT_FOR};
use super::list_rows::{
    CustomField, FieldsetRow, find_field, is_same_name, read_custom_field, read_fieldset, read_model,
};
use super::name_lists::{NameLists, look_again, make_row};
use crate::targets::TargetFault;

/// The fieldset of models that this adapter makes, and of those that have none.
pub(super) const OWN_FIELDSET: &str = "Intune";

impl NameLists {
    /// All custom fields.
    pub(super) async fn custom_fields(&mut self, client: &SnipeClient) -> Result<&[CustomField], TargetFault> {
        self.fields
            .refresh(client, "fields", read_custom_field, KEPT_FOR)
            .await?;
        Ok(&self.fields.rows)
    }

    /// The custom field of our id, if it is there.
    pub(super) async fn find_id_column(
        &mut self,
        client: &SnipeClient,
        label: &str,
    ) -> Result<Option<String>, TargetFault> {
        let fields = self.custom_fields(client).await?;
        Ok(find_field(fields, label).map(|field| field.column.clone()))
    }

    /// A custom field by its label, read anew before it is believed to be missing.
    async fn find_field_again(
        &mut self,
        client: &SnipeClient,
        label: &str,
    ) -> Result<Option<CustomField>, TargetFault> {
        for age in [KEPT_FOR, BELIEVED_FOR] {
            self.fields.refresh(client, "fields", read_custom_field, age).await?;
            if let Some(field) = find_field(&self.fields.rows, label) {
                return Ok(Some(field.clone()));
            }
        }
        Ok(None)
    }

    /// Makes a custom field of plain text unless it is there; answers it, and whether it was made.
    pub(super) async fn make_field(
        &mut self,
        client: &SnipeClient,
        label: &str,
    ) -> Result<(CustomField, bool), TargetFault> {
        if let Some(field) = self.find_field_again(client, label).await? {
            return Ok((field, false));
        }
        let body = json!({
            "name": label,
            "element": "text",
            "format": "ANY",
            "help_text": "Written by the Intune Connector.",
        });
        self.fields.forget();
        match client.write(Method::POST, &["fields"], &body, CallEffect::Create).await {
            Ok(_) => (),
            Err(ApiTrouble::Forbidden) => return Err(explain_field_right(label)),
            Err(trouble) => return Err(look_again(trouble.into_fault("POST fields"))),
        }
        // Its column is known only to the list.
        let found = self.find_field_again(client, label).await?;
        found.map(|field| (field, true)).ok_or_else(|| TargetFault::Unreadable {
            problem: format!("the custom field `{label}` was made and is not in the list"),
        })
    }

    /// The fieldset of new models: [`OWN_FIELDSET`], else the first one that shows our id, else a new one.
    pub(super) async fn home_fieldset(&mut self, client: &SnipeClient, id_label: &str) -> Result<u64, TargetFault> {
        let (field, _) = self.make_field(client, id_label).await?;
        self.refresh_fieldsets(client, KEPT_FOR).await?;
        if self.find_home(&field.column).is_none() {
            self.refresh_fieldsets(client, BELIEVED_FOR).await?;
        }
        let home = match self.find_home(&field.column) {
            Some(home) => home,
            None => {
                self.fieldsets.forget();
                let body = json!({ "name": OWN_FIELDSET });
                let id = make_row(client, "fieldsets", &body).await?;
                self.fieldsets.keep_made(FieldsetRow {
                    id,
                    name: OWN_FIELDSET.to_owned(),
                    columns: Vec::new(),
                });
                id
            }
        };
        self.show_columns(client, home, &[field.column]).await?;
        Ok(home)
    }

    fn find_home(&self, id_column: &str) -> Option<u64> {
        let rows = &self.fieldsets.rows;
        let own = rows.iter().find(|set| is_same_name(&set.name, OWN_FIELDSET));
        let showing = || {
            rows.iter()
                .find(|set| set.columns.iter().any(|column| column == id_column))
        };
        own.or_else(showing).map(|set| set.id)
    }

    async fn refresh_fieldsets(&mut self, client: &SnipeClient, age: Duration) -> Result<(), TargetFault> {
        self.fieldsets.refresh(client, "fieldsets", read_fieldset, age).await
    }

    /// Lets a fieldset show these columns.
    pub(super) async fn show_columns(
        &mut self,
        client: &SnipeClient,
        fieldset: u64,
        columns: &[String],
    ) -> Result<(), TargetFault> {
        let shown = self.fieldsets.rows.iter().find(|set| set.id == fieldset);
        let shown = shown.map(|set| set.columns.clone()).unwrap_or_default();
        for column in columns.iter().filter(|column| !shown.contains(column)) {
            let field = self.fields.rows.iter().find(|field| field.column == *column);
            let Some(field) = field.map(|field| field.id) else {
                continue;
            };
            let path = ["fields", &field.to_string(), "associate"];
            let body = json!({ "fieldset_id": fieldset });
            match client.write(Method::POST, &path, &body, CallEffect::Repeat).await {
                Ok(_) => (),
                Err(ApiTrouble::Forbidden) => return Err(explain_fieldset_right(column)),
                Err(trouble) => return Err(trouble.into_fault("POST fields/…/associate")),
            }
            if let Some(set) = self.fieldsets.rows.iter_mut().find(|set| set.id == fieldset) {
                set.columns.push(column.clone());
            }
        }
        Ok(())
    }

    /// Lets a model show these columns. `false`: it does already, as far as the lists know.
    pub(super) async fn show_on_model(
        &mut self,
        client: &SnipeClient,
        model: u64,
        columns: &[String],
        id_label: &str,
    ) -> Result<bool, TargetFault> {
        self.models.refresh(client, "models", read_model, KEPT_FOR).await?;
        if !self.models.rows.iter().any(|row| row.id == model) {
            self.models.refresh(client, "models", read_model, BELIEVED_FOR).await?;
        }
        self.refresh_fieldsets(client, KEPT_FOR).await?;
        self.fields
            .refresh(client, "fields", read_custom_field, KEPT_FOR)
            .await?;
        let Some(row) = self.models.rows.iter().find(|row| row.id == model).cloned() else {
            return Ok(false);
        };
        if let Some(fieldset) = row.fieldset {
            let set = self.fieldsets.rows.iter().find(|set| set.id == fieldset);
            let is_complete = set.is_some_and(|set| columns.iter().all(|column| set.columns.contains(column)));
            if is_complete {
                return Ok(false);
            }
            self.show_columns(client, fieldset, columns).await?;
            return Ok(true);
        }
        let home = self.home_fieldset(client, id_label).await?;
        self.show_columns(client, home, columns).await?;
        // Older versions take the fieldset off a model whose change does not name it as `custom_fieldset_id`.
        let mut body = json!({"name": row.name, "fieldset_id": home, "custom_fieldset_id": home});
        if let Some(category) = row.category {
            body["category_id"] = json!(category);
        }
        let path = ["models", &model.to_string()];
        match client.write(Method::PATCH, &path, &body, CallEffect::Repeat).await {
            Ok(_) => (),
            Err(ApiTrouble::Forbidden) => return Err(explain_missing_right("PATCH models")),
            Err(trouble) => return Err(trouble.into_fault("PATCH models")),
        }
        if let Some(kept) = self.models.rows.iter_mut().find(|kept| kept.id == model) {
            kept.fieldset = Some(home);
        }
        Ok(true)
    }
}

fn explain_field_right(label: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the custom field `{label}` is missing, and the user of the token may not make it"),
        advice: format!(
            "make `{label}` in Snipe-IT (Settings, Custom Fields) as text of any format, or give the user the right for custom fields"
        ),
    }
}

fn explain_fieldset_right(column: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("a fieldset lacks the custom field with the column `{column}`, and the user of the token may not add it"),
        advice: "add the field to that fieldset in Snipe-IT (Settings, Custom Fields), or give the user the right for custom fields"
            .to_owned(),
    }
}
