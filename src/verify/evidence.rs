//! The evidence of a check: points, numbers, and whether each number agrees with its prediction.

use crate::study::fit::Line;
use crate::verify::limit::Limit;
use crate::verify::{Figure, Finding, Number, Table, Verdict};

/// The evidence for or against a claim.
pub struct Evidence {
    /// The points that were solved.
    pub table: Table,
    /// The chart of points and predictions.
    pub figure: Figure,
    /// Further charts.
    pub further: Vec<Figure>,
    /// The configuration of one point.
    pub configuration: String,
    verdict: Verdict,
    /// Whether all predictions of rival theories are met.
    is_understood: bool,
    numbers: Vec<Number>,
    /// The number farthest from its prediction in units of its tolerance, its distance in these units, and the
    /// tolerance.
    decisive: Option<(f64, Number, f64)>,
}

impl Evidence {
    /// No evidence yet; `best`: the verdict if every number agrees with its prediction.
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

    /// Adds a number that must be within a relative `tolerance` of its prediction (absolute if 0 is predicted);
    /// otherwise the claim fails, or is not decided if the number is NaN.
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

    /// Adds a limit that must agree with its prediction; see [`Limit::verdict`].
    pub fn require_limit(&mut self, name: impl Into<String>, limit: &Limit, predicted: f64, tolerance: f64) {
        self.verdict = self.verdict.and(limit.verdict(predicted, tolerance));
        let number = Number::against(name, limit.value, predicted);
        let far = number.difference().map_or(f64::NAN, f64::abs) / tolerance;
        self.add(number, far, tolerance);
    }

    /// Adds a number predicted by a rival theory. If it misses this prediction, a failure of the claim counts as not
    /// decided, since it may be one of the computation.
    pub fn rival(&mut self, name: impl Into<String>, measured: f64, predicted: f64, tolerance: f64) {
        let number = Number::against(name, measured, predicted);
        self.is_understood &= number.difference().is_some_and(|away| away.abs() <= tolerance);
        self.numbers.push(number);
    }

    /// Adds a number with a prediction that does not influence the verdict.
    pub fn compare(&mut self, name: impl Into<String>, measured: f64, predicted: f64) {
        self.numbers.push(Number::against(name, measured, predicted));
    }

    /// Adds a number without a prediction.
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

    /// The verdict so far: a failure counts as not decided if a rival theory's prediction is missed.
    pub fn verdict(&self) -> Verdict {
        match self.verdict {
            Verdict::Fails if !self.is_understood => Verdict::NotDecided,
            verdict => verdict,
        }
    }

    /// The finding, with a summary in one sentence; not decided if no number was required.
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
        // NaN counts as farthest.
        let far = if far.is_nan() { f64::INFINITY } else { far };
        if self.decisive.as_ref().is_none_or(|(farthest, ..)| far > *farthest) {
            self.decisive = Some((far, number.clone(), tolerance));
        }
        self.numbers.push(number);
    }
}
