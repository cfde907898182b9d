//! scratch
use slipway_engines::{Blueprint, Engine, catalogue};
use slipway_protocol::plan::Language;
use slipway_protocol::change::Content;
use slipway_protocol::work::{Answer, Thought};
#[tokio::test]
async fn dump() {
    let mut prompts: Vec<String> = Vec::new();
    for e in catalogue() {
        let plain = e.examples[0].split(" for books").next().unwrap().to_owned();
        let p = e.parameters.contains(&"port".to_owned());
        prompts.push(format!("{plain} called \"🎉 שלום 名前 É\" in yellow"));
        if p { prompts.push(format!("{plain} called x in white on port 65535")); prompts.push(format!("{plain} called \"7-Eleven a-b Really Quite A Long Name Here 12\" in #ff0000")); } 
    }
    for r in ["an API for sheep with weight:integer",
    "an API for classes with class, from, def, function, None, new and self",
    "an API for objects with value:boolean",
    "an API for user stories with date:date, text, list, type, key and count",
    "an API for news (a, b:int, c:number, d:bool, e:date, f, g, h, i, j, k, l)",
    "an API for dates with year", "an API for fields with name", "an API for errors with code:integer", "an API for lists with items, limit, offset, sort and q", "an API for stores with record, store, values, models, row", "an API for records with data, json, body, query, error", "an API for things with toString, constructor, prototype, hasOwnProperty and length:text",
    "an API for promises with then, await, async, yield, lambda, True and null", "an API for problems with status:integer", "an API for strings with select, order, table, where, group, index and rowid"] { prompts.push(r.into()); }
    for (n, p) in prompts.iter().enumerate() { for l in [Language::Python, Language::Node] {
        let Ok(Answer::Plan(plan)) = Blueprint.think(&Thought::Plan { prompt: p.parse().unwrap(), languages: vec![l] }).await else { println!("REFUSED {p}"); continue };
        let Answer::Code(pieces) = Blueprint.think(&Thought::Code { plan: plan.clone(), revision: 0, failures: vec![], findings: vec![] }).await.unwrap() else { panic!() };
        let root = std::path::PathBuf::from(format!("/tmp/dump/{n:02}-{}-{l}", plan.generator.source.unwrap()));
        for c in pieces.iter().flat_map(|p| &p.changes) { let Content::File { bytes, .. } = &c.content else { panic!() }; let f = root.join(&c.path); std::fs::create_dir_all(f.parent().unwrap()).unwrap(); std::fs::write(f, bytes).unwrap(); }
        std::fs::write(root.with_extension("prompt"), p).unwrap();
    } }
}
