//! The records of `rest-api`: their noun, their fields, and examples that fit a field's name and type.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most fields that a record has.
pub(crate) const MAX_FIELDS: usize = 12;
/// The longest identifier, in bytes.
const MAX_IDENTIFIER: usize = 40;
/// Columns that every record has anyway.
const OWN_FIELDS: [&str; 3] = ["id", "created_at", "updated_at"];

/// A record's noun, as identifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entity {
    /// Such as `book` or `blog_post`.
    pub(crate) singular: String,
    /// Such as `books` or `blog_posts`.
    pub(crate) plural: String,
}

/// One field of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    /// An identifier, such as `published_on`.
    pub(crate) name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub(crate) kind: FieldType,
    /// Whether every record has it.
    pub(crate) required: bool,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldType {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number with decimals.
    Number,
    /// Yes or no.
    Boolean,
    /// A calendar date.
    Date,
}

impl Entity {
    /// The noun as people write it: `Blog posts`.
    pub(crate) fn title_plural(&self) -> String {
        title_case(&self.plural)
    }

    pub(crate) fn context(&self) -> Value {
        json!({
            "singular": self.singular,
            "plural": self.plural,
            "class": pascal(&self.singular),
            "class_plural": pascal(&self.plural),
        })
    }
}

impl Field {
    pub(crate) fn context(&self) -> Value {
        let (example, other) = self.examples();
        json!({
            "name": self.name,
            "label": label(&self.name),
            "type": self.kind,
            "required": self.required,
            "example": example,
            "other": other,
        })
    }

    /// Two different values that fit the field.
    fn examples(&self) -> (Value, Value) {
        match self.kind {
            FieldType::Text => self.text_examples(),
            FieldType::Integer => self.integer_examples(),
            FieldType::Number => (json!(9.5), json!(12.25)),
            FieldType::Boolean => (json!(true), json!(false)),
            FieldType::Date => (json!("2024-05-17"), json!("2025-01-09")),
        }
    }

    fn text_examples(&self) -> (Value, Value) {
        let last = self.name.rsplit('_').next().unwrap_or(&self.name);
        let pair = match last {
            "title" => ("Dune", "Emma"),
            "author" | "director" | "artist" | "writer" => ("Frank Herbert", "Jane Austen"),
            "email" | "mail" => ("ada@example.com", "alan@example.com"),
            "phone" | "telephone" | "mobile" => ("020 7946 0018", "020 7946 0123"),
            "city" | "town" => ("Lisbon", "Oslo"),
            "country" => ("Portugal", "Norway"),
            "language" => ("English", "Dutch"),
            "genre" | "category" => ("Classic", "Modern"),
            "status" => ("open", "closed"),
            "url" | "link" | "website" => ("https://example.com/one", "https://example.com/two"),
            "isbn" => ("978-0-441-17271-9", "978-0-14-143958-7"),
            _ => {
                return (
                    json!(format!("{} one", label(&self.name))),
                    json!(format!("{} two", label(&self.name))),
                );
            }
        };
        (json!(pair.0), json!(pair.1))
    }

    fn integer_examples(&self) -> (Value, Value) {
        match self.name.rsplit('_').next().unwrap_or(&self.name) {
            "year" => (json!(1965), json!(2001)),
            "age" => (json!(36), json!(41)),
            "minutes" | "seconds" | "duration" => (json!(45), json!(30)),
            "pages" => (json!(412), json!(256)),
            _ => (json!(12), json!(34)),
        }
    }
}

/// Checks what the templates rely on: identifiers, their lengths, their number and that none stands twice.
pub(crate) fn check(entity: &Entity, fields: &[Field]) -> Result<(), String> {
    for word in [&entity.singular, &entity.plural] {
        check_identifier("entity", word)?;
    }
    if fields.is_empty() || fields.len() > MAX_FIELDS {
        return Err(format!("a record has 1 to {MAX_FIELDS} fields, and {} are named", fields.len()));
    }
    let mut names = BTreeSet::new();
    for field in fields {
        check_identifier("fields", &field.name)?;
        if OWN_FIELDS.contains(&field.name.as_str()) {
            return Err(format!("the field {} is there anyway; leave it out", field.name));
        }
        if !names.insert(&field.name) {
            return Err(format!("the field {} is named twice", field.name));
        }
    }
    match fields.first() {
        Some(first) if !first.required => Err("the first field must be required".into()),
        _ => Ok(()),
    }
}

fn check_identifier(what: &str, word: &str) -> Result<(), String> {
    if is_identifier(word) {
        return Ok(());
    }
    Err(format!(
        "{what}: \"{word}\" must be lower-case ASCII letters, digits and _, from a letter, at most {MAX_IDENTIFIER}"
    ))
}

/// Whether `word` is an identifier as the templates use it.
pub(crate) fn is_identifier(word: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let ends = !word.ends_with('_') && !word.contains("__");
    word.len() <= MAX_IDENTIFIER
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && ends
        && word.bytes().all(letters)
}

/// `published_on` as `Published on`.
fn label(name: &str) -> String {
    capitalised(&name.replace('_', " "))
}

/// `blog_posts` as `Blog Posts`.
fn title_case(name: &str) -> String {
    name.split('_').map(capitalised).collect::<Vec<_>>().join(" ")
}

/// `blog_post` as `BlogPost`.
fn pascal(name: &str) -> String {
    name.split('_').map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Field {
        Field { name: name.into(), kind: FieldType::Text, required: true }
    }

    #[test]
    fn fields_have_two_different_examples_that_fit_their_type() {
        for kind in
            [FieldType::Text, FieldType::Integer, FieldType::Number, FieldType::Boolean, FieldType::Date]
        {
            for name in ["title", "year", "anything", "class"] {
                let context = Field { name: name.into(), kind, required: false }.context();
                assert_ne!(context["example"], context["other"]);
            }
        }
    }

    #[test]
    fn records_have_one_to_twelve_different_fields_and_none_of_their_own() {
        let book = Entity { singular: "book".into(), plural: "books".into() };
        assert_eq!(check(&book, &[field("class"), field("import")]), Ok(()));
        assert!(check(&book, &[]).unwrap_err().contains("1 to 12"));
        assert!(check(&book, &[field("id")]).unwrap_err().contains("there anyway"));
        assert!(check(&book, &[field("a"), field("a")]).unwrap_err().contains("twice"));
        let many: Vec<Field> = (0..13).map(|n| field(&format!("f{n}"))).collect();
        assert!(check(&book, &many).unwrap_err().contains("13"));
        for wrong in ["", "Title", "1st", "a-b", "a__b", "a_", "tïtle", "a b", "x\n"] {
            assert!(check(&book, &[field(wrong)]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nouns_become_class_names() {
        let post = Entity { singular: "blog_post".into(), plural: "blog_posts".into() };
        let context = post.context();
        assert_eq!((&context["class"], &context["class_plural"]), (&json!("BlogPost"), &json!("BlogPosts")));
        assert_eq!(post.title_plural(), "Blog Posts");
    }
}
