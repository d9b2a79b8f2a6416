//! Slurm job arrays that solve exactly the missing points, one task for each.

/// The task of a job array.
#[derive(Clone, Debug)]
pub struct Script {
    /// The name of the job.
    pub name: String,
    /// The working folder of the command.
    pub folder: String,
    /// The program and its arguments, to which `--point K` is added.
    pub command: Vec<String>,
    /// The threads of each task.
    pub threads: Option<usize>,
    /// The file for the output of the tasks.
    pub log: String,
}

/// The scripts for these points, one for each block of `limit` indices, the most that an array may have; none if there
/// are no points.
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
        // The name of a job must be one word.
        script.name.replace(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)), "_"),
        ranges(places),
        quoted_directive(&script.log),
        quoted(&script.folder),
        command.join(" "),
    )
}

/// The indices as ranges: `0-3,7` for 0, 1, 2, 3 and 7.
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

/// A word quoted for the shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A value of a directive, in double quotes if it contains spaces; Slurm reads directives without a shell.
fn quoted_directive(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_string() }
}
