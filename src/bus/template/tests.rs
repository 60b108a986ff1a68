use serde_json::{Value, json};

use super::*;
use crate::model::ActionKind;
use crate::model::Language;

const SHIPPED: &str = include_str!("../../../templates/intune-connector.xml");

/// A document with this page and nothing wrong around it.
fn around(page: &str) -> String {
    format!(
        r#"<template version="1"><title en="t" de="t"/>
{page}
<page name="i" kind="installation"><title en="i" de="i"/></page>
<page name="f" kind="finish"><title en="f" de="f"/></page>
<install><part name="Thing"><label en="p" de="p"/></part></install></template>"#
    )
}

fn field(attributes: &str, inside: &str) -> String {
    around(&format!(
        "<page name=\"a\"><title en=\"a\" de=\"a\"/>\n<field {attributes}><label en=\"l\" de=\"l\"/>{inside}</field></page>"
    ))
}

#[track_caller]
fn findings(document: &str) -> Vec<String> {
    let findings = WizardTemplate::read(document.as_bytes()).expect_err("it has findings");
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_shipped_template_is_read_and_offers_every_action() {
    let template = WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings");
    assert_eq!(template.source(), SHIPPED);
    let pages: Vec<&str> = template.pages.iter().map(|page| page.name.as_str()).collect();
    assert_eq!(
        pages,
        [
            "prerequisites",
            "profile",
            "connector",
            "intune",
            "verify",
            "scanner",
            "devices",
            "actions",
            "summary",
            "preview",
            "installation",
            "finish"
        ]
    );
    let FieldKind::Choice { choices, many: true } = &template.find_field("verbs").expect("verbs").kind else {
        panic!("verbs are several choices")
    };
    let offered: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    let all: Vec<&str> = ActionKind::ALL.iter().map(|verb| verb.name()).collect();
    assert_eq!(offered, all);
}

#[test]
fn every_setting_of_the_shipped_template_is_one_of_a_settings_file() {
    let template = WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings");
    let mut seen = 0;
    for field in template.fields() {
        let sets = match &field.kind {
            FieldKind::Choice { choices, .. } => choices
                .iter()
                .flat_map(|choice| &choice.sets)
                .map(|(key, _)| key)
                .collect(),
            _ => Vec::new(),
        };
        for key in field.setting.iter().chain(sets) {
            seen += 1;
            let of_instance = crate::config::INSTANCE_TABLE.find_key(key).is_some();
            let of_bus = crate::config::BUS_TABLE.find_key(key).is_some();
            // Becomes a certificate and its key before anything is written.
            let is_registration = matches!(field.kind, FieldKind::Registration);
            assert!(of_instance || of_bus || is_registration, "{key}");
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn help_stands_at_every_field_and_german_is_not_english() {
    let template = WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings");
    for field in template.fields() {
        let help = field
            .help
            .as_ref()
            .unwrap_or_else(|| panic!("{} has no help", field.name));
        assert_ne!(help.en, help.de, "{}", field.name);
    }
}

#[test]
fn the_model_is_told_in_one_language_and_without_what_says_nothing() {
    let template = WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings");
    let model = json_model::describe_template(&template, Language::De);
    assert_eq!(model["language"], "de");
    assert_eq!(model["pages"][2]["title"], "Connector");
    let servers = &model["pages"][2]["fields"][0];
    assert_eq!(servers["label"], "Management-Server");
    assert_eq!(servers["default"], "*");
    assert_eq!(servers.get("secret"), None);
    let secret = model.pointer("/pages/3/fields/14").expect("the secret");
    assert_eq!(
        (&secret["secret"], &secret["when"]),
        (&json!(true), &json!("sign_in == 'secret'"))
    );
}

#[test]
fn the_schema_demands_only_what_everybody_must_answer() {
    let template = WizardTemplate::read(SHIPPED.as_bytes()).expect("it has no findings");
    let schema = schema::json_schema(&template, Language::En);
    assert_eq!(schema["required"], json!(["tenant_id", "client_id"]));
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema.pointer("/properties/tenant_id/maxLength"), Some(&json!(200)));
    assert_eq!(schema.pointer("/properties/secret/writeOnly"), Some(&Value::Bool(true)));
    assert_eq!(schema.pointer("/properties/verbs/items/enum/0"), Some(&json!("sync")));
    let properties = schema["properties"].as_object().expect("properties");
    assert_eq!(properties.len(), template.fields().count());
}

#[test]
fn all_findings_come_at_once_in_their_order() {
    let document = "<template version=\"2\">\n <title en=\"t\"/>\n <page name=\"A\" kind=\"odd\"><title en=\"a\" de=\"a\"/>\n  <field name=\"x\" type=\"colour\"><label en=\"l\" de=\"l\"/></field></page>\n</template>";
    assert_eq!(
        findings(document),
        [
            "line 1, column 1: the template installs nothing",
            "line 1, column 1: there is no page of kind installation",
            "line 1, column 1: there is no page of kind finish",
            "line 1, column 11: unknown template version \"2\"",
            "line 2, column 2: <title> needs the attribute de",
            "line 3, column 8: \"A\" is not a valid name",
            "line 3, column 17: unknown kind of page \"odd\"",
            "line 4, column 19: unknown field type \"colour\"",
        ]
    );
}

#[test]
fn a_condition_sees_only_fields_before_it_and_no_secrets() {
    let page = |when: &str| {
        around(&format!(
            r#"<page name="a"><title en="a" de="a"/>
<field name="one" type="checkbox"><label en="l" de="l"/></field>
<field name="pin" type="secret"><label en="l" de="l"/></field>
<field name="two" type="checkbox" when="{when}"><label en="l" de="l"/></field>
<field name="three" type="checkbox"><label en="l" de="l"/></field></page>"#
        ))
    };
    assert!(WizardTemplate::read(page("one").as_bytes()).is_ok());
    for wrong in [
        "two",
        "three",
        "pin == ''",
        "nothing",
        "one == Two",
        "one &amp;&amp;",
        "",
    ] {
        let told = findings(&page(wrong));
        assert_eq!(told.len(), 1, "{wrong}: {told:?}");
        assert!(told[0].starts_with("line 5, column 35: invalid condition"), "{told:?}");
    }
}

#[test]
fn defaults_have_to_fit_their_fields() {
    for attributes in [
        "name=\"x\" type=\"number\" max=\"5\" default=\"6\"",
        "name=\"x\" type=\"text\" form=\"guid\" default=\"6\"",
        "name=\"x\" type=\"secret\" default=\"6\"",
        "name=\"x\" type=\"trigger\" default=\"off\"",
        "name=\"x\" type=\"servers\" default=\"a b\"",
        "name=\"x\" type=\"checkbox\" default=\"maybe\"",
    ] {
        let column = "<field ".len() + attributes.find("default").expect("a default") + 1;
        let told = findings(&field(attributes, ""));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with(&format!("line 3, column {column}: ")),
            "{attributes}: {told:?}"
        );
    }
}

#[test]
fn answers_are_read_by_the_kind_of_their_field() {
    let read = |attributes: &str, inside: &str, text: &str| {
        let template = WizardTemplate::read(field(attributes, inside).as_bytes()).expect("it is right");
        let field = template.find_field("x").expect("x");
        field.read_answer(text).map_err(|wrong| wrong.code)
    };
    let choices = "<choice value=\"a\"><label en=\"a\" de=\"a\"/></choice><choice value=\"bB\"><label en=\"b\" de=\"b\"/></choice>";
    for (attributes, inside, text, expected) in [
        ("name=\"x\" type=\"number\" min=\"-5\" max=\"5\"", "", " -5 ", Ok("-5")),
        (
            "name=\"x\" type=\"number\" min=\"-5\" max=\"5\"",
            "",
            "5.0",
            Err("form"),
        ),
        (
            "name=\"x\" type=\"choice\" many=\"yes\"",
            choices,
            "BB,a , bB",
            Ok("a, bB"),
        ),
        ("name=\"x\" type=\"choice\"", choices, "a, bB", Err("form")),
        ("name=\"x\" type=\"checkbox\"", "", "Ja", Ok("yes")),
        ("name=\"x\" type=\"servers\"", "", "b, a,,b", Ok("b, a")),
        ("name=\"x\" type=\"servers\"", "", "*", Ok("*")),
        ("name=\"x\" type=\"servers\"", "", "a, *", Err("form")),
        ("name=\"x\" type=\"trigger\" off=\"yes\"", "", "OFF", Ok("off")),
        ("name=\"x\" type=\"trigger\"", "", "auto", Err("form")),
        ("name=\"x\" type=\"trigger\"", "", "0  3 * * *", Ok("0 3 * * *")),
        ("name=\"x\" type=\"trigger\"", "", "0 0 30 2 *", Err("form")),
        ("name=\"x\" type=\"text\" max=\"3\"", "", "abcd", Err("length")),
        ("name=\"x\" type=\"text\"", "", "a\nb", Err("controlCharacters")),
        (
            "name=\"x\" type=\"text\" form=\"zone\"",
            "",
            "Europe/Berlin",
            Ok("Europe/Berlin"),
        ),
        ("name=\"x\" type=\"text\" form=\"url\"", "", "ftp://a", Err("form")),
        (
            "name=\"x\" type=\"text\" form=\"directory\"",
            "",
            "contoso.example",
            Ok("contoso.example"),
        ),
        (
            "name=\"x\" type=\"text\" form=\"directory\"",
            "",
            "contoso",
            Err("form"),
        ),
        ("name=\"x\" type=\"text\" form=\"date\"", "", "2027-02-30", Err("form")),
        ("name=\"x\" type=\"secret\"", "", " spaces stay ", Ok(" spaces stay ")),
        ("name=\"x\" type=\"file\"", "", "path", Err("form")),
        (
            "name=\"x\" type=\"registration\"",
            "",
            " 00000000-1111-4222-8333-44444444444A ",
            Ok("00000000-1111-4222-8333-44444444444a"),
        ),
        ("name=\"x\" type=\"registration\"", "", "the last one", Err("form")),
    ] {
        let told = read(attributes, inside, text);
        assert_eq!(told.as_deref().map_err(|code| *code), expected, "{attributes} {text}");
    }
}

#[test]
fn e1_what_does_not_fit_is_repeated_unless_it_is_a_secret() {
    let template =
        WizardTemplate::read(field("name=\"x\" type=\"secret\" max=\"3\"", "").as_bytes()).expect("it is right");
    let wrong = template
        .find_field("x")
        .expect("x")
        .read_answer("hunter2")
        .expect_err("too long");
    assert!(!format!("{wrong:?}").contains("hunter2"));
}
