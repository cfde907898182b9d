"""Runs the subcommands and decides on the exit code."""
from __future__ import annotations

import argparse
from collections import Counter
from typing import Iterator

from tool.arguments import read_arguments
from tool.converting import ConversionError, convert, format_of
from tool.counting import Count, count_text, count_words, most_frequent
from tool.finding import Match, PatternError, compile_pattern, find_lines
from tool.slugs import SlugError, make_slug
from tool.streams import InputError, Streams, input_names, split_lines

DONE = 0
NOTHING_FOUND = 1
WRONG_USAGE = 2
BAD_INPUT = 3


class UsageError(Exception):
    """The arguments do not say enough."""


def main(arguments: list[str], streams: Streams) -> int:
    """Run the command line and return the exit code."""
    options = read_arguments(arguments)
    commands = {"count": run_count, "find": run_find, "convert": run_convert, "slug": run_slug}
    try:
        return commands[options.command](options, streams)
    except (UsageError, PatternError) as error:
        streams.complain(error)
        return WRONG_USAGE
    except (InputError, ConversionError, SlugError) as error:
        streams.complain(error)
        return BAD_INPUT


class Inputs:
    """Reads several inputs; one that cannot be read is reported and the others go on."""

    def __init__(self, names: list[str], streams: Streams) -> None:
        self.names = input_names(names)
        self.streams = streams
        self.failed = False

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of every input that can be read."""
        for name in self.names:
            try:
                text = self.streams.read(name)
            except InputError as error:
                self.streams.complain(error)
                self.failed = True
                continue
            yield name, text


def run_count(options: argparse.Namespace, streams: Streams) -> int:
    """Count what is in each input and in all of them."""
    inputs = Inputs(options.files, streams)
    counts: list[tuple[str, Count]] = []
    words: Counter = Counter()
    for name, text in inputs:
        counts.append((name, count_text(text)))
        words.update(count_words(text) if options.top else {})
    total = Count(0, 0, 0)
    for _, count in counts:
        total = total.plus(count)
    top = most_frequent(words, options.top or 0)
    if options.json:
        print_counts_as_json(counts, total, top if options.top else None, streams)
    elif counts:
        print_counts(counts if len(inputs.names) == 1 else [*counts, ("total", total)], top, streams)
    return BAD_INPUT if inputs.failed else DONE


def print_counts(counts: list[tuple[str, Count]], top: list[tuple[str, int]], streams: Streams) -> None:
    """Write a table of the counts, and the most frequent words below it."""
    streams.print("    lines     words  characters")
    for name, count in counts:
        label = "" if name == "-" else f"  {name}"
        streams.print(f"{count.lines:>9} {count.words:>9} {count.characters:>11}{label}")
    if top:
        streams.print("")
    for word, number in top:
        streams.print(f"{number:>9}  {word}")


def print_counts_as_json(counts, total: Count, top, streams: Streams) -> None:
    """Write the counts as JSON."""
    result = {"files": [{"file": name, **count._asdict()} for name, count in counts], "total": total._asdict()}
    if top is not None:
        result["top"] = [{"word": word, "count": number} for word, number in top]
    streams.print_json(result)


def run_find(options: argparse.Namespace, streams: Streams) -> int:
    """Show the lines of all inputs that match the pattern."""
    pattern = compile_pattern(options.pattern, options.ignore_case)
    inputs = Inputs(options.files, streams)
    found = [(name, find_lines(pattern, text)) for name, text in inputs]
    if options.json:
        print_matches_as_json(found, streams)
    else:
        print_matches(found, len(inputs.names) > 1, options.count, streams)
    if inputs.failed:
        return BAD_INPUT
    return DONE if any(matches for _, matches in found) else NOTHING_FOUND


def print_matches(found: list[tuple[str, list[Match]]], several: bool, only_count: bool, streams: Streams) -> None:
    """Write the matching lines with their numbers, or how many there are."""
    for name, matches in found:
        prefix = f"{name}:" if several else ""
        if only_count:
            streams.print(f"{prefix}{len(matches)}")
            continue
        for match in matches:
            streams.print(f"{prefix}{match.line}:{match.text}")


def print_matches_as_json(found: list[tuple[str, list[Match]]], streams: Streams) -> None:
    """Write the matching lines as JSON."""
    matches = [{"file": name, **match._asdict()} for name, lines in found for match in lines]
    streams.print_json({"count": len(matches), "matches": matches})


def run_convert(options: argparse.Namespace, streams: Streams) -> int:
    """Convert one input between CSV and JSON."""
    source = options.source or format_of(options.file)
    if source is None:
        raise UsageError("--from: is needed, as the file name does not tell the format")
    target = options.target or format_of(options.output) or ("json" if source == "csv" else "csv")
    try:
        result = convert(streams.read(options.file), source, target)
    except ConversionError as error:
        shown = "standard input" if options.file == "-" else options.file
        raise InputError(f"{shown}: {error}") from None
    write_result(options.output, result, streams)
    return DONE


def write_result(name, text: str, streams: Streams) -> None:
    """Write to the file, or to standard output without one."""
    if name is None or name == "-":
        streams.stdout.write(text)
        return
    try:
        with open(name, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}") from None


def run_slug(options: argparse.Namespace, streams: Streams) -> int:
    """Write the slug of the text, or of each line of standard input."""
    if options.text:
        texts = [" ".join(options.text)]
    else:
        texts = [line for line in split_lines(streams.read("-")) if line.strip()]
    slugs = [(text, make_slug(text, options.max_length)) for text in texts]
    if options.json:
        streams.print_json([{"text": text, "slug": slug} for text, slug in slugs])
        return DONE
    for _, slug in slugs:
        streams.print(slug)
    return DONE
