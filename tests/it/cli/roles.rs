//! Roles at the command line: all that the API can do.

use serde_json::{Value, json};

use crate::support::program::User;

#[test]
fn b61_roles_are_listed_made_given_and_taken_at_the_command_line() {
    let user = User::new();
    std::fs::create_dir(user.path("data")).unwrap();
    let data = user.path("data").display().to_string();
    let says = |line: &str| user.says(&format!("{line} --data {data}"));
    let password = user.file("password", "correct horse battery\n");
    says(&format!(
        "instances add --tenant contoso.example --client 00000000-0000-4000-8000-00000000000a --secret-file {password} --servers *"
    ))
    .good();
    let listed = says("roles").good();
    for name in ["administrator", "auditor", "management-server", "intune-helpdesk"] {
        assert!(listed.contains(name), "{listed}");
    }
    // Nobody is there to be asked: refused, with what is missing.
    let wipers = "roles add wipers --rights Actions_Wipe --summary last";
    let refused = says(wipers);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(
        refused.err.contains("Jobs_Send (needed by Actions_Wipe)"),
        "{refused:?}"
    );
    let made = says(&format!("{wipers} --add-dependencies")).good();
    assert!(
        made.contains("wipers (own): last") && made.contains("Actions: Wipe"),
        "{made}"
    );
    says(&format!(
        "operators add anna --role administrator --new-password-file {password}"
    ))
    .good();
    says(&format!(
        "operators add ben --role auditor --instances IntuneConnector_1 --new-password-file {password}"
    ))
    .good();
    let given = says("operators give ben wipers").good();
    assert!(
        given.contains("auditor (IntuneConnector_1)") && given.contains("wipers"),
        "{given}"
    );
    let shown: Value = says("roles show wipers --json").json();
    assert_eq!(shown["holders"], json!([{"operator": "ben", "scope": {}}]));
    says("operators take ben wipers").good();
    assert_eq!(says("roles show wipers --json").json()["holders"], json!([]));
    let protected = says("roles remove auditor");
    assert!(
        protected.code != 0 && protected.err.contains("belongs to the system"),
        "{protected:?}"
    );
    let last = says("operators remove anna");
    assert!(
        last.code != 0 && last.err.contains("manage operators everywhere"),
        "{last:?}"
    );
    let foreign = says("operators add-token ben --label gateway");
    assert!(
        foreign.code == 4 && foreign.err.contains("for another person"),
        "{foreign:?}"
    );
    says("operators add gate --kind server --role gateway --token").good();
    says("operators add-token gate --label gateway --days 30 --instances IntuneConnector_1").good();
    let tokens = says("operators tokens gate").good();
    assert!(
        tokens.contains("gateway") && tokens.contains("IntuneConnector_1"),
        "{tokens}"
    );
    let nobody = says(&format!("operators add carl --new-password-file {password}"));
    assert!(nobody.code == 2 && nobody.err.contains("--role"), "{nobody:?}");
}
