//! A log that keeps its beginning and its end and drops what lies between, so that endless printing costs nothing.

use std::collections::VecDeque;

/// What a command printed, kept within a limit.
#[derive(Debug)]
pub(crate) struct CappedLog {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    limit: usize,
    seen: u64,
}

impl CappedLog {
    /// A log that keeps at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), limit, seen: 0 }
    }

    /// Takes what was printed.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.seen += bytes.len() as u64;
        let room = (self.limit - self.limit / 2).saturating_sub(self.head.len());
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);
        let room = self.limit / 2;
        let rest = &rest[rest.len().saturating_sub(room)..];
        let over = (self.tail.len() + rest.len()).saturating_sub(room);
        self.tail.drain(..over);
        self.tail.extend(rest);
    }

    /// How much was printed, in bytes.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// The kept bytes, and whether some were dropped. A line of ours stands where they were.
    pub(crate) fn finish(self) -> (Vec<u8>, bool) {
        let kept = self.head.len() + self.tail.len();
        let dropped = self.seen - kept as u64;
        let mut log = self.head;
        if dropped > 0 {
            log.extend_from_slice(format!("\n[slipway: {dropped} bytes left out]\n").as_bytes());
        }
        log.extend(self.tail);
        (log, dropped > 0)
    }

    /// The last kept bytes as text, for an error.
    pub(crate) fn tail(self, bytes: usize) -> String {
        tail(&self.finish().0, bytes)
    }
}

/// The last `bytes` of a log as text, for an error.
pub(crate) fn tail(log: &[u8], bytes: usize) -> String {
    let from = log.len().saturating_sub(bytes);
    String::from_utf8_lossy(&log[from..]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_whole() {
        let mut log = CappedLog::new(10);
        log.push(b"12345");
        log.push(b"67890");
        assert_eq!(log.finish(), (b"1234567890".to_vec(), false));
    }

    #[test]
    fn what_does_not_fit_keeps_its_beginning_and_its_end_however_it_is_cut() {
        let text: Vec<u8> = (b'a'..=b'z').collect();
        for size in 1..=26 {
            let mut log = CappedLog::new(7);
            text.chunks(size).for_each(|chunk| log.push(chunk));
            let (kept, truncated) = log.finish();
            assert!(truncated);
            assert_eq!(
                String::from_utf8(kept).unwrap(),
                "abcd\n[slipway: 19 bytes left out]\nxyz",
                "by {size}"
            );
        }
    }

    #[test]
    fn a_limit_of_nothing_keeps_nothing() {
        let mut log = CappedLog::new(0);
        log.push(b"abc");
        assert_eq!(log.finish(), (b"\n[slipway: 3 bytes left out]\n".to_vec(), true));
    }
}
