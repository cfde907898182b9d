//! The layers of settings, each as a list of dotted keys and values.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::{Error, Origin, Sources};

type Layer = Vec<(String, Value, Origin)>;

/// The file's settings.
pub(super) fn file_layer(path: &Path) -> Result<Layer, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let table: Table =
        text.parse().map_err(|source| Error::Syntax { path: path.to_owned(), source: Box::new(source) })?;
    let origin = Origin::File(path.to_owned());
    Ok(flatten(&table).into_iter().map(|(key, value)| (key, value, origin.clone())).collect())
}

/// The environment's settings: `PREFIX_SECTION__KEY`, or `PREFIX_SECTION__KEY_FILE` for a value that lies in a file.
pub(super) fn environment_layer(
    sources: &Sources<'_>,
    known: &BTreeMap<String, Value>,
) -> Result<Layer, Error> {
    let mut layer = Layer::new();
    for (name, text) in &sources.environment {
        let Some(rest) = name.strip_prefix(sources.prefix) else { continue };
        if sources.not_settings.contains(&name.as_str()) {
            continue;
        }
        let key = rest.to_ascii_lowercase().replace("__", ".");
        let origin = Origin::Environment(name.clone());
        let from_file =
            key.strip_suffix("_file").filter(|base| known.contains_key(*base) && !known.contains_key(&key));
        let (key, text) = match from_file {
            Some(base) => (base.to_owned(), read_value(Path::new(text))?),
            None => (key, text.clone()),
        };
        let value = typed(&text, known.get(&key));
        layer.push((key, value, origin));
    }
    Ok(layer)
}

fn read_value(path: &Path) -> Result<String, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Reads `text` as the type that the default has; what does not fit stays text and is refused later by name.
fn typed(text: &str, default: Option<&Value>) -> Value {
    let parsed = match default {
        Some(Value::Integer(_)) => text.parse().map(Value::Integer).ok(),
        Some(Value::Float(_)) => text.parse().map(Value::Float).ok(),
        Some(Value::Boolean(_)) => text.parse().map(Value::Boolean).ok(),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Every leaf of a table with its dotted key.
pub(super) fn flatten(table: &Table) -> Vec<(String, Value)> {
    let mut leaves = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => {
                leaves
                    .extend(flatten(inner).into_iter().map(|(rest, value)| (format!("{key}.{rest}"), value)));
            }
            leaf => leaves.push((key.clone(), leaf.clone())),
        }
    }
    leaves
}

/// Sets the leaf at a dotted key.
pub(super) fn set(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            if let Value::Table(inner) =
                table.entry(section.to_owned()).or_insert_with(|| Value::Table(Table::new()))
            {
                set(inner, rest, value);
            }
        }
    }
}
