//! `docs/summary.schema.json`: every summary follows it, and what does not is seen.

use serde_json::{Value, json};

use crate::cli::{command, summary};
use crate::folder::Folder;
use crate::synthetic::double_well;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../docs/summary.schema.json")).unwrap()
}

/// What a value has that its schema does not allow: the words of JSON Schema that the file uses.
fn faults(value: &Value, schema: &Value, place: &str) -> Vec<String> {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_of =
        |wanted: &Value| wanted == kind || wanted.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind));
    if schema.get("type").is_some_and(|wanted| !is_of(wanted)) {
        return vec![format!("{place} is of the type {kind}, not {}", schema["type"])];
    }
    let mut found = Vec::new();
    if let (Value::Array(list), Some(items)) = (value, schema.get("items")) {
        found.extend(list.iter().enumerate().flat_map(|(k, item)| faults(item, items, &format!("{place}[{k}]"))));
    }
    let Value::Object(entries) = value else { return found };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    found.extend(required.filter(|key| !entries.contains_key(*key)).map(|key| format!("{place}.{key} is missing")));
    for (key, value) in entries {
        let place = format!("{place}.{key}");
        match (schema["properties"].get(key), schema.get("additionalProperties")) {
            (Some(schema), _) => found.extend(faults(value, schema, &place)),
            (None, Some(Value::Bool(false))) => found.push(format!("{place} is unknown")),
            (None, Some(schema)) => found.extend(faults(value, schema, &place)),
            (None, None) => {}
        }
    }
    found
}

#[test]
fn summaries_follow_their_schema() {
    let schema = schema();
    let mut all: Vec<Value> = [(1, [40, 1]), (2, [12, 10])]
        .map(|(d, cells)| saddleflux::io::summary(&double_well(d, cells, 0.1, 0.0).solved()))
        .into();
    let folder = Folder::new("schema");
    std::fs::write(
        folder.path().join("all.toml"),
        "title = 'everything'
        landscape = { expression = '(x^2 - 1)^2 + 0.1*x' }
        noise = { kind = 'hessian', learning_rate = 0.1, batch_size = 4, floor = 0.4 }
        domain = { lower = [-2], upper = [2] }
        grid = { cells = [64] }
        valley = { minimum = [-1] }
        solve = { quantities = ['rate', 'passage-time', 'stationary', 'committor', 'network', 'spectrum', 'certificate', 'survival'] }
        evolve = { times = [0.1, 1, 10] }
        particles = { count = 200, exits = 100, seed = 1 }",
    )
    .unwrap();
    all.push(summary(&command(&["run", "all.toml", "--json", "--no-plots"], folder.path())));
    all.push(summary(&command(
        &["simulate", "all.toml", "--json", "--no-plots", "--set", "noise.floor=0.45"],
        folder.path(),
    )));
    for found in &all {
        assert_eq!(faults(found, &schema, "summary"), Vec::<String>::new());
        assert_eq!(found["provenance"]["schema"], json!(1));
    }
    // The parameters are numbers, with the changes of the command line in their places.
    let of = |k: usize, key: &str| all[k].pointer(&format!("/parameters/noise/{key}")).and_then(Value::as_f64);
    assert_eq!([of(2, "learning_rate"), of(2, "floor"), of(3, "floor")], [Some(0.1), Some(0.4), Some(0.45)]);
    assert_eq!(all[2]["parameters"]["valley"]["minimum"], json!([-1]));
    // Whatever breaks the schema is seen.
    for (place, wrong) in [
        ("/rate/quasi_stationary/value", json!("3e-4")),
        ("/warnings", json!("none")),
        ("/problem/minimum", json!({ "loss": 0.0 })),
        ("/provenance", json!({})),
        ("/spectrum/0", json!([1.0, 0.0])),
    ] {
        let mut broken = all[2].clone();
        *broken.pointer_mut(place).unwrap() = wrong;
        assert!(!faults(&broken, &schema, "summary").is_empty(), "{place}");
    }
    let mut broken = all[2].clone();
    broken["rates"] = json!({});
    assert_eq!(faults(&broken, &schema, "summary"), ["summary.rates is unknown"]);
}

/// Everything at the top has a description.
#[test]
fn the_schema_is_documented() {
    let schema = schema();
    let bare =
        schema["properties"].as_object().unwrap().iter().filter(|(_, value)| value["description"].as_str().is_none());
    assert_eq!(bare.map(|(key, _)| key.as_str()).collect::<Vec<&str>>(), Vec::<&str>::new());
}
