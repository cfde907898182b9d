//! The language that a prompt asks for: "in Python", "with Node", "a Python todo app", "use JavaScript".

use slipway_protocol::plan::Language;

use super::super::words::Gap;
use super::colour::leads_to_a_kind;
use super::{Open, Taken};

const BEFORE: &[&str] = &[
    "in", "with", "using", "on", "via", "by", "use", "uses", "of", "plain", "vanilla", "pure", "modern", "be",
];
const AFTER: &[&str] =
    &["backend", "server", "version", "only", "based", "powered", "code", "implementation", "standard"];

/// The languages that a prompt names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Each once, in the prompt's order.
    pub(crate) languages: Vec<Language>,
    /// Whether one of them is enough.
    pub(crate) any: bool,
}

/// Finds the languages.
pub(super) fn find(open: &mut Open) -> Option<Wish> {
    let mut wish = Wish { languages: Vec::new(), any: false };
    for at in 0..open.words.len() {
        let Some(language) = open.word(at).and_then(|word| language(&word.lower)) else { continue };
        if open
            .word(at + 1)
            .is_some_and(|next| next.gap == Gap::Space && (next.lower == "2" || next.lower.starts_with("2.")))
        {
            continue;
        }
        // Every page has a little JavaScript, whatever its server is written in.
        if open.is(Some(at), &["javascript", "js"])
            && open.is(Some(at + 1), &["frontend", "front", "ui", "client"])
        {
            continue;
        }
        let before = at.checked_sub(1);
        let again = !wish.languages.is_empty()
            && open.is(before, &["and", "or"])
            && at >= 2
            && open.word(at - 2).is_none();
        let is_addition = again || open.is(before, BEFORE) || open.is(Some(at + 1), AFTER);
        let stands_alone = open.words[at].gap == Gap::Stop
            && open.words.get(at + 1).is_none_or(|word| word.gap == Gap::Stop);
        let qualifies = leads_to_a_kind(&open.words[at + 1..]) && !open.is(before, &["for", "without", "no"]);
        if is_addition || stands_alone {
            wish.any |= again && open.is(before, &["or"]);
            let (from, to) = (start(open, at, again), end(open, at));
            open.take(from..to, if qualifies && !again { Taken::Joining } else { Taken::Parting });
        } else if qualifies {
            let to = end(open, at);
            open.take(at..to, Taken::Joining);
        } else {
            continue;
        }
        if !wish.languages.contains(&language) {
            wish.languages.push(language);
        }
    }
    (!wish.languages.is_empty()).then_some(wish)
}

fn language(word: &str) -> Option<Language> {
    match word {
        "python" | "python3" => Some(Language::Python),
        "node" | "nodejs" | "node.js" | "javascript" | "js" | "ecmascript" => Some(Language::Node),
        _ => None,
    }
}

/// Takes the preposition along.
fn start(open: &Open, at: usize, again: bool) -> usize {
    let mut from = at;
    let words = [
        "in",
        "with",
        "using",
        "on",
        "via",
        "by",
        "use",
        "uses",
        "plain",
        "vanilla",
        "pure",
        "modern",
        "written",
        "built",
        "implemented",
        "and",
        "or",
    ];
    let shorter = &words[..words.len() - if again { 0 } else { 2 }];
    while from > 0 && open.words[from].gap == Gap::Space && open.is(Some(from - 1), shorter) {
        from -= 1;
    }
    from
}

/// Takes a version and "only" along.
fn end(open: &Open, at: usize) -> usize {
    let mut to = at + 1;
    while let Some(word) = open.word(to).filter(|word| word.gap == Gap::Space) {
        let is_version = word.lower.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if !is_version && !word.is(&["only", "js", "based"]) {
            break;
        }
        to += 1;
    }
    to
}
