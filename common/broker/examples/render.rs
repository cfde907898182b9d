//! Writes what is made from `broker-config/topology.yaml`: RabbitMQ's files and the tables of the reference page.
//!
//! Without arguments it renews the committed files. `--out FOLDER` writes RabbitMQ's files there instead, with the
//! passwords of `--passwords FILE`, a YAML map from user to password.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use slipway_broker::topology::{Passwords, built_in, definitions, rabbitmq_conf, tables};

const BEGIN: &str = "<!-- tables: made from broker-config/topology.yaml -->\n";
const END: &str = "<!-- end of the tables -->\n";

fn main() -> Result<(), Box<dyn Error>> {
    let mut passwords = Passwords::new();
    let mut out = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--passwords" => passwords = read_passwords(Path::new(&value))?,
            "--out" => out = Some(PathBuf::from(value)),
            other => {
                return Err(
                    format!("unknown flag {other}; --passwords FILE and --out FOLDER are known").into()
                );
            }
        }
    }
    if out.is_none() && !passwords.is_empty() {
        return Err("the committed files have the development passwords; give --out FOLDER".into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if out.is_none() {
        renew_page(&root.join("docs/reference/broker.md"))?;
    }
    write_files(&out.unwrap_or_else(|| root.join("broker-config")).join("rabbitmq"), &passwords)?;
    Ok(())
}

fn read_passwords(path: &Path) -> Result<Passwords, Box<dyn Error>> {
    let passwords: Passwords = serde_saphyr::from_str(&fs::read_to_string(path)?)?;
    match passwords.keys().find(|name| built_in().user(name).is_none()) {
        Some(unknown) => Err(format!("{} has no user {unknown}", path.display()).into()),
        None => Ok(passwords),
    }
}

fn write_files(folder: &Path, passwords: &Passwords) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("definitions.json"), definitions(built_in(), passwords))?;
    fs::write(folder.join("rabbitmq.conf"), rabbitmq_conf(built_in()))?;
    Ok(())
}

fn renew_page(page: &Path) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(page)?;
    let begin = text.find(BEGIN).ok_or("the page has no mark where the tables begin")? + BEGIN.len();
    let end = text.find(END).ok_or("the page has no mark where the tables end")?;
    fs::write(page, format!("{}{}{}", &text[..begin], tables(built_in()), &text[end..]))?;
    Ok(())
}
