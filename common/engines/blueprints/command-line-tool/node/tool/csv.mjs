// Reads and writes CSV as RFC 4180 describes it: commas, double quotes, a quote in quotes doubled.

/** The text is not CSV; the message begins with the line. */
export class CsvError extends Error {}

/** Return the rows that are not empty, each with its fields and the line that it ends on. */
export function parseCsv(text) {
  return new CsvReader(text).readRows();
}

/** Return one line of CSV. */
export function formatRow(fields) {
  if (fields.length === 1 && fields[0] === "") return '""\n';
  return `${fields.map(quote).join(",")}\n`;
}

function quote(field) {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Reads a text from its start to its end. */
class CsvReader {
  constructor(text) {
    this.text = text;
    this.index = 0;
    this.line = 1;
  }

  readRows() {
    const rows = [];
    while (this.index < this.text.length) {
      if (this.skipLineEnd()) continue;
      const fields = this.readFields();
      rows.push({ fields, line: this.line });
      this.skipLineEnd();
    }
    return rows;
  }

  readFields() {
    const fields = [this.readField()];
    while (this.text[this.index] === ",") {
      this.index += 1;
      fields.push(this.readField());
    }
    return fields;
  }

  readField() {
    return this.text[this.index] === '"' ? this.readQuoted() : this.readPlain();
  }

  readPlain() {
    const start = this.index;
    while (this.index < this.text.length && !",\r\n".includes(this.text[this.index])) this.index += 1;
    return this.text.slice(start, this.index);
  }

  readQuoted() {
    let field = "";
    for (;;) {
      const end = this.text.indexOf('"', this.index + 1);
      if (end < 0) throw new CsvError(`line ${this.line}: a quote is not closed`);
      const part = this.text.slice(this.index + 1, end);
      this.line += part.split("\n").length - 1;
      field += part;
      this.index = end + 1;
      if (this.text[this.index] !== '"') break;
      field += '"';
    }
    if (this.index < this.text.length && !",\r\n".includes(this.text[this.index])) {
      throw new CsvError(`line ${this.line}: a comma is missing after a quote`);
    }
    return field;
  }

  /** Move past one line end, if there is one. */
  skipLineEnd() {
    const [end] = /^(?:\r\n|\n|\r)?/.exec(this.text.slice(this.index, this.index + 2));
    this.index += end.length;
    this.line += end ? 1 : 0;
    return end !== "";
  }
}
