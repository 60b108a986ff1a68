use super::*;

/// Document, where it is wrong, and what is said.
const WRONG: &[(&str, (u32, u32), &str)] = &[
    // nothing, or not one element
    ("", (1, 1), "the document contains no element"),
    ("   \n  ", (2, 3), "the document contains no element"),
    ("<!-- nothing -->", (1, 17), "the document contains no element"),
    ("<?xml version=\"1.0\"?>", (1, 22), "the document contains no element"),
    ("word", (1, 1), "text outside the root element"),
    ("<a/>\n  word", (2, 3), "text outside the root element"),
    ("<a/>&amp;", (1, 5), "text outside the root element"),
    ("<a/><b/>", (1, 5), "a second root element"),
    ("<a></a>\n<a></a>", (2, 1), "a second root element"),
    ("<![CDATA[x]]><a/>", (1, 1), "text outside the root element"),
    // not closed, closed wrongly
    ("<a>", (1, 1), "<a> is not closed"),
    ("<a>\n  <b>\n</a>", (3, 1), "not well-formed"),
    ("<a></b>", (1, 4), "not well-formed: expected `</a>`"),
    ("<a></a></a>", (1, 8), "not well-formed"),
    ("</a>", (1, 1), "not well-formed"),
    ("<a><b></b>", (1, 1), "<a> is not closed"),
    ("<a", (1, 1), "not well-formed"),
    ("<a b=\"1", (1, 1), "not well-formed"),
    ("<a b='1", (1, 1), "not well-formed"),
    ("<a><!-- never closed</a>", (1, 4), "not well-formed"),
    ("<a><!-- a -- b --></a>", (1, 11), "not well-formed"),
    ("<a><![CDATA[never closed</a>", (1, 4), "not well-formed"),
    ("<a><!x></a>", (1, 4), "not well-formed"),
    ("<a><?pi</a>", (1, 4), "not well-formed"),
    // entities and document types
    ("<!DOCTYPE a><a/>", (1, 1), "a document type declaration"),
    (
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        (1, 1),
        "a document type declaration",
    ),
    (
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
        (1, 1),
        "a document type declaration",
    ),
    (
        "<!DOCTYPE a PUBLIC \"-//X\" \"http://example.org/x.dtd\"><a/>",
        (1, 1),
        "a document type declaration",
    ),
    (
        "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>",
        (1, 1),
        "a document type declaration",
    ),
    ("<a/>\n<!DOCTYPE a>", (2, 1), "a document type declaration"),
    ("<a>&x;</a>", (1, 4), "an unknown entity"),
    ("<a>\n &nbsp;</a>", (2, 2), "an unknown entity"),
    ("<a b=\"&x;\"/>", (1, 4), "an unknown entity"),
    ("<a b=\"&lt\"/>", (1, 4), "an unknown entity"),
    ("<a>a & b</a>", (1, 6), "a & that begins nothing"),
    ("<a>&#0;</a>", (1, 4), "a character that XML does not allow"),
    ("<a>&#x1F;</a>", (1, 4), "a character that XML does not allow"),
    ("<a>&#xD800;</a>", (1, 4), "a character that XML does not allow"),
    ("<a>&#x110000;</a>", (1, 4), "a character that XML does not allow"),
    ("<a>&#xFFFE;</a>", (1, 4), "a character that XML does not allow"),
    ("<a>&#99999999999;</a>", (1, 4), "a character that XML does not allow"),
    ("<a>&#;</a>", (1, 4), "a character that XML does not allow"),
    ("<a b=\"&#1;\"/>", (1, 4), "a character that XML does not allow"),
    ("<a>\u{1}</a>", (1, 4), "a character that XML does not allow"),
    ("<a>\n\u{0}</a>", (2, 1), "a character that XML does not allow"),
    ("<a b=\"\u{b}\"/>", (1, 7), "a character that XML does not allow"),
    ("<a>\u{ffff}</a>", (1, 4), "a character that XML does not allow"),
    ("<a>x\u{202e}y</a>", (1, 5), "an invisible character"),
    ("<a b=\"\u{2028}\"/>", (1, 7), "an invisible character"),
    // what else is not read
    ("<?xml-stylesheet href=\"x\"?><a/>", (1, 1), "a processing instruction"),
    ("<a><?php echo 1 ?></a>", (1, 4), "a processing instruction"),
    ("<x:a/>", (1, 2), "a name with a namespace"),
    ("<a xmlns:x=\"urn:x\"/>", (1, 4), "a name with a namespace"),
    ("<a><x:b/></a>", (1, 5), "a name with a namespace"),
    ("<a xi:href=\"file:///etc/passwd\"/>", (1, 4), "a name with a namespace"),
    ("<ä/>", (1, 2), "\"ä\" is not a valid name"),
    ("<1a/>", (1, 2), "\"1a\" is not a valid name"),
    ("<a 1=\"x\"/>", (1, 4), "\"1\" is not a valid name"),
    ("<-/>", (1, 2), "\"-\" is not a valid name"),
    ("<>x</>", (1, 2), "\"\" is not a valid name"),
    ("< a/>", (1, 2), "\"\" is not a valid name"),
    ("<a/ >", (1, 2), "\"a/\" is not a valid name"),
    // text beside elements
    ("<a>word<b/></a>", (1, 8), "both text and elements in <a>"),
    ("<a><b/>word</a>", (1, 8), "both text and elements in <a>"),
    ("<a><b/>\n  word</a>", (2, 3), "both text and elements in <a>"),
    ("<a><b/>&amp;</a>", (1, 8), "both text and elements in <a>"),
    ("<a><b/><![CDATA[word]]></a>", (1, 8), "both text and elements in <a>"),
    // attributes
    ("<a b/>", (1, 5), "an attribute without a value"),
    ("<a b=/>", (1, 6), "an attribute without a value"),
    ("<a b=c/>", (1, 6), "a value without quotes"),
    ("<a b=\"1\" b=\"2\"/>", (1, 10), "a duplicate attribute"),
    ("<a\n  b=\"1\"\n  b=\"2\"/>", (3, 3), "a duplicate attribute"),
    ("<a b=\"<\"/>", (1, 4), "a < in the value of b"),
    // declarations
    (
        "\n<?xml version=\"1.0\"?><a/>",
        (2, 1),
        "an XML declaration that is not at the beginning",
    ),
    (
        "<a/><?xml version=\"1.0\"?>",
        (1, 5),
        "an XML declaration that is not at the beginning",
    ),
    ("<?xml version=\"1.1\"?><a/>", (1, 1), "an XML version other than 1.0"),
    ("<?xml version=\"2.0\"?><a/>", (1, 1), "an XML version other than 1.0"),
    ("<?xml encoding=\"UTF-8\"?><a/>", (1, 1), "not well-formed"),
    ("<?xml ?><a/>", (1, 1), "not well-formed"),
    (
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>",
        (1, 1),
        "an encoding other than UTF-8",
    ),
    (
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>",
        (1, 1),
        "an encoding other than UTF-8",
    ),
    (
        "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>",
        (1, 1),
        "an encoding other than UTF-8",
    ),
    (
        "<?xml version=\"1.0\" encoding=\"\"?><a/>",
        (1, 1),
        "an encoding other than UTF-8",
    ),
];

#[test]
fn what_is_not_plain_xml_is_refused_with_line_and_column() {
    let told_otherwise = WRONG.iter().filter_map(|(document, place, problem)| {
        let Err(finding) = read_document(document.as_bytes()) else {
            return Some(format!("{document:?} was read"));
        };
        let is_told = (finding.at.line, finding.at.column) == *place
            && finding.problem.contains(problem)
            && !finding.advice.is_empty();
        (!is_told).then(|| format!("{document:?}: {finding}, not {place:?} {problem}"))
    });
    let told_otherwise: Vec<String> = told_otherwise.collect();
    assert!(told_otherwise.is_empty(), "{}", told_otherwise.join("\n"));
}

fn refused(document: &[u8]) -> String {
    read_document(document).expect_err("refused").to_string()
}

#[test]
fn other_encodings_are_refused() {
    let utf16: Vec<u8> = "\u{feff}<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(&utf16), "line 1, column 1: the document is not UTF-8");
    let big_endian: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(
        refused(&big_endian),
        "line 1, column 1: a character that XML does not allow"
    );
    assert_eq!(
        refused(b"<a>\n<b>M\xfcnchen</b></a>"),
        "line 2, column 5: the document is not UTF-8"
    );
    assert_eq!(
        refused(b"<a>\xc0\xaf</a>"),
        "line 1, column 4: the document is not UTF-8"
    );
    assert_eq!(
        refused(b"\xed\xa0\x80<a/>"),
        "line 1, column 1: the document is not UTF-8"
    );
}

#[test]
fn every_bound_is_a_bound() {
    let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    assert!(read_document(deep(DEPTH_MAX).as_bytes()).is_ok());
    let column = DEPTH_MAX * 3 + 1;
    let too_deep = format!("line 1, column {column}: nested deeper than {DEPTH_MAX} levels");
    assert_eq!(refused(deep(DEPTH_MAX + 1).as_bytes()), too_deep);
    assert_eq!(refused(deep(10_000).as_bytes()), too_deep);
    assert_eq!(refused("<a>".repeat(100_000).as_bytes()), too_deep, "nothing is closed");

    let many = |count: usize| format!("<a>\n{}</a>", "<b/>".repeat(count));
    assert!(read_document(many(ELEMENTS_MAX - 1).as_bytes()).is_ok());
    assert!(refused(many(ELEMENTS_MAX).as_bytes()).contains("more than 10000 elements"));

    let attributes = |count: usize| (0..count).map(|n| format!(" a{n}=\"\"")).collect::<String>();
    assert!(read_document(format!("<a{}/>", attributes(ATTRIBUTES_MAX)).as_bytes()).is_ok());
    assert!(refused(format!("<a{}/>", attributes(50_000)).as_bytes()).contains("more than 32 attributes"));

    let long = "x".repeat(VALUE_MAX);
    assert!(read_document(format!("<a b=\"{long}\">{long}</a>").as_bytes()).is_ok());
    assert_eq!(
        refused(format!("<a b=\"{long}x\"/>").as_bytes()),
        "line 1, column 4: longer than 16384 bytes"
    );
    assert_eq!(
        refused(format!("<a>{long}x</a>").as_bytes()),
        "line 1, column 4: longer than 16384 bytes"
    );
    assert!(refused(format!("<a>{}</a>", "&amp;".repeat(VALUE_MAX + 1)).as_bytes()).contains("longer than"));
    let name = "n".repeat(NAME_MAX + 1);
    assert!(refused(format!("<{name}/>").as_bytes()).contains("is not a valid name"));

    let big = format!("<a>{}</a>", " ".repeat(BYTES_MAX));
    assert_eq!(
        refused(big.as_bytes()),
        "line 1, column 1: the document has 1048583 bytes; at most 1048576 are read"
    );
}

#[test]
fn a_document_becomes_a_tree_that_knows_its_places() {
    let document = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- note -->\n<flow name='Lösch &amp; Weg'\n      \
                    version=\"2\">\n  <!-- step -->\n  <say>\n    a &lt; b &#228;<![CDATA[ <raw> ]]>\n  </say>\n  <end/>\n</flow>\n";
    let flow = read_document(document.as_bytes()).expect("plain");
    assert_eq!(
        (flow.name.as_str(), flow.at),
        ("flow", XmlPosition { line: 3, column: 1 })
    );
    let version = flow.find_attribute("version").expect("there");
    assert_eq!(
        (version.value.as_str(), version.at),
        ("2", XmlPosition { line: 4, column: 7 })
    );
    assert_eq!(
        flow.find_attribute("name").map(|name| name.value.as_str()),
        Some("Lösch & Weg")
    );
    assert_eq!(
        flow.find_child("say").map(|say| say.text.as_str()),
        Some("a < b ä <raw>")
    );
    assert_eq!(
        flow.children_named("end").map(|end| end.at.line).collect::<Vec<_>>(),
        [9]
    );
    assert_eq!(flow.text, "");
}

#[test]
fn columns_count_characters() {
    let flow = read_document("<a ü=\"\"/>".as_bytes()).expect_err("no name");
    assert_eq!(flow.at, XmlPosition { line: 1, column: 4 });
    let flow = read_document("<a><b c=\"日本語\" d=\"\"/></a>".as_bytes()).expect("plain");
    let d = flow.find_child("b").and_then(|b| b.find_attribute("d")).expect("there");
    assert_eq!(d.at, XmlPosition { line: 1, column: 15 });
}

#[test]
fn a_reader_hears_of_everything_that_does_not_belong_there() {
    let flow = read_document(b"<flow nmae=\"x\"><stepp/><other/></flow>").expect("plain");
    let mut findings = Vec::new();
    flow.check_allowed(&["name"], &["step"], &mut findings);
    assert!(flow.require_attribute("name", &mut findings).is_none());
    let told: Vec<String> = findings
        .iter()
        .map(|finding| format!("{finding} ({})", finding.advice))
        .collect();
    assert_eq!(
        told,
        [
            "line 1, column 7: <flow> has no attribute nmae (did you mean name?)",
            "line 1, column 16: <stepp> does not belong in <flow> (did you mean step?)",
            "line 1, column 24: <other> does not belong in <flow> (known: step)",
            "line 1, column 1: <flow> needs the attribute name (add name=\"…\")",
        ]
    );
}

proptest::proptest! {
    /// Whatever comes in: an answer, with a place that exists.
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(proptest::sample::select(
        b"<>/ab =\"'&;#x![]-?\n\xc3\xa4CDATA:DOCTYPE".to_vec()), 0..200))
    {
        if let Err(finding) = read_document(&bytes) {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
            proptest::prop_assert!((1..=lines).contains(&finding.at.line) && finding.at.column >= 1, "{}", finding);
        }
    }
}
