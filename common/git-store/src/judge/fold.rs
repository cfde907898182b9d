//! Which names count as the same somewhere: case, accents, look-alike forms and characters that nobody sees.
//!
//! Case is folded through upper case and back, character by character, which also joins `ſ` with `s`, `ß` with `ss`
//! and `ı` with `i`: wider than any one file system, on purpose.

use unicode_normalization::UnicodeNormalization as _;

/// The key under which two paths collide: canonical form, case folded, unseen characters removed.
pub(crate) fn same_name(path: &str) -> String {
    folded(path.nfc()).nfc().collect()
}

/// The widest reading of a name: compatibility form, case folded, unseen characters removed.
pub(crate) fn widest(name: &str) -> String {
    folded(name.nfkc()).nfkc().collect()
}

fn folded(text: impl Iterator<Item = char>) -> String {
    text.filter(|c| !is_unseen(*c)).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Unicode's `Default_Ignorable_Code_Point`: macOS drops some of them when it compares names, people see none.
pub(crate) fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_unseen_characters_do_not_make_another_name() {
        for (one, other) in [
            ("README", "readme"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("STRASSE", "stra\u{df}e"),
            ("\u{3a3}\u{3a3}", "\u{3c3}\u{3c2}"),
            ("ab", "a\u{200d}b"),
            ("\u{212a}", "k"),
        ] {
            assert_eq!(same_name(one), same_name(other), "{one:?} {other:?}");
        }
        assert_ne!(same_name("a"), same_name("b"));
        assert_ne!(same_name("\u{ff41}"), same_name("a"));
        assert_eq!(widest("\u{ff41}"), widest("a"));
    }
}
