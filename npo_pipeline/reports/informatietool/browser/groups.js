// Boards and municipalities: all of a kind in one table, and one of them with its schools.

const ORDERS = {
  name: (one, other) => (one.name < other.name ? -1 : 1),
  total: (one, other) => other.cents - one.cents || ORDERS.name(one, other),
};

function groupLines(kind) {
  const group = GROUPS[kind];
  return group.rows.name.map((name, place) => {
    const many = group.schools[place];
    const found = totals(rowsOf(many));
    return { name, place, many, cents: found.length ? found[0][1] : 0 };
  });
}

function groupRow(kind, line) {
  const where = kind === "bestuur" ? el("span", { class: "sub" }, townsText(line.many)) : null;
  const name = kind === "bestuur" ? boardTitle(line.place) : line.name;
  return [
    { head: [el("a", { href: groupLink(kind, line.name) }, name || "onbekend"), where] },
    number(line.many.length),
    totalCells(line.many, GROUPS[kind].rows, line.place),
  ];
}

// The places of a board: not every board has a name, and a place helps to recognise one.
function townsText(many) {
  const times = new Map();
  for (const school of many) added(times, municipalities.name[schools.municipality[school]] || "onbekend", 1);
  const towns = [...times].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1)).map(([name]) => name);
  return towns.length > 2 ? `${towns.slice(0, 2).join(", ")} en nog ${number(towns.length - 2)}` : listed(towns);
}

function groupsView(kind) {
  const group = GROUPS[kind];
  const lines = groupLines(kind);
  const head = kind === "bestuur" ? "Bestuur" : "Gemeente";
  const place = el("div", null);
  const show = (order) => {
    const rows = [...lines].sort(ORDERS[order]).map((line) => groupRow(kind, line));
    place.replaceChildren(table(`${group.title}, ${DATA.schoolYear}`, [[head], ["Scholen", true], ["Totaal", true]], rows));
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.order === order));
  };
  const buttons = [["name", kind === "bestuur" ? "Op nummer" : "Op naam"], ["total", "Op bedrag"]].map(([order, text]) =>
    el("button", { type: "button", "data-order": order, onclick: () => show(order) }, text),
  );
  show("name");
  return el(
    "article",
    null,
    el("h1", { tabindex: "-1" }, `${group.title} ${DATA.schoolYear}`),
    restsNotes(),
    el("div", { class: "orders", role: "group", "aria-label": "Volgorde" }, buttons),
    place,
    remarks(schools.code.map((_, school) => school)),
  );
}

function schoolsTable(many) {
  const rows = [...many]
    .sort((one, other) => (plainNames[one] < plainNames[other] ? -1 : 1))
    .map((school) => [
      { head: [el("a", { href: schoolLink(school) }, nameOf(school)), el("span", { class: "sub" }, placeOf(school))] },
      schools.code[school],
      totalCells([school], schools, school),
    ]);
  return section("Scholen", table("Scholen", [["School"], ["Vestiging"], ["Bedrag", true]], rows));
}

// What a municipality itself gets, and the schools and samenwerkingsverbanden in it, per calendar year.
function supportSection(place) {
  const found = DATA.support[place];
  if (!found) return null;
  const rows = found.map(([year, currency, ...amounts]) => [
    { head: String(year) },
    ...amounts.map((cents) => (cents === null ? "geen" : money(cents, currency))),
  ]);
  const columns = [["Jaar"], ["Gemeente zelf", true], ["Scholen", true], ["Samenwerkingsverbanden", true], ["Samen", true]];
  return section("Steunpakketten", el("p", null, DATA.words.support), table("Steunpakketten", columns, rows));
}

function groupView(kind, place) {
  const group = GROUPS[kind];
  const many = group.schools[place];
  const found = sums(rowsOf(many));
  const parts = [...found].map(([currency, sum]) => [
    totalBlock(sum, currency, restsOf(group.rows, place, currency), many),
    section(`Bedragen in ${DATA.words.currencies[currency][1]}`, sumsTable(sum, currency)),
    instalmentsSection(sum, currency),
    el("p", { class: "basis" }, basisText(currency)),
  ]);
  return el(
    "article",
    null,
    el("div", { class: "head" }, el("h1", { tabindex: "-1" }, groupName(kind, group.rows.name[place])), printButton()),
    el("p", null, el("a", { href: `#/${group.path}` }, `Alle ${group.path}`), ` · ${schoolsText(many.length)}`),
    found.size ? parts : el("p", { class: "total none" }, "Er is geen bedrag te berekenen."),
    found.size > 1 ? el("p", null, DATA.words.notAdded) : null,
    kind === "gemeente" ? supportSection(place) : null,
    schoolsTable(many),
    remarks(many),
  );
}
