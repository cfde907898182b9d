//! Judges what a prompt asks for beside its head noun: there already, left out and said so, or a refusal.

use super::clauses::{Lead, Segment, segments};
use super::head::Head;
use super::matches::{Match, begins, capabilities, named_kinds};
use super::words::{Text, Word};
use crate::catalogue::{Capability, Kind, Qualifiers, Weight, vocabulary};
use crate::refusal::{Reason, Refusal};

/// Words that begin a segment without saying anything.
const FILLERS: &[&str] = &[
    "a", "an", "the", "some", "also", "it", "it's", "should", "must", "can", "could", "please", "have",
    "has", "i", "we", "you", "and", "be", "able", "to", "would", "like", "want", "need", "lets", "let", "me",
    "us", "there", "is", "are",
];

/// Judges the words before the head noun; what is left out comes back.
pub(super) fn qualifiers(text: &Text, words: &[Word], head: &Head) -> Result<Vec<String>, Refusal> {
    let range = head.qualifiers.clone();
    let asked = &words[head.qualifiers.start..head.thing.end];
    let judge = Judge { text, words: &words[range], kind: head.kind, asked };
    match head.kind.qualifiers {
        Qualifiers::Topic => Ok(Vec::new()),
        Qualifiers::Record => {
            judge.other_thing()?;
            judge.hard(&judge.capabilities(), true)?;
            Ok(Vec::new())
        }
        Qualifiers::Refuse => judge.qualifiers(head.name.is_some()),
    }
}

/// Judges everything but the head's noun phrase and the words in `read`; what is left out comes back.
pub(super) fn clauses(
    text: &Text,
    words: &[Word],
    head: &Head,
    read: &[usize],
) -> Result<Vec<String>, Refusal> {
    let mut not_built: Vec<String> = Vec::new();
    for Segment { lead, words: range } in segments(words, head.thing.end, read) {
        let asked = &words[head.qualifiers.start..range.end];
        let judge = Judge { text, words: &words[range], kind: head.kind, asked };
        if judge.segment(lead)? {
            let phrase = judge.written();
            if !phrase.is_empty() && !not_built.contains(&phrase) {
                not_built.push(phrase);
            }
        }
    }
    Ok(not_built)
}

/// Notes on what the prompt does not want and the kind has all the same.
pub(super) fn kept(text: &Text, words: &[Word], head: &Head, read: &[usize]) -> Vec<String> {
    let kept = |Segment { lead, words: range }: Segment| {
        let judge = Judge { text, words: &words[range], kind: head.kind, asked: &[] };
        judge
            .kept(lead)
            .map(|phrase| format!("The prompt does not want \"{phrase}\", but it is part of the blueprint."))
    };
    segments(words, head.thing.end, read).into_iter().filter_map(kept).collect()
}

struct Judge<'a> {
    text: &'a Text,
    words: &'a [Word],
    kind: &'static Kind,
    /// The prompt from the head's noun phrase to these words.
    asked: &'a [Word],
}

impl Judge<'_> {
    fn qualifiers(&self, is_name: bool) -> Result<Vec<String>, Refusal> {
        self.other_thing()?;
        let found = self.capabilities();
        self.hard(&found, false)?;
        let known = |at: usize| found.iter().any(|found| found.words.contains(&at));
        let unknown = |at: usize| {
            !known(at)
                && self.is_unknown(at)
                && !(is_name && (self.words[at].capital || self.words[at].quote.is_some()))
        };
        if (0..self.words.len()).any(unknown) {
            return Err(self.another_thing());
        }
        let lacking = found.iter().filter(|found| !is_name && self.lacks(found));
        Ok(lacking.map(|found| self.text.slice(&self.words[found.words.clone()])).collect())
    }

    fn is_negated(&self, lead: Lead) -> bool {
        lead == Lead::Without || self.words.iter().any(|word| vocabulary().negators.contains(&word.lower))
    }

    /// What the segment does not want and the kind has.
    fn kept(&self, lead: Lead) -> Option<String> {
        let negator = |at: usize| vocabulary().negators.contains(&self.words[at].lower);
        let is_there = |found: &&Match<Capability>| !self.lacks(found) && !found.words.clone().any(negator);
        let found = self.capabilities();
        let found = found.iter().filter(|_| self.is_negated(lead)).find(is_there)?;
        Some(self.text.slice(&self.words[found.words.clone()]))
    }

    /// Whether the segment asks for something that will be left out.
    fn segment(&self, lead: Lead) -> Result<bool, Refusal> {
        if self.is_negated(lead) {
            return Ok(false);
        }
        let found = self.capabilities();
        self.other_thing()?;
        self.hard(&found, matches!(lead, Lead::For | Lead::Like))?;
        match lead {
            Lead::For => self.purpose(&found).map(|()| false),
            Lead::Like | Lead::Without => Ok(false),
            Lead::To if !self.kind.strict && self.is_plain_purpose() => Ok(false),
            Lead::To | Lead::That => self.deed(&found),
            Lead::With => Ok(self.is_left_out(&found)),
        }
    }

    /// What a strict kind does is all that it does.
    fn deed(&self, found: &[Match<Capability>]) -> Result<bool, Refusal> {
        let left_out = self.is_left_out(found);
        if left_out && self.kind.strict {
            return Err(self.another_thing());
        }
        Ok(left_out)
    }

    fn purpose(&self, found: &[Match<Capability>]) -> Result<(), Refusal> {
        let known = |at: usize| found.iter().any(|found| found.words.contains(&at) && !self.lacks(found));
        if self.kind.strict && (0..self.words.len()).any(|at| self.is_unknown(at) && !known(at)) {
            return Err(self.another_thing());
        }
        Ok(())
    }

    /// "To plan my wedding": a verb of keeping and an object that nothing here knows.
    fn is_plain_purpose(&self) -> bool {
        let first = self.words.iter().find(|word| !word.is(FILLERS) && !word.is(&["help", "helps"]));
        first.is_some_and(|word| {
            vocabulary().neutral.contains(&word.stem) || self.kind.words.contains(&word.stem)
        }) && self.capabilities().iter().all(|found| !self.lacks(found))
    }

    fn is_left_out(&self, found: &[Match<Capability>]) -> bool {
        let covered = |at: usize| found.iter().any(|found| found.words.contains(&at));
        found.iter().any(|found| self.lacks(found))
            || (0..self.words.len()).any(|at| !covered(at) && self.is_unknown(at))
    }

    /// Refuses a hard capability that the kind lacks; of a purpose only what counts everywhere.
    fn hard(&self, found: &[Match<Capability>], is_purpose: bool) -> Result<(), Refusal> {
        let counts = |found: &&Match<Capability>| {
            found.named.weight == Weight::Hard && self.lacks(found) && (!is_purpose || found.named.everywhere)
        };
        let Some(hard) = found.iter().find(counts) else { return Ok(()) };
        let asked = self.text.slice(&self.words[hard.words.clone()]);
        Err(Reason::MissingCapability {
            capability: hard.named.title.clone(),
            asked,
            id: self.kind.id.clone(),
        }
        .into())
    }

    fn other_thing(&self) -> Result<(), Refusal> {
        let is_other = |at: usize| self.kind.other.iter().any(|phrase| begins(phrase, &self.words[at..]));
        if (0..self.words.len()).any(is_other) { Err(self.another_thing()) } else { Ok(()) }
    }

    fn another_thing(&self) -> Refusal {
        Reason::AnotherThing { asked: self.text.slice(self.asked), id: self.kind.id.clone() }.into()
    }

    /// The capabilities that are named, other kinds as parts included.
    fn capabilities(&self) -> Vec<Match<Capability>> {
        let mut found = capabilities(self.words);
        found.retain(|found| self.counts(found));
        for part in named_kinds(self.words) {
            let covered = found
                .iter()
                .any(|found| found.words.start < part.words.end && part.words.start < found.words.end);
            let named = vocabulary().capabilities.iter().find(|capability| capability.id == part.named.part);
            if let (false, true, Some(named)) = (covered, part.named.id != self.kind.id, named)
                && !self.kind.words.contains(&self.words[part.words.start].stem)
            {
                found.push(Match { words: part.words, named, phrase: part.phrase });
            }
        }
        found
    }

    /// A word of the kind's own subject is no capability, and some words are one only when they stand alone.
    fn counts(&self, found: &Match<Capability>) -> bool {
        let own = found.words.len() == 1 && self.kind.words.contains(&self.words[found.words.start].stem);
        let alone = (0..self.words.len()).all(|at| found.words.contains(&at) || self.words[at].is(FILLERS));
        !own && (!found.phrase.alone || alone)
    }

    /// One phrase may name several capabilities ("search"): one that is there is enough.
    fn lacks(&self, found: &Match<Capability>) -> bool {
        let same = |capability: &&Capability| capability.phrases.contains(found.phrase);
        let named = vocabulary().capabilities.iter().filter(same).map(|capability| &capability.id);
        !named.chain([&found.named.id]).any(|id| self.kind.provides.contains(id))
    }

    fn is_unknown(&self, at: usize) -> bool {
        let (word, known) = (&self.words[at], vocabulary());
        let stem = &word.stem;
        let said = known.neutral.contains(stem)
            || known.generic.contains(stem)
            || known.purposes.contains(stem)
            || known.openers.contains(stem);
        !said
            && !self.kind.words.contains(stem)
            && !word.is_number()
            && !self.kind.phrases.iter().any(|phrase| begins(phrase, &self.words[at..]))
    }

    /// The segment as it was written, without the words that say nothing at its beginning.
    fn written(&self) -> String {
        let start = self.words.iter().position(|word| !word.is(FILLERS)).unwrap_or(0);
        self.text.slice(&self.words[start..])
    }
}
