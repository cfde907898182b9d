//! The language that a prompt asks for, or does not want: "in Python", "a Python todo app", "not in Node".

use std::ops::Range;

use slipway_protocol::plan::Language;

use super::super::words::Gap;
use super::colour::leads_to_a_kind;
use super::{Open, Taken};
use crate::catalogue::vocabulary;
use crate::refusal::{Reason, Refusal};

const BEFORE: &[&str] = &[
    "in", "with", "using", "on", "via", "by", "use", "uses", "of", "plain", "vanilla", "pure", "modern",
    "be", "only", "just",
];
const AFTER: &[&str] =
    &["backend", "server", "version", "only", "based", "powered", "code", "implementation", "standard"];

/// Words behind "JavaScript" that say that it is not the server's.
const NO_SERVER: &[&str] =
    &["frontend", "front", "ui", "client", "framework", "frameworks", "library", "libraries"];
/// Words that turn against a language, besides the negators.
const AGAINST: &[&str] = &[
    "except", "than", "instead", "non", "neither", "nor", "avoid", "avoiding", "hate", "dislike", "can't",
    "cannot", "won't", "mustn't", "besides",
];
/// Words that may stand between those and the language.
const BETWEEN: &[&str] = &[
    "in",
    "with",
    "using",
    "use",
    "used",
    "be",
    "written",
    "built",
    "made",
    "implemented",
    "coded",
    "developed",
    "want",
    "need",
    "like",
    "a",
    "an",
    "any",
    "the",
    "it",
    "this",
    "to",
    "on",
    "of",
    "by",
    "via",
    "based",
    "plain",
    "pure",
    "do",
    "build",
    "make",
    "write",
    "code",
    "ever",
    "for",
    "rather",
];

/// The languages that a prompt names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Each once, in the prompt's order.
    pub(crate) languages: Vec<Language>,
    /// Whether one of them is enough.
    pub(crate) any: bool,
}

/// Finds the languages; what is said not to be used leaves the other one.
pub(super) fn find(open: &mut Open) -> Result<Option<Wish>, Refusal> {
    let mut unwanted = Unwanted::default();
    for at in 0..open.words.len() {
        unwanted.hear(open, at);
    }
    let Some(mut wish) = wanted(open, &unwanted.words) else { return unwanted.others() };
    wish.languages.retain(|language| !unwanted.languages.contains(language));
    if wish.languages.is_empty() { Err(contradiction()) } else { Ok(Some(wish)) }
}

/// The languages that a prompt does not want.
#[derive(Default)]
struct Unwanted {
    languages: Vec<Language>,
    /// Whether pages shall work without JavaScript, which is no word on the server.
    script: bool,
    /// The words that say so, as indexes.
    words: Vec<usize>,
}

impl Unwanted {
    fn hear(&mut self, open: &mut Open, at: usize) {
        let Some(language) = open.word(at).and_then(|word| language(&word.lower)) else { return };
        let script = open.is(Some(at), &["javascript", "js"]);
        if script && open.is(Some(at + 1), NO_SERVER) {
            return;
        }
        if script && open.is(at.checked_sub(1), &["no", "without"]) {
            self.script = true;
            return;
        }
        let Some(range) = self.again(open, at).or_else(|| before(open, at)).or_else(|| behind(open, at))
        else {
            return;
        };
        self.languages.push(language);
        self.words.extend(range.clone());
        open.take(range, Taken::Parting);
    }

    /// "not in Python or Node".
    fn again(&self, open: &Open, at: usize) -> Option<Range<usize>> {
        let skipped = usize::from(open.is(at.checked_sub(1), BEFORE));
        let joint = at.checked_sub(1 + skipped)?;
        let words: &[&str] = if skipped == 0 { &["and", "or", "nor"] } else { &["or", "nor"] };
        let follows = joint.checked_sub(1).is_some_and(|last| self.words.contains(&last));
        (follows && open.is(Some(joint), words)).then(|| joint..end(open, at))
    }

    /// The languages that are left, where none is asked for.
    fn others(&self) -> Result<Option<Wish>, Refusal> {
        let unwanted = |language: &Language| {
            self.languages.contains(language) || (self.script && *language == Language::Node)
        };
        let all = [Language::Python, Language::Node];
        let languages: Vec<Language> = all.into_iter().filter(|language| !unwanted(language)).collect();
        match languages.len() {
            0 => Err(contradiction()),
            1 => Ok(Some(Wish { languages, any: false })),
            _ => Ok(None),
        }
    }
}

/// "not in Python", "without any Python", "instead of Python": the words up to the language.
fn before(open: &Open, at: usize) -> Option<Range<usize>> {
    let mut from = at;
    while from > 0 && open.words[from].gap == Gap::Space {
        from -= 1;
        let word = open.word(from)?;
        if word.is(AGAINST) || vocabulary().negators.contains(&word.lower) {
            let joint =
                from.checked_sub(1).filter(|joint| open.is(Some(*joint), &["but", "rather", "do", "must"]));
            return Some(joint.unwrap_or(from)..end(open, at));
        }
        let anything = from.checked_sub(1).filter(|any| open.is(Some(*any), &["anything", "everything"]));
        if let (true, Some(any)) = (word.is(&["but"]), anything) {
            let lead = any.checked_sub(1).filter(|lead| open.is(Some(*lead), BEFORE));
            return Some(lead.unwrap_or(any)..end(open, at));
        }
        if !word.is(BETWEEN) {
            return None;
        }
    }
    None
}

/// "Python is not allowed", "Node should not be used", "Python: no": the words to the end of the clause.
fn behind(open: &Open, at: usize) -> Option<Range<usize>> {
    if open.word(at + 1).is_some_and(|word| word.gap == Gap::Colon && word.is(&["no", "never", "not"])) {
        return Some(at..at + 2);
    }
    let apart = |to: &usize| open.word(*to).is_none_or(|word| word.gap != Gap::Space);
    let to = (at + 1..=open.words.len()).find(apart)?;
    let verb = open.is(Some(at + 1), &["is", "must", "should", "shall", "may", "can"]);
    let negator = at + 1 + usize::from(verb);
    let negated = negator < to
        && open.word(negator).is_some_and(|word| vocabulary().negators.contains(&word.lower))
        && (verb || open.is(Some(negator), &["isn't", "shouldn't"]));
    negated.then_some(at..to)
}

fn contradiction() -> Refusal {
    let problem = "It leaves none of the languages here: name the wanted one, Python or Node.".to_owned();
    Reason::Language { problem }.into()
}

/// The languages that are asked for; `past` are the words of those that are not wanted.
fn wanted(open: &mut Open, past: &[usize]) -> Option<Wish> {
    let mut wish = Wish { languages: Vec::new(), any: false };
    for at in 0..open.words.len() {
        let Some(language) = open.word(at).and_then(|word| language(&word.lower)) else { continue };
        if open
            .word(at + 1)
            .is_some_and(|next| next.gap == Gap::Space && (next.lower == "2" || next.lower.starts_with("2.")))
        {
            continue;
        }
        // Every page has a little JavaScript, whatever its server is written in.
        if open.is(Some(at), &["javascript", "js"])
            && (open.is(Some(at + 1), NO_SERVER) || open.is(at.checked_sub(1), &["no", "without"]))
        {
            continue;
        }
        let before = at.checked_sub(1);
        let again = !wish.languages.is_empty()
            && open.is(before, &["and", "or"])
            && at >= 2
            && open.word(at - 2).is_none();
        let is_addition = again
            || open.is(before, BEFORE)
            || open.is(Some(at + 1), AFTER)
            || past.contains(&(at + 1))
            || (open.is(before, &["but"]) && at >= 2 && past.contains(&(at - 2)));
        let stands_alone = open.words[at].gap == Gap::Stop
            && open.words.get(at + 1).is_none_or(|word| word.gap == Gap::Stop);
        let qualifies = leads_to_a_kind(&open.words[at + 1..]) && !open.is(before, &["for", "without", "no"]);
        if is_addition || stands_alone {
            wish.any |= again && open.is(before, &["or"]);
            let (from, to) = (start(open, at, again), end(open, at));
            open.take(from..to, if qualifies && !again { Taken::Joining } else { Taken::Parting });
        } else if qualifies {
            let to = end(open, at);
            open.take(at..to, Taken::Joining);
        } else {
            continue;
        }
        if !wish.languages.contains(&language) {
            wish.languages.push(language);
        }
    }
    (!wish.languages.is_empty()).then_some(wish)
}

fn language(word: &str) -> Option<Language> {
    match word {
        "python" | "python3" => Some(Language::Python),
        "node" | "nodejs" | "node.js" | "javascript" | "js" | "ecmascript" => Some(Language::Node),
        _ => None,
    }
}

/// Takes the preposition along.
fn start(open: &Open, at: usize, again: bool) -> usize {
    let mut from = at;
    let words = [
        "in",
        "with",
        "using",
        "on",
        "via",
        "by",
        "use",
        "uses",
        "plain",
        "vanilla",
        "pure",
        "modern",
        "written",
        "built",
        "implemented",
        "only",
        "just",
        "and",
        "or",
    ];
    let shorter = &words[..words.len() - if again { 0 } else { 2 }];
    while from > 0 && open.words[from].gap == Gap::Space && open.is(Some(from - 1), shorter) {
        from -= 1;
    }
    from
}

/// Takes a version and "only" along.
fn end(open: &Open, at: usize) -> usize {
    let mut to = at + 1;
    while let Some(word) = open.word(to).filter(|word| word.gap == Gap::Space) {
        let is_version = word.lower.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if !is_version && !word.is(&["only", "js", "based"]) {
            break;
        }
        to += 1;
    }
    to
}
