//! From a blueprint's folder and a context to a manifest and files. Pure: the folder is embedded in the library.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, File, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use slipway_protocol::plan::Language;

use super::manifest::Manifest;
use crate::engine::Error;

static FOLDERS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/blueprints");

/// Renders the files of one blueprint in one language.
pub(super) struct Renderer<'a> {
    blueprint: &'a str,
    language: Language,
    environment: Environment<'static>,
    context: Value,
}

impl<'a> Renderer<'a> {
    pub(super) fn new(blueprint: &'a str, language: Language, context: &serde_json::Value) -> Self {
        let context = Value::from(Serde(context));
        Self { blueprint, language, environment: environment(), context }
    }

    /// The rendered manifest.
    pub(super) fn manifest(&self) -> Result<Manifest, Error> {
        let name = "blueprint.yaml";
        let path = format!("{}/{name}", self.blueprint);
        let file = FOLDERS.get_file(&path).ok_or_else(|| self.broken(name, "it is missing", None))?;
        let text = self.render(name, file)?;
        let manifest: Manifest = serde_saphyr::from_str(&text)
            .map_err(|error| self.broken(name, "it is no manifest", Some(error.into())))?;
        if manifest.id != self.blueprint {
            return Err(self.broken(name, "its id is not its folder's name", None));
        }
        Ok(manifest)
    }

    /// The rendered files by path: those for both languages and those for this one.
    pub(super) fn files(&self) -> Result<BTreeMap<String, String>, Error> {
        let mut files = BTreeMap::new();
        for variant in ["shared", self.language.as_str()] {
            let root = format!("{}/{variant}", self.blueprint);
            let Some(folder) = FOLDERS.get_dir(&root) else { continue };
            for file in all_files(folder) {
                let path = relative(file, Path::new(&root));
                let text = self.render(&format!("{variant}/{path}"), file)?;
                if files.insert(path.clone(), text).is_some() {
                    return Err(self.broken(
                        &path,
                        "it is both in shared and in the language's folder",
                        None,
                    ));
                }
            }
        }
        Ok(files)
    }

    fn render(&self, name: &str, file: &File<'_>) -> Result<String, Error> {
        let source = file.contents_utf8().ok_or_else(|| self.broken(name, "it is not UTF-8", None))?;
        self.environment
            .render_named_str(name, source, self.context.clone())
            .map_err(|error| self.broken(name, "it could not be rendered", Some(error.into())))
    }

    /// The error for a defect of this blueprint.
    pub(super) fn broken(
        &self,
        file: &str,
        problem: &str,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        Error::Template {
            blueprint: self.blueprint.into(),
            file: file.into(),
            problem: problem.into(),
            source,
        }
    }
}

/// Whether the blueprint `id` can be rendered in `language`.
pub(crate) fn has_language(id: &str, language: Language) -> bool {
    FOLDERS.get_dir(format!("{id}/{language}")).is_some()
}

fn environment() -> Environment<'static> {
    let syntax = SyntaxConfig::builder()
        .block_delimiters("<%", "%>")
        .variable_delimiters("<<", ">>")
        .comment_delimiters("<#", "#>")
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .expect("the delimiters are not empty and all different");
    let mut environment = Environment::new();
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment
}

fn all_files<'d>(folder: &'d Dir<'d>) -> Vec<&'d File<'d>> {
    let mut files: Vec<&File<'_>> = folder.files().collect();
    files.extend(folder.dirs().flat_map(all_files));
    files
}

/// The path below `root`, with `/` on every system.
fn relative(file: &File<'_>, root: &Path) -> String {
    let below = file.path().strip_prefix(root).unwrap_or(file.path());
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(source: &str) -> Result<String, minijinja::Error> {
        environment().render_named_str(
            "t.html",
            source,
            minijinja::context! { name => "A & B", list => [1, 2] },
        )
    }

    #[test]
    fn blocks_leave_no_lines_and_a_trailing_newline_stays() {
        let source = "a\n  <% for n in list %>\n<< n >>\n  <% endfor %>\n<# gone #>\nb\n";
        assert_eq!(rendered(source).unwrap(), "a\n1\n2\nb\n");
    }

    #[test]
    fn nothing_is_escaped_and_other_delimiters_are_text() {
        assert_eq!(
            rendered("<b><< name >></b> {{ name }} {% if %}").unwrap(),
            "<b>A & B</b> {{ name }} {% if %}"
        );
    }

    #[test]
    fn an_unknown_variable_is_an_error() {
        assert!(rendered("<< nmae >>").is_err());
        assert!(rendered("<% if nmae %>x<% endif %>").is_err());
    }
}
