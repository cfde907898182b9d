//! What a prompt says of the result's name, tagline, port, colour and language, wherever it says so.
//!
//! Each finder takes its words out, so that nothing later mistakes them for features.

mod colour;
mod language;
mod name;

use super::words::{Gap, Text, Word};
use crate::parameters::{Colour, LOWEST_PORT};
use crate::refusal::{Reason, Refusal};

pub(super) use language::Wish;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) name: Option<String>,
    pub(super) tagline: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) colour: Option<Colour>,
    pub(super) languages: Option<Wish>,
}

/// The words that are left to be read.
pub(super) struct Open {
    words: Vec<Word>,
    taken: Vec<Taken>,
}

/// Whether a word was taken, and whether it parts the words around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    No,
    /// It qualified what follows: "a green todo app".
    Joining,
    /// It was an addition: "a todo app in green".
    Parting,
}

/// Reads the settings; the words that are left come back.
pub(super) fn read(text: &Text) -> Result<(Settings, Vec<Word>), Refusal> {
    let mut open = Open { words: text.words.clone(), taken: vec![Taken::No; text.words.len()] };
    let tagline = name::tagline(text, &mut open);
    let name = name::name(text, &mut open);
    let port = port(&mut open)?;
    let colour = colour::find(&mut open)?;
    let languages = language::find(&mut open)?;
    Ok((Settings { name, tagline, port, colour, languages }, open.left()))
}

impl Open {
    /// The word at `at`, if it is there and was not taken.
    fn word(&self, at: usize) -> Option<&Word> {
        let free = self.taken.get(at).is_some_and(|taken| *taken == Taken::No);
        if free { self.words.get(at) } else { None }
    }

    /// Whether the word at `at` is one of `words`.
    fn is(&self, at: Option<usize>, words: &[&str]) -> bool {
        at.and_then(|at| self.word(at)).is_some_and(|word| word.is(words))
    }

    fn take(&mut self, range: std::ops::Range<usize>, how: Taken) {
        for taken in &mut self.taken[range] {
            *taken = how;
        }
    }

    /// The words that nobody took; a gap becomes the strongest of those that it swallows.
    fn left(self) -> Vec<Word> {
        let mut left: Vec<Word> = Vec::new();
        let mut gap = Gap::Space;
        for (mut word, taken) in self.words.into_iter().zip(self.taken) {
            gap = gap.max(word.gap);
            if taken == Taken::Parting {
                gap = gap.max(Gap::Comma);
            }
            if taken == Taken::No {
                word.gap = gap;
                gap = Gap::Space;
                left.push(word);
            }
        }
        left
    }
}

/// `port 9000`, `port: 9000`, `port number 9000`, `localhost:9000`.
fn port(open: &mut Open) -> Result<Option<u16>, Refusal> {
    for at in 0..open.words.len() {
        let mut number = at + 1;
        if open.is(Some(at), &["port"]) {
            while open.is(Some(number), &["number", "is", "no"]) {
                number += 1;
            }
        } else if !open.is(Some(at), &["localhost", "127.0.0.1"])
            || open.words.get(number).is_none_or(is_apart)
        {
            continue;
        }
        let Some(word) = open.word(number).filter(|word| word.is_number()) else { continue };
        let port = word.lower.parse::<u16>().ok().filter(|port| *port >= LOWEST_PORT);
        let Some(port) = port else { return Err(bad_port(&word.lower)) };
        let mut from = at;
        while from > 0
            && open.is(Some(from - 1), &["on", "at", "the", "a", "tcp", "using", "listening", "running"])
        {
            from -= 1;
        }
        open.take(from..number + 1, Taken::Parting);
        return Ok(Some(port));
    }
    Ok(None)
}

fn is_apart(word: &Word) -> bool {
    word.gap != Gap::Colon
}

fn bad_port(number: &str) -> Refusal {
    let problem = format!(
        "Port {number} cannot be used: the application runs without privileges, on a port from {LOWEST_PORT} to 65535."
    );
    Reason::Parameter { parameter: "port", problem }.into()
}
