//! The accent colour: "in green", "a dark blue theme", "accent #1f7a4d", "a green todo app".

use super::super::matches::named_kinds;
use super::super::words::{Gap, Word};
use super::{Open, Taken};
use crate::catalogue::vocabulary;
use crate::parameters::{Colour, NoColour};
use crate::refusal::{Reason, Refusal};

/// Words that say, after a colour, that it is one.
const NOUNS: &[&str] = &[
    "theme",
    "themed",
    "accent",
    "accents",
    "colour",
    "color",
    "coloured",
    "colored",
    "colours",
    "colors",
    "background",
    "design",
    "style",
    "look",
    "buttons",
    "header",
    "palette",
    "scheme",
    "ui",
    "shade",
    "tones",
    "layout",
    "interface",
];
/// Words that say so before it.
const BEFORE: &[&str] = &[
    "colour", "color", "colours", "colors", "accent", "theme", "be", "is", "it", "buttons", "use", "using",
    "coloured", "colored", "painted", "all",
];
/// Words that may stand between such a word and the colour.
const BETWEEN: &[&str] =
    &["is", "of", "a", "an", "the", "in", "as", "bright", "deep", "pale", "to", "nice", "soft"];
/// Words that may follow "in green".
const AFTER_IN: &[&str] = &[
    "and", "with", "on", "for", "called", "named", "using", "please", "in", "that", "which", "to", "as",
    "written", "or",
];
/// Shades that are no part of a CSS name.
const SHADES: &[&str] = &["bright", "deep", "pale", "soft", "pastel", "warm", "vivid"];
/// Colours that nothing else is called.
const PLAIN: &[&str] = &[
    "green",
    "blue",
    "red",
    "orange",
    "purple",
    "teal",
    "yellow",
    "pink",
    "black",
    "white",
    "brown",
    "grey",
    "gray",
    "navy",
    "turquoise",
    "indigo",
    "violet",
    "crimson",
    "maroon",
    "cyan",
    "magenta",
    "darkgreen",
    "darkblue",
    "lightblue",
    "lightgreen",
    "darkred",
    "forestgreen",
    "royalblue",
    "skyblue",
    "hotpink",
];

/// Finds the accent colour.
pub(super) fn find(open: &mut Open) -> Result<Option<Colour>, Refusal> {
    for at in 0..open.words.len() {
        if let Some(colour) = hexadecimal(open, at)? {
            return Ok(Some(colour.with_readable_text()));
        }
        if let Some((colour, css, length)) = named(open, at)
            && let Some((from, to, how)) = reach(open, at, length, &css)
        {
            open.take(from..to, how);
            return Ok(Some(colour.with_readable_text()));
        }
    }
    Ok(None)
}

fn hexadecimal(open: &mut Open, at: usize) -> Result<Option<Colour>, Refusal> {
    let Some(word) = open.word(at).filter(|word| word.lower.starts_with('#')) else { return Ok(None) };
    let is_said = says_colour_before(open, at) || open.is(Some(at + 1), NOUNS);
    match word.lower.parse::<Colour>() {
        Ok(colour)
            if is_said || word.lower.len() == 7 || word.lower.contains(|c: char| c.is_ascii_digit()) =>
        {
            let (from, to) = (start_of_cue(open, at), end_of_cue(open, at + 1));
            open.take(from..to, Taken::Parting);
            Ok(Some(colour))
        }
        Err(NoColour(text)) if is_said => {
            let problem = format!("\"{text}\" is no colour: write a CSS name such as `teal`, or `#rrggbb`.");
            Err(Reason::Parameter { parameter: "colour", problem }.into())
        }
        _ => Ok(None),
    }
}

/// The colour named at `at`, its CSS name and how many words it has.
fn named(open: &Open, at: usize) -> Option<(Colour, String, usize)> {
    let one = open.word(at)?;
    let two = open.word(at + 1).filter(|word| word.gap == Gap::Space);
    let joined = two.map(|word| format!("{}{}", one.lower, word.lower));
    if let Some((colour, css)) = joined.and_then(|css| css.parse().ok().map(|colour| (colour, css))) {
        return Some((colour, css, 2));
    }
    if one.lower.starts_with('#') {
        return None;
    }
    // "navy blue": the second word says again what the first one means.
    let again = two.is_some_and(|word| {
        word.is(&["blue", "green", "red"]) && one.is(&["navy", "teal", "crimson", "emerald"])
    });
    one.lower.parse().ok().map(|colour| (colour, one.lower.clone(), 1 + usize::from(again)))
}

/// Which words belong to the colour, if the words around it say that it is one.
fn reach(open: &Open, at: usize, length: usize, css: &str) -> Option<(usize, usize, Taken)> {
    let after = at + length;
    let is_noun = open.is(Some(after), NOUNS) && open.words[after].gap == Gap::Space;
    if is_noun || says_colour_before(open, at) {
        return Some((start_of_cue(open, at), end_of_cue(open, after), Taken::Parting));
    }
    let before = before_shades(open, at);
    if before.is_some_and(|before| open.is(Some(before), &["in"])) {
        let stands_free = open.word(after).is_none_or(|word| word.gap != Gap::Space || word.is(AFTER_IN));
        return stands_free.then(|| (start_of_cue(open, at), after, Taken::Parting));
    }
    let qualifies = PLAIN.contains(&css) && leads_to_a_kind(&open.words[after..]);
    qualifies.then_some((at, after, Taken::Joining))
}

fn before_shades(open: &Open, at: usize) -> Option<usize> {
    let mut before = at.checked_sub(1)?;
    while open.is(Some(before), SHADES) {
        before = before.checked_sub(1)?;
    }
    Some(before)
}

fn says_colour_before(open: &Open, at: usize) -> bool {
    let mut before = at;
    while before > 0 && open.words[before].gap <= Gap::Colon {
        before -= 1;
        if open.is(Some(before), BEFORE) {
            return true;
        }
        if !open.is(Some(before), BETWEEN) {
            return false;
        }
    }
    false
}

/// Where the words that introduce the colour begin.
fn start_of_cue(open: &Open, at: usize) -> usize {
    let mut from = at;
    let cue = [
        "in", "a", "an", "the", "with", "use", "using", "accent", "colour", "color", "theme", "is", "of",
        "as",
    ];
    while from > 0
        && open.words[from].gap <= Gap::Colon
        && (open.is(Some(from - 1), &cue) || open.is(Some(from - 1), SHADES))
    {
        from -= 1;
    }
    from
}

/// Where the words that say "colour" after it end.
fn end_of_cue(open: &Open, after: usize) -> usize {
    let mut to = after;
    while open.is(Some(to), NOUNS) && open.words[to].gap == Gap::Space {
        to += 1;
    }
    to
}

/// Whether only qualifiers stand between here and the thing that is wanted.
pub(super) fn leads_to_a_kind(words: &[Word]) -> bool {
    // The longest names of kinds have five words.
    let words = &words[..words.len().min(8)];
    for at in 0..words.len().min(4) {
        if words[at].gap != Gap::Space {
            return false;
        }
        let rest = &words[at..];
        if named_kinds(rest).first().is_some_and(|found| found.words.start == 0) {
            return true;
        }
        if vocabulary().generic.contains(&words[at].stem) {
            return true;
        }
        let known =
            vocabulary().neutral.contains(&words[at].stem) || vocabulary().purposes.contains(&words[at].stem);
        if !known || words[at].is(super::super::clauses::LEADS) {
            return false;
        }
    }
    false
}
