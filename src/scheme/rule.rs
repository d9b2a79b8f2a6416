//! Gauss–Legendre quadrature and collocation on [0, 1].

/// Gauss–Legendre nodes on [0, 1], weights, and the collocation matrix A_gk = ∫₀^{s_g} ℓ_k.
#[derive(Clone, Copy)]
pub(crate) struct Rule<const N: usize> {
    pub(crate) nodes: [f64; N],
    pub(crate) weights: [f64; N],
    pub(crate) collocation: [[f64; N]; N],
}

impl<const N: usize> Rule<N> {
    pub(crate) fn new() -> Rule<N> {
        let mut rule = Rule { nodes: [0.0; N], weights: [0.0; N], collocation: [[0.0; N]; N] };
        for k in 0..N {
            // Newton on the Legendre polynomial from Chebyshev's guess; the last derivative gives the weight.
            let mut x = -(std::f64::consts::PI * (k as f64 + 0.75) / (N as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..20 {
                let (value, derivative) = legendre(N, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            rule.nodes[k] = 0.5 * (1.0 + x);
            rule.weights[k] = 1.0 / ((1.0 - x * x) * slope * slope);
        }
        // ∫₀^{s_g} ℓ_k by the rule itself on [0, s_g]: exact, since ℓ_k has degree N − 1.
        for g in 0..N {
            for k in 0..N {
                let integral: f64 = (0..N)
                    .map(|q| {
                        let s = rule.nodes[g] * rule.nodes[q];
                        let lagrange: f64 = (0..N)
                            .filter(|&m| m != k)
                            .map(|m| (s - rule.nodes[m]) / (rule.nodes[k] - rule.nodes[m]))
                            .product();
                        rule.weights[q] * lagrange
                    })
                    .sum();
                rule.collocation[g][k] = rule.nodes[g] * integral;
            }
        }
        rule
    }
}

/// P_n(x) and P_n'(x) by the three-term recurrence.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for m in 2..=n {
        let m = m as f64;
        (before, value) = (value, ((2.0 * m - 1.0) * x * value - (m - 1.0) * before) / m);
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}
