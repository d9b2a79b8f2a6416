//! Lines of a name and a text, folded to the width of the report.

/// Columns of the report; longer lines are folded.
pub(super) const WIDTH: usize = 100;
/// Columns of a line's name.
const NAME: usize = 20;
/// Columns of a cell of a table.
const COLUMN: usize = 13;

/// A part of a report.
pub(super) enum Part {
    /// The title.
    Heading(String),
    /// A title of what follows.
    Subheading(String),
    /// A name and what is to be said of it.
    Line(String, String),
    /// A name and what is to be noticed of it.
    Warning(String),
    /// The cells of a table.
    Row(Vec<String>),
    /// A line as it is.
    Plain(String),
    /// An empty line.
    Blank,
}

/// What a report says, part by part.
pub(super) struct Page {
    pub parts: Vec<Part>,
    colour: bool,
}

impl Page {
    /// An empty page; `colour` for a terminal that shows it.
    pub fn new(colour: bool) -> Page {
        Page { parts: Vec::new(), colour }
    }

    /// A bold title, underlined.
    pub fn heading(&mut self, title: &str) {
        self.parts.push(Part::Heading(title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()));
    }

    /// A bold title of what follows.
    pub fn subheading(&mut self, title: &str) {
        self.parts.push(Part::Subheading(title.to_string()));
    }

    /// A name and what is to be said of it.
    pub fn line(&mut self, name: &str, text: &str) {
        self.parts.push(Part::Line(name.to_string(), text.to_string()));
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.parts.push(Part::Blank);
    }

    /// The cells of a table, each in a column of its own, to the right.
    pub fn row(&mut self, cells: &[&str]) {
        self.parts.push(Part::Row(cells.iter().map(ToString::to_string).collect()));
    }

    /// A line as it is, whose columns its author has laid out.
    pub fn plain(&mut self, line: &str) {
        self.parts.push(Part::Plain(line.to_string()));
    }

    /// A line that is to be noticed.
    pub fn warning(&mut self, text: &str) {
        self.parts.push(Part::Warning(text.to_string()));
    }

    /// The text, bold where colour is shown.
    pub fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    /// All of it as text, folded to the width of the report.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Heading(title) => {
                    let title: String = title.chars().take(WIDTH - 1).collect();
                    let line = "─".repeat(title.chars().count().max(40));
                    text += &format!("{}\n{line}\n", self.bold(&title));
                }
                Part::Subheading(title) => text += &format!("{}\n", self.bold(title)),
                Part::Line(name, said) => text += &folded(&self.paint("2", &format!("{name:<NAME$}")), said),
                Part::Warning(said) => {
                    text += &folded(&self.paint("33", &format!("{:<NAME$}", "! warning")), said);
                }
                Part::Row(cells) => {
                    for cell in cells {
                        text += &" ".repeat(COLUMN.saturating_sub(cell.chars().count()).max(1));
                        text += cell;
                    }
                    text.push('\n');
                }
                Part::Plain(line) => text += &format!("{line}\n"),
                Part::Blank => text.push('\n'),
            }
        }
        text
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

/// Words over as many lines as they need, indented under the first; a word longer than a line is cut up.
fn folded(name: &str, text: &str) -> String {
    let room = WIDTH - NAME;
    let (mut lines, mut line, mut length) = (Vec::new(), String::new(), 0);
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().filter(|c| !c.is_control() || *c == '\u{1b}').collect();
        let wide = columns(&word);
        if length > 0 && length + 1 + wide > room {
            lines.push(std::mem::take(&mut line));
            length = 0;
        } else if !line.is_empty() {
            line.push(' ');
            length += 1;
        }
        while columns(&word) > room {
            lines.push(word.drain(..room).collect());
        }
        length += columns(&word);
        line.extend(word);
    }
    lines.push(line);
    let mut folded = String::new();
    for (index, line) in lines.iter().enumerate() {
        let start = if index == 0 { name.to_string() } else { " ".repeat(NAME) };
        folded += format!("{start}{line}").trim_end();
        folded.push('\n');
    }
    folded
}

/// Columns that characters take on the terminal: escape sequences of colours take none.
fn columns(characters: &[char]) -> usize {
    let mut inside = false;
    let visible = characters.iter().filter(|c| {
        inside |= **c == '\u{1b}';
        let counts = !inside;
        inside &= **c != 'm';
        counts
    });
    visible.count()
}
