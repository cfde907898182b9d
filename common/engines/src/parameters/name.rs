//! Names, slugs and sentences that are safe wherever a template puts them: in HTML, code strings, YAML and shells.

use unicode_normalization::UnicodeNormalization;

/// The longest name and slug, in characters.
const NAME_LIMIT: usize = 40;
/// The longest sentence, in characters.
const SENTENCE_LIMIT: usize = 100;

/// Keeps letters, digits, spaces and hyphens of `text`, at most 40 characters; `None` when no letter or digit is left.
pub(crate) fn clean_name(text: &str) -> Option<String> {
    let kept = keep(text, NAME_LIMIT, |c| c == '-');
    kept.chars().any(char::is_alphanumeric).then_some(kept)
}

/// Keeps letters, digits, spaces, hyphens, commas and full stops of `text`, at most 100 characters.
pub(crate) fn clean_sentence(text: &str) -> String {
    keep(text, SENTENCE_LIMIT, |c| matches!(c, '-' | ',' | '.'))
}

/// Lower-case ASCII letters and digits of `text` with single hyphens between, at most 40; `None` when nothing is left.
pub(crate) fn slug(text: &str) -> Option<String> {
    let ascii: String = text.nfkd().flat_map(char::to_lowercase).filter(|c| !is_mark(*c)).collect();
    let parts: Vec<&str> =
        ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let cut: String = parts.join("-").chars().take(NAME_LIMIT).collect();
    let whole = cut.trim_end_matches('-');
    (!whole.is_empty()).then(|| whole.to_owned())
}

fn keep(text: &str, limit: usize, extra: fn(char) -> bool) -> String {
    let kept: String = text
        .nfc()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| c.is_alphanumeric() || *c == ' ' || extra(*c))
        .collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(limit).collect();
    cut.trim_matches(|c: char| c == ' ' || c == '-' || c == ',').to_owned()
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_letters_digits_spaces_and_hyphens() {
        for (given, kept) in [
            ("Family Groceries", "Family Groceries"),
            ("  Bread\n&  Butter ", "Bread Butter"),
            ("<script>alert(\"1\")</script>", "scriptalert1script"),
            ("<< slug >> <% if %> {{ x }}", "slug if x"),
            ("O'Brien's", "OBriens"),
            ("Café—Zürich", "CaféZürich"),
            ("\u{202e}gnp.exe", "gnpexe"),
            ("شاي", "شاي"),
            ("- 7-Eleven -", "7-Eleven"),
        ] {
            assert_eq!(clean_name(given).as_deref(), Some(kept), "{given}");
        }
        assert_eq!(clean_name("🎉 -- !"), None);
        assert_eq!(clean_name(&"ab-".repeat(30)).unwrap().len(), 40);
    }

    #[test]
    fn cleaning_a_clean_name_or_slug_changes_nothing() {
        let long = "x y-".repeat(30);
        for given in ["A b-c", "ǰ-ﬁ ½", "ab -", &long, "e\u{301}\u{302}\u{30c} z", "ß İ"] {
            let name = clean_name(given).unwrap();
            assert_eq!(clean_name(&name).as_ref(), Some(&name), "{given}");
            if let Some(made) = slug(given) {
                assert_eq!(slug(&made), Some(made));
            }
        }
    }

    #[test]
    fn slugs_are_ascii() {
        for (given, made) in
            [("Café Zürich", "cafe-zurich"), ("A  --  B", "a-b"), ("Family Groceries", "family-groceries")]
        {
            assert_eq!(slug(given).as_deref(), Some(made));
        }
        assert_eq!(slug("名前"), None);
    }
}
