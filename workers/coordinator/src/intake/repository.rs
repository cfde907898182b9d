//! Which repositories a fleet may be sent to: URLs that every worker reaches, and that hold no secret, since they are
//! kept, shown and logged. What exactly Git is given is judged again where it is given, in `git-store`.

use super::{Rejected, shown};

const LIMIT: usize = 2048;

/// Takes `https://host/path`, `ssh://user@host/path` and `user@host:path`.
pub(super) fn check(url: &str) -> Result<(), Rejected> {
    let refused = |rule: &str| {
        let detail = format!("repository {} is not taken: {rule}", shown(&without_secret(url)));
        Err(Rejected::new("intake.repository", detail))
    };
    if url.is_empty() || url.len() > LIMIT || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refused("write a URL of at most 2048 characters, without spaces, or leave it out");
    }
    if has_secret(url) {
        let detail = format!(
            "repository {} holds a user name or a password; leave them out and give the workers a credential helper",
            shown(&without_secret(url))
        );
        return Err(Rejected::new("intake.repository-secret", detail));
    }
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if ["https", "ssh"].contains(&scheme.to_ascii_lowercase().as_str()) => rest,
        Some(("file" | "FILE", _)) => {
            return refused("a fleet cannot reach a folder; push it to a host and write its URL");
        }
        Some(("http" | "git", _)) => {
            return refused("it is neither encrypted nor authenticated; write https:// or ssh://");
        }
        Some(_) => return refused("write https:// or ssh://"),
        None => match url.split_once(':') {
            Some((before, path))
                if is_user_at_host(before) && !path.is_empty() && !path.starts_with(['-', ':']) =>
            {
                return Ok(());
            }
            _ => return refused("a fleet cannot reach a folder; write the URL of a repository on a host"),
        },
    };
    match rest.split_once('/') {
        Some((authority, path)) if is_authority(authority) && !path.is_empty() && !path.starts_with('-') => {
            Ok(())
        }
        _ => refused("write https://host/path or ssh://git@host/path"),
    }
}

/// Anything before an at sign of `https://`, and anything with a colon there of any other scheme.
fn has_secret(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    !scheme.eq_ignore_ascii_case("ssh") || user.contains(':')
}

/// The URL without what stands between its scheme and an at sign.
fn without_secret(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.rsplit_once('@') {
        Some((secret, _)) => format!("{scheme}://…{}", &rest[secret.len()..]),
        None => url.to_owned(),
    }
}

fn is_user_at_host(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| is_user(user) && is_host(host))
}

fn is_authority(text: &str) -> bool {
    match text.split_once('@') {
        Some((user, host)) => is_user(user) && is_host(host),
        None => is_host(text),
    }
}

fn is_user(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn is_host(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-:[]".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_on_a_host_is_taken() {
        for url in [
            "https://example.com/a/b.git",
            "https://example.com:8443/a",
            "HTTPS://example.com/a",
            "https://[::1]/a",
            "ssh://git@example.com:2222/a",
            "ssh://example.com/a",
            "git@example.com:a/b.git",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn folders_programs_and_unencrypted_urls_are_refused() {
        for url in [
            "",
            " ",
            "/srv/app",
            "./app",
            "app",
            "C:\\x",
            "file:///srv/app",
            "FILE:///srv/app",
            "http://example.com/a",
            "git://example.com/a",
            "ext::sh -c x",
            "ext::https://example.com/a",
            "ext://example.com/a",
            "fd::17",
            "host:path",
            "foo@ext::x",
            "https://example.com",
            "https://example.com/",
            "https:///a",
            "https://-oProxyCommand=x/a",
            "ssh://-oProxyCommand=x/a",
            "-x@example.com:a",
            "git@-oProxyCommand=x:a",
            "git@example.com:-x",
            "https://example.com/a\nb",
            "https://exa mple.com/a",
        ] {
            assert_eq!(check(url).expect_err(url).code, "intake.repository", "{url}");
        }
        assert!(check(&format!("https://example.com/{}", "a".repeat(LIMIT))).is_err());
    }

    #[test]
    fn a_secret_in_a_url_is_refused_and_not_repeated() {
        for url in [
            "https://secret@example.com/a",
            "https://user:secret@example.com/a",
            "ssh://git:secret@example.com/a",
            "http://user:secret@example.com/a",
        ] {
            let rejected = check(url).expect_err(url);
            assert_eq!(rejected.code, "intake.repository-secret", "{url}");
            assert!(!rejected.detail.contains("secret@"), "{}", rejected.detail);
        }
    }
}
