//! A request that did not succeed: shown as a page that names the object, the reason and the cure.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use sics_client::{ClientError, ClientErrorKind};

use crate::page::PageContext;
use crate::render::Markup;
use crate::said::SaidSentence;
use crate::texts::Language;

/// Why a page cannot be shown, or an act was not done.
#[derive(Debug, Clone)]
pub(crate) struct PageFailure {
    pub(crate) status: StatusCode,
    /// Stable code; of the API, or of the console's own texts.
    pub(crate) code: String,
    /// What went wrong, one sentence; empty: the text of the code says it.
    pub(crate) message: String,
    /// What to do; may be empty.
    pub(crate) advice: String,
    /// Of message and advice.
    pub(crate) language: Language,
    /// The field that is wrong, as the API names it.
    pub(crate) key: Option<String>,
}

/// What a handler of a page answers.
pub(crate) type PageResult = Result<Response, PageFailure>;

impl PageFailure {
    /// With a text of the console: `failure-…`.
    pub(crate) fn plain(status: StatusCode, code: &str) -> PageFailure {
        PageFailure {
            status,
            code: code.to_owned(),
            message: String::new(),
            advice: String::new(),
            language: Language::English,
            key: None,
        }
    }

    /// Of what an answer of the API tells of somebody else's failure, in English.
    pub(crate) fn told(ctx: &PageContext, code: &str, message: &str, advice: &str) -> PageFailure {
        let (message, advice) = (
            SaidSentence::from_english(ctx, message),
            SaidSentence::from_english(ctx, advice),
        );
        let is_foreign = message.is_foreign;
        PageFailure {
            status: StatusCode::OK,
            code: code.to_owned(),
            message: message.text,
            advice: advice.text,
            language: if is_foreign { Language::English } else { ctx.language() },
            key: None,
        }
    }

    /// The same within a text of the console, which has what went wrong as `$why`.
    pub(crate) fn told_within(ctx: &PageContext, key: &str, why: &str) -> PageFailure {
        PageFailure {
            message: ctx.t1(key, "why", ctx.said_plain(why)),
            language: ctx.language(),
            ..PageFailure::plain(StatusCode::OK, key)
        }
    }

    /// The same about one field.
    #[must_use]
    pub(crate) fn with_key(self, key: &str) -> PageFailure {
        PageFailure {
            key: Some(key.to_owned()),
            ..self
        }
    }

    /// Whether it is about this field.
    pub(crate) fn is_about(&self, key: &str) -> bool {
        self.key.as_deref() == Some(key)
    }

    /// The page does not exist.
    pub(crate) fn not_found() -> PageFailure {
        PageFailure::plain(StatusCode::NOT_FOUND, "failure-not-found")
    }

    /// What went wrong: what the API says where it speaks the language of the page, else a text of the console for the
    /// code where there is one.
    pub(crate) fn title(&self, ctx: &PageContext) -> String {
        self.say_title(ctx).text
    }

    /// What to do about it.
    pub(crate) fn cure(&self, ctx: &PageContext) -> String {
        self.say_cure(ctx).text
    }

    /// The title as a page shows it.
    pub(crate) fn shown_title(&self, ctx: &PageContext) -> Markup {
        self.say_title(ctx).to_markup()
    }

    /// The cure as a page shows it.
    pub(crate) fn shown_cure(&self, ctx: &PageContext) -> Markup {
        self.say_cure(ctx).to_markup()
    }

    fn say_title(&self, ctx: &PageContext) -> SaidSentence {
        let own = format!("problem-{}", hyphenate(&self.code));
        if self.message.is_empty() {
            SaidSentence::in_language(ctx, ctx.t(&self.code), ctx.language())
        } else if self.language != ctx.language() && ctx.has_text(&own) {
            SaidSentence::in_language(ctx, ctx.t(&own), ctx.language())
        } else {
            SaidSentence::in_language(ctx, sentence(&self.message), self.language)
        }
    }

    /// The console's own text for the code says what to do on its pages, the API's what to do with the API.
    fn say_cure(&self, ctx: &PageContext) -> SaidSentence {
        let own = if self.message.is_empty() {
            format!("{}-cure", self.code)
        } else {
            format!("problem-{}-cure", hyphenate(&self.code))
        };
        let is_plain = self.message.is_empty() || ctx.language() != Language::English;
        if is_plain && ctx.has_text(&own) {
            SaidSentence::in_language(ctx, ctx.t(&own), ctx.language())
        } else {
            SaidSentence::in_language(ctx, sentence(&self.advice), self.language)
        }
    }

    /// Whether the session of this request is over. A wrong password that a form carries is answered 401 as well, and
    /// ends nobody's session.
    pub(crate) fn is_session_over(&self) -> bool {
        self.is_sign_in() && matches!(self.code.as_str(), "sessionExpired" | "notSignedIn")
    }

    /// Whether nobody is signed in (any more).
    pub(crate) fn is_sign_in(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }
}

/// Whether what a list was filtered by is at fault: a value that cannot be one, or an object that does not exist.
pub(crate) fn is_wrong_filter(error: &ClientError) -> bool {
    let faults = [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].map(|status| status.as_u16());
    error.status.is_some_and(|status| faults.contains(&status))
}

/// `wrongPassword` as keys of texts have it: `wrong-password`.
pub(crate) fn hyphenate(code: &str) -> String {
    let mut text = String::new();
    for letter in code.chars() {
        if letter.is_ascii_uppercase() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// With a capital at the beginning and a full stop at the end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut whole: String = first.to_uppercase().chain(letters).collect();
    if whole.ends_with(|last: char| last.is_alphanumeric() || matches!(last, ')' | '"')) {
        whole.push('.');
    }
    whole
}

impl From<ClientError> for PageFailure {
    fn from(error: ClientError) -> PageFailure {
        let status = error.status.and_then(|status| StatusCode::from_u16(status).ok());
        let other = match error.kind {
            ClientErrorKind::Invalid => StatusCode::BAD_REQUEST,
            ClientErrorKind::Unreachable | ClientErrorKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            ClientErrorKind::Refused => StatusCode::FORBIDDEN,
            ClientErrorKind::Conflict => StatusCode::CONFLICT,
            ClientErrorKind::Failed => StatusCode::BAD_GATEWAY,
        };
        let members = error.problem.as_ref().map(|problem| &problem.members);
        let key = members.and_then(|members| members.get("key")?.as_str());
        PageFailure {
            status: status.unwrap_or(other),
            code: error.code().unwrap_or_default().to_owned(),
            key: key.map(str::to_owned),
            language: error.language.into(),
            message: error.message,
            advice: error.advice,
        }
    }
}

/// The layer that knows the page's language makes a page of it ([`crate::session`]).
impl IntoResponse for PageFailure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_in_a_form_ends_no_session() {
        for (code, is_over) in [
            ("sessionExpired", true),
            ("notSignedIn", true),
            ("signInFailed", false),
            ("secondFactorWrong", false),
        ] {
            let failure = PageFailure::plain(StatusCode::UNAUTHORIZED, code);
            assert_eq!(failure.is_session_over(), is_over, "{code}");
        }
        assert!(!PageFailure::plain(StatusCode::FORBIDDEN, "sessionExpired").is_session_over());
    }
}
