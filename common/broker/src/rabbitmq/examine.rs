//! One look at a server: its greeting, then a connection of its own, then the names that must be there.

use std::time::Duration;

use lapin::{Connection, ConnectionProperties};

use super::publisher::protocol_error;
use super::{declare, parse, server};
use crate::{ExamineError, TopologyError, without_password};

/// How long the login may take.
const LOGIN_LIMIT: Duration = Duration::from_secs(10);
/// How long the comparison may take.
const COMPARE_LIMIT: Duration = Duration::from_secs(10);

/// Looks at the server at `url`; gives back what it is.
pub(crate) async fn examine(url: &str) -> Result<String, ExamineError> {
    let uri = parse(url)?;
    let asked = server::ask(&uri).await;
    let found = asked.map_err(|source| ExamineError::Unreachable { url: without_password(url), source })?;
    let server = found.to_string();
    if !found.is_supported() {
        return Err(ExamineError::Server { server });
    }
    let login = Connection::connect_uri(
        uri,
        ConnectionProperties::default().with_connection_name("slipway doctor".into()),
    );
    let connection = match tokio::time::timeout(LOGIN_LIMIT, login).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return Err(ExamineError::Login { server, reason: said(&error) }),
        Err(_) => return Err(ExamineError::Login { server, reason: "it does not answer in time".into() }),
    };
    let compared = tokio::time::timeout(COMPARE_LIMIT, declare::compare(&connection, &[])).await;
    let compared = compared.unwrap_or_else(|_| Err(TopologyError::Down("it does not answer in time".into())));
    // Whether the server hears the goodbye changes nothing of what was seen.
    let _gone = tokio::time::timeout(Duration::from_secs(2), connection.close(200, "OK".into())).await;
    match compared {
        Ok(()) => Ok(server),
        Err(source) => Err(ExamineError::Topology { server, source }),
    }
}

/// The server's own words, where it had any.
fn said(error: &lapin::Error) -> String {
    protocol_error(error).map_or_else(|| error.to_string(), |(_, text)| text)
}
