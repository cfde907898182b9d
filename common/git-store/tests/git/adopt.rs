//! Repositories that others made.

use std::fs;
use std::path::Path;

use slipway_git_store::{Advanced, Error, Repository};
use slipway_protocol::{Artefact, Change};
use tokio::task::JoinSet;

use crate::support::{Bench, absent, add, assert_sound, author, git, holder, now, piece, rev, script, text};

async fn adopted(bench: &Bench, origin: &Path) -> Repository {
    bench.store.adopt(text(origin)).await.unwrap()
}

#[tokio::test]
async fn a_path_bare_or_not_and_a_file_url_are_adopted_alike() {
    let bench = Bench::new();
    for (name, bare) in [("bare", true), ("work", false)] {
        let origin = bench.origin(name, bare);
        git(&origin, &["branch", "other/one"]);
        let by_path = adopted(&bench, &origin).await;
        let by_url = bench.store.adopt(&format!("file://{}", text(&origin))).await.unwrap();
        assert_eq!(by_path.path(), by_url.path());
        assert_eq!(by_path.default_head().await.unwrap(), rev(&origin, "HEAD"));
        assert_eq!(by_path.branch_head("main").await.unwrap(), Some(rev(&origin, "main")));
        assert_eq!(by_path.branch_head("other/one").await.unwrap(), Some(rev(&origin, "main")));
        assert_eq!(by_path.branch_head("nothing").await.unwrap(), None);
        let refs =
            git(by_path.path(), &["for-each-ref", "--format=%(refname)", "refs/remotes", "refs/heads"]);
        assert_eq!(refs, "refs/remotes/origin/main\nrefs/remotes/origin/other/one");
        assert_sound(by_path.path());
    }
}

#[tokio::test]
async fn adopting_again_follows_the_origin_and_forgets_what_is_gone() {
    let bench = Bench::new();
    let origin = bench.origin("app", false);
    git(&origin, &["branch", "a"]);
    let app = adopted(&bench, &origin).await;
    let first = app.default_head().await.unwrap();
    assert_eq!(app.branch_head("a").await.unwrap(), Some(first.clone()));
    git(&origin, &["branch", "--delete", "a"]);
    git(&origin, &["branch", "a/b"]);
    git(&origin, &["commit", "--quiet", "--allow-empty", "--message=two"]);
    git(&origin, &["switch", "--quiet", "--create", "trunk"]);
    let app = adopted(&bench, &origin).await;
    assert_eq!(app.default_head().await.unwrap(), rev(&origin, "trunk"));
    assert_eq!(app.branch_head("a").await.unwrap(), None);
    assert_eq!(app.branch_head("a/b").await.unwrap(), Some(first.clone()));
    git(&origin, &["checkout", "--quiet", "--detach", first.as_str()]);
    assert_eq!(adopted(&bench, &origin).await.default_head().await.unwrap(), first);
}

#[tokio::test]
async fn a_branch_is_advanced_at_the_origin_and_nothing_else_is_touched() {
    let bench = Bench::new();
    for (name, bare) in [("bare", true), ("work", false)] {
        let origin = bench.origin(name, bare);
        let before = git(&origin, &["for-each-ref"]);
        let app = adopted(&bench, &origin).await;
        let base = app.default_head().await.unwrap();
        let one = add(&app, &base, "a", "1").await;
        let two = add(&app, &one, "b", "2").await;
        app.push_attempt(&holder(1, 1), &two).await.unwrap();
        let file = Artefact { name: "log".into(), media_type: "text/plain".into(), bytes: b"x".to_vec() };
        app.put_artefacts(&holder(1, 1), &[file]).await.unwrap();
        assert_eq!(app.advance("feature/x", &one).await.unwrap(), Advanced::Created);
        assert_eq!(rev(&origin, "feature/x"), one);
        assert_eq!(app.advance("feature/x", &two).await.unwrap(), Advanced::Moved);
        assert_eq!(app.advance("feature/x", &two).await.unwrap(), Advanced::AlreadyThere);
        assert_eq!(app.advance("feature/x", &one).await.unwrap(), Advanced::AlreadyThere);
        assert_eq!(rev(&origin, "feature/x"), two);
        assert_eq!(app.branch_head("feature/x").await.unwrap(), Some(two.clone()));
        let after = git(&origin, &["for-each-ref"]);
        let rest: Vec<_> = after.lines().filter(|line| !line.ends_with("refs/heads/feature/x")).collect();
        assert_eq!(rest.join("\n"), before);
        assert_eq!(git(&origin, &["show", "feature/x:b"]), "2");
        assert_sound(&origin);
    }
}

#[tokio::test]
async fn foreign_commits_on_the_branch_are_never_overwritten() {
    let bench = Bench::new();
    let origin = bench.origin("app", true);
    let app = adopted(&bench, &origin).await;
    let base = app.default_head().await.unwrap();
    let one = add(&app, &base, "a", "1").await;
    let two = add(&app, &one, "a", "2").await;
    app.advance("feature/x", &one).await.unwrap();
    let work = bench.path("clone");
    git(bench.dir.path(), &["clone", "--quiet", "--branch=feature/x", text(&origin), text(&work)]);
    git(&work, &["commit", "--quiet", "--allow-empty", "--message=foreign"]);
    git(&work, &["push", "--quiet"]);
    let foreign = rev(&work, "HEAD");
    assert_eq!(app.advance("feature/x", &one).await.unwrap(), Advanced::AlreadyThere);
    let error = app.advance("feature/x", &two).await.unwrap_err();
    assert!(matches!(&error, Error::NotFastForward { at, .. } if *at == foreign), "{error}");
    assert!(error.to_string().contains(text(&origin)), "{error}");
    assert_eq!(rev(&origin, "feature/x"), foreign);
}

#[tokio::test]
async fn a_branch_that_cannot_be_beside_another_is_told_which() {
    let bench = Bench::new();
    let origin = bench.origin("app", true);
    git(&origin, &["branch", "feature"]);
    let app = adopted(&bench, &origin).await;
    let one = add(&app, &app.default_head().await.unwrap(), "a", "1").await;
    let error = app.advance("feature/x", &one).await.unwrap_err();
    assert!(matches!(&error, Error::Clash { other, .. } if other == "feature"), "{error}");
    git(&origin, &["branch", "--delete", "feature"]);
    app.advance("feature/x/y", &one).await.unwrap();
    let error = app.advance("feature/x", &one).await.unwrap_err();
    assert!(matches!(&error, Error::Clash { other, .. } if other == "feature/x/y"), "{error}");
}

#[tokio::test]
async fn a_branch_that_is_checked_out_is_left_alone_with_the_way_out() {
    let bench = Bench::new();
    let origin = bench.origin("app", false);
    let app = adopted(&bench, &origin).await;
    let base = app.default_head().await.unwrap();
    let one = add(&app, &base, "a", "1").await;
    git(&origin, &["switch", "--quiet", "--create", "feature/x"]);
    let error = app.advance("feature/x", &one).await.unwrap_err();
    assert!(matches!(error, Error::CheckedOut { .. }) && error.to_string().contains("switch"), "{error}");
    assert_eq!(rev(&origin, "feature/x"), base);
    git(&origin, &["switch", "--quiet", "main"]);
    assert_eq!(app.advance("feature/x", &one).await.unwrap(), Advanced::Moved);
    let linked = bench.path("linked");
    git(&origin, &["worktree", "add", "--quiet", text(&linked), "feature/x"]);
    let two = add(&app, &one, "a", "2").await;
    let error = app.advance("feature/x", &two).await.unwrap_err();
    assert!(matches!(error, Error::CheckedOut { .. }), "{error}");
    git(&origin, &["switch", "--quiet", "--orphan", "feature/unborn"]);
    let error = app.advance("feature/unborn", &two).await.unwrap_err();
    assert!(matches!(error, Error::CheckedOut { .. }), "{error}");
    let error = bench.store.adopt(text(&origin)).await.unwrap_err();
    assert_eq!(error.code(), "git.origin-empty", "{error}");
}

#[tokio::test]
async fn a_linked_worktree_is_adopted_like_its_repository() {
    let bench = Bench::new();
    let origin = bench.origin("app", false);
    let linked = bench.path("linked");
    git(&origin, &["worktree", "add", "--quiet", "-b", "topic", text(&linked)]);
    let app = adopted(&bench, &linked).await;
    let one = add(&app, &app.default_head().await.unwrap(), "a", "1").await;
    assert_eq!(app.advance("feature/x", &one).await.unwrap(), Advanced::Created);
    assert_eq!(rev(&origin, "feature/x"), one);
}

#[tokio::test]
async fn what_cannot_be_adopted_says_why_and_the_way_out() {
    let bench = Bench::new();
    let missing = bench.path("missing");
    let plain = bench.path("plain");
    fs::create_dir(&plain).unwrap();
    let file = bench.path("file");
    fs::write(&file, "x").unwrap();
    let empty = bench.path("empty");
    git(bench.dir.path(), &["init", "--quiet", text(&empty)]);
    let origin = bench.origin("app", false);
    fs::create_dir(origin.join("sub")).unwrap();
    git(&origin, &["commit", "--quiet", "--allow-empty", "--message=two"]);
    let shallow = bench.path("shallow");
    let url = format!("file://{}", text(&origin));
    git(bench.dir.path(), &["clone", "--quiet", "--depth=1", &url, text(&shallow)]);
    for (path, code, hint) in [
        (&missing, "git.origin-missing", "check the path"),
        (&plain, "git.not-a-repository", "git init"),
        (&file, "git.not-a-repository", "git init"),
        (&origin.join("sub"), "git.not-a-repository", "holds `.git`"),
        (&empty, "git.origin-empty", "git commit"),
        (&shallow, "git.origin-shallow", "--unshallow"),
    ] {
        let error = bench.store.adopt(text(path)).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        let said = error.to_string();
        assert!(said.contains(text(path)) && said.contains(hint), "{said}");
    }
    let error = bench.store.adopt("ext::sh -c x").await.unwrap_err();
    assert_eq!(error.code(), "git.origin-refused", "{error}");
}

/// Plants whatever Git would run: hooks, a filter, a file-system monitor, an external diff, in origin and branch.
fn plant(origin: &Path, mark: &Path) {
    let git_dir = git(origin, &["rev-parse", "--absolute-git-dir"]);
    let program = origin.with_extension("planted");
    script(&program, &format!("echo \"$0 $*\" >> '{}'; cat", text(mark)));
    for hook in [
        "post-checkout",
        "pre-receive",
        "update",
        "post-receive",
        "post-update",
        "reference-transaction",
        "pre-push",
        "pre-commit",
        "post-commit",
        "push-to-checkout",
        "post-index-change",
    ] {
        let mark = format!("echo {hook} >> '{}'; exit 1", text(mark));
        script(&Path::new(&git_dir).join("hooks").join(hook), &mark);
    }
    let config = format!(
        "[core]\n\tfsmonitor = {0}\n\tsshCommand = {0}\n\tpager = {0}\n[filter \"evil\"]\n\tclean = {0}\n\tsmudge = {0}\n\
         \trequired = true\n[diff]\n\texternal = {0}\n[diff \"evil\"]\n\tcommand = {0}\n\ttextconv = {0}\n\
         [merge \"evil\"]\n\tdriver = {0}\n[remote \"origin\"]\n\turl = ext::{0}\n\tuploadpack = {0}\n\
         [uploadpack]\n\tpackObjectsHook = {0}\n[gpg]\n\tprogram = {0}\n[commit]\n\tgpgSign = true\n",
        text(&program)
    );
    let path = Path::new(&git_dir).join("config");
    let known = fs::read_to_string(&path).unwrap();
    fs::write(path, known + &config).unwrap();
    fs::create_dir_all(Path::new(&git_dir).join("info")).unwrap();
    fs::write(Path::new(&git_dir).join("info/attributes"), "* filter=evil diff=evil merge=evil\n").unwrap();
}

#[tokio::test]
async fn hooks_filters_and_attributes_of_an_origin_never_run() {
    let bench = Bench::new();
    for (name, bare) in [("bare", true), ("work", false)] {
        let origin = bench.origin(name, bare);
        let mark = bench.path(&format!("{name}-ran"));
        plant(&origin, &mark);
        let app = adopted(&bench, &origin).await;
        let base = app.default_head().await.unwrap();
        let attributes = Change::file(".gitattributes", "* filter=evil diff=evil text=auto eol=crlf\n");
        let changes = vec![attributes, Change::file("a.txt", "one\ntwo\n"), absent("README.md")];
        let head = app.commit(&base, &piece("Add", changes), &author(), &[], now()).await.unwrap();
        app.push_attempt(&holder(1, 1), &head).await.unwrap();
        assert_eq!(app.advance("feature/x", &head).await.unwrap(), Advanced::Created);
        let patch = app.diff(&base, &head, 64 * 1024).await.unwrap();
        assert!(patch.contains("+one\n+two\n"), "{patch}");
        let worktree = app.export(&head, &bench.path("tree")).await.unwrap();
        assert_eq!(fs::read_to_string(worktree.path().join("a.txt")).unwrap(), "one\ntwo\n");
        app.archive(&head).await.unwrap();
        adopted(&bench, &origin).await;
        assert_eq!(fs::read_to_string(&mark).unwrap_or_default(), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_adopt_and_advance_one_origin_at_once() {
    let bench = Bench::new();
    let origin = bench.origin("app", true);
    let mut tasks = JoinSet::new();
    for at in 0..6 {
        let (store, origin) = (bench.store.clone(), origin.clone());
        tasks.spawn(async move {
            let app = store.adopt(text(&origin)).await.unwrap();
            let base = app.default_head().await.unwrap();
            let mine = add(&app, &base, "a", &at.to_string()).await;
            app.advance(&format!("feature/x{at}"), &mine).await.unwrap()
        });
    }
    let results = tasks.join_all().await;
    assert!(results.iter().all(|result| *result == Advanced::Created), "{results:?}");
    assert_eq!(git(&origin, &["for-each-ref", "refs/heads/feature"]).lines().count(), 6);
    assert_sound(&origin);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_that_part_ways_on_one_origin_lose_nothing() {
    let (one, other) = (Bench::new(), Bench::new());
    let origin = one.origin("app", true);
    let mut tasks = JoinSet::new();
    for (at, bench) in [&one, &other].into_iter().enumerate() {
        let app = adopted(bench, &origin).await;
        tasks.spawn(async move {
            let base = app.default_head().await.unwrap();
            let mine = add(&app, &base, "a", &at.to_string()).await;
            app.advance("feature/x", &mine).await.map(|_| mine)
        });
    }
    let (won, lost): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 1));
    assert!(matches!(lost[0], Err(Error::NotFastForward { .. })), "{lost:?}");
    assert_eq!(Some(rev(&origin, "feature/x")), won.into_iter().next().unwrap().ok());
}
