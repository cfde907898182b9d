//! Judging a generated Dockerfile before the engine sees it, and labelling what it builds. Pure.
//!
//! The engine's builder has the network even when the build's steps have none: it fetches what `ADD` and `FROM`
//! name. So a Dockerfile that would make it fetch is refused, and the images that it builds on are told to the
//! caller, who decides about them.

use std::collections::BTreeSet;

/// A Dockerfile that is not built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has no `FROM`.
    #[error("the Dockerfile has no FROM line")]
    NoBase,
    /// It changes how it is read, or asks for another builder.
    #[error("line {line} of the Dockerfile: the directive {directive:?} is not supported; remove it")]
    Directive {
        /// The line's number.
        line: usize,
        /// The directive.
        directive: String,
    },
    /// Builders differ in how they read it.
    #[error(
        "line {line} of the Dockerfile: builders differ in how they read it; use plain spaces and line ends"
    )]
    Ambiguous {
        /// The line's number.
        line: usize,
    },
    /// It names an image by a variable.
    #[error("line {line} of the Dockerfile: name the image itself, not a variable")]
    Variable {
        /// The line's number.
        line: usize,
    },
    /// It would make the builder fetch something.
    #[error(
        "line {line} of the Dockerfile: ADD fetches from the network; put the file into the tree and COPY it"
    )]
    Fetch {
        /// The line's number.
        line: usize,
    },
    /// It asks for a volume, which would be room to write without a limit.
    #[error("line {line} of the Dockerfile: VOLUME is not supported; /data and /tmp can be written to")]
    Volume {
        /// The line's number.
        line: usize,
    },
}

/// A Dockerfile that may be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The images that it builds on, each of which must be on the engine already.
    pub images: BTreeSet<String>,
    /// The Dockerfile with the labels after each `FROM`, so that what every step leaves bears them.
    pub labelled: String,
}

/// Judges a Dockerfile and writes `labels` into it.
pub fn judge(text: &str, labels: &[(String, String)]) -> Result<Judged, Refused> {
    let mut judge = Judge { labels: label_line(labels), ..Judge::default() };
    for instruction in instructions(text)? {
        judge.take(&instruction)?;
    }
    if judge.stages.is_empty() && judge.images.is_empty() {
        return Err(Refused::NoBase);
    }
    Ok(Judged { images: judge.images, labelled: judge.labelled })
}

/// One instruction with its continuation lines.
struct Instruction {
    line: usize,
    text: String,
    words: Vec<String>,
}

#[derive(Default)]
struct Judge {
    labels: String,
    stages: BTreeSet<String>,
    stage_count: usize,
    images: BTreeSet<String>,
    labelled: String,
}

impl Judge {
    fn take(&mut self, instruction: &Instruction) -> Result<(), Refused> {
        let line = instruction.line;
        self.labelled += &instruction.text;
        let name = instruction.words.first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
        let arguments = instruction.words.get(1..).unwrap_or_default();
        match name.as_str() {
            "FROM" => self.from(line, arguments)?,
            "ADD" if arguments.iter().any(|word| fetches(word)) => return Err(Refused::Fetch { line }),
            "COPY" | "ADD" => self.copy(line, arguments)?,
            "VOLUME" => return Err(Refused::Volume { line }),
            "ONBUILD" => {
                let words = arguments.to_vec();
                self.take(&Instruction { line, text: String::new(), words })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn from(&mut self, line: usize, arguments: &[String]) -> Result<(), Refused> {
        let mut words = arguments.iter().filter(|word| !word.starts_with("--"));
        let image = words.next().ok_or(Refused::NoBase)?;
        self.uses(line, image)?;
        if let [as_, name, ..] = words.collect::<Vec<_>>()[..]
            && as_.eq_ignore_ascii_case("as")
        {
            self.stages.insert(name.to_ascii_lowercase());
        }
        self.stage_count += 1;
        self.labelled += &self.labels;
        Ok(())
    }

    fn copy(&mut self, line: usize, arguments: &[String]) -> Result<(), Refused> {
        match arguments.iter().find_map(|word| word.strip_prefix("--from=")) {
            Some(from) => self.uses(line, from),
            None => Ok(()),
        }
    }

    fn uses(&mut self, line: usize, image: &str) -> Result<(), Refused> {
        if image.contains('$') {
            return Err(Refused::Variable { line });
        }
        let earlier = image.parse::<usize>().is_ok_and(|number| number < self.stage_count);
        if !earlier && image != "scratch" && !self.stages.contains(&image.to_ascii_lowercase()) {
            self.images.insert(image.to_owned());
        }
        Ok(())
    }
}

/// What the builder would take for an address rather than for a path; a variable could become one.
fn fetches(word: &str) -> bool {
    let word = word.trim_matches(|c| matches!(c, '"' | '\'' | '[' | ']' | ','));
    word.contains("://") || word.contains('$') || word.starts_with("git@")
}

fn instructions(text: &str) -> Result<Vec<Instruction>, Refused> {
    let mut found: Vec<Instruction> = Vec::new();
    let mut open = false;
    let mut at_top = true;
    for (index, raw) in text.lines().enumerate() {
        let line = index + 1;
        refuse_ambiguous(line, raw)?;
        let trimmed = raw.trim();
        if let Some(comment) = trimmed.strip_prefix('#') {
            refuse_directive(line, comment, at_top)?;
            continue;
        }
        at_top = false;
        if trimmed.is_empty() {
            continue; // the builder skips it, even between continued lines
        }
        let continued = trimmed.strip_suffix('\\');
        let body = continued.unwrap_or(trimmed);
        let words = body.split_whitespace().map(str::to_owned);
        match found.last_mut().filter(|_| open) {
            Some(last) => {
                last.words.extend(words);
                last.text.extend([raw, "\n"]);
            }
            None => found.push(Instruction { line, text: format!("{raw}\n"), words: words.collect() }),
        }
        open = continued.is_some();
    }
    Ok(found)
}

/// What one builder takes for the end of a line or for a space, another does not: an instruction could hide there.
fn refuse_ambiguous(line: usize, raw: &str) -> Result<(), Refused> {
    let odd = |c: char| c != '\t' && (c.is_control() || c == '\u{feff}' || (c.is_whitespace() && c != ' '));
    if raw.contains(odd) || raw.trim_end().ends_with(r"\\") {
        Err(Refused::Ambiguous { line })
    } else {
        Ok(())
    }
}

/// Directives stand at the top only, and change the escape character or the builder.
fn refuse_directive(line: usize, comment: &str, at_top: bool) -> Result<(), Refused> {
    let Some((key, _)) = comment.split_once('=') else { return Ok(()) };
    let key = key.trim().to_ascii_lowercase();
    if at_top && matches!(key.as_str(), "escape" | "syntax" | "check") {
        return Err(Refused::Directive { line, directive: key });
    }
    Ok(())
}

fn label_line(labels: &[(String, String)]) -> String {
    let quoted = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"").replace('$', "\\$");
    let pairs = labels.iter().map(|(key, value)| format!(" \"{}\"=\"{}\"", quoted(key), quoted(value)));
    format!("LABEL{}\n", pairs.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(text: &str) -> Vec<String> {
        judge(text, &[]).unwrap().images.into_iter().collect()
    }

    #[test]
    fn the_images_that_it_builds_on_are_told_and_its_own_stages_are_not() {
        let text = "ARG A=1\nfrom --platform=linux/amd64 node:20-slim AS Build\nRUN x\nFROM python:3.13-slim\n\
                    COPY --from=build /a /a\nCOPY --from=0 /b /b\nCOPY --from=debian:trixie-slim /c /c\nFROM scratch\n";
        assert_eq!(images(text), ["debian:trixie-slim", "node:20-slim", "python:3.13-slim"]);
    }

    #[test]
    fn every_stage_gets_the_labels_and_nothing_else_is_changed() {
        let labels = [("slipway.owner".to_owned(), "a\"$b\\".to_owned())];
        let judged = judge("FROM a\nRUN b \\\n  # note\n\n  c\nFROM d\n", &labels).unwrap();
        let label = "LABEL \"slipway.owner\"=\"a\\\"\\$b\\\\\"\n";
        assert_eq!(judged.labelled, format!("FROM a\n{label}RUN b \\\n  c\nFROM d\n{label}"));
    }

    #[test]
    fn what_would_make_the_builder_fetch_is_refused() {
        let refused = |line: &str| judge(&format!("FROM a\n{line}\n"), &[]).unwrap_err();
        for line in [
            "ADD https://example.org/a /a",
            "add --chown=1:1 [\"http://169.254.169.254/x\", \"/a\"]",
            "ADD git@github.com:a/b /a",
            "ADD \\\nhttps://example.org/a /a",
            "ADD $A /a",
            "ONBUILD ADD http://a /a",
        ] {
            assert!(matches!(refused(line), Refused::Fetch { line: 2 }), "{line}");
        }
        assert_eq!(refused("COPY --from=$A a b"), Refused::Variable { line: 2 });
        assert_eq!(refused("VOLUME /x"), Refused::Volume { line: 2 });
        assert!(judge("FROM a\nADD backend /app\n", &[]).is_ok());
    }

    #[test]
    fn an_instruction_cannot_hide_behind_a_line_end_that_builders_read_differently() {
        for hidden in ["RUN a \\\u{a0}", "RUN a \\\\", "RUN a \\\u{b}", "\u{feff}# escape=`", "RUN a \\\r\r"]
        {
            let text = format!("FROM a\n{hidden}\nADD http://a /a\n");
            assert_eq!(judge(&text, &[]).unwrap_err(), Refused::Ambiguous { line: 2 }, "{hidden:?}");
        }
    }

    #[test]
    fn what_would_read_it_in_another_way_is_refused() {
        for directive in ["# escape=`", "#syntax=evil/builder:1", "# check=skip=all"] {
            let text = format!("# a comment\n{directive}\nFROM a\n");
            assert!(
                matches!(judge(&text, &[]).unwrap_err(), Refused::Directive { line: 2, .. }),
                "{directive}"
            );
        }
        assert!(judge("FROM a\n# escape=x is only a comment here\n", &[]).is_ok());
        assert_eq!(judge("FROM $BASE\n", &[]).unwrap_err(), Refused::Variable { line: 1 });
        assert_eq!(judge("# nothing\n", &[]).unwrap_err(), Refused::NoBase);
    }
}
