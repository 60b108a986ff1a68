//! The directory as the control API shows and takes it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Account, App, Certificate, Directory, Federated, Secret, Standing};

/// An app registration in JSON. Unknown keys are refused: this is our own format.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AppBody {
    display_name: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    delegated: Vec<String>,
    #[serde(default)]
    secrets: Vec<SecretBody>,
    /// PEM.
    #[serde(default)]
    certificates: Vec<String>,
    #[serde(default)]
    federated: Vec<FederatedBody>,
    #[serde(default)]
    disabled: bool,
    #[serde(default)]
    public: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccountBody {
    password: Option<String>,
    #[serde(default)]
    standing: Standing,
    intune_role: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SecretBody {
    value: String,
    expires_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FederatedBody {
    issuer: String,
    subject: String,
    audience: Option<String>,
    /// The issuer's public key, PEM: stands for its JWKS.
    public_key: Option<String>,
}

impl Directory {
    /// Adds or replaces an app registration; a tenant that is not there yet is added with it.
    pub fn put_app(&self, tenant_id: &str, client_id: &str, body: &Value) -> Result<(), String> {
        let body = AppBody::deserialize(body).map_err(|error| error.to_string())?;
        let mut app = App::new(client_id);
        if let Some(name) = body.display_name {
            app.display_name = name;
        }
        app.roles = body.roles;
        app.delegated = body.delegated;
        app.disabled = body.disabled;
        app.public = body.public;
        app.secrets = body.secrets.into_iter().map(SecretBody::into_secret).collect();
        for pem in body.certificates {
            let certificate = Certificate::read(pem.as_bytes()).map_err(|error| error.to_string())?;
            app.certificates.push(certificate);
        }
        for federated in body.federated {
            app.federated.push(self.take_federated(federated)?);
        }
        if self.tenant(tenant_id).is_none() {
            self.add_tenant(tenant_id, &[]);
        }
        self.add_app(tenant_id, app);
        Ok(())
    }

    /// Registers another application, as an administrator does in the portal; answers its client id. `None`: there is no
    /// such tenant.
    pub fn register_app(&self, tenant_id: &str, display_name: &str) -> Option<String> {
        let app = App::new(&uuid::Uuid::new_v4().to_string()).named(display_name);
        let client_id = app.client_id.clone();
        self.add_app(tenant_id, app).then_some(client_id)
    }

    /// Adds or replaces an account; its password stays where the body has none.
    pub fn put_account(&self, tenant_id: &str, user_name: &str, body: &Value) -> Result<(), String> {
        let body = AccountBody::deserialize(body).map_err(|error| error.to_string())?;
        let known = self.account(tenant_id, user_name);
        let password = body.password.or(known.map(|known| known.password));
        let mut account = Account::new(user_name, &password.ok_or("a new account needs a password")?);
        account.standing = body.standing;
        account.intune_role = body.intune_role.unwrap_or(true);
        if self.add_account(tenant_id, account) {
            Ok(())
        } else {
            Err(format!("there is no tenant {tenant_id}"))
        }
    }

    fn take_federated(&self, body: FederatedBody) -> Result<Federated, String> {
        if let Some(pem) = &body.public_key {
            self.add_issuer_key(&body.issuer, pem.as_bytes())
                .map_err(|error| format!("publicKey of {}: {error}", body.issuer))?;
        }
        let mut federated = Federated::new(&body.issuer, &body.subject);
        if let Some(audience) = body.audience {
            federated.audience = audience;
        }
        Ok(federated)
    }

    /// Tenants and apps, without secrets.
    pub fn describe(&self) -> Value {
        let inner = self.lock();
        let tenants: Vec<Value> = inner
            .tenants
            .values()
            .map(|tenant| {
                let apps: Vec<Value> = tenant.apps.values().map(describe_app).collect();
                let accounts: Vec<Value> = tenant.accounts.values().map(describe_account).collect();
                json!({"tenantId": tenant.id, "domains": tenant.domains, "loginHost": tenant.login_host, "apps": apps, "accounts": accounts})
            })
            .collect();
        json!(tenants)
    }
}

impl SecretBody {
    fn into_secret(self) -> Secret {
        Secret {
            value: self.value,
            expires_at: self.expires_at,
        }
    }
}

fn describe_account(account: &Account) -> Value {
    json!({"userName": account.user_name, "standing": account.standing, "intuneRole": account.intune_role})
}

fn describe_app(app: &App) -> Value {
    let ends: Vec<Option<DateTime<Utc>>> = app.secrets.iter().map(|secret| secret.expires_at).collect();
    let thumbprints: Vec<String> = app.certificates.iter().map(|c| hex::encode_upper(&c.sha1)).collect();
    let federated: Vec<Value> = app
        .federated
        .iter()
        .map(|f| json!({"issuer": f.issuer, "subject": f.subject, "audience": f.audience}))
        .collect();
    json!({
        "clientId": app.client_id, "displayName": app.display_name, "roles": app.roles, "requested": app.requested,
        "delegated": app.delegated,
        "secrets": ends.iter().map(|end| json!({"expiresAt": end})).collect::<Vec<_>>(),
        "certificates": thumbprints, "federated": federated,
        "disabled": app.disabled, "public": app.public,
    })
}
