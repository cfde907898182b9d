//! What the server says that it is. The client library reads the greeting and keeps none of it, so the greeting is
//! asked for once more, on a connection of its own, before a session is built.

use std::fmt;
use std::io;
use std::time::Duration;

use futures_util::{AsyncReadExt as _, AsyncWriteExt as _};
use lapin::tcp::AMQPUriTcpExt as _;
use lapin::uri::AMQPUri;

const PROTOCOL_HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";
/// A frame that opens a connection: method frame, channel 0, length, `connection.start`, protocol version.
const PROPERTIES_AT: usize = 7 + 4 + 2;
const LONGEST_GREETING: usize = 64 * 1024;
const WAIT: Duration = Duration::from_secs(10);

/// A server and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) product: String,
    pub(super) version: String,
}

impl Server {
    /// Whether this program was made for it.
    pub(super) fn is_supported(&self) -> bool {
        let major = self.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        self.product == "RabbitMQ" && major.is_some_and(|major| major >= 4)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.product, self.version)
    }
}

/// Asks the server at `uri` what it is.
pub(super) async fn ask(uri: &AMQPUri) -> io::Result<Server> {
    let asked = tokio::time::timeout(WAIT, greeting(uri)).await;
    let greeting =
        asked.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the server does not greet"))??;
    read(&greeting)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the server does not speak AMQP 0-9-1"))
}

async fn greeting(uri: &AMQPUri) -> io::Result<Vec<u8>> {
    let runtime = lapin::runtime::default_runtime().map_err(io::Error::other)?;
    let mut stream = uri.connect_async(&runtime).await?;
    stream.write_all(PROTOCOL_HEADER).await?;
    stream.flush().await?;
    let mut head = [0_u8; 7];
    stream.read_exact(&mut head).await?;
    let length = u32::from_be_bytes([head[3], head[4], head[5], head[6]]) as usize;
    if head[0] != 1 || length > LONGEST_GREETING {
        return Ok(Vec::new());
    }
    let mut frame = head.to_vec();
    frame.resize(head.len() + length, 0);
    stream.read_exact(&mut frame[head.len()..]).await?;
    Ok(frame)
}

/// Finds product and version among the server's properties, a table of named values.
fn read(frame: &[u8]) -> Option<Server> {
    let mut rest = long_string(&mut frame.get(PROPERTIES_AT..)?)?;
    let (mut product, mut version) = (None, None);
    while !rest.is_empty() {
        let length = usize::from(*take(&mut rest, 1)?.first()?);
        let name = take(&mut rest, length)?;
        match (take(&mut rest, 1)?.first()?, name) {
            (b'S', b"product") => product = Some(long_string(&mut rest)?),
            (b'S', b"version") => version = Some(long_string(&mut rest)?),
            (b'S' | b'F' | b'A' | b'x', _) => drop(long_string(&mut rest)?),
            (b't' | b'b' | b'B', _) => drop(take(&mut rest, 1)?),
            (b'I' | b'i' | b'f', _) => drop(take(&mut rest, 4)?),
            (b'l' | b'L' | b'd' | b'T', _) => drop(take(&mut rest, 8)?),
            _ => return None,
        }
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Server { product: text(product?), version: text(version?) })
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

/// A value that begins with its length.
fn long_string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_be_bytes(take(rest, 4)?.try_into().ok()?);
    take(rest, usize::try_from(length).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting(product: &str, version: &str) -> Vec<u8> {
        let mut table = b"\x0ccapabilitiesF\x00\x00\x00\x04\x01at\x01".to_vec();
        for (name, value) in [("product", product), ("version", version)] {
            table.push(7);
            table.extend(name.as_bytes());
            table.push(b'S');
            table.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
            table.extend(value.as_bytes());
        }
        let mut frame = vec![1, 0, 0, 0, 0, 0, 0, 0, 10, 0, 10, 0, 9];
        frame.extend(u32::try_from(table.len()).unwrap().to_be_bytes());
        frame.extend(table);
        frame
    }

    #[test]
    fn the_greeting_names_product_and_version() {
        let server = read(&greeting("RabbitMQ", "4.0.5")).unwrap();
        assert_eq!(server.to_string(), "RabbitMQ 4.0.5");
        assert!(server.is_supported());
    }

    #[test]
    fn other_products_and_older_versions_are_not_supported() {
        for (product, version) in [("RabbitMQ", "3.13.7"), ("LavinMQ", "4.1.0"), ("RabbitMQ", "next")] {
            assert!(!read(&greeting(product, version)).unwrap().is_supported(), "{product} {version}");
        }
    }

    #[test]
    fn a_greeting_that_is_cut_off_is_no_server() {
        let whole = greeting("RabbitMQ", "4.0.5");
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]), None, "{length}");
        }
    }
}
