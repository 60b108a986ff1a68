//! What the API advises is read on the command line, too: whoever is told a route is told the command that does the same.

use super::sources::{ROOT, read_texts};

/// Rooms whose sentences are problems of the API.
const ROOMS: [&str; 3] = ["src/sics", "src/actions", "src/orders"];
const ROUTE: &str = "GET /sics/v1/";
/// The document of the API is for programs.
const DOCUMENT: &str = "GET /sics/v1/openapi.json";

fn list_sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list_sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn is_incomplete(sentence: &str) -> bool {
    sentence.contains(ROUTE) && !sentence.contains(DOCUMENT) && !sentence.contains("intune-connector ")
}

#[test]
fn wi_27_a_cure_that_is_a_route_names_the_command_as_well() {
    let (mut files, mut count, mut wrong) = (Vec::new(), 0, Vec::new());
    for room in ROOMS {
        list_sources(&std::path::Path::new(ROOT).join(room), &mut files);
    }
    for path in files {
        for (_, sentence) in read_texts(&std::fs::read_to_string(&path).unwrap()) {
            count += usize::from(sentence.contains(ROUTE));
            if is_incomplete(&sentence) {
                wrong.push(format!("{}: {sentence}", path.display()));
            }
        }
    }
    assert!(count > 10, "{count} routes were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn control_of_cures() {
    assert!(is_incomplete("Choose another app: GET /sics/v1/apps lists them."));
    assert!(!is_incomplete(
        "GET /sics/v1/apps lists them, or intune-connector apps."
    ));
    assert!(!is_incomplete("GET /sics/v1/openapi.json lists all routes."));
}
