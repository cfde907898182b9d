//! Parts what stands beside the head noun into segments: list items, purposes, sentences.
//!
//! Nothing here judges what a segment asks for; `judge.rs` does.

use std::ops::Range;

use super::matches::{capabilities, named_kinds};
use super::words::{Gap, Word};

/// Words that end a noun phrase and lead a clause.
pub(super) const LEADS: &[&str] = &[
    "with",
    "having",
    "has",
    "have",
    "including",
    "include",
    "includes",
    "featuring",
    "plus",
    "that",
    "which",
    "where",
    "who",
    "whose",
    "so",
    "to",
    "for",
    "without",
    "but",
    "also",
    "using",
    "because",
    "while",
    "when",
    "whenever",
    "in",
    "on",
    "of",
    "by",
    "from",
    "at",
    "as",
    "and",
    "or",
    "like",
    "via",
    "into",
    "about",
    "called",
    "named",
    "is",
    "should",
    "must",
    "can",
    "it",
    "such",
    "similar",
    "than",
    "if",
    "per",
    "containing",
    "supporting",
    "saying",
];

/// What leads a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// A feature: "with …", list items, later sentences.
    With,
    /// What it does: "that …", "where …", "so that …", and "for sharing …".
    That,
    /// What it is used for: "to …".
    To,
    /// Whom or what it is for: "for …".
    For,
    /// What it shall not have.
    Without,
    /// A comparison or an example: "like …".
    Like,
}

/// A part of the prompt that asks for one thing at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) lead: Lead,
    pub(super) words: Range<usize>,
}

/// Parts `words[from..]`; the words in `read` were read before and part what is around them.
pub(super) fn segments(words: &[Word], from: usize, read: &[usize]) -> Vec<Segment> {
    let bound = bound_words(words);
    let mut segments: Vec<Segment> = Vec::new();
    let mut lead = Lead::With;
    let mut start = from;
    let mut at = from;
    while at < words.len() {
        let word = &words[at];
        if read.contains(&at) {
            push(&mut segments, lead, start..at);
            (start, lead) = (at + 1, Lead::With);
        } else {
            if word.gap != Gap::Space {
                push(&mut segments, lead, start..at);
                (start, lead) = (start.max(at), after_gap(word.gap, lead));
            }
            if let Some(next) = leads(words, at, lead).filter(|_| !bound[at]) {
                push(&mut segments, lead, start..at);
                (start, lead) = (at + 1, next);
            }
        }
        at += 1;
    }
    push(&mut segments, lead, start..words.len());
    segments
}

fn push(segments: &mut Vec<Segment>, lead: Lead, words: Range<usize>) {
    if !words.is_empty() {
        segments.push(Segment { lead, words });
    }
}

/// A sentence begins anew, and a list goes on; but what follows a purpose is no purpose.
fn after_gap(gap: Gap, lead: Lead) -> Lead {
    match (gap, lead) {
        (Gap::Space, lead) => lead,
        (Gap::Stop | Gap::Bullet, _) | (_, Lead::For | Lead::To | Lead::Like) => Lead::With,
        (_, lead) => lead,
    }
}

fn leads(words: &[Word], at: usize, lead: Lead) -> Option<Lead> {
    let word = &words[at];
    match word.lower.as_str() {
        "with" | "having" | "has" | "have" | "including" | "include" | "includes" | "featuring" | "plus"
        | "also" | "containing" | "supporting" | "but" | "supports" | "support" => Some(Lead::With),
        "that" | "which" | "where" | "who" | "so" | "when" | "whenever" | "while" | "because" | "if"
        | "saying" => Some(Lead::That),
        "without" => Some(Lead::Without),
        "like" | "such" | "similar" => Some(Lead::Like),
        "to" => Some(Lead::To),
        // "with support for login"
        "for"
            if at > 0
                && words[at - 1].is(&[
                    "support",
                    "supports",
                    "supporting",
                    "option",
                    "options",
                    "button",
                    "form",
                    "way",
                    "ways",
                ]) =>
        {
            Some(Lead::With)
        }
        "for" => Some(if is_gerund(words.get(at + 1)) { Lead::That } else { Lead::For }),
        "and" | "or" => Some(lead),
        _ => None,
    }
}

fn is_gerund(word: Option<&Word>) -> bool {
    word.is_some_and(|word| {
        word.lower.len() > 5
            && word.lower.ends_with("ing")
            && !word.is(&["wedding", "morning", "evening", "something", "everything", "anything", "building"])
    })
}

/// Words inside a phrase of several words: no clause begins there ("drag and drop", "csv to json").
fn bound_words(words: &[Word]) -> Vec<bool> {
    let mut bound = vec![false; words.len()];
    let phrases = capabilities(words).into_iter().map(|found| found.words);
    for range in phrases.chain(named_kinds(words).into_iter().map(|found| found.words)) {
        for inside in &mut bound[range] {
            *inside = true;
        }
    }
    bound
}
