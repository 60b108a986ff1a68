//! Forms as they come in: fields by name, files bounded.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use http::{StatusCode, header};
use secrecy::SecretString;

use crate::failure::PageFailure;

/// The fields of a form; a name may come several times. `Debug` shows the names only: a field may be a password.
#[derive(Clone, Default)]
pub(crate) struct FormFields {
    fields: BTreeMap<String, Vec<String>>,
    files: BTreeMap<String, UploadedFile>,
}

/// A file of a form.
#[derive(Clone)]
pub(crate) struct UploadedFile {
    pub(crate) content: Bytes,
}

impl std::fmt::Debug for FormFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.fields.keys().chain(self.files.keys());
        f.debug_list().entries(names).finish()
    }
}

impl FormFields {
    /// The first value of a field, trimmed; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The first value of a field as it was typed.
    pub(crate) fn raw(&self, name: &str) -> &str {
        let values = self.fields.get(name);
        values.and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// The same, where an empty field is none.
    pub(crate) fn given(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A password as it was typed.
    pub(crate) fn secret(&self, name: &str) -> SecretString {
        SecretString::from(self.raw(name))
    }

    /// All values of a field: ticked boxes.
    pub(crate) fn values(&self, name: &str) -> &[String] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a box is ticked.
    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        !self.raw(name).is_empty()
    }

    /// A file that was chosen.
    pub(crate) fn file(&self, name: &str) -> Option<&UploadedFile> {
        self.files.get(name).filter(|file| !file.content.is_empty())
    }

    /// All fields by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.fields
            .iter()
            .map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    fn insert(&mut self, name: String, value: String) {
        self.fields.entry(name).or_default().push(value);
    }
}

fn unreadable_form() -> PageFailure {
    PageFailure::plain(StatusCode::BAD_REQUEST, "failure-form")
}

impl<S: Send + Sync> FromRequest<S> for FormFields {
    type Rejection = PageFailure;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageFailure> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_multipart = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
        let mut form = FormFields::default();
        if is_multipart {
            let mut parts = Multipart::from_request(request, state)
                .await
                .map_err(|_| unreadable_form())?;
            while let Some(part) = parts.next_field().await.map_err(|_| unreadable_form())? {
                let name = part.name().unwrap_or_default().to_owned();
                if part.file_name().is_some() {
                    let content = part.bytes().await.map_err(|_| unreadable_form())?;
                    form.files.insert(name, UploadedFile { content });
                } else {
                    form.insert(name, part.text().await.map_err(|_| unreadable_form())?);
                }
            }
        } else {
            let bytes = Bytes::from_request(request, state)
                .await
                .map_err(|_| unreadable_form())?;
            for (name, value) in url::form_urlencoded::parse(&bytes) {
                form.insert(name.into_owned(), value.into_owned());
            }
        }
        Ok(form)
    }
}
