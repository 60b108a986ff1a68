//! Bytes become a tree, or a finding.

use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};

use super::position::XmlLineIndex;
use super::{Attribute, Element, XmlFinding, XmlPosition};
use crate::model::is_unprintable;

/// Longest document.
pub const BYTES_MAX: usize = 1024 * 1024;
/// Deepest nesting.
pub const DEPTH_MAX: usize = 32;
pub const ELEMENTS_MAX: usize = 10_000;
/// Most attributes of one element.
pub const ATTRIBUTES_MAX: usize = 32;
/// Longest value of an attribute and longest text of an element, in bytes.
pub const VALUE_MAX: usize = 16 * 1024;
/// Longest name, in bytes.
pub const NAME_MAX: usize = 64;

const BOM: &str = "\u{feff}";

/// Reads a whole document.
pub fn read_document(bytes: &[u8]) -> Result<Element, XmlFinding> {
    let text = decode_text(bytes)?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut tree = XmlTreeBuilder::new(text);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|error| {
            let invalid_offset = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
            tree.syntax_finding(invalid_offset, &error)
        })?;
        match event {
            Event::Start(tag) => tree.open_element(at, &tag)?,
            Event::Empty(tag) => {
                tree.open_element(at, &tag)?;
                tree.close_element();
            }
            Event::End(_) => tree.close_element(),
            Event::Text(text) => tree.add_text(at, &text.xml10_content())?,
            Event::CData(text) => tree.add_text(at, &text.xml10_content())?,
            Event::GeneralRef(reference) => tree.add_reference(at, &reference)?,
            Event::Comment(_) => {}
            Event::Decl(declaration) => tree.check_declaration(at, &declaration)?,
            Event::PI(_) => return Err(tree.finding_at(at, "a processing instruction", "remove it")),
            Event::DocType(_) => {
                let advice = "remove the <!DOCTYPE …>: entities and external files are not supported";
                return Err(tree.finding_at(at, "a document type declaration", advice));
            }
            Event::Eof => return tree.finish(at),
        }
    }
}

/// UTF-8 of allowed size and characters, without a byte order mark.
fn decode_text(bytes: &[u8]) -> Result<&str, XmlFinding> {
    let start = XmlPosition { line: 1, column: 1 };
    if bytes.len() > BYTES_MAX {
        let problem = format!("the document has {} bytes; at most {BYTES_MAX} are read", bytes.len());
        return Err(XmlFinding::new(start, problem, "make it smaller, or split it"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        let at = XmlLineIndex::from_text(good).position_at(good.len());
        XmlFinding::new(at, "the document is not UTF-8", "save it as UTF-8")
    })?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    if let Some((byte, letter)) = text.char_indices().find(|(_, letter)| !is_allowed_char(*letter)) {
        let at = XmlLineIndex::from_text(text).position_at(byte);
        let (problem, advice) = if is_xml_char(letter) {
            ("an invisible character", "remove it; it may come from copied text")
        } else {
            ("a character that XML does not allow", "remove it; is the file UTF-8?")
        };
        return Err(XmlFinding::new(at, problem, advice));
    }
    Ok(text)
}

/// The characters of XML 1.0 that can be seen.
fn is_allowed_char(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r') || (is_xml_char(letter) && !is_unprintable(letter))
}

fn is_xml_char(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

struct XmlTreeBuilder<'a> {
    source: &'a str,
    lines: XmlLineIndex<'a>,
    /// The elements that are open, outermost first.
    open_elements: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl<'a> XmlTreeBuilder<'a> {
    fn new(source: &'a str) -> Self {
        XmlTreeBuilder {
            source,
            lines: XmlLineIndex::from_text(source),
            open_elements: Vec::new(),
            root: None,
            elements: 0,
        }
    }

    fn finding_at(&self, byte: usize, problem: impl Into<String>, advice: impl Into<String>) -> XmlFinding {
        XmlFinding::new(self.lines.position_at(byte), problem, advice)
    }

    fn syntax_finding(&self, byte: usize, error: &Error) -> XmlFinding {
        let text = error.to_string();
        let problem = text.strip_prefix("ill-formed document: ").unwrap_or(&text);
        if problem.starts_with("entity or character reference not closed") {
            return self.finding_at(
                byte,
                "not well-formed: a & that begins nothing",
                "write &amp; for a plain &",
            );
        }
        self.finding_at(
            byte,
            format!("not well-formed: {problem}"),
            "correct the XML at this place",
        )
    }

    fn open_element(&mut self, at: usize, tag: &BytesStart<'a>) -> Result<(), XmlFinding> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(self.finding_at(
                at,
                format!("more than {ELEMENTS_MAX} elements"),
                "make the document smaller",
            ));
        }
        if self.open_elements.len() == DEPTH_MAX {
            return Err(self.finding_at(
                at,
                format!("nested deeper than {DEPTH_MAX} levels"),
                "reduce the nesting",
            ));
        }
        if self.root.is_some() {
            return Err(self.finding_at(at, "a second root element", "keep only one"));
        }
        if let Some(parent) = self.open_elements.last()
            && !parent.text.is_empty()
        {
            return Err(self.mixed_content_finding(at, &parent.name));
        }
        let name = tag.name().into_inner();
        self.name(at + 1, name)?;
        let element = Element {
            name: name.to_owned(),
            attributes: self.read_attributes(at, tag)?,
            children: Vec::new(),
            text: String::new(),
            at: self.lines.position_at(at),
        };
        self.open_elements.push(element);
        Ok(())
    }

    fn name(&self, at: usize, name: &str) -> Result<(), XmlFinding> {
        let is_plain = |(place, letter): (usize, char)| match place {
            0 => letter.is_ascii_alphabetic(),
            _ => letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'),
        };
        if !name.is_empty() && name.len() <= NAME_MAX && name.char_indices().all(is_plain) {
            return Ok(());
        }
        if name.contains(':') {
            return Err(self.finding_at(
                at,
                "a name with a namespace",
                "namespaces are not supported: remove them",
            ));
        }
        let problem = format!(
            "{:?} is not a valid name",
            name.chars().take(NAME_MAX).collect::<String>()
        );
        let advice = format!("use at most {NAME_MAX} letters, digits, - _ and ., beginning with a letter");
        Err(self.finding_at(at, problem, advice))
    }

    fn read_attributes(&self, at: usize, tag: &BytesStart<'a>) -> Result<Vec<Attribute>, XmlFinding> {
        let mut found = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| self.attribute_finding(at, &error))?;
            let name = attribute.key.into_inner();
            let name_at = self.byte_offset(name).unwrap_or(at);
            if found.len() == ATTRIBUTES_MAX {
                return Err(self.finding_at(name_at, format!("more than {ATTRIBUTES_MAX} attributes"), "remove some"));
            }
            self.name(name_at, name)?;
            if attribute.value.len() > VALUE_MAX {
                return Err(self.too_long_finding(name_at));
            }
            if attribute.value.contains('<') {
                return Err(self.finding_at(name_at, format!("a < in the value of {name}"), "write &lt; for it"));
            }
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|_| self.unknown_entity_finding(name_at))?;
            if !value.chars().all(is_allowed_char) {
                return Err(self.bad_character_finding(name_at));
            }
            found.push(Attribute {
                name: name.to_owned(),
                value: value.into_owned(),
                at: self.lines.position_at(name_at),
            });
        }
        Ok(found)
    }

    /// Where a part of the document begins.
    fn byte_offset(&self, part: &str) -> Option<usize> {
        let offset = (part.as_ptr() as usize).checked_sub(self.source.as_ptr() as usize)?;
        (offset <= self.source.len()).then_some(offset)
    }

    fn attribute_finding(&self, at: usize, error: &AttrError) -> XmlFinding {
        // Positions are counted from after the `<`.
        let (byte, problem, advice) = match error {
            AttrError::ExpectedEq(byte) => (byte, "an attribute without a value", "write name=\"value\""),
            AttrError::ExpectedValue(byte) => (byte, "an attribute without a value", "write name=\"value\""),
            AttrError::UnquotedValue(byte) => (byte, "a value without quotes", "write name=\"value\""),
            AttrError::ExpectedQuote(byte, _) => (byte, "a value without a closing quote", "close the quote"),
            AttrError::Duplicated(byte, _) => (byte, "a duplicate attribute", "keep one of them"),
        };
        self.finding_at(at + 1 + byte, problem, advice)
    }

    fn add_text(&mut self, at: usize, text: &str) -> Result<(), XmlFinding> {
        let is_blank = text.chars().all(|letter| matches!(letter, ' ' | '\t' | '\r' | '\n'));
        let Some(element) = self.open_elements.last() else {
            return if is_blank {
                Ok(())
            } else {
                let advice = if self.root.is_none() {
                    "remove it; where no element follows, the file is no XML: name another one"
                } else {
                    "remove it"
                };
                Err(self.finding_at(self.skip_space(at), "text outside the root element", advice))
            };
        };
        if !element.children.is_empty() {
            return if is_blank {
                Ok(())
            } else {
                Err(self.mixed_content_finding(self.skip_space(at), &element.name))
            };
        }
        if element.text.len() + text.len() > VALUE_MAX {
            return Err(self.too_long_finding(at));
        }
        if let Some(element) = self.open_elements.last_mut() {
            // Space in front of the first child is no text.
            let text = if element.text.is_empty() {
                text.trim_start()
            } else {
                text
            };
            element.text.push_str(text);
        }
        Ok(())
    }

    /// The first letter behind the space that begins here.
    fn skip_space(&self, at: usize) -> usize {
        let rest = self.source.get(at..).unwrap_or_default();
        at + (rest.len() - rest.trim_start().len())
    }

    fn add_reference(&mut self, at: usize, reference: &BytesRef<'a>) -> Result<(), XmlFinding> {
        let name = reference.xml10_content();
        let letter = match name.as_ref() {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "apos" => '\'',
            "quot" => '"',
            _ => match reference.resolve_char_ref() {
                Ok(Some(letter)) if is_allowed_char(letter) => letter,
                Ok(Some(_)) | Err(_) => return Err(self.bad_character_finding(at)),
                Ok(None) => return Err(self.unknown_entity_finding(at)),
            },
        };
        self.add_text(at, letter.encode_utf8(&mut [0; 4]))
    }

    fn check_declaration(&self, at: usize, declaration: &BytesDecl<'a>) -> Result<(), XmlFinding> {
        if at != 0 {
            return Err(self.finding_at(at, "an XML declaration that is not at the beginning", "remove it"));
        }
        let version = declaration.version().map_err(|error| self.syntax_finding(at, &error))?;
        if version != "1.0" {
            return Err(self.finding_at(at, "an XML version other than 1.0", "write version=\"1.0\""));
        }
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
            Some(_) => {
                let advice = "save it as UTF-8 and write encoding=\"UTF-8\"";
                Err(self.finding_at(at, "an encoding other than UTF-8", advice))
            }
        }
    }

    fn close_element(&mut self) {
        let Some(mut element) = self.open_elements.pop() else {
            return;
        };
        element.text.truncate(element.text.trim_end().len());
        match self.open_elements.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn finish(mut self, at: usize) -> Result<Element, XmlFinding> {
        if let Some(element) = self.open_elements.last() {
            let problem = format!("<{}> is not closed", element.name);
            return Err(element.make_finding(problem, format!("add </{}>", element.name)));
        }
        let root = self.root.take();
        root.ok_or_else(|| self.finding_at(at, "the document contains no element", "is it the right file?"))
    }

    fn mixed_content_finding(&self, at: usize, name: &str) -> XmlFinding {
        self.finding_at(
            at,
            format!("both text and elements in <{name}>"),
            "an element contains text or elements, not both",
        )
    }

    fn too_long_finding(&self, at: usize) -> XmlFinding {
        self.finding_at(at, format!("longer than {VALUE_MAX} bytes"), "make it shorter")
    }

    fn unknown_entity_finding(&self, at: usize) -> XmlFinding {
        let advice = "write the character itself, or &lt; &gt; &amp; &apos; &quot;";
        self.finding_at(at, "an unknown entity", advice)
    }

    fn bad_character_finding(&self, at: usize) -> XmlFinding {
        self.finding_at(
            at,
            "a character that XML does not allow, or an invisible one",
            "remove it",
        )
    }
}
