//! Operations and types as the pages show them.

use askama::Template;
use serde_json::Value;

use super::document::{ApiAnswer, ApiOperation, ApiParameter};
use super::prose::{render_line, render_prose};
use super::schema::{FieldRow, Shape, TypePart, collect_types, read_description, read_type};
use crate::page::PageContext;
use crate::render::Markup;

pub(super) struct OperationRow {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: Markup,
    pub(super) access: Markup,
    pub(super) details: Markup,
    pub(super) rights: Vec<String>,
    pub(super) parameters: Vec<ParameterRow>,
    pub(super) body: Option<Markup>,
    pub(super) answers: Vec<AnswerRow>,
}

pub(super) struct ParameterRow {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) required: bool,
    pub(super) kind: Markup,
    pub(super) description: Markup,
}

pub(super) struct AnswerRow {
    pub(super) status: String,
    /// `None`: no JSON.
    pub(super) kind: Option<Markup>,
}

pub(super) struct TypeRow {
    pub(super) name: String,
    pub(super) description: Markup,
    pub(super) parts: Vec<PartRow>,
}

/// A part of a type.
pub(super) enum PartRow {
    Includes(Markup),
    Fields(Vec<ShownField>),
    Others(Markup),
    /// One of several forms begins, with its number.
    Form(usize),
    Value(Markup),
}

pub(super) struct ShownField {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) kind: Markup,
    pub(super) description: Markup,
    /// Words for bounds and marks.
    pub(super) notes: Vec<String>,
}

pub(super) fn show_operation(ctx: &PageContext, operation: &ApiOperation) -> OperationRow {
    OperationRow {
        id: operation.id.clone(),
        method: operation.method.clone(),
        path: operation.path.clone(),
        summary: render_line(&operation.summary),
        access: render_prose(&operation.access),
        details: render_prose(&operation.details),
        rights: operation.rights.clone(),
        parameters: operation
            .parameters
            .iter()
            .map(|parameter| show_parameter(ctx, parameter))
            .collect(),
        body: operation.body.as_ref().map(|shape| render_shape(ctx, shape)),
        answers: operation
            .answers
            .iter()
            .map(|answer| show_answer(ctx, answer))
            .collect(),
    }
}

fn show_parameter(ctx: &PageContext, parameter: &ApiParameter) -> ParameterRow {
    ParameterRow {
        name: parameter.name.clone(),
        place: ctx.word("api-place-", &parameter.place),
        required: parameter.required,
        kind: render_shape(ctx, &parameter.shape),
        description: render_prose(&parameter.description),
    }
}

fn show_answer(ctx: &PageContext, answer: &ApiAnswer) -> AnswerRow {
    AnswerRow {
        status: answer.status.clone(),
        kind: answer.shape.as_ref().map(|shape| render_shape(ctx, shape)),
    }
}

/// These types and all that they are made of.
pub(super) fn show_types(ctx: &PageContext, document: &Value, names: &[&str]) -> Vec<TypeRow> {
    let mut types = collect_types(document, names);
    if names.len() != 1 {
        types.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    let show = |(name, schema): (String, &Value)| TypeRow {
        name,
        description: render_prose(&read_description(schema)),
        parts: show_parts(ctx, read_type(schema)),
    };
    types.into_iter().map(show).collect()
}

fn show_parts(ctx: &PageContext, parts: Vec<TypePart>) -> Vec<PartRow> {
    let mut rows = Vec::new();
    let mut forms = 0;
    for part in parts {
        match part {
            TypePart::Includes(name) => rows.push(PartRow::Includes(render_shape(ctx, &Shape::Named(name)))),
            TypePart::Fields(fields) => {
                rows.push(PartRow::Fields(
                    fields.iter().map(|field| show_field(ctx, field)).collect(),
                ));
            }
            TypePart::Others(shape) => rows.push(PartRow::Others(render_shape(ctx, &shape))),
            TypePart::Value(shape) => rows.push(PartRow::Value(render_shape(ctx, &shape))),
            TypePart::Variant(inner) => {
                forms += 1;
                rows.push(PartRow::Form(forms));
                rows.extend(show_parts(ctx, inner));
            }
        }
    }
    rows
}

fn show_field(ctx: &PageContext, field: &FieldRow) -> ShownField {
    let note = |(name, value): &(String, String)| {
        ctx.t1(
            &format!("api-note-{}", name.to_ascii_lowercase()),
            "value",
            value.clone(),
        )
    };
    ShownField {
        name: field.name.clone(),
        required: field.required,
        kind: render_shape(ctx, &field.shape),
        description: render_prose(&field.description),
        notes: field.notes.iter().map(note).collect(),
    }
}

/// A piece of the text that says what a value is.
#[derive(Debug, PartialEq, Eq)]
enum ShapePiece {
    Word(String),
    Code(String),
    Link(String),
}

#[derive(Template)]
#[template(path = "pages/api_reference/shape.html")]
struct ShapeText {
    pieces: Vec<ShapePiece>,
}

fn render_shape(ctx: &PageContext, shape: &Shape) -> Markup {
    let mut pieces = Vec::new();
    write_shape(&|key| ctx.t(key), shape, &mut pieces);
    Markup::render(&ShapeText { pieces })
}

/// `text`: of a key.
fn write_shape(text: &impl Fn(&str) -> String, shape: &Shape, pieces: &mut Vec<ShapePiece>) {
    match shape {
        Shape::Named(name) => pieces.push(ShapePiece::Link(name.clone())),
        Shape::Plain { kind, format } => {
            pieces.push(ShapePiece::Word(text(plain_key(kind, format))));
            // Those that a word says already.
            if !matches!(
                format.as_str(),
                "" | "int32" | "int64" | "date-time" | "date" | "double" | "float"
            ) {
                pieces.push(ShapePiece::Code(format.clone()));
            }
        }
        Shape::Words(words) => {
            for (place, word) in words.iter().enumerate() {
                if place > 0 {
                    pieces.push(ShapePiece::Word("|".to_owned()));
                }
                pieces.push(ShapePiece::Code(word.clone()));
            }
        }
        Shape::List(inner) => {
            pieces.push(ShapePiece::Word(text("api-type-list")));
            write_shape(text, inner, pieces);
        }
        Shape::Map(inner) => {
            pieces.push(ShapePiece::Word(text("api-type-map")));
            write_shape(text, inner, pieces);
        }
        Shape::OneOf(shapes) => {
            for (place, shape) in shapes.iter().enumerate() {
                if place > 0 {
                    pieces.push(ShapePiece::Word(text("api-type-or")));
                }
                write_shape(text, shape, pieces);
            }
        }
        Shape::Null => pieces.push(ShapePiece::Code("null".to_owned())),
        Shape::Anything => pieces.push(ShapePiece::Word(text("api-type-anything"))),
    }
}

fn plain_key(kind: &str, format: &str) -> &'static str {
    match (kind, format) {
        ("string", "date-time") => "api-type-time",
        ("string", "date") => "api-type-date",
        ("string", _) => "api-type-text",
        ("integer", _) => "api-type-integer",
        ("number", _) => "api-type-number",
        ("boolean", _) => "api-type-flag",
        ("object", _) => "api-type-object",
        _ => "api-type-anything",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Texts;

    fn write(shape: &Shape) -> String {
        let mut pieces = Vec::new();
        write_shape(&str::to_owned, shape, &mut pieces);
        let texts = pieces.iter().map(|piece| match piece {
            ShapePiece::Word(text) | ShapePiece::Code(text) => text.clone(),
            ShapePiece::Link(name) => format!("<{name}>"),
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_shape_is_said_in_words_with_links_to_types() {
        let named = || Shape::Named("Device".to_owned());
        let plain = |kind: &str, format: &str| Shape::Plain {
            kind: kind.to_owned(),
            format: format.to_owned(),
        };
        for (shape, text) in [
            (Shape::List(Box::new(named())), "api-type-list <Device>"),
            (Shape::OneOf(vec![named(), Shape::Null]), "<Device> api-type-or null"),
            (plain("string", "date-time"), "api-type-time"),
            (plain("string", "password"), "api-type-text password"),
            (plain("integer", "int64"), "api-type-integer"),
            (Shape::Words(vec!["a".to_owned(), "b".to_owned()]), "a | b"),
            (
                Shape::Map(Box::new(Shape::List(Box::new(Shape::Anything)))),
                "api-type-map api-type-list api-type-anything",
            ),
        ] {
            assert_eq!(write(&shape), text);
        }
    }

    #[test]
    fn every_word_of_a_shape_is_there() {
        let texts = Texts::default();
        for kind in ["string", "integer", "number", "boolean", "object", "other"] {
            for format in ["", "date", "date-time"] {
                assert!(texts.has(plain_key(kind, format)), "{kind} {format}");
            }
        }
        for key in ["api-type-list", "api-type-map", "api-type-or", "api-type-anything"] {
            assert!(texts.has(key), "{key}");
        }
    }
}
