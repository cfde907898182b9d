//! Where a prompt's words name capabilities and kinds of applications.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::words::{Gap, Word};
use crate::catalogue::{Capability, Kind, Phrase, kinds, vocabulary};

/// Something named by some words.
#[derive(Debug)]
pub(super) struct Match<T: 'static> {
    /// Which words.
    pub(super) words: Range<usize>,
    /// What they name.
    pub(super) named: &'static T,
    /// The phrase.
    pub(super) phrase: &'static Phrase,
}

type Index<T> = HashMap<&'static str, Vec<(&'static Phrase, &'static T)>>;

static CAPABILITIES: LazyLock<Index<Capability>> = LazyLock::new(|| {
    let all = &vocabulary().capabilities;
    index(all.iter().flat_map(|capability| capability.phrases.iter().map(move |phrase| (phrase, capability))))
});

static KINDS: LazyLock<Index<Kind>> = LazyLock::new(|| {
    index(kinds().iter().flat_map(|kind| kind.phrases.iter().map(move |phrase| (phrase, kind))))
});

/// The capabilities that `words` name, from left to right, the longest phrase first.
pub(super) fn capabilities(words: &[Word]) -> Vec<Match<Capability>> {
    find(&CAPABILITIES, words)
}

/// The kinds that `words` name, from left to right, the longest phrase first.
pub(super) fn named_kinds(words: &[Word]) -> Vec<Match<Kind>> {
    find(&KINDS, words)
}

/// Whether `phrase` begins at the first of `words`.
pub(super) fn begins(phrase: &Phrase, words: &[Word]) -> bool {
    let parts = &phrase.stems;
    words.len() >= parts.len()
        && parts.iter().zip(words).enumerate().all(|(at, (part, word))| {
            let joined = at == 0 || word.gap == Gap::Space;
            *part == word.stem && joined
        })
}

fn index<T>(pairs: impl Iterator<Item = (&'static Phrase, &'static T)>) -> Index<T> {
    let mut index: Index<T> = HashMap::new();
    for (phrase, named) in pairs {
        index.entry(phrase.stems[0].as_str()).or_default().push((phrase, named));
    }
    index
}

fn find<T>(index: &'static Index<T>, words: &[Word]) -> Vec<Match<T>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let candidates = index.get(words[at].stem.as_str()).into_iter().flatten();
        let fitting = candidates.filter(|(phrase, _)| begins(phrase, &words[at..]));
        match fitting.max_by_key(|(phrase, _)| phrase.stems.len()) {
            Some((phrase, named)) => {
                let end = at + phrase.stems.len();
                found.push(Match { words: at..end, named: *named, phrase });
                at = end;
            }
            None => at += 1,
        }
    }
    found
}
