"""Describes the command line: subcommands, options and help."""
from __future__ import annotations

import argparse

from tool import VERSION
from tool.converting import FORMATS

EXIT_CODES = "exit codes: 0 done, 1 nothing found (find), 2 wrong usage, 3 input that cannot be read or understood"


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """Return the parsed command line; help and wrong usage end the process."""
    parser, commands = build_parsers()
    if arguments and arguments[0] in commands:
        return read_command(commands[arguments[0]], arguments[1:])
    return parser.parse_args(arguments)


def read_command(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    """Return the parsed arguments of a subcommand; files may stand before and after options."""
    if "--" in arguments:  # intermixed parsing does not know that only files follow this
        return parser.parse_args(arguments)
    return parser.parse_intermixed_args(arguments)


def build_parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of the whole command line and that of each subcommand."""
    parser = argparse.ArgumentParser(
        prog="<< slug >>", description="Count, find and convert text, and make slugs of it.", epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"<< slug >> {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    add_count(commands)
    add_find(commands)
    add_convert(commands)
    add_slug(commands)
    return parser, commands.choices


def add_count(commands) -> None:
    """Describe count."""
    parser = add_command(commands, "count", "count lines, words and characters")
    add_files(parser)
    parser.add_argument("--top", type=positive, metavar="N", help="also show the N most frequent words")
    add_json(parser)


def add_find(commands) -> None:
    """Describe find."""
    parser = add_command(commands, "find", "show the lines that match a regular expression")
    parser.add_argument("pattern", metavar="PATTERN", help="regular expression to look for")
    add_files(parser)
    parser.add_argument("-i", "--ignore-case", action="store_true", help="treat capital and small letters alike")
    parser.add_argument("-c", "--count", action="store_true", help="show how many lines match, not the lines")
    add_json(parser)


def add_convert(commands) -> None:
    """Describe convert."""
    parser = add_command(commands, "convert", "convert between CSV with a header line and JSON")
    parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="file to read (default: standard input)")
    parser.add_argument("--from", dest="source", choices=FORMATS, help="format of the input (default: by file name)")
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--to", dest="target", choices=FORMATS, help="format of the output (default: the other one)")
    target.add_argument("--json", dest="target", action="store_const", const="json", help="the same as --to json")
    parser.add_argument("-o", "--output", metavar="FILE", help="file to write (default: standard output)")


def add_slug(commands) -> None:
    """Describe slug."""
    parser = add_command(commands, "slug", "turn text into a slug for an address")
    parser.add_argument("text", metavar="TEXT", nargs="*", help="text (default: each line of standard input)")
    parser.add_argument("--max-length", type=positive, default=80, metavar="N", help="cut to N characters (default: 80)")
    add_json(parser)


def add_command(commands, name: str, purpose: str) -> argparse.ArgumentParser:
    """Add a subcommand with a line about its purpose."""
    description = f"{purpose[0].upper()}{purpose[1:]}."
    parser = commands.add_parser(name, help=purpose, description=description, epilog=EXIT_CODES)
    parser.set_defaults(command=name)
    return parser


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the files to read."""
    parser.add_argument("files", metavar="FILE", nargs="*", help="files to read (default: standard input, also -)")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the switch to JSON output."""
    parser.add_argument("--json", action="store_true", help="write the result as JSON")


def positive(text: str) -> int:
    """Return a whole number above zero."""
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)
