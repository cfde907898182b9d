//! Server-sent events, read from whatever pieces the network delivers. Pure: bytes in, messages out.
//!
//! The format is WHATWG's, <https://html.spec.whatwg.org/multipage/server-sent-events.html>. What one message may
//! hold is limited, so that a server which is none of ours cannot fill the memory.

/// The longest line and the longest data of one message, in bytes. An event is far smaller.
pub(super) const LIMIT: usize = 4 * 1024 * 1024;

/// One message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// The newest id that the stream has named.
    pub(super) id: Option<String>,
    /// Its type; empty when none was said.
    pub(super) event: String,
    /// Its data, lines joined by line feeds.
    pub(super) data: String,
}

/// More than [`LIMIT`] bytes without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// Reads a stream piece by piece.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    after_carriage_return: bool,
    past_first_line: bool,
    id: Option<String>,
    event: String,
    data: Option<String>,
}

impl Parser {
    /// Takes the next piece of the stream and returns the messages that it completes.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<Vec<Message>, TooLong> {
        let mut messages = Vec::new();
        for &byte in piece {
            let ends_the_same_line = byte == b'\n' && self.after_carriage_return;
            self.after_carriage_return = byte == b'\r';
            if ends_the_same_line {
                continue;
            }
            if byte == b'\n' || byte == b'\r' {
                messages.extend(self.end_line()?);
            } else if self.line.len() == LIMIT {
                return Err(TooLong);
            } else {
                self.line.push(byte);
            }
        }
        Ok(messages)
    }

    fn end_line(&mut self) -> Result<Option<Message>, TooLong> {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let first = !std::mem::replace(&mut self.past_first_line, true);
        let line = if first { text.trim_start_matches('\u{feff}') } else { &text };
        if line.is_empty() {
            return Ok(self.end_message());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => self.add_data(value)?,
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            // A comment, a pause that the server proposes, or a field that is not known.
            _ => {}
        }
        Ok(None)
    }

    fn add_data(&mut self, value: &str) -> Result<(), TooLong> {
        match &mut self.data {
            None => self.data = Some(value.to_owned()),
            Some(data) if data.len() + value.len() >= LIMIT => return Err(TooLong),
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
        }
        Ok(())
    }

    fn end_message(&mut self) -> Option<Message> {
        let event = std::mem::take(&mut self.event);
        let data = self.data.take()?;
        Some(Message { id: self.id.clone(), event, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, event: &str, data: &str) -> Message {
        Message { id: Some(id.to_owned()), event: event.to_owned(), data: data.to_owned() }
    }

    fn read(pieces: &[&[u8]]) -> Vec<Message> {
        let mut parser = Parser::default();
        pieces.iter().flat_map(|piece| parser.push(piece).unwrap()).collect()
    }

    #[test]
    fn a_stream_reads_the_same_however_it_is_cut() {
        let stream =
            "\u{feff}: hello\r\n\r\nid: 7\r\nevent: plan.created\r\ndata: {\"a\":\r\ndata: \"ü\"}\r\n\r\n\
                      retry: 1000\nid:8\rdata\n\nevent: unfinished\ndata: x\n"
                .as_bytes();
        let wanted = [message("7", "plan.created", "{\"a\":\n\"ü\"}"), message("8", "", "")];
        assert_eq!(read(&[stream]), wanted);
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(read(&bytes), wanted);
        for cut in 0..stream.len() {
            assert_eq!(read(&[&stream[..cut], &stream[cut..]]), wanted, "cut at {cut}");
        }
    }

    #[test]
    fn a_message_without_data_is_none_and_leaves_its_id() {
        assert_eq!(read(&[b"id: 3\n\ndata: x\n\n"]), [message("3", "", "x")]);
        assert_eq!(read(&[b": keep-alive\n\n\n\n"]), []);
    }

    #[test]
    fn a_line_without_an_end_and_data_without_an_end_are_refused() {
        let mut parser = Parser::default();
        assert_eq!(parser.push(&vec![b'x'; LIMIT]), Ok(vec![]));
        assert_eq!(parser.push(b"x"), Err(TooLong));
        let mut parser = Parser::default();
        let line = format!("data:{}\n", "x".repeat(LIMIT / 2));
        assert_eq!(parser.push(line.as_bytes()), Ok(vec![]));
        assert_eq!(parser.push(line.as_bytes()), Err(TooLong));
    }
}
