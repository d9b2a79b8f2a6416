//! Laws of the generator: every discretisation is a Markov chain.

use proptest::prelude::*;
use saddleflux::elimination::Workspace;
use saddleflux::generator::FluxCorrection;
use saddleflux::generator::assembly::{Assembly, AssemblyError, Physics};
use saddleflux::generator::correction::PASSES;
use saddleflux::grid::Grid;
use saddleflux::problem::{AxisWalls, Interpretation, Wall};
use saddleflux::problem::{DiffusionField, Domain, Dynamics, Region};
use saddleflux::progress::Progress;
use saddleflux::scheme::EdgeSampler;
use saddleflux::scheme::Weight;
use saddleflux::solve::{Factor, Resources, quasi_stationary};

use crate::fixture::{PolynomialWell, VaryingNoise, WhiteNoise, dynamics};

const REFLECTING: AxisWalls = AxisWalls::Walls([Wall::Reflecting; 2]);

fn assemble(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    weight: Weight,
    walls: [AxisWalls; 2],
    live: &Region,
    cells: [usize; 2],
) -> Result<(Grid, Assembly), AssemblyError> {
    let dimension = if cells[1] == 1 { 1 } else { 2 };
    let (lower, upper) = ([-1.8, -1.2], [1.7, 1.3]);
    let domain = Domain { dimension, lower, upper, walls, automatic: false, killing: None, windows: Vec::new() };
    let periodic = [domain.is_periodic(0), domain.is_periodic(1)];
    let grid = Grid::new(dimension, lower, upper, cells, periodic);
    let physics = Physics { dynamics, noise, interpretation, domain: &domain, live };
    let assembly = Assembly::new(physics, &grid, weight, [-1.0, 0.0], &Progress::default())?;
    Ok((grid, assembly))
}

fn is_a_generator(assembly: &Assembly) -> bool {
    let generator = &assembly.generator;
    generator.killing.iter().all(|&rate| rate >= 0.0 && rate.is_finite())
        && generator.rates.iter().all(|(&rate, (i, j))| rate > 0.0 && rate.is_finite() && i != j)
}

proptest! {
    #![proptest_config(crate::cases(40))]

    #[test]
    fn every_discretisation_is_a_markov_generator(
        nx in 5usize..24, ny in 5usize..24, temperature in 0.02..2.0f64,
        scheme in prop::sample::select(vec![
            Weight::InverseAverage, Weight::ScharfetterGummel, Weight::Sqra, Weight::Upwind, Weight::Transverse]),
        interpretation in prop::sample::select(vec![Interpretation::Ito, Interpretation::Isothermal]),
        radius in 0.3..1.5f64,
    ) {
        let dynamics = dynamics(PolynomialWell { dimension: 2 });
        let noise = VaryingNoise { temperature, dimension: 2 };
        let disc = Region::Outside { centre: [1.0, 0.0], radius };
        for live in [Region::Whole, disc] {
            let (_, assembly) =
                assemble(&dynamics, &noise, interpretation, scheme, [REFLECTING; 2], &live, [nx, ny]).unwrap();
            prop_assert!(is_a_generator(&assembly));
            // What leaves a state is what its edges and exits carry: nothing is lost on the way into the sparse matrix.
            let carried: f64 = assembly.pairs.iter().map(|pair| pair.forward + pair.backward).sum::<f64>()
                + assembly.exits.iter().map(|exit| exit.rate).sum::<f64>();
            let stored: f64 = assembly.generator.rates.data().iter().sum::<f64>()
                + assembly.generator.killing.iter().sum::<f64>();
            prop_assert!((carried / stored - 1.0).abs() < 1e-12);
        }
    }

    /// For D = T·I the weights keep detailed balance with e^{−L/T}, which is then stationary exactly.
    #[test]
    fn isotropic_noise_keeps_the_gibbs_density(
        nx in 5usize..24, ny in 5usize..24, temperature in 0.1..2.0f64,
        scheme in prop::sample::select(vec![
            Weight::InverseAverage, Weight::ScharfetterGummel, Weight::Sqra, Weight::Transverse]),
        periodic in any::<bool>(),
    ) {
        let dynamics = dynamics(PolynomialWell { dimension: 2 });
        let loss = dynamics.loss().unwrap();
        let noise = WhiteNoise { temperature, dimension: 2 };
        // y² is not periodic, but its slope need only be so for a meaningful answer: the law holds edge by edge in x.
        let walls = if periodic { [REFLECTING, AxisWalls::Periodic] } else { [REFLECTING; 2] };
        let (grid, assembly) =
            assemble(&dynamics, &noise, Interpretation::Ito, scheme, walls, &Region::Whole, [nx, ny]).unwrap();
        for pair in &assembly.pairs {
            let at = |state: u32| loss.value(grid.cell_centre(assembly.cells[state as usize] as usize));
            let wraps = pair.offset[1] != 0 && periodic;
            if !wraps {
                let balance = (pair.forward / pair.backward).ln() + (at(pair.to) - at(pair.from)) / temperature;
                prop_assert!(balance.abs() < 1e-11, "{balance}");
            }
        }
    }
}

#[test]
fn a_full_tensor_in_three_interpretations() {
    let dynamics = dynamics(PolynomialWell { dimension: 2 });
    let noise = VaryingNoise { temperature: 0.3, dimension: 2 };
    let build = |interpretation| {
        assemble(&dynamics, &noise, interpretation, Weight::InverseAverage, [REFLECTING; 2], &Region::Whole, [20, 20])
    };
    assert!(is_a_generator(&build(Interpretation::Ito).unwrap().1));
    assert!(is_a_generator(&build(Interpretation::Isothermal).unwrap().1));
    assert!(matches!(build(Interpretation::Stratonovich), Err(AssemblyError::NotScalar { .. })));
}

#[test]
fn central_names_the_cell_it_fails_in() {
    let dynamics = dynamics(PolynomialWell { dimension: 1 });
    let noise = WhiteNoise { temperature: 0.01, dimension: 1 };
    let result =
        assemble(&dynamics, &noise, Interpretation::Ito, Weight::Central, [REFLECTING; 2], &Region::Whole, [20, 1]);
    let message = result.err().unwrap().to_string();
    assert!(message.contains("Péclet") && message.contains("θ = -1."), "{message}");
}

/// An absorbing wall on cell faces cuts axis edges at exactly one half: κ = 2 D/h² for free diffusion.
#[test]
fn a_wall_on_the_faces_kills_at_twice_the_rate_of_an_edge() {
    let dynamics = dynamics(PolynomialWell { dimension: 1 });
    let noise = WhiteNoise { temperature: 1e9, dimension: 1 };
    let walls = [AxisWalls::Walls([Wall::Absorbing, Wall::Reflecting]), REFLECTING];
    let (grid, assembly) =
        assemble(&dynamics, &noise, Interpretation::Ito, Weight::InverseAverage, walls, &Region::Whole, [10, 1])
            .unwrap();
    let expected = 2.0 * 1e9 / grid.spacing()[0].powi(2);
    assert!((assembly.generator.killing[0] / expected - 1.0).abs() < 1e-8);
    assert!(assembly.generator.killing[1..].iter().all(|&rate| rate == 0.0));
}

/// The correction multiplies q_ij and q_ji alike, within one and a half: a generator with the same stationary law.
#[test]
fn flux_corrected_rates_keep_detailed_balance() {
    let (dynamics, noise) = (dynamics(PolynomialWell { dimension: 2 }), WhiteNoise { temperature: 0.2, dimension: 2 });
    let disc = Region::Outside { centre: [1.0, 0.0], radius: 0.4 };
    let (grid, plain) =
        assemble(&dynamics, &noise, Interpretation::Ito, Weight::InverseAverage, [REFLECTING; 2], &disc, [30, 20])
            .unwrap();
    let sampler = EdgeSampler::new(&dynamics, &noise, Interpretation::Ito, Weight::InverseAverage, &grid);
    let mut corrected = plain.clone();
    let mut correction = FluxCorrection::new(&plain, &grid, &sampler);
    for _ in 0..PASSES {
        let resources = Resources { memory: 1 << 30, workspace: &Workspace::default(), progress: &Progress::default() };
        let found = quasi_stationary(&Factor::new(&corrected.generator, 0, resources).unwrap()).unwrap();
        correction.pass(&mut corrected, &grid, &found.probability);
        assert!(is_a_generator(&corrected) && corrected.generator.is_reversible);
        let allowed = 1.0 / (1.5 + 1e-12)..=1.5 + 1e-12;
        let mut changed = 0;
        for (before, after) in plain.pairs.iter().zip(&corrected.pairs) {
            let ratio = after.forward / before.forward;
            assert!(allowed.contains(&ratio) && (after.backward / before.backward / ratio - 1.0).abs() < 1e-14);
            changed += usize::from(ratio != 1.0);
        }
        assert!(changed > plain.pairs.len() / 2);
        for (before, after) in plain.exits.iter().zip(&corrected.exits) {
            assert!(allowed.contains(&(after.rate / before.rate)));
        }
    }
}
