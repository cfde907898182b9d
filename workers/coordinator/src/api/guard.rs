//! Who is let in while there is no login: whoever can reach the address, but no web page of somebody else's.
//!
//! A browser sends a page's requests to this machine too. A page whose name was bent to this address (DNS rebinding) is
//! told apart by `Host`, any other page by `Origin`, `Sec-Fetch-Site` and the content type, which a page cannot choose
//! without asking first.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::problem::Problem;

/// The names under which the HTTP surface may be reached.
#[derive(Debug, Clone)]
pub(super) struct Hosts(Arc<Vec<String>>);

impl Hosts {
    /// Loopback's names, and `more`.
    pub(super) fn new(more: &[String]) -> Self {
        let names = more.iter().map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty());
        Self(Arc::new(names.collect()))
    }

    /// Whether a `Host` header, with or without a port, names this server.
    fn are(&self, host: &str) -> bool {
        let name = name_of(host);
        let literal = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
        let is_loopback = literal.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        is_loopback || name == "localhost" || self.0.iter().any(|known| *known == name || known == host)
    }
}

/// The name in `name`, `name:port` or `[address]:port`, in lower case.
fn name_of(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Lets a request pass, or says why not.
pub(super) async fn guard(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let mut response = match check(&hosts, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    harden(response.headers_mut());
    response
}

fn check(hosts: &Hosts, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let host = one(headers, &header::HOST);
    let named_otherwise = request.uri().authority().is_some_and(|authority| !hosts.are(authority.as_str()));
    let Some(host) = host.filter(|host| hosts.are(host) && !named_otherwise) else {
        let detail = "the request's Host is no name of this server; reach it as localhost, or add the name to api.hosts";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "api.host", detail));
    };
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    if is_foreign(headers, host) {
        let detail = "a web page of another origin may not change anything here";
        return Err(Problem::new(StatusCode::FORBIDDEN, "api.origin", detail));
    }
    Ok(())
}

/// The one value of a header; none where there are several, or where it is not text.
fn one<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Whether a browser says that the request comes from elsewhere than from a page of this server. Other programs send
/// neither header.
fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let own = |origin: &str| {
        origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
    };
    let foreign_origin =
        headers.contains_key(header::ORIGIN) && !one(headers, &header::ORIGIN).is_some_and(own);
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    foreign_origin || site.is_some_and(|site| site != b"same-origin" && site != b"none")
}

/// What generated code left, such as a page with scripts, must not run in this server's name.
fn harden(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    );
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Whether a content type is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = one(headers, &header::CONTENT_TYPE) else { return false };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().method(method).uri("/api/tasks");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    fn checked(method: &str, headers: &[(&str, &str)]) -> bool {
        check(&Hosts::new(&["Fleet.example".to_owned(), " ".to_owned()]), &request(method, headers)).is_ok()
    }

    #[test]
    fn only_names_of_this_server_are_answered() {
        for host in [
            "localhost",
            "localhost:8001",
            "LocalHost.:8001",
            "127.0.0.1:8001",
            "127.1.2.3",
            "[::1]:8001",
            "[::1]",
            "fleet.example",
            "fleet.example:80",
        ] {
            assert!(checked("GET", &[("host", host)]), "{host}");
        }
        for host in [
            "",
            ":8001",
            "evil.example",
            "localhost.evil.example",
            "evil.example:8001",
            "127.0.0.1.evil.example",
            "192.168.1.7:8001",
            "[::2]",
            "0.0.0.0",
            "localhost:80@evil.example",
        ] {
            assert!(!checked("GET", &[("host", host)]), "{host}");
        }
        assert!(!checked("GET", &[]), "no Host");
        assert!(!checked("GET", &[("host", "localhost"), ("host", "evil.example")]), "two Hosts");
    }

    #[test]
    fn an_absolute_address_must_name_this_server_too() {
        let mut request = request("GET", &[("host", "localhost")]);
        *request.uri_mut() = "http://evil.example/api/tasks".parse().unwrap();
        assert!(check(&Hosts::new(&[]), &request).is_err());
    }

    #[test]
    fn a_page_of_another_origin_reads_nothing_it_could_use_and_changes_nothing() {
        let host = ("host", "localhost:8001");
        assert!(checked("POST", &[host]), "a program that is no browser");
        assert!(checked(
            "POST",
            &[host, ("origin", "http://localhost:8001"), ("sec-fetch-site", "same-origin")]
        ));
        assert!(
            checked("GET", &[host, ("origin", "https://evil.example")]),
            "its answer stays out of the page's reach"
        );
        for foreign in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", ""),
            ("origin", "http://localhost:3000"),
            ("origin", "http://localhost:8001.evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!checked("POST", &[host, foreign]), "{foreign:?}");
            assert!(!checked("DELETE", &[host, foreign]), "{foreign:?}");
        }
    }

    #[test]
    fn json_is_known_by_its_content_type() {
        for (content_type, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/cloudevents+json", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("text/x+json", false),
        ] {
            assert_eq!(
                is_json(request("POST", &[("content-type", content_type)]).headers()),
                json,
                "{content_type}"
            );
        }
    }
}
