//! An application that is to be registered, or is to get another certificate: the key that the bus makes for it, what it
//! needs, how far people have come with it, and the settings that it stands for in the end.

use secrecy::ExposeSecret;
use tokio::sync::mpsc;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::host_errors::settings_error;
use super::product_host::ProductHost;
use super::wizard_actions::forward_steps;
use super::{orders, settings_check, translated_steps};
use crate::app::verify;
use crate::bus::{DesiredSettings, FieldFinding, HostError, LocalizedText, PartSettings, RegisteredApplication};
use crate::config::{INSTANCE_TABLE, SealContext, SealError};
use crate::contract::CheckStep;
use crate::entra::{self, NewCertificate, RegistrationPlan};
use crate::model::Language;
use crate::store::{NewRegistration, RegistrationRow};

/// The setting that is none: it names a registration, and becomes the settings of a certificate.
const REGISTRATION: &str = "registration";
/// Stands for ids that nobody knows yet, so that the other settings can be looked at.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
/// What belongs to other ways of signing in.
const OTHER_CREDENTIALS: [&str; 6] = [
    "secret",
    "secret_expires_on",
    "pfx",
    "pfx_password",
    "token_file",
    REGISTRATION,
];

pub(crate) async fn begin_registration(
    host: &ProductHost,
    mut wanted: DesiredSettings,
    number: Option<i64>,
    language: Language,
) -> Result<NewRegistration, HostError> {
    let name = entra::application_name(&wanted.profile);
    let subject = match number {
        Some(number) => format!("{} ({})", installed_name(host, number).await?, wanted.profile),
        None => name.clone(),
    };
    let now = host.instances.clock.now();
    let made = tokio::task::spawn_blocking(move || entra::create_certificate(&subject, now)).await;
    let made = made
        .map_err(|error| not_made_error(&error))?
        .map_err(|error| not_made_error(&error))?;
    let own = connector_part(&mut wanted);
    let known_tenant = own
        .get("tenant_id")
        .filter(|id| !id.is_empty())
        .map(|id| id.to_string());
    put_certificate(own, &made.certificate_pem, made.key_pem.expose_secret());
    if number.is_none() {
        for key in ["tenant_id", "client_id"] {
            fill_in(own, key, NOBODY);
        }
    }
    let (settings, features) = settings_check::resolve_tenant(host, &wanted, number)
        .await
        .map_err(settings_error)?;
    let plan = RegistrationPlan {
        name,
        cloud: settings.cloud,
        tenant_id: match number {
            Some(_) => Some(settings.tenant_id.clone()),
            None => known_tenant,
        },
        client_id: number.map(|_| settings.client_id.clone()),
        permissions: entra::plan_permissions(&features),
        language,
    };
    keep_sealed(host, &wanted, number, &made, &plan)
}

/// What an installation is called by.
async fn installed_name(host: &ProductHost, number: i64) -> Result<String, HostError> {
    match orders::find_order_member(host, number).await? {
        Some(member) => Ok(member.name),
        None => Ok(host.name(number).await?.to_string()),
    }
}

/// As the store keeps it: the key sealed for this registration and nothing else.
fn keep_sealed(
    host: &ProductHost,
    wanted: &DesiredSettings,
    number: Option<i64>,
    made: &NewCertificate,
    plan: &RegistrationPlan,
) -> Result<NewRegistration, HostError> {
    let id = Uuid::new_v4().to_string();
    let context = SealContext::Registration { id: &id };
    let key = made.key_pem.expose_secret().as_bytes();
    let sealed_key = host.instances.folder.secret_key().seal_secret(context, key);
    Ok(NewRegistration {
        sealed_key: sealed_key.map_err(|error| seal_error(&error))?,
        id,
        product: wanted.product.clone(),
        installation: number,
        certificate: made.certificate_pem.clone(),
        plan: serde_json::to_string(plan).map_err(|error| not_made_error(&error))?,
        by: wanted.by,
    })
}

/// With certificate and key in place of the registration that was answered.
pub(crate) async fn resolve_registration(
    host: &ProductHost,
    mut wanted: DesiredSettings,
    number: Option<i64>,
) -> Result<DesiredSettings, FieldFinding> {
    let mut parts = wanted.settings.values_mut();
    let Some(id) = parts
        .find_map(|own| own.remove(REGISTRATION))
        .filter(|id| !id.is_empty())
    else {
        return Ok(wanted);
    };
    let found = host.instances.store.find_registration(&id).await;
    let row = found.map_err(|error| {
        let problem = LocalizedText::from_english(error.to_string());
        registration_finding(&wanted, error.code(), problem)
    })?;
    let is_meant =
        |row: &RegistrationRow| row.installation == number && row.product == wanted.product && row.used_by.is_none();
    let Some(row) = row.filter(is_meant) else {
        let problem = LocalizedText::new(
            "there is no such registration: it has been used, was begun for something else, or is older than 30 days",
            "diese Registrierung gibt es nicht: sie ist verbraucht, wurde für etwas anderes begonnen oder ist älter als 30 Tage",
        );
        return Err(registration_finding(&wanted, "unknownRegistration", problem));
    };
    let key = open_key(host, &row).map_err(|error| {
        let problem = LocalizedText::from_english(error.problem());
        registration_finding(&wanted, "sealed", problem)
    })?;
    use_registration(&mut wanted, &row, &key);
    Ok(wanted)
}

/// How far the administrator has come.
pub(crate) async fn check_registration(
    host: &ProductHost,
    row: &RegistrationRow,
    application: &RegisteredApplication,
    mut wanted: DesiredSettings,
) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let key = open_key(host, row).map_err(|error| seal_error(&error))?;
    wanted.product.clone_from(&row.product);
    use_registration(&mut wanted, row, &key);
    let own = connector_part(&mut wanted);
    for (key, given) in [
        ("tenant_id", &application.tenant_id),
        ("client_id", &application.client_id),
    ] {
        if let Some(given) = given {
            own.insert(key.to_owned(), Zeroizing::new(given.trim().to_owned()));
        }
    }
    let (settings, features) = settings_check::resolve_tenant(host, &wanted, row.installation)
        .await
        .map_err(settings_error)?;
    let steps = verify::start_registration_check(settings, features, host.instances.clock.clone());
    Ok(forward_steps(steps, move |step| {
        Some(translated_steps::registration_step(&wanted, step))
    }))
}

/// The credential is that of the registration; what blames it blames the field that named it.
fn use_registration(wanted: &mut DesiredSettings, row: &RegistrationRow, key: &str) {
    let field = wanted.field_for(REGISTRATION).to_owned();
    put_certificate(connector_part(wanted), &row.certificate, key);
    for setting in ["cert", "key"] {
        wanted.fields.insert(setting.to_owned(), field.clone());
    }
    wanted.registration = Some(row.id.clone());
}

fn put_certificate(own: &mut PartSettings, certificate_pem: &str, key_pem: &str) {
    for setting in OTHER_CREDENTIALS {
        own.remove(setting);
    }
    own.insert("cert".to_owned(), Zeroizing::new(certificate_pem.to_owned()));
    own.insert("key".to_owned(), Zeroizing::new(key_pem.to_owned()));
}

fn fill_in(own: &mut PartSettings, key: &str, text: &str) {
    if own.get(key).is_none_or(|given| given.is_empty()) {
        own.insert(key.to_owned(), Zeroizing::new(text.to_owned()));
    }
}

/// The settings of the part that reads the tenant; of a product whose part has none yet, those of its first one.
fn connector_part(wanted: &mut DesiredSettings) -> &mut PartSettings {
    let is_own = |settings: &PartSettings| settings.keys().any(|key| INSTANCE_TABLE.find_key(key).is_some());
    let found = wanted.settings.iter().find(|(_, settings)| is_own(settings));
    let part = found.or_else(|| wanted.settings.iter().next());
    let part = part.map_or_else(String::new, |(part, _)| part.clone());
    wanted.settings.entry(part).or_default()
}

fn open_key(host: &ProductHost, row: &RegistrationRow) -> Result<Zeroizing<String>, SealError> {
    let context = SealContext::Registration { id: &row.id };
    let key = host
        .instances
        .folder
        .secret_key()
        .open_sealed(context, &row.sealed_key)?;
    // PEM is ASCII.
    Ok(Zeroizing::new(
        String::from_utf8_lossy(key.expose_secret()).into_owned(),
    ))
}

fn registration_finding(wanted: &DesiredSettings, code: &str, problem: LocalizedText) -> FieldFinding {
    FieldFinding {
        field: wanted.field_for(REGISTRATION).to_owned(),
        code: code.to_owned(),
        problem,
        advice: LocalizedText::new(
            "begin a new one and upload its certificate",
            "eine neue beginnen und ihr Zertifikat hochladen",
        ),
    }
}

fn seal_error(error: &SealError) -> HostError {
    HostError::new("sealed", error.problem(), "begin a new registration")
}

fn not_made_error(error: &dyn std::fmt::Display) -> HostError {
    HostError::new(
        "notMade",
        format!("failed to make a key and a certificate: {error}"),
        "try again; check the OpenSSL library of this machine",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn settings_with(settings: &[(&str, &str)]) -> DesiredSettings {
        let own: PartSettings = settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Zeroizing::new((*value).to_owned())))
            .collect();
        DesiredSettings {
            settings: BTreeMap::from([
                ("Another".to_owned(), PartSettings::new()),
                ("IntuneConnector".to_owned(), own),
            ]),
            fields: BTreeMap::from([(REGISTRATION.to_owned(), "registered".to_owned())]),
            ..DesiredSettings::default()
        }
    }

    #[test]
    fn a_registration_takes_the_place_of_every_other_credential() {
        let row = RegistrationRow {
            id: "id".to_owned(),
            product: "intune-connector".to_owned(),
            installation: None,
            certificate: "CERTIFICATE".to_owned(),
            sealed_key: String::new(),
            plan: String::new(),
            used_by: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
            touched_at: chrono::DateTime::UNIX_EPOCH,
        };
        let mut wanted = settings_with(&[("servers", "*"), ("secret", "s"), ("pfx", "x"), ("pfx_password", "y")]);
        use_registration(&mut wanted, &row, "KEY");
        let own = wanted.part_settings("IntuneConnector");
        let keys: Vec<&String> = own.keys().collect();
        assert_eq!(keys, ["cert", "key", "servers"]);
        assert_eq!((own["cert"].as_str(), own["key"].as_str()), ("CERTIFICATE", "KEY"));
        assert_eq!(wanted.field_for("cert"), "registered");
        assert_eq!(wanted.registration.as_deref(), Some("id"));
        assert!(!format!("{wanted:?}").contains("KEY"));
    }
}
