//! The rules, one by one, and over random histories with guards on and off.

mod attempts;
mod endings;
mod histories;
mod properties;
mod support;
mod way;
