//! The contents of `verify.json`: every claim with its finding.

use serde_json::{Value, json};

use crate::verify::{Finding, Outcome, Suite};

impl Suite {
    /// The suite as in `verify.json`.
    pub fn json(&self) -> Value {
        json!({
            "claims": self.outcomes.iter().map(Outcome::json).collect::<Vec<_>>(),
            "quick": self.is_quick,
            "interrupted": self.is_interrupted,
            "provenance": { "version": env!("CARGO_PKG_VERSION") },
        })
    }
}

impl Outcome {
    fn json(&self) -> Value {
        let claim = self.claim;
        let mut value = json!({
            "id": claim.id,
            "title": claim.title,
            "source": claim.source,
            "statement": claim.statement,
            "verdict": self.verdict().name(),
            "expected": claim.expected.name(),
            "as_expected": self.is_as_expected(),
            "conditions": claim.conditions,
            "computation": claim.computation,
            "tolerance_reason": claim.tolerance,
            "command": self.command(),
            "seconds": self.seconds,
        });
        match &self.found {
            Ok(finding) => finding.write(&mut value),
            Err(error) => value["message"] = json!(error.to_string()),
        }
        value
    }
}

impl Finding {
    fn write(&self, value: &mut Value) {
        value["decisive"] = json!(self.decisive.name);
        value["measured"] = json!(self.decisive.measured);
        if let Some(predicted) = self.decisive.predicted {
            value["predicted"] = json!(predicted);
        }
        value["tolerance"] = json!(self.tolerance);
        value["summary"] = json!(self.summary);
        let numbers = self.numbers.iter().map(|number| match number.predicted {
            Some(predicted) => json!({ "name": number.name, "measured": number.measured, "predicted": predicted }),
            None => json!({ "name": number.name, "measured": number.measured }),
        });
        value["numbers"] = numbers.collect();
        let rows = self.table.labels.iter().zip(&self.table.rows);
        let rows = rows.map(|(label, row)| json!({ "of": label, "values": row }));
        value["points"] = json!({ "columns": self.table.columns, "rows": rows.collect::<Vec<_>>() });
        value["configuration"] = json!(self.configuration);
    }
}
