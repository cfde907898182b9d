//! The list of what tasks made: for people as a page, for programs as JSON.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::http::Desk;
use crate::refusal::Refusal;

/// How many repositories one page lists.
const PAGE: usize = 500;

/// Which page.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    #[serde(default)]
    after: String,
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<Item>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Item {
    name: String,
    path: String,
}

/// What tasks made, by name: as JSON where that is asked for, else as a page.
pub(crate) async fn list(
    State(desk): State<Desk>,
    Query(page): Query<Page>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let names = desk.folder().list(&page.after, PAGE)?;
    let next = names.last().filter(|_| names.len() == PAGE).cloned();
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("application/json") {
        let items = names.into_iter().map(|name| Item { path: format!("/{name}"), name }).collect();
        return Ok(axum::Json(Listed { items, next }).into_response());
    }
    // Names are made of letters, digits and hyphens, so there is nothing to escape.
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).filter(|host| is_plain(host));
    let host = host.unwrap_or("localhost");
    let mut lines = String::new();
    for name in &names {
        lines.extend(["<li><code>git clone http://", host, "/", name, "</code></li>\n"]);
    }
    let more = next.map(|next| format!("<p><a href=\"/?after={next}\">more</a></p>\n")).unwrap_or_default();
    let text = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Repositories</title>\n\
         <h1>Repositories</h1>\n<ul>\n{lines}</ul>\n{more}</html>\n"
    );
    Ok(Html(text).into_response())
}

fn is_plain(host: &str) -> bool {
    host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']'))
}
