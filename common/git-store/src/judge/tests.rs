//! The table of what is refused, and of what is not.

use slipway_protocol::{Change, Content};

use super::*;

fn base() -> Base {
    [
        ("README.md", Kind::File),
        ("src/main.py", Kind::File),
        ("src/caf\u{e9}.py", Kind::File),
        ("link", Kind::Symlink),
        ("vendor/lib", Kind::Submodule),
    ]
    .into_iter()
    .collect()
}

fn file(path: &str) -> Change {
    Change::file(path, "x")
}

fn absent(path: &str) -> Change {
    Change { path: path.to_owned(), content: Content::Absent }
}

fn code(changes: &[Change]) -> &'static str {
    judge(&base(), changes).map_or_else(|refused| refused.code(), |()| "ok")
}

#[test]
fn ordinary_paths_are_taken() {
    for path in [
        "a",
        "a/b/c.txt",
        ".gitignore",
        ".gitattributes",
        ".github/workflows/ci.yaml",
        "README.md",
        "src/other.py",
        "app/[id]/page.tsx",
        "caf\u{e9}/\u{65e5}\u{672c}.txt",
        "git/x",
        "gitx~1",
        "git~x",
        "a~1",
        "com0x",
        "console.log",
        "auxiliary",
        "...a",
        "a b/c d",
        "link",
        &"a".repeat(255),
        &["abcdefg"; 128].join("/"),
    ] {
        assert_eq!(code(&[file(path)]), "ok", "{path:?}");
    }
}

#[test]
fn a_hostile_path_is_refused_by_its_rule() {
    for (path, want) in [
        ("", "change.empty-segment"),
        ("/etc/passwd", "change.absolute-path"),
        ("//x", "change.absolute-path"),
        ("a//b", "change.empty-segment"),
        ("a/", "change.empty-segment"),
        ("a/\u{200b}/b", "change.empty-segment"),
        (".", "change.dot-segment"),
        ("..", "change.dot-segment"),
        ("a/../b", "change.dot-segment"),
        ("a/./b", "change.dot-segment"),
        ("./a", "change.dot-segment"),
        ("a/..", "change.dot-segment"),
        ("a/\u{2025}/b", "change.dot-segment"),
        ("a/\u{ff0e}\u{ff0e}/b", "change.dot-segment"),
        ("a\u{ff0f}..\u{ff0f}b", "change.dot-segment"),
        (".\u{200b}.", "change.dot-segment"),
        ("a\0b", "change.control-character"),
        ("a\nb", "change.control-character"),
        ("a\rb", "change.control-character"),
        ("a\u{7f}", "change.control-character"),
        ("a\u{85}", "change.control-character"),
        ("a\u{1b}[2J", "change.control-character"),
        ("a\u{202e}txt.exe", "change.control-character"),
        ("a\u{2028}b", "change.control-character"),
        ("a\\b", "change.backslash"),
        ("..\\b", "change.backslash"),
        ("C:\\x", "change.backslash"),
        ("C:/x", "change.colon"),
        ("c:x", "change.colon"),
        ("a:stream", "change.colon"),
        (".git::$INDEX_ALLOCATION/x", "change.colon"),
        ("a.", "change.trailing-dot-or-space"),
        ("a ", "change.trailing-dot-or-space"),
        ("a./b", "change.trailing-dot-or-space"),
        ("a /b", "change.trailing-dot-or-space"),
        ("...", "change.trailing-dot-or-space"),
        ("a.\u{200d}", "change.trailing-dot-or-space"),
        ("con", "change.reserved-name"),
        ("CON.txt", "change.reserved-name"),
        ("a/Nul/b", "change.reserved-name"),
        ("aux.tar.gz", "change.reserved-name"),
        ("prn", "change.reserved-name"),
        ("COM1", "change.reserved-name"),
        ("com\u{b9}.txt", "change.reserved-name"),
        ("lpt9", "change.reserved-name"),
        ("con .txt", "change.reserved-name"),
        ("conin$", "change.reserved-name"),
        ("\u{ff43}on", "change.reserved-name"),
        (&"a".repeat(256), "change.segment-too-long"),
        (&format!("b/{}", "\u{e9}".repeat(128)), "change.segment-too-long"),
        (&["abcdefgh"; 128].join("/"), "change.path-too-long"),
    ] {
        assert_eq!(code(&[file(path)]), want, "{path:?}");
        assert_ne!(code(&[file("fine"), absent(path)]), "ok", "deleting {path:?}");
    }
}

#[test]
fn nothing_is_named_like_git_in_any_spelling() {
    for path in [
        ".git",
        ".git/config",
        "a/.git/hooks/x",
        ".GIT/x",
        ".gIt",
        ".git./x",
        ".git /x",
        ".g\u{200c}it/x",
        ".gi\u{feff}t",
        "\u{200b}.git",
        ".git\u{200d}",
        ".git\u{200d}.",
        ".g\u{131}t",
        ".\u{ff47}\u{ff49}\u{ff54}/x",
        "\u{2024}git/x",
        ".g\u{24d8}t",
        "a\u{ff0f}.git\u{ff0f}x",
        ".git\u{ff1a}x",
        "git~1",
        "GIT~1/x",
        "git~2",
        "a/git~10/b",
        "g\u{200b}it~1",
    ] {
        assert_eq!(code(&[file(path)]), "change.git-folder", "{path:?}");
    }
    for path in [
        ".gitmodules",
        ".GitModules",
        "a/.gitmodules",
        ".gitmodules .",
        ".git\u{200b}modules",
        ".gitmodule\u{17f}",
        "gitmod~1",
        "GITMOD~4",
        "gi7eba~1",
        "gi7eb~11",
    ] {
        assert_eq!(code(&[file(path)]), "change.git-modules", "{path:?}");
    }
}

#[test]
fn links_and_submodules_are_neither_written_nor_written_through() {
    let link = Change { path: "a".into(), content: Content::Symlink { target: "b".into() } };
    let module = Change { path: "a".into(), content: Content::Submodule { commit: "0".repeat(40) } };
    for (changes, want) in [
        (vec![link], "change.symlink"),
        (vec![module], "change.submodule"),
        (vec![file("link/x")], "change.through-symlink"),
        (vec![absent("link/x")], "change.through-symlink"),
        (vec![file("vendor/lib/x")], "change.through-submodule"),
        (vec![file("vendor/lib")], "change.submodule"),
        (vec![absent("vendor/lib")], "change.submodule"),
        (vec![absent("link")], "ok"),
        (vec![absent("link"), file("link/x")], "change.through-symlink"),
    ] {
        assert_eq!(code(&changes), want, "{changes:?}");
    }
}

#[test]
fn files_and_folders_do_not_take_each_others_place() {
    for (changes, want) in [
        (vec![file("README.md/x")], "change.through-file"),
        (vec![absent("README.md"), file("README.md/x")], "change.through-file"),
        (vec![file("src")], "change.folder-in-the-way"),
        (vec![absent("src")], "change.folder-in-the-way"),
        (vec![file("a"), file("a/b")], "change.file-and-folder"),
        (vec![file("a/b/c"), file("a/b")], "change.file-and-folder"),
        (vec![file("a"), file("a-b"), file("ab/c")], "ok"),
        (vec![absent("src/main.py"), file("src/other.py")], "ok"),
        (vec![absent("not/there")], "ok"),
    ] {
        assert_eq!(code(&changes), want, "{changes:?}");
    }
}

#[test]
fn no_two_names_are_the_same_where_case_or_accents_do_not_count() {
    for (changes, want) in [
        (vec![file("a"), file("a")], "change.duplicate"),
        (vec![file("a"), absent("a")], "change.duplicate"),
        (vec![file("a"), file("A")], "change.collision"),
        (vec![file("d/a"), file("D/b")], "change.collision"),
        (vec![file("x\u{e9}"), file("xe\u{301}")], "change.collision"),
        (vec![file("stra\u{df}e"), file("STRASSE")], "change.collision"),
        (vec![file("ab"), file("a\u{200d}b")], "change.collision"),
        (vec![file("readme.md")], "change.collision"),
        (vec![absent("readme.md")], "change.collision"),
        (vec![absent("README.md"), file("readme.md")], "change.collision"),
        (vec![file("SRC/new.py")], "change.collision"),
        (vec![file("src/cafe\u{301}.py")], "change.collision"),
        (vec![file("src/caf\u{e9}.py")], "ok"),
        (vec![absent("gone"), file("GONE")], "ok"),
        (vec![file("a/readme.md"), file("b/README.md")], "ok"),
    ] {
        assert_eq!(code(&changes), want, "{changes:?}");
    }
}

#[test]
fn a_base_with_two_spellings_of_its_own_can_still_be_changed() {
    let base: Base = [("a/Makefile", Kind::File), ("a/makefile", Kind::File)].into_iter().collect();
    for path in ["a/Makefile", "a/makefile", "a/other"] {
        assert_eq!(judge(&base, &[file(path)]), Ok(()), "{path}");
    }
    assert_eq!(judge(&base, &[file("a/MAKEFILE")]).unwrap_err().code(), "change.collision");
}

#[test]
fn size_has_limits_that_are_reached_and_not_passed() {
    let many = |count: usize| (0..count).map(|at| file(&format!("f{at}"))).collect::<Vec<_>>();
    assert_eq!(code(&many(MAX_FILES)), "ok");
    assert_eq!(code(&many(MAX_FILES + 1)), "change.too-many-files");
    assert_eq!(code(&[Change::file("a", vec![0; MAX_FILE])]), "ok");
    assert_eq!(code(&[Change::file("a", vec![0; MAX_FILE + 1])]), "change.file-too-large");
    let large = |count: usize| {
        (0..count).map(|at| Change::file(format!("f{at}"), vec![0; MAX_FILE])).collect::<Vec<_>>()
    };
    assert_eq!(code(&large(10)), "ok");
    let mut over = large(10);
    over.push(file("one-more"));
    assert_eq!(code(&over), "change.too-large");
}

#[test]
fn a_refusal_shows_the_path_escaped_and_cut_with_the_rule() {
    let refused = judge(&base(), &[file("a\u{1b}[31m\u{202e}b")]).unwrap_err();
    assert_eq!(refused.path(), "a\\u{1b}[31m\\u{202e}b");
    assert_eq!(*refused.rule(), Rule::Control);
    let text = refused.to_string();
    assert!(text.contains("`a\\u{1b}[31m\\u{202e}b`") && text.contains("no control characters"), "{text}");
    assert!(judge(&base(), &[file(&"a".repeat(2000))]).unwrap_err().to_string().len() < 300);
    let collision = judge(&base(), &[file("readme.md")]).unwrap_err().to_string();
    assert!(collision.contains("`README.md`"), "{collision}");
}

#[test]
fn an_unpacked_name_cannot_leave_its_folder_or_reach_into_git() {
    for path in ["a", "a/b", "con", "a:b", "a\\b", "A", "a "] {
        assert_eq!(unpackable(path), Ok(()), "{path:?}");
    }
    for path in
        ["", "/a", "..", "a/../b", "a//b", "a/.", ".git/config", "a/.GIT", ".gitmodules", "git~1", "a\0"]
    {
        assert!(unpackable(path).is_err(), "{path:?}");
    }
}
