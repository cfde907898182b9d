//! Finds the noun of an API's record: after "for", "to manage" or "that stores", or before "API".

use std::ops::Range;

use super::clauses::LEADS;
use super::fields::CUES;
use super::head::Head;
use super::words::{Gap, Word};
use crate::catalogue::vocabulary;
use crate::english::{countable, singular};

/// Words that lead to the record.
const TOWARDS: &[&str] = &["for", "of", "about", "to", "that", "which", "where", "on", "over"];
/// Words that lead to a noun, but are one where none follows: "an API for lists".
const COUNTED: &[&str] = &["lists", "records", "stores", "sets", "databases", "collections"];
/// Words for any kind of record.
const ANYTHING: &[&str] = &[
    "data",
    "information",
    "info",
    "details",
    "things",
    "stuff",
    "resources",
    "resource",
    "something",
    "anything",
    "everything",
    "storage",
    "collection",
    "list",
    "database",
    "record",
    "thing",
];
/// The most words of a record's noun.
const MOST_WORDS: usize = 3;

/// A record's noun in a prompt.
pub(super) struct Noun {
    /// Its words, at most three.
    pub(super) words: Range<usize>,
    /// Where what was said of it ends: after "collection".
    pub(super) end: usize,
    /// Whether "a", "my" or "the" stands before it: "for my blog" may name a purpose.
    determined: bool,
    /// Whether words like "collection" stood after it.
    many: bool,
}

impl Noun {
    /// Whether it may be what the API is for and no record: "my blog".
    pub(super) fn is_one(&self, words: &[Word]) -> bool {
        let last = &words[self.words.end - 1].lower;
        self.determined && !self.many && *last == singular(last) && countable(last).is_none()
    }
}

/// The noun after "for", "to manage", "that stores".
pub(super) fn after_head(words: &[Word], head: &Head) -> Option<Noun> {
    let (range, determined) = towards(words, head)?;
    noun(words, range, determined)
}

/// A phrase that names no kind of record, where fields follow it.
pub(super) struct Silent {
    pub(super) end: usize,
    /// Whether it names records of any kind: "for data", and not "for fun".
    pub(super) keeps: bool,
}

/// Finds such a phrase after the head: "for data with", "for me with".
pub(super) fn silent(words: &[Word], head: &Head) -> Option<Silent> {
    let (range, _) = towards(words, head)?;
    let (last, next) = (words.get(range.end.checked_sub(1)?)?, words.get(range.end)?);
    let keeps = last.is(ANYTHING);
    let listed = next.is(CUES) || (keeps && matches!(next.gap, Gap::Open | Gap::Colon));
    let says_so = keeps || vocabulary().records.anyone.contains(&last.lower);
    (listed && says_so).then_some(Silent { end: range.end, keeps })
}

/// The words after "for", "to manage", "that stores", and whether an article stands before them.
fn towards(words: &[Word], head: &Head) -> Option<(Range<usize>, bool)> {
    let lead = head.thing.end;
    let word = words.get(lead)?;
    if !word.is(TOWARDS) || word.gap == Gap::Stop {
        return None;
    }
    let mut start = lead + 1;
    let mut determined = false;
    while let Some(length) = silent_before(words, start) {
        determined = words[start + length - 1].is(&["a", "an", "my", "our", "the"]);
        start += length;
    }
    let ends = |at: &usize| words[*at].gap != Gap::Space || words[*at].is(LEADS) || is_field_cue(&words[*at]);
    let end = (start..words.len()).find(ends).unwrap_or(words.len());
    let is_last = start == end && start > lead + 1 && words[start - 1].is(COUNTED);
    Some((if is_last { start - 1..end } else { start..end }, determined))
}

/// How many words at `start` lead to the noun: "managing", "a library of", "people can".
fn silent_before(words: &[Word], start: usize) -> Option<usize> {
    let records = &vocabulary().records;
    let word = words.get(start).filter(|word| word.gap == Gap::Space)?;
    let next = words.get(start + 1).filter(|next| next.gap == Gap::Space);
    let next_is = |these: &[&str]| next.is_some_and(|next| next.is(these));
    let is_person = word.is(&["users", "people", "you", "customers"]);
    let acts =
        next_is(&["can", "to", "may", "could"]) || (start > 0 && words[start - 1].is(&["lets", "let"]));
    match () {
        () if next_is(&["of"]) => Some(2),
        () if (is_person && acts) || records.before.contains(&word.lower) => Some(1),
        () => None,
    }
}

fn is_field_cue(word: &Word) -> bool {
    word.is(&["each", "every", "their", "its", "fields", "columns"])
}

/// The words before "API", without those that say nothing of records.
pub(super) fn before_head(words: &[Word], head: &Head) -> Option<Noun> {
    let silent = |word: &Word| {
        let known = vocabulary();
        known.neutral.contains(&word.stem)
            || known.openers.contains(&word.stem)
            || head.kind.words.contains(&word.stem)
    };
    let mut range = head.qualifiers.clone();
    while !range.is_empty() && silent(&words[range.start]) {
        range.start += 1;
    }
    noun(words, range, false)
}

fn noun(words: &[Word], mut range: Range<usize>, determined: bool) -> Option<Noun> {
    let records = &vocabulary().records;
    let whole = range.clone();
    while range.len() > 1 && records.after.contains(&words[range.end - 1].lower) {
        range.end -= 1;
    }
    let many = range.end < whole.end;
    let adjective = |word: &Word| {
        vocabulary().neutral.contains(&word.stem)
            && !word.is(&["user", "time", "page", "color", "colour", "note"])
    };
    while range.len() > 1 && adjective(&words[range.start]) {
        range.start += 1;
    }
    let owner = range.clone().rev().skip(1).find(|at| words[*at].lower.ends_with("'s"));
    range.start = owner.map_or(range.start, |at| at + 1).max(range.end.saturating_sub(MOST_WORDS));
    let silent = |word: &Word| {
        records.anyone.contains(&word.lower)
            || (records.after.contains(&word.lower) && word.lower != "inventory")
    };
    let says_nothing = range.len() == 1 && silent(&words[range.start]);
    (!range.is_empty() && !says_nothing).then_some(Noun { words: range, end: whole.end, determined, many })
}

/// "An API with books": a plural on its own is the record and no field.
pub(super) fn with_noun(words: &[Word], read: &[usize]) -> Option<Noun> {
    let last = *read.iter().max()?;
    let many = words[last].lower != singular(&words[last].lower);
    many.then_some(Noun { words: last..last + 1, end: last + 1, determined: false, many })
}

/// "Each product has a name": the noun of a later sentence.
pub(super) fn in_sentence(words: &[Word], from: usize) -> Option<Noun> {
    let begins = |at: &usize| words[*at].gap == Gap::Stop && words[*at].is(&["each", "every", "a", "an"]);
    let start = (from..words.len()).find(begins)? + 1;
    let verb = |at: &usize| words[*at].is(&["has", "have", "must", "should", "contains", "includes"]);
    let end = (start..words.len().min(start + MOST_WORDS + 1)).find(verb)?;
    noun(words, start..end, false)
}
