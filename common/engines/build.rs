//! Has the crate built again when a blueprint's file comes, goes or changes: the folder is embedded into the library.

fn main() {
    println!("cargo::rerun-if-changed=blueprints");
}
