//! Problems in the language of whoever reads them. A problem is made in English, as every sentence is; on its way out it
//! gets the German that the catalogue has (`bus::translation`) where the request asks for it. Codes and all that machines
//! read stay as they are, and so does every answer that is no problem.

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;

use crate::bus::translation::{localize_word, translate_text};
use crate::model::Language;
use crate::sics::problem::MEDIA_TYPE;

/// A problem that is longer goes out as it is.
const BODY_BYTES_MAX: usize = 256 * 1_024;
/// How deep sentences lie at most: problem, list, finding.
const DEPTH_MAX: u32 = 6;
/// Members that are sentences for people, at any depth: of the problem itself, of findings and of reasons.
const SENTENCES: [&str; 5] = ["detail", "advice", "problem", "cure", "text"];

/// Says a problem in the language of the request. Of any other answer, no more than its media type is looked at.
pub(super) async fn localize_problem(request: Request, next: Next) -> Response {
    let accepted: Vec<HeaderValue> = request
        .headers()
        .get_all(header::ACCEPT_LANGUAGE)
        .iter()
        .cloned()
        .collect();
    let response = next.run(request).await;
    let media_type = response.headers().get(header::CONTENT_TYPE);
    if media_type.is_none_or(|kind| kind != MEDIA_TYPE) {
        return response;
    }
    speak_language(response, read_language(&accepted)).await
}

fn read_language(accepted: &[HeaderValue]) -> Language {
    let lines: Vec<&str> = accepted.iter().filter_map(|line| line.to_str().ok()).collect();
    Language::from_accept_language(&lines.join(","))
}

async fn speak_language(response: Response, language: Language) -> Response {
    let (mut parts, mut body) = response.into_parts();
    parts
        .headers
        .append(header::VARY, HeaderValue::from_static("Accept-Language"));
    // What was made for somebody's language says so itself.
    if parts.headers.contains_key(header::CONTENT_LANGUAGE) {
        return Response::from_parts(parts, body);
    }
    let mut spoken = SpokenLanguages::default();
    if language != Language::default() {
        parts.headers.remove(header::CONTENT_LENGTH);
        (body, spoken) = translate_body(body, language).await;
    }
    parts
        .headers
        .insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(spoken.header()));
    Response::from_parts(parts, body)
}

/// In which languages the sentences of a problem are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct SpokenLanguages {
    german: bool,
    english: bool,
}

impl SpokenLanguages {
    fn header(self) -> &'static str {
        match (self.german, self.english) {
            (true, false) => "de",
            (true, true) => "de, en",
            (false, _) => "en",
        }
    }
}

async fn translate_body(body: Body, language: Language) -> (Body, SpokenLanguages) {
    let bytes_max = body.size_hint().upper();
    let is_short = bytes_max.is_some_and(|bytes| usize::try_from(bytes).is_ok_and(|bytes| bytes <= BODY_BYTES_MAX));
    if !is_short {
        return (body, SpokenLanguages::default());
    }
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(mut problem) => {
            let spoken = translate_problem(&mut problem, language);
            (Body::from(problem.to_string()), spoken)
        }
        // Of a request that wants no body.
        Err(_) => (Body::from(bytes), SpokenLanguages::default()),
    }
}

/// Its sentences in this language. What has none stays English, sentence by sentence.
fn translate_problem(problem: &mut Value, language: Language) -> SpokenLanguages {
    let mut spoken = SpokenLanguages::default();
    translate_members(problem, language, DEPTH_MAX, &mut spoken);
    if spoken.german
        && let Some(Value::String(title)) = problem.get_mut("title")
    {
        *title = localize_word("status", title, language).to_owned();
    }
    spoken
}

fn translate_members(value: &mut Value, language: Language, depth: u32, spoken: &mut SpokenLanguages) {
    let Some(deeper) = depth.checked_sub(1) else {
        return;
    };
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(sentence) if SENTENCES.contains(&name.as_str()) => {
                        translate_sentence(sentence, language, spoken);
                    }
                    member => translate_members(member, language, deeper, spoken),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                translate_members(item, language, deeper, spoken);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn translate_sentence(sentence: &mut String, language: Language, spoken: &mut SpokenLanguages) {
    match translate_text(sentence, language) {
        Some(translated) => {
            *sentence = translated;
            spoken.german = true;
        }
        None => spoken.english |= !sentence.is_empty(),
    }
}

#[cfg(test)]
#[path = "problem_language_tests.rs"]
mod tests;
