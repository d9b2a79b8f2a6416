//! One step of the Dormand–Prince pair of orders 5 and 4 for a plane flow dθ/dt = f(θ).

use crate::tensor::Point;

/// The result of a trial step.
pub struct Step {
    /// The end point of the fifth-order formula.
    pub end: Point,
    /// f at the end point: the first stage of the next step.
    pub slope: Point,
    /// The difference from the fourth-order formula.
    pub error: Point,
}

// Dormand & Prince 1980, RK5(4)7M.
const A: [[f64; 6]; 6] = [
    [1.0 / 5.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [3.0 / 40.0, 9.0 / 40.0, 0.0, 0.0, 0.0, 0.0],
    [44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0, 0.0, 0.0, 0.0],
    [19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0, 0.0, 0.0],
    [9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0, 0.0],
    [35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
/// Fifth minus fourth order weights.
const E: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339200.0, 22.0 / 525.0, -1.0 / 40.0];

/// Tries a step of this length from a point where the flow is `slope`.
pub fn step(flow: impl Fn(Point) -> Point, at: Point, slope: Point, length: f64) -> Step {
    let mut stages = [[0.0; 2]; 7];
    stages[0] = slope;
    let mut end = at;
    for stage in 0..6 {
        end = at;
        for (k, slope) in stages.iter().enumerate().take(stage + 1) {
            end = [end[0] + length * A[stage][k] * slope[0], end[1] + length * A[stage][k] * slope[1]];
        }
        stages[stage + 1] = flow(end);
    }
    let error =
        [0, 1].map(|axis| length * stages.iter().zip(E).map(|(slope, weight)| weight * slope[axis]).sum::<f64>());
    Step { end, slope: stages[6], error }
}

/// The factor for the next step length if the error was `ratio` times the allowed one.
pub fn growth(ratio: f64) -> f64 {
    // A step so long that it overflows has the ratio NaN: shorten it.
    if ratio.is_finite() { (0.9 * ratio.powf(-0.2)).clamp(0.2, 5.0) } else { 0.2 }
}
