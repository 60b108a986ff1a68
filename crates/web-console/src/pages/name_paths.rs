//! Paths of the console that have a name, or the way on, in them.

use crate::link_query::LinkQuery;

/// A name as one segment of a path.
fn encode_name(name: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    encoded.replace('+', "%20")
}

/// The page of an account.
pub(crate) fn operator_path(operator: &str) -> String {
    format!("/operators/{}", encode_name(operator))
}

/// The page that takes a role from an account.
pub(crate) fn held_role_path(operator: &str, role: &str) -> String {
    format!("{}/roles/{}", operator_path(operator), encode_name(role))
}

/// The page of a role.
pub(crate) fn role_path(role: &str) -> String {
    format!("/roles/{}", encode_name(role))
}

/// The page of a change that waits for a second person, with the way on.
pub(crate) fn waiting_path(change: i64, next: &str) -> String {
    let query = LinkQuery::default()
        .with_value("change", &change.to_string())
        .with_value("next", next);
    format!("/operators/-/waiting{}", query.to_text())
}

/// The page that asks for the password again, with the way back.
pub(crate) fn confirm_path(next: &str) -> String {
    let query = LinkQuery::default().with_value("next", next);
    format!("/account/confirm{}", query.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment() {
        assert_eq!(operator_path("anna.b@example.org"), "/operators/anna.b%40example.org");
        assert_eq!(operator_path("a/../b c?d#e"), "/operators/a%2F..%2Fb%20c%3Fd%23e");
        assert_eq!(held_role_path("anna", "help-desk"), "/operators/anna/roles/help-desk");
        assert_eq!(role_path("help_desk"), "/roles/help_desk");
    }

    #[test]
    fn the_way_on_survives_in_the_address() {
        assert_eq!(
            waiting_path(7, "/operators/anna?done=x"),
            "/operators/-/waiting?change=7&next=%2Foperators%2Fanna%3Fdone%3Dx"
        );
        assert_eq!(
            confirm_path("/account/tokens/new?name=a b"),
            "/account/confirm?next=%2Faccount%2Ftokens%2Fnew%3Fname%3Da+b"
        );
    }
}
