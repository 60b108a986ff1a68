//! What has to be there before a device can be: its manufacturer and device type, site, role and tag, the platform that a
//! mapping names, custom fields. Each list is read whole and kept for a while, so a change of a device asks for none of them;
//! a name that is not in a list is looked for anew before anything is made.
//!
//! A create whose answer was lost is no harm here: the list is forgotten, read again, and the name is found.

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::{NetBoxTrouble, SendEffect};
use super::body::TypeWish;
use super::client::NetBoxClient;
use super::field_table::find_built_in;
use super::kept_list::{BELIEVED_FOR, CachedList, KEPT_FOR};
use super::list_rows::{
    DEVICE_TYPE, DeviceField, DeviceTypeRow, SlugRow, id_of, is_same_name, make_other_slug, make_slug, read_field,
    read_named, read_type,
};
use crate::targets::TargetFault;

const CUSTOM_FIELDS: [&str; 2] = ["extras", "custom-fields"];
const DEVICE_TYPES: [&str; 2] = ["dcim", "device-types"];
/// What a device is, where Intune does not say: every device has a type, and every type a manufacturer.
const UNKNOWN_MAKER: &str = "Unknown";
/// An id of Intune.
const ID_FORM: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

/// A list of what has a name and a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameKind {
    Site,
    Role,
    Tag,
    Platform,
    Maker,
}

impl NameKind {
    /// Below `/api`.
    pub(super) const fn path(self) -> [&'static str; 2] {
        match self {
            NameKind::Site => ["dcim", "sites"],
            NameKind::Role => ["dcim", "device-roles"],
            NameKind::Tag => ["extras", "tags"],
            NameKind::Platform => ["dcim", "platforms"],
            NameKind::Maker => ["dcim", "manufacturers"],
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct NetBoxNames {
    fields: CachedList<DeviceField>,
    sites: CachedList<SlugRow>,
    roles: CachedList<SlugRow>,
    tags: CachedList<SlugRow>,
    platforms: CachedList<SlugRow>,
    makers: CachedList<SlugRow>,
    types: CachedList<DeviceTypeRow>,
}

impl NetBoxNames {
    fn list_of(&mut self, kind: NameKind) -> &mut CachedList<SlugRow> {
        match kind {
            NameKind::Site => &mut self.sites,
            NameKind::Role => &mut self.roles,
            NameKind::Tag => &mut self.tags,
            NameKind::Platform => &mut self.platforms,
            NameKind::Maker => &mut self.makers,
        }
    }

    /// By its name, else by the slug that the name makes: `Dell, Inc.` is `Dell Inc.`.
    pub(super) async fn find_name(
        &mut self,
        client: &NetBoxClient,
        kind: NameKind,
        name: &str,
    ) -> Result<Option<SlugRow>, TargetFault> {
        let (list, slug) = (self.list_of(kind), make_slug(name));
        for age in [KEPT_FOR, BELIEVED_FOR] {
            list.refresh(client, &kind.path(), read_named, age).await?;
            let by_name = list.rows.iter().find(|row| is_same_name(&row.name, name));
            let found = by_name.or_else(|| list.rows.iter().find(|row| row.slug == slug));
            if let Some(row) = found {
                return Ok(Some(row.clone()));
            }
        }
        Ok(None)
    }

    pub(super) async fn find_or_make_name(
        &mut self,
        client: &NetBoxClient,
        kind: NameKind,
        name: &str,
    ) -> Result<SlugRow, TargetFault> {
        if let Some(row) = self.find_name(client, kind, name).await? {
            return Ok(row);
        }
        let list = self.list_of(kind);
        list.forget();
        let parts = match kind {
            NameKind::Site => json!({ "name": name, "status": "active" }),
            // No role of virtual machines.
            NameKind::Role => json!({ "name": name, "vm_role": false }),
            NameKind::Tag | NameKind::Platform | NameKind::Maker => json!({ "name": name }),
        };
        let (id, slug) = make_with_slug(client, &kind.path(), parts, name).await?;
        let row = SlugRow {
            id,
            name: name.to_owned(),
            slug,
        };
        list.keep_made(row.clone());
        Ok(row)
    }

    /// The device type that is wished for, if it is there.
    pub(super) async fn find_type(
        &mut self,
        client: &NetBoxClient,
        wish: &TypeWish,
    ) -> Result<Option<u64>, TargetFault> {
        let maker = wish.manufacturer.as_deref().unwrap_or(UNKNOWN_MAKER);
        let Some(maker) = self.find_name(client, NameKind::Maker, maker).await? else {
            return Ok(None);
        };
        self.find_type_of(client, maker.id, &wish.model).await
    }

    async fn find_type_of(
        &mut self,
        client: &NetBoxClient,
        maker: u64,
        model: &str,
    ) -> Result<Option<u64>, TargetFault> {
        let slug = make_slug(model);
        for age in [KEPT_FOR, BELIEVED_FOR] {
            self.types.refresh(client, &DEVICE_TYPES, read_type, age).await?;
            let of_maker = || self.types.rows.iter().filter(move |row| row.manufacturer == maker);
            let by_model = of_maker().find(|row| is_same_name(&row.model, model));
            if let Some(row) = by_model.or_else(|| of_maker().find(|row| row.slug == slug)) {
                return Ok(Some(row.id));
            }
        }
        Ok(None)
    }

    /// The device type that is wished for; made where there is none, with its manufacturer. It takes no room in a rack.
    pub(super) async fn find_or_make_type(
        &mut self,
        client: &NetBoxClient,
        wish: &TypeWish,
    ) -> Result<u64, TargetFault> {
        let maker = wish.manufacturer.as_deref().unwrap_or(UNKNOWN_MAKER);
        let maker = self.find_or_make_name(client, NameKind::Maker, maker).await?;
        if let Some(id) = self.find_type_of(client, maker.id, &wish.model).await? {
            return Ok(id);
        }
        self.types.forget();
        let parts = json!({ "manufacturer": maker.id, "model": wish.model, "u_height": 0, "is_full_depth": false });
        let (id, slug) = make_with_slug(client, &DEVICE_TYPES, parts, &wish.model).await?;
        self.types.keep_made(DeviceTypeRow {
            id,
            model: wish.model.clone(),
            slug,
            manufacturer: maker.id,
        });
        Ok(id)
    }

    /// The custom fields that devices have.
    pub(super) async fn device_fields(&mut self, client: &NetBoxClient) -> Result<Vec<DeviceField>, TargetFault> {
        self.fields
            .refresh(client, &CUSTOM_FIELDS, read_field, KEPT_FOR)
            .await?;
        Ok(self
            .fields
            .rows
            .iter()
            .filter(|field| field.is_of_devices)
            .cloned()
            .collect())
    }

    /// A custom field of devices.
    pub(super) async fn find_field(
        &mut self,
        client: &NetBoxClient,
        name: &str,
    ) -> Result<Option<DeviceField>, TargetFault> {
        for age in [KEPT_FOR, BELIEVED_FOR] {
            self.fields.refresh(client, &CUSTOM_FIELDS, read_field, age).await?;
            let found = self.fields.rows.iter().find(|field| field.name == name);
            if let Some(field) = found.filter(|field| field.is_of_devices) {
                return Ok(Some(field.clone()));
            }
        }
        Ok(None)
    }

    /// A custom field of text; made where it is missing. The one of our id is unique, and nobody edits it by hand.
    pub(super) async fn find_or_make_field(
        &mut self,
        client: &NetBoxClient,
        name: &str,
        use_as: FieldUse,
    ) -> Result<DeviceField, TargetFault> {
        if let Some(field) = self.find_field(client, name).await? {
            return Ok(field);
        }
        self.fields.forget();
        let body = describe_field(name, use_as);
        let made = client
            .write(Method::POST, &CUSTOM_FIELDS, &body, SendEffect::Create)
            .await;
        if let Err(trouble) = made {
            return Err(explain_field(client, trouble, name).await);
        }
        let field = DeviceField {
            name: name.to_owned(),
            label: name.to_owned(),
            kind: "text".to_owned(),
            is_of_devices: true,
            is_unique: use_as == FieldUse::DeviceId,
        };
        // Its list was read a moment before.
        self.fields.keep_made(field.clone());
        Ok(field)
    }

    /// Which of these custom fields devices do not have; the list is read anew.
    pub(super) async fn find_lost_field(
        &mut self,
        client: &NetBoxClient,
        names: &[&String],
    ) -> Result<Option<String>, TargetFault> {
        self.fields.forget();
        let known = self.device_fields(client).await?;
        let is_lost = |name: &str| known.iter().all(|field| field.name != name);
        let lost = names.iter().find(|name| is_lost(name));
        Ok(lost.map(|name| (*name).clone()))
    }

    /// Somebody may have made what was missing.
    pub(super) fn forget_fields(&mut self) {
        self.fields.forget();
    }

    pub(super) fn forget_all(&mut self) {
        *self = NetBoxNames::default();
    }
}

/// What a custom field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldUse {
    DeviceId,
    Value,
}

fn describe_field(name: &str, use_as: FieldUse) -> Value {
    let mut body = json!({
        "object_types": [DEVICE_TYPE],
        "type": "text",
        "name": name,
        "filter_logic": "exact",
        "description": "From Microsoft Intune",
    });
    if use_as == FieldUse::DeviceId {
        body["unique"] = json!(true);
        body["validation_regex"] = json!(ID_FORM);
        body["ui_editable"] = json!("no");
    }
    body
}

/// A field that can't be made is made by its owner.
async fn explain_field(client: &NetBoxClient, trouble: NetBoxTrouble, name: &str) -> TargetFault {
    let cause = match look_again(client.explain(trouble, "POST extras/custom-fields").await) {
        TargetFault::Refused { problem, .. } => problem,
        TargetFault::Misconfigured { problem, .. } => problem,
        other => return other,
    };
    TargetFault::Misconfigured {
        problem: format!("the custom field `{name}` of devices can't be made in NetBox: {cause}"),
        advice: format!(
            "make `{name}` in NetBox (Customization, Custom Fields) as text for devices, or give the user the right for custom fields"
        ),
    }
}

/// Whether a mapping may mean a custom field by this name.
pub(super) fn is_custom_name(name: &str) -> bool {
    find_built_in(name).is_none()
}

/// Makes a row with the slug of its name, or another one where that is taken; answers id and slug.
async fn make_with_slug(
    client: &NetBoxClient,
    path: &[&str],
    mut parts: Value,
    name: &str,
) -> Result<(u64, String), TargetFault> {
    let what = format!("POST {}", path.join("/"));
    let mut last = None;
    for slug in [make_slug(name), make_other_slug(name)] {
        parts["slug"] = json!(slug);
        match client.write(Method::POST, path, &parts, SendEffect::Create).await {
            Ok(answer) => {
                let id = id_of(&answer).ok_or_else(|| TargetFault::Unreadable {
                    problem: format!("the answer to `{what}` has no id"),
                })?;
                return Ok((id, slug));
            }
            Err(NetBoxTrouble::Said(said)) if said.names_field("slug") => last = Some(said),
            Err(trouble) => return Err(look_again(client.explain(trouble, &what).await)),
        }
    }
    Err(last.unwrap_or_default().into_refusal())
}

/// The answer to a create of a name was lost: next time the name is in the list, so nothing is doubled.
fn look_again(fault: TargetFault) -> TargetFault {
    match fault {
        TargetFault::LostAnswer { problem } => TargetFault::Unavailable { problem },
        other => other,
    }
}
