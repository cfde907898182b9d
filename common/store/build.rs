//! Tells cargo what the compiler cannot see: the migrations and the committed descriptions of the queries.
//!
//! The build takes the descriptions in `.sqlx` and asks no database, also where `DATABASE_URL` is set. `cargo sqlx
//! prepare` sets `SQLX_OFFLINE=false` and renews them.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../migrations");
    println!("cargo:rerun-if-changed=../../.sqlx");
    println!("cargo:rerun-if-env-changed=SQLX_OFFLINE");
    if std::env::var_os("SQLX_OFFLINE").is_none() {
        println!("cargo:rustc-env=SQLX_OFFLINE=true");
    }
}
