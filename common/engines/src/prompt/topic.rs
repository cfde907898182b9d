//! What a landing page is about: "a coffee shop landing page", "a landing page for my yoga studio".

use std::ops::Range;

use super::head::Head;
use super::words::{Gap, Text, Word};
use super::{Subject, title_case};
use crate::catalogue::vocabulary;
use crate::parameters::{clean_name, clean_sentence};

/// Words that end a topic.
const ENDS: &[&str] = &[
    "with",
    "that",
    "which",
    "where",
    "having",
    "including",
    "featuring",
    "called",
    "named",
    "using",
    "so",
    "to",
    "without",
    "but",
    "please",
];
/// Words that begin a topic without being part of it.
const DETERMINERS: &[&str] =
    &["a", "an", "the", "my", "our", "your", "some", "this", "new", "small", "little", "own"];

/// Reads the topic, or a name in its place: "a landing page for Acme".
pub(super) fn read(text: &Text, words: &[Word], head: &Head) -> Subject {
    let after = later_purpose(words, head.thing.end).unwrap_or(head.thing.end);
    let said_after =
        words.get(after).is_some_and(|word| word.is(&["for", "about", "of"]) && word.gap <= Gap::Comma);
    let (range, read) = if said_after {
        let end = end(words, after + 1);
        (after + 1..end, (after..end).collect())
    } else {
        (head.qualifiers.clone(), Vec::new())
    };
    let range = trim(words, range);
    if range.clone().all(|at| says_nothing(&words[at])) {
        return Subject { read, ..Subject::default() };
    }
    if let Some((name, rest)) = name_inside(text, words, &range) {
        return Subject {
            topic: Some(clean_sentence(&text.slice(&words[rest]))),
            name: Some(name),
            read,
            ..Subject::default()
        };
    }
    let written = text.slice(&words[range.clone()]);
    let is_name = said_after
        && words[range.clone()].iter().all(|word| word.capital)
        && words[head.thing.clone()].iter().any(|word| !word.capital);
    let named = clean_name(&written).filter(|_| is_name);
    match named {
        Some(name) => Subject { name: Some(name), read, ..Subject::default() },
        None => Subject {
            topic: Some(clean_sentence(&written)),
            name: clean_name(&title_case(&written)),
            read,
            ..Subject::default()
        },
    }
}

/// "Build a landing page. It is for a bakery."
fn later_purpose(words: &[Word], from: usize) -> Option<usize> {
    (from + 2..words.len()).find(|at| words[*at].is(&["for", "about"]) && words[*at - 1].is(&["is", "it's"]))
}

fn end(words: &[Word], start: usize) -> usize {
    let ends = |at: &usize| words[*at].is(ENDS) || (*at > start && words[*at].gap != Gap::Space);
    (start..words.len()).find(ends).unwrap_or(words.len())
}

fn trim(words: &[Word], mut range: Range<usize>) -> Range<usize> {
    while range.start < range.end && (words[range.start].is(DETERMINERS)) {
        range.start += 1;
    }
    range
}

/// A quoted or capitalised name at one end of a topic: `"Bean There" coffee shop`, "startup Acme Labs".
fn name_inside(text: &Text, words: &[Word], range: &Range<usize>) -> Option<(String, Range<usize>)> {
    let first = range.start;
    if let Some(number) = words[first].quote {
        let length = words[range.clone()].iter().take_while(|word| word.quote == Some(number)).count();
        return clean_name(text.quotation(number)).map(|name| (name, first + length..range.end));
    }
    let small = range.clone().rev().find(|at| !words[*at].capital)?;
    let split = small + 1;
    let is_name = split < range.end
        && !words[small].is(&["in", "of", "by", "from", "at", "on", "and", "the", "to", "near"]);
    clean_name(&text.slice(&words[split..range.end])).filter(|_| is_name).map(|name| (name, first..split))
}

fn says_nothing(word: &Word) -> bool {
    let known = vocabulary();
    known.neutral.contains(&word.stem)
        || known.openers.contains(&word.stem)
        || word.is(&["family", "friends", "myself"])
}
