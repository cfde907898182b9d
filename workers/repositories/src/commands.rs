//! What a push asks for, read from its first bytes, and whether it may: branches go forward, which Git itself sees to;
//! what an attempt left is created once; nothing else is pushed here. Git's own settings guard branches alone. Pure.

use crate::name::Name;

/// The longest line of Git's protocol, in bytes, with its length.
const LONGEST_LINE: usize = 65_520;

/// How many bytes of commands are read.
pub(crate) const LONGEST: usize = 1024 * 1024;

/// References that are created once.
const ONCE: [&str; 2] = ["refs/slipway/attempts/", "refs/slipway/artefacts/"];

/// The bytes are not a push's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// What a push asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Commands {
    references: Vec<Reference>,
    /// Whether the answer goes into the band of data.
    banded: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Reference {
    name: String,
    is_new: bool,
    is_deleted: bool,
}

impl Commands {
    /// Reads the commands from a push's beginning; `None` when it is not long enough yet.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut commands = Self::default();
        let mut rest = bytes;
        loop {
            let Some((length, after)) = rest.split_at_checked(4) else { return Ok(None) };
            let length =
                std::str::from_utf8(length).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
            match length {
                Some(0) => return Ok(Some(commands)),
                Some(length @ 5..=LONGEST_LINE) => {
                    let Some((line, after)) = after.split_at_checked(length - 4) else { return Ok(None) };
                    commands.add(line)?;
                    rest = after;
                }
                _ => return Err(Malformed),
            }
        }
    }

    fn add(&mut self, line: &[u8]) -> Result<(), Malformed> {
        let line = std::str::from_utf8(line).map_err(|_| Malformed)?;
        if line.starts_with("shallow ") {
            return Ok(());
        }
        let (command, abilities) = line.split_once('\0').unwrap_or((line, ""));
        self.banded |= abilities.split_ascii_whitespace().any(|ability| ability == "side-band-64k");
        let mut words = command.trim_end_matches('\n').splitn(3, ' ');
        let (Some(old), Some(new), Some(name)) = (words.next(), words.next(), words.next()) else {
            return Err(Malformed);
        };
        if !is_id(old) || !is_id(new) {
            return Err(Malformed);
        }
        let name = name.to_owned();
        self.references.push(Reference { name, is_new: is_zero(old), is_deleted: is_zero(new) });
        Ok(())
    }

    /// Git's report of the whole push as refused, when one of its references may not be written so.
    pub(crate) fn refusal(&self, repository: &Name) -> Option<Vec<u8>> {
        self.references.iter().find_map(|reference| reference.problem(repository))?;
        let mut report = line("unpack ok\n");
        for reference in &self.references {
            let why = reference.problem(repository).unwrap_or("refused with the others of this push");
            report.extend(line(&format!("ng {} {why}\n", reference.name)));
        }
        report.extend(b"0000");
        Some(if self.banded { banded(&report) } else { report })
    }
}

impl Reference {
    /// Why it may not be written so, if it may not.
    fn problem(&self, repository: &Name) -> Option<&'static str> {
        if self.is_deleted {
            return Some("nothing is deleted here");
        }
        if ONCE.iter().any(|prefix| self.name.starts_with(prefix)) {
            return (!self.is_new).then_some("it is created once and never moved");
        }
        let is_branch = self.name.starts_with("refs/heads/") && repository.is_open();
        (!is_branch).then_some("only branches, attempts and artefacts are kept here")
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_zero(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0')
}

fn line(text: &str) -> Vec<u8> {
    format!("{:04x}{text}", text.len() + 4).into_bytes()
}

/// The report as data of the first band, cut into lines.
fn banded(report: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    for piece in report.chunks(LONGEST_LINE - 5) {
        lines.extend(format!("{:04x}\u{1}", piece.len() + 5).into_bytes());
        lines.extend(piece);
    }
    lines.extend(b"0000");
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: &str = "0000000000000000000000000000000000000000";
    const SOME: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn push(old: &str, new: &str, name: &str, abilities: &str) -> Commands {
        let bytes = [line(&format!("{old} {new} {name}\0{abilities}")), b"0000PACK".to_vec()].concat();
        Commands::read(&bytes).unwrap().unwrap()
    }

    fn own() -> Name {
        Name::own("a.git").unwrap()
    }

    #[test]
    fn branches_are_left_to_git_and_attempts_are_created_once() {
        for (old, new, name, fine) in [
            (ZERO, SOME, "refs/heads/main", true),
            (SOME, SOME, "refs/heads/feature/x", true),
            (ZERO, SOME, "refs/slipway/attempts/x/1-y", true),
            (ZERO, SOME, "refs/slipway/artefacts/x/1-y", true),
            (SOME, SOME, "refs/slipway/attempts/x/1-y", false),
            (SOME, ZERO, "refs/slipway/attempts/x/1-y", false),
            (SOME, ZERO, "refs/heads/main", false),
            (ZERO, SOME, "refs/tags/v1", false),
            (ZERO, SOME, "refs/slipway/other", false),
            (ZERO, SOME, "HEAD", false),
        ] {
            assert_eq!(
                push(old, new, name, "").refusal(&own()).is_none(),
                fine,
                "{name} from {old} to {new}"
            );
        }
        let companion = Name::origin("a.git").unwrap();
        assert!(push(ZERO, SOME, "refs/heads/main", "").refusal(&companion).is_some());
        assert!(push(ZERO, SOME, "refs/slipway/attempts/x/1-y", "").refusal(&companion).is_none());
    }

    #[test]
    fn a_refusal_is_told_in_gits_own_words() {
        let report = push(ZERO, SOME, "refs/tags/v1", "report-status").refusal(&own()).unwrap();
        let text = String::from_utf8(report).unwrap();
        assert!(
            text.starts_with("000eunpack ok\n") && text.contains("ng refs/tags/v1 only branches"),
            "{text}"
        );
        let report = push(ZERO, SOME, "refs/tags/v1", "report-status side-band-64k").refusal(&own()).unwrap();
        assert_eq!(&report[4..5], b"\x01");
        assert!(report.ends_with(b"00000000"));
    }

    #[test]
    fn half_of_the_commands_says_nothing_yet_and_what_is_no_push_is_malformed() {
        let whole = [line(&format!("{ZERO} {SOME} refs/heads/main\0x")), b"0000".to_vec()].concat();
        for length in 0..whole.len() {
            assert_eq!(Commands::read(&whole[..length]), Ok(None), "{length}");
        }
        assert_eq!(Commands::read(b"0000").unwrap().unwrap().refusal(&own()), None);
        for bad in [&b"zzzz"[..], b"0001", b"0004", b"ffff", &line("x"), &line(&format!("{ZERO} {SOME}"))] {
            assert_eq!(Commands::read(bad), Err(Malformed), "{bad:?}");
        }
    }
}
