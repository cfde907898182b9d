//! English nouns: singular, plural, and a stem that makes both forms of a word equal.
//!
//! Rules and exceptions for the words that people name records with; not a dictionary.

/// Singular and plural of nouns that follow no rule.
const IRREGULAR: &[(&str, &str)] = &[
    ("person", "people"),
    ("child", "children"),
    ("man", "men"),
    ("woman", "women"),
    ("foot", "feet"),
    ("tooth", "teeth"),
    ("goose", "geese"),
    ("mouse", "mice"),
    ("ox", "oxen"),
    ("leaf", "leaves"),
    ("shelf", "shelves"),
    ("knife", "knives"),
    ("wife", "wives"),
    ("life", "lives"),
    ("wolf", "wolves"),
    ("half", "halves"),
    ("loaf", "loaves"),
    ("thief", "thieves"),
    ("scarf", "scarves"),
    ("calf", "calves"),
    ("hero", "heroes"),
    ("potato", "potatoes"),
    ("tomato", "tomatoes"),
    ("echo", "echoes"),
    ("torpedo", "torpedoes"),
    ("volcano", "volcanoes"),
    ("analysis", "analyses"),
    ("basis", "bases"),
    ("crisis", "crises"),
    ("diagnosis", "diagnoses"),
    ("hypothesis", "hypotheses"),
    ("thesis", "theses"),
    ("axis", "axes"),
    ("quiz", "quizzes"),
    ("criterion", "criteria"),
    ("phenomenon", "phenomena"),
    ("index", "indexes"),
    ("menu", "menus"),
    ("guru", "gurus"),
    ("emu", "emus"),
    ("matrix", "matrices"),
    ("vertex", "vertices"),
    ("appendix", "appendices"),
    ("cactus", "cacti"),
    ("medium", "media"),
    ("movie", "movies"),
    ("cookie", "cookies"),
    ("pie", "pies"),
    ("tie", "ties"),
    ("zombie", "zombies"),
    ("calorie", "calories"),
    ("selfie", "selfies"),
    ("cache", "caches"),
    ("shoe", "shoes"),
    ("toe", "toes"),
    ("canoe", "canoes"),
    ("horse", "horses"),
    ("house", "houses"),
    ("course", "courses"),
    ("nurse", "nurses"),
    ("purse", "purses"),
    ("case", "cases"),
    ("base", "bases"),
    ("database", "databases"),
    ("vase", "vases"),
    ("phase", "phases"),
    ("phrase", "phrases"),
    ("purchase", "purchases"),
    ("release", "releases"),
    ("lease", "leases"),
    ("license", "licenses"),
    ("expense", "expenses"),
    ("response", "responses"),
    ("exercise", "exercises"),
    ("disease", "diseases"),
    ("cheese", "cheeses"),
    ("rose", "roses"),
    ("nose", "noses"),
    ("hose", "hoses"),
    ("dose", "doses"),
    ("verse", "verses"),
    ("warehouse", "warehouses"),
    ("franchise", "franchises"),
    ("axe", "axes"),
    ("size", "sizes"),
    ("prize", "prizes"),
    ("gas", "gases"),
    ("lens", "lenses"),
    ("bus", "buses"),
    ("status", "statuses"),
    ("virus", "viruses"),
    ("campus", "campuses"),
    ("bonus", "bonuses"),
    ("census", "censuses"),
    ("atlas", "atlases"),
    ("canvas", "canvases"),
    ("alias", "aliases"),
];

/// Nouns with one form for both.
const SAME: &[&str] = &["sheep", "fish", "deer", "series", "species", "aircraft", "salmon", "trout", "bison"];

/// Nouns that cannot be counted: a record of them is `<noun>_item` or `<noun>_record`.
const MASS: &[(&str, &str)] = &[
    ("news", "news_item"),
    ("data", "data_record"),
    ("information", "information_record"),
    ("equipment", "equipment_item"),
    ("furniture", "furniture_item"),
    ("inventory", "inventory_item"),
    ("stock", "stock_item"),
    ("clothing", "clothing_item"),
    ("food", "food_item"),
    ("software", "software_item"),
    ("hardware", "hardware_item"),
    ("music", "music_record"),
    ("feedback", "feedback_record"),
    ("luggage", "luggage_item"),
    ("weather", "weather_record"),
    ("staff", "staff_member"),
];

/// The countable noun for a noun that cannot be counted, such as `news_item` for `news`.
pub(crate) fn countable(noun: &str) -> Option<&'static str> {
    MASS.iter().find(|(mass, _)| *mass == noun).map(|(_, countable)| *countable)
}

/// The singular of a lower-case noun; a singular stays as it is.
pub(crate) fn singular(noun: &str) -> String {
    if let Some((one, _)) = IRREGULAR.iter().find(|(one, many)| *one == noun || *many == noun) {
        return (*one).to_owned();
    }
    if SAME.contains(&noun) || countable(noun).is_some() {
        return noun.to_owned();
    }
    for (ending, instead) in [("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("zzes", "zz")] {
        if let Some(root) = noun.strip_suffix(ending) {
            return format!("{root}{instead}");
        }
    }
    if let Some(root) = noun.strip_suffix("ies").filter(|root| root.len() > 1) {
        return format!("{root}y");
    }
    let keeps_its_s = ["ss", "us", "is"].iter().any(|ending| noun.ends_with(ending));
    match noun.strip_suffix('s') {
        Some(root) if root.len() > 1 && !keeps_its_s => root.to_owned(),
        _ => noun.to_owned(),
    }
}

/// The plural of a lower-case singular noun.
pub(crate) fn plural(noun: &str) -> String {
    if let Some((_, many)) = IRREGULAR.iter().find(|(one, _)| *one == noun) {
        return (*many).to_owned();
    }
    if SAME.contains(&noun) {
        return noun.to_owned();
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|ending| noun.ends_with(ending)) {
        return format!("{noun}es");
    }
    match noun.strip_suffix('y') {
        Some(root) if !root.ends_with(['a', 'e', 'i', 'o', 'u']) && !root.is_empty() => format!("{root}ies"),
        _ => format!("{noun}s"),
    }
}

/// One form for a word's singular and plural, to compare words by.
pub(crate) fn stem(word: &str) -> String {
    singular(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_go_to_the_plural_and_back() {
        let pairs = [
            ("book", "books"),
            ("category", "categories"),
            ("person", "people"),
            ("class", "classes"),
            ("city", "cities"),
            ("box", "boxes"),
            ("leaf", "leaves"),
            ("dish", "dishes"),
            ("match", "matches"),
            ("day", "days"),
            ("key", "keys"),
            ("bus", "buses"),
            ("status", "statuses"),
            ("address", "addresses"),
            ("movie", "movies"),
            ("analysis", "analyses"),
            ("hero", "heroes"),
            ("photo", "photos"),
            ("house", "houses"),
            ("course", "courses"),
            ("recipe", "recipes"),
            ("invoice", "invoices"),
            ("employee", "employees"),
            ("expense", "expenses"),
            ("knife", "knives"),
            ("child", "children"),
            ("series", "series"),
            ("sheep", "sheep"),
            ("tax", "taxes"),
        ];
        for (one, many) in pairs {
            assert_eq!(plural(one), many);
            assert_eq!(singular(many), one);
            assert_eq!(singular(one), one, "a singular stays as it is");
        }
    }

    #[test]
    fn nouns_that_cannot_be_counted_get_a_counter() {
        assert_eq!(countable("news"), Some("news_item"));
        assert_eq!(countable("book"), None);
        assert_eq!(singular("news"), "news");
    }
}
