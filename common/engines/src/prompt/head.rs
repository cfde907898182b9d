//! Finds the head noun of a prompt: the one thing that it asks for, and the words that qualify it.

use std::ops::Range;

use super::clauses::LEADS;
use super::matches::{Match, begins, capabilities, named_kinds};
use super::words::{Gap, Text, Word};
use crate::catalogue::{Kind, Phrase, Qualifiers, Weight, vocabulary};
use crate::parameters::clean_name;
use crate::refusal::{Reason, Refusal};

/// The wanted thing.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) kind: &'static Kind,
    pub(super) phrase: &'static Phrase,
    /// The words that qualify it, before the phrase.
    pub(super) qualifiers: Range<usize>,
    /// The phrase and the words after it that say only that software is wanted.
    pub(super) thing: Range<usize>,
    /// A capitalised name that stands before the thing: "a Family Groceries todo app".
    pub(super) name: Option<String>,
}

/// First words of a prompt that asks for something else than a new application.
const OTHER_DEEDS: &[&str] = &[
    "what", "what's", "whats", "why", "when", "who", "which", "where", "is", "are", "does", "did", "test",
    "run", "explain", "fix", "deploy", "start", "open", "use", "see", "view", "look", "read", "tell", "plan",
    "work", "delete", "remove", "edit", "rename", "update", "change", "clear", "improve", "refactor",
    "review", "search", "find", "filter", "sort", "validate", "stop", "restart", "undo",
];
/// Words before the first deed.
const POLITE: &[&str] = &[
    "please", "can", "could", "would", "you", "i", "we", "want", "to", "need", "help", "me", "like", "just",
];
/// Words that ask for something that is to be made.
const MAKERS: &[&str] = &[
    "build",
    "make",
    "create",
    "need",
    "want",
    "develop",
    "write",
    "generate",
    "design",
    "code",
    "implement",
];

/// Words after which a name is explained.
const DETERMINERS: &[&str] = &["a", "an", "my", "our", "the"];

/// Finds the head noun.
pub(super) fn find(text: &Text, words: &[Word]) -> Result<Head, Refusal> {
    if words.is_empty() {
        return Err(Reason::NothingNamed.into());
    }
    let deed = words.iter().position(|word| !word.is(POLITE)).unwrap_or(0);
    // "I run a shop and need a landing page" tells a story.
    let story = deed > 0 && words[deed - 1].is(&["i", "we"]);
    if words[deed].is(OTHER_DEEDS) && !story {
        return Err(Reason::NotInCatalogue { asked: sentence(text, words, 0) }.into());
    }
    let mut from = 0;
    loop {
        match explained(text, words, from)? {
            Found::Head(head) => return several(words, *head),
            Found::Nothing => return Err(Reason::NothingNamed.into()),
            Found::Unknown(unknown) => match fresh_start(words, unknown.end) {
                Some(next) if !words[..unknown.start].iter().any(|word| word.is(MAKERS)) => from = next,
                _ => {
                    return Err(Reason::NotInCatalogue { asked: sentence(text, words, unknown.start) }.into());
                }
            },
        }
    }
}

enum Found {
    Head(Box<Head>),
    /// A noun phrase that names no kind.
    Unknown(Range<usize>),
    Nothing,
}

/// Reads a noun phrase; "Bean There, a todo app" is a capitalised name that the next phrase explains.
fn explained(text: &Text, words: &[Word], from: usize) -> Result<Found, Refusal> {
    let found = phrase_from(text, words, from)?;
    let Found::Unknown(unknown) = &found else { return Ok(found) };
    let named = words[unknown.clone()].iter().all(|word| word.capital || word.quote.is_some());
    let next_explains = |next: &Word| next.gap == Gap::Comma && next.is(DETERMINERS);
    if !named || !words.get(unknown.end).is_some_and(next_explains) {
        return Ok(found);
    }
    match phrase_from(text, words, unknown.end)? {
        Found::Head(mut head) => {
            head.name = clean_name(&text.slice(&words[unknown.clone()]));
            Ok(Found::Head(head))
        }
        Found::Unknown(_) | Found::Nothing => Ok(found),
    }
}

/// Skips what asks and what says only "software", then reads the first noun phrase.
fn phrase_from(text: &Text, words: &[Word], from: usize) -> Result<Found, Refusal> {
    let found = named_kinds(&words[from..]);
    let begins_kind = |at: usize| found.iter().any(|kind| kind.words.start + from == at);
    let mut start = from;
    while start < words.len() && !begins_kind(start) && is_skipped(words, start) {
        if vocabulary().negators.contains(&words[start].lower) {
            return Err(Reason::NotInCatalogue { asked: sentence(text, words, start) }.into());
        }
        start += 1;
    }
    if start == words.len() {
        return Ok(Found::Nothing);
    }
    let end = noun_phrase_end(words, start);
    let kinds: Vec<&Match<Kind>> =
        found.iter().filter(|kind| (start..end).contains(&(kind.words.start + from))).collect();
    let Some(last) = kinds.last() else { return Ok(Found::Unknown(start..end)) };
    let phrase = last.words.start + from..last.words.end + from;
    let head = Head {
        kind: last.named,
        phrase: last.phrase,
        qualifiers: qualifiers_start(words, from, start)..phrase.start,
        thing: phrase.start..end,
        name: None,
    };
    check_phrase(text, words, &kinds, head).map(|head| Found::Head(Box::new(head)))
}

/// Adjectives that were skipped belong to the noun phrase as well.
fn qualifiers_start(words: &[Word], from: usize, start: usize) -> usize {
    let joins = |at: &usize| {
        words[*at].gap == Gap::Space
            && !words[*at - 1].is(LEADS)
            && !vocabulary().openers.contains(&words[*at - 1].stem)
    };
    (from + 1..=start).rev().take_while(joins).last().map_or(start, |at| at - 1)
}

fn is_skipped(words: &[Word], at: usize) -> bool {
    let known = vocabulary();
    let stem = &words[at].stem;
    known.openers.contains(stem)
        || known.generic.contains(stem)
        || known.neutral.contains(stem)
        || known.purposes.contains(stem)
}

/// The noun phrase ends at a bracket, a comma or a word that leads a clause, but not inside the name of a kind.
fn noun_phrase_end(words: &[Word], start: usize) -> usize {
    let kinds = named_kinds(&words[start..]);
    let inside = |at: usize| {
        kinds.iter().any(|kind| kind.words.contains(&(at - start)) && kind.words.start + start != at)
    };
    let ends = |at: &usize| {
        !inside(*at) && *at > start && (words[*at].gap != Gap::Space || is_lead(words, *at, start, &kinds))
    };
    (start..words.len()).find(ends).unwrap_or(words.len())
}

fn is_lead(words: &[Word], at: usize, start: usize, kinds: &[Match<Kind>]) -> bool {
    let begins_kind = kinds.iter().any(|kind| kind.words.start + start == at);
    words[at].is(LEADS) && !begins_kind
}

/// Checks what stands around the kind's phrase in its noun phrase.
fn check_phrase(
    text: &Text,
    words: &[Word],
    kinds: &[&Match<Kind>],
    mut head: Head,
) -> Result<Head, Refusal> {
    let refuses = head.kind.qualifiers == Qualifiers::Refuse;
    if let Some(other) = kinds.iter().find(|found| refuses && found.named.id != head.kind.id) {
        return Err(Reason::Several { ids: vec![other.named.id.clone(), head.kind.id.clone()] }.into());
    }
    if is_weak(words, &head) {
        return Err(Reason::NotInCatalogue { asked: sentence(text, words, head.qualifiers.start) }.into());
    }
    let trailing = head.thing.start + head.phrase.stems.len()..head.thing.end;
    check_trailing(text, words, &head, trailing)?;
    if refuses && !head.kind.strict {
        head.name = capitalised_name(text, words, &head);
    }
    head.name = head.name.or_else(|| name_before(text, words, head.qualifiers.start));
    Ok(head)
}

/// "Write a note" names no application; "a note app", "notes" and "an app to take notes" do.
fn is_weak(words: &[Word], head: &Head) -> bool {
    if head.phrase.stems.len() > 1 || !head.kind.weak.contains(head.phrase) {
        return false;
    }
    let says_software = |word: &Word| {
        vocabulary().generic.contains(&word.stem) && !word.is(&["one", "you", "list", "thanks", "please"])
    };
    let near = words[..head.thing.end].iter().any(says_software);
    let many = words[head.thing.start].lower != words[head.thing.start].stem;
    !near && !many
}

fn check_trailing(text: &Text, words: &[Word], head: &Head, trailing: Range<usize>) -> Result<(), Refusal> {
    let known = vocabulary();
    let unknown = |word: &Word| {
        let neutral = known.generic.contains(&word.stem) || known.neutral.contains(&word.stem);
        !neutral && !head.kind.words.contains(&word.stem) && word.quote.is_none() && !word.is_number()
    };
    if !words[trailing.clone()].iter().any(unknown) {
        return Ok(());
    }
    hard_capability(text, &words[trailing], head.kind)?;
    let asked = text.slice(&words[head.qualifiers.start..head.thing.end]);
    Err(Reason::AnotherThing { asked, id: head.kind.id.clone() }.into())
}

/// Refuses `words` that name a hard capability which `kind` lacks.
fn hard_capability(text: &Text, words: &[Word], kind: &Kind) -> Result<(), Refusal> {
    let found = capabilities(words);
    let hard = found.iter().find(|found| {
        found.named.weight == Weight::Hard && !found.phrase.alone && !kind.provides.contains(&found.named.id)
    });
    let Some(hard) = hard else { return Ok(()) };
    let asked = text.slice(&words[hard.words.clone()]);
    Err(Reason::MissingCapability { capability: hard.named.title.clone(), asked, id: kind.id.clone() }.into())
}

/// Words in capitals before a thing in small letters, or in quotation marks beside it, are its name.
fn capitalised_name(text: &Text, words: &[Word], head: &Head) -> Option<String> {
    let around = &words[head.qualifiers.start..head.thing.end];
    if let Some(number) = around.iter().find_map(|word| word.quote) {
        return clean_name(text.quotation(number));
    }
    let thing_is_small = words[head.thing.clone()].iter().all(|word| !word.capital);
    let run: Vec<usize> = head.qualifiers.clone().rev().take_while(|at| words[*at].capital).collect();
    let other = |phrase: &Phrase| head.qualifiers.clone().any(|at| begins(phrase, &words[at..]));
    if !thing_is_small || run.len() < 2 || head.kind.other.iter().any(other) {
        return None;
    }
    clean_name(&text.slice(&words[head.thing.start - run.len()..head.thing.start]))
}

/// "Build Family Groceries, a todo app": capitalised words before the comma, even where each of them is known.
fn name_before(text: &Text, words: &[Word], start: usize) -> Option<String> {
    let comma = (1..=start.min(words.len() - 1)).rev().find(|at| words[*at].gap != Gap::Space)?;
    let opens = words[comma].gap == Gap::Comma && words[comma].is(DETERMINERS);
    let named = |at: &usize| words[*at].capital && !words[*at].is(MAKERS) && words[*at + 1].gap <= Gap::Comma;
    let first = (0..comma).rev().take_while(named).last().filter(|_| opens)?;
    clean_name(&text.slice(&words[first..comma]))
}

/// Another kind that stands beside the head as its equal is another task.
fn several(words: &[Word], head: Head) -> Result<Head, Refusal> {
    let end = head.thing.end;
    let joined = words.get(end).is_some_and(|word| word.gap == Gap::Comma || word.is(&["and", "or", "plus"]));
    if !joined {
        return Ok(head);
    }
    let start = if words[end].is(&["and", "or", "plus"]) { end + 1 } else { end };
    let stop = noun_phrase_end(words, start.min(words.len()));
    let named = named_kinds(&words[start.min(stop)..stop]);
    let other = named
        .iter()
        .find(|found| found.named.id != head.kind.id && !head.kind.provides.contains(&found.named.part));
    match other {
        Some(other) => {
            Err(Reason::Several { ids: vec![head.kind.id.clone(), other.named.id.clone()] }.into())
        }
        None => Ok(head),
    }
}

/// Where the request begins anew after a phrase that only tells a story: "I run a shop and need a todo app".
fn fresh_start(words: &[Word], from: usize) -> Option<usize> {
    let maker = (from..words.len()).find(|at| words[*at].is(MAKERS))?;
    let negated = words[from..maker].iter().any(|word| vocabulary().negators.contains(&word.lower));
    (!negated && maker + 1 < words.len()).then_some(maker + 1)
}

/// The rest of the sentence from `from`.
fn sentence(text: &Text, words: &[Word], from: usize) -> String {
    let end = (from + 1..words.len()).find(|at| words[*at].gap == Gap::Stop).unwrap_or(words.len());
    text.slice(&words[from..end])
}
