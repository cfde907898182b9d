//! A prompt as words: normalised, with their place in the text, what separates them, and what was quoted.
//!
//! Nothing here knows what a word means.

use unicode_normalization::UnicodeNormalization;

use crate::english::stem;

/// What stands between a word and the one before it; a later variant outweighs an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// White space or a hyphen.
    Space,
    /// A colon.
    Colon,
    /// A comma, a dash, a slash or a line break.
    Comma,
    /// An opening bracket.
    Open,
    /// A closing bracket.
    Close,
    /// A new line with a bullet.
    Bullet,
    /// The end of a sentence, an empty line, or the beginning of the prompt.
    Stop,
}

/// One word.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// In lower case.
    pub(super) lower: String,
    /// What its singular and plural have in common.
    pub(super) stem: String,
    /// Where it begins in the text, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// What separates it from the word before.
    pub(super) gap: Gap,
    /// Whether it begins with a capital letter.
    pub(super) capital: bool,
    /// The number of the quotation that it stands in.
    pub(super) quote: Option<usize>,
}

impl Word {
    pub(super) fn is(&self, words: &[&str]) -> bool {
        words.contains(&self.lower.as_str())
    }

    pub(super) fn is_number(&self) -> bool {
        self.lower.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// A prompt.
#[derive(Debug)]
pub(super) struct Text {
    /// The normalised text (NFKC, plain quotes, no invisible characters).
    pub(super) whole: String,
    pub(super) words: Vec<Word>,
    /// Where quotations begin and end.
    quotes: Vec<(usize, usize)>,
}

impl Text {
    pub(super) fn new(prompt: &str) -> Self {
        let text: String = prompt.nfkc().filter(|c| !is_invisible(*c)).map(plain).collect();
        let quotes = quotations(&text);
        let mut words: Vec<Word> = Vec::new();
        let mut from = 0;
        while let Some((start, end)) = next_word(&text, from) {
            let gap = if words.is_empty() { Gap::Stop } else { gap(&text[from..start]) };
            let quote = quotes.partition_point(|(_, close)| *close < end);
            let quote = quotes.get(quote).is_some_and(|(open, _)| *open < start).then_some(quote);
            words.push(word(&text[start..end], start, end, gap, quote));
            from = end;
        }
        Self { whole: text, words, quotes }
    }

    /// What is quoted in quotation `number`.
    pub(super) fn quotation(&self, number: usize) -> &str {
        let (open, close) = self.quotes[number];
        &self.whole[open + 1..close]
    }

    /// The text of `words`, as it was written, on one line and at most 120 characters.
    pub(super) fn slice(&self, words: &[Word]) -> String {
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return String::new() };
        let closes = |part: &str| part.matches('(').count() > part.matches(')').count();
        let open = closes(&self.whole[first.start..last.end]) && self.whole[last.end..].starts_with(')');
        let line = self.whole[first.start..last.end + usize::from(open)]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let cut: String = line.chars().take(120).collect();
        cut.trim().to_owned()
    }
}

fn word(text: &str, start: usize, end: usize, gap: Gap, quote: Option<usize>) -> Word {
    let lower = if matches!(text, "&" | "+") { "and".into() } else { text.to_lowercase() };
    let stem = stem(lower.strip_suffix("'s").unwrap_or(&lower));
    let capital = text.starts_with(char::is_uppercase);
    Word { lower, stem, start, end, gap, capital, quote }
}

fn plain(c: char) -> char {
    match c {
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => '"',
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '`' | '\u{b4}' => '\'',
        other => other,
    }
}

/// Characters that only steer the display: zero width, direction, joiners, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Where the next word at or after `from` begins and ends.
fn next_word(text: &str, from: usize) -> Option<(usize, usize)> {
    let begins = |(at, c): &(usize, char)| c.is_alphanumeric() || starts_sign_word(text, *at);
    let start = from + text[from..].char_indices().map(|(at, c)| (from + at, c)).find(begins)?.0 - from;
    let mut end = start;
    for (at, c) in text[start..].char_indices() {
        if at > 0 && !continues(text, start + at, c) {
            break;
        }
        end = start + at + c.len_utf8();
        if at == 0 && matches!(c, '&' | '+') {
            break;
        }
    }
    Some((start, end))
}

/// `&` and `+` as "and", `#a0b1c2` as a colour, `.net` as a name.
fn starts_sign_word(text: &str, at: usize) -> bool {
    let rest = &text[at..];
    let before_is_word = text[..at].ends_with(char::is_alphanumeric);
    match rest.chars().next() {
        Some('&' | '+') => !before_is_word,
        Some('#') => rest[1..].starts_with(|c: char| c.is_ascii_alphanumeric()),
        Some('.') => !before_is_word && rest.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(".net")),
        _ => false,
    }
}

/// Whether the character at `at` belongs to the word that it follows.
fn continues(text: &str, at: usize, c: char) -> bool {
    let next_is = |test: fn(char) -> bool| text[at + c.len_utf8()..].starts_with(test);
    match c {
        '_' => true,
        '\'' => next_is(char::is_alphanumeric) && text[..at].ends_with(char::is_alphanumeric),
        '.' => next_is(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
        '#' => !next_is(char::is_alphanumeric),
        '+' => text[at..].starts_with("++") || text[..at].ends_with('+'),
        _ => c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c),
    }
}

fn gap(between: &str) -> Gap {
    let ends = between.contains(['.', '!', '?', ';', '\u{2026}']) || between.matches('\n').count() > 1;
    match () {
        () if is_bullet(between) => Gap::Bullet,
        () if ends => Gap::Stop,
        () if between.contains(['(', '[', '{']) => Gap::Open,
        () if between.contains([')', ']', '}']) => Gap::Close,
        () if between.contains([',', '\n', '/', '\u{2013}', '\u{2014}']) || between.contains(" - ") => {
            Gap::Comma
        }
        () if between.contains(':') => Gap::Colon,
        () => Gap::Space,
    }
}

/// A new line that begins with a dash, a star or a dot.
fn is_bullet(between: &str) -> bool {
    between.lines().skip(1).any(|line| line.trim().starts_with(['-', '*', '\u{2022}']))
}

/// Where quotations begin and end: the bytes of their two marks.
fn quotations(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        let in_word = |text: &str| text.ends_with(char::is_alphanumeric);
        match (open, c) {
            (None, '"') => open = Some((at, c)),
            (None, '\'') if !in_word(&text[..at]) => open = Some((at, c)),
            (Some((start, '"')), '"') => {
                found.push((start, at));
                open = None;
            }
            (Some((start, '\'')), '\'') if !text[at + 1..].starts_with(char::is_alphanumeric) => {
                found.push((start, at));
                open = None;
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lower(prompt: &str) -> Vec<String> {
        Text::new(prompt).words.into_iter().map(|word| word.lower).collect()
    }

    #[test]
    fn words_keep_what_belongs_to_them() {
        assert_eq!(
            lower("A to-do app, in Node.js & C#/C++ (#0a7)!"),
            ["a", "to", "do", "app", "in", "node.js", "and", "c#", "c++", "#0a7"]
        );
        assert_eq!(lower("don\u{2019}t use .NET or is_done."), ["don't", "use", ".net", "or", "is_done"]);
        assert_eq!(lower("\u{ff34}odo\u{202e}app"), ["todoapp"]);
    }

    #[test]
    fn gaps_say_what_separates_words() {
        let gaps: Vec<Gap> =
            Text::new("a b, c. d (e) f:\n- h\ni").words.iter().map(|word| word.gap).collect();
        assert_eq!(
            gaps,
            [Gap::Stop, Gap::Space, Gap::Comma, Gap::Stop, Gap::Open, Gap::Close, Gap::Bullet, Gap::Comma]
        );
    }

    #[test]
    fn quotations_are_found_and_apostrophes_are_none() {
        let text = Text::new("mum's app called 'Bread & Butter' or \u{201c}X\u{201d}, it's fine");
        let quoted: Vec<&str> =
            text.words.iter().filter(|word| word.quote.is_some()).map(|word| word.lower.as_str()).collect();
        assert_eq!(quoted, ["bread", "and", "butter", "x"]);
        assert_eq!((text.quotation(0), text.quotation(1)), ("Bread & Butter", "X"));
    }
}
