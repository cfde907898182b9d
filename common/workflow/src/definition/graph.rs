//! The steps as a graph of numbers: what leads where. It knows nothing of workflows but forward and back.

use std::collections::VecDeque;

/// An edge between two steps, by their position in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) back: bool,
}

/// Which nodes each node leads to.
pub(super) struct Graph(Vec<Vec<usize>>);

impl Graph {
    pub(super) fn new(nodes: usize) -> Self {
        Self(vec![Vec::new(); nodes])
    }

    pub(super) fn of<'a>(nodes: usize, ways: impl Iterator<Item = &'a Way>) -> Self {
        let mut graph = Self::new(nodes);
        ways.for_each(|way| graph.add(way.from, way.to));
        graph
    }

    pub(super) fn add(&mut self, from: usize, to: usize) {
        self.0[from].push(to);
    }

    /// Whether each node can be reached from one of `starts`; a start reaches itself.
    pub(super) fn reached_from(&self, starts: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut reached = vec![false; self.0.len()];
        let mut queue: Vec<usize> = starts.into_iter().collect();
        while let Some(node) = queue.pop() {
            if !std::mem::replace(&mut reached[node], true) {
                queue.extend(&self.0[node]);
            }
        }
        reached
    }

    /// A shortest path from `start` to `goal`, both included; a node has a path of one to itself.
    pub(super) fn path(&self, start: usize, goal: usize) -> Option<Vec<usize>> {
        let mut came_from: Vec<Option<usize>> = vec![None; self.0.len()];
        came_from[start] = Some(start);
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            if node == goal {
                return Some(trace(&came_from, goal));
            }
            for &next in &self.0[node] {
                if came_from[next].is_none() {
                    came_from[next] = Some(node);
                    queue.push_back(next);
                }
            }
        }
        None
    }
}

fn trace(came_from: &[Option<usize>], goal: usize) -> Vec<usize> {
    let mut path = vec![goal];
    while let Some(before) = came_from[path[path.len() - 1]].filter(|before| *before != path[path.len() - 1])
    {
        path.push(before);
    }
    path.reverse();
    path
}
