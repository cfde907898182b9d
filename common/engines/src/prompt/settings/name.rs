//! The application's name ("called Family Groceries") and a landing page's tagline.

use super::super::title_case;
use super::super::words::{Gap, Text};
use super::{Open, Taken};
use crate::parameters::{clean_name, clean_sentence};

/// Words after which a name follows.
const CUES: &[&[&str]] = &[
    &["called"],
    &["named"],
    &["titled"],
    &["entitled"],
    &["call", "it"],
    &["name", "it"],
    &["with", "the", "name"],
    &["with", "name"],
    &["the", "name", "is"],
    &["its", "name", "is"],
    &["name", "should", "be"],
];
/// Words that end a name that is not quoted.
const ENDS: &[&str] = &[
    "with",
    "that",
    "which",
    "where",
    "for",
    "in",
    "on",
    "using",
    "having",
    "written",
    "running",
    "to",
    "so",
    "but",
    "including",
    "featuring",
    "by",
    "at",
    "please",
    "as",
];
/// Words that end a name unless they stand between capitalised words.
const LINKS: &[&str] = &["and", "of", "the", "or"];
/// The most words of a name that is not quoted.
const MOST_WORDS: usize = 6;
const TAGLINES: &[&str] = &["tagline", "slogan", "strapline", "motto", "tag-line"];

/// Finds a name.
pub(super) fn name(text: &Text, open: &mut Open) -> Option<String> {
    (0..open.words.len()).find_map(|at| CUES.iter().find_map(|cue| name_after(text, open, at, cue)))
}

fn name_after(text: &Text, open: &mut Open, at: usize, cue: &[&str]) -> Option<String> {
    let first = at + cue.len();
    let cue_fits = cue.iter().enumerate().all(|(nth, word)| open.is(Some(at + nth), &[*word]));
    open.word(first).filter(|_| cue_fits)?;
    let gap = open.words[first].gap;
    let end = match quoted_end(open, first) {
        Some(end) => end,
        // "with name and price" names fields; only a capitalised or quoted word after it is a name.
        None if cue.contains(&"with") && !open.words[first].capital => return None,
        None if gap > Gap::Colon => return None,
        None => plain_end(open, first),
    };
    let written = match open.words[first].quote {
        Some(number) => text.quotation(number).to_owned(),
        None => text.slice(&open.words[first..end]),
    };
    open.take(at..end, Taken::Parting);
    let quoted = open.words[first].quote.is_some();
    clean_name(&written)
        .map(|name| if quoted || name.contains(char::is_uppercase) { name } else { title_case(&name) })
}

/// Where the quotation that begins at `first` ends.
fn quoted_end(open: &Open, first: usize) -> Option<usize> {
    let number = open.words[first].quote?;
    let outside = |word: &super::Word| word.quote != Some(number);
    Some(open.words[first..].iter().position(outside).map_or(open.words.len(), |length| first + length))
}

fn plain_end(open: &Open, first: usize) -> usize {
    let mut end = first + 1;
    while end < open.words.len() && end - first < MOST_WORDS {
        let word = &open.words[end];
        let next_capital = open.words.get(end + 1).is_some_and(|next| next.capital && next.gap == Gap::Space);
        let links = word.is(LINKS) && !(open.words[end - 1].capital && next_capital);
        if word.gap != Gap::Space || word.is(ENDS) || links {
            break;
        }
        end += 1;
    }
    end
}

/// Finds a tagline: `with the tagline "Breathe out"`, or `tagline: Breathe out`.
pub(super) fn tagline(text: &Text, open: &mut Open) -> Option<String> {
    let cue = (0..open.words.len()).find(|at| open.is(Some(*at), TAGLINES))?;
    let mut first = cue + 1;
    while open.is(Some(first), &["is", "saying", "reading", "of", "says", "reads", "should", "be"]) {
        first += 1;
    }
    let gap = open.word(first)?.gap;
    let quote = open.words[first].quote;
    if quote.is_none() && gap != Gap::Colon && first == cue + 1 {
        return None;
    }
    let cues = ["colour", "color", "port", "called", "named", "in", "with", "on", "using", "name", "and"];
    let in_sentence =
        |word: &super::Word| word.gap >= Gap::Bullet || (word.gap == Gap::Comma && word.is(&cues));
    let end = quoted_end(open, first).unwrap_or_else(|| {
        open.words[first + 1..]
            .iter()
            .position(in_sentence)
            .map_or(open.words.len(), |length| first + 1 + length)
    });
    let written =
        quote.map_or_else(|| text.slice(&open.words[first..end]), |number| text.quotation(number).to_owned());
    open.take(cue..end, Taken::Parting);
    Some(clean_sentence(&written)).filter(|tagline| !tagline.is_empty())
}
