//! Descriptions of the document: paragraphs of plain text, with `code` and **strong** words in them.

use askama::Template;

use crate::render::Markup;

/// A piece of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ProsePiece {
    Text(String),
    Code(String),
    Strong(String),
}

#[derive(Template)]
#[template(path = "pages/api_reference/prose.html")]
struct ProseText {
    paragraphs: Vec<Vec<ProsePiece>>,
}

#[derive(Template)]
#[template(path = "pages/api_reference/prose_line.html")]
struct ProseLine {
    paragraph: Vec<ProsePiece>,
}

/// As HTML, to stand within a line.
pub(super) fn render_line(text: &str) -> Markup {
    Markup::render(&ProseLine {
        paragraph: split_pieces(text),
    })
}

/// As HTML, a paragraph after the other.
pub(super) fn render_prose(text: &str) -> Markup {
    Markup::render(&ProseText {
        paragraphs: split_prose(text),
    })
}

/// An empty line ends a paragraph.
pub(super) fn split_prose(text: &str) -> Vec<Vec<ProsePiece>> {
    let paragraphs = text
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(split_pieces).collect()
}

/// What opens and is not closed is text.
fn split_pieces(paragraph: &str) -> Vec<ProsePiece> {
    let mut pieces = Vec::new();
    let mut rest = paragraph;
    while let Some((before, piece, after)) = find_marked(rest) {
        push_text(&mut pieces, before);
        pieces.push(piece);
        rest = after;
    }
    push_text(&mut pieces, rest);
    pieces
}

fn push_text(pieces: &mut Vec<ProsePiece>, text: &str) {
    if !text.is_empty() {
        pieces.push(ProsePiece::Text(text.replace('\n', " ")));
    }
}

/// The text before the first marked piece, the piece, and the text behind it.
fn find_marked(text: &str) -> Option<(&str, ProsePiece, &str)> {
    let code =
        find_between(text, "`").map(|(before, inner, after)| (before, ProsePiece::Code(inner.to_owned()), after));
    let strong =
        find_between(text, "**").map(|(before, inner, after)| (before, ProsePiece::Strong(inner.to_owned()), after));
    match (code, strong) {
        (Some(code), Some(strong)) if strong.0.len() < code.0.len() => Some(strong),
        (Some(code), _) => Some(code),
        (None, strong) => strong,
    }
}

fn find_between<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = text.split_once(mark)?;
    let (inner, after) = rest.split_once(mark)?;
    Some((before, inner, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ProsePiece {
        ProsePiece::Text(text.to_owned())
    }

    #[test]
    fn paragraphs_have_code_and_strong_words() {
        let split = split_prose("**Paging.** At most\n`limit` devices.\n\nSecond.");
        assert_eq!(
            split,
            [
                vec![
                    ProsePiece::Strong("Paging.".to_owned()),
                    text(" At most "),
                    ProsePiece::Code("limit".to_owned()),
                    text(" devices.")
                ],
                vec![text("Second.")],
            ]
        );
        assert_eq!(split_prose(""), Vec::<Vec<ProsePiece>>::new());
    }

    #[test]
    fn what_is_not_closed_is_text_and_all_of_it_is_escaped() {
        assert_eq!(split_prose("a ` b"), [vec![text("a ` b")]]);
        assert_eq!(split_prose("a ** b"), [vec![text("a ** b")]]);
        let shown = render_prose("<b> `<i>`").to_string();
        assert!(!shown.contains("<b>") && !shown.contains("<i>"), "{shown}");
    }
}
