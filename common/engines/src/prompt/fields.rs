//! The fields of a record: "with title, author and year", "(name, minutes:int, vegetarian?)", "Fields: …".
//!
//! A field's type is what the prompt says, else what its name suggests, else text.

use std::ops::Range;

use super::clauses::LEADS;
use super::matches::{begins, capabilities};
use super::record::identifier;
use super::words::{Gap, Text, Word};
use crate::catalogue::vocabulary;
use crate::parameters::{Field, FieldType, MAX_FIELDS, is_identifier};
use crate::refusal::{Reason, Refusal};

/// What a list of fields says.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) fields: Vec<Field>,
    /// The words that it was read from, as indexes.
    pub(super) read: Vec<usize>,
    /// What it asks of a field that will not be built.
    pub(super) not_built: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// Words after which fields follow.
const CUES: &[&str] = &["with", "having", "has", "have", "containing", "including", "include", "includes", "contains"];
/// Words that announce them.
const NOUNS: &[&str] = &["fields", "field", "columns", "column", "attributes", "attribute", "properties", "property"];
/// Words before a field's name that say nothing.
const SILENT: &[&str] = &[
    "a", "an", "the", "its", "their", "one", "some", "fields", "field", "columns", "attributes", "properties", "following", "like",
    "called", "named", "are", "is", "as", "these", "also", "has", "have", "with", "of",
];
/// Words that end a field's name.
const CUTS: &[&str] = &["in", "as", "which", "that", "must", "should", "for", "between", "from", "up", "with", "using", "where", "is", "to"];
/// Types that are no part of a name, before or after it: "integer year", "vegetarian boolean".
const TYPES: &[&str] = &["integer", "int", "boolean", "bool", "string", "float", "decimal", "numeric"];
/// Columns that every record has.
const OWN: &[&str] = &["id", "created_at", "updated_at"];
/// Words of the API itself: "with GET and POST".
const METHODS: &[&str] = &["get", "post", "put", "patch", "create", "read", "update", "delete", "crud", "endpoint", "endpoints", "http", "json", "rest", "operations", "methods", "requests"];
/// Words of how it should look or be made.
const MANNER: &[&str] = &["design", "layout", "interface", "ui", "look", "code", "quality", "way", "style", "page", "frontend"];

/// The field of a record that names none.
pub(super) fn default() -> Vec<Field> {
    vec![Field { name: "name".into(), kind: FieldType::Text, required: true }]
}

/// Finds the list of fields in `words[from..]`.
pub(super) fn find(text: &Text, words: &[Word], from: usize) -> Result<List, Refusal> {
    let mut list = List::default();
    let Some((lead, region)) = region(words, from) else { return Ok(list) };
    let mut read_any = false;
    for item in items(words, region.clone()) {
        if is_feature(&words[item.clone()]) {
            continue;
        }
        read_any = true;
        list.read.extend(item.clone());
        read_item(text, words, item, &mut list)?;
    }
    if read_any {
        list.read.extend(lead..region.start);
    }
    if list.fields.len() > MAX_FIELDS {
        let problem = format!("A record has at most {MAX_FIELDS} fields, and the prompt names {}.", list.fields.len());
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
        let near = *at == from || words[from..*at].iter().all(|word| word.is(&["that", "which", "where", "each", "every", "and", "one", "a", "an", "the", "record"]) || is_noun_of(words, from, word));
        (word.is(CUES) && (near || says_each(words, *at))) || (word.is(NOUNS) && is_announced(words, *at))
    };
    let at = (from..words.len()).find(cue)?;
    let mut start = at + 1;
    while words.get(start).is_some_and(|word| word.is(SILENT) && word.gap == Gap::Space && !word.is(&["a", "an", "the", "its"])) {
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
    words[at].is(&["has", "have", "contains", "includes"]) && at - sentence <= 4 && (words[sentence].is(&["each", "every", "a", "an", "one"]) || at - sentence <= 2) && !words[sentence].is(&["it", "i", "we", "they", "the"])
}

/// "Fields: …", "the fields are …", "with fields …".
fn is_announced(words: &[Word], at: usize) -> bool {
    words.get(at + 1).is_some_and(|next| matches!(next.gap, Gap::Colon | Gap::Bullet) || next.is(&["are", "is"])) || words[at].gap == Gap::Stop
}

/// The list ends with its sentence, its bracket, or where another clause begins.
fn region_end(words: &[Word], start: usize) -> usize {
    let (bracketed, bulleted) = (words[start].gap == Gap::Open, words[start].gap == Gap::Bullet);
    let mut depth = 0_usize;
    for at in start + 1..words.len() {
        let word = &words[at];
        match word.gap {
            Gap::Open => depth += 1,
            Gap::Close if depth > 0 => depth -= 1,
            Gap::Close if bracketed => return at,
            Gap::Stop if !bracketed => return at,
            Gap::Bullet if !bulleted => return at,
            _ => {}
        }
        let clause = word.is(LEADS) && !word.is(&["and", "or", "of", "as", "in", "on", "is", "at", "by", "from", "about", "like", "it"]);
        if depth == 0 && !bracketed && clause {
            return at;
        }
    }
    words.len()
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
        if depth == 0 && (matches!(words[at].gap, Gap::Comma | Gap::Bullet | Gap::Stop | Gap::Close) || joint) {
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

/// Whether an item of the list is a feature of the API and no field.
fn is_feature(item: &[Word]) -> bool {
    let is_field = |range: &Range<usize>| vocabulary().fields.iter().any(|phrase| phrase.stems.len() == range.len() && begins(phrase, &item[range.clone()]));
    let names_feature = capabilities(item).iter().any(|found| !is_field(&found.words) && !found.phrase.alone);
    let typed = item.iter().skip(1).any(|word| matches!(word.gap, Gap::Open | Gap::Colon));
    let whole_is_field = is_field(&(0..item.len()));
    let method = item.iter().all(|word| word.is(METHODS));
    let said = |word: &Word| vocabulary().neutral.contains(&word.stem);
    let manner = item.iter().any(|word| word.is(MANNER)) && item.len() > 1 && item.iter().all(said);
    (names_feature && !whole_is_field && !typed) || method || manner
}

fn read_item(text: &Text, words: &[Word], item: Range<usize>, list: &mut List) -> Result<(), Refusal> {
    let mut said = Said::default();
    let mut name: Vec<&Word> = Vec::new();
    let mut cut = false;
    for at in item.clone() {
        let word = &words[at];
        let typed = at > item.start && matches!(word.gap, Gap::Open | Gap::Colon);
        let known = said.hear(word, typed, name.is_empty(), at + 1 == item.end);
        cut |= !known && !name.is_empty() && (word.is(CUTS) || typed);
        if !known && !cut && !(name.is_empty() && word.is(SILENT) && item.len() > 1) {
            name.push(word);
        }
    }
    if cut || said.unbuilt {
        list.not_built.push(text.slice(&words[item.clone()]));
    }
    let name = field_name(text, &name);
    if name.is_empty() || OWN.contains(&name.as_str()) || list.fields.iter().any(|field| field.name == name) {
        return Ok(());
    }
    if !is_identifier(&name) {
        let problem = format!("\"{}\" cannot be the name of a field: use English words of letters and digits, up to 40 characters.", text.slice(&words[item]));
        return Err(Reason::Parameter { parameter: "field", problem }.into());
    }
    let asked = text.text[words[item.end - 1].end..].starts_with('?') || (item.len() > 1 && text.text[words[item.start].end..].starts_with('?'));
    let suggested = suggested_type(&name);
    let question = asked && suggested == FieldType::Text && !is_text(&name);
    let kind = said.kind.unwrap_or(if question { FieldType::Boolean } else { suggested });
    list.fields.push(Field { name, kind, required: said.required });
    Ok(())
}

/// What an item says beside the field's name.
#[derive(Default)]
struct Said {
    kind: Option<FieldType>,
    required: bool,
    unbuilt: bool,
}

impl Said {
    /// Whether the word was understood as something else than a part of the name.
    fn hear(&mut self, word: &Word, typed: bool, is_first: bool, is_last: bool) -> bool {
        let named = named_type(&word.lower);
        let alone = is_first && is_last;
        let prefix = is_first && !alone && word.is(TYPES);
        let suffix = is_last && !is_first && (word.is(TYPES) || word.is(&["flag", "checkbox"]));
        match word.lower.as_str() {
            _ if named.is_some() && (typed || prefix || suffix) => {
                self.kind = self.kind.or(named);
                true
            }
            "optional" | "nullable" => true,
            "required" | "mandatory" if typed || !is_first || !is_last => {
                self.required = true;
                true
            }
            "unique" if !alone => {
                self.unbuilt = true;
                true
            }
            _ => false,
        }
    }
}

fn named_type(word: &str) -> Option<FieldType> {
    match word {
        "text" | "string" | "str" | "varchar" | "char" => Some(FieldType::Text),
        "integer" | "int" | "whole" => Some(FieldType::Integer),
        "number" | "float" | "decimal" | "double" | "numeric" | "real" | "money" => Some(FieldType::Number),
        "boolean" | "bool" | "flag" | "checkbox" => Some(FieldType::Boolean),
        "date" | "datetime" | "day" => Some(FieldType::Date),
        _ => None,
    }
}

/// `publishedOn`, `Published on` and `published-on` as `published_on`.
fn field_name(text: &Text, words: &[&Word]) -> String {
    let parts = words.iter().map(|word| identifier(&snake(&text.text[word.start..word.end])));
    let joined = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    joined.trim_matches('_').to_owned()
}

/// Parts camel case: `publishedOn` becomes `published_on`, `ISBN` becomes `isbn`.
fn snake(word: &str) -> String {
    let mut snake = String::new();
    let mut before_is_small = false;
    for letter in word.chars() {
        if letter.is_uppercase() && before_is_small {
            snake.push('_');
        }
        before_is_small = letter.is_lowercase() || letter.is_ascii_digit();
        snake.extend(letter.to_lowercase());
    }
    snake
}

fn is_text(name: &str) -> bool {
    const TEXTS: &[&str] = &["title", "name", "description", "note", "notes", "comment", "subtitle", "author", "summary", "body", "text", "email", "phone", "address", "url", "city", "country", "genre", "isbn"];
    name.rsplit('_').next().is_some_and(|last| TEXTS.contains(&last))
}

/// The type that a name suggests.
fn suggested_type(name: &str) -> FieldType {
    const INTEGERS: &[&str] = &[
        "year", "count", "quantity", "qty", "amount_of", "age", "minutes", "seconds", "hours", "days", "weeks", "months", "years",
        "pages", "stock", "position", "rank", "level", "size_in_bytes", "points", "likes", "views", "votes", "stars", "seats", "rooms",
        "bedrooms", "floor", "floors", "servings", "calories", "kcal", "population", "capacity", "players", "wheels", "doors", "goals",
        "episodes", "seasons", "pieces", "copies", "reps", "sets", "visits", "hits", "number", "horsepower", "track",
    ];
    const NUMBERS: &[&str] = &[
        "price", "rating", "weight", "height", "width", "length", "depth", "cost", "amount", "total", "score", "latitude", "longitude",
        "lat", "lng", "lon", "temperature", "distance", "salary", "percentage", "percent", "rate", "balance", "discount", "tax", "fee",
        "volume", "area", "speed", "budget", "value", "grade", "humidity", "pressure", "radius", "mass", "income", "revenue", "alcohol",
    ];
    const BOOLEANS: &[&str] = &[
        "done", "active", "enabled", "completed", "finished", "available", "published", "archived", "paid", "read", "vegetarian",
        "vegan", "verified", "public", "private", "deleted", "visible", "hidden", "favourite", "favorite", "featured", "open",
        "closed", "in_stock", "checked", "approved", "subscribed", "admin", "rented", "sold", "borrowed", "lent", "returned", "pinned", "organic", "waterproof", "gluten_free",
    ];
    const DATES: &[&str] = &["date", "birthday", "birthdate", "dob", "deadline", "anniversary", "due", "born", "expiry", "expiration"];
    let last = name.rsplit('_').next().unwrap_or(name);
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if begins(&["is_", "has_", "can_", "was_", "in_stock"]) || BOOLEANS.contains(&name) {
        FieldType::Boolean
    } else if begins(&["date_of", "date_"]) || ends(&["_on", "_at", "_date", "_until"]) || DATES.contains(&last) {
        FieldType::Date
    } else if begins(&["number_of", "num_", "count_of"]) || (INTEGERS.contains(&last) && (last != "number" || name == "number")) {
        FieldType::Integer
    } else if NUMBERS.contains(&last) {
        FieldType::Number
    } else {
        FieldType::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_suggest_types() {
        use FieldType::{Boolean, Date, Integer, Number, Text};
        for (name, kind) in [
            ("title", Text),
            ("year", Integer),
            ("number_of_pages", Integer),
            ("phone_number", Text),
            ("unit_price", Number),
            ("in_stock", Boolean),
            ("is_done", Boolean),
            ("planted_on", Date),
            ("date_of_birth", Date),
            ("due_date", Date),
            ("status", Text),
            ("isbn", Text),
            ("class", Text),
        ] {
            assert_eq!(suggested_type(name), kind, "{name}");
        }
    }

    #[test]
    fn camel_case_becomes_snake_case() {
        for (given, made) in [("publishedOn", "published_on"), ("ISBN", "isbn"), ("in_stock", "in_stock"), ("Title", "title")] {
            assert_eq!(snake(given), made);
        }
    }
}
