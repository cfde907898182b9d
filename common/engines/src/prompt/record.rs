//! The record that an API keeps: "an API for books with title and author", "CRUD service for customers", "a recipe API".

use unicode_normalization::UnicodeNormalization;

use super::clauses::LEADS;
use super::head::Head;
use super::matches::{begins, capabilities, named_kinds};
use super::noun::{Noun, after_head, before_head, in_sentence, silent, with_noun};
use super::words::{Gap, Text, Word};
use super::{Subject, fields};
use crate::catalogue::{Phrase, vocabulary};
use crate::english::{countable, plural, singular};
use crate::parameters::{Entity, clean_name, is_identifier};
use crate::refusal::{Reason, Refusal};

/// The record of an API that names none.
const DEFAULT: &str = "item";

/// Reads the record and its fields.
pub(super) fn read(text: &Text, words: &[Word], head: &Head) -> Result<Subject, Refusal> {
    let noun = after_head(words, head);
    let silent = silent(words, head).filter(|_| noun.is_none());
    let after_noun = noun
        .as_ref()
        .map(|noun| noun.end)
        .or(silent.as_ref().map(|silent| silent.end))
        .unwrap_or(head.thing.end);
    let mut taken: Vec<usize> = (head.thing.end..after_noun).collect();
    let mut list = fields::find(text, words, after_noun)?;
    let mut noun = noun.or_else(|| before_head(words, head)).or_else(|| in_sentence(words, head.thing.end));
    if !silent.is_some_and(|silent| silent.keeps)
        && let (true, [_]) = (noun.as_ref().is_none_or(|noun| noun.is_one(words)), list.fields.as_slice())
        && let Some(many) = with_noun(words, &list.read)
    {
        noun = Some(many);
        list.fields.clear();
    }
    if let Some(noun) = &noun {
        if list.fields.is_empty() {
            check_noun(text, words, head, noun)?;
        }
        check_second(words, noun)?;
    }
    let entity = match &noun {
        Some(noun) => entity(&words[noun.words.clone()])?,
        None => Entity { singular: DEFAULT.into(), plural: plural(DEFAULT) },
    };
    taken.extend(list.read);
    let mut notes = Vec::new();
    if noun.is_none() {
        let note = "The prompt names no kind of record, so the API keeps items; say for example \"an API for books\".";
        notes.push(note.into());
    }
    if list.fields.is_empty() {
        let one = entity.singular.replace('_', " ");
        notes.push(format!("The prompt names no field, so each {one} has one: name."));
    }
    let fields = if list.fields.is_empty() { fields::default() } else { list.fields };
    let name = own_name(text, words, head, noun.as_ref());
    Ok(Subject {
        record: Some((entity, fields)),
        name,
        read: taken,
        not_built: list.not_built,
        notes,
        ..Subject::default()
    })
}

/// Refuses a noun that names a service or a purpose; named fields make either of them a record.
fn check_noun(text: &Text, words: &[Word], head: &Head, noun: &Noun) -> Result<(), Refusal> {
    let said = &words[noun.words.clone()];
    let is_service = |phrase: &Phrase| phrase.stems.len() == said.len() && begins(phrase, said);
    if head.kind.services.iter().any(is_service) {
        return Err(service(text, words, head, said));
    }
    let is_kind = named_kinds(said).first().is_some_and(|found| found.named.id != head.kind.id);
    if is_kind || !noun.is_one(words) {
        return Ok(());
    }
    let problem = format!(
        "\"{}\" may be what the API is for or what it keeps. Say which records it keeps, such as \"an API for books \
         with title and year\".",
        text.slice(said)
    );
    Err(Reason::Parameter { parameter: "record", problem }.into())
}

/// "A weather API" does something; it keeps no records.
fn service(text: &Text, words: &[Word], head: &Head, said: &[Word]) -> Refusal {
    let id = head.kind.id.clone();
    let lacking = capabilities(said).into_iter().find(|found| !head.kind.provides.contains(&found.named.id));
    if let Some(found) = lacking {
        let (capability, asked) = (found.named.title.clone(), text.slice(&said[found.words]));
        return Reason::MissingCapability { capability, asked, id }.into();
    }
    let asked = format!("{} {}", text.slice(said), text.slice(&words[head.thing.clone()]));
    Reason::AnotherThing { asked, id }.into()
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
    let stop = (start..words.len())
        .find(|at| (*at > start && words[*at].gap != Gap::Space) || words[*at].is(LEADS))
        .unwrap_or(words.len());
    let other: Vec<&Word> = words[start.min(stop)..stop]
        .iter()
        .filter(|word| !word.is(&["a", "an", "the", "their", "its", "my", "our"]))
        .collect();
    let is_plural =
        |word: &&Word| word.lower != singular(&word.lower) && !vocabulary().neutral.contains(&word.stem);
    let is_capability = !capabilities(&words[start.min(stop)..stop]).is_empty();
    if other.len() > 2 || !other.last().is_some_and(is_plural) || is_capability {
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
        "\"{}\" cannot be the name of a record: use one to three English words of letters and digits, up to 40 \
         characters.",
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
