//! Job arrays for clusters: a script that solves exactly the points that lack, one task a point.

/// What every task runs.
#[derive(Clone, Debug)]
pub struct Script {
    /// A name for the queue.
    pub name: String,
    /// The folder in which the command is run.
    pub folder: String,
    /// The program and its arguments, to which `--point K` is added.
    pub command: Vec<String>,
    /// Threads of each task.
    pub threads: Option<usize>,
    /// Where the tasks' output goes.
    pub log: String,
}

/// The scripts over these points: one for each run of `limit` indices, because arrays take no larger ones. None for no
/// points.
pub fn scripts(script: &Script, points: &[usize], limit: usize) -> Vec<String> {
    let mut chunks: Vec<(usize, Vec<usize>)> = Vec::new();
    for &point in points {
        let (offset, place) = (point / limit * limit, point % limit);
        match chunks.last_mut() {
            Some((own, places)) if *own == offset => places.push(place),
            _ => chunks.push((offset, vec![place])),
        }
    }
    chunks.iter().map(|(offset, places)| text(script, *offset, places)).collect()
}

fn text(script: &Script, offset: usize, places: &[usize]) -> String {
    let command: Vec<String> = script.command.iter().map(|word| quoted(word)).collect();
    let threads = script.threads.map_or(String::new(), |threads| format!("#SBATCH --cpus-per-task={threads}\n"));
    let point = match offset {
        0 => "\"$SLURM_ARRAY_TASK_ID\"".to_string(),
        offset => format!("\"$((SLURM_ARRAY_TASK_ID + {offset}))\""),
    };
    format!(
        "#!/bin/sh\n#SBATCH --job-name={}\n#SBATCH --array={}\n#SBATCH --output={}\n{threads}cd {} || exit 2\nexec {} --point {point}\n",
        // A name for the queue must be one word.
        script.name.replace(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)), "_"),
        ranges(places),
        quoted_directive(&script.log),
        quoted(&script.folder),
        command.join(" "),
    )
}

/// `0-3,7` for 0, 1, 2, 3 and 7.
fn ranges(places: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &place in places {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == place => *last = place,
            _ => runs.push((place, place)),
        }
    }
    let word = |&(first, last): &(usize, usize)| match first == last {
        true => format!("{first}"),
        false => format!("{first}-{last}"),
    };
    runs.iter().map(word).collect::<Vec<_>>().join(",")
}

/// A word of the shell, whatever is in it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A value of a directive, which Slurm reads without a shell: in double quotes where it has spaces.
fn quoted_directive(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_string() }
}
