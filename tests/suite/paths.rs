//! Transition paths of chains: exact answers in integers, and laws for rates of any size.

use proptest::prelude::*;
use saddleflux::elimination::Workspace;
use saddleflux::generator::Generator;
use saddleflux::progress::Progress;
use saddleflux::scaled::Scaled;
use saddleflux::solve::{Cores, Factor, Paths, PathsError, Resources, Side, mean_first_passage, stationary_law};

pub fn with_resources<T>(work: impl FnOnce(Resources<'_>) -> T) -> T {
    let (workspace, progress) = (Workspace::default(), Progress::default());
    work(Resources::available(&workspace, &progress))
}

/// The paths of a closed chain with these rates, between the states of a word such as "AA..B".
fn paths(rates: &[(usize, usize, f64)], sides: &str) -> (Generator, Result<Paths, PathsError>) {
    let side: Vec<Side> = sides
        .chars()
        .map(|letter| match letter {
            'A' => Side::From,
            'B' => Side::To,
            _ => Side::Between,
        })
        .collect();
    let generator = Generator::from_rates(rates.iter().copied(), vec![0.0; side.len()]).unwrap();
    let found = with_resources(|resources| {
        let law = stationary_law(&generator, 0, resources)?;
        let cores = Cores::of_states(&generator, &law, side);
        Paths::new(&generator, law, cores, resources)
    });
    (generator, found)
}

/// The determinant of an integer matrix, exactly (Bareiss 1968).
pub fn determinant(mut m: Vec<Vec<i128>>) -> i128 {
    let n = m.len();
    let (mut sign, mut before) = (1, 1);
    for k in 0..n {
        let Some(row) = (k..n).find(|&row| m[row][k] != 0) else { return 0 };
        if row != k {
            m.swap(row, k);
            sign = -sign;
        }
        for i in k + 1..n {
            for j in k + 1..n {
                m[i][j] = (m[i][j] * m[k][k] - m[i][k] * m[k][j]) / before;
            }
        }
        before = m[k][k];
    }
    sign * m.last().map_or(1, |row| row[n - 1])
}

/// Numerators of x with A x = b by Cramer's rule; the denominator is det A.
pub fn cramer(a: &[Vec<i128>], b: &[i128]) -> Vec<i128> {
    let replaced = |column: usize| {
        let mut m = a.to_vec();
        m.iter_mut().zip(b).for_each(|(row, &b)| row[column] = b);
        determinant(m)
    };
    (0..b.len()).map(replaced).collect()
}

/// Whole rates of chains of n states, any number of them: a ring, so that every state is reached, and others here and
/// there.
pub fn whole_rates(seed: u64) -> impl FnMut(usize) -> Vec<Vec<i128>> {
    let mut seed = seed;
    let mut next = move |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    move |n| {
        let mut rate = |i: usize, j: usize| match (i == j, j == (i + 1) % n) {
            (true, _) => 0,
            (_, true) => i128::from(1 + next(9)),
            _ => i128::from(next(8).saturating_sub(3)),
        };
        (0..n).map(|i| (0..n).map(|j| rate(i, j)).collect()).collect()
    }
}

/// Small irreversible chains with whole rates: every number against determinants of integers.
#[test]
fn exact_on_chains_with_whole_rates() {
    let mut chain = whole_rates(7);
    for case in 0..60 {
        let n = 5 + case % 3;
        let q = chain(n);
        let minus_q = |i: usize, j: usize| if i == j { q[i].iter().sum() } else { -q[i][j] };
        // A = {0}, B = {n − 1}; π_i ∝ the determinant of −Q without row and column i.
        let without = |state: usize| -> i128 {
            let kept: Vec<usize> = (0..n).filter(|&k| k != state).collect();
            determinant(kept.iter().map(|&i| kept.iter().map(|&j| minus_q(i, j)).collect()).collect())
        };
        let weight: Vec<i128> = (0..n).map(without).collect();
        let total: i128 = weight.iter().sum();
        let inside: Vec<usize> = (1..n - 1).collect();
        let a: Vec<Vec<i128>> =
            inside.iter().map(|&i| inside.iter().map(|&j| minus_q(i, j)).collect::<Vec<i128>>()).collect();
        let transposed: Vec<Vec<i128>> = (0..a.len()).map(|j| a.iter().map(|row| row[j]).collect()).collect();
        let det = determinant(a.clone());
        let into = |set: usize| inside.iter().map(|&i| q[i][set]).collect::<Vec<i128>>();
        let out_of = |set: usize| inside.iter().map(|&i| q[set][i]).collect::<Vec<i128>>();
        let forward = cramer(&a, &into(n - 1));
        let complement = cramer(&a, &into(0));
        let last_in_a = cramer(&transposed, &out_of(0));

        let rates: Vec<(usize, usize, f64)> = (0..n)
            .flat_map(|i| (0..n).map(move |j| (i, j)))
            .filter(|(i, j)| i != j)
            .map(|(i, j)| (i, j, q[i][j] as f64))
            .collect();
        let word: String = std::iter::once('A').chain(inside.iter().map(|_| '.')).chain(['B']).collect();
        let found = paths(&rates, &word).1.unwrap();
        let ratio = |numerator: i128, denominator: i128| numerator as f64 / denominator as f64;
        let close =
            |found: Scaled, exact: f64| assert_relative_eq!(found.value(), exact, epsilon = 0.0, max_relative = 2e-14);
        for (i, &weight) in weight.iter().enumerate() {
            close(found.stationary[i], ratio(weight, total));
        }
        for (k, &i) in inside.iter().enumerate() {
            close(found.forward[i], ratio(forward[k], det));
            close(found.complement[i], ratio(complement[k], det));
            close(found.last_in[0][i], ratio(weight[0], total) * ratio(last_in_a[k], det));
        }
        // F = π_A (q_AB + Σ q_Ai q⁺_i), over one denominator.
        let leaves: i128 = inside.iter().zip(&forward).map(|(&i, q_plus)| q[0][i] * q_plus).sum();
        let flux = ratio(weight[0], total) * ratio(q[0][n - 1] * det + leaves, det);
        found.flux.iter().for_each(|&found| close(found, flux));
        let last: i128 = last_in_a.iter().sum();
        close(found.population[0], ratio(weight[0], total) * ratio(det + last, det));
        close(found.rate(), flux / (ratio(weight[0], total) * ratio(det + last, det)));
    }
}

/// Rates between the states of a ring with chords, over many decades.
fn wide_chain() -> impl Strategy<Value = (usize, Vec<(usize, usize, f64)>)> {
    (5usize..24).prop_flat_map(|n| {
        let exponent = -30.0..30.0f64;
        let ring = prop::collection::vec((exponent.clone(), exponent.clone()), n);
        let chords = prop::collection::vec((0..n, 0..n, exponent), 0..2 * n);
        (Just(n), ring, chords).prop_map(|(n, ring, chords)| {
            let mut rates = Vec::new();
            for (i, (there, back)) in ring.into_iter().enumerate() {
                let j = (i + 1) % n;
                rates.extend([(i, j, 10f64.powf(there)), (j, i, 10f64.powf(back))]);
            }
            rates.extend(chords.into_iter().filter(|(i, j, _)| i != j).map(|(i, j, e)| (i, j, 10f64.powf(e))));
            (n, rates)
        })
    })
}

fn sides(n: usize) -> String {
    let letter = |state: usize| match state {
        0 | 1 => 'A',
        state if state + 2 == n => 'B',
        _ => '.',
    };
    (0..n).map(letter).collect()
}

proptest! {
    #![proptest_config(crate::cases(200))]

    /// What leaves A arrives in B, every state balances, probabilities sum to one, and the masses are all there.
    #[test]
    fn laws_of_paths((n, rates) in wide_chain()) {
        let (generator, found) = paths(&rates, &sides(n));
        // A probability below the range of doubles is refused by name.
        prop_assume!(!matches!(found, Err(PathsError::Underflow { .. })));
        let found = found.unwrap();
        let near = |a: Scaled, b: Scaled| (a.over(b).value() - 1.0).abs();
        prop_assert!(near(found.flux[0], found.flux[1]) < 1e-13);
        prop_assert!(near(found.population[0].plus(found.population[1]), Scaled::ONE) < 1e-13);
        for i in 0..n {
            prop_assert!(near(found.forward[i].plus(found.complement[i]), Scaled::ONE) < 1e-13);
            prop_assert!(near(found.last_in[0][i].plus(found.last_in[1][i]), found.stationary[i]) < 1e-13);
        }
        for i in (0..n).filter(|&i| found.cores.side[i] == Side::Between) {
            let row = generator.rates.outer_view(i).unwrap();
            // Σ_j q_ij q⁺_j = q⁺_i Σ_j q_ij, and what flows in flows out.
            let (mut mean, mut out) = (Scaled::ZERO, Scaled::ZERO);
            for (j, &rate) in row.iter() {
                mean += found.forward[j] * rate;
                out += Scaled::new(rate);
            }
            prop_assert!(near(mean, found.forward[i].times(out)) < 1e-13);
            let leaving = row.iter().fold(Scaled::ZERO, |sum, (j, &rate)| sum.plus(found.flow(i, j, rate)));
            let arriving = (0..n).fold(Scaled::ZERO, |sum, j| {
                let rate = generator.rates.get(j, i).copied().unwrap_or(0.0);
                sum.plus(found.flow(j, i, rate))
            });
            prop_assert!(near(leaving, arriving) < 1e-13);
        }
    }

    /// 1/k_AB is the mean time to B from where the process enters A when it comes from B: a passage-time solve of its
    /// own.
    #[test]
    fn the_rate_is_the_inverse_of_a_mean_time((n, rates) in wide_chain()) {
        let (generator, found) = paths(&rates, &sides(n));
        // A probability below the range of doubles is refused by name.
        prop_assume!(!matches!(found, Err(PathsError::Underflow { .. })));
        let found = found.unwrap();
        let side = &found.cores.side;
        let kept: Vec<usize> = (0..n).filter(|&i| side[i] != Side::To).collect();
        let number = |i: usize| kept.iter().position(|&k| k == i);
        let mut killing = vec![0.0; kept.len()];
        let mut inside = Vec::new();
        for (&rate, (i, j)) in generator.rates.iter() {
            let (i, j) = (i as usize, j as usize);
            match (number(i), number(j)) {
                (Some(i), Some(j)) => inside.push((i, j, rate)),
                (Some(i), None) => killing[i] += rate,
                _ => {}
            }
        }
        let killed = Generator::from_rates(inside, killing).unwrap();
        let times = with_resources(|resources| mean_first_passage(&Factor::new(&killed, 0, resources).unwrap())).unwrap();
        let mut mean = Scaled::ZERO;
        for a in (0..n).filter(|&a| side[a] == Side::From) {
            let mut enters = Scaled::ZERO;
            for i in (0..n).filter(|&i| side[i] != Side::From) {
                enters += found.last_in[1][i] * generator.rates.get(i, a).copied().unwrap_or(0.0);
            }
            mean += enters.times(times.from_state(number(a).unwrap()));
        }
        let rate = found.flux[0].over(mean);
        prop_assert!((rate.over(found.rate()).value() - 1.0).abs() < 1e-12);
    }

    /// A reactive path takes as long as the chain that is made to go to B (rates q_ij q⁺_j/q⁺_i), from where such paths
    /// leave A.
    #[test]
    fn paths_take_as_long_as_a_chain_that_must_arrive((n, rates) in wide_chain()) {
        let (generator, found) = paths(&rates, &sides(n));
        // A probability below the range of doubles is refused by name.
        prop_assume!(!matches!(found, Err(PathsError::Underflow { .. })));
        let found = found.unwrap();
        let kept: Vec<usize> = (0..n).filter(|&i| found.cores.side[i] == Side::Between).collect();
        let number = |i: usize| kept.iter().position(|&k| k == i);
        let mut must = Vec::new();
        let mut killing = vec![0.0; kept.len()];
        for (&rate, (i, j)) in generator.rates.iter() {
            let (i, j) = (i as usize, j as usize);
            let rate = (found.forward[j] * rate).over(found.forward[i]).value();
            match (number(i), number(j), found.cores.side[j]) {
                (Some(i), Some(j), _) => must.push((i, j, rate)),
                (Some(i), None, Side::To) => killing[i] += rate,
                _ => {}
            }
        }
        let must = Generator::from_rates(must, killing).unwrap();
        let times = with_resources(|resources| mean_first_passage(&Factor::new(&must, 0, resources).unwrap())).unwrap();
        let mut mean = Scaled::ZERO;
        for (own, &i) in kept.iter().enumerate() {
            mean += found.cores.out_of[0][i].times(found.forward[i]).times(times.from_state(own));
        }
        let mean = mean.over(found.flux[0]);
        prop_assert!((mean.over(found.duration()).value() - 1.0).abs() < 1e-12);
    }

    /// q⁺ + q⁻ = 1 where there is detailed balance, and the reactive current is the flux along a line.
    #[test]
    fn backward_is_forward_reversed_with_detailed_balance(
        heights in prop::collection::vec(-300.0..300.0f64, 6..30),
        widths in prop::collection::vec(-3.0..3.0f64, 30),
    ) {
        let n = heights.len();
        // Rates of a line of states with π ∝ e^{−height}.
        let conductance = |i: usize| (-heights[i].max(heights[i + 1]) + widths[i]).exp();
        let rates: Vec<(usize, usize, f64)> = (0..n - 1)
            .flat_map(|i| [(i, i + 1, conductance(i) * heights[i].exp()), (i + 1, i, conductance(i) * heights[i + 1].exp())])
            .collect();
        let word: String = (0..n).map(|i| if i == 0 { 'A' } else if i + 1 == n { 'B' } else { '.' }).collect();
        let found = paths(&rates, &word).1.unwrap();
        for (i, backward) in found.backward().into_iter().enumerate() {
            prop_assert!((backward.unwrap() + found.forward[i].value() - 1.0).abs() < 1e-13);
        }
        // q⁺_i = Σ_{k<i} 1/c_k / Σ_k 1/c_k, and F = 1/(Z Σ 1/c).
        let resistance: Vec<Scaled> = (0..n - 1).map(|i| Scaled::ONE.over(Scaled::new(conductance(i)))).collect();
        let total = resistance.iter().fold(Scaled::ZERO, |sum, &r| sum.plus(r));
        let z = heights.iter().fold(Scaled::ZERO, |sum, &h| sum.plus(Scaled::new((-h).exp())));
        let mut before = Scaled::ZERO;
        for (i, &resistance) in resistance.iter().enumerate() {
            before += resistance;
            prop_assert!((found.forward[i + 1].over(before.over(total)).value() - 1.0).abs() < 1e-12);
        }
        prop_assert!((found.flux[0].times(z).times(total).value() - 1.0).abs() < 1e-12);
    }
}

/// A current around a ring: the time reverse is another process, and q⁻ is not what is left of q⁺.
#[test]
fn backward_is_its_own_without_detailed_balance() {
    let rates: Vec<(usize, usize, f64)> = (0..6).flat_map(|i| [(i, (i + 1) % 6, 3.0), ((i + 1) % 6, i, 1.0)]).collect();
    let found = paths(&rates, "A..B..").1.unwrap();
    let backward = found.backward();
    // Out of 1: to 3 before 0 at odds of a gambler with 3 : 1; back in time the ring turns the other way.
    assert_relative_eq!(
        found.forward[1].value(),
        (1.0 - 1.0 / 3.0) / (1.0 - 1.0 / 27.0),
        epsilon = 0.0,
        max_relative = 1e-14
    );
    assert_relative_eq!(backward[1].unwrap(), 1.0 - (1.0 - 3.0) / (1.0 - 27.0), epsilon = 0.0, max_relative = 1e-14);
    assert!((backward[1].unwrap() + found.forward[1].value() - 1.0).abs() > 0.5);
}

/// Two valleys of which the second is heavier by more than any number, restarted in the light one, on a line and off
/// it.
#[test]
fn the_law_of_valleys_far_apart() {
    let heavy = 1e250;
    // π: 1, 1e-100, 1e-100·heavy, all of that once more beyond a second step: 1e300 in all, and 1e400 after a third.
    for steps in [1, 2] {
        for off_the_line in [false, true] {
            let mut rates = Vec::new();
            for k in 0..2 * steps {
                let ratio: f64 = if k % 2 == 0 { 1e-50 } else { heavy };
                rates.extend([(k, k + 1, ratio.min(1.0)), (k + 1, k, (1.0 / ratio).min(1.0))]);
            }
            let n = 2 * steps + 1;
            let mut states = n;
            if off_the_line {
                // A state beside the first two: no path any more.
                states += 1;
                rates.extend([(0, n, 1.0), (n, 0, 1.0), (n, 1, 1e-50), (1, n, 1.0)]);
            }
            let generator = Generator::from_rates(rates, vec![0.0; states]).unwrap();
            let law = with_resources(|resources| stationary_law(&generator, 0, resources)).unwrap();
            let exact = Scaled::new(1e200);
            for step in 0..steps {
                let ratio = law[2 * step + 2].over(law[2 * step]).over(exact).value();
                let is_lost = !law[2 * step].is_positive();
                // Off the line what is lighter than 1e-308 is not there.
                assert!(is_lost && off_the_line && steps == 2 && step == 0 || (ratio - 1.0).abs() < 1e-13, "{ratio}");
            }
        }
    }
}

/// A law that overflows from where it was begun, though every state reaches every other: the restarts move to the
/// heavier state.
#[test]
fn the_law_from_the_light_end() {
    // π grows by 1e158 a step; rates are large enough that no pivot underflows. The state beside makes it no path.
    let (up, down) = (1e60, 1e60 * 1e-158);
    let rates =
        [(0, 1, up), (1, 0, down), (1, 2, up), (2, 1, down), (0, 3, 1e60), (3, 0, 1e60), (3, 1, up), (1, 3, down)];
    let generator = Generator::from_rates(rates, vec![0.0; 4]).unwrap();
    let law = with_resources(|resources| stationary_law(&generator, 0, resources)).unwrap();
    assert_relative_eq!(law[2].value(), 1.0, epsilon = 0.0, max_relative = 1e-14);
    assert_relative_eq!(law[1].value(), 1e-158, epsilon = 0.0, max_relative = 1e-13);
}
