//! The record that an API keeps: "an API for books with title and author", "CRUD service for customers", "a recipe API".

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use super::head::Head;
use super::matches::{begins, capabilities};
use super::words::{Gap, Text, Word};
use super::{Subject, fields};
use crate::catalogue::{Kind, vocabulary};
use crate::english::{countable, plural, singular};
use crate::parameters::{Entity, clean_name, is_identifier};
use crate::refusal::{Reason, Refusal};

/// Words that lead to the record.
const TOWARDS: &[&str] = &["for", "of", "about", "to", "that", "which", "where", "on", "over"];
/// Words before the record's noun.
const BEFORE: &[&str] = &[
    "a", "an", "the", "my", "our", "your", "some", "all", "any", "i", "we", "can", "to", "me", "lets", "let",
    "collection", "list", "lists", "database", "set", "kind", "of", "crud", "operations", "on", "about", "information", "data",
    "records", "storing", "stores", "store", "managing", "manages", "manage", "tracking", "tracks", "track", "keep", "keeps",
    "keeping", "keep", "handling", "handles", "handle", "serving", "serves", "serve", "listing", "cataloguing", "cataloging",
    "catalogue", "catalog", "organising", "organizing", "organise", "organize", "collect", "collecting", "collects", "save",
    "saves", "saving", "record", "recording", "maintain", "maintaining", "maintains", "hold", "holds", "holding", "returns",
    "return", "returning", "exposes", "expose", "exposing", "provides", "access", "simple", "small", "basic", "personal", "own",
    "various", "different", "create", "creating", "creates", "add", "adding", "adds", "administer", "administering",
];
/// Words after the record's noun that only say that there are many.
const AFTER: &[&str] = &[
    "collection", "collections", "list", "lists", "catalogue", "catalog", "database", "registry", "directory", "inventory",
    "records", "record", "entries", "data", "information", "info", "details", "management", "tracking", "tracker", "manager",
    "app", "application", "system", "resource", "resources", "crud", "rest", "api", "service", "json", "restful", "http", "web",
    "backend", "storage",
];
/// Whom or what an API may be for without keeping records of it.
const ANYONE: &[&str] = &[
    "me", "us", "myself", "ourselves", "everyone", "everybody", "it", "this", "that", "them", "fun", "practice", "learning", "demo",
    "something", "anything", "everything", "things", "stuff", "work", "school", "developers", "beginners", "testing",
];
/// The most words of a record's noun.
const MOST_WORDS: usize = 3;
/// The record of an API that names none.
const DEFAULT: &str = "item";

/// Reads the record and its fields.
pub(super) fn read(text: &Text, words: &[Word], head: &Head) -> Result<Subject, Refusal> {
    let noun = after_head(words, head);
    let after_noun = noun.as_ref().map_or(head.thing.end, |noun| noun.end);
    let mut taken: Vec<usize> = (head.thing.end..after_noun).collect();
    let mut list = fields::find(text, words, after_noun)?;
    let mut noun = match noun {
        Some(noun) => Some(noun),
        None => before_head(text, words, head)?.or_else(|| in_sentence(words, head.thing.end)),
    };
    if let (true, [_]) = (noun.as_ref().is_none_or(|noun| noun.is_one(words)), list.fields.as_slice())
        && let Some(many) = with_noun(words, &list.read)
    {
        noun = Some(many);
        list.fields.clear();
    }
    if let Some(noun) = &noun {
        check_noun(text, words, head, noun, !list.fields.is_empty())?;
        check_second(words, noun)?;
    }
    let entity = match &noun {
        Some(noun) => entity(&words[noun.words.clone()])?,
        None => Entity { singular: DEFAULT.into(), plural: plural(DEFAULT) },
    };
    taken.extend(list.read);
    let mut notes = list.notes;
    if noun.is_none() {
        notes.push("The prompt names no kind of record, so the API keeps items; say for example \"an API for books\".".into());
    }
    if list.fields.is_empty() {
        let one = entity.singular.replace('_', " ");
        notes.push(format!("The prompt names no field, so each {one} has one: name."));
    }
    let fields = if list.fields.is_empty() { fields::default() } else { list.fields };
    let name = own_name(text, words, head, noun.as_ref());
    Ok(Subject { record: Some((entity, fields)), name, read: taken, not_built: list.not_built, notes, ..Subject::default() })
}

struct Noun {
    words: Range<usize>,
    /// Where what was said of it ends: after "collection".
    end: usize,
    /// Whether "a", "my" or "the" stands before it: "for my blog" may name a purpose.
    determined: bool,
    /// Whether words like "collection" stood after it.
    many: bool,
}

impl Noun {
    /// Whether it may be what the API is for and no record: "my blog".
    fn is_one(&self, words: &[Word]) -> bool {
        let last = &words[self.words.end - 1].lower;
        self.determined && !self.many && *last == singular(last) && countable(last).is_none()
    }
}

/// The noun after "for", "to manage", "that stores".
fn after_head(words: &[Word], head: &Head) -> Option<Noun> {
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
    let ends = |at: &usize| words[*at].gap != Gap::Space || words[*at].is(super::clauses::LEADS) || is_field_cue(&words[*at]);
    let end = (start..words.len()).find(ends).unwrap_or(words.len());
    noun(words, start..end, determined)
}

/// How many words at `start` lead to the noun: "managing", "a library of", "people can".
fn silent_before(words: &[Word], start: usize) -> Option<usize> {
    let word = words.get(start).filter(|word| word.gap == Gap::Space)?;
    let next = words.get(start + 1).filter(|next| next.gap == Gap::Space);
    let next_is = |these: &[&str]| next.is_some_and(|next| next.is(these));
    let actor = word.is(&["users", "people", "you", "customers"]) && next_is(&["can", "to", "may", "could"]);
    let helped = start > 0 && words[start - 1].is(&["lets", "let"]) && word.is(&["users", "people", "you", "customers"]);
    match () {
        () if next_is(&["of"]) => Some(2),
        () if actor || helped || word.is(BEFORE) => Some(1),
        () => None,
    }
}

fn is_field_cue(word: &Word) -> bool {
    word.is(&["each", "every", "their", "its", "fields", "columns"])
}

/// The words before "API", without those that say nothing of records.
fn before_head(text: &Text, words: &[Word], head: &Head) -> Result<Option<Noun>, Refusal> {
    let silent = |word: &Word| {
        let known = vocabulary();
        known.neutral.contains(&word.stem) || known.openers.contains(&word.stem) || head.kind.words.contains(&word.stem)
    };
    let mut range = head.qualifiers.clone();
    while !range.is_empty() && silent(&words[range.start]) {
        range.start += 1;
    }
    if let Some(other) = other_thing(head.kind, &words[range.clone()]) {
        let asked = text.slice(&words[head.qualifiers.start..head.thing.end]);
        return Err(hard_or(other, text, &words[range], head, asked));
    }
    Ok(noun(words, range, false))
}

fn other_thing(kind: &Kind, words: &[Word]) -> Option<()> {
    (0..words.len()).any(|at| kind.other.iter().any(|phrase| begins(phrase, &words[at..]))).then_some(())
}

fn hard_or((): (), text: &Text, words: &[Word], head: &Head, asked: String) -> Refusal {
    let named = capabilities(words).into_iter().next();
    match named {
        Some(found) if !head.kind.provides.contains(&found.named.id) => Reason::MissingCapability {
            capability: found.named.title.clone(),
            asked: text.slice(&words[found.words]),
            id: head.kind.id.clone(),
        }
        .into(),
        _ => Reason::AnotherThing { asked, id: head.kind.id.clone() }.into(),
    }
}

fn noun(words: &[Word], mut range: Range<usize>, determined: bool) -> Option<Noun> {
    let whole = range.clone();
    while range.len() > 1 && words[range.end - 1].is(AFTER) {
        range.end -= 1;
    }
    let many = range.end < whole.end;
    let adjective = |word: &Word| vocabulary().neutral.contains(&word.stem) && !word.is(&["user", "time", "page", "color", "colour", "note"]);
    while range.len() > 1 && adjective(&words[range.start]) {
        range.start += 1;
    }
    range.start = range.start.max(range.end.saturating_sub(MOST_WORDS));
    let silent = |word: &Word| word.is(ANYONE) || (word.is(AFTER) && !word.is(&["inventory"]));
    let says_nothing = range.len() == 1 && silent(&words[range.start]);
    (!range.is_empty() && !says_nothing).then_some(Noun { words: range, end: whole.end, determined, many })
}

/// "An API with books": a plural on its own is the record and no field.
fn with_noun(words: &[Word], read: &[usize]) -> Option<Noun> {
    let last = *read.iter().max()?;
    let many = words[last].lower != singular(&words[last].lower);
    many.then_some(Noun { words: last..last + 1, end: last + 1, determined: false, many })
}

/// "Each product has a name": the noun of a later sentence.
fn in_sentence(words: &[Word], from: usize) -> Option<Noun> {
    let begins = |at: &usize| words[*at].gap == Gap::Stop && words[*at].is(&["each", "every", "a", "an"]);
    let start = (from..words.len()).find(begins)? + 1;
    let verb = |at: &usize| words[*at].is(&["has", "have", "must", "should", "contains", "includes"]);
    let end = (start..words.len().min(start + MOST_WORDS + 1)).find(verb)?;
    noun(words, start..end, false)
}

/// Refuses a noun that names a service, or whom the API is for, unless its fields make it a record.
fn check_noun(text: &Text, words: &[Word], head: &Head, noun: &Noun, has_fields: bool) -> Result<(), Refusal> {
    let said = &words[noun.words.clone()];
    let is_service = |phrase: &&crate::catalogue::Phrase| phrase.stems.len() == said.len() && begins(phrase, said);
    if has_fields {
        return Ok(());
    }
    if head.kind.services.iter().any(|phrase| is_service(&phrase)) {
        let asked = format!("{} {}", text.slice(said), text.slice(&words[head.thing.clone()]));
        return Err(hard_or((), text, said, head, asked));
    }
    let is_kind = super::matches::named_kinds(said).first().is_some_and(|found| found.named.id != head.kind.id);
    if noun.is_one(words) && !is_kind {
        let problem = format!(
            "\"{}\" may be what the API is for or what it keeps. Say which records it keeps, such as \"an API for books with title and year\".",
            text.slice(said)
        );
        return Err(Reason::Parameter { parameter: "record", problem }.into());
    }
    Ok(())
}

/// Refuses a second record: "an API for books and authors".
fn check_second(words: &[Word], noun: &Noun) -> Result<(), Refusal> {
    let end = noun.end;
    let Some(joint) = words.get(end) else { return Ok(()) };
    let is_and = joint.is(&["and", "or", "plus"]);
    if !is_and && joint.gap != Gap::Comma {
        return Ok(());
    }
    let start = if is_and { end + 1 } else { end };
    let stop = (start..words.len()).find(|at| (*at > start && words[*at].gap != Gap::Space) || words[*at].is(super::clauses::LEADS)).unwrap_or(words.len());
    let other: Vec<&Word> = words[start.min(stop)..stop].iter().filter(|word| !word.is(&["a", "an", "the", "their", "its", "my", "our"])).collect();
    let plural_noun = other.last().is_some_and(|word| word.lower != singular(&word.lower) && !vocabulary().neutral.contains(&word.stem));
    let is_capability = !capabilities(&words[start.min(stop)..stop]).is_empty();
    if other.is_empty() || other.len() > 2 || !plural_noun || is_capability {
        return Ok(());
    }
    let names: Vec<&str> = other.iter().map(|word| word.lower.as_str()).collect();
    let problem = format!(
        "An API keeps one kind of record: leave out \"{}\", or send a task for each.",
        names.join(" ")
    );
    Err(Reason::Parameter { parameter: "record", problem }.into())
}

fn entity(said: &[Word]) -> Result<Entity, Refusal> {
    let words: Vec<String> = said.iter().map(|word| identifier(&word.lower)).collect();
    let (last, first) = words.split_last().expect("a noun has at least one word");
    let one = countable(&singular(last)).map_or_else(|| singular(last), str::to_owned);
    let join = |last: String| first.iter().cloned().chain([last]).collect::<Vec<_>>().join("_");
    let tail = one.rsplit('_').next().unwrap_or(&one);
    let many = format!("{}{}", &one[..one.len() - tail.len()], plural(tail));
    let entity = Entity { singular: join(one.clone()), plural: join(many) };
    if is_identifier(&entity.singular) && is_identifier(&entity.plural) {
        return Ok(entity);
    }
    let named: Vec<&str> = said.iter().map(|word| word.lower.as_str()).collect();
    let problem = format!(
        "\"{}\" cannot be the name of a record: use one to three English words of letters and digits, up to 40 characters.",
        named.join(" ")
    );
    Err(Reason::Parameter { parameter: "record", problem }.into())
}

/// ASCII letters and digits of a word, without accents; other characters stay, and are refused later.
pub(super) fn identifier(word: &str) -> String {
    let plain = word.strip_suffix("'s").unwrap_or(word);
    plain.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c) && *c != '\'').collect()
}

/// "A Bookshelf API for books": what stands before the API is its name where the record stands after it.
fn own_name(text: &Text, words: &[Word], head: &Head, noun: Option<&Noun>) -> Option<String> {
    let range = head.qualifiers.clone();
    let before = noun.is_some_and(|noun| noun.words.start >= head.thing.end);
    let capital = range.clone().all(|at| words[at].capital) && words[head.thing.start].lower == "api";
    if !before || range.is_empty() || !capital {
        return None;
    }
    clean_name(&text.slice(&words[range.start..head.thing.end]))
}
