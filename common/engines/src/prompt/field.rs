//! Reads one item of a list of fields: "year", "minutes:int", "rating (number)", "optional colour", "vegetarian?".
//!
//! A field's type is what the prompt says, else what its name suggests, else text.

use super::record::identifier;
use super::words::{Gap, Text, Word};
use crate::catalogue::vocabulary;
use crate::parameters::{Field, FieldType, is_identifier};
use crate::refusal::{Reason, Refusal};

/// Types that are no part of a name, before or after it: "integer year", "vegetarian boolean".
const TYPES: &[&str] = &["integer", "int", "boolean", "bool", "string", "float", "decimal", "numeric"];
/// Columns that every record has.
const OWN: &[&str] = &["id", "created_at", "updated_at"];

/// What an item says.
pub(super) struct Read {
    /// The field, if it is none that every record has anyway.
    pub(super) field: Option<Field>,
    /// Whether it asks for more than the field has: "stars (1-5)", "unique code".
    pub(super) left_out: bool,
}

/// Reads the item that `words` are.
pub(super) fn read(text: &Text, words: &[Word]) -> Result<Read, Refusal> {
    let mut said = Said::default();
    let mut name: Vec<&Word> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let typed = at > 0 && matches!(word.gap, Gap::Open | Gap::Colon);
        said.hear(word, Place { typed, first: name.is_empty(), last: at + 1 == words.len() }, &mut name);
    }
    let name = field_name(text, &name);
    if name.is_empty() || OWN.contains(&name.as_str()) {
        return Ok(Read { field: None, left_out: said.left_out });
    }
    if !is_identifier(&name) {
        let problem = format!(
            "\"{}\" cannot be the name of a field: use English words of letters and digits, up to 40 characters.",
            text.slice(words)
        );
        return Err(Reason::Parameter { parameter: "field", problem }.into());
    }
    let kind = said.kind.unwrap_or_else(|| suggested_type(&name, is_question(text, words)));
    Ok(Read { field: Some(Field { name, kind, required: said.required }), left_out: said.left_out })
}

/// Whether a question mark stands behind the item, or behind its name.
fn is_question(text: &Text, words: &[Word]) -> bool {
    let asks = |word: &Word| text.whole[word.end..].starts_with('?');
    words.first().is_some_and(asks) || words.last().is_some_and(asks)
}

/// What an item says beside the field's name.
#[derive(Default)]
struct Said {
    kind: Option<FieldType>,
    required: bool,
    left_out: bool,
    /// Whether the name has ended.
    cut: bool,
}

/// Where a word stands in its item.
#[derive(Clone, Copy)]
struct Place {
    /// Behind a colon or in brackets.
    typed: bool,
    /// Before any word of the name.
    first: bool,
    last: bool,
}

impl Said {
    /// Hears one word; what is part of the name goes there.
    fn hear<'a>(&mut self, word: &'a Word, place: Place, name: &mut Vec<&'a Word>) {
        let Place { typed, first, last } = place;
        let alone = first && last;
        let around = word.is(TYPES) && !alone && (first || last);
        let flag = word.is(&["flag", "checkbox"]) && last && !first;
        let records = &vocabulary().records;
        match word.lower.as_str() {
            _ if typed || around || flag => self.hear_type(word),
            "optional" | "nullable" if !alone => {}
            "required" | "mandatory" if !alone => self.required = true,
            "unique" if !alone => self.left_out = true,
            _ if self.cut || (first && !last && records.silent.contains(&word.lower)) => {}
            cut if !first && records.cuts.contains(cut) => (self.cut, self.left_out) = (true, true),
            _ => name.push(word),
        }
    }

    /// What stands in brackets or behind a colon: a type, "optional", or more than a type.
    fn hear_type(&mut self, word: &Word) {
        match (named_type(&word.lower), word.lower.as_str()) {
            (Some(kind), said) => {
                self.kind = self.kind.or(Some(kind));
                self.left_out |= said == "datetime";
            }
            (None, "optional" | "nullable") => {}
            (None, "required" | "mandatory") => self.required = true,
            (None, _) => (self.cut, self.left_out) = (true, true),
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
    let parts = words.iter().map(|word| identifier(&snake(&text.whole[word.start..word.end])));
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

/// The type that a name suggests; what suggests none is text, or a yes/no question if it is asked as one.
fn suggested_type(name: &str, asked: bool) -> FieldType {
    let types = &vocabulary().types;
    let last = name.rsplit('_').next().unwrap_or(name);
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    match () {
        () if begins(&["is_", "has_", "can_", "was_"]) || types.boolean.contains(name) => FieldType::Boolean,
        () if begins(&["date_"]) || ends(&["_on", "_at", "_until"]) || types.date.contains(last) => {
            FieldType::Date
        }
        // A "phone number" is no number.
        () if begins(&["number_of_"]) || name == "number" || types.integer.contains(last) => {
            FieldType::Integer
        }
        () if types.number.contains(last) => FieldType::Number,
        () if asked && !types.text.contains(last) => FieldType::Boolean,
        () => FieldType::Text,
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
            assert_eq!(suggested_type(name, false), kind, "{name}");
        }
    }

    #[test]
    fn camel_case_becomes_snake_case() {
        for (given, made) in
            [("publishedOn", "published_on"), ("ISBN", "isbn"), ("in_stock", "in_stock"), ("Title", "title")]
        {
            assert_eq!(snake(given), made);
        }
    }
}
