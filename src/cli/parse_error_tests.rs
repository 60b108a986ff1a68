use std::os::unix::ffi::OsStringExt;

use clap::CommandFactory;

use super::*;
use crate::cli::Cli;

fn told(line: &str) -> String {
    let words: Vec<OsString> = std::iter::once("intune-connector")
        .chain(line.split(' '))
        .map(OsString::from)
        .collect();
    let command = accept_negative_values(Cli::command());
    let error = command.clone().try_get_matches_from(words.clone()).unwrap_err();
    correct_error(error, &command, &words).render().to_string()
}

#[test]
fn a_word_that_is_no_command_is_told_what_is_meant_and_no_guess_by_letters() {
    let said = told("list devices --data bus");
    assert!(
        said.contains("'intune-connector devices'") && !said.contains("killswitch"),
        "{said}"
    );
    let said = told("version");
    assert!(
        said.contains("intune-connector --version") && !said.contains("verify"),
        "{said}"
    );
    assert!(told("help devcies").contains("'devices'"), "{}", told("help devcies"));
    assert!(told("devcies").contains("'devices'"));
}

#[test]
fn a_choice_that_is_missing_is_told_with_all_its_options() {
    let device = "7809c88c-0000-4000-8000-000000000001";
    for (line, options) in [
        (
            format!("targets decide X {device}"),
            ["--adopt <RECORD>", "--create", "--ignore"].as_slice(),
        ),
        ("targets forget X".to_owned(), &["--device <ID>", "--all"]),
        (
            "reports schedule compliance".to_owned(),
            &["--every <TIME>", "--cron <CRON>"],
        ),
        (
            "orders place zip".to_owned(),
            &["--for-user <USER>", "--for-device <DEVICE>"],
        ),
        ("action sync".to_owned(), &["--device <ID>", "--filter <CEL>"]),
    ] {
        let said = told(&line);
        let begin = said.split("Usage").next().unwrap_or_default();
        assert!(options.iter().all(|option| begin.contains(option)), "{line}: {said}");
    }
}

#[test]
fn wn_45_tips_of_arguments_are_told() {
    for (line, words) in [
        ("devices -data bus", "'--data'"),
        (
            "instances set IntuneConnector_1 incremental=2m",
            "'--set incremental=2m'",
        ),
        ("workflows start X --set silentFor 60d", "'--set silentFor=60d'"),
        ("targets consent T --digest abc", "`targets question`"),
        ("operators recover --user anna", "operators recover NAME --data DIR"),
    ] {
        let said = told(line);
        assert!(said.contains(words) && !said.contains("'-- "), "{line}: {said}");
    }
    assert!(!told("operators recover --user anna").contains("--url <URL>\n"));
}

#[test]
fn wn_63_what_is_no_value_is_not_told_to_be_passed_as_one() {
    for line in [
        "login http://127.0.0.1:1 --limit 5",
        "restore bk.db --limit 5",
        "products frobnicate",
    ] {
        let said = told(line);
        assert!(!said.contains("as a value") && !said.contains("-- "), "{line}: {said}");
    }
}

#[test]
fn wn_63_a_second_value_is_no_command() {
    for (line, words) in [
        ("devices --platform iOS iPadOS", "'--platform iOS,iPadOS'"),
        ("devices --columns id model imei --csv", "'--columns id,model,imei'"),
        ("devices --sort deviceName desc", "'--sort -deviceName'"),
        ("devices --sort deviceName asc", "'--sort deviceName'"),
        ("devices --search lap top", "--search 'lap top'"),
        ("devices export f.csv --platform iOS iPadOS", "'--platform iOS,iPadOS'"),
    ] {
        let said = told(line);
        assert!(said.contains(words) && !said.contains("subcommand"), "{line}: {said}");
    }
    let said = told("devices --search lap show x");
    assert!(said.contains("the subcommand 'show' cannot be used with"), "{said}");
}

#[test]
fn wn_63_the_usage_is_that_of_the_whole_command() {
    for (line, usage) in [
        ("simulate --verison", "Usage: intune-connector simulate [OPTIONS]"),
        ("scan --instance X --urll u", "Usage: intune-connector scan [OPTIONS]"),
        (
            "install --print-answers x --nothing",
            "Usage: intune-connector install [OPTIONS]",
        ),
        (
            "devices show --nothing",
            "Usage: intune-connector devices show [OPTIONS] [INSTANCE] ID",
        ),
        (
            "operators give --nothing",
            "Usage: intune-connector operators give [OPTIONS] <NAME> <ROLE>",
        ),
    ] {
        let said = told(line);
        assert!(said.contains(usage), "{line}: {said}");
    }
}

#[test]
fn wn_64_what_another_command_does_is_told_with_it() {
    for (line, words) in [
        (
            "operators change anna --role auditor",
            "'intune-connector operators give anna auditor'",
        ),
        ("console-link anna", "'--user anna'"),
        ("verify IntuneConnector_1", "'--instance IntuneConnector_1'"),
        ("scan IntuneConnector_1", "'--instance IntuneConnector_1'"),
        (
            "products install intune-connector",
            "'intune-connector install intune-connector'",
        ),
    ] {
        let said = told(line);
        assert!(said.contains(words), "{line}: {said}");
    }
}

#[test]
fn an_option_is_suggested_only_for_one_that_begins_like_it() {
    assert!(!told("scan --full").contains("similar"));
    assert!(!told("killswitch --on").contains("similar"));
    assert!(told("verify --instanec x").contains("'--instance'"));
}

#[test]
fn wi_8_a_password_file_beside_a_data_folder_is_told_as_what_it_is() {
    for line in [
        "orders approve w1 --approver ben --password-file pw --data bus",
        "limits approve 1 --approver ben --password-file pw --data bus",
        "jobs approve 1 --password-file pw --connection work",
    ] {
        let told = told(line);
        assert!(
            told.contains("cannot be used with") && told.contains("--approver-password-file"),
            "{line}: {told}"
        );
        assert!(!told.contains("required"), "{line}: {told}");
    }
    let pinned = format!("devices --fingerprint {} --data bus", "ab".repeat(32));
    for line in [
        "devices --user anna --data bus",
        "devices --user anna --connection work",
        &pinned,
    ] {
        let told = told(line);
        assert!(told.contains("cannot be used with"), "{line}: {told}");
    }
}

#[test]
fn wi_28_a_negative_number_is_told_what_is_accepted_and_no_tip_leads_nowhere() {
    for (line, bounds) in [
        ("apps change zip --term-days -1 --data bus", "0..=3650"),
        ("apps change zip --licences -5 --data bus", "0..=1000000"),
        ("apps change zip --reminder-days -1 --data bus", "0..=3649"),
        ("operators add-token anna --days -1 --data bus", "1..=3650"),
        ("operators add-token anna --days 4294967295 --data bus", "1..=3650"),
        ("devices --limit -1", "1..=1000"),
    ] {
        let told = told(line);
        assert!(told.contains(bounds) && !told.contains("tip"), "{line}: {told}");
    }
    let told = told("apps change zip --comment -x --data bus");
    assert!(told.contains("'--comment=-x'") && !told.contains("'-- -x'"), "{told}");
}

#[test]
fn wi_38_an_argument_that_is_no_utf_8_is_named() {
    let line = [OsString::from("intune-connector"), OsString::from_vec(vec![b'm', 0xfc])];
    let failure = find_foreign_argument(&line).expect("one is no text");
    assert!(failure.message.contains("m\u{fffd}"), "{failure}");
    assert!(failure.advice.contains("UTF-8"), "{failure}");
    assert!(find_foreign_argument(&line[..1]).is_none());
}

#[test]
fn the_command_line_is_well_formed_with_negative_values() {
    accept_negative_values(Cli::command()).debug_assert();
}
