//! Finds the list of a record's fields: "with title, author and year", "(name, minutes:int)", "Fields: …".
//!
//! Open `field.rs` for how one of them is read.

use std::ops::Range;

use super::clauses::LEADS;
use super::field;
use super::matches::{begins, capabilities};
use super::words::{Gap, Text, Word};
use crate::catalogue::vocabulary;
use crate::parameters::{Field, FieldType, MAX_FIELDS};
use crate::refusal::{Reason, Refusal};

/// What a list of fields says.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) fields: Vec<Field>,
    /// The words that it was read from, as indexes.
    pub(super) read: Vec<usize>,
    /// What it asks of a field that will not be built.
    pub(super) not_built: Vec<String>,
}

/// Words after which fields follow.
pub(super) const CUES: &[&str] =
    &["with", "having", "has", "have", "containing", "including", "include", "includes", "contains"];
/// Words that announce them.
const NOUNS: &[&str] =
    &["fields", "field", "columns", "column", "attributes", "attribute", "properties", "property"];

/// The field of a record that names none.
pub(super) fn default() -> Vec<Field> {
    vec![Field { name: "name".into(), kind: FieldType::Text, required: true }]
}

/// Finds the list of fields in `words[from..]`.
pub(super) fn find(text: &Text, words: &[Word], from: usize) -> Result<List, Refusal> {
    let mut list = List::default();
    let Some((lead, region)) = region(words, from) else { return Ok(list) };
    let mut read_any = false;
    let items = items(words, region.clone());
    let methods = items.iter().filter(|item| is_method(&words[(*item).clone()])).count();
    for item in items {
        // "title, body and post" lists no methods.
        let lone = methods == 1 && item.len() == 1 && words[item.start].is(&["post", "read"]);
        if !lone && is_feature(&words[item.clone()]) {
            continue;
        }
        read_any = true;
        list.read.extend(item.clone());
        let read = field::read(text, &words[item.clone()])?;
        list.not_built.extend(read.left_out.then(|| text.slice(&words[item])));
        list.fields
            .extend(read.field.filter(|field| list.fields.iter().all(|known| known.name != field.name)));
    }
    if read_any {
        list.read.extend(lead..region.start);
    }
    if list.fields.len() > MAX_FIELDS {
        let problem =
            format!("A record has at most {MAX_FIELDS} fields, and the prompt names {}.", list.fields.len());
        return Err(Reason::Parameter { parameter: "field", problem }.into());
    }
    if let Some(first) = list.fields.first_mut() {
        first.required = true;
    }
    Ok(list)
}

/// Where the list's introduction begins, and the list.
fn region(words: &[Word], from: usize) -> Option<(usize, Range<usize>)> {
    let first = words.get(from)?;
    if matches!(first.gap, Gap::Open | Gap::Colon | Gap::Bullet) {
        return Some((from, from..region_end(words, from)));
    }
    let cue = |at: &usize| {
        let word = &words[*at];
        let near = *at == from
            || words[from..*at].iter().all(|word| {
                word.is(&[
                    "that", "which", "where", "each", "every", "and", "one", "a", "an", "the", "record",
                ]) || is_noun_of(words, from, word)
            });
        (word.is(CUES) && (near || says_each(words, *at))) || (word.is(NOUNS) && is_announced(words, *at))
    };
    let at = (from..words.len()).find(cue)?;
    let mut start = at + 1;
    // An "a" before a comma or an "and" is a field.
    let is_silent = |pair: &[Word]| {
        vocabulary().records.silent.contains(&pair[0].lower)
            && pair[0].gap == Gap::Space
            && pair[1].gap <= Gap::Colon
            && !pair[1].is(&["and", "or", "plus"])
    };
    while words.get(start..start + 2).is_some_and(is_silent) {
        start += 1;
    }
    (start < words.len()).then(|| (from.max(at.saturating_sub(3)).min(at), start..region_end(words, start)))
}

/// "where each book has": the noun just before the list.
fn is_noun_of(words: &[Word], from: usize, word: &Word) -> bool {
    from > 0 && words[from - 1].stem == word.stem
}

/// "Each book has …", "Every book must have …", "Books have …", in a later sentence.
fn says_each(words: &[Word], at: usize) -> bool {
    let sentence = (0..=at).rev().find(|start| words[*start].gap == Gap::Stop).unwrap_or(0);
    words[at].is(&["has", "have", "contains", "includes"])
        && at - sentence <= 4
        && (words[sentence].is(&["each", "every", "a", "an", "one"]) || at - sentence <= 2)
        && !words[sentence].is(&["it", "i", "we", "they", "the"])
}

/// "Fields: …", "the fields are …", "with fields …".
fn is_announced(words: &[Word], at: usize) -> bool {
    words
        .get(at + 1)
        .is_some_and(|next| matches!(next.gap, Gap::Colon | Gap::Bullet) || next.is(&["are", "is"]))
        || words[at].gap == Gap::Stop
}

/// The list ends with its sentence, its bracket, or where another clause begins.
fn region_end(words: &[Word], start: usize) -> usize {
    let (bracketed, bulleted) = (words[start].gap == Gap::Open, words[start].gap == Gap::Bullet);
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate().skip(start + 1) {
        match word.gap {
            Gap::Open => depth += 1,
            Gap::Close if depth > 0 => depth -= 1,
            Gap::Close if bracketed => return at,
            Gap::Stop if !bracketed => return at,
            Gap::Bullet if !bulleted => return at,
            _ => {}
        }
        let clause = word.is(LEADS)
            && !word
                .is(&["and", "or", "of", "as", "in", "on", "is", "at", "by", "from", "about", "like", "it"]);
        if depth == 0 && !bracketed && clause && !stands_alone(words, at) {
            return at;
        }
    }
    words.len()
}

/// A word between commas is a field, whatever it leads elsewhere: "from and to".
fn stands_alone(words: &[Word], at: usize) -> bool {
    let joint = |word: &Word| word.is(&["and", "or"]);
    let begins = words[at].gap == Gap::Comma || joint(&words[at - 1]);
    begins && words.get(at + 1).is_none_or(|next| next.gap != Gap::Space || joint(next))
}

/// Parts the list at commas and "and", but not inside brackets.
fn items(words: &[Word], region: Range<usize>) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut start = region.start;
    let mut depth = 0_usize;
    for at in region.clone().skip(1) {
        match words[at].gap {
            Gap::Open => depth += 1,
            Gap::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        // "between 1 and 10" is one item.
        let joint = words[at].is(&["and", "plus"]) && !words.get(at + 1).is_some_and(Word::is_number);
        if depth == 0 && (matches!(words[at].gap, Gap::Comma | Gap::Bullet | Gap::Stop | Gap::Close) || joint)
        {
            // "(name, year)" closes the list and not an item's type.
            if start < at {
                items.push(start..at);
            }
            start = if joint { at + 1 } else { at };
        }
    }
    if start < region.end {
        items.push(start..region.end);
    }
    items
}

/// Whether an item says only words of the API itself: "GET requests".
fn is_method(item: &[Word]) -> bool {
    item.iter().all(|word| vocabulary().records.methods.contains(&word.lower))
}

/// Whether an item of the list is a feature of the API and no field.
fn is_feature(item: &[Word]) -> bool {
    let is_field = |range: &Range<usize>| {
        vocabulary()
            .fields
            .iter()
            .any(|phrase| phrase.stems.len() == range.len() && begins(phrase, &item[range.clone()]))
    };
    let names_feature = capabilities(item).iter().any(|found| !is_field(&found.words) && !found.phrase.alone);
    let typed = item.iter().skip(1).any(|word| matches!(word.gap, Gap::Open | Gap::Colon));
    let whole_is_field = is_field(&(0..item.len()));
    let records = &vocabulary().records;
    let said = |word: &Word| vocabulary().neutral.contains(&word.stem);
    let manner = item.iter().any(|word| records.manner.contains(&word.lower))
        && item.len() > 1
        && item.iter().all(said);
    (names_feature && !whole_is_field && !typed) || is_method(item) || manner
}
