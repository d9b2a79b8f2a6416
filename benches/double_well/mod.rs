//! The double well's generator, assembled here so that benches measure the elimination alone.

use saddleflux::generator::Generator;
use sprs::TriMatI;

/// Where the process is killed.
#[derive(Clone, Copy)]
#[allow(dead_code)]
pub enum Exit {
    /// At x = 0, on a cell face.
    Wall,
    /// On jumping into a cell beyond x = 0, as general finite-volume programs have it.
    NextCell,
}

/// `L = (x² − 1)² + y²` on [−2, 0] × [−2, 2], five-point Scharfetter–Gummel rates; x is fast.
pub fn double_well(columns: usize, rows: usize, temperature: f64, exit: Exit) -> Generator {
    let bernoulli = |z: f64| if z.abs() < 1e-8 { 1.0 - 0.5 * z } else { z / z.exp_m1() };
    let (hx, hy) = (2.0 / columns as f64, 4.0 / rows as f64);
    let x = |i: usize| -2.0 + (i as f64 + 0.5) * hx;
    let well = |x: f64| (x * x - 1.0).powi(2);
    let valley = |j: usize| (-2.0 + (j as f64 + 0.5) * hy).powi(2);
    let rate = |from: f64, to: f64, h: f64| temperature / (h * h) * bernoulli((to - from) / temperature);
    let n = columns * rows;
    let mut rates = TriMatI::<f64, u32>::with_capacity((n, n), 4 * n);
    let mut killing = vec![0.0; n];
    let mut coordinates = Vec::with_capacity(n);
    for (k, killing) in killing.iter_mut().enumerate() {
        let (i, j) = (k % columns, k / columns);
        coordinates.push([i as i32, j as i32]);
        if i + 1 < columns {
            rates.add_triplet(k, k + 1, rate(well(x(i)), well(x(i + 1)), hx));
            rates.add_triplet(k + 1, k, rate(well(x(i + 1)), well(x(i)), hx));
        } else {
            *killing = match exit {
                Exit::Wall => 2.0 * rate(well(x(i)), 1.0, hx),
                Exit::NextCell => rate(well(x(i)), well(x(i + 1)), hx),
            };
        }
        if j + 1 < rows {
            rates.add_triplet(k, k + columns, rate(valley(j), valley(j + 1), hy));
            rates.add_triplet(k + columns, k, rate(valley(j + 1), valley(j), hy));
        }
    }
    Generator { rates: rates.to_csr(), killing, coordinates, is_reversible: true }
}
