//! Where two lists of lines differ, for people: what is on one side alone, with some lines around it.

/// Lines shown around a difference.
const AROUND: usize = 3;

/// What is only in `one` (`-`) or only in `other` (`+`); `None` when they are alike.
pub(crate) fn difference(one: &[String], other: &[String]) -> Option<String> {
    if one == other {
        return None;
    }
    let marked = marked(one, other);
    let near = |at: usize| {
        let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(marked.len());
        marked[around].iter().any(|(mark, _)| *mark != ' ')
    };
    let mut shown = Vec::new();
    let mut left_out = false;
    for (at, (mark, line)) in marked.iter().enumerate() {
        if near(at) {
            shown.push(format!("{mark} {line}"));
        } else if !left_out {
            shown.push("  ⋮".to_owned());
        }
        left_out = !near(at);
    }
    Some(shown.join("\n"))
}

/// Every line of both, in an order that keeps the longest common sequence together.
fn marked<'a>(one: &'a [String], other: &'a [String]) -> Vec<(char, &'a str)> {
    let common = common(one, other);
    let (mut at, mut beside) = (0, 0);
    let mut marked = Vec::new();
    while at < one.len() || beside < other.len() {
        if at < one.len() && beside < other.len() && one[at] == other[beside] {
            marked.push((' ', one[at].as_str()));
            (at, beside) = (at + 1, beside + 1);
        } else if beside == other.len()
            || (at < one.len() && common[at + 1][beside] >= common[at][beside + 1])
        {
            marked.push(('-', one[at].as_str()));
            at += 1;
        } else {
            marked.push(('+', other[beside].as_str()));
            beside += 1;
        }
    }
    marked
}

/// How many lines the rests from each pair of places on have in common.
fn common(one: &[String], other: &[String]) -> Vec<Vec<u32>> {
    let mut common = vec![vec![0; other.len() + 1]; one.len() + 1];
    for at in (0..one.len()).rev() {
        for beside in (0..other.len()).rev() {
            common[at][beside] = if one[at] == other[beside] {
                common[at + 1][beside + 1] + 1
            } else {
                common[at + 1][beside].max(common[at][beside + 1])
            };
        }
    }
    common
}

#[test]
fn a_difference_is_shown_with_the_lines_around_it_and_no_others() {
    let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let one = lines("a b c d e f g h i j k l m");
    assert_eq!(difference(&one, &one), None);
    let other = lines("a b c d e f g h x j k l n o");
    let shown = difference(&one, &other).unwrap();
    assert_eq!(shown, "  ⋮\n  f\n  g\n  h\n- i\n+ x\n  j\n  k\n  l\n- m\n+ n\n+ o");
}
