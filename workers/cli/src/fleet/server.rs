//! A fleet's address, checked when it is read: plain HTTP, a host and a port, nothing else.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// Where a fleet's coordinator answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server(Url);

/// A text that is no fleet's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadServer {
    shown: String,
    rule: &'static str,
}

impl fmt::Display for BadServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server {:?} cannot be used: {}", self.shown, self.rule)
    }
}

impl Server {
    /// The URL of something that the server has; `path` begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl FromStr for Server {
    type Err = BadServer;

    fn from_str(text: &str) -> Result<Self, BadServer> {
        const FORM: &str = "write it as http://HOST:PORT, such as http://127.0.0.1:8001";
        let bad = |rule| BadServer { shown: text.to_owned(), rule };
        let url = Url::parse(text).map_err(|_| bad(FORM))?;
        if !url.username().is_empty() || url.password().is_some() {
            // What stands there may be a secret, so the address is not repeated.
            let rule = "it names a user, and a fleet knows none; leave the part before @ away";
            return Err(BadServer { shown: "http://…@…".into(), rule });
        }
        match url.scheme() {
            "http" => {}
            "https" => {
                let rule = "this version speaks plain HTTP only; reach a fleet on another machine through a tunnel, \
                            such as `ssh -L 8001:127.0.0.1:8001 HOST`, and name http://127.0.0.1:8001";
                return Err(bad(rule));
            }
            _ => return Err(bad(FORM)),
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(bad("nothing may follow the host and the port"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_and_a_port() {
        let server: Server = "http://127.0.0.1:8001/".parse().unwrap();
        assert_eq!(server.to_string(), "http://127.0.0.1:8001");
        assert_eq!(server.url("/api/tasks"), "http://127.0.0.1:8001/api/tasks");
        assert_eq!("http://[::1]:8001".parse::<Server>().unwrap().to_string(), "http://[::1]:8001");
    }

    #[test]
    fn what_cannot_be_a_server_is_refused_with_the_way_out() {
        for (text, hint) in [
            ("https://fleet.example", "ssh -L"),
            ("localhost:8001", "http://HOST:PORT"),
            ("127.0.0.1:8001", "http://HOST:PORT"),
            ("", "http://HOST:PORT"),
            ("http://fleet/api", "nothing may follow"),
            ("http://fleet/?x=1", "nothing may follow"),
        ] {
            let error = text.parse::<Server>().unwrap_err().to_string();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let error = "http://user:secret@fleet:8001".parse::<Server>().unwrap_err().to_string();
        assert!(error.contains("names a user") && !error.contains("secret"), "{error}");
    }
}
