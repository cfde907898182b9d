//! JSON read strictly: UTF-8, one value, no field twice, not too deep. What two readers could understand in two ways
//! is refused and not guessed.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Rejected, shown};

/// How deep lists and objects may lie in one another.
const DEPTH: usize = 32;

/// Reads one value.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Rejected> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let detail =
            format!("the request is not UTF-8: byte {} is wrong; send JSON in UTF-8", error.valid_up_to());
        Rejected::new("intake.encoding", detail)
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let problem = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0, problem: &problem }.deserialize(&mut reader);
    match value.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) => Err(problem.into_inner().unwrap_or_else(|| not_json(text, &error))),
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> Rejected {
    let detail = if text.trim().is_empty() {
        "the request is empty; send {\"prompt\": \"build a todo app\"}".to_owned()
    } else {
        format!("the request is not JSON: {error}; send {{\"prompt\": \"build a todo app\"}}")
    };
    Rejected::new("intake.not-json", detail)
}

/// Reads a value that lies in `depth` others, and says in `problem` what is wrong with it beyond its syntax.
#[derive(Clone, Copy)]
struct Strict<'p> {
    depth: usize,
    problem: &'p RefCell<Option<Rejected>>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth < DEPTH {
            return Ok(Self { depth: self.depth + 1, ..self });
        }
        let detail =
            format!("lists and objects lie more than {DEPTH} deep in one another; a task needs one object");
        self.refuse("intake.too-deep", detail)
    }

    fn refuse<T, E: serde::de::Error>(self, code: &'static str, detail: String) -> Result<T, E> {
        self.problem.replace(Some(Rejected::new(code, detail)));
        Err(E::custom("refused"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if object.contains_key(&name) {
                let detail = format!("the field {} comes twice; leave one out", shown(&name));
                return self.refuse("intake.duplicate-field", detail);
            }
            object.insert(name, entries.next_value_seed(inner)?);
        }
        Ok(Value::Object(object))
    }
}
