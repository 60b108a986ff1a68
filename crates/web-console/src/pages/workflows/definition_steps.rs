//! The steps of a definition as an outline that people read: what is called, when, for which devices.

use askama::Template;
use connector_core::xml::{Element, read_document};

use crate::page::PageContext;
use crate::render::Markup;

#[derive(Template)]
#[template(path = "parts/workflow_steps.html")]
struct StepsPart {
    steps: Vec<StepPart>,
}

struct StepPart {
    id: String,
    text: String,
    more: Vec<String>,
    inner: Markup,
}

/// `None`: the text cannot be read.
pub(super) fn draw_steps(ctx: &PageContext, definition: &str) -> Option<Markup> {
    let document = read_document(definition.as_bytes()).ok()?;
    let steps = document.find_child("steps")?;
    Some(draw_children(ctx, steps))
}

/// Reading bounds how deep it goes.
fn draw_children(ctx: &PageContext, parent: &Element) -> Markup {
    let steps: Vec<StepPart> = parent
        .children
        .iter()
        .filter(|child| is_step(child))
        .map(|child| draw_step(ctx, child))
        .collect();
    if steps.is_empty() {
        return Markup::default();
    }
    Markup::render(&StepsPart { steps })
}

/// Inputs are told with their step.
fn is_step(element: &Element) -> bool {
    element.name != "in"
}

fn draw_step(ctx: &PageContext, element: &Element) -> StepPart {
    let sentence = step_sentence(element);
    let arguments = [
        ("subject", sentence.subject),
        ("condition", sentence.condition),
        ("most", sentence.most),
    ];
    StepPart {
        id: ctx.plain(attribute(element, "id")),
        text: if ctx.has_text(sentence.key) {
            ctx.t_with(sentence.key, arguments.map(|(name, text)| (name, ctx.plain(text))))
        } else {
            ctx.plain(&element.name)
        },
        more: describe_inputs(element).iter().map(|line| ctx.plain(line)).collect(),
        inner: draw_children(ctx, element),
    }
}

/// Key of a text, and what stands in it.
#[derive(Debug, PartialEq, Eq)]
struct StepSentence<'a> {
    key: &'static str,
    subject: &'a str,
    condition: &'a str,
    most: &'a str,
}

fn step_sentence(element: &Element) -> StepSentence<'_> {
    let (key, subject, condition, most) = match element.name.as_str() {
        "call" if element.find_attribute("most").is_some() => ("workflows-step-call-most", "activity", "", "most"),
        "call" => ("workflows-step-call", "activity", "", ""),
        "choose" => ("workflows-step-choose", "", "", ""),
        "when" => ("workflows-step-when", "", "if", ""),
        "otherwise" => ("workflows-step-otherwise", "", "", ""),
        "forEach" => ("workflows-step-foreach", "as", "of", "most"),
        "wait" if element.find_attribute("until").is_some() => ("workflows-step-wait-until", "every", "until", "most"),
        "wait" => ("workflows-step-wait-for", "for", "", ""),
        "end" => ("workflows-step-end", "outcome", "", ""),
        _ => ("workflows-step-unknown", "", "", ""),
    };
    StepSentence {
        key,
        subject: attribute(element, subject),
        condition: attribute(element, condition),
        most: attribute(element, most),
    }
}

fn attribute<'a>(element: &'a Element, name: &str) -> &'a str {
    element.find_attribute(name).map_or("", |found| found.value.as_str())
}

/// What is given to it, and what it says.
fn describe_inputs(element: &Element) -> Vec<String> {
    let inputs = element.children_named("in");
    let mut lines: Vec<String> = inputs
        .map(|input| format!("{} = {}", attribute(input, "name"), on_one_line(&input.text)))
        .collect();
    if !element.text.is_empty() {
        lines.push(on_one_line(&element.text));
    }
    lines
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(text: &str) -> Element {
        read_document(text.as_bytes()).unwrap()
    }

    #[test]
    fn each_step_has_its_sentence() {
        for (text, key, subject, condition) in [
            (
                "<call id=\"a\" activity=\"retire\" most=\"10\"/>",
                "workflows-step-call-most",
                "retire",
                "",
            ),
            ("<call id=\"a\" activity=\"log\"/>", "workflows-step-call", "log", ""),
            ("<when if=\"a.count == 0\"/>", "workflows-step-when", "", "a.count == 0"),
            (
                "<forEach id=\"l\" of=\"found.devices\" as=\"device\" most=\"10\"/>",
                "workflows-step-foreach",
                "device",
                "found.devices",
            ),
            ("<wait id=\"w\" for=\"24h\"/>", "workflows-step-wait-for", "24h", ""),
            (
                "<wait id=\"w\" until=\"x\" every=\"1h\"/>",
                "workflows-step-wait-until",
                "1h",
                "x",
            ),
            ("<end id=\"e\" outcome=\"done\"/>", "workflows-step-end", "done", ""),
            ("<other/>", "workflows-step-unknown", "", ""),
        ] {
            let element = element(text);
            let sentence = step_sentence(&element);
            assert_eq!(
                (sentence.key, sentence.subject, sentence.condition),
                (key, subject, condition),
                "{text}"
            );
        }
    }

    #[test]
    fn inputs_and_messages_are_told() {
        let call = element("<call id=\"a\" activity=\"log\"><in name=\"text\">${found.count} devices</in></call>");
        assert_eq!(describe_inputs(&call), ["text = ${found.count} devices"]);
        assert!(call.children.iter().all(|child| !is_step(child)));
        assert_eq!(
            describe_inputs(&element("<end id=\"e\">nothing to do</end>")),
            ["nothing to do"]
        );
    }
}
