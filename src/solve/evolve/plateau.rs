//! The plateau of the hazard j/S → γ, and the time from which on it holds.

/// A time with the hazard there.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Instant {
    /// t.
    pub time: f64,
    /// Σ p κ/Σ p.
    pub hazard: f64,
}

/// The time from which on |j/S − γ| ≤ tolerance·γ, from the recorded times; between two of them by interpolation of ln
/// |j/S − γ|. `None` if the plateau is not reached, 0 if it holds from the start.
pub fn reached(history: &[Instant], rate: f64, tolerance: f64) -> Option<f64> {
    let away = |instant: &Instant| (instant.hazard / rate - 1.0).abs();
    let is_there = |instant: &Instant| away(instant) <= tolerance;
    if !is_there(history.last()?) {
        return None;
    }
    let Some(out) = history.iter().rposition(|instant| !is_there(instant)) else { return Some(0.0) };
    let (before, after) = (&history[out], &history[out + 1]);
    let (far, near) = (away(before).ln(), away(after).max(f64::EPSILON).ln());
    let part = ((far - tolerance.ln()) / (far - near)).clamp(0.0, 1.0);
    let part = if part.is_finite() { part } else { 1.0 };
    Some(before.time + part * (after.time - before.time))
}
