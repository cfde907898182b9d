//! What may be adopted: a folder, or a URL of a kind that runs no program of the URL's choosing.
//!
//! Pure, but for [`Origin::resolved`], which looks at the folder. Secrets do not belong in a URL: it is logged, shown
//! and kept; a credential helper or an SSH agent holds them.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, shown};

/// Where an adopted repository comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A URL that the `git` program fetches from.
    Network(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Network(url) => f.write_str(url),
        }
    }
}

impl Origin {
    /// Reads a path or a URL.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        parse(text).map_err(|rule| Error::Origin { origin: shown(&without_secret(text), 200), rule })
    }

    /// The same origin with a folder's one true path; a folder must be the top of a whole repository.
    pub(crate) fn resolved(self) -> Result<Self> {
        let Self::Folder(path) = self else { return Ok(self) };
        let real = path.canonicalize().map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::Missing { path: path.clone() },
            _ => Error::files("looking at", &path, source),
        })?;
        open(&real)?;
        Ok(Self::Folder(real))
    }
}

/// Opens a folder's repository: the folder itself, never one around it.
pub(crate) fn open(path: &Path) -> Result<git2::Repository> {
    let repo = git2::Repository::open(path).map_err(|source| match source.code() {
        git2::ErrorCode::NotFound => Error::NotARepository { path: path.to_owned() },
        _ => Error::git("opening the repository", path, source),
    })?;
    if repo.is_shallow() { Err(Error::Shallow { path: path.to_owned() }) } else { Ok(repo) }
}

fn parse(text: &str) -> std::result::Result<Origin, &'static str> {
    if text.is_empty() {
        return Err("it is empty; give a path or a URL");
    }
    if text.starts_with('-') {
        return Err("it begins with a hyphen; write `./` before a folder of that name");
    }
    if text.chars().any(char::is_control) {
        return Err("it has control characters");
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return match scheme.to_ascii_lowercase().as_str() {
            "https" => https(rest).map(|()| Origin::Network(text.to_owned())),
            "ssh" => ssh(rest).map(|()| Origin::Network(text.to_owned())),
            "file" => file(rest).map(Origin::Folder),
            "http" | "git" => Err("it is neither encrypted nor authenticated; use https:// or ssh://"),
            _ => Err("only https://, ssh://, file:// and paths are fetched from"),
        };
    }
    match text.split_once(':') {
        Some((before, _)) if before.contains('/') => Ok(Origin::Folder(PathBuf::from(text))),
        Some((before, path)) => scp(before, path).map(|()| Origin::Network(text.to_owned())),
        None => Ok(Origin::Folder(PathBuf::from(text))),
    }
}

fn https(rest: &str) -> std::result::Result<(), &'static str> {
    let (host, path) = rest.split_once('/').ok_or("the URL has no path")?;
    if host.contains('@') {
        return Err("no user or token in the URL; use a credential helper in the Git configuration file");
    }
    is_host(host)?;
    if path.is_empty() { Err("the URL has no path") } else { Ok(()) }
}

fn ssh(rest: &str) -> std::result::Result<(), &'static str> {
    let (authority, path) = rest.split_once('/').ok_or("the URL has no path")?;
    let host = match authority.rsplit_once('@') {
        Some((user, _)) if user.contains(':') => {
            return Err("no password in the URL; use a key and an SSH agent");
        }
        Some((user, host)) => is_user(user).map(|()| host)?,
        None => authority,
    };
    is_host(host)?;
    if path.is_empty() || path.starts_with('-') { Err("the URL has no path") } else { Ok(()) }
}

/// `user@host:path`; without a user it could be a path with a colon, or a helper such as `ext::`.
fn scp(before: &str, path: &str) -> std::result::Result<(), &'static str> {
    let (user, host) = before.split_once('@').ok_or(
        "write ssh://host/path or user@host:path for a host, and `./` before a folder with a colon in its name",
    )?;
    is_user(user)?;
    is_host(host)?;
    if path.is_empty() || path.starts_with([':', '-']) {
        Err("there is no path after the host")
    } else {
        Ok(())
    }
}

fn file(rest: &str) -> std::result::Result<PathBuf, &'static str> {
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return Err("a file URL is file:// and an absolute path on this machine");
    }
    Ok(PathBuf::from(percent_decoded(path).ok_or("the URL has a percent sign that stands for nothing")?))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            after
        } else {
            bytes.push(*first);
            after
        };
    }
    String::from_utf8(bytes).ok().filter(|decoded| !decoded.chars().any(char::is_control))
}

pub(crate) fn is_host(host: &str) -> std::result::Result<(), &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let starts = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    if starts && host.chars().all(plain) { Ok(()) } else { Err("that is no host name") }
}

fn is_user(user: &str) -> std::result::Result<(), &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let starts = user.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if starts && user.chars().all(plain) { Ok(()) } else { Err("that is no user name") }
}

/// The text without what stands between the scheme and an at sign.
fn without_secret(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.rsplit_once('@') {
        Some((secret, _)) => format!("{scheme}://…{}", &rest[secret.len()..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_the_four_kinds_of_url_are_taken() {
        for path in ["/srv/app", ".", "../app", "app", "./a:b", "/a:b/c", "C/x"] {
            assert_eq!(Origin::parse(path).unwrap(), Origin::Folder(PathBuf::from(path)), "{path}");
        }
        for (url, path) in [
            ("file:///srv/app", "/srv/app"),
            ("file://localhost/srv/app", "/srv/app"),
            ("FILE:///srv/an%20app", "/srv/an app"),
        ] {
            assert_eq!(Origin::parse(url).unwrap(), Origin::Folder(PathBuf::from(path)), "{url}");
        }
        for url in [
            "https://example.com/a/b.git",
            "https://example.com:8443/a",
            "https://[::1]/a",
            "ssh://example.com/a",
            "ssh://git@example.com:2222/a",
            "git@example.com:a/b.git",
        ] {
            assert_eq!(Origin::parse(url).unwrap(), Origin::Network(url.to_owned()), "{url}");
        }
    }

    #[test]
    fn whatever_could_run_a_program_or_carry_a_secret_is_refused() {
        for bad in [
            "",
            "-u./x",
            "--upload-pack=touch x",
            "ext::sh -c touch% x",
            "ext::https://example.com/a",
            "fd::17",
            "foo@ext::x",
            "host:path",
            "C:\\x",
            "http://example.com/a",
            "git://example.com/a",
            "ftp://example.com/a",
            "ext://example.com/a",
            "https://example.com",
            "https://example.com/",
            "https:///a",
            "https://user@example.com/a",
            "https://user:secret@example.com/a",
            "https://-oProxyCommand=x/a",
            "ssh://-oProxyCommand=x/a",
            "ssh://-x@example.com/a",
            "ssh://git:secret@example.com/a",
            "ssh://exa mple/a",
            "ssh://example.com/-x",
            "-x@example.com:a",
            "git@-oProxyCommand=x:a",
            "git@example.com:-x",
            "file://example.com/a",
            "file:a",
            "file:///a%0a",
            "file:///a%zz",
            "file:///a%2",
            "/srv/a\nb",
        ] {
            let error = Origin::parse(bad).expect_err(bad);
            assert_eq!(error.code(), "git.origin-refused", "{bad}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
