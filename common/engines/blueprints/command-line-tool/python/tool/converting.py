"""Converts between CSV with a header line and JSON with a list of flat objects."""
from __future__ import annotations

import csv
import io
import json
import os
from typing import Any, Optional

FORMATS = ("csv", "json")


class ConversionError(ValueError):
    """The input is not what its format promises."""


def format_of(name: Optional[str]) -> Optional[str]:
    """Return the format that the end of a file name stands for, if it is a known one."""
    suffix = os.path.splitext(name or "")[1].lower().lstrip(".")
    return suffix if suffix in FORMATS else None


def convert(text: str, source: str, target: str) -> str:
    """Return the text in another format; the same format is checked and written anew."""
    records = read_csv(text) if source == "csv" else read_json(text)
    return write_csv(records) if target == "csv" else write_json(records)


def read_csv(text: str) -> list[dict[str, Any]]:
    """Return one record for each row after the header; every value is text."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records = []
    header: Optional[list[str]] = None
    try:
        for row in reader:
            if not row:
                continue
            if header is None:
                header = check_header(row)
            elif len(row) != len(header):
                raise ConversionError(f"line {reader.line_num}: {len(row)} fields, but the header has {len(header)}")
            else:
                records.append(dict(zip(header, row)))
    except csv.Error as error:
        raise ConversionError(f"line {reader.line_num}: {error}") from None
    return records


def check_header(header: list[str]) -> list[str]:
    """Return the header, if every field has a name of its own."""
    for name in header:
        if not name.strip():
            raise ConversionError("line 1: a field of the header has no name")
        if header.count(name) > 1:
            raise ConversionError(f'line 1: the field "{name}" is there twice')
    return header


def read_json(text: str) -> list[dict[str, Any]]:
    """Return the records of a JSON list."""
    try:
        records = json.loads(text, parse_constant=refuse_constant)
    except RecursionError:
        raise ConversionError("the JSON is nested too deeply") from None
    except ValueError as error:
        raise ConversionError(f"not valid JSON: {error}") from None
    if not isinstance(records, list):
        raise ConversionError("the JSON must be a list of objects")
    for number, record in enumerate(records, 1):
        check_record(number, record)
    return records


def refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which are not JSON."""
    raise ValueError(f"{name} is not a number")


def check_record(number: int, record: Any) -> None:
    """Refuse what does not fit into a row."""
    if not isinstance(record, dict):
        raise ConversionError(f"entry {number}: must be an object")
    for name, value in record.items():
        if value in (float("inf"), float("-inf")):
            raise ConversionError(f'entry {number}: the number in the field "{name}" is too large')
        if isinstance(value, (dict, list)):
            raise ConversionError(f'entry {number}: the field "{name}" holds another list or object')


def write_csv(records: list[dict[str, Any]]) -> str:
    """Return a header with every field in the order of its first use, and one row for each record."""
    fields = list(dict.fromkeys(name for record in records for name in record))
    if not fields:
        return ""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(fields)
    for record in records:
        writer.writerow([cell(record.get(name)) for name in fields])
    return output.getvalue()


def cell(value: Any) -> str:
    """Return a value as the text of a cell; null is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def write_json(records: list[dict[str, Any]]) -> str:
    """Return the records as indented JSON."""
    return json.dumps(records, ensure_ascii=False, indent=2) + "\n"
