//! `cargo bench --bench soak -- [SEED] [COUNT]`: hostile and drawn configurations in numbers, and a table of how the
//! program took them; every column of failures is to be zero. The configurations behind the failures are written to
//! `target/soak/`. SADDLEFLUX=PATH tries another program than the one just built.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[path = "../tests/suite/hostility.rs"]
mod hostility;

use hostility::{Counts, Dice, give, mutated, promises, texts};

/// Longer than any of these problems takes.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let (seed, count) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(400) as usize);
    let given = std::env::var_os("SADDLEFLUX").map(PathBuf::from);
    let program = given.unwrap_or_else(|| env!("CARGO_BIN_EXE_saddleflux").into());
    let program = program.as_path();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/soak");
    std::fs::create_dir_all(&folder).unwrap();
    let (clock, texts) = (Instant::now(), texts());
    for command in ["check", "run", "simulate", "converge"] {
        let (mut dice, mut counts) = (Dice::new(seed), Counts::default());
        for _ in 0..count {
            let text = mutated(&texts[dice.below(texts.len())], &mut dice);
            give(program, command, &text, &folder, PATIENCE, &mut counts);
        }
        println!("{command:<9}{counts}");
        keep(&folder, command, &counts);
    }
    let mut counts = Counts::default();
    let found = promises(program, &mut Dice::new(seed), count, &folder, &mut counts);
    println!("drawn    {counts}\npromises {found}");
    keep(&folder, "drawn", &counts);
    let broken = found.broken.iter().flatten().chain(&found.needless);
    for (number, text) in broken.enumerate() {
        std::fs::write(folder.join(format!("promise-{number}.toml")), text).unwrap();
    }
    println!("{:.0} s, seed {seed}", clock.elapsed().as_secs_f64());
}

/// Keeps what was taken badly.
fn keep(folder: &Path, command: &str, counts: &Counts) {
    for (kind, texts) in &counts.faults {
        for (number, text) in texts.iter().enumerate() {
            let name = format!("{command}-{}-{number}.toml", kind.replace(' ', "-"));
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
}
