//! Who may do what: anyone may read what tasks made; pushing, and reading what was made of adopted repositories,
//! needs the token. Also by which names the service may be addressed. Pure.

use std::fmt;
use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

/// How long a token must be, in bytes.
const SHORTEST: usize = 8;

/// What lets its holder push.
#[derive(Clone)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

impl Token {
    /// A token of at least 8 visible ASCII characters.
    pub fn new(text: String) -> Option<Self> {
        let fits = text.len() >= SHORTEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(Self(text))
    }

    /// Whether a request carries the token: as `Bearer`, or as the password of `Basic`, whoever the user.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, credentials)) = value.and_then(|value| value.split_once(' ')) else { return false };
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.is(credentials.trim().as_bytes());
        }
        let decoded = STANDARD.decode(credentials.trim()).unwrap_or_default();
        let password = decoded.splitn(2, |byte| *byte == b':').nth(1);
        scheme.eq_ignore_ascii_case("basic") && password.is_some_and(|password| self.is(password))
    }

    fn is(&self, other: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(other).into()
    }
}

/// Whether a request's `Host` is an address, `localhost` or one of `names`. A name that somebody else made lead here
/// is none of these, so a page of theirs cannot read what is served.
pub(crate) fn is_addressed(headers: &HeaderMap, names: &[String]) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|value| value.to_str().ok()) else { return false };
    let host = without_port(host).to_ascii_lowercase();
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
    host == "localhost" || literal.parse::<IpAddr>().is_ok() || names.contains(&host)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_token_counts_as_bearer_and_as_anyones_password() {
        let token = Token::new("a-good-token".to_owned()).unwrap();
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        for good in
            ["Bearer a-good-token", "bearer a-good-token", &basic("x:a-good-token"), &basic(":a-good-token")]
        {
            assert!(token.is_in(&with(header::AUTHORIZATION, good)), "{good}");
        }
        for bad in ["Bearer a-good-toke", "Bearer", "", "a-good-token", &basic("a-good-token"), "Basic %%%"] {
            assert!(!token.is_in(&with(header::AUTHORIZATION, bad)), "{bad}");
        }
        assert!(!token.is_in(&HeaderMap::new()));
        assert!(
            Token::new("short".to_owned()).is_none() && Token::new("not all visible".to_owned()).is_none()
        );
        assert!(!format!("{token:?}").contains("good"));
    }

    #[test]
    fn only_names_that_are_known_and_addresses_are_answered() {
        let names = ["repositories".to_owned()];
        for good in
            ["localhost", "localhost:8002", "127.0.0.1:8002", "[::1]:8002", "[::1]", "Repositories:8002"]
        {
            assert!(is_addressed(&with(header::HOST, good), &names), "{good}");
        }
        for bad in ["evil.example:8002", "localhost.evil.example", "", "repositories.evil.example"] {
            assert!(!is_addressed(&with(header::HOST, bad), &names), "{bad}");
        }
    }
}
