//! Records as lines, and how a torn end is told from damage. Bytes in, bytes out: no file here.
//!
//! An append writes one line and then flushes it, so only the last line can be torn. A torn line either lacks its end
//! or, on file systems that grow the file before they fill it, ends in zero bytes. A complete line whose checksum or
//! sequence does not hold is damage wherever it stands, since it was flushed and then changed.

use std::io::Write as _;

/// `<8 hex> <8 hex> `.
const HEADER: usize = 18;

/// A checked record.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// The line's first byte.
    pub(crate) offset: usize,
    /// Its content.
    pub(crate) json: &'a [u8],
}

/// How the file ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// With a whole record, or with none at all.
    Whole,
    /// With a torn record that begins at `offset`.
    Torn {
        /// The torn line's first byte.
        offset: usize,
    },
}

/// A damaged line.
#[derive(Debug)]
pub(crate) struct Damage {
    pub(crate) line: usize,
    pub(crate) offset: usize,
    pub(crate) problem: String,
}

/// Writes record number `sequence` as a line into `line`.
pub(crate) fn write(line: &mut Vec<u8>, sequence: u32, json: &[u8]) {
    line.clear();
    let checksum = checksum(sequence, json);
    write!(line, "{sequence:08x} {checksum:08x} ").expect("writing to memory cannot fail");
    line.extend_from_slice(json);
    line.push(b'\n');
}

/// Reads all lines.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Record<'_>>, Tail), Damage> {
    let mut records = Vec::new();
    let mut offset = 0;
    while offset < bytes.len() {
        let rest = &bytes[offset..];
        let end = rest.iter().position(|byte| *byte == b'\n');
        let is_last = end.is_none_or(|end| offset + end + 1 == bytes.len());
        let line = &rest[..end.unwrap_or(rest.len())];
        let torn = end.is_none() || (is_last && line.contains(&0));
        if torn {
            return Ok((records, Tail::Torn { offset }));
        }
        let sequence = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let json =
            check(line, sequence).map_err(|problem| Damage { line: records.len() + 1, offset, problem })?;
        records.push(Record { offset, json });
        offset += line.len() + 1;
    }
    Ok((records, Tail::Whole))
}

fn check(line: &[u8], sequence: u32) -> Result<&[u8], String> {
    let header = line.get(..HEADER).and_then(|header| std::str::from_utf8(header).ok());
    let numbers = header.and_then(|header| {
        let (first, second) = header.trim_end().split_once(' ')?;
        Some((u32::from_str_radix(first, 16).ok()?, u32::from_str_radix(second, 16).ok()?))
    });
    let Some((found, stated)) = numbers else {
        return Err("it does not begin with a sequence number and a checksum".into());
    };
    let json = &line[HEADER..];
    if checksum(found, json) != stated {
        return Err("its checksum does not hold".into());
    }
    if found != sequence {
        return Err(format!("it is record {found} where record {sequence} belongs"));
    }
    Ok(json)
}

fn checksum(sequence: u32, json: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&sequence.to_be_bytes()), json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_lines() -> Vec<u8> {
        let mut bytes = Vec::new();
        for (sequence, json) in ["{\"a\":1}", "{\"b\":22}", "{\"c\":333}"].iter().enumerate() {
            let mut line = Vec::new();
            write(&mut line, u32::try_from(sequence).unwrap(), json.as_bytes());
            bytes.extend(line);
        }
        bytes
    }

    #[test]
    fn a_file_cut_anywhere_keeps_its_whole_records_and_loses_only_the_torn_one() {
        let bytes = three_lines();
        for cut in 0..=bytes.len() {
            let (records, tail) = read(&bytes[..cut]).unwrap();
            let whole = bytes[..cut].split(|byte| *byte == b'\n').count() - 1;
            assert_eq!(records.len(), whole, "cut at {cut}");
            let ends_whole = cut == 0 || bytes[cut - 1] == b'\n';
            assert_eq!(tail == Tail::Whole, ends_whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_grown_but_unfilled_end_is_torn_and_not_damage() {
        let mut bytes = three_lines();
        let whole = bytes.len();
        bytes.extend([0_u8; 40]);
        assert_eq!(read(&bytes).unwrap().1, Tail::Torn { offset: whole });
        let mut bytes = three_lines();
        let last = bytes.len() - 12;
        bytes[last..whole - 1].fill(0);
        assert!(matches!(read(&bytes).unwrap().1, Tail::Torn { .. }));
    }

    #[test]
    fn every_changed_byte_of_a_flushed_record_is_reported_with_its_line() {
        let bytes = three_lines();
        let last_newline = bytes.len() - 1;
        for position in 0..last_newline {
            let mut changed = bytes.clone();
            changed[position] ^= 0x01;
            let line = bytes[..position].split(|byte| *byte == b'\n').count();
            let damage = read(&changed).expect_err(&format!("byte {position} was changed"));
            assert!(damage.line <= line, "byte {position}: line {} reported, {line} changed", damage.line);
        }
    }

    #[test]
    fn a_missing_or_repeated_line_is_damage() {
        let bytes = three_lines();
        let first = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        assert_eq!(read(&bytes[first..]).unwrap_err().line, 1);
        let doubled = [&bytes[..first], &bytes[..]].concat();
        assert_eq!(read(&doubled).unwrap_err().line, 2);
    }
}
