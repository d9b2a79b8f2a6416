//! Lines of a name and a text, folded to the width of the report.

/// Columns of the report; longer lines are folded.
pub(super) const WIDTH: usize = 100;
/// Columns of a line's name.
const NAME: usize = 20;

/// Text as it will appear.
pub(super) struct Page {
    pub text: String,
    colour: bool,
}

impl Page {
    /// An empty page; `colour` for a terminal that shows it.
    pub fn new(colour: bool) -> Page {
        Page { text: String::new(), colour }
    }

    /// A bold title, underlined.
    pub fn heading(&mut self, title: &str) {
        let printable = title.chars().map(|c| if c.is_control() { ' ' } else { c });
        let title: String = printable.take(WIDTH - 1).collect();
        let line = "─".repeat(title.chars().count().max(40));
        let title = self.bold(&title);
        self.text += &format!("{title}\n{line}\n");
    }

    /// A name and what is to be said of it.
    pub fn line(&mut self, name: &str, text: &str) {
        let name = self.paint("2", &format!("{name:<NAME$}"));
        self.folded(&name, text);
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// The cells of a table, each in a column of its own, to the right.
    pub fn row(&mut self, cells: &[&str]) {
        const COLUMN: usize = 13;
        for cell in cells {
            let pad = COLUMN.saturating_sub(cell.chars().count());
            self.text += &" ".repeat(pad);
            self.text += cell;
        }
        self.text.push('\n');
    }

    /// A line that is to be noticed.
    pub fn warning(&mut self, text: &str) {
        let name = self.paint("33", &format!("{:<NAME$}", "! warning"));
        self.folded(&name, text);
    }

    /// The text, bold where colour is shown.
    pub fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Words over as many lines as they need, indented under the first; a word longer than a line is cut up.
    fn folded(&mut self, name: &str, text: &str) {
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
        for (index, line) in lines.iter().enumerate() {
            let start = if index == 0 { name.to_string() } else { " ".repeat(NAME) };
            self.text += format!("{start}{line}").trim_end();
            self.text.push('\n');
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
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
