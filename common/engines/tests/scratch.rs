//! scratch
use slipway_engines::{Blueprint, Engine, Error};
use slipway_protocol::plan::Language;
use slipway_protocol::work::{Answer, Thought};
#[tokio::test]
async fn scratch() {
    for line in std::fs::read_to_string("/tmp/prompts.txt").unwrap().lines().filter(|l| !l.trim().is_empty()) {
        let line = line.replace("\\n", "\n");
        let prompt = line.parse().unwrap();
        let got = Blueprint.think(&Thought::Plan { prompt, languages: vec![Language::Python, Language::Node] }).await;
        match got {
            Ok(Answer::Plan(p)) => {
                let g = &p.generator;
                let ps = &g.parameters;
                let extra = if let Some(f) = ps.get("fields") {
                    let fs: Vec<String> = f.as_array().unwrap().iter().map(|f| format!("{}:{}{}", f["name"].as_str().unwrap(), f["type"].as_str().unwrap(), if f["required"]==true {"!"} else {""})).collect();
                    format!(" {}/{} [{}]", ps["entity"]["singular"], ps["entity"]["plural"], fs.join(" "))
                } else if let Some(t) = ps.get("topic") { format!(" topic={t} tagline={}", ps["tagline"]) } else { String::new() };
                println!("OK  {line:?}\n      {} | {} | {} | {} | {:?} | {}{extra}{}", g.source.as_deref().unwrap(), p.name, p.slug, ps["colour"], p.run.port, p.stack.language, if p.not_built.is_empty() { String::new() } else { format!(" NOT {:?}", p.not_built) });
            }
            Err(Error::Refused(r)) => println!("NO  {line:?}\n      {} | {} {}", r.code(), r.understood(), r.why()),
            other => println!("??? {line:?} {other:?}"),
        }
    }
}
