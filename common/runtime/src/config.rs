//! Settings in layers: built-in defaults, then a file, then the environment, then flags; each value knows its origin.
//!
//! The defaults are a commented TOML text, which is the documentation too. A key that the defaults lack is an error.

mod layers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Table;

use layers::{environment_layer, file_layer, flatten, set};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The built-in defaults.
    Default,
    /// A file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// Settings that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is not there or not readable.
    #[error("cannot read the configuration file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not valid TOML", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A key that does not exist.
    #[error("{origin}: unknown key {key:?}{}", hint(near.as_deref()))]
    UnknownKey {
        /// Where it stands.
        origin: Origin,
        /// The key.
        key: String,
        /// The key that was probably meant.
        near: Option<String>,
    },
    /// A value of the wrong type or outside its choices.
    #[error("a setting has a wrong value")]
    Value(#[source] Box<toml::de::Error>),
}

fn hint(near: Option<&str>) -> String {
    near.map_or_else(
        || "; docs/reference/configuration.md lists them".into(),
        |key| format!("; did you mean {key:?}?"),
    )
}

/// One value and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The key, such as `sandbox.memory_mb`.
    pub key: String,
    /// The value.
    pub value: toml::Value,
    /// Its origin.
    pub origin: Origin,
}

/// What the layers are made of.
#[derive(Debug, Clone)]
pub struct Sources<'a> {
    /// The defaults, as TOML.
    pub defaults: &'a str,
    /// The file, if one is read.
    pub file: Option<&'a Path>,
    /// The prefix of the environment's names, such as `SLIPWAY_`.
    pub prefix: &'a str,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// Names under the prefix that are not settings, such as `SLIPWAY_DATA_DIR`.
    pub not_settings: &'a [&'a str],
    /// Flags: key, value, the flag's name.
    pub flags: Vec<(String, toml::Value, String)>,
}

/// The merged settings.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// The settings, typed.
    pub values: T,
    /// Every setting with its origin, by key.
    pub settings: Vec<Setting>,
}

/// Merges the layers and reads them as `T`.
pub fn load<T: DeserializeOwned>(sources: &Sources<'_>) -> Result<Loaded<T>, Error> {
    let mut merged: Table = sources.defaults.parse().expect("the built-in defaults are valid TOML");
    let known: BTreeMap<String, toml::Value> = flatten(&merged).into_iter().collect();
    let mut origins: BTreeMap<String, Origin> =
        known.keys().map(|key| (key.clone(), Origin::Default)).collect();

    let mut layers = Vec::new();
    if let Some(path) = sources.file {
        layers.extend(file_layer(path)?);
    }
    layers.extend(environment_layer(sources, &known)?);
    for (key, value, flag) in &sources.flags {
        layers.push((key.clone(), value.clone(), Origin::Flag(flag.clone())));
    }
    for (key, value, origin) in layers {
        if !known.contains_key(&key) {
            let near = nearest(&key, known.keys());
            return Err(Error::UnknownKey { origin, key, near });
        }
        set(&mut merged, &key, value);
        origins.insert(key, origin);
    }

    let settings = flatten(&merged)
        .into_iter()
        .map(|(key, value)| Setting { origin: origins[&key].clone(), key, value })
        .collect();
    let values = T::deserialize(merged).map_err(|source| Error::Value(Box::new(source)))?;
    Ok(Loaded { values, settings })
}

fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    let last = |text: &str| text.rsplit('.').next().unwrap_or_default().replace('-', "_");
    known
        .filter(|candidate| last(candidate).contains(&last(key)) || last(key).contains(&last(candidate)))
        .min()
        .cloned()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    const DEFAULTS: &str = "level = \"info\"\n[sandbox]\nmemory_mb = 512\nkind = \"auto\"\n";

    #[derive(Debug, Deserialize)]
    struct Config {
        level: String,
        sandbox: Sandbox,
    }

    #[derive(Debug, Deserialize)]
    struct Sandbox {
        memory_mb: u32,
    }

    fn sources<'a>(file: Option<&'a Path>, environment: &[(&str, &str)]) -> Sources<'a> {
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let not_settings = &["SLIPWAY_DATA_DIR"];
        Sources { defaults: DEFAULTS, file, prefix: "SLIPWAY_", environment, not_settings, flags: Vec::new() }
    }

    #[test]
    fn later_layers_win_and_every_value_knows_its_origin() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "level = \"warn\"\n[sandbox]\nmemory_mb = 700\n").unwrap();
        let environment =
            [("SLIPWAY_SANDBOX__MEMORY_MB", "900"), ("SLIPWAY_DATA_DIR", "/x"), ("PATH", "/bin")];
        let loaded: Loaded<Config> = load(&sources(Some(file.path()), &environment)).unwrap();
        assert_eq!(loaded.values.level, "warn");
        assert_eq!(loaded.values.sandbox.memory_mb, 900);
        let origins: Vec<String> =
            loaded.settings.iter().map(|s| format!("{}: {}", s.key, s.origin)).collect();
        let file = file.path().display();
        assert_eq!(
            origins,
            [
                format!("level: file {file}"),
                "sandbox.kind: default".to_owned(),
                "sandbox.memory_mb: environment SLIPWAY_SANDBOX__MEMORY_MB".to_owned(),
            ]
        );
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
        let error = load::<Config>(&sources(None, &[("SLIPWAY_SANDBOX__MEMORY", "1")])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("SLIPWAY_SANDBOX__MEMORY") && text.contains("sandbox.memory_mb"), "{text}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused() {
        let error = load::<Config>(&sources(None, &[("SLIPWAY_SANDBOX__MEMORY_MB", "much")])).unwrap_err();
        assert!(matches!(error, Error::Value(_)), "{error:?}");
    }
}
