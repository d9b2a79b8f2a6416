//! Chains in detailed balance, which are eliminated in symmetric form.

use super::*;

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

/// Sets with a hole, and one whose arms meet at the far end, numbered row by row: weights are found piece by piece and
/// joined.
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
