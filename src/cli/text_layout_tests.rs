//! Where lines are broken.

use super::*;

fn widest(text: &str) -> usize {
    text.lines().map(measure_width).max().unwrap_or(0)
}

#[test]
fn what_fits_and_what_is_a_command_stays_as_it_is() {
    for text in ["short", "", "  two  blanks", "a\nb"] {
        assert_eq!(wrap_prose(text, 20), text);
    }
    let command = "  /opt/bin/intune-connector servers accept cmdb --data /var/lib/intune-connector & sleep 2";
    assert_eq!(wrap_prose(command, 40), command);
}

#[test]
fn lines_are_broken_at_blanks_and_hang_behind_their_label() {
    let step = "FAILED   token     login.example: the secret is wrong or was replaced\n         cause   AADSTS7000215: Invalid \
                client secret provided";
    assert_eq!(
        wrap_prose(step, 60),
        "FAILED   token     login.example: the secret is wrong or was\n                   replaced\n         cause   \
         AADSTS7000215: Invalid client secret\n                 provided"
    );
    let error = "error: the folder cannot be used, because another process uses it";
    assert_eq!(
        wrap_prose(error, 40),
        "error: the folder cannot be used,\n       because another process uses it"
    );
    let prose = "the kill switch is ON for all tenants, by anna";
    assert_eq!(
        wrap_prose(prose, 40),
        "the kill switch is ON for all tenants,\n  by anna"
    );
    for width in [40, 80, 120] {
        let long = "word ".repeat(80);
        assert!(widest(&wrap_prose(&long, width)) <= width);
    }
}

#[test]
fn what_is_pasted_is_not_broken() {
    let whole = [
        "intune-connector scan confirm-gone --instance IntuneConnector_1 --digest 0123456789abcdef --yes-i-mean 120",
        "az ad app permission add --id X --api-permissions \"$(az ad sp show --id Y --query 'a; b' -o tsv)=Role\"",
    ];
    for command in whole {
        for text in [
            format!("  try: list them again, then: {command}"),
            format!("  fix     an administrator must consent: `{command}`; then try again, and again, and again"),
            format!("it waits ({command}), and nothing happens before somebody agrees with it"),
            format!("it waits [{command}]"),
        ] {
            let wrapped = wrap_prose(&text, 60);
            assert!(wrapped.contains(command), "{wrapped}");
            let others = wrapped.lines().filter(|line| !line.contains(command));
            assert!(others.clone().count() > 0, "{wrapped}");
            others.for_each(|line| assert!(measure_width(line) <= 60, "{wrapped}"));
        }
    }
    let hint = "anna broke the glass: wipe on one device of IntuneConnector_1 [broken-glass acknowledge 3]";
    assert!(wrap_prose(hint, 70).ends_with("\n  [broken-glass acknowledge 3]"));
    let odd = "a lone ` in a sentence does not keep the rest of the sentence together at all";
    assert!(widest(&wrap_prose(odd, 40)) <= 40);
}

#[test]
fn the_end_of_a_command_is_the_end_of_its_clause() {
    let length = |text: &str| command_length(text).map(|length| text[..length].to_owned());
    for (text, command) in [
        ("intune-connector servers; then", Some("intune-connector servers")),
        ("intune-connector servers. Then", Some("intune-connector servers")),
        (
            "intune-connector killswitch off   (a second person)",
            Some("intune-connector killswitch off"),
        ),
        (
            "az x --a \"$(az y)\" --b 'c; d'",
            Some("az x --a \"$(az y)\" --b 'c; d'"),
        ),
        ("az x --a $(az y) --b", Some("az x --a $(az y) --b")),
        ("intune-connector", None),
        ("intune-connector 0.1.0 has started", None),
        ("the intune-connector", None),
    ] {
        assert_eq!(length(text).as_deref(), command, "{text}");
    }
}

#[test]
fn cells_are_broken_behind_blanks_and_commas() {
    assert_eq!(wrap_cell("the device is reset", 10), ["the device", "is reset"]);
    assert_eq!(wrap_cell("Devices_Read,Jobs_Send", 14), ["Devices_Read,", "Jobs_Send"]);
    assert_eq!(wrap_cell("민준의 노트북", 7), ["민준의", "노트북"]);
    assert_eq!(wrap_cell("abcdefgh", 3), ["abc", "def", "gh"]);
    assert_eq!(wrap_cell("민준의", 3), ["민", "준", "의"]);
    assert_eq!(widest_part("a,bbb cc"), 3);
    assert_eq!(pad_text("민준", 6), "민준  ");
}
