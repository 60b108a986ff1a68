//! Only one place can wipe a device. The types keep orders away from it: an `OrderRequest` has no action on a device in it but
//! a sync. This keeps everybody else away: who makes a request that changes something, who gets its permit and who sends it is
//! named here, file by file.

use regex::Regex;

use super::sources::{SourceFile, mask_texts, read_sources};

const MAKE_ACTION: &str = r"\bActionRequest::";
const ACTION_PERMIT: &str = r"(?:\.|::)acquire_action_permit\b";
const SEND_ACTION: &str = r"(?:\.|::)send_action\b";
const SEND_WRITE: &str = r"(?:\.|::)send_write\b";

/// What only these files may have: each that is named has it.
const ALONE: [(&str, &[&str]); 9] = [
    (MAKE_ACTION, &["src/actions/issue.rs"]),
    (ACTION_PERMIT, &["src/actions/issue.rs"]),
    // The sender of the product, and its one caller.
    (SEND_ACTION, &["src/actions/write_sender.rs"]),
    (SEND_WRITE, &["src/actions/issue.rs"]),
    (
        r"\bOrderRequest::",
        &[
            "src/graph/order_request.rs",
            "src/orders/graph_groups.rs",
            "src/orders/order_graph.rs",
        ],
    ),
    (r"(?:\.|::)acquire_order_permit\b", &["src/orders/order_graph.rs"]),
    (r"(?:\.|::)send_order_write\b", &["src/orders/order_graph.rs"]),
    (r"(?:\.|::)send_write_once\b", &["src/graph/write_attempt.rs"]),
    // The client that has the token's connections: with it, anything could be sent.
    (
        r"(?:\.|::)http_client\(",
        &["src/graph/client.rs", "src/graph/write_attempt.rs"],
    ),
];

fn files_with<'a>(files: &'a [SourceFile], what: &str) -> Vec<&'a str> {
    let what = Regex::new(what).unwrap();
    let found = files.iter().filter(|file| what.is_match(&file.code));
    let mut paths: Vec<&str> = found.map(|file| file.path.as_str()).collect();
    paths.sort_unstable();
    paths
}

#[test]
fn a2_only_one_file_sends_what_may_wipe_a_device() {
    let files = read_sources(&["src"]);
    for (what, allowed) in ALONE {
        assert_eq!(files_with(&files, what), allowed, "{what}");
    }
    let sends = |file: &&SourceFile| file.path == "src/actions/issue.rs";
    let issue = files.iter().find(sends).unwrap();
    assert_eq!(
        Regex::new(SEND_WRITE).unwrap().find_iter(&issue.code).count(),
        1,
        "one call"
    );
}

/// The control: an order that sends an action is found, and so is a second sender.
#[test]
fn a2_another_file_that_sends_is_found() {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        code: mask_texts(text),
    };
    let files = [
        file(
            "src/orders/order_graph.rs",
            "fn a() { let r = ActionRequest::for_device(id, \"wipe\"); let p = g.acquire_action_permit(); g.send_action(p, &r) }",
        ),
        file(
            "src/sics/jobs.rs",
            "fn a() { executor.failpoints.sender.send_write(g, p, r, t) }",
        ),
        file(
            "src/sics/paths.rs",
            "fn a() { WriteSender::send_write(&sender, g, p, r, t) }",
        ),
        file(
            "src/app/start.rs",
            "// .send_write( and ActionRequest::for_device are only spoken of\n",
        ),
    ];
    for what in [MAKE_ACTION, ACTION_PERMIT, SEND_ACTION] {
        assert_eq!(files_with(&files, what), ["src/orders/order_graph.rs"], "{what}");
    }
    assert_eq!(
        files_with(&files, SEND_WRITE),
        ["src/sics/jobs.rs", "src/sics/paths.rs"]
    );
}
