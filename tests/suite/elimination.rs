//! The elimination against a scalar one, and against exact answers.

use proptest::prelude::*;
use saddleflux::elimination::{Elimination, EliminationError, Symbolic, Workspace};
use saddleflux::generator::Generator;
use saddleflux::progress::Progress;
use saddleflux::scheme::Stencil;
use saddleflux::solve::{Factor, quasi_stationary};
use saddleflux::tensor::Tensor;
use sprs::TriMatI;

const NO_LIMIT: u64 = 1 << 36;

fn generator(n: usize, edges: &[(usize, usize, f64)], killing: Vec<f64>, coordinates: Vec<[i32; 2]>) -> Generator {
    let mut rates = TriMatI::<f64, u32>::new((n, n));
    for &(i, j, rate) in edges.iter().filter(|edge| edge.0 != edge.1) {
        rates.add_triplet(i, j, rate);
    }
    Generator { rates: rates.to_csr(), killing, coordinates, is_reversible: false }
}

/// The same chain, said to be reversible.
fn reversible(generator: Generator) -> Generator {
    Generator { is_reversible: true, ..generator }
}

fn eliminate(generator: &Generator) -> Elimination {
    Elimination::new(generator, &Workspace::default(), NO_LIMIT, &Progress::default()).unwrap()
}

/// Grassmann–Taksar–Heyman, pivot by pivot on the dense matrix: x A = b, or A x = b.
fn scalar_solve(generator: &Generator, b: &[f64], left: bool) -> Vec<f64> {
    let n = generator.len();
    let mut q = vec![vec![0.0; n]; n];
    for (&rate, (i, j)) in generator.rates.iter() {
        let (i, j) = (i as usize, j as usize);
        q[i][j] += rate;
    }
    let mut killing = generator.killing.clone();
    let mut x = b.to_vec();
    let mut pivots = vec![0.0; n];
    for k in 0..n {
        let pivot = killing[k] + q[k][k + 1..].iter().sum::<f64>();
        pivots[k] = pivot;
        for i in k + 1..n {
            for j in k + 1..n {
                if i != j {
                    q[i][j] += q[i][k] * (q[k][j] / pivot);
                }
            }
            killing[i] += q[i][k] * (killing[k] / pivot);
            x[i] += if left { x[k] * (q[k][i] / pivot) } else { q[i][k] * (x[k] / pivot) };
        }
    }
    for k in (0..n).rev() {
        let later = (k + 1..n).map(|i| x[i] * if left { q[i][k] } else { q[k][i] }).sum::<f64>();
        x[k] = (x[k] + later) / pivots[k];
    }
    x
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    for (k, (&a, &b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * b, "entry {k}: {a:e} instead of {b:e}, off by {:e}", (a / b - 1.0).abs());
    }
}

fn assert_equals_scalar(generator: &Generator, b: &[f64], tolerance: f64) {
    let elimination = eliminate(generator);
    assert_close(&elimination.solve_left(b), &scalar_solve(generator, b, true), tolerance);
    assert_close(&elimination.solve_right(b), &scalar_solve(generator, b, false), tolerance);
}

/// A sequence of numbers in [0, 1) (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f64) as usize
    }

    /// 10^z, z uniform in ±decades.
    fn spread(&mut self, decades: f64) -> f64 {
        10f64.powf(decades * (2.0 * self.next() - 1.0))
    }

    fn shuffle(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for k in (1..n).rev() {
            order.swap(k, self.below(k + 1));
        }
        order
    }
}

/// States on a w×h grid with holes, edges from the stencil, some of them one-sided, some missing; random numbering.
fn stencil_generator(
    numbers: &mut Numbers,
    (w, h): (i32, i32),
    stencil: &[[i32; 2]],
    holes: f64,
    decades: f64,
    periodic: bool,
) -> Generator {
    let cells: Vec<[i32; 2]> = (0..w * h).map(|k| [k % w, k / w]).filter(|_| numbers.next() >= holes).collect();
    let n = cells.len();
    let number = numbers.shuffle(n);
    let place = |c: [i32; 2]| cells.iter().position(|&other| other == c);
    let mut edges = Vec::new();
    for (k, cell) in cells.iter().enumerate() {
        for step in stencil {
            let mut other = [cell[0] + step[0], cell[1] + step[1]];
            if periodic {
                other = [other[0].rem_euclid(w), other[1].rem_euclid(h)];
            }
            if let Some(other) = place(other).filter(|&other| other != k) {
                let kind = numbers.next();
                if kind < 0.9 {
                    edges.push((number[k], number[other], numbers.spread(decades)));
                }
                if kind > 0.1 {
                    edges.push((number[other], number[k], numbers.spread(decades)));
                }
            }
        }
    }
    let mut coordinates = vec![[0, 0]; n];
    for (k, &cell) in cells.iter().enumerate() {
        coordinates[number[k]] = cell;
    }
    // Some killing everywhere, so that no component is closed.
    let killing = (0..n).map(|_| numbers.spread(decades)).collect();
    generator(n, &edges, killing, coordinates)
}

const FIVE_POINT: [[i32; 2]; 2] = [[1, 0], [0, 1]];
const WIDE: [[i32; 2]; 3] = [[1, 0], [2, 1], [3, 1]];

#[test]
fn equals_scalar_elimination_on_grids() {
    let mut numbers = Numbers(1);
    for (size, stencil, holes, periodic) in [
        ((20, 17), &FIVE_POINT[..], 0.0, false),
        ((18, 18), &FIVE_POINT[..], 0.0, true),
        ((25, 20), &FIVE_POINT[..], 0.35, false),
        ((24, 16), &WIDE[..], 0.0, false),
        ((20, 20), &WIDE[..], 0.2, true),
        ((1, 90), &FIVE_POINT[..], 0.1, false),
    ] {
        for decades in [0.5, 3.0, 50.0] {
            let generator = stencil_generator(&mut numbers, size, stencil, holes, decades, periodic);
            let b: Vec<f64> = (0..generator.len()).map(|_| numbers.next()).collect();
            assert_equals_scalar(&generator, &b, 1e-13);
        }
    }
}

#[test]
fn rates_may_span_two_hundred_decades() {
    let mut numbers = Numbers(2);
    for stencil in [&FIVE_POINT[..], &WIDE[..]] {
        let generator = stencil_generator(&mut numbers, (22, 15), stencil, 0.1, 100.0, false);
        let b = vec![1.0; generator.len()];
        assert_equals_scalar(&generator, &b, 1e-13);
    }
}

/// A chain in detailed balance on a w×h grid with holes: weights π by cell, conductances c√(π_i π_j) with c spread over the decades.
fn reversible_generator(
    numbers: &mut Numbers,
    (w, h): (i32, i32),
    stencil: &[[i32; 2]],
    holes: f64,
    decades: f64,
    mut weight: impl FnMut(&mut Numbers, i32, i32) -> f64,
) -> Generator {
    let cells: Vec<[i32; 2]> = (0..w * h).map(|k| [k % w, k / w]).filter(|_| numbers.next() >= holes).collect();
    // log10 √π, so that π may leave the range of numbers.
    let roots: Vec<f64> = cells.iter().map(|&[x, y]| 0.5 * weight(numbers, x, y)).collect();
    let number = numbers.shuffle(cells.len());
    let mut edges = Vec::new();
    for (k, cell) in cells.iter().enumerate() {
        for step in stencil {
            let other = [cell[0] + step[0], cell[1] + step[1]];
            if let Some(other) = cells.iter().position(|&place| place == other) {
                let (rate, ratio) = (numbers.spread(decades), 10f64.powf(roots[other] - roots[k]));
                edges.push((number[k], number[other], rate * ratio));
                edges.push((number[other], number[k], rate / ratio));
            }
        }
    }
    let mut coordinates = vec![[0, 0]; cells.len()];
    for (k, &cell) in cells.iter().enumerate() {
        coordinates[number[k]] = cell;
    }
    let killing = (0..cells.len()).map(|_| numbers.spread(decades)).collect();
    reversible(generator(cells.len(), &edges, killing, coordinates))
}

#[test]
fn reversible_chains_equal_scalar_elimination() {
    let mut numbers = Numbers(11);
    for (size, stencil, holes) in [
        ((26, 24), &FIVE_POINT[..], 0.0),
        ((25, 20), &FIVE_POINT[..], 0.35),
        ((30, 28), &WIDE[..], 0.0),
        ((22, 22), &WIDE[..], 0.2),
        ((2, 90), &FIVE_POINT[..], 0.0),
        ((2, 2), &FIVE_POINT[..], 0.0),
    ] {
        for (decades, spread) in [(0.5, 0.5), (3.0, 20.0), (20.0, 60.0)] {
            let generator = reversible_generator(&mut numbers, size, stencil, holes, decades, |numbers, _, _| {
                spread * (2.0 * numbers.next() - 1.0)
            });
            let b: Vec<f64> = (0..generator.len()).map(|_| numbers.next()).collect();
            assert_equals_scalar(&generator, &b, 3e-13);
            if generator.len() > 100 {
                assert!(eliminate(&generator).spared() > 0.2, "eliminated as if it were not reversible");
            }
        }
    }
}

/// The weights fall by 900 decades from one side to the other: more than numbers hold.
#[test]
fn a_chain_too_steep_to_be_scaled_is_eliminated_as_it_is() {
    let mut numbers = Numbers(12);
    let steep = reversible_generator(&mut numbers, (36, 24), &WIDE, 0.05, 1.0, |_, x, y| {
        -25.0 * f64::from(x) + 3.0 * f64::from(y)
    });
    let b: Vec<f64> = (0..steep.len()).map(|_| numbers.next()).collect();
    assert_equals_scalar(&steep, &b, 3e-13);
    assert_eq!(eliminate(&steep).spared(), 0.0);
}

/// √π falls to 1e-270, and right sides are of any size anywhere: scaled they leave the range of numbers, the solutions do not.
#[test]
fn right_sides_of_any_size_keep_their_digits() {
    let mut numbers = Numbers(15);
    let steep = reversible_generator(&mut numbers, (28, 14), &FIVE_POINT, 0.0, 0.5, |_, x, _| -20.0 * f64::from(x));
    assert!(eliminate(&steep).spared() > 0.2);
    for size in [1e-100, 1e-30, 1.0, 1e60] {
        for at in [0, 13, 27] {
            let b: Vec<f64> = steep.coordinates.iter().map(|place| if place[0] == at { size } else { 0.0 }).collect();
            let (x, expected) = (eliminate(&steep).solve_right(&b), scalar_solve(&steep, &b, false));
            // Below that the expected ones lose digits themselves, in the rates between far states.
            let kept = |values: &[f64]| -> Vec<f64> {
                values.iter().zip(&expected).map(|(&x, &e)| if e.min(e / size) > 1e-280 { x } else { 0.0 }).collect()
            };
            assert_close(&kept(&x), &kept(&expected), 3e-13);
        }
    }
}

/// Rates of 1e-70 between states whose weight is 1e-480: in range as they are, and out of it once they are scaled.
#[test]
fn pivots_below_the_range_of_scaled_numbers_are_eliminated_as_they_are() {
    let mut numbers = Numbers(13);
    let (w, h) = (14, 12);
    let mut steep =
        reversible_generator(&mut numbers, (w, h), &FIVE_POINT, 0.0, 0.3, |_, x, _| -480.0 * f64::from(x) / 13.0);
    let far: Vec<bool> = steep.coordinates.iter().map(|place| place[0] > 10).collect();
    let slow: Vec<f64> = steep
        .rates
        .iter()
        .map(|(&rate, (i, j))| if far[i as usize] && far[j as usize] { 1e-70 * rate } else { rate })
        .collect();
    steep.rates.data_mut().copy_from_slice(&slow);
    for (killing, far) in steep.killing.iter_mut().zip(far) {
        *killing *= if far { 1e-90 } else { 1.0 };
    }
    let b = vec![1.0; steep.len()];
    assert_equals_scalar(&steep, &b, 3e-13);
    assert_eq!(eliminate(&steep).spared(), 0.0);
}

#[test]
fn zero_rates_among_the_edges_break_the_balance() {
    let mut numbers = Numbers(16);
    let mut chain = reversible_generator(&mut numbers, (12, 12), &WIDE, 0.0, 1.0, |numbers, _, _| numbers.next());
    let b = vec![1.0; chain.len()];
    chain.rates.data_mut()[333] = 0.0;
    assert_equals_scalar(&chain, &b, 1e-13);
}

/// Many parts, and a path that winds through random numbers: the weights take linear time.
#[test]
fn weights_of_scattered_chains_take_linear_time() {
    let mut numbers = Numbers(17);
    let n = 60_000;
    let number = numbers.shuffle(n);
    let mut edges = Vec::new();
    // Up and down by 1.5 and 0.5 in turn, within the range of numbers over 200 states.
    for k in (0..n - 1).filter(|k| if *k < n / 2 { k % 3 != 0 } else { k % 200 != 0 }) {
        edges.extend([(number[k], number[k + 1], 1.0), (number[k + 1], number[k], if k % 2 == 0 { 1.5 } else { 0.5 })]);
    }
    let mut coordinates = vec![[0; 2]; n];
    for (k, &state) in number.iter().enumerate() {
        coordinates[state] = [k as i32, 0];
    }
    let scattered = reversible(generator(n, &edges, vec![1.0; n], coordinates));
    let elimination = eliminate(&scattered);
    assert!(elimination.spared() > 0.0);
    assert_close(&elimination.solve_right(&scattered.killing), &vec![1.0; n], 1e-13);
}

/// A torus, whose seams are edges longer than any that a cut looks for near itself: by what is left of the equations.
#[test]
fn seams_of_large_tori_are_separated() {
    let (w, h) = (90, 70);
    let mut numbers = Numbers(19);
    for axes in [[0, 1], [1, 0]] {
        let number = |x: usize, y: usize| if axes[0] == 0 { x % w * h + y % h } else { y % h * w + x % w };
        let mut edges = Vec::new();
        let mut coordinates = vec![[0, 0]; w * h];
        for (x, y) in (0..w).flat_map(|x| (0..h).map(move |y| (x, y))) {
            let here = number(x, y);
            coordinates[here] = [x as i32, y as i32];
            for other in [number(x + 1, y), number(x, y + 1), number(x + 2, y + 1)] {
                edges.extend([(here, other, numbers.spread(1.0)), (other, here, numbers.spread(1.0))]);
            }
        }
        let torus = generator(w * h, &edges, vec![0.01; w * h], coordinates);
        let b: Vec<f64> = (0..w * h).map(|_| numbers.next()).collect();
        let x = eliminate(&torus).solve_left(&b);
        let (mut kept, mut arrived) = (vec![0.01; w * h], b.clone());
        for (&rate, (i, j)) in torus.rates.iter() {
            kept[i as usize] += rate;
            arrived[j as usize] += rate * x[i as usize];
        }
        let left: Vec<f64> = kept.iter().zip(&x).map(|(kept, x)| kept * x).collect();
        assert_close(&left, &arrived, 1e-13);
    }
}

/// Sets with a hole, and one whose arms meet at the far end, numbered row by row: weights are found piece by piece and joined.
#[test]
fn weights_are_joined_around_holes() {
    let (w, h) = (400i32, 160i32);
    let hole = |x: i32, y: i32| (x - 200).pow(2) + (y - 80).pow(2) > 60 * 60;
    let open_at_the_end = |x: i32, y: i32| (y - 80).abs() > 20 || x > 390;
    let open_at_the_beginning = |x: i32, y: i32| (y - 80).abs() > 20 || x < 10;
    // State 16384, the first of a piece, is (102, 66) and has no neighbour before it.
    let first_alone = |x: i32, y: i32| (x, y) != (101, 66) && (x, y) != (102, 65);
    for is_in in [&hole as &dyn Fn(i32, i32) -> bool, &open_at_the_end, &open_at_the_beginning, &first_alone] {
        let cells: Vec<[i32; 2]> = (0..w * h).map(|k| [k / h, k % h]).filter(|&[x, y]| is_in(x, y)).collect();
        let number: std::collections::HashMap<[i32; 2], usize> =
            cells.iter().enumerate().map(|(k, &cell)| (cell, k)).collect();
        let root = |[x, y]: [i32; 2]| (0.1 * f64::from(x)).sin() + 0.05 * f64::from(y);
        let mut edges = Vec::new();
        for (k, &[x, y]) in cells.iter().enumerate() {
            for other in [[x + 1, y], [x, y + 1]] {
                if let Some(&j) = number.get(&other) {
                    let ratio = (root(other) - root([x, y])).exp();
                    edges.extend([(k, j, ratio), (j, k, 1.0 / ratio)]);
                }
            }
        }
        let killing = cells.iter().map(|cell| if cell[0] == 0 { 1e-6 } else { 0.0 }).collect();
        let mut chain = reversible(generator(cells.len(), &edges, killing, cells.clone()));
        let found = eliminate(&chain);
        assert!(found.spared() > 0.2);
        chain.is_reversible = false;
        let b = vec![1.0; cells.len()];
        assert_close(&found.solve_left(&b), &eliminate(&chain).solve_left(&b), 1e-12);
    }
}

#[test]
fn a_chain_that_is_nearly_reversible_is_not_taken_for_one() {
    let mut numbers = Numbers(14);
    let mut nearly = reversible_generator(&mut numbers, (20, 20), &WIDE, 0.0, 1.0, |numbers, _, _| numbers.next());
    let b = vec![1.0; nearly.len()];
    assert!(eliminate(&nearly).spared() > 0.2);
    nearly.rates.data_mut()[777] *= 1.0 + 1e-11;
    assert_eq!(eliminate(&nearly).spared(), 0.0);
    assert_equals_scalar(&nearly, &b, 1e-13);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reversible_equals_scalar_elimination_on_any_graph(
        seed in any::<u64>(),
        n in 1usize..150,
        degree in 0.0..4.0f64,
        decades in 0.0..10.0f64,
        height in 0.0..300.0f64,
    ) {
        let mut numbers = Numbers(seed);
        // log10 √π rises along the states, edges join near ones.
        let root = |k: usize| height * (k as f64 / n as f64);
        let mut pairs: Vec<(usize, usize)> = (0..(degree * n as f64) as usize)
            .map(|_| {
                let k = numbers.below(n);
                (k, (k + 1 + numbers.below(6)).min(n - 1))
            })
            .filter(|(i, j)| i != j)
            .collect();
        pairs.sort();
        pairs.dedup();
        let mut edges = Vec::new();
        for (i, j) in pairs {
            let (rate, ratio) = (numbers.spread(decades), 10f64.powf(root(j) - root(i)));
            edges.push((i, j, rate * ratio));
            edges.push((j, i, rate / ratio));
        }
        let killing = (0..n).map(|_| numbers.spread(decades)).collect();
        let coordinates = (0..n).map(|_| [numbers.below(6) as i32, numbers.below(3) as i32]).collect();
        let generator = reversible(generator(n, &edges, killing, coordinates));
        let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
        assert_equals_scalar(&generator, &b, 3e-13);
    }

    #[test]
    fn equals_scalar_elimination_on_any_graph(seed in any::<u64>(), n in 1usize..150, degree in 0.0..4.0f64, decades in 0.0..20.0f64) {
        let mut numbers = Numbers(seed);
        let mut edges: Vec<_> = (0..(degree * n as f64) as usize)
            .map(|_| (numbers.below(n), numbers.below(n), numbers.spread(decades)))
            .collect();
        edges.sort_by_key(|edge| (edge.0, edge.1));
        edges.dedup_by_key(|edge| (edge.0, edge.1));
        let killing = (0..n).map(|_| numbers.spread(decades)).collect();
        // Coordinates that say nothing about the graph, many of them equal.
        let coordinates = (0..n).map(|_| [numbers.below(6) as i32, numbers.below(3) as i32]).collect();
        let generator = generator(n, &edges, killing, coordinates);
        let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
        assert_equals_scalar(&generator, &b, 1e-13);
    }
}

#[test]
fn numbering_does_not_matter() {
    let mut numbers = Numbers(3);
    let one = stencil_generator(&mut numbers, (40, 30), &WIDE, 0.1, 10.0, false);
    let n = one.len();
    let number = numbers.shuffle(n);
    let edges: Vec<_> =
        one.rates.iter().map(|(&rate, (i, j))| (number[i as usize], number[j as usize], rate)).collect();
    let (mut killing, mut coordinates, mut b_other) = (vec![0.0; n], vec![[0; 2]; n], vec![0.0; n]);
    let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
    for k in 0..n {
        killing[number[k]] = one.killing[k];
        coordinates[number[k]] = one.coordinates[k];
        b_other[number[k]] = b[k];
    }
    let other = generator(n, &edges, killing, coordinates);
    let (x, x_other) = (eliminate(&one).solve_left(&b), eliminate(&other).solve_left(&b_other));
    let renumbered: Vec<f64> = number.iter().map(|&k| x_other[k]).collect();
    assert_close(&renumbered, &x, 1e-13);
}

#[test]
fn left_and_right_solves_are_adjoint_and_conserve_mass() {
    let mut numbers = Numbers(4);
    let generator = stencil_generator(&mut numbers, (60, 50), &WIDE, 0.1, 8.0, true);
    let n = generator.len();
    let elimination = eliminate(&generator);
    let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
    let c: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let x = elimination.solve_left(&b);
    // b A⁻¹ c both ways, and what enters leaves: x κ = b 1, A⁻¹ κ = 1.
    assert_close(&[sum(&x, &c)], &[sum(&b, &elimination.solve_right(&c))], 1e-13);
    assert_close(&[sum(&x, &generator.killing)], &[b.iter().sum()], 1e-13);
    assert_close(&elimination.solve_right(&generator.killing), &vec![1.0; n], 1e-13);
}

/// Scharfetter–Gummel rates of L = (x²−1)² + y² on [−2, 0] × [−2, 2], absorbing at x = 0; `rows = 0`: the chain in x.
fn double_well(columns: usize, rows: usize, temperature: f64) -> Generator {
    let bernoulli = |z: f64| if z.abs() < 1e-8 { 1.0 - 0.5 * z } else { z / z.exp_m1() };
    let (hx, hy) = (2.0 / columns as f64, 4.0 / rows.max(1) as f64);
    let potential = |i: f64| {
        let x = -2.0 + (i + 0.5) * hx;
        (x * x - 1.0) * (x * x - 1.0)
    };
    let across = |j: f64| (-2.0 + (j + 0.5) * hy).powi(2);
    let n = columns * rows.max(1);
    let mut edges = Vec::new();
    let mut killing = vec![0.0; n];
    let mut coordinates = vec![[0; 2]; n];
    for j in 0..rows.max(1) {
        for i in 0..columns {
            let k = j * columns + i;
            coordinates[k] = [i as i32, j as i32];
            let rate = |other: f64| temperature / (hx * hx) * bernoulli((other - potential(i as f64)) / temperature);
            if i + 1 < columns {
                edges.push((k, k + 1, rate(potential(i as f64 + 1.0))));
            } else {
                let face = temperature / (hx * hx) * bernoulli((1.0 - potential(i as f64)) / temperature);
                killing[k] = face / 0.5;
            }
            if i > 0 {
                edges.push((k, k - 1, rate(potential(i as f64 - 1.0))));
            }
            let rate =
                |other: f64| temperature / (hy * hy) * bernoulli((across(other) - across(j as f64)) / temperature);
            if j + 1 < rows {
                edges.push((k, k + columns, rate(j as f64 + 1.0)));
            }
            if j > 0 {
                edges.push((k, k - columns, rate(j as f64 - 1.0)));
            }
        }
    }
    reversible(generator(n, &edges, killing, coordinates))
}

/// γ by inverse iteration until the Collatz–Wielandt bracket closes.
fn escape_rate(generator: &Generator) -> f64 {
    let elimination = eliminate(generator);
    let n = generator.len();
    let mut b = vec![1.0 / n as f64; n];
    for _ in 0..40 {
        let x = elimination.solve_left(&b);
        // Cells in which ν underflows have no ratio.
        let ratios = || b.iter().zip(&x).filter(|(b, _)| **b > 1e-280).map(|(b, x)| b / x);
        let (low, high) = (ratios().fold(f64::INFINITY, f64::min), ratios().fold(0.0, f64::max));
        let sum: f64 = x.iter().sum();
        if high <= low * (1.0 + 1e-12) {
            return 1.0 / sum;
        }
        b = x.iter().map(|x| x / sum).collect();
    }
    panic!("the bracket does not close");
}

#[test]
fn separable_rate_is_the_rate_of_the_chain() {
    for temperature in [0.05, 0.02, 0.01, 0.004] {
        let chain = escape_rate(&double_well(64, 0, temperature));
        let plane = escape_rate(&double_well(64, 128, temperature));
        assert!((plane / chain - 1.0).abs() < 1e-13, "T = {temperature}: {plane:e} and {chain:e}");
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let generator = double_well(150, 300, 0.02);
    let symbolic = Symbolic::analyse(&generator);
    let b = vec![1.0; generator.len()];
    let solve = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let progress = Progress::default();
            let fresh = Elimination::new(&generator, &Workspace::default(), NO_LIMIT, &progress).unwrap();
            let reused =
                Elimination::with_symbolic(&symbolic, &generator, &Workspace::default(), NO_LIMIT, &progress).unwrap();
            let x = fresh.solve_left(&b);
            assert_eq!(x, reused.solve_left(&b));
            (x, fresh.solve_right(&b))
        })
    };
    let one = solve(1);
    assert_eq!(one, solve(2));
    assert_eq!(one, solve(5));
}

#[test]
fn chain_equals_general_engine() {
    let mut numbers = Numbers(5);
    let n = 300;
    let mut edges = Vec::new();
    for k in 0..n - 1 {
        edges.push((k, k + 1, numbers.spread(10.0)));
        edges.push((k + 1, k, numbers.spread(10.0)));
    }
    let killing: Vec<f64> = (0..n).map(|k| if k % 7 == 0 { numbers.spread(10.0) } else { 0.0 }).collect();
    let coordinates: Vec<_> = (0..n as i32).map(|k| [k, 0]).collect();
    let chain = generator(n, &edges, killing.clone(), coordinates.clone());
    // One absent long edge makes it a general graph.
    edges.push((0, 2, 0.0));
    let general = generator(n, &edges, killing, coordinates);
    let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
    let (chain, general) = (eliminate(&chain), eliminate(&general));
    assert_close(&chain.solve_left(&b), &general.solve_left(&b), 1e-13);
    assert_close(&chain.solve_right(&b), &general.solve_right(&b), 1e-13);
}

#[test]
fn chain_pivots_do_not_underflow() {
    // Uphill a thousand states by e⁻¹ each: the rate of escape is e⁻¹⁰⁰⁰, but no pivot is small.
    for exit_below in [true, false] {
        let n = 600;
        let mut edges = Vec::new();
        for k in 0..n - 1 {
            let (up, down) = if exit_below { (1.0, (-1.0f64).exp()) } else { ((-1.0f64).exp(), 1.0) };
            edges.push((k, k + 1, up));
            edges.push((k + 1, k, down));
        }
        let mut killing = vec![0.0; n];
        killing[if exit_below { 0 } else { n - 1 }] = 1.0;
        let chain = generator(n, &edges, killing, vec![[0; 2]; n]);
        let mut source = vec![0.0; n];
        source[if exit_below { 0 } else { n - 1 }] = 1.0;
        let x = eliminate(&chain).solve_left(&source);
        assert!(x.iter().all(|x| x.is_finite() && *x > 0.0));
    }
}

#[test]
fn rates_beyond_the_range_of_numbers_are_errors_or_infinite_times() {
    // γ ≈ e⁻²⁵⁰⁰.
    for rows in [0, 64] {
        let generator = double_well(128, rows, 0.0004);
        if let Ok(elimination) = Elimination::new(&generator, &Workspace::default(), NO_LIMIT, &Progress::default()) {
            let b = vec![1.0; generator.len()];
            for x in [elimination.solve_left(&b), elimination.solve_right(&b)] {
                assert!(x.iter().all(|x| *x >= 0.0));
                assert!(x.contains(&f64::INFINITY));
            }
        }
    }
}

#[test]
fn closed_sets_are_named() {
    // Two components; the second, states 30..60, has no exit.
    let mut edges = Vec::new();
    for k in (0..60).filter(|k| k % 30 != 29) {
        edges.push((k, k + 1, 1.0));
        edges.push((k + 1, k, 2.0));
    }
    let mut killing = vec![0.0; 60];
    killing[0] = 1.0;
    for extra in [None, Some((3, 7, 1.0))] {
        edges.extend(extra);
        let coordinates = (0..60).map(|k| [k % 30, k / 30]).collect();
        let generator = generator(60, &edges, killing.clone(), coordinates);
        match Elimination::new(&generator, &Workspace::default(), NO_LIMIT, &Progress::default()) {
            Err(EliminationError::ZeroPivot { state }) => assert!((30..60).contains(&state)),
            other => panic!("{other:?}"),
        }
    }
}

/// A corner that nothing leaves, in a tree large enough for halves side by side: the other subtrees go on and must not stumble.
#[test]
fn an_error_in_one_subtree_is_an_error_and_no_panic() {
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for corner in [[0, 0], [149, 0], [0, 299], [149, 299]] {
            let mut plane = double_well(150, 300, 0.5);
            plane.killing.fill(1.0);
            let near = |place: [i32; 2]| (0..2).all(|axis| (place[axis] - corner[axis]).abs() < 12);
            let closed: Vec<bool> = plane.coordinates.iter().map(|&place| near(place)).collect();
            let rates: Vec<f64> = plane
                .rates
                .iter()
                .map(|(&rate, (i, j))| if closed[i as usize] && !closed[j as usize] { 0.0 } else { rate })
                .collect();
            plane.rates.data_mut().copy_from_slice(&rates);
            for (killing, &closed) in plane.killing.iter_mut().zip(&closed) {
                *killing = if closed { 0.0 } else { 1.0 };
            }
            let found = pool.install(|| {
                Elimination::new(&plane, &Workspace::default(), NO_LIMIT, &Progress::default()).map(|_| ())
            });
            match found {
                Err(EliminationError::ZeroPivot { state }) => assert!(closed[state]),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn no_killing_is_a_zero_pivot() {
    let mut plane = double_well(20, 30, 0.5);
    plane.killing.fill(0.0);
    let error = Elimination::new(&plane, &Workspace::default(), NO_LIMIT, &Progress::default()).unwrap_err();
    assert!(matches!(error, EliminationError::ZeroPivot { .. }), "{error}");
}

#[test]
fn infinite_and_undefined_rates_are_named() {
    for bad in [f64::NAN, f64::INFINITY] {
        for rows in [0, 70] {
            let mut generator = double_well(70, rows, 0.5);
            generator.rates.data_mut()[45] = bad;
            let error =
                Elimination::new(&generator, &Workspace::default(), NO_LIMIT, &Progress::default()).unwrap_err();
            assert!(matches!(error, EliminationError::NotFinite { .. }), "{error}");
        }
    }
}

#[test]
fn refuses_before_it_allocates() {
    let reversible = double_well(64, 64, 0.1);
    let mut general = reversible.clone();
    general.rates.data_mut()[5000] *= 1.5;
    let needed =
        |generator: &Generator| match Elimination::new(generator, &Workspace::default(), 0, &Progress::default()) {
            Err(EliminationError::TooLarge { needed, allowed: 0 }) => needed,
            _ => panic!("nothing can be eliminated in no memory"),
        };
    let symbolic = Symbolic::analyse(&general);
    assert_eq!(needed(&general), symbolic.peak_bytes());
    assert!(needed(&reversible) < needed(&general));
    for generator in [reversible, general] {
        let needed = needed(&generator);
        let error = Elimination::new(&generator, &Workspace::default(), needed - 1, &Progress::default())
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error, EliminationError::TooLarge { needed, allowed: needed - 1 });
        let elimination = Elimination::new(&generator, &Workspace::default(), needed, &Progress::default()).unwrap();
        assert!(elimination.factor_bytes() < needed);
    }
}

#[test]
fn refuses_another_pattern_and_stops_when_asked() {
    let symbolic = Symbolic::analyse(&double_well(20, 20, 0.1));
    let other = double_well(20, 21, 0.1);
    let progress = Progress::default();
    let error = Elimination::with_symbolic(&symbolic, &other, &Workspace::default(), NO_LIMIT, &progress).unwrap_err();
    assert_eq!(error, EliminationError::PatternChanged);
    assert_eq!(
        Elimination::new(&other, &Workspace::default(), NO_LIMIT, &progress).unwrap().flops(),
        progress.state().1
    );
    progress.interrupt();
    assert_eq!(
        Elimination::new(&other, &Workspace::default(), NO_LIMIT, &progress).unwrap_err(),
        EliminationError::Interrupted
    );
}

#[test]
fn smallest_cases() {
    assert!(eliminate(&generator(0, &[], vec![], vec![])).solve_left(&[]).is_empty());
    assert_eq!(eliminate(&generator(1, &[], vec![4.0], vec![[0, 0]])).solve_right(&[2.0]), [0.5]);
}

#[test]
fn separators_are_one_cell_wide() {
    // Nested dissection of an n×n grid (George 1973): about 10 n³ multiplications and additions, 8 n² log₂ n entries,
    // both directions of each edge counted.
    let symbolic = Symbolic::analyse(&double_well(256, 256, 0.1));
    let n = 256.0f64;
    assert!((symbolic.flops() as f64) < 25.0 * n.powi(3), "{}", symbolic.flops());
    assert!((symbolic.factor_entries() as f64) < 31.0 * n * n * n.log2() / 2.0, "{}", symbolic.factor_entries());
    assert!(symbolic.largest_front() <= 2 * 256);
}

/// n × n cells, or those of a disc, with the edges of the Selling stencil of a tensor with this anisotropy and angle.
fn selling_generator(n: i32, anisotropy: f64, degrees: f64, disc: bool) -> Generator {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let tensor = Tensor {
        xx: cos * cos + sin * sin / anisotropy,
        xy: sin * cos * (1.0 - 1.0 / anisotropy),
        yy: sin * sin + cos * cos / anisotropy,
    };
    let stencil = Stencil::of(tensor, 2).unwrap();
    let inside = |x: i32, y: i32| {
        let centre = 0.5 * f64::from(n - 1);
        (0..n).contains(&x)
            && (0..n).contains(&y)
            && (!disc || (f64::from(x) - centre).hypot(f64::from(y) - centre) <= 0.5 * f64::from(n))
    };
    let coordinates: Vec<[i32; 2]> =
        (0..n).flat_map(|x| (0..n).map(move |y| [x, y])).filter(|&[x, y]| inside(x, y)).collect();
    let number: std::collections::HashMap<[i32; 2], usize> =
        coordinates.iter().enumerate().map(|(k, &place)| (place, k)).collect();
    let mut rates = TriMatI::<f64, u32>::new((coordinates.len(), coordinates.len()));
    for (k, [x, y]) in coordinates.iter().enumerate() {
        for edge in stencil.edges() {
            for sign in [1, -1] {
                if let Some(&other) = number.get(&[x + sign * edge.offset[0], y + sign * edge.offset[1]]) {
                    rates.add_triplet(k, other, edge.weight);
                }
            }
        }
    }
    let killing = vec![1.0; coordinates.len()];
    Generator { rates: rates.to_csr(), killing, coordinates, is_reversible: false }
}

/// Operations for n states, by exact count, of nested dissection of rectangles with five points along one axis after the other, with
/// separators one cell wide and dense fronts: 2.1 GFLOP for 256 × 512 cells, 15.5 for 512 × 1024, 349 for 2048 × 2048.
fn plain_dissection(n: usize) -> f64 {
    41.0 * (n as f64).powf(1.5)
}

/// Wide and skewed stencils, and sets that are no rectangles, cost hardly more than the plain dissection of a rectangle of equal size:
/// cuts follow the edges. Five points cost half of that: diamonds have short borders.
#[test]
fn oblique_stencils_cost_little_more_than_aligned_ones() {
    let flops = |anisotropy, degrees, disc| {
        let generator = selling_generator(160, anisotropy, degrees, disc);
        Symbolic::analyse(&generator).flops() as f64 / plain_dissection(generator.len())
    };
    assert!(flops(1.0, 0.0, false) < 0.55);
    let mut worst = Vec::new();
    for disc in [false, true] {
        for anisotropy in [2.0, 10.0, 100.0, 1000.0] {
            for degrees in [0.0, 12.0, 30.0, 45.0, 63.0, 140.0] {
                worst.push((flops(anisotropy, degrees, disc), anisotropy, degrees, disc));
            }
        }
    }
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    assert!(worst[0].0 < 1.1, "{:?}", &worst[..48]);
}

/// Cells of a w×h box for which something holds, with unit rates along a stencil that may depend on the cell.
fn unit_rates(
    (w, h): (i32, i32),
    holds: impl Fn(f64, f64) -> bool,
    stencil: impl Fn(i32, i32) -> Vec<[i32; 2]>,
) -> Generator {
    let inside = |x: i32, y: i32| (0..w).contains(&x) && (0..h).contains(&y) && holds(f64::from(x), f64::from(y));
    let mut numbers = vec![usize::MAX; (w * h) as usize];
    let mut cells = Vec::new();
    for (k, number) in numbers.iter_mut().enumerate() {
        let cell = [k as i32 % w, k as i32 / w];
        if inside(cell[0], cell[1]) {
            *number = cells.len();
            cells.push(cell);
        }
    }
    let mut edges = Vec::new();
    for (k, &[x, y]) in cells.iter().enumerate() {
        for [a, b] in stencil(x, y) {
            if inside(x + a, y + b) {
                let other = numbers[((y + b) * w + x + a) as usize];
                edges.extend([(k, other, 1.0), (other, k, 1.0)]);
            }
        }
    }
    edges.sort_unstable_by_key(|edge| (edge.0, edge.1));
    edges.dedup_by_key(|edge| (edge.0, edge.1));
    generator(cells.len(), &edges, vec![1.0; cells.len()], cells)
}

#[test]
fn long_edges_cost_no_more_than_short_ones() {
    let skewed: [&[[i32; 2]]; 7] = [
        &[[1, 0], [1, 1], [2, 1]],
        &[[1, 0], [2, 1], [3, 1]],
        &[[0, 1], [1, -2], [1, -1]],
        &[[2, 1], [3, 1], [5, 2]],
        &[[1, 0], [15, 1], [16, 1]],
        &[[7, 2], [18, 5], [25, 7]],
        &[[30, 1], [33, 1], [63, 2]],
    ];
    let everywhere = |_: f64, _: f64| true;
    let disc = |x: f64, y: f64| (x - 64.0).hypot(y - 64.0) < 64.0;
    let basin = |x: f64, y: f64| (x - 64.0).powi(2) + 3.0 * (y - 64.0 - 0.4 * (x - 64.0)).powi(2) < 4096.0;
    type Shape<'a> = ((i32, i32), &'a dyn Fn(f64, f64) -> bool);
    let shapes: [Shape; 5] = [
        ((128, 128), &everywhere),
        ((64, 256), &everywhere),
        ((256, 64), &everywhere),
        ((128, 128), &disc),
        ((128, 128), &basin),
    ];
    for (number, (size, holds)) in shapes.into_iter().enumerate() {
        let flops =
            |stencil: &[[i32; 2]]| Symbolic::analyse(&unit_rates(size, holds, |_, _| stencil.to_vec())).flops() as f64;
        let nine_point = flops(&[[1, 0], [0, 1], [1, 1], [1, -1]]);
        assert!(flops(&FIVE_POINT) < nine_point);
        for stencil in skewed {
            let ratio = flops(stencil) / nine_point;
            assert!(ratio < 1.5, "shape {number}, stencil {stencil:?}: {ratio}");
        }
    }
}

#[test]
fn stencils_may_change_from_place_to_place() {
    let skewed =
        [[[1, 0], [1, 1], [2, 1]], [[1, 0], [2, 1], [3, 1]], [[0, 1], [1, -2], [1, -1]], [[0, 1], [1, 0], [1, 1]]];
    let size = (192, 192);
    let quarter = |x: i32, y: i32| usize::from(x > 96) + 2 * usize::from(y > 96);
    let mixed = Symbolic::analyse(&unit_rates(size, |_, _| true, |x, y| skewed[quarter(x, y)].to_vec()));
    let nine_point = Symbolic::analyse(&unit_rates(size, |_, _| true, |_, _| vec![[1, 0], [0, 1], [1, 1], [1, -1]]));
    assert!((mixed.flops() as f64) < 1.5 * nine_point.flops() as f64, "{} {}", mixed.flops(), nine_point.flops());
}

/// Stencils of tensors whose axes turn from place to place have no straight separators; those found on the graph follow the edges.
#[test]
fn turning_tensors_cost_little_more_than_aligned_ones() {
    let n = 192;
    let turning = |anisotropy: f64, angle: &dyn Fn(f64, f64) -> f64| {
        unit_rates(
            (n, n),
            |_, _| true,
            |x, y| {
                let at = |k: i32| f64::from(4 * k - 2 * n) / f64::from(n);
                let (sin, cos) = angle(at(x), at(y)).sin_cos();
                let tensor = Tensor {
                    xx: cos * cos + sin * sin / anisotropy,
                    xy: sin * cos * (1.0 - 1.0 / anisotropy),
                    yy: sin * sin + cos * cos / anisotropy,
                };
                Stencil::of(tensor, 2).unwrap().edges().iter().map(|edge| edge.offset).collect()
            },
        )
    };
    let radial = |x: f64, y: f64| y.atan2(x);
    let linear = |x: f64, y: f64| 3.0 * x + 2.0 * y;
    let wavy = |x: f64, y: f64| 3.0 * (3.0 * x).sin() * (3.0 * y).cos();
    let valley = |x: f64, _: f64| (0.8 * x - 0.1).atan();
    type Case<'a> = (f64, &'a dyn Fn(f64, f64) -> f64, f64);
    let along_x = |x: f64, _: f64| x;
    let cases: [Case; 8] = [
        (300.0, &along_x, 1.5),
        (30.0, &radial, 1.5),
        (30.0, &linear, 1.5),
        (30.0, &wavy, 1.5),
        (30.0, &valley, 1.5),
        (300.0, &radial, 1.5),
        (300.0, &valley, 1.5),
        // Edges of up to 17 cells that change direction over a few tens of cells.
        (300.0, &linear, 2.0),
    ];
    for (anisotropy, angle, most) in cases {
        let generator = turning(anisotropy, angle);
        let ratio = Symbolic::analyse(&generator).flops() as f64 / plain_dissection(generator.len());
        assert!(ratio < most, "{anisotropy}: {ratio}");
    }
    let generator = turning(100.0, &linear);
    let b = vec![1.0; generator.len()];
    let solved = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (Symbolic::analyse(&generator).flops(), eliminate(&generator).solve_left(&b)))
    });
    assert!(solved[0] == solved[1] && solved[0] == solved[2]);
}

/// Chains of all kinds one after the other in one workspace: analyses remembered, pages that hold the numbers of others.
#[test]
fn a_workspace_changes_no_number() {
    let workspace = Workspace::default();
    assert_eq!(workspace.kept_bytes(), 0);
    let mut numbers = Numbers(31);
    let mut chains = vec![double_well(40, 60, 0.1), double_well(64, 0, 0.1), double_well(90, 80, 0.05)];
    chains.push(stencil_generator(&mut numbers, (24, 16), &WIDE, 0.1, 3.0, false));
    let mut general = double_well(90, 80, 0.05);
    general.rates.data_mut()[5000] *= 1.5;
    chains.extend([general, double_well(90, 80, 0.2), double_well(40, 60, 0.1)]);
    for chain in chains.iter().chain(chains.iter().rev()) {
        let b: Vec<f64> = (0..chain.len()).map(|_| numbers.next()).collect();
        let shared = Elimination::new(chain, &workspace.clone(), NO_LIMIT, &Progress::default()).unwrap();
        let alone = eliminate(chain);
        assert!(shared.solve_left(&b) == alone.solve_left(&b) && shared.solve_right(&b) == alone.solve_right(&b));
        assert_eq!((shared.flops(), shared.factor_bytes()), (alone.flops(), alone.factor_bytes()));
    }
    assert!(workspace.kept_bytes() > 0);
}

/// Memory that is in use is not kept, that of a dropped elimination is, and a workspace may go before what was made in it.
#[test]
fn a_workspace_keeps_the_memory_of_dropped_eliminations() {
    let (workspace, chain) = (Workspace::default(), double_well(40, 60, 0.1));
    let b = vec![1.0; chain.len()];
    let make = || Elimination::new(&chain, &workspace, NO_LIMIT, &Progress::default()).unwrap();
    let first = make();
    let (stack, factor) = (workspace.kept_bytes(), first.factor_bytes());
    drop(first);
    assert_eq!(workspace.kept_bytes(), stack + factor);
    let second = make();
    assert_eq!(workspace.kept_bytes(), stack);
    let other = workspace.clone();
    let shared_by_threads = std::thread::spawn(move || other.kept_bytes()).join().unwrap();
    assert_eq!(shared_by_threads, stack);
    drop(workspace);
    assert!(second.solve_right(&b) == eliminate(&chain).solve_right(&b));
}

/// A step of implicit Euler is the resolvent J_h = (1 − hG)⁻¹. Every row of 1 − hG sums to 1 + hκ; and for k < h
/// J_h = J_k (k/h + (1 − k/h) J_h), Hilbert's identity of resolvents, which a time step of any length has to keep.
#[test]
fn implicit_steps_are_resolvents() {
    let mut numbers = Numbers(32);
    let plane = double_well(30, 24, 0.1);
    let general = stencil_generator(&mut numbers, (22, 15), &WIDE, 0.1, 1.0, false);
    for chain in [double_well(50, 0, 0.1), plane, general] {
        let b: Vec<f64> = (0..chain.len()).map(|_| numbers.next()).collect();
        for h in [1e-3, 0.5, 1e3] {
            let long = eliminate(&chain.implicit_step(h));
            let row_sums: Vec<f64> = chain.killing.iter().map(|rate| 1.0 + h * rate).collect();
            assert_close(&long.solve_right(&row_sums), &vec![1.0; chain.len()], 1e-13);
            for share in [0.01, 0.7] {
                let short = eliminate(&chain.implicit_step(share * h));
                for solve in [Elimination::solve_left, Elimination::solve_right] {
                    let whole = solve(&long, &b);
                    let mixed: Vec<f64> =
                        b.iter().zip(&whole).map(|(b, whole)| share * b + (1.0 - share) * whole).collect();
                    assert_close(&solve(&short, &mixed), &whole, 1e-12);
                }
            }
        }
    }
}

/// What a step carries over obeys the process: without killing it keeps all probability, and for h → ∞ it ends in the stationary law;
/// with killing h J_h ends in the occupation times, and each step takes 1 + hγ off the quasi-stationary law.
#[test]
fn long_implicit_steps_end_in_the_laws_of_the_process() {
    let killed = double_well(30, 24, 0.3);
    let closed = killed.with_killing(vec![0.0; killed.len()]);
    let start = 7;
    let mut b = vec![0.0; killed.len()];
    b[start] = 1.0;
    for h in [1e-2, 1.0, 1e4] {
        let law = eliminate(&closed.implicit_step(h)).solve_left(&b);
        assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-12, "probability is lost in a step of {h}");
    }
    // The stationary law is the occupation of the chain that starts and is killed at one state.
    let occupation = eliminate(&closed.with_killing(b.clone())).solve_left(&b);
    let whole: f64 = occupation.iter().sum();
    let stationary: Vec<f64> = occupation.iter().map(|time| time / whole).collect();
    // What is left of the start falls like 1/h, and has to be small beside stationary probabilities of 1e-19.
    let h = 1e22;
    assert_close(&eliminate(&closed.implicit_step(h)).solve_left(&b), &stationary, 1e-10);
    let passed: Vec<f64> = eliminate(&killed.implicit_step(h)).solve_left(&b).iter().map(|law| law * h).collect();
    assert_close(&passed, &eliminate(&killed).solve_left(&b), 1e-10);
    let found =
        quasi_stationary(&Factor { elimination: eliminate(&killed), states: killed.len(), origin: start }).unwrap();
    for h in [1e-2, 1.0, 1e4] {
        let law = eliminate(&killed.implicit_step(h)).solve_left(&found.probability);
        let kept = 1.0 / (1.0 + h * found.rate.value());
        let expected: Vec<f64> = found.probability.iter().map(|probability| probability * kept).collect();
        assert_close(&law, &expected, 1e-8);
    }
}

/// Time in other units changes rates and killing by the same factor, and times by its inverse.
#[test]
fn scaled_rates_scale_times() {
    let chain = double_well(30, 24, 0.1);
    let b = vec![1.0; chain.len()];
    let times = eliminate(&chain).solve_right(&b);
    for factor in [1e-6, 3.0] {
        let scaled: Vec<f64> =
            eliminate(&chain.scaled(factor)).solve_right(&b).iter().map(|time| time * factor).collect();
        assert_close(&scaled, &times, 1e-12);
    }
}
