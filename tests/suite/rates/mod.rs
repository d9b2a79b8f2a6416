//! Rates against exact answers and independent quadrature: what the program is for.

mod analytical;
mod cold;
mod evidence;
mod sets;
mod turned;
mod walls;
mod wells;

use saddleflux::config::Config;
use saddleflux::elimination::Workspace;
use saddleflux::formula::Condition;
use saddleflux::generator::Pair;
use saddleflux::observe::field::QUASI_STATIONARY;
use saddleflux::progress::Progress;
use saddleflux::solve::Resources;
use saddleflux::study::request::Scheme;
use saddleflux::study::{Solution, Warning, level, memory};

use crate::gallery::{self, STYBLINSKI_TANG, solve};

fn rate(solution: &Solution) -> f64 {
    solution.rate.as_ref().unwrap().value.value()
}

fn extrapolated(solution: &Solution) -> f64 {
    solution.rate.as_ref().unwrap().extrapolated.unwrap().value()
}

fn styblinski_tang(temperature: f64, cells: usize) -> Solution {
    solve(&format!("{}\n[grid]\ncells = [{cells}]", gallery::styblinski_tang(temperature)))
}
