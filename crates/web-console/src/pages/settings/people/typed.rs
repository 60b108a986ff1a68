//! What stands in the forms, and what the API gets of it. Secrets are no part of it: they go from the form to the API alone.

use connector_core::model::Language;
use http::StatusCode;
use secrecy::SecretString;
use sics_client::contract::{
    HeartbeatBody, HeartbeatView, MailChannelBody, MailSecurity, NoticeChannelBody, NoticeChannelView, NoticeForm,
    NoticeKind, NoticeRecipientBody, NoticeRecipientView, QuietHours, WebhookChannelBody,
};

use super::rows::{form_word, kind_word, security_word};
use crate::failure::PageFailure;
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::orders::words::find_word;

/// A choice of a field: its value, its name, and whether it is chosen.
pub(super) struct ChoiceRow {
    pub(super) value: &'static str,
    pub(super) text: String,
    pub(super) is_chosen: bool,
}

fn wrong_field(code: &str) -> PageFailure {
    PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, code)
}

/// A secret that was typed; `None`: nothing was, and what is kept stays.
pub(super) fn given_secret(form: &FormFields, name: &str) -> Option<SecretString> {
    form.given(name).map(SecretString::from)
}

/// The form of a mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypedMail {
    pub(super) name: String,
    pub(super) host: String,
    pub(super) port: String,
    pub(super) security: MailSecurity,
    pub(super) user: String,
    pub(super) from: String,
    pub(super) allows_private: bool,
    pub(super) pem: String,
}

impl Default for TypedMail {
    fn default() -> TypedMail {
        TypedMail {
            name: String::new(),
            host: String::new(),
            port: "587".to_owned(),
            security: MailSecurity::StartTls,
            user: String::new(),
            from: String::new(),
            allows_private: false,
            pem: String::new(),
        }
    }
}

impl TypedMail {
    /// `None`: the channel is no mail server.
    pub(super) fn from_channel(view: &NoticeChannelView) -> Option<TypedMail> {
        let mail = view.mail.as_ref()?;
        Some(TypedMail {
            name: view.name.clone(),
            host: mail.host.clone(),
            port: mail.port.to_string(),
            security: mail.security,
            user: mail.user.clone().unwrap_or_default(),
            from: mail.from.clone(),
            allows_private: mail.allow_private_addresses,
            pem: String::new(),
        })
    }

    pub(super) fn read(form: &FormFields) -> TypedMail {
        TypedMail {
            name: form.text("name").to_owned(),
            host: form.text("host").to_owned(),
            port: form.text("port").to_owned(),
            security: find_word(form.text("security")).unwrap_or(MailSecurity::StartTls),
            user: form.text("user").to_owned(),
            from: form.text("from").to_owned(),
            allows_private: form.is_ticked("allow_private"),
            pem: form.text("pem").to_owned(),
        }
    }

    pub(super) fn list_securities(&self, ctx: &PageContext) -> Vec<ChoiceRow> {
        let row = |security: &MailSecurity| ChoiceRow {
            value: security.name(),
            text: security_word(ctx, *security),
            is_chosen: *security == self.security,
        };
        MailSecurity::ALL.iter().map(row).collect()
    }

    pub(super) fn to_body(&self, password: Option<SecretString>) -> Result<NoticeChannelBody, PageFailure> {
        require_name(&self.name)?;
        let port = self.port.parse::<u16>();
        Ok(NoticeChannelBody {
            mail: Some(MailChannelBody {
                host: self.host.clone(),
                port: port.map_err(|_| wrong_field("settings-people-port-wrong"))?,
                security: self.security,
                user: optional_text(&self.user),
                password,
                from: self.from.clone(),
                allow_private_addresses: self.allows_private,
                pem: optional_text(&self.pem),
            }),
            webhook: None,
        })
    }
}

/// The form of a receiver of webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypedWebhook {
    pub(super) name: String,
    pub(super) form: NoticeForm,
    pub(super) allows_private: bool,
    pub(super) pem: String,
}

impl Default for TypedWebhook {
    fn default() -> TypedWebhook {
        TypedWebhook {
            name: String::new(),
            form: NoticeForm::Teams,
            allows_private: false,
            pem: String::new(),
        }
    }
}

impl TypedWebhook {
    /// `None`: the channel is no receiver of webhooks.
    pub(super) fn from_channel(view: &NoticeChannelView) -> Option<TypedWebhook> {
        let webhook = view.webhook.as_ref()?;
        Some(TypedWebhook {
            name: view.name.clone(),
            form: webhook.form,
            allows_private: webhook.allow_private_addresses,
            pem: String::new(),
        })
    }

    pub(super) fn read(form: &FormFields) -> TypedWebhook {
        TypedWebhook {
            name: form.text("name").to_owned(),
            form: find_word(form.text("form")).unwrap_or(NoticeForm::Teams),
            allows_private: form.is_ticked("allow_private"),
            pem: form.text("pem").to_owned(),
        }
    }

    pub(super) fn list_forms(&self, ctx: &PageContext) -> Vec<ChoiceRow> {
        let row = |form: &NoticeForm| ChoiceRow {
            value: form.name(),
            text: form_word(ctx, *form),
            is_chosen: *form == self.form,
        };
        NoticeForm::ALL.iter().map(row).collect()
    }

    pub(super) fn to_body(&self, secrets: TypedSecrets) -> Result<NoticeChannelBody, PageFailure> {
        require_name(&self.name)?;
        Ok(NoticeChannelBody {
            mail: None,
            webhook: Some(WebhookChannelBody {
                url: secrets.url,
                form: self.form,
                key: secrets.key,
                authorization: secrets.authorization,
                allow_private_addresses: self.allows_private,
                pem: optional_text(&self.pem),
                template: secrets.template,
            }),
        })
    }
}

/// Secrets of a webhook as they were typed; none: what is kept stays.
pub(super) struct TypedSecrets {
    url: Option<SecretString>,
    key: Option<SecretString>,
    authorization: Option<SecretString>,
    /// It may have keys in it.
    template: Option<SecretString>,
}

impl TypedSecrets {
    pub(super) fn read(form: &FormFields) -> TypedSecrets {
        TypedSecrets {
            url: given_secret(form, "url"),
            key: given_secret(form, "key"),
            authorization: given_secret(form, "authorization"),
            template: given_secret(form, "template"),
        }
    }
}

/// The form of a recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TypedRecipient {
    pub(super) name: String,
    pub(super) channel: String,
    pub(super) address: String,
    pub(super) language: Language,
    /// None: all.
    pub(super) kinds: Vec<NoticeKind>,
    pub(super) quiet_from: String,
    pub(super) quiet_to: String,
    pub(super) zone: String,
}

impl TypedRecipient {
    pub(super) fn from_view(view: &NoticeRecipientView) -> TypedRecipient {
        let part = |choose: fn(&QuietHours) -> &String| view.quiet.as_ref().map(choose).cloned().unwrap_or_default();
        TypedRecipient {
            name: view.name.clone(),
            channel: view.channel.clone(),
            address: view.address.clone().unwrap_or_default(),
            language: view.language,
            kinds: view.kinds.clone().unwrap_or_default(),
            quiet_from: part(|hours| &hours.from),
            quiet_to: part(|hours| &hours.to),
            zone: part(|hours| &hours.zone),
        }
    }

    pub(super) fn read(form: &FormFields) -> TypedRecipient {
        let language = Language::ALL
            .into_iter()
            .find(|language| language.code() == form.text("language"));
        let kinds = form.values("kind").iter();
        TypedRecipient {
            name: form.text("name").to_owned(),
            channel: form.text("channel").to_owned(),
            address: form.text("address").to_owned(),
            language: language.unwrap_or_default(),
            kinds: kinds.filter_map(|kind| find_word(kind)).collect(),
            quiet_from: form.text("quiet_from").to_owned(),
            quiet_to: form.text("quiet_to").to_owned(),
            zone: form.text("zone").to_owned(),
        }
    }

    pub(super) fn list_languages(&self, ctx: &PageContext) -> Vec<ChoiceRow> {
        let row = |language: Language| ChoiceRow {
            value: language.code(),
            text: ctx.word("settings-people-language-", language.code()),
            is_chosen: language == self.language,
        };
        Language::ALL.into_iter().map(row).collect()
    }

    pub(super) fn list_kinds(&self, ctx: &PageContext) -> Vec<ChoiceRow> {
        let row = |kind: &NoticeKind| ChoiceRow {
            value: kind.name(),
            text: kind_word(ctx, *kind),
            is_chosen: self.kinds.contains(kind),
        };
        NoticeKind::ALL.iter().map(row).collect()
    }

    pub(super) fn to_body(&self) -> Result<NoticeRecipientBody, PageFailure> {
        require_name(&self.name)?;
        let is_quiet = !self.quiet_from.is_empty() || !self.quiet_to.is_empty();
        let quiet = is_quiet.then(|| QuietHours {
            from: self.quiet_from.clone(),
            to: self.quiet_to.clone(),
            zone: optional_text(&self.zone).unwrap_or_else(|| "UTC".to_owned()),
        });
        Ok(NoticeRecipientBody {
            channel: self.channel.clone(),
            address: optional_text(&self.address),
            language: self.language,
            kinds: Some(self.kinds.clone()).filter(|kinds| !kinds.is_empty()),
            quiet,
        })
    }
}

/// The form of the heartbeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypedHeartbeat {
    pub(super) every: String,
    pub(super) allows_private: bool,
    pub(super) pem: String,
}

impl TypedHeartbeat {
    pub(super) fn begin(view: Option<&HeartbeatView>) -> TypedHeartbeat {
        TypedHeartbeat {
            every: view.map_or(60, |beat| beat.every_seconds).to_string(),
            allows_private: view.is_some_and(|beat| beat.allow_private_addresses),
            pem: String::new(),
        }
    }

    pub(super) fn read(form: &FormFields) -> TypedHeartbeat {
        TypedHeartbeat {
            every: form.text("every").to_owned(),
            allows_private: form.is_ticked("allow_private"),
            pem: form.text("pem").to_owned(),
        }
    }

    pub(super) fn to_body(&self, url: Option<SecretString>) -> Result<HeartbeatBody, PageFailure> {
        let every = self.every.parse::<u32>();
        Ok(HeartbeatBody {
            url: url.ok_or_else(|| wrong_field("settings-people-beat-url-missing"))?,
            every_seconds: every.map_err(|_| wrong_field("settings-people-beat-every-wrong"))?,
            allow_private_addresses: self.allows_private,
            pem: optional_text(&self.pem),
        })
    }
}

fn require_name(name: &str) -> Result<(), PageFailure> {
    if name.is_empty() {
        Err(wrong_field("settings-people-name-missing"))
    } else {
        Ok(())
    }
}

fn optional_text(text: &str) -> Option<String> {
    Some(text).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_form_names_its_first_gap() {
        let code = |failure: PageFailure| failure.code;
        let mail = TypedMail::default().to_body(None).map_err(code).map(|_| ());
        assert_eq!(mail, Err("settings-people-name-missing".to_owned()));
        let port = TypedMail {
            name: "office".to_owned(),
            port: "70000".to_owned(),
            ..TypedMail::default()
        };
        let port = port.to_body(None).map_err(code).map(|_| ());
        assert_eq!(port, Err("settings-people-port-wrong".to_owned()));
        let beat = TypedHeartbeat::begin(None).to_body(None).map_err(code).map(|_| ());
        assert_eq!(beat, Err("settings-people-beat-url-missing".to_owned()));
    }

    #[test]
    fn no_kind_is_all_kinds_and_no_time_no_quiet_hours() {
        let typed = TypedRecipient {
            name: "anna".to_owned(),
            zone: "Europe/Berlin".to_owned(),
            ..TypedRecipient::default()
        };
        let body = typed.to_body().unwrap();
        assert_eq!((body.kinds, body.quiet, body.address), (None, None, None));
        let quiet = TypedRecipient {
            quiet_from: "22:00".to_owned(),
            zone: String::new(),
            kinds: vec![NoticeKind::KillSwitch],
            ..typed
        };
        let body = quiet.to_body().unwrap();
        let hours = body.quiet.unwrap();
        assert_eq!(
            (hours.from.as_str(), hours.to.as_str(), hours.zone.as_str()),
            ("22:00", "", "UTC")
        );
        assert_eq!(body.kinds, Some(vec![NoticeKind::KillSwitch]));
    }
}
