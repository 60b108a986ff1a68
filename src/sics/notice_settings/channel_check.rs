//! What is given of a channel, judged and taken apart: what is kept as it is, and what is sealed. A secret goes only where it
//! was given for (E7): with another server, user or address it has to be given again. Pure.

use secrecy::{ExposeSecret, SecretString};

use super::mail_place::{check_written_address, require_fitting_port, require_no_port};
use crate::contract::{MailChannelBody, NoticeChannelBody, NoticeForm, WebhookChannelBody};
use crate::notices::{
    ChannelSecrets, ChannelSettings, MailSettings, PostAddressError, PostSettings, SecretText, check_mail_address,
    parse_given_address, parse_template,
};
use crate::sics::problem::ApiProblem;
use crate::webhooks::WebhookKey;

/// Longest of its texts, characters; a list of certificates is longer.
const TEXT_CHARS: usize = 253;
const PEM_CHARS: usize = 100_000;
const SECRET_CHARS: usize = 4_000;

/// A channel as it is kept.
pub(super) struct CheckedChannel {
    pub settings: ChannelSettings,
    pub secrets: ChannelSecrets,
}

/// The channel as it stands, with its secrets opened.
pub(super) struct KnownChannel {
    pub settings: ChannelSettings,
    pub secrets: ChannelSecrets,
}

/// `known`: the one of this name, where there is one.
pub(super) fn check_channel(
    body: NoticeChannelBody,
    known: Option<KnownChannel>,
) -> Result<CheckedChannel, ApiProblem> {
    match (body.mail, body.webhook) {
        (Some(mail), None) => check_mail(mail, known),
        (None, Some(webhook)) => check_webhook(webhook, known),
        (Some(_), Some(_)) | (None, None) => Err(ApiProblem::bad_request(
            "wrongChannel",
            "a channel is either a mail server or a webhook",
            "Give either mail or webhook.",
        )),
    }
}

fn check_mail(body: MailChannelBody, known: Option<KnownChannel>) -> Result<CheckedChannel, ApiProblem> {
    let host = body.host.trim().to_owned();
    require_no_port(&host)?;
    let is_host = !host.is_empty() && host.chars().count() <= TEXT_CHARS && !host.contains([' ', '/', '@']);
    if !is_host || body.port == 0 {
        return Err(ApiProblem::bad_request(
            "wrongServer",
            "host or port is no mail server",
            "Give the name of the server as its certificate has it, such as smtp.example.com, and its port.",
        ));
    }
    require_fitting_port(body.port, body.security)?;
    check_written_address(&host, body.allow_private_addresses).map_err(|refused| {
        let error = PostAddressError::from(refused);
        ApiProblem::bad_request("wrongAddress", error.to_string(), advise_address(&error))
    })?;
    if !check_mail_address(&body.from) {
        return Err(ApiProblem::bad_request(
            "wrongAddress",
            "from is no mail address",
            "Give the address that the messages come from, such as intune@example.com.",
        ));
    }
    let settings = MailSettings {
        host,
        port: body.port,
        security: body.security,
        user: body.user.filter(|user| !user.is_empty()),
        from: body.from,
        allow_private: body.allow_private_addresses,
        authorities: check_authorities(body.pem)?,
    };
    let password = match (&settings.user, body.password) {
        (None, None) => None,
        (None, Some(_)) => {
            return Err(ApiProblem::bad_request(
                "userMissing",
                "a password is given, and no user",
                "Give the user who signs in at the mail server, too (user, --sign-in USER).",
            ));
        }
        (Some(_), Some(password)) => Some(SecretText(check_secret("password", password)?)),
        (Some(_), None) => Some(kept_password(&settings, known).ok_or_else(password_needed)?),
    };
    Ok(CheckedChannel {
        settings: ChannelSettings::Mail(settings),
        secrets: ChannelSecrets {
            password,
            ..ChannelSecrets::default()
        },
    })
}

/// The one that is kept, if it was given for this very server and user.
fn kept_password(settings: &MailSettings, known: Option<KnownChannel>) -> Option<SecretText> {
    let known = known?;
    let ChannelSettings::Mail(before) = known.settings else {
        return None;
    };
    let place = |of: &MailSettings| {
        (
            of.host.to_ascii_lowercase(),
            of.port,
            of.security,
            of.user.clone(),
            of.authorities.clone(),
        )
    };
    known.secrets.password.filter(|_| place(&before) == place(settings))
}

fn password_needed() -> ApiProblem {
    ApiProblem::bad_request(
        "passwordNeeded",
        "a password is needed: none is kept that was given for this server and user",
        "Give the password of the user (password, --secret-file FILE).",
    )
}

fn check_webhook(body: WebhookChannelBody, known: Option<KnownChannel>) -> Result<CheckedChannel, ApiProblem> {
    let authorities = check_authorities(body.pem)?;
    let given = match body.url {
        Some(url) => ChannelSecrets {
            url: Some(SecretText(check_secret("url", url)?)),
            key: checked_text("key", body.key)?,
            authorization: checked_text("authorization", body.authorization)?,
            ..ChannelSecrets::default()
        },
        None if body.key.is_some() || body.authorization.is_some() => return Err(address_needed()),
        None => kept_address(authorities.as_ref(), known).ok_or_else(address_needed)?,
    };
    let secrets = ChannelSecrets {
        template: check_template(body.form, body.template)?,
        ..given
    };
    let address = secrets.url.as_ref().ok_or_else(address_needed)?;
    let url = parse_given_address(address.0.expose_secret(), body.allow_private_addresses)
        .map_err(|error| ApiProblem::bad_request("wrongAddress", error.to_string(), advise_address(&error)))?;
    if let Some(key) = &secrets.key {
        WebhookKey::parse(key.0.expose_secret())
            .map_err(|error| ApiProblem::bad_request("wrongKey", error.to_string(), to_sentence(error.advice())))?;
    }
    if body.form == NoticeForm::Standard && secrets.key.is_none() {
        return Err(ApiProblem::bad_request(
            "keyNeeded",
            "messages of the form standard are signed, and no key is given",
            "Make one with `echo whsec_$(openssl rand -base64 32) > key`, give it (key, --key-file FILE), and give it to \
             the receiver too.",
        ));
    }
    let settings = PostSettings {
        host: url.host_str().unwrap_or_default().to_owned(),
        form: body.form,
        allow_private: body.allow_private_addresses,
        signed: secrets.key.is_some(),
        authorized: secrets.authorization.is_some(),
        authorities,
    };
    Ok(CheckedChannel {
        settings: ChannelSettings::Webhook(settings),
        secrets,
    })
}

/// Private addresses are allowed by a field of the API, or by an option.
pub(super) fn advise_address(error: &PostAddressError) -> String {
    let advice = to_sentence(error.advice());
    if error.is_about_private() {
        format!("{advice} Private addresses need allowPrivateAddresses (--allow-private).")
    } else {
        advice
    }
}

/// Address, key and authorization belong together, and go to whoever these authorities vouch for.
fn kept_address(authorities: Option<&String>, known: Option<KnownChannel>) -> Option<ChannelSecrets> {
    let known = known?;
    let ChannelSettings::Webhook(before) = known.settings else {
        return None;
    };
    (before.authorities.as_ref() == authorities).then_some(known.secrets)
}

fn address_needed() -> ApiProblem {
    ApiProblem::bad_request(
        "addressNeeded",
        "the address of the webhook is needed; its key and authorization are given together with it",
        "Give the address as well (url, --address-file FILE).",
    )
}

fn check_template(form: NoticeForm, template: Option<SecretString>) -> Result<Option<SecretText>, ApiProblem> {
    match (form, template) {
        (NoticeForm::Template, Some(text)) => {
            let parsed = parse_template(text.expose_secret()).map_err(|error| {
                ApiProblem::bad_request(
                    "wrongTemplate",
                    error.to_string(),
                    "Write JSON with {title}, {text}, {kind}, {event}, {action}, {severity}, {count}, {since}, {link}, \
                     {id} and {key} in its texts.",
                )
            })?;
            Ok(Some(SecretText(SecretString::from(parsed.to_string()))))
        }
        (NoticeForm::Template, None) => Err(ApiProblem::bad_request(
            "templateNeeded",
            "the form template needs a template",
            "Give the message as JSON (template, --template-file FILE).",
        )),
        (_, Some(_)) => Err(ApiProblem::bad_request(
            "wrongTemplate",
            "a template is given, and the form is another one",
            "Set the form to template (form, --form template), or leave the template out.",
        )),
        (_, None) => Ok(None),
    }
}

/// Only certificates that can be read.
pub(super) fn check_authorities(pem: Option<String>) -> Result<Option<String>, ApiProblem> {
    let Some(pem) = pem.filter(|pem| !pem.trim().is_empty()) else {
        return Ok(None);
    };
    let count = openssl::x509::X509::stack_from_pem(pem.as_bytes()).map_or(0, |found| found.len());
    if pem.chars().count() > PEM_CHARS {
        return Err(ApiProblem::bad_request(
            "wrongAuthorities",
            format!("the certificates of the authorities have more than {PEM_CHARS} characters"),
            "Give those that are needed alone (pem, --ca-file FILE).",
        ));
    }
    if count == 0 {
        return Err(ApiProblem::bad_request(
            "wrongAuthorities",
            "no certificate of an authority is given (pem, --ca-file FILE)",
            "Give certificates in PEM: they begin with -----BEGIN CERTIFICATE-----.",
        ));
    }
    Ok(Some(pem))
}

fn checked_text(what: &str, secret: Option<SecretString>) -> Result<Option<SecretText>, ApiProblem> {
    secret
        .map(|secret| check_secret(what, secret).map(SecretText))
        .transpose()
}

pub(super) fn check_secret(what: &str, secret: SecretString) -> Result<SecretString, ApiProblem> {
    let text = secret.expose_secret();
    let is_good = (1..=SECRET_CHARS).contains(&text.chars().count()) && !text.contains(['\r', '\n', '\0']);
    if is_good {
        return Ok(secret);
    }
    Err(ApiProblem::bad_request(
        "wrongSecret",
        format!("{what} has 1 to {SECRET_CHARS} characters on one line"),
        "Give it on one line.",
    ))
}

fn to_sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    match letters.next() {
        None => String::new(),
        Some(first) => first.to_uppercase().to_string() + letters.as_str() + ".",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::MailSecurity;

    fn mail(host: &str, password: Option<&str>) -> NoticeChannelBody {
        NoticeChannelBody {
            mail: Some(MailChannelBody {
                host: host.to_owned(),
                port: 587,
                security: MailSecurity::StartTls,
                user: Some("intune".to_owned()),
                password: password.map(SecretString::from),
                from: "intune@example.com".to_owned(),
                allow_private_addresses: false,
                pem: None,
            }),
            webhook: None,
        }
    }

    fn webhook(url: Option<&str>, form: NoticeForm, key: Option<&str>) -> NoticeChannelBody {
        NoticeChannelBody {
            mail: None,
            webhook: Some(WebhookChannelBody {
                url: url.map(SecretString::from),
                form,
                key: key.map(SecretString::from),
                authorization: None,
                allow_private_addresses: false,
                pem: None,
                template: None,
            }),
        }
    }

    fn keep(checked: CheckedChannel) -> Option<KnownChannel> {
        Some(KnownChannel {
            settings: checked.settings,
            secrets: checked.secrets,
        })
    }

    fn refusal(result: Result<CheckedChannel, ApiProblem>) -> String {
        result
            .err()
            .map(|problem| problem.detail().to_owned())
            .unwrap_or_default()
    }

    #[test]
    fn a_port_behind_a_host_is_told_as_one_and_an_address_has_its_colons() {
        let said = refusal(check_channel(mail("smtp.example.com:587", Some("x")), None));
        assert_eq!(said, "the host smtp.example.com is given with the port 587");
        let said = refusal(check_channel(mail("https://mail.example.com", Some("x")), None));
        assert_eq!(said, "host or port is no mail server");
        assert!(check_channel(mail("2606:4700::25", Some("x")), None).is_ok());
    }

    #[test]
    fn e7_a_password_goes_to_the_server_that_it_was_given_for_and_to_no_other() {
        let given = || check_channel(mail("smtp.example.com", Some("secret")), None).map(keep);
        let known = given().ok().flatten();
        assert!(check_channel(mail("SMTP.example.com", None), known).is_ok());
        let known = given().ok().flatten();
        assert!(refusal(check_channel(mail("smtp.evil.example", None), known)).starts_with("a password is needed"));
        assert!(refusal(check_channel(mail("smtp.example.com", None), None)).starts_with("a password is needed"));
    }

    #[test]
    fn an_address_of_a_webhook_is_a_secret_and_stays_with_its_key() {
        let url = "https://hooks.example.com/secret";
        let known = || check_channel(webhook(Some(url), NoticeForm::Slack, None), None).map(keep);
        let again = check_channel(webhook(None, NoticeForm::Teams, None), known().ok().flatten());
        let again = again.ok().map(|checked| checked.settings);
        assert!(matches!(again, Some(ChannelSettings::Webhook(post)) if post.host == "hooks.example.com"));
        let mut other = webhook(None, NoticeForm::Teams, None);
        if let Some(webhook) = &mut other.webhook {
            webhook.pem = Some(include_str!("../../../tests/fixtures/certs/cert.pem").to_owned());
        }
        let said = refusal(check_channel(other, known().ok().flatten()));
        assert!(said.starts_with("the address of the webhook is needed"), "{said}");
        for (body, begin) in [
            (
                webhook(None, NoticeForm::Slack, None),
                "the address of the webhook is needed",
            ),
            (
                webhook(Some(url), NoticeForm::Standard, None),
                "messages of the form standard",
            ),
            (
                webhook(Some(url), NoticeForm::Template, None),
                "the form template needs",
            ),
            (
                webhook(Some("http://x.example/"), NoticeForm::Slack, None),
                "the address needs https",
            ),
            (
                webhook(Some("https://127.0.0.1/"), NoticeForm::Slack, None),
                "127.0.0.1 leads to",
            ),
            (
                webhook(Some(url), NoticeForm::Slack, Some("x")),
                "the key does not begin",
            ),
            (NoticeChannelBody::default(), "a channel is either"),
        ] {
            let said = refusal(check_channel(body, None));
            assert!(said.starts_with(begin), "{said}");
        }
    }
}
