//! Reads a prompt: which blueprint it asks for, with what parameters, and what of it would not be built.
//!
//! A prompt is either understood or refused; nothing is guessed. What decides:
//!
//! - The head noun is the kind: "a chat app with notes" is a chat app. Unknown words before it make another thing
//!   ("chess todo"), but for `rest-api` they are the record and for `landing-page` the topic.
//! - Two kinds joined as equals are two tasks. A kind inside a clause is a part, with the weight of its capability:
//!   notes in a todo app are left out and said so, a calculator in one is a refusal.
//! - A capability that the blueprint lacks is refused when it is hard and listed when it is soft (`vocabulary.yaml`).
//!   Words that nothing here knows are listed as they were written; more than six such are a refusal.
//! - Purposes ("for my family") ask for nothing, unless they name a platform or another service.
//! - For `rest-api` the nouns of a field list are fields, whatever else they may mean: `email`, `password`, `image`.
//!
//! Open `prompt/head.rs` for the kind, `prompt/clauses.rs` and `prompt/judge.rs` for the rest, `prompt/record.rs` and
//! `prompt/fields.rs` for `rest-api`.

mod clauses;
mod field;
mod fields;
mod head;
mod judge;
mod matches;
mod noun;
mod record;
mod settings;
mod topic;
mod words;

use slipway_protocol::plan::{Language, RunKind};

use self::head::Head;
use self::settings::{Settings, Wish};
use self::words::{Text, Word};
use crate::catalogue::{Kind, Qualifiers};
use crate::parameters::{Colour, Entity, Extra, Field, Parameters, clean_name, slug};
use crate::refusal::{Reason, Refusal};

/// What a prompt asks for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) kind: &'static Kind,
    pub(crate) parameters: Parameters,
    /// What was asked for and will not be built, as it was written.
    pub(crate) not_built: Vec<String>,
    /// What was assumed, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// What is left out at most; more is another application.
const MOST_NOT_BUILT: usize = 6;
/// A landing page's tagline, if the prompt names none.
const TAGLINE: &str = "What it is, how it works and how to get in touch.";

/// Reads `prompt`. `languages` are those that can be tested here, the preferred one first.
pub(crate) fn read(prompt: &str, languages: &[Language]) -> Result<Request, Refusal> {
    let text = Text::new(prompt);
    let (settings, words) = settings::read(&text)?;
    let head = head::find(&text, &words)?;
    let mut not_built = judge::qualifiers(&text, &words, &head)?;
    let subject = Subject::read(&text, &words, &head)?;
    not_built.extend(subject.not_built.iter().cloned());
    not_built.extend(judge::clauses(&text, &words, &head, &subject.read)?);
    let language = language(head.kind, settings.languages.as_ref(), languages)?;
    if head.kind.run == RunKind::Command {
        not_built.extend(settings.port.map(|port| format!("port {port}")));
    }
    not_built.dedup();
    if not_built.len() > MOST_NOT_BUILT {
        return Err(Reason::TooFar { missing: not_built, id: head.kind.id.clone() }.into());
    }
    let mut notes = subject.notes.clone();
    notes.extend(judge::kept(&text, &words, &head, &subject.read));
    let parameters = parameters(&head, settings, subject, language);
    Ok(Request { kind: head.kind, parameters, not_built, notes })
}

/// What the application is about, for the kinds that are about something.
#[derive(Debug, Default)]
struct Subject {
    record: Option<(Entity, Vec<Field>)>,
    topic: Option<String>,
    /// A name that was read along with it.
    name: Option<String>,
    /// The words that it was read from, as indexes.
    read: Vec<usize>,
    not_built: Vec<String>,
    notes: Vec<String>,
}

impl Subject {
    fn read(text: &Text, words: &[Word], head: &Head) -> Result<Self, Refusal> {
        match head.kind.qualifiers {
            Qualifiers::Refuse => Ok(Self::default()),
            Qualifiers::Record => record::read(text, words, head),
            Qualifiers::Topic => Ok(topic::read(text, words, head)),
        }
    }
}

fn parameters(head: &Head, settings: Settings, subject: Subject, language: Language) -> Parameters {
    let kind = head.kind;
    let by_record =
        subject.record.as_ref().and_then(|(entity, _)| clean_name(&format!("{} API", entity.title_plural())));
    let by_topic = subject
        .topic
        .as_deref()
        .filter(|topic| !topic.is_empty())
        .and_then(|topic| clean_name(&title_case(topic)));
    let read = settings.name.or_else(|| head.name.clone()).or(subject.name).or(by_record).or(by_topic);
    let name = read.unwrap_or_else(|| default_name(head));
    let colour: Colour = kind.defaults.colour.parse().expect("a test reads every default colour");
    let (entity, fields) = subject.record.unzip();
    let has_topic = kind.extra == Some(Extra::Topic);
    Parameters {
        slug: slug(&name).unwrap_or_else(|| kind.id.clone()),
        name,
        colour: settings.colour.unwrap_or_else(|| colour.with_readable_text()).to_string(),
        language,
        port: (kind.run == RunKind::Server).then(|| settings.port.unwrap_or(kind.defaults.port)),
        entity,
        fields,
        tagline: has_topic.then(|| settings.tagline.unwrap_or_else(|| TAGLINE.into())),
        topic: has_topic.then(|| subject.topic.unwrap_or_default()),
    }
}

fn default_name(head: &Head) -> String {
    let by_phrase = head.kind.names.iter().find(|(phrase, _)| phrase.stems == head.phrase.stems);
    by_phrase.map_or_else(|| head.kind.defaults.name.clone(), |(_, name)| name.clone())
}

/// Capitalises each word that has no capital, but for small words inside.
fn title_case(text: &str) -> String {
    const SMALL: &[&str] =
        &["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"];
    let capitalised = |(at, word): (usize, &str)| {
        if word.contains(char::is_uppercase) || (at > 0 && SMALL.contains(&word)) {
            return word.to_owned();
        }
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    text.split(' ').enumerate().map(capitalised).collect::<Vec<String>>().join(" ")
}

fn language(kind: &Kind, wish: Option<&Wish>, available: &[Language]) -> Result<Language, Refusal> {
    let usable: Vec<Language> =
        available.iter().copied().filter(|one| kind.languages().contains(one)).collect();
    let problem = match wish {
        None => match usable.first() {
            Some(language) => return Ok(*language),
            None => "No language can be tested here: install Docker, or `python3` or `node`.".to_owned(),
        },
        Some(Wish { languages, any: false }) if languages.len() > 1 => {
            "An application is written in one language here: name Python or Node, not both.".to_owned()
        }
        Some(wish) => match usable.iter().find(|one| wish.languages.contains(one)) {
            Some(language) => return Ok(*language),
            None => missing_language(wish.languages[0], &usable),
        },
    };
    Err(Reason::Language { problem }.into())
}

fn missing_language(wanted: Language, usable: &[Language]) -> String {
    let program = wanted.program();
    let others: Vec<&str> = usable.iter().map(|language| language.as_str()).collect();
    let instead = if others.is_empty() {
        String::new()
    } else {
        format!("; what can be tested is {}", others.join(", "))
    };
    format!("Code in {wanted} cannot be tested here: install Docker or `{program}`{instead}.")
}
