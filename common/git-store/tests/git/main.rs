//! The store against real repositories, with the `git` program as the second opinion.

#[cfg(test)]
mod adopt;
#[cfg(test)]
mod advance;
#[cfg(test)]
mod artefacts;
#[cfg(test)]
mod commit;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod create;
#[cfg(test)]
mod export;
#[cfg(test)]
mod network;
#[cfg(test)]
mod read;
#[cfg(test)]
mod support;
