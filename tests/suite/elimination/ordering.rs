//! Separators, and the work that they leave.

use super::*;

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

/// Operations for n states, by exact count, of nested dissection of rectangles with five points along one axis after
/// the other, with separators one cell wide and dense fronts: 2.1 GFLOP for 256 × 512 cells, 15.5 for 512 × 1024, 349
/// for 2048 × 2048.
fn plain_dissection(n: usize) -> f64 {
    41.0 * (n as f64).powf(1.5)
}

/// Wide and skewed stencils, and sets that are no rectangles, cost hardly more than the plain dissection of a rectangle
/// of equal size: cuts follow the edges. Five points cost half of that: diamonds have short borders.
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

/// Stencils of tensors whose axes turn from place to place have no straight separators; those found on the graph follow
/// the edges.
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
