//! Everything that can be wrong in a definition, and where it is said to be.

use intune_connector::app::workflows;
use intune_connector::workflow::compile_definition;

/// A definition in which `@` stands before what is wrong, and words of what is said there.
const WRONG: &[(&str, &str)] = &[
    ("@<wokflow/>", "is not a workflow"),
    ("@<workflow name=\"W\" version=\"1\"/>", "nothing starts the workflow"),
    (
        "@<workflow name=\"W\" version=\"1\"><onDemand/></workflow>",
        "the workflow has no steps",
    ),
    (
        "<workflow @name=\"1W\" version=\"1\"><onDemand/>STEPS</workflow>",
        "is not a valid name",
    ),
    (
        "<workflow name=\"W\" @version=\"one\"><onDemand/>STEPS</workflow>",
        "is not a valid version",
    ),
    (
        "@<workflow name=\"W\"><onDemand/>STEPS</workflow>",
        "needs the attribute version",
    ),
    (
        "<workflow name=\"W\" version=\"1\" @author=\"me\"><onDemand/>STEPS</workflow>",
        "has no attribute author",
    ),
    (
        "<workflow name=\"W\" version=\"1\"><onDemand/>@<onDemand/>STEPS</workflow>",
        "a second <onDemand>",
    ),
    (
        "<workflow name=\"W\" version=\"1\"><onDemand/>@<step/>STEPS</workflow>",
        "does not belong",
    ),
    (
        "BODY@<cal id=\"a\" activity=\"log\"/>LOG</steps></workflow>",
        "<cal> does not belong in <steps>",
    ),
    (
        "HEAD<steps @id=\"a\">LOG</steps></workflow>",
        "<steps> has no attribute id",
    ),
    (
        "HEAD<schedule name=\"s\" @cron=\"61 * * * *\"/>STEPS</workflow>",
        "invalid cron expression",
    ),
    (
        "HEAD<schedule name=\"s\" @cron=\"0 0 30 2 *\"/>STEPS</workflow>",
        "never occurs",
    ),
    (
        "HEAD<schedule name=\"s\" cron=\"0 6 * * 1\" @zone=\"Mars\"/>STEPS</workflow>",
        "unknown time zone",
    ),
    (
        "HEAD@<schedule name=\"s\"/>STEPS</workflow>",
        "the schedule has no time",
    ),
    (
        "HEAD@<schedule name=\"s\" setting=\"full\" coveredBy=\"t\"/>STEPS</workflow>",
        "cannot cover",
    ),
    (
        "HEAD<schedule name=\"s\" setting=\"full\">@<set name=\"kind\">x</set></schedule>STEPS</workflow>",
        "there is no parameter",
    ),
    (
        "HEAD<parameter name=\"n\" type=\"number\" max=\"5\"/><schedule name=\"s\" setting=\"full\">@<set name=\"n\">6</set></schedule>STEPS</workflow>",
        "n must be at most 5",
    ),
    (
        "HEAD<parameter name=\"n\" type=\"number\" required=\"yes\"/>@<schedule name=\"s\" setting=\"full\"/>STEPS</workflow>",
        "does not set the parameter n",
    ),
    (
        "HEAD<parameter name=\"n\" @type=\"nummer\"/>STEPS</workflow>",
        "unknown type",
    ),
    (
        "HEAD<parameter name=\"n\" type=\"number\" @default=\"many\"/>STEPS</workflow>",
        "is not a valid value of n",
    ),
    (
        "HEAD<parameter name=\"n\" type=\"text\" @min=\"1\"/>STEPS</workflow>",
        "is not valid",
    ),
    (
        "HEAD<parameter name=\"n\" type=\"number\"/><parameter @name=\"n\" type=\"text\"/>STEPS</workflow>",
        "a second parameter has the name",
    ),
    ("HEAD@<outcome name=\"done\"/>STEPS</workflow>", "is predefined"),
    // Unknown activity, wrong input, wrong type.
    (
        "BODY@<call id=\"a\" activity=\"lgo\"/>END",
        "there is no activity \"lgo\"",
    ),
    (
        "BODY@<call id=\"a\" activity=\"log\"/>END",
        "log needs the input \"text\"",
    ),
    (
        "BODY<call id=\"a\" activity=\"log\">@<in name=\"txet\">x</in><in name=\"text\">x</in></call>END",
        "log has no input \"txet\"",
    ),
    (
        "BODY<call id=\"a\" activity=\"log\"><in name=\"text\">x</in>@<in name=\"text\">y</in></call>END",
        "is given twice",
    ),
    (
        "BODY<call id=\"a\" activity=\"listDevices\">@<in name=\"limit\">many</in></call>END",
        "must be of type number, not \"many\"",
    ),
    (
        "BODY<call id=\"a\" activity=\"listDevices\">@<in name=\"silentFor\">a month</in></call>END",
        "must be of type duration",
    ),
    (
        "BODY<call id=\"a\" activity=\"listDevices\"/><call id=\"b\" activity=\"log\">@<in name=\"text\">${a.devices}</in></call>END",
        "must be of type text, but a.devices is of type list",
    ),
    (
        "BODY<call id=\"a\" activity=\"listDevices\"/><call id=\"b\" activity=\"log\">@<in name=\"text\">${a.devises}</in></call>END",
        "\"a\" has no value \"devises\"",
    ),
    (
        "BODY<call id=\"a\" activity=\"log\">@<in name=\"text\">${parameters.x}</in></call>END",
        "\"parameters\" has no value \"x\"",
    ),
    (
        "BODY<call id=\"a\" activity=\"log\">@<in name=\"text\">${run.x}</in></call>END",
        "\"run\" has no value \"x\"",
    ),
    (
        "BODY<call id=\"a\" activity=\"log\">@<in name=\"text\">${b</in></call>END",
        "${ without a closing }",
    ),
    (
        "BODY<call id=\"a\" activity=\"log\" @tries=\"0\"><in name=\"text\">x</in></call>END",
        "tries is \"0\"",
    ),
    (
        "BODY<call id=\"a\" activity=\"log\" @pause=\"soon\"><in name=\"text\">x</in></call>END",
        "is not a valid duration",
    ),
    (
        "BODY<call id=\"a\" activity=\"log\" @onError=\"ignore\"><in name=\"text\">x</in></call>END",
        "onError is",
    ),
    (
        "BODY@<call activity=\"log\"><in name=\"text\">x</in></call>END",
        "needs the attribute id",
    ),
    (
        "BODYLOG<call @id=\"log\" activity=\"log\"><in name=\"text\">x</in></call>END",
        "a second step has the id",
    ),
    (
        "BODY<call @id=\"run\" activity=\"log\"><in name=\"text\">x</in></call>END",
        "is reserved",
    ),
    // A circle: a step that uses itself, or one that comes later.
    (
        "BODY<call id=\"a\" activity=\"log\">@<in name=\"text\">${a.x}</in></call>END",
        "the name \"a\" is not known here",
    ),
    (
        "BODY<call id=\"a\" activity=\"log\">@<in name=\"text\">${b.x}</in></call><call id=\"b\" activity=\"listDevices\"/>END",
        "the name \"b\" is not known here",
    ),
    (
        "BODY<choose id=\"c\"><when if=\"run.dryRun\"><call id=\"a\" activity=\"listDevices\"/></when><otherwise/></choose><call id=\"b\" activity=\"log\">@<in name=\"text\">${a.count}</in></call>END",
        "the name \"a\" is not known here",
    ),
    // Branches.
    (
        "BODY@<choose id=\"c\"><when if=\"run.dryRun\">LOG</when></choose>END",
        "<choose> has no <otherwise>",
    ),
    (
        "BODY@<choose id=\"c\"><otherwise/></choose>END",
        "<choose> has no <when>",
    ),
    (
        "BODY<choose id=\"c\">@<otherwise/><when if=\"run.dryRun\">LOG</when></choose>END",
        "is before a <when>",
    ),
    (
        "BODY<choose id=\"c\"><when @if=\"rnu.dryRun\">LOG</when><otherwise/></choose>END",
        "the name \"rnu\" is not known here",
    ),
    (
        "BODY<choose id=\"c\"><when @if=\"run.instance == IntuneConnector_1\">LOG</when><otherwise/></choose>END",
        "the name \"IntuneConnector_1\" is not known here",
    ),
    (
        "BODY<choose id=\"c\"><when @if=\"run.dryRun &amp;&amp;\">LOG</when><otherwise/></choose>END",
        "invalid condition",
    ),
    (
        "BODY<choose id=\"c\"><when @if=\"1 &lt; 2\">LOG</when><otherwise/></choose>END",
        "never changes",
    ),
    (
        "BODY<end id=\"e\" outcome=\"done\"/>@<call id=\"a\" activity=\"log\"><in name=\"text\">x</in></call>END",
        "never reached",
    ),
    (
        "BODY<choose id=\"c\"><when if=\"run.dryRun\"><end id=\"e\" outcome=\"done\"/></when><otherwise><end id=\"f\" outcome=\"done\"/></otherwise></choose>@<call id=\"a\" activity=\"log\"><in name=\"text\">x</in></call>END",
        "never reached",
    ),
    (
        "BODY@<end id=\"e\" outcome=\"dnoe\"/>END",
        "there is no outcome \"dnoe\"",
    ),
    // Loops.
    (
        "BODY@<forEach id=\"l\" of=\"run.id\" as=\"x\">LOG</forEach>END",
        "needs the attribute most",
    ),
    (
        "BODY<forEach id=\"l\" @of=\"run.id\" as=\"x\" most=\"5\">LOG</forEach>END",
        "must be of type list, but run.id is of type number",
    ),
    (
        "BODY<call id=\"a\" activity=\"listDevices\"/><forEach id=\"l\" of=\"a.devices\" as=\"x\" @most=\"100000\">LOG</forEach>END",
        "most is \"100000\"",
    ),
    (
        "BODY<call id=\"a\" activity=\"listDevices\"/><forEach id=\"l\" of=\"a.devices\" as=\"x\" most=\"5\" @atOnce=\"500\">LOG</forEach>END",
        "atOnce is",
    ),
    (
        "BODY<call id=\"a\" activity=\"listDevices\"/><forEach id=\"l\" of=\"a.devices\" @as=\"run\" most=\"5\">LOG</forEach>END",
        "cannot be the name of the item",
    ),
    (
        "BODY<call id=\"a\" activity=\"listDevices\"/>@<forEach id=\"l\" of=\"a.devices\" as=\"x\" most=\"5\"/>END",
        "the loop has no steps",
    ),
    // Waits.
    ("BODY@<wait id=\"w\"/>END", "needs the attribute for"),
    ("BODY<wait id=\"w\" @for=\"for ever\"/>END", "is not a valid duration"),
    ("BODY<wait id=\"w\" @for=\"93d\"/>END", "is not a valid duration"),
    (
        "BODY@<wait id=\"w\" until=\"run.dryRun\" every=\"1m\" most=\"1h\"/>END",
        "no steps that can change its condition",
    ),
    (
        "BODY@<wait id=\"w\" until=\"run.dryRun\" most=\"1h\">LOG</wait>END",
        "needs the attribute every",
    ),
    (
        "BODY@<wait id=\"w\" until=\"run.dryRun\" every=\"1s\" most=\"7d\">LOG</wait>END",
        "at most 10000 are allowed",
    ),
    // What destroys.
    (
        "BODY@<call id=\"a\" activity=\"wipe\" confirm=\"wipe\" most=\"1\"><in name=\"device\">${parameters}</in></call>END",
        "called without a condition",
    ),
    (
        "BODY<choose id=\"c\"><when if=\"!run.dryRun\">@<call id=\"a\" activity=\"wipe\" most=\"1\"><in name=\"device\">${parameters}</in></call></when><otherwise/></choose>END",
        "is not confirmed",
    ),
    (
        "BODY<choose id=\"c\"><when if=\"!run.dryRun\">@<call id=\"a\" activity=\"wipe\" confirm=\"wipe\"><in name=\"device\">${parameters}</in></call></when><otherwise/></choose>END",
        "has no limit",
    ),
    (
        "BODY<choose id=\"c\"><when if=\"run.dryRun\"/><otherwise>@<call id=\"a\" activity=\"retire\" confirm=\"retire\" most=\"1\"><in name=\"device\">${parameters}</in></call></otherwise></choose>END",
        "called without a condition",
    ),
];

fn expanded(text: &str) -> String {
    let log = "<call id=\"log\" activity=\"log\"><in name=\"text\">x</in></call>";
    text.replace("BODY", "HEAD<steps>")
        .replace("HEAD", "<workflow name=\"W\" version=\"1\"><onDemand/>\n  ")
        .replace("STEPS", "<steps>LOG</steps>")
        .replace("LOG", log)
        .replace("END", "\n</steps></workflow>")
}

fn place(text: &str) -> (String, u32, u32) {
    let before = text.split('@').next().unwrap();
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() as u32 + 1;
    (text.replacen('@', "", 1), line, column)
}

#[test]
fn every_finding_has_its_line_and_column() {
    let registry = workflows::known_activities(std::path::Path::new(""));
    let mut missed = Vec::new();
    for (wrong, words) in WRONG {
        let (text, line, column) = place(&expanded(wrong));
        let findings = compile_definition(&text, &registry).expect_err(wrong);
        let found = findings
            .iter()
            .any(|finding| (finding.at.line, finding.at.column) == (line, column) && finding.problem.contains(words));
        if !found {
            missed.push(format!(
                "{wrong}\n  wanted {line}:{column} {words}\n  found {findings:?}"
            ));
        }
        assert!(
            findings.iter().all(|finding| !finding.advice.is_empty()),
            "{wrong}: {findings:?}"
        );
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn all_findings_of_a_file_are_told_at_once() {
    let registry = workflows::known_activities(std::path::Path::new(""));
    let text = expanded(
        "HEAD<steps>\n<call id=\"a\" activity=\"lgo\"/>\n<wait id=\"w\" for=\"ever\"/>\n<end id=\"e\" outcome=\"x\"/>\n</steps></workflow>",
    );
    let lines: Vec<u32> = compile_definition(&text, &registry)
        .unwrap_err()
        .iter()
        .map(|finding| finding.at.line)
        .collect();
    assert_eq!(lines, [3, 4, 5]);
}

#[test]
fn wi_41_a_step_that_is_wrong_is_a_step() {
    let registry = workflows::known_activities(std::path::Path::new(""));
    let wrong = "<wait id=\"w\" for=\"1 day\"/>";
    let list = "<call id=\"a\" activity=\"listDevices\"/>";
    for text in [
        format!("BODY{wrong}END"),
        format!("BODY{list}<forEach id=\"l\" of=\"a.devices\" as=\"x\" most=\"5\">{wrong}</forEach>END"),
        format!("BODY<wait id=\"u\" until=\"run.dryRun\" every=\"1m\" most=\"1h\">{wrong}</wait>END"),
    ] {
        let findings = compile_definition(&expanded(&text), &registry).expect_err(&text);
        let problems: Vec<&str> = findings.iter().map(|finding| finding.problem.as_str()).collect();
        assert_eq!(problems, [r#""1 day" is not a valid duration"#], "{text}");
    }
    let misspelled = expanded("BODY<cal id=\"a\" activity=\"log\"/>END");
    let found = compile_definition(&misspelled, &registry).unwrap_err();
    let told: Vec<(&str, &str)> = found
        .iter()
        .map(|one| (one.problem.as_str(), one.advice.as_str()))
        .collect();
    assert_eq!(told, [("<cal> does not belong in <steps>", "did you mean call?")]);
}

#[test]
fn hostile_definitions_are_refused_within_bounds() {
    let registry = workflows::known_activities(std::path::Path::new(""));
    let deep = format!(
        "{}{}",
        "<choose id=\"c\"><when if=\"run.dryRun\">".repeat(20),
        "</when></choose>".repeat(20)
    );
    let many: String = (0..500).map(|n| format!("<wait id=\"w{n}\" for=\"1s\"/>")).collect();
    for (text, words) in [
        (format!("BODY{deep}END"), ""),
        (format!("BODY{many}END"), "at most 200"),
        (
            "<!DOCTYPE x [<!ENTITY a \"b\">]><workflow/>".to_owned(),
            "document type",
        ),
        ("<workflow name=\"W\" version=\"1\">&a;</workflow>".to_owned(), ""),
        (String::new(), ""),
        ("\u{0}".to_owned(), ""),
    ] {
        let findings = compile_definition(&expanded(&text), &registry).expect_err(words);
        assert!(
            findings.iter().any(|finding| finding.problem.contains(words)),
            "{words}: {findings:?}"
        );
    }
}

#[test]
fn the_shipped_definitions_have_no_findings() {
    let registry = workflows::known_activities(std::path::Path::new(""));
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "xml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let definition =
                compile_definition(&text, &registry).unwrap_or_else(|findings| panic!("{path:?}: {findings:?}"));
            assert_eq!(
                Some(definition.name.as_str()),
                path.file_stem().and_then(|stem| stem.to_str())
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}

#[test]
fn the_definition_of_the_readme_has_no_findings() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows/README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let example = text.split("```xml\n").nth(1).unwrap().split("```").next().unwrap();
    let registry = workflows::known_activities(std::path::Path::new(""));
    let definition = compile_definition(example, &registry).unwrap_or_else(|findings| panic!("{findings:?}"));
    assert_eq!(definition.name, "LockLost");
}

#[test]
fn wn_93_a_value_of_another_type_is_told_how_it_is_written_and_a_step_without_values_is_told_as_one() {
    let say = "<call id=\"a\" activity=\"log\"><in name=\"text\">x</in></call>";
    let parameter = |rest: &str| format!("HEAD<parameter name=\"n\" {rest}/>STEPS</workflow>");
    for (text, words) in [
        (parameter("type=\"duration\" default=\"30 days\""), "such as 30d"),
        (
            parameter("type=\"number\" min=\"5\" default=\"many\""),
            "within its bounds, such as 5",
        ),
        (
            parameter("type=\"text\" oneOf=\"wipe retire\" default=\"lock\""),
            "write one of: wipe, retire",
        ),
        (
            format!("BODY{say}<call id=\"b\" activity=\"log\"><in name=\"text\">${{a.file}}</in></call>END"),
            "its step gives back no value",
        ),
        (
            "BODY<call id=\"a\" activity=\"listDevices\"><in name=\"limit\">many</in></call>END".to_owned(),
            "of that type, such as 10",
        ),
    ] {
        let registry = workflows::known_activities(std::path::Path::new(""));
        let told = compile_definition(&expanded(&text), &registry).expect_err("it is wrong");
        assert!(
            told.iter().any(|finding| finding.advice.contains(words)),
            "{text}: {told:?}"
        );
    }
}
