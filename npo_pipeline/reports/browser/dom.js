// Elements of a page. Text goes in as text, never as markup, whatever a school is called.

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") node.addEventListener("click", value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const el = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// A link out of the page. Only to the web, and without telling where it came from.
function sourceLink(url, text) {
  if (!/^https?:\/\//.test(url)) return text;
  return el("a", { href: url, rel: "noopener noreferrer external" }, text);
}

// A table; columns: [heading, is it a number]. A cell is text, elements, or { head: ... } for a row's heading.
// As `cards` a narrow window shows each row below the other, with the headings as labels; the roles keep it a table for
// who hears it.
function table(caption, columns, rows, foot, cards) {
  const role = (name) => (cards ? name : null);
  const cells = (row) =>
    row.map((cell, place) => {
      const [label, isNumber] = columns[place];
      const number = isNumber ? "number" : null;
      if (cell && cell.head !== undefined) return el("th", { role: role("rowheader"), scope: "row", class: number }, cell.head);
      return el("td", { role: role("cell"), class: number, "data-label": role(label) }, cell);
    });
  const headings = columns.map(([text, number]) => el("th", { role: role("columnheader"), scope: "col", class: number ? "number" : null }, text));
  const lines = (some) => some.map((row) => el("tr", { role: role("row") }, cells(row)));
  return el(
    "div",
    { class: cards ? "scroll cards" : "scroll", role: "group", "aria-label": caption, tabindex: "0" },
    el(
      "table",
      { role: role("table") },
      el("caption", null, caption),
      el("thead", { role: role("rowgroup") }, el("tr", { role: role("row") }, headings)),
      el("tbody", { role: role("rowgroup") }, lines(rows)),
      foot ? el("tfoot", { role: role("rowgroup") }, lines(foot)) : null,
    ),
  );
}

// Without a name of its own it is no landmark: a page of two currencies has some of them twice.
function section(title, ...children) {
  return el("section", null, el("h2", null, title), ...children);
}
