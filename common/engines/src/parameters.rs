//! What a blueprint is rendered with: the parameters that a plan carries, checked, and what is computed from them.
//!
//! A plan lies on a branch where anyone may edit it, so parameters from a plan are checked as strictly as those from a
//! prompt. Nothing here reads prompts. Open `record.rs` for the records of `rest-api`.

mod colour;
mod name;
mod record;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use slipway_protocol::plan::{Language, RunKind};

pub(crate) use colour::{Colour, NoColour};
pub(crate) use name::{clean_name, clean_sentence, slug};
pub(crate) use record::{Entity, Field, FieldType, MAX_FIELDS, is_identifier};

/// The lowest port that needs no privileges.
pub(crate) const LOWEST_PORT: u16 = 1024;

/// A blueprint's parameters, as a plan carries them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// The application's name for people: letters, digits, spaces and hyphens, 1 to 40 characters.
    pub(crate) name: String,
    /// Its name for files and images: lower-case ASCII, 1 to 40 characters.
    pub(crate) slug: String,
    /// The accent colour, `#rrggbb`.
    pub(crate) colour: String,
    /// The language.
    pub(crate) language: Language,
    /// The port of a server; none for a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    /// The kind of record that `rest-api` keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entity: Option<Entity>,
    /// That record's fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<Vec<Field>>,
    /// The sentence under the name of `landing-page`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tagline: Option<String>,
    /// What `landing-page` is about; empty when it was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) topic: Option<String>,
}

/// Parameters that a blueprint needs beyond those that all have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Extra {
    /// `entity` and `fields`.
    Record,
    /// `tagline` and `topic`.
    Topic,
}

impl Parameters {
    /// Reads and checks what a plan carries.
    pub(crate) fn from_plan(values: &BTreeMap<String, Value>) -> Result<Self, String> {
        let object = values.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        serde_json::from_value(Value::Object(object)).map_err(|error| error.to_string())
    }

    /// The parameters as a plan carries them.
    pub(crate) fn to_plan(&self) -> BTreeMap<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(object)) => object.into_iter().collect(),
            _ => unreachable!("a struct of strings and numbers is a JSON object"),
        }
    }

    /// Checks every parameter against what the templates rely on.
    pub(crate) fn check(&self, kind: RunKind, extra: Option<Extra>) -> Result<(), String> {
        if clean_name(&self.name).as_ref() != Some(&self.name) {
            return Err("name must be 1 to 40 letters, digits, spaces and hyphens".into());
        }
        if slug(&self.slug).as_ref() != Some(&self.slug) {
            return Err("slug must be 1 to 40 lower-case letters, digits and single hyphens".into());
        }
        let colour: Colour = self.colour.parse().map_err(|error: NoColour| format!("colour: {error}"))?;
        if colour.to_string() != self.colour || colour.with_readable_text() != colour {
            return Err("colour must be `#rrggbb` in lower case, and text must be readable on it".into());
        }
        match (kind, self.port) {
            (RunKind::Server, Some(port)) if port >= LOWEST_PORT => {}
            (RunKind::Server, _) => return Err(format!("port must be {LOWEST_PORT} to 65535")),
            (RunKind::Command, None) => {}
            (RunKind::Command, Some(_)) => return Err("a command has no port".into()),
        }
        self.check_extra(extra)
    }

    fn check_extra(&self, extra: Option<Extra>) -> Result<(), String> {
        let has_record = self.entity.is_some() || self.fields.is_some();
        let has_topic = self.tagline.is_some() || self.topic.is_some();
        if (has_record && extra != Some(Extra::Record)) || (has_topic && extra != Some(Extra::Topic)) {
            return Err("entity, fields, tagline or topic are not for this blueprint".into());
        }
        match extra {
            None => Ok(()),
            Some(Extra::Record) => match (&self.entity, &self.fields) {
                (Some(entity), Some(fields)) => record::check(entity, fields),
                _ => Err("entity and fields are both needed".into()),
            },
            Some(Extra::Topic) => match (&self.tagline, &self.topic) {
                (Some(tagline), Some(topic)) => {
                    check_sentence("tagline", tagline, 1)?;
                    check_sentence("topic", topic, 0)
                }
                _ => Err("tagline and topic are both needed".into()),
            },
        }
    }

    /// What the templates see. `default_port` stands in where there is no port.
    pub(crate) fn context(&self, default_port: u16) -> Value {
        let colour: Colour = self.colour.parse().expect("the colour was checked");
        let mut context = json!({
            "name": self.name,
            "slug": self.slug,
            "port": self.port.unwrap_or(default_port),
            "language": self.language.as_str(),
            "colour": self.colour,
            "colour_dark": colour.dark().to_string(),
            "on_colour": colour.text().to_string(),
        });
        if let (Some(entity), Some(fields)) = (&self.entity, &self.fields) {
            context["entity"] = entity.context();
            context["fields"] = fields.iter().map(Field::context).collect();
        }
        if let (Some(tagline), Some(topic)) = (&self.tagline, &self.topic) {
            context["tagline"] = json!(tagline);
            context["topic"] = json!(topic);
        }
        context
    }
}

fn check_sentence(field: &str, text: &str, least: usize) -> Result<(), String> {
    if clean_sentence(text) != text || text.len() < least {
        return Err(format!("{field} must be plain words of at most 100 characters"));
    }
    Ok(())
}
