//! The small compose file that comes with an application for people who start it themselves. Pure.
//!
//! It is written from values of ours and never from a file that a model wrote; each value is checked, as compose
//! believes every file that it is given.

use slipway_protocol::plan::Language;

/// What the file is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its name: lower-case letters, digits, hyphens.
    pub slug: String,
    /// What it is.
    pub shape: Shape,
}

/// How an application is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// It serves HTTP.
    Server {
        /// The port that it listens on.
        port: u16,
        /// The path that answers when it is well, such as `/healthz`.
        health: String,
        /// The language, whose own program asks for its health.
        language: Language,
    },
    /// It is run and ends.
    Command,
}

/// A value that has no place in a compose file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The name is not one.
    #[error("{slug:?} cannot name a service: lower-case letters, digits and hyphens are wanted")]
    Slug {
        /// The name.
        slug: String,
    },
    /// The health path is not one.
    #[error("{path:?} is no health path: it begins with / and has letters, digits and -._~/ only")]
    Health {
        /// The path.
        path: String,
    },
}

/// Writes the file.
pub fn compose_file(application: &Application) -> Result<String, Refused> {
    let slug = &application.slug;
    check_slug(slug)?;
    let own = match &application.shape {
        Shape::Server { port, health, language } => server(*port, health, *language)?,
        Shape::Command => "    network_mode: none\n    stdin_open: true\n    tty: true\n".to_owned(),
    };
    Ok(format!(
        "# Made by Slipway. Start: {start}\n\
         services:\n  \
           {slug}:\n    \
             build: .\n\
         {own}    \
             init: true\n    \
             read_only: true\n    \
             cap_drop: [ALL]\n    \
             security_opt: [\"no-new-privileges:true\"]\n    \
             mem_limit: 256m\n    \
             memswap_limit: 256m\n    \
             cpus: 1.0\n    \
             pids_limit: 128\n    \
             tmpfs:\n      \
               - \"/tmp:size=64m,mode=1777\"\n      \
               - \"/data:size=64m,mode=1777\"\n",
        start = start(application),
    ))
}

/// The command that starts the application from its folder.
pub fn start(application: &Application) -> String {
    match application.shape {
        Shape::Server { .. } => "docker compose up --build".to_owned(),
        Shape::Command => format!("docker compose run --build --rm {} --help", application.slug),
    }
}

fn server(port: u16, health: &str, language: Language) -> Result<String, Refused> {
    check_health(health)?;
    let url = format!("http://127.0.0.1:{port}{health}");
    let (program, flag, script) = match language {
        Language::Python => {
            ("python3", "-c", format!("import urllib.request; urllib.request.urlopen('{url}', timeout=2)"))
        }
        Language::Node => (
            "node",
            "-e",
            format!("fetch('{url}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"),
        ),
    };
    Ok(format!(
        "    ports: [\"127.0.0.1:{port}:{port}\"]\n    \
             restart: unless-stopped\n    \
             healthcheck:\n      \
               test: [CMD, {program}, {flag}, \"{script}\"]\n      \
               interval: 5s\n      \
               timeout: 3s\n      \
               start_period: 5s\n      \
               retries: 5\n"
    ))
}

/// Whether a text can name images and services.
pub(crate) fn is_slug(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let edge =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|byte| inner(*byte))
        && edge(bytes.first())
        && edge(bytes.last())
        && !text.contains("--")
}

fn check_slug(slug: &str) -> Result<(), Refused> {
    if is_slug(slug) { Ok(()) } else { Err(Refused::Slug { slug: slug.to_owned() }) }
}

fn check_health(path: &str) -> Result<(), Refused> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if path.starts_with('/') && path.len() <= 200 && path.bytes().all(plain) {
        Ok(())
    } else {
        Err(Refused::Health { path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_could_say_more_than_they_should_are_refused() {
        for slug in ["", "A", "a b", "a\n", "a:", "-a", "a-", "a--b", "${A}", &"a".repeat(64)] {
            let application = Application { slug: slug.to_owned(), shape: Shape::Command };
            assert!(matches!(compose_file(&application), Err(Refused::Slug { .. })), "{slug:?}");
        }
        for health in ["", "healthz", "/a b", "/$A", "/a\"", "/a'", "/\n"] {
            let shape = Shape::Server { port: 8080, health: health.to_owned(), language: Language::Python };
            let application = Application { slug: "a".into(), shape };
            assert!(matches!(compose_file(&application), Err(Refused::Health { .. })), "{health:?}");
        }
    }
}
