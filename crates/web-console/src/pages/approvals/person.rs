//! The person who decides: name, password and, where their account has a second factor, its code. They are typed for each
//! decision anew, whoever is signed in.

use http::StatusCode;
use sics_client::contract::{AgreementBody, ApproveBody, PersonBody};

use crate::failure::PageFailure;
use crate::form::FormFields;
use crate::page::PageContext;

/// What a form for a decision shows again.
#[derive(Debug, Clone)]
pub(crate) struct PersonFields {
    pub(crate) name: String,
    /// Whether the field for the code is shown at once; if not, it comes when the API asks for it.
    pub(crate) code_needed: bool,
}

impl PersonFields {
    /// Whoever is signed in: mostly it is they who decide.
    pub(crate) fn signed_in(ctx: &PageContext) -> PersonFields {
        PersonFields {
            name: ctx.operator().to_owned(),
            code_needed: ctx.account().is_some_and(|account| account.second_factor),
        }
    }

    /// As they were typed, after the API has refused them.
    pub(crate) fn typed(ctx: &PageContext, form: &FormFields, failure: &PageFailure) -> PersonFields {
        let asked = matches!(failure.code.as_str(), "secondFactorNeeded" | "secondFactorWrong");
        PersonFields {
            name: form.text("name").to_owned(),
            code_needed: asked || PersonFields::signed_in(ctx).code_needed,
        }
    }
}

pub(crate) fn approve_body(form: &FormFields) -> ApproveBody {
    ApproveBody {
        name: form.text("name").to_owned(),
        password: form.secret("password"),
        code: form.given("code"),
        digest: form.text("digest").to_owned(),
    }
}

pub(crate) fn agreement_body(form: &FormFields) -> AgreementBody {
    AgreementBody {
        name: form.text("name").to_owned(),
        password: form.secret("password"),
        code: form.given("code"),
        digest: form.text("digest").to_owned(),
    }
}

pub(crate) fn person_body(form: &FormFields) -> PersonBody {
    PersonBody {
        name: form.text("name").to_owned(),
        password: form.secret("password"),
        code: form.given("code"),
    }
}

/// A form that was refused is shown again; 401 would ask a browser for a password of its own.
pub(crate) fn form_status(failure: &PageFailure) -> StatusCode {
    if failure.is_sign_in() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        failure.status
    }
}

/// Whether the number of devices was typed, and the box ticked: a look at the list, for what can not be undone.
pub(crate) fn check_typed_count(form: &FormFields, devices: u64) -> Result<(), PageFailure> {
    let unmet = |code: &str| Err(PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, code));
    if !form.is_ticked("agree") {
        return unmet("actions-not-agreed");
    }
    match form.text("number").parse::<u64>() {
        Ok(number) if number == devices => Ok(()),
        Ok(_) | Err(_) => unmet("actions-wrong-number"),
    }
}
