//! The icon of a product. Browsers show it among pages that people trust, and a stranger may have drawn it: it is small,
//! and an SVG holds shapes and nothing else. What is allowed is listed; everything that is not is refused: scripts,
//! styles, links, images, text from elsewhere.

use crate::xml::{self, Attribute, Element};

/// Largest icon, bytes.
pub const ICON_BYTES_MAX: usize = 32 * 1024;
/// Largest width and height of a PNG, pixels.
const PIXELS_MAX: u32 = 1_024;

const SVG_NAMESPACE: &str = "http://www.w3.org/2000/svg";
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Elements that only draw, or describe what is drawn.
const ELEMENTS: [&str; 16] = [
    "svg",
    "g",
    "title",
    "desc",
    "defs",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
];

/// Those that may hold text.
const TEXT_ELEMENTS: [&str; 2] = ["title", "desc"];

/// Attributes of shapes. None takes a program, a style sheet or an address.
const ATTRIBUTES: [&str; 55] = [
    "aria-label",
    "aria-hidden",
    "clip-path",
    "clip-rule",
    "clipPathUnits",
    "color",
    "cx",
    "cy",
    "d",
    "fill",
    "fill-opacity",
    "fill-rule",
    "fr",
    "fx",
    "fy",
    "gradientTransform",
    "gradientUnits",
    "height",
    "id",
    "offset",
    "opacity",
    "pathLength",
    "points",
    "preserveAspectRatio",
    "r",
    "role",
    "rx",
    "ry",
    "shape-rendering",
    "spreadMethod",
    "stop-color",
    "stop-opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "transform",
    "vector-effect",
    "version",
    "viewBox",
    "visibility",
    "width",
    "x",
    "x1",
    "x2",
    "xmlns",
    "y",
    "y1",
    "y2",
    "display",
    "overflow",
];

/// Why an icon is not taken; reads behind its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IconError {
    #[error("is larger than {} KiB", ICON_BYTES_MAX / 1024)]
    TooLarge,
    #[error("is not a PNG picture")]
    NoPng,
    #[error("is wider or higher than {PIXELS_MAX} pixels")]
    TooWide,
    #[error("is not an SVG that only draws shapes: {0}")]
    Svg(String),
}

/// How it is served.
pub(super) fn icon_media_type(name: &str) -> &'static str {
    if name.ends_with(".png") {
        "image/png"
    } else {
        "image/svg+xml"
    }
}

pub(super) fn check_icon(name: &str, bytes: &[u8]) -> Result<(), IconError> {
    if bytes.len() > ICON_BYTES_MAX {
        return Err(IconError::TooLarge);
    }
    match icon_media_type(name) {
        "image/png" => check_png(bytes),
        _ => check_svg(bytes),
    }
}

/// Its chunks follow each other from the header to the end, and nothing follows the end.
fn check_png(bytes: &[u8]) -> Result<(), IconError> {
    let mut rest = bytes.strip_prefix(PNG_SIGNATURE).ok_or(IconError::NoPng)?;
    let mut is_first = true;
    loop {
        let (length, behind) = rest.split_first_chunk::<4>().ok_or(IconError::NoPng)?;
        let (kind, behind) = behind.split_first_chunk::<4>().ok_or(IconError::NoPng)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| IconError::NoPng)?;
        // Behind the data stands its checksum.
        let (data, behind) = behind.split_at_checked(length).ok_or(IconError::NoPng)?;
        let (_, behind) = behind.split_first_chunk::<4>().ok_or(IconError::NoPng)?;
        if is_first {
            check_png_header(kind, data)?;
        }
        is_first = false;
        if kind == b"IEND" {
            return if behind.is_empty() {
                Ok(())
            } else {
                Err(IconError::NoPng)
            };
        }
        rest = behind;
    }
}

fn check_png_header(kind: &[u8; 4], data: &[u8]) -> Result<(), IconError> {
    let (width, behind) = data.split_first_chunk::<4>().ok_or(IconError::NoPng)?;
    let (height, _) = behind.split_first_chunk::<4>().ok_or(IconError::NoPng)?;
    if kind != b"IHDR" || data.len() != 13 {
        return Err(IconError::NoPng);
    }
    let sides = [*width, *height].map(u32::from_be_bytes);
    if sides.contains(&0) {
        return Err(IconError::NoPng);
    }
    if sides.iter().any(|side| *side > PIXELS_MAX) {
        return Err(IconError::TooWide);
    }
    Ok(())
}

fn check_svg(bytes: &[u8]) -> Result<(), IconError> {
    let root = xml::read_document(bytes).map_err(|finding| IconError::Svg(finding.to_string()))?;
    let refuse = |what: &str| Err(IconError::Svg(format!("{}: {what}", root.at)));
    if root.name != "svg" {
        return refuse("the root is not <svg>");
    }
    if root.find_attribute("xmlns").map(|found| found.value.as_str()) != Some(SVG_NAMESPACE) {
        return refuse("<svg> needs xmlns=\"http://www.w3.org/2000/svg\"");
    }
    let mut open = vec![&root];
    while let Some(element) = open.pop() {
        check_element(element)?;
        open.extend(&element.children);
    }
    Ok(())
}

fn check_element(element: &Element) -> Result<(), IconError> {
    let name = element.name.as_str();
    let refuse = |what: String| Err(IconError::Svg(format!("{}: {what}", element.at)));
    if !ELEMENTS.contains(&name) {
        return refuse(format!("<{name}> is not allowed"));
    }
    if !element.text.is_empty() && !TEXT_ELEMENTS.contains(&name) {
        return refuse(format!("text in <{name}>"));
    }
    element.attributes.iter().try_for_each(check_attribute)
}

fn check_attribute(attribute: &Attribute) -> Result<(), IconError> {
    let (name, value) = (attribute.name.as_str(), attribute.value.as_str());
    let refuse = |what: String| Err(IconError::Svg(format!("{}: {what}", attribute.at)));
    if !ATTRIBUTES.contains(&name) {
        return refuse(format!("the attribute {name} is not allowed"));
    }
    if name == "xmlns" {
        return if value == SVG_NAMESPACE {
            Ok(())
        } else {
            refuse("another namespace".to_owned())
        };
    }
    if !is_plain_value(value) {
        return refuse(format!(
            "the value of {name} refers to something else than a part of the picture"
        ));
    }
    Ok(())
}

/// No address, no escape that could hide one; `url(#part)` alone refers to a part of the same picture.
fn is_plain_value(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let is_part = |inner: &str| {
        inner.strip_prefix('#').is_some_and(|id| {
            !id.is_empty()
                && id
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))
        })
    };
    let reference = lower.strip_prefix("url(").and_then(|rest| rest.strip_suffix(')'));
    match reference {
        Some(inner) => is_part(inner),
        None => !lower.contains([':', '\\', '@']) && !lower.contains("url(") && !lower.contains("/*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[u8] = include_bytes!("../../../icons/intune-connector.svg");

    fn svg(content: &str) -> String {
        format!("<svg xmlns=\"{SVG_NAMESPACE}\" viewBox=\"0 0 8 8\">{content}</svg>")
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = PNG_SIGNATURE.to_vec();
        let mut add = |kind: &[u8; 4], data: &[u8]| {
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(kind);
            bytes.extend(data);
            bytes.extend([0; 4]);
        };
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend([8, 6, 0, 0, 0]);
        add(b"IHDR", &header);
        add(b"IDAT", &[1, 2, 3]);
        add(b"IEND", &[]);
        bytes
    }

    #[test]
    fn mi_17_the_icon_of_the_product_inside_the_program_may_be_shown() {
        check_icon("icons/intune-connector.svg", OWN).unwrap();
    }

    #[test]
    fn mi_17_an_svg_draws_shapes_and_nothing_else() {
        for good in [
            "<title>A &amp; B</title><g fill=\"#123\" transform=\"translate(1 2)\"><path d=\"M0 0h1\"/></g>",
            "<defs><linearGradient id=\"a-1\"><stop offset=\"0\" stop-color=\"red\"/></linearGradient></defs><rect width=\"1\" height=\"1\" fill=\"url(#a-1)\"/>",
            "<!-- a comment --><circle r=\"1\"/>",
        ] {
            check_icon("a.svg", svg(good).as_bytes()).unwrap_or_else(|error| panic!("{good}: {error}"));
        }
        for bad in [
            "<script>alert(1)</script>",
            "<rect onload=\"alert(1)\"/>",
            "<a href=\"https://example.org\"><rect/></a>",
            "<image href=\"data:image/png;base64,AA\"/>",
            "<use href=\"#x\"/>",
            "<style>rect{}</style>",
            "<rect style=\"fill:url(https://example.org)\"/>",
            "<rect fill=\"url(https://example.org/a.svg#b)\"/>",
            "<rect fill=\"url( #a)\"/>",
            "<rect fill=\"u\\72l(//example.org)\"/>",
            "<rect fill=\"red\" class=\"x\"/>",
            "<foreignObject><rect/></foreignObject>",
            "<animate attributeName=\"href\" to=\"javascript:alert(1)\"/>",
            "<set attributeName=\"onload\"/>",
            "<text>words</text>",
            "<rect xlink:href=\"#a\"/>",
            "<g xmlns=\"http://www.w3.org/1999/xhtml\"/>",
            "<rect>words</rect>",
        ] {
            let found = check_icon("a.svg", svg(bad).as_bytes());
            assert!(matches!(found, Err(IconError::Svg(_))), "{bad}: {found:?}");
        }
        for bad in [
            "<svg/>".to_owned(),
            format!("<html xmlns=\"{SVG_NAMESPACE}\"/>"),
            format!("<?xml-stylesheet href=\"x\"?>{}", svg("")),
            format!("<!DOCTYPE svg [<!ENTITY a \"b\">]>{}", svg("")),
            "not a picture".to_owned(),
            String::new(),
        ] {
            assert!(check_icon("a.svg", bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn mi_17_a_png_is_one_and_no_icon_is_large() {
        check_icon("a.png", &png(64, 64)).unwrap();
        assert_eq!(check_icon("a.png", &png(2_000, 64)), Err(IconError::TooWide));
        assert_eq!(check_icon("a.png", &png(0, 64)), Err(IconError::NoPng));
        assert_eq!(check_icon("a.png", OWN), Err(IconError::NoPng));
        let mut more = png(64, 64);
        more.extend(b"<script>");
        assert_eq!(check_icon("a.png", &more), Err(IconError::NoPng));
        assert_eq!(check_icon("a.png", &png(64, 64)[..40]), Err(IconError::NoPng));
        let large = svg(&"<g/>".repeat(9_000));
        assert_eq!(check_icon("a.svg", large.as_bytes()), Err(IconError::TooLarge));
    }
}
