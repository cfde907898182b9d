//! The fleet's `repositories` service: where it is, what opens it for writing, and how repositories are named there.
//!
//! What travels to and from it is in `shared.rs`; how the `git` program is given the token is in `program.rs`.

use std::fmt;

use crate::error::{Error, Result, shown};
use crate::origin::is_host;

/// The service that a fleet's processes share their repositories through. Each process keeps its own clones; what one
/// makes reaches the others by way of this.
#[derive(Clone, PartialEq, Eq)]
pub struct Remote {
    base: String,
    token: Option<String>,
}

impl Remote {
    /// The service at `base_url` (`http://host:port` or `https://…`, with a path if it has one), and the token that
    /// lets its holder push. Without a token it can be read from alone.
    ///
    /// It is reached directly, through no proxy. Plain `http` is allowed for this one base alone: in a fleet it is a
    /// name on a network of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Remote`] when the URL has another scheme, a user, a query or no host, or the token has characters
    /// that a header cannot carry.
    pub fn new(base_url: &str, token: Option<String>) -> Result<Self> {
        let refused = |rule| Error::Remote { url: shown(base_url, 200), rule };
        let base = base_url.trim_end_matches('/');
        check(base).map_err(|rule| match rule {
            // The URL may hold a secret, so it is not repeated.
            HAS_USER => Error::Remote { url: "…".to_owned(), rule },
            _ => refused(rule),
        })?;
        if let Some(token) = &token
            && !is_token(token)
        {
            return Err(refused("its token is empty or has characters other than visible ASCII"));
        }
        Ok(Self { base: base.to_owned(), token })
    }

    /// The service's URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// The URL of a repository there.
    pub(crate) fn url(&self, repository: &str) -> String {
        format!("{}/{repository}", self.base)
    }

    /// The one protocol that it is spoken to by.
    pub(crate) fn protocol(&self) -> &'static str {
        if self.base.starts_with("https:") { "https" } else { "http" }
    }

    /// Git's settings that carry the token, for the environment: arguments are seen by every user of a machine.
    pub(crate) fn secret_settings(&self) -> Vec<(String, String)> {
        let header =
            |token| (format!("http.{}/.extraHeader", self.base), format!("Authorization: Bearer {token}"));
        self.token.iter().map(header).collect()
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "hidden");
        f.debug_struct("Remote").field("base", &self.base).field("token", &token).finish()
    }
}

const HAS_USER: &str = "no user or token in the URL; the token is a setting of its own";

fn check(base: &str) -> std::result::Result<(), &'static str> {
    let rest = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://"));
    let rest = rest.ok_or("it must begin with http:// or https://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if rest.contains('@') {
        return Err(HAS_USER);
    }
    is_host(host)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '/');
    if path.chars().all(plain) { Ok(()) } else { Err("its path has characters that do not belong there") }
}

fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_host_and_perhaps_a_path() {
        for good in ["http://repositories:8002", "https://git.example.com/slipway/", "http://[::1]:8002"] {
            let remote = Remote::new(good, None).unwrap();
            assert_eq!(remote.url("a.git"), format!("{}/a.git", good.trim_end_matches('/')));
        }
        for bad in [
            "",
            "repositories",
            "ssh://host",
            "http://",
            "http:///a",
            "http://a/?b",
            "http://a b",
            "file:///a",
        ] {
            assert_eq!(Remote::new(bad, None).unwrap_err().code(), "git.remote-refused", "{bad}");
        }
    }

    #[test]
    fn the_token_is_in_no_text_that_is_shown() {
        let remote = Remote::new("http://host", Some("secret-1".to_owned())).unwrap();
        assert!(!format!("{remote:?}").contains("secret"));
        assert!(!remote.url("a.git").contains("secret"));
        let error = Remote::new("http://me:secret-1@host", None).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        for bad in ["", "a b", "a\nb", "é"] {
            assert!(Remote::new("http://host", Some(bad.to_owned())).is_err(), "{bad:?}");
        }
    }
}
