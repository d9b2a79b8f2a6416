//! What a check gathers while it goes: points, numbers, and whether each number is what it should be.

use crate::study::fit::Line;
use crate::verify::limit::Limit;
use crate::verify::{Figure, Finding, Number, Table, Verdict};

/// The evidence for or against a claim.
pub struct Evidence {
    /// The points that were solved.
    pub table: Table,
    /// The points and the prediction, to be drawn.
    pub figure: Figure,
    /// Further charts.
    pub further: Vec<Figure>,
    /// One point's configuration.
    pub configuration: String,
    verdict: Verdict,
    /// Whether what every rival theory says is met.
    is_understood: bool,
    numbers: Vec<Number>,
    /// The number that is farthest from its prediction in units of its tolerance, and that tolerance.
    decisive: Option<(f64, Number, f64)>,
}

impl Evidence {
    /// No evidence yet; `best` is the verdict where every number is what it should be.
    pub fn new(best: Verdict, columns: &[&'static str], figure: Figure) -> Evidence {
        Evidence {
            table: Table::new(columns),
            figure,
            further: Vec::new(),
            configuration: String::new(),
            verdict: best,
            is_understood: true,
            numbers: Vec::new(),
            decisive: None,
        }
    }

    /// A number without which the claim fails: it must be within `tolerance` of its prediction, relative to it
    /// (absolute where that is 0).
    pub fn require(&mut self, name: impl Into<String>, measured: f64, predicted: f64, tolerance: f64) {
        let number = Number::against(name, measured, predicted);
        let far = number.difference().map_or(f64::NAN, f64::abs) / tolerance;
        if far.is_nan() {
            self.verdict = self.verdict.and(Verdict::NotDecided);
        } else if far > 1.0 {
            self.verdict = self.verdict.and(Verdict::Fails);
        }
        self.add(number, far, tolerance);
    }

    /// A limit without which the claim fails, where it is known better than it is away.
    pub fn require_limit(&mut self, name: impl Into<String>, limit: &Limit, predicted: f64, tolerance: f64) {
        self.verdict = self.verdict.and(limit.verdict(predicted, tolerance));
        let number = Number::against(name, limit.value, predicted);
        let far = number.difference().map_or(f64::NAN, f64::abs) / tolerance;
        self.add(number, far, tolerance);
    }

    /// What holds where the claim does not, by another theory: where it is missed, nothing is decided, for a failure
    /// that is not understood may be the computation's.
    pub fn rival(&mut self, name: impl Into<String>, measured: f64, predicted: f64, tolerance: f64) {
        let number = Number::against(name, measured, predicted);
        self.is_understood &= number.difference().is_some_and(|away| away.abs() <= tolerance);
        self.numbers.push(number);
    }

    /// A number beside what a theory says of it, which decides nothing.
    pub fn compare(&mut self, name: impl Into<String>, measured: f64, predicted: f64) {
        self.numbers.push(Number::against(name, measured, predicted));
    }

    /// A number that nobody predicted.
    pub fn note(&mut self, name: impl Into<String>, measured: f64) {
        self.numbers.push(Number::alone(name, measured));
    }

    /// The line of least squares through points, with its residuals as a curve of the further chart at `chart`, if
    /// there is one; `None` where no line goes through them.
    pub fn line(&mut self, chart: Option<usize>, name: &str, points: &[[f64; 2]]) -> Option<Line> {
        let pairs: Vec<(f64, f64)> = points.iter().map(|&[x, y]| (x, y)).collect();
        let line = Line::through(&pairs).ok()?;
        if let Some(chart) = chart.and_then(|chart| self.further.get_mut(chart)) {
            chart
                .measured(name, points.iter().zip(&line.residuals).map(|(&[x, _], &residual)| [x, residual]).collect());
        }
        Some(line)
    }

    /// The verdict so far.
    pub fn verdict(&self) -> Verdict {
        match self.verdict {
            Verdict::Fails if !self.is_understood => Verdict::NotDecided,
            verdict => verdict,
        }
    }

    /// The finding, with what is said of it.
    pub fn finding(self, summary: impl Into<String>) -> Finding {
        let nothing = || (f64::NAN, Number::alone("nothing was measured", f64::NAN), f64::NAN);
        let verdict = if self.decisive.is_some() { self.verdict() } else { Verdict::NotDecided };
        let (_, decisive, tolerance) = self.decisive.unwrap_or_else(nothing);
        Finding {
            verdict,
            decisive,
            tolerance,
            numbers: self.numbers,
            table: self.table,
            figure: self.figure,
            further: self.further,
            configuration: self.configuration,
            summary: summary.into(),
        }
    }

    fn add(&mut self, number: Number, far: f64, tolerance: f64) {
        // A number that is none is the farthest of all.
        let far = if far.is_nan() { f64::INFINITY } else { far };
        if self.decisive.as_ref().is_none_or(|(farthest, ..)| far > *farthest) {
            self.decisive = Some((far, number.clone(), tolerance));
        }
        self.numbers.push(number);
    }
}
