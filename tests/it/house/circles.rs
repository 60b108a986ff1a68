//! Inside a room no more than two files stand in a circle of imports: whoever reads one file of a circle has to know all.
//!
//! What an import is, is told in `modules.rs`. Files beside the folders of a crate are a room of their own.
//!
//! `cargo test --test it -- house::circles --nocapture` prints the circles that are left.

use std::collections::BTreeSet;

use super::modules::{ImportMap, read_imports, read_modules};
use super::sources::{SourceFile, mask_texts, read_sources};

/// So many files may know each other.
const CIRCLE_MAX: usize = 2;

/// Circles that are left, one a line: a room, and the files of it. The list only gets shorter.
const TOLERATED: &str = "\
crates/sics-client/src/client: bus_connection.rs error.rs transport.rs
crates/sics-client/src/contract: general.rs guard.rs jobs.rs operators.rs
crates/sics-client/src/contract: target_questions.rs target_records.rs targets.rs
crates/simulated-tenant/src: log.rs state.rs writes.rs
crates/simulated-tenant/src/control: approvals.rs apps.rs devices.rs effects.rs faults.rs groups.rs holds.rs mod.rs \
    posture.rs software.rs tenants.rs time.rs
crates/simulated-tenant/src/graph: action.rs admission.rs approvals.rs apps.rs assign.rs assignment_body.rs \
    assignments.rs audit_filter.rs audits.rs batch.rs body.rs category.rs compliance.rs condition.rs count.rs delete.rs \
    detected.rs device.rs directory_devices.rs dispatch.rs edit.rs entra.rs export_jobs.rs filter.rs group_body.rs \
    group_edit.rs groups.rs install_report.rs intents.rs intune.rs list.rs member_edit.rs members.rs membership.rs \
    mobile_app_types.rs mobile_apps.rs mod.rs organization.rs overview.rs page.rs paged.rs people.rs policies.rs \
    render.rs select.rs small_lists.rs storage.rs users.rs
crates/simulated-tenant/src/remote: result.rs task.rs verb.rs
crates/simulated-tenant/src/token: answer.rs assertion.rs discovery.rs federated.rs grant.rs jwt.rs mod.rs \
    password.rs refresh.rs request.rs resource.rs
crates/web-console/src: clock_text.rs console.rs cookies.rs failure.rs form_token.rs live.rs page.rs render.rs \
    routes.rs said.rs session.rs texts.rs
crates/web-console/src/pages: account/confirm.rs account/mod.rs account/password.rs account/second_factor.rs \
    account/tokens.rs
crates/web-console/src/pages: actions/catalogue.rs actions/form_page.rs actions/mod.rs actions/send.rs
crates/web-console/src/pages: operators/add.rs operators/detail.rs operators/mod.rs operators/rights.rs \
    operators/steps.rs operators/tokens.rs roles/changes.rs roles/list.rs roles/mod.rs
crates/web-console/src/pages: reports/export.rs reports/list_page.rs reports/mod.rs reports/report_page.rs \
    reports/saved_views.rs reports/schedules.rs
crates/web-console/src/pages: settings/about.rs settings/backup.rs settings/certificates.rs settings/compliance.rs \
    settings/file_keys.rs settings/limits.rs settings/mod.rs settings/notices.rs settings/people/acts.rs \
    settings/people/mod.rs settings/readiness.rs settings/scan_schedules.rs
crates/web-console/src/pages: wizard/checks.rs wizard/fields.rs wizard/steps.rs
crates/web-console/src/pages: wizard/registration.rs wizard/show.rs wizard/submit.rs
";

fn list_reached(map: &ImportMap, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([from.to_owned()]);
    let mut open = vec![from.to_owned()];
    while let Some(file) = open.pop() {
        for other in map.get(&file).into_iter().flatten() {
            if reached.insert(other.clone()) {
                open.push(other.clone());
            }
        }
    }
    reached
}

/// Files of which each leads to each other, where they are more than may be.
fn find_circles(map: &ImportMap) -> Vec<BTreeSet<String>> {
    let mut reversed = ImportMap::new();
    for (file, used) in map {
        for other in used {
            reversed.entry(other.clone()).or_default().insert(file.clone());
        }
    }
    let mut circles = Vec::new();
    let mut placed: BTreeSet<String> = BTreeSet::new();
    for file in map.keys() {
        if placed.contains(file) {
            continue;
        }
        let (ahead, behind) = (list_reached(map, file), list_reached(&reversed, file));
        let circle: BTreeSet<String> = ahead.intersection(&behind).cloned().collect();
        placed.extend(circle.iter().cloned());
        if circle.len() > CIRCLE_MAX {
            circles.push(circle);
        }
    }
    circles
}

fn join_names(circle: &BTreeSet<String>) -> String {
    circle.iter().cloned().collect::<Vec<_>>().join(" ")
}

#[test]
fn no_more_than_two_files_of_a_room_stand_in_a_circle() {
    let modules = read_modules(&read_sources(&["src", "crates"]));
    assert!(modules.len() > 1_000, "{} files", modules.len());
    let circles = find_circles(&read_imports(&modules));
    for circle in &circles {
        println!("{}: {}", circle.len(), join_names(circle));
    }
    let listed = |line: &str| -> BTreeSet<String> {
        let (room, files) = line.split_once(": ").unwrap();
        files.split_whitespace().map(|file| format!("{room}/{file}")).collect()
    };
    let tolerated: Vec<BTreeSet<String>> = TOLERATED.lines().map(listed).collect();
    let new: Vec<_> = circles.iter().filter(|circle| !tolerated.contains(circle)).collect();
    assert!(
        new.is_empty(),
        "move what they need of each other into a file below them, or what needs all into one above: {new:#?}"
    );
    for known in &tolerated {
        assert!(
            circles.contains(known),
            "this circle is gone, take it off the list: {known:#?}"
        );
    }
}

/// The control: in an invented room, a circle of three by a re-export, by a path where it stands and by a module's name.
#[test]
fn a_circle_of_three_is_found_and_one_of_two_is_not() {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        code: mask_texts(text),
    };
    let find = |writer: &str| {
        let files = [
            file(
                "src/store/mod.rs",
                "mod jobs;\nmod rows;\nmod writer;\npub use rows::{Kept, Row as StoreRow};\npub use writer::write;",
            ),
            file(
                "src/store/rows.rs",
                "pub struct Row;\npub enum Kept { No }\nfn a() { super::jobs::run(); }\n// super::writer::write",
            ),
            file(
                "src/store/jobs.rs",
                "use super::writer;\npub const fn run() { writer::write(); }",
            ),
            file("src/store/writer.rs", writer),
            file("src/orders/mod.rs", "use crate::store::StoreRow;\npub struct Order;"),
        ];
        let circles = find_circles(&read_imports(&read_modules(&files)));
        circles.iter().map(join_names).collect::<Vec<String>>()
    };
    let write = "pub fn write() {}";
    let three = "src/store/jobs.rs src/store/rows.rs src/store/writer.rs";
    assert_eq!(
        find(&format!("use crate::store::{{self, StoreRow}};\n{write}")),
        [three]
    );
    assert_eq!(find(&format!("{write}\nfn b() {{ crate::store::Kept::No; }}")), [three]);
    // Two that know each other, and an import of another room.
    assert_eq!(
        find(&format!("use super::jobs::run;\nuse crate::orders::Order;\n{write}")),
        [""; 0]
    );
    // A name that is no import: a method, and a type of this file.
    assert_eq!(
        find(&format!("struct StoreRow;\nfn c(a: StoreRow) {{ a.run() }}\n{write}")),
        [""; 0]
    );
}
