//! Texts as Snipe-IT answers them. What it reads from its database it writes escaped for HTML, once, whoever asks; what a
//! write answers is raw. Two names are compared only after this.

const ENTITIES: [(&str, char); 7] = [
    ("&amp;", '&'),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&quot;", '"'),
    ("&#039;", '\''),
    ("&#39;", '\''),
    ("&apos;", '\''),
];

/// The text that was meant. One pass: `&amp;lt;` means `&lt;`.
pub(super) fn unescape_html(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity));
        let (letter, length) = known.map_or(('&', 1), |(entity, letter)| (*letter, entity.len()));
        plain.push(letter);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    plain
}

/// Whether escaping leaves it as it is.
pub(super) fn is_escape_free(text: &str) -> bool {
    !text.contains(['&', '<', '>', '"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_escaped_once_is_what_it_was() {
        for (escaped, plain) in [
            ("", ""),
            ("PC-0815", "PC-0815"),
            ("R&amp;D &quot;Nord&quot;", "R&D \"Nord\""),
            ("Anna&#039;s &lt;iPad&gt;", "Anna's <iPad>"),
            ("&amp;amp;", "&amp;"),
            ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
            ("A & B &unknown; &", "A & B &unknown; &"),
            ("Münch&amp;Söhne 木", "Münch&Söhne 木"),
        ] {
            assert_eq!(unescape_html(escaped), plain, "{escaped}");
        }
    }

    #[test]
    fn a_text_is_free_of_what_is_escaped_or_not() {
        for plain in ["", "PC-0815 (Büro) =1;#"] {
            assert!(is_escape_free(plain), "{plain}");
        }
        for risky in ["a&b", "Anna's iPad", "a\"b", "<a", "a>"] {
            assert!(!is_escape_free(risky), "{risky}");
        }
    }
}
