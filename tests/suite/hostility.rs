//! Seeded hostility: problems drawn at random and mutations of the examples and of bad configurations, put to the
//! program as processes, and a table of how it took them. Shared by the suite and by `cargo bench --bench soak`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Steele, Lea and Flood 2014 (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.roll() % count as u64) as usize
    }

    pub fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }

    fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.uniform(0.0, 1.0) < probability
    }
}

/// Examples for each bad configuration of [`texts`]: a change of what is right shows more.
const EXAMPLES: usize = 8;

/// The texts of the examples, several times each, and of the bad configurations of this repository; they find the data
/// that they read.
pub fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|is| is == "toml")).collect();
        files.sort();
        files
    };
    let data = format!("{}/", root.join("configs/data").display());
    let examples = files("configs");
    let all = std::iter::repeat_n(examples, EXAMPLES).flatten().chain(files("tests/configs/bad"));
    all.map(|path| std::fs::read_to_string(path).unwrap().replace("configs/data/", &data)).collect()
}

const NUMBERS: [&str; 22] = [
    "0",
    "-1",
    "1",
    "2",
    "1e-300",
    "1e300",
    "-1e300",
    "1e-12",
    "nan",
    "inf",
    "-inf",
    "0.5",
    "3",
    "1e9",
    "-0.0",
    "7",
    "100",
    "0.01",
    "1e5",
    "9007199254740993",
    "true",
    "\"\"",
];
const WORDS: [&str; 24] = [
    "x",
    "y",
    "1/x",
    "sqrt(x)",
    "log(y)",
    "exp(exp(x))",
    "basin",
    "whole",
    "saddle",
    "periodic",
    "absorbing",
    "reflecting",
    "isotropic",
    "hessian",
    "quadratic",
    "double-well",
    "himmelblau",
    "step(x)",
    "x^1000",
    "x < 0",
    "target",
    "boundary",
    "sgd",
    "splitting",
];

/// A text with up to three changes: numbers, words, lines, letters.
pub fn mutated(text: &str, dice: &mut Dice) -> String {
    let mut text = text.to_string();
    for _ in 0..1 + dice.below(3) {
        text = changed(&text, dice);
    }
    text
}

fn changed(text: &str, dice: &mut Dice) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_code = |line: &&str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
    let code: Vec<usize> = (0..lines.len()).filter(|&k| is_code(&lines[k])).collect();
    if code.is_empty() {
        return format!("{text}\nx = {}", dice.pick(&NUMBERS));
    }
    let at = code[dice.below(code.len())];
    let mut lines: Vec<String> = lines.into_iter().map(String::from).collect();
    match dice.below(12) {
        0..=5 => lines[at] = replaced(&lines[at], |c| c.is_ascii_digit() || c == '.', dice.pick(&NUMBERS), dice),
        6..=8 => lines[at] = replaced(&lines[at], |c| c.is_alphanumeric() || c == '-', dice.pick(&WORDS), dice),
        9 => drop(lines.remove(at)),
        10 => {
            let other = code[dice.below(code.len())];
            lines.swap(at, other);
        }
        _ => {
            let mut letters: Vec<char> = lines[at].chars().collect();
            let place = dice.below(letters.len() + 1);
            letters.insert(place, ['"', '[', '}', '=', '-', '\u{0}', 'é', ',', '(', '9'][dice.below(10)]);
            lines[at] = letters.into_iter().collect();
        }
    }
    lines.join("\n")
}

/// One of the runs of such letters in a line, after its key, replaced; words only within quotes.
fn replaced(line: &str, is_of: fn(char) -> bool, by: &str, dice: &mut Dice) -> String {
    let after = line.find('=').map_or(0, |at| at + 1);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let is_word = is_of('x');
    let counts = |at: usize| at >= after && (!is_word || line[..at].matches(['"', '\'']).count() % 2 == 1);
    for (at, c) in line.char_indices().filter(|(at, _)| counts(*at)) {
        match runs.last_mut() {
            Some((_, end)) if is_of(c) && *end == at => *end = at + c.len_utf8(),
            _ if is_of(c) => runs.push((at, at + c.len_utf8())),
            _ => {}
        }
    }
    if runs.is_empty() || line.trim_start().starts_with('[') {
        return line.to_string();
    }
    let (begin, end) = runs[dice.below(runs.len())];
    format!("{}{by}{}", &line[..begin], &line[end..])
}

/// A problem that a person might pose, and some that nobody should.
pub fn problem(dice: &mut Dice) -> String {
    let plane = dice.chance(0.6);
    let n = |dice: &mut Dice, low: f64, high: f64| format!("{:.3}", dice.uniform(low, high));
    let landscape = match (plane, dice.below(5)) {
        (false, 0) => "kind = 'styblinski-tang', dimension = 1".to_string(),
        (false, 1) => "kind = 'sharp-flat', dimension = 1".into(),
        (false, 2) => "expression = 'x^4/4 - x^2/2 + 0.1*x', dimension = 1".into(),
        (false, _) => "kind = 'double-well', dimension = 1".into(),
        (true, 0) => "kind = 'three-hole'".into(),
        (true, 1) => "kind = 'himmelblau'".into(),
        (true, 2) => "expression = '(x^2-1)^2 + y^2 + 0.3*x*y', dimension = 2".into(),
        (true, 3) => "drift = ['x - x^3 - y', '-y + 0.5*x']".into(),
        (true, _) => "kind = 'double-well', dimension = 2".into(),
    };
    // From warm to far beyond double precision.
    let temperature = format!("{:.3e}", 10f64.powf(dice.uniform(-4.0, 1.0)));
    let noise = match dice.below(6) {
        0 => format!("kind = 'hessian', learning_rate = {temperature}, batch_size = 4, floor = {temperature}"),
        1 if plane => format!(
            "kind = 'expression', d11 = '{temperature}', d12 = '0.4*{temperature}', d22 = '{temperature}*(1+0.5*sin(x))'"
        ),
        1 => format!("kind = 'expression', d11 = '{temperature}*(1+0.5*sin(x))'"),
        2 => format!("kind = 'frozen', learning_rate = {temperature}, batch_size = 2"),
        _ => format!("kind = 'isotropic', temperature = {temperature}"),
    };
    let mut text = format!("landscape = {{ {landscape} }}\nnoise = {{ {noise} }}\n");
    let list = |values: Vec<String>| format!("[{}]", values.join(", "));
    let corners = dice.chance(0.6).then(|| {
        let mut corner = |low: f64, high: f64| {
            let count = if plane { 2 } else { 1 };
            list((0..count).map(|_| n(dice, low, high)).collect())
        };
        (corner(-3.0, -0.7), corner(0.0, 3.0))
    });
    let wall = ["'reflecting'", "'absorbing'"];
    let axis = |dice: &mut Dice| match dice.below(6) {
        0 => "'periodic'".to_string(),
        1 | 2 => list(vec![wall[dice.below(2)].into(), wall[dice.below(2)].into()]),
        _ => "'reflecting'".into(),
    };
    let walls = format!(
        "walls = {{ x = {}{} }}",
        axis(dice),
        if plane { format!(", y = {}", axis(dice)) } else { String::new() }
    );
    text += &match corners {
        Some((lower, upper)) => format!("domain = {{ lower = {lower}, upper = {upper}, {walls} }}\n"),
        None => format!("domain = {{ {walls} }}\n"),
    };
    let at = |dice: &mut Dice| {
        let sign = if dice.chance(0.5) { -1.0 } else { 1.0 };
        if plane { format!("[{sign:.1}, 0.0]") } else { format!("[{sign:.1}]") }
    };
    if dice.chance(0.75) {
        let set = match dice.below(6) {
            0 => "set = 'whole'".to_string(),
            1 => format!("set = 'box', half_width = {}", n(dice, 0.05, 1.0)),
            2 => format!("set = 'x < {}'", n(dice, -0.5, 0.5)),
            3 => format!(
                "set = 'basin', absorb = 'target', target = {{ minimum = {}, radius = {} }}",
                at(dice),
                n(dice, 0.05, 0.5)
            ),
            _ => "set = 'basin'".into(),
        };
        text += &format!("valley = {{ minimum = {}, {set} }}\n", at(dice));
    }
    let cells = 3 + dice.below(45);
    text += &if plane {
        format!("grid = {{ cells = [{cells}, {}] }}\n", 3 + dice.below(45))
    } else {
        format!("grid = {{ cells = [{}] }}\n", 8 * cells)
    };
    if dice.chance(0.4) {
        let quantity = ["stationary", "committor", "spectrum", "network", "certificate", "rate", "passage-time"];
        let (one, other) = (quantity[dice.below(7)], quantity[dice.below(7)]);
        text += &format!("solve = {{ quantities = ['{one}', '{other}'] }}\n");
    }
    text
}

/// How the program took what it was given.
#[derive(Default)]
pub struct Counts {
    pub given: usize,
    /// By exit status.
    pub statuses: BTreeMap<i32, usize>,
    /// What must not be, with the configurations of the first of each kind.
    pub faults: BTreeMap<&'static str, Vec<String>>,
}

impl Counts {
    pub fn fault(&mut self, kind: &'static str, text: String) {
        self.faults.entry(kind).or_default().push(text);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6} given  status:", self.given)?;
        for (status, count) in &self.statuses {
            write!(f, "  {status}: {count}")?;
        }
        for kind in FAULTS {
            write!(f, "  {kind}: {}", self.faults.get(kind).map_or(0, Vec::len))?;
        }
        Ok(())
    }
}

/// The columns of failures.
pub const FAULTS: [&str; 8] =
    ["panic", "killed", "other status", "not ended", "no number", "files left", "long message", "no message"];

/// Bytes of the longest message.
const LONGEST: usize = 6000;

/// How one command ended: its status, its standard output and its message; `None` where it did not within so long.
pub fn end(program: &Path, words: &[&str], folder: &Path, patience: Duration) -> Option<(i32, String, String)> {
    let file = |name: &str| std::fs::File::create(folder.join(name)).unwrap();
    let mut child = Command::new(program)
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        .spawn()
        .unwrap();
    let clock = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if clock.elapsed() > patience {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = |name: &str| String::from_utf8_lossy(&std::fs::read(folder.join(name)).unwrap()).into_owned();
    // A signal has no exit status.
    Some((status.code().unwrap_or(-1), text("stdout"), text("stderr")))
}

/// Gives a configuration to a command, and counts how it was taken; returns the exit status.
pub fn give(
    program: &Path,
    command: &str,
    text: &str,
    folder: &Path,
    patience: Duration,
    counts: &mut Counts,
) -> Option<i32> {
    let out = folder.join("out");
    std::fs::write(folder.join("given.toml"), text).unwrap();
    let mut words = vec![command, "given.toml", "--json", "--no-plots", "--threads", "1", "--out", "out"];
    if command == "simulate" {
        // However long it would take to see enough of them leave.
        words.extend(["--set", "particles.time=2", "--set", "particles.count=64"]);
    }
    if command == "converge" {
        words.extend(["--set", "converge.cells=[8, 12, 16]"]);
    }
    counts.given += 1;
    let described = |what: &str| format!("{command}: {what}\n{text}");
    let Some((status, stdout, message)) = end(program, &words, folder, patience) else {
        counts.fault("not ended", described(""));
        let _ = std::fs::remove_dir_all(&out);
        return None;
    };
    *counts.statuses.entry(status).or_default() += 1;
    match status {
        101 => counts.fault("panic", described(&message)),
        -1 | 134 | 139 => counts.fault("killed", described(&message)),
        0 | 2 | 3 => {}
        _ => counts.fault("other status", described(&message)),
    }
    if status != 0 && message.trim().is_empty() {
        counts.fault("no message", described(""));
    }
    if message.len() > LONGEST {
        counts.fault("long message", described(&message));
    }
    if status == 0 && ["NaN", "Infinity", "inf,"].iter().any(|word| stdout.contains(word)) {
        counts.fault("no number", described(""));
    }
    let left: Vec<_> = std::fs::read_dir(&out).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect();
    // A solution of which no digit is known is written, and is no success.
    let is_refused = status > 0 && !message.contains("NOT A RESULT");
    let is_left = |name: &std::ffi::OsString| is_refused || name.to_string_lossy().starts_with('.');
    // A study that could not solve any grid writes its refusals.
    if command != "converge" && left.iter().any(is_left) {
        counts.fault("files left", described(&format!("{left:?}")));
    }
    let _ = std::fs::remove_dir_all(&out);
    Some(status)
}

/// What passed `check` and failed `run`.
#[derive(Default)]
pub struct Promises {
    pub given: usize,
    /// Configurations that `check` passed.
    pub passed: usize,
    /// Those that `run` then refused with status 2 and with status 3, with its messages.
    pub broken: [Vec<String>; 2],
    /// Those that `check` refused and `run` solved.
    pub needless: Vec<String>,
}

impl fmt::Display for Promises {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [two, three] = [0, 1].map(|k| self.broken[k].len());
        write!(
            f,
            "{:>6} drawn  {} pass check  run then: status 2: {two}  status 3: {three}  refused by check alone: {}",
            self.given,
            self.passed,
            self.needless.len()
        )
    }
}

/// Checks and runs so many drawn problems.
pub fn promises(program: &Path, dice: &mut Dice, count: usize, folder: &Path, counts: &mut Counts) -> Promises {
    let patience = Duration::from_secs(60);
    let mut found = Promises { given: count, ..Promises::default() };
    for _ in 0..count {
        let text = problem(dice);
        let checked = give(program, "check", &text, folder, patience, counts);
        let ran = give(program, "run", &text, folder, patience, counts);
        let message = std::fs::read_to_string(folder.join("stderr")).unwrap_or_default();
        found.passed += usize::from(checked == Some(0));
        match (checked, ran) {
            // How much the grids resolve is seen by solving alone.
            (Some(0), Some(3)) if message.contains("NOT A RESULT") => {}
            (Some(0), Some(status @ (2 | 3))) => found.broken[status as usize - 2].push(format!("{text}\n{message}")),
            (Some(2 | 3), Some(0)) => found.needless.push(text),
            _ => {}
        }
    }
    found
}
