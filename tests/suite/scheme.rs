//! Laws of the schemes: Selling's decomposition, edge weights, edge integrals.

use proptest::prelude::*;
use saddleflux::exponential::exp;
use saddleflux::grid::Grid;
use saddleflux::problem::DiffusionField;
use saddleflux::problem::Interpretation;
use saddleflux::problem::landscape::formula::Formula;
use saddleflux::scheme::Weight;
use saddleflux::scheme::flow::EdgeError;
use saddleflux::scheme::selling::Stencil;
use saddleflux::scheme::{EdgeSampler, Segment, weight};
use saddleflux::tensor::{Point, Tensor};

use crate::fixture::{PolynomialWell, VaryingNoise, WhiteNoise, dynamics};

const SCHEMES: [Weight; 4] = [Weight::InverseAverage, Weight::ScharfetterGummel, Weight::Sqra, Weight::Transverse];

proptest! {
    #[test]
    fn selling_reproduces_the_tensor_with_positive_weights(
        a in 0.01..10.0f64, b in 0.01..10.0f64, angle in -3.2..3.2f64,
    ) {
        let tensor = Tensor { xx: a, xy: 0.0, yy: b }.turned(angle.cos(), angle.sin());
        let stencil = Stencil::of(tensor, 2).unwrap();
        let mut sum = Tensor::default();
        for edge in stencil.edges() {
            prop_assert!(edge.weight > 0.0);
            let [x, y] = edge.offset.map(f64::from);
            sum = sum.plus(Tensor { xx: x * x, xy: x * y, yy: y * y }.scaled(edge.weight));
        }
        let scale = 1e-12 * (a + b);
        prop_assert!((sum.xx - tensor.xx).abs() < scale, "{sum:?} {tensor:?}");
        prop_assert!((sum.xy - tensor.xy).abs() < scale, "{sum:?} {tensor:?}");
        prop_assert!((sum.yy - tensor.yy).abs() < scale, "{sum:?} {tensor:?}");
    }

    #[test]
    fn selling_gives_the_axes_for_a_diagonal_tensor(a in 1e-6..1e6f64, b in 1e-6..1e6f64) {
        let stencil = Stencil::of(Tensor { xx: a, xy: 0.0, yy: b }, 2).unwrap();
        prop_assert_eq!(stencil.weight([1, 0]), a);
        prop_assert_eq!(stencil.weight([0, 1]), b);
        prop_assert_eq!(stencil.edges().len(), 2);
    }

    #[test]
    fn weights_are_positive_and_balanced(z in -600.0..600.0f64) {
        for scheme in SCHEMES {
            let (forward, backward) = weight::of_rise(scheme, z).unwrap();
            prop_assert!(forward > 0.0 && backward > 0.0);
            prop_assert!(((forward / backward).ln() + z).abs() < 1e-12 * (1.0 + z.abs()), "{scheme:?} {z}");
        }
        let (forward, backward) = weight::of_rise(Weight::Upwind, z).unwrap();
        prop_assert!(forward >= 1.0 && backward >= 1.0);
    }
}

/// z/(e^z − 1) to 20 digits, by 60-digit decimal arithmetic.
#[allow(clippy::excessive_precision)]
const BERNOULLI: [(f64, f64); 9] = [
    (-40.0, 4.0000000000000000170e+1),
    (-3.0, 3.1571870894737678559e+0),
    (-1e-3, 1.0005000833333319445e+0),
    (-1e-6, 1.0000005000000833333e+0),
    (2e-5, 9.9999000003333333333e-1),
    (9e-6, 9.9999550000675000000e-1),
    (0.5, 7.7074704126839914207e-1),
    (3.0, 1.5718708947376785592e-1),
    (50.0, 9.6437492398195889151e-21),
];

#[test]
fn bernoulli_has_full_relative_accuracy() {
    for (z, expected) in BERNOULLI {
        assert_relative_eq!(weight::bernoulli(z), expected, max_relative = 4e-16);
    }
}

/// What a weight makes of a density that goes by e^y along an edge of rise z, over what the process makes of it:
/// W_ij(e^{−y} − 1) + W_ji(e^y − 1).
fn hamiltonian(weight: Weight, z: f64, y: f64) -> f64 {
    let (along, back) = weight::of_rise(weight, z).unwrap();
    along * (-y).exp_m1() + back * y.exp_m1()
}

/// Down a slope v with a drift s·v across it, ∂S = −v is what the process has: both axes of a square grid together make
/// nothing of it, but for terms of fourth order. On average over the directions of the slope the transverse weight has
/// none of them, the inverse average s²/48.
#[test]
fn the_transverse_weight_has_no_error_across_the_slope() {
    let (directions, size) = (64, 0.02);
    for across in [0.3, 1.0, 3.0] {
        let mean = |weight: Weight| {
            let sum: f64 = (0..directions)
                .map(|k| {
                    let (sine, cosine) = (f64::from(k) * std::f64::consts::TAU / f64::from(directions)).sin_cos();
                    let slope = [size * cosine, size * sine];
                    let turned = [-across * slope[1], across * slope[0]];
                    (0..2).map(|axis| hamiltonian(weight, slope[axis] - turned[axis], -slope[axis])).sum::<f64>()
                })
                .sum();
            sum / f64::from(directions) / size.powi(4)
        };
        let of_order = (1.0 + across * across) * size * size;
        assert!(mean(Weight::Transverse).abs() < of_order * across * across, "{}", mean(Weight::Transverse));
        assert_relative_eq!(mean(Weight::InverseAverage), across * across / 48.0, max_relative = 10.0 * of_order);
    }
}

#[test]
fn central_refuses_a_peclet_number_of_two() {
    assert!(weight::of_rise(Weight::Central, 1.99).is_some());
    assert!(weight::of_rise(Weight::Central, 2.0).is_none());
    assert!(weight::of_rise(Weight::Central, -2.5).is_none());
}

/// The inverse-average flow against Simpson's rule with 20,000 panels, for all interpretations.
#[test]
fn edge_flow_is_the_resistance_of_the_edge() {
    let dynamics = dynamics(PolynomialWell { dimension: 1 });
    let noise = VaryingNoise { temperature: 0.05, dimension: 1 };
    let grid = Grid::new(1, [-2.0, 0.0], [2.0, 0.0], [40, 1], [false; 2]);
    let h = grid.spacing()[0];
    let diffusion = |x: f64| 0.05 * (1.0 + 0.5 * x.sin());
    let slope = |x: f64| 4.0 * x * (x * x - 1.0);
    for interpretation in [Interpretation::Ito, Interpretation::Stratonovich, Interpretation::Isothermal] {
        let sampler = EdgeSampler::new(&dynamics, &noise, interpretation, Weight::InverseAverage, &grid);
        for from in [-1.95, -1.0, -0.63, 0.0, 0.31] {
            let weight = |x: f64| diffusion(x) / (h * h);
            let flow = sampler.flow([from, 0.0], [from + h, 0.0], [1, 0], [weight(from), weight(from + h)]).unwrap();
            let metric = |x: f64| match interpretation {
                Interpretation::Ito => 1.0,
                Interpretation::Stratonovich => weight(x).powf(-0.5),
                Interpretation::Isothermal => 1.0 / weight(x),
            };
            let panels = 20_000;
            let step = h / f64::from(panels);
            let g = |x: f64| slope(x) / diffusion(x);
            let (mut z, mut resistance) = (0.0, 0.0);
            for k in 0..panels {
                let x = from + f64::from(k) * step;
                let half = z + step / 4.0 * (g(x) + g(x + 0.5 * step)); // trapezoid on the half panel
                let next = z + step / 6.0 * (g(x) + 4.0 * g(x + 0.5 * step) + g(x + step));
                resistance +=
                    (z.exp() * metric(x) + 4.0 * half.exp() * metric(x + 0.5 * step) + next.exp() * metric(x + step))
                        / (6.0 * f64::from(panels));
                z = next;
            }
            assert_relative_eq!(flow.rise, z, max_relative = 1e-11);
            assert_relative_eq!(flow.forward, 1.0 / resistance, max_relative = 1e-9);
            assert_relative_eq!(flow.backward, flow.rise.exp() * flow.forward, max_relative = 1e-12);
        }
    }
}

/// D = I, not known to be constant.
struct Unit;

impl DiffusionField for Unit {
    fn tensor(&self, _: Point) -> Tensor {
        Tensor::isotropic(1.0, 1)
    }
}

/// Edges along which z = rise·s − bend·s(1 − s) + twist·s(1 − s)(2s − 1), alone and in blocks, with noise that is known
/// to be constant and noise that is not, against the trapezoidal rule with Euler and Maclaurin's corrections.
#[test]
fn edges_have_the_resistance_of_their_potential() {
    let grid = Grid::new(1, [0.0; 2], [1.0, 0.0], [1, 1], [false; 2]);
    let segment = Segment { from: [0.0; 2], to: [1.0, 0.0], offset: [1, 0], ends: [1.0; 2] };
    let white = WhiteNoise { temperature: 1.0, dimension: 1 };
    let straight = [0.0, 0.1, -0.29, 0.31, -1.9, 2.1, 10.0];
    let bent = [0.0, 0.005, -0.007, -0.14, 0.5, -3.0, 30.0, -30.0];
    let twisted = [0.0, 9e-4, -2e-3, 0.019, 0.3, 5.0];
    for (rise, bend, twist) in
        straight.into_iter().flat_map(|r| bent.map(|b| (r, b))).flat_map(|(r, b)| twisted.map(|t| (r, b, t)))
    {
        let f = |k: u32| {
            let s = f64::from(k) * 1e-4;
            (s * (rise - (1.0 - s) * (bend - twist * (2.0 * s - 1.0)))).exp()
        };
        // Summed by the hundred, for the rounding.
        let hundred = |first: u32| (first..first + 100).map(|k| 0.5 * (f(k) + f(k + 1))).sum::<f64>();
        let sum = (0..10_000).step_by(100).map(hundred).sum::<f64>();
        // h²/12·f′ − h⁴/720·f‴ at the ends.
        let end = |first: f64, second: f64, f: f64| {
            let third = first * (first * first + 3.0 * second) - 12.0 * twist;
            f * (1e-8 / 12.0 * first - 1e-16 / 720.0 * third)
        };
        let [begins, ends] = [rise - bend - twist, rise + bend - twist];
        let resistance =
            1e-4 * sum - end(ends, 2.0 * bend - 6.0 * twist, f(10_000)) + end(begins, 2.0 * bend + 6.0 * twist, f(0));
        let formula = format!("{rise}*x - {bend}*x*(1-x) + {twist}*x*(1-x)*(2*x-1)");
        let loss = dynamics(Formula::new(&formula, 1).unwrap());
        for noise in [&white as &dyn DiffusionField, &Unit] {
            let sampler = EdgeSampler::new(&loss, noise, Interpretation::Ito, Weight::InverseAverage, &grid);
            let mut flows = Vec::new();
            assert!(sampler.flows(&[segment], &mut flows).is_empty());
            flows.push(sampler.flow(segment.from, segment.to, segment.offset, segment.ends).unwrap());
            for flow in flows {
                assert_relative_eq!(flow.rise, rise, epsilon = 5e-14);
                assert_relative_eq!(flow.forward, 1.0 / resistance, max_relative = 1.5e-14);
                assert_relative_eq!(flow.backward, rise.exp() / resistance, max_relative = 5e-14);
            }
        }
    }
}

/// Where L is no number between the ends of an edge that numbers stand at, the edge has no flow.
#[test]
fn gaps_in_the_potential_are_found() {
    let grid = Grid::new(1, [0.0; 2], [1.0, 0.0], [1, 1], [false; 2]);
    let segment = Segment { from: [0.0; 2], to: [1.0, 0.0], offset: [1, 0], ends: [1.0; 2] };
    for centre in [0.5, 0.23, 0.77] {
        let loss = dynamics(Formula::new(&format!("x^2 + 0.001*sqrt((x-{centre})^2 - 1e-4)"), 1).unwrap());
        let white = WhiteNoise { temperature: 1.0, dimension: 1 };
        let sampler = EdgeSampler::new(&loss, &white, Interpretation::Ito, Weight::InverseAverage, &grid);
        let failures = sampler.flows(&[segment], &mut Vec::new());
        assert!(matches!(failures[..], [(0, EdgeError::NotFinite { .. })]), "{failures:?}");
    }
}

/// Blocks of edges against one edge after the other, for rises from 1e-12 to 1e4, wells and ridges within one edge
/// among them.
#[test]
fn flows_of_many_edges_are_the_flows_of_each() {
    let bumps = Formula::new("(x^2-1)^2 + y^2 + 0.3*sin(40*x)", 2).unwrap();
    for dynamics in [dynamics(PolynomialWell { dimension: 2 }), dynamics(bumps)] {
        for temperature in [2.0, 0.02, 1e-4] {
            let noise = WhiteNoise { temperature, dimension: 2 };
            let grid = Grid::new(2, [-2.0; 2], [2.0; 2], [40, 40], [false; 2]);
            let sampler =
                EdgeSampler::new(&dynamics, &noise, Interpretation::Isothermal, Weight::InverseAverage, &grid);
            let segments: Vec<Segment> = (0..1111)
                .map(|k| {
                    let (angle, length) = (2.4 * f64::from(k), 10f64.powf(-5.0 + 5.0 * f64::from(k) / 1111.0));
                    let from = [1.9 * angle.sin(), 1.9 * (0.7 * angle).cos()];
                    let to = [from[0] + length * angle.cos(), from[1] + length * angle.sin()];
                    Segment { from, to, offset: [1, 0], ends: [3.0, 3.0] }
                })
                .collect();
            let mut flows = Vec::new();
            assert!(sampler.flows(&segments, &mut flows).is_empty());
            assert_eq!(flows.len(), segments.len());
            for (segment, flow) in segments.iter().zip(&flows) {
                let one = sampler.flow(segment.from, segment.to, segment.offset, segment.ends).unwrap();
                assert_eq!(flow.rise, one.rise);
                // Sums over up to 256 nodes, scaled anew at every node that is higher, or at every panel.
                let tolerance = if one.rise.abs() > 2.5 { 4e-15 } else { 2e-15 };
                assert_relative_eq!(flow.forward, one.forward, max_relative = tolerance);
                assert_relative_eq!(flow.backward, one.backward, max_relative = tolerance);
            }
        }
    }
}

#[test]
fn exponentials_are_within_two_roundings() {
    for k in -70_000..=70_000 {
        let x = 0.01 * f64::from(k) * 0.999_999;
        assert_relative_eq!(exp(x), x.exp(), max_relative = 2.5 * f64::EPSILON);
    }
}

/// A full tensor that is turned, with a factor that runs along x, so that the stencils of the nodes of an edge may lack
/// it.
struct TurnedNoise {
    ratio: f64,
    angle: f64,
    bend: f64,
}

impl DiffusionField for TurnedNoise {
    fn tensor(&self, [x, _]: Point) -> Tensor {
        let angle = self.angle + self.bend * x;
        Tensor { xx: 0.05, xy: 0.0, yy: 0.05 * self.ratio }.turned(angle.cos(), angle.sin())
    }
}

proptest! {
    #![proptest_config(crate::cases(256))]

    /// Of any tensor along any slope, however steep, and also where λ_e is 0 somewhere on the edge.
    #[test]
    fn edges_have_finite_rates_in_balance(
        ratio in 1.0..40.0f64, angle in -3.2..3.2f64, bend in prop::sample::select(vec![0.0, 1e-15, 0.1, 1.0]),
        steep in -6.0..6.0f64, sign in prop::sample::select(vec![-1.0, 1.0]), dip in prop::sample::select(vec![0.0, 1e3, 1e7]),
        ends in prop::sample::select(vec![[1.0, 1.0], [1e-17, 2.0], [1e-300, 0.0]]),
        offset in prop::sample::select(vec![[1, 0], [0, 1], [1, 1], [1, -1], [2, 1], [3, -2]]),
    ) {
        let slope = sign * 10f64.powf(steep);
        let loss = dynamics(Formula::new(&format!("{slope}*x - 0.3*{slope}*y + {dip}*(x^2 + y^2)"), 2).unwrap());
        let noise = TurnedNoise { ratio, angle, bend };
        let grid = Grid::new(2, [-1.0; 2], [1.0; 2], [8, 8], [false; 2]);
        // So that dips lie between the ends.
        let to: Point = offset.map(|c| 0.125 * f64::from(c));
        let from = to.map(|c| -c);
        for interpretation in [Interpretation::Ito, Interpretation::Isothermal] {
            let sampler = EdgeSampler::new(&loss, &noise, interpretation, Weight::InverseAverage, &grid);
            let flow = sampler.flow(from, to, offset, ends).unwrap();
            prop_assert!(flow.forward >= 0.0 && flow.forward.is_finite(), "{flow:?}");
            prop_assert!(flow.backward >= 0.0 && flow.backward.is_finite(), "{flow:?}");
            if flow.forward.is_normal() && flow.backward.is_normal() {
                // The quotient itself may be beyond the range of doubles.
                let balance = flow.forward.ln() - flow.backward.ln() + flow.rise;
                prop_assert!(balance.abs() < 1e-9 * (1.0 + flow.rise.abs()), "{flow:?}");
            }
        }
    }
}

/// Isothermal tensors whose off-diagonal entry changes sign: edges along one diagonal take over from those along the
/// other, and none is blocked where it has no share. Right by Chebyshev collocation on 28² and 32² points, 1e-11 apart.
#[test]
fn edges_that_take_over_from_others_block_nothing() {
    const RIGHT: f64 = 0.173_182_253_644;
    let error = |cells: usize| {
        let solution = crate::gallery::solve(&format!(
            "landscape = {{ expression = '1.2*x^2 + y^2 + 0.03*x*y' }}
             valley = {{ set = 'whole' }}
             grid = {{ cells = [{cells}, {cells}] }}
             [noise]
             kind = 'expression'
             d11 = '0.25*(1 + 0.3*sin(x))'
             d12 = '0.06*sin(2.45*x + 1.77*y + 0.7)'
             d22 = '0.25*(1 + 0.2*cos(y))'
             interpretation = 'isothermal'
             [domain]
             lower = [-1.0, -0.9]
             upper = [1.1, 1.0]
             walls = {{ x = ['absorbing', 'absorbing'], y = ['absorbing', 'absorbing'] }}"
        ));
        let rate = solution.rate.unwrap();
        let away = (rate.value.value() / RIGHT - 1.0).abs();
        assert!(away < rate.discretisation_error.unwrap(), "{cells}: {away:e}");
        away
    };
    let (coarse, fine) = (error(32), error(64));
    assert!((coarse / fine).log2() > 1.9 && fine < 5e-5, "{coarse:e} {fine:e}");
    // The paper's noise over a thin floor, across a curved valley: 0.0104 on ever finer grids.
    let over_a_floor = |cells: usize| {
        let solution = crate::gallery::solve(&format!(
            "landscape = {{ expression = '(x^2 - 1)^2 + 2.36*(y + 0.378*x + 0.168*x^2)^2' }}
             valley = {{ minimum = [-1, 0.21], set = 'whole' }}
             grid = {{ cells = [{cells}, {cells}] }}
             [noise]
             kind = 'hessian'
             interpretation = 'isothermal'
             learning_rate = 0.4
             batch_size = 1
             floor = 0.02
             [domain]
             lower = [-1.7, -0.243]
             upper = [0.3, 0.894]
             walls = {{ x = ['reflecting', 'absorbing'] }}"
        ));
        let rate = solution.rate.unwrap();
        (rate.value.value(), rate.discretisation_error.unwrap())
    };
    let ((coarse, stated), (fine, _)) = (over_a_floor(32), over_a_floor(128));
    assert!((coarse / fine - 1.0).abs() < stated && stated < 0.3, "{coarse} {fine} {stated}");
}
