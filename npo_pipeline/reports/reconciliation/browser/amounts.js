// The amounts, a row per school and component, with a filter above them that the address keeps.

const AT_ONCE = 100;

const outcomeTitle = (row) => {
  const cause = rows.cause[row] < 0 ? "" : causes.title[rows.cause[row]];
  return cause ? `${outcomes.title[rows.outcome[row]]}: ${cause}` : outcomes.title[rows.outcome[row]];
};

function schoolCell(row) {
  const place = rows.school[row];
  const board = schools.board[place];
  const under = [
    nameOf(place) === schools.code[place] ? "" : schools.code[place],
    schools.place[place],
    board && board !== schools.code[place] ? `bestuur${SPACE}${board}` : "",
  ];
  return [el("span", { class: "name" }, nameOf(place)), el("span", { class: "sub" }, under.filter(Boolean).join(" · "))];
}

function countsText(row) {
  const theirs = rows.theirCount[row];
  if (theirs === undefined) return null;
  const ours = rows.ourCount[row];
  const both = `Aantal: ${ours ?? "niet bekend"} in het besluit, ${theirs} in het bestand`;
  return el("span", { class: "sub" }, ours === theirs ? `Aantal in beide: ${theirs}` : both);
}

function amountsTable(caption, shown) {
  const columns = [["School"], ["Onderdeel"], ["Besluit", true], ["Bestand", true], ["Verschil", true], ["Uitkomst"]];
  const lines = shown.map((row) => [
    { head: schoolCell(row) },
    components.title[rows.component[row]],
    moneyOr(rows.ours[row], rows.currency[row], "geen"),
    moneyOr(rows.theirs[row], rows.currency[row], "geen"),
    rows.difference[row] === null ? "" : differenceText(rows.difference[row], rows.currency[row]),
    [el("span", { class: rows.outcome[row] ? "mark" : null }, outcomeTitle(row)), el("span", { class: "sub" }, unbroken(DATA.texts[rows.explanation[row]])), countsText(row)],
  ]);
  return table(caption, columns, lines, null, true);
}

// What is printed is all that the filter keeps, and not only what is shown of it.
let printed = null;
window.addEventListener("beforeprint", () => printed && printed());

function choice(name, label, all, options, filter, changed) {
  const select = el("select", { id: name }, el("option", { value: "" }, all), options.map(([value, title]) => el("option", { value }, title)));
  select.value = filter[name];
  select.addEventListener("change", () => changed(name, select.value));
  return el("div", null, el("label", { for: name }, label), select);
}

const present = (positions) => [...new Set(positions)].filter((place) => place >= 0).sort((one, other) => one - other);

function filterForm(filter, changed) {
  const box = el("input", { id: "zoek", type: "search", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  box.value = filter.zoek;
  box.addEventListener("input", () => changed("zoek", box.value));
  const chosen = (those, column) => present(column).map((place) => [those.name[place], those.title[place]]);
  return el(
    "form",
    { class: "filter", role: "search", "aria-label": "Bedragen kiezen" },
    el("div", { class: "wide" }, el("label", { for: "zoek" }, "School of bestuur"), box),
    choice("uitkomst", "Uitkomst", "alle", [[DIFFERENT, "alle verschillen"], ...chosen(outcomes, rows.outcome)], filter, changed),
    choice("oorzaak", "Oorzaak", "alle", chosen(causes, rows.cause), filter, changed),
    choice("onderdeel", "Onderdeel", "alle", chosen(components, rows.component), filter, changed),
  );
}

function sumsText(found) {
  const sums = new Map();
  for (const row of found) {
    if (rows.difference[row] === null) continue;
    const key = rows.currency[row];
    sums.set(key, (sums.get(key) || 0) + rows.difference[row]);
  }
  return [...sums].sort().map(([currency, cents]) => differenceText(cents, currency));
}

// What a filter chose, in words: on paper its form is not there to see.
function chosenText(filter) {
  const titled = (those, name) => those.title[those.name.indexOf(name)] || "";
  const outcome = filter.uitkomst === DIFFERENT ? "alle verschillen" : titled(outcomes, filter.uitkomst);
  const text = filter.zoek.trim() ? `“${filter.zoek.trim()}”` : "";
  return [text, outcome, titled(causes, filter.oorzaak), titled(components, filter.onderdeel)].filter(Boolean).join(", ");
}

function foundText(found, filter) {
  const chosen = chosenText(filter);
  const what = chosen ? ` (${chosen})` : "";
  if (!found.length) return `Niets gevonden${what}.`;
  const sums = sumsText(found);
  return `${several(found.length, "bedrag", "bedragen")}${what}${sums.length ? `; verschil samen ${listed(sums)}` : ""}.`;
}

function amountsView(address) {
  const filter = readFilter(address);
  const status = el("p", { role: "status", "aria-live": "polite", class: "found" });
  const place = el("div", null);
  const more = el("button", { type: "button", onclick: () => shownUpTo(limit + 10 * AT_ONCE) }, "Toon meer");
  let limit = AT_ONCE;
  let found = [];
  const shownUpTo = (next) => {
    limit = next;
    place.replaceChildren(...(found.length ? [amountsTable("Bedragen", found.slice(0, limit))] : []));
    more.hidden = found.length <= limit;
  };
  const search = () => {
    found = filtered(filter);
    status.textContent = foundText(found, filter);
    shownUpTo(AT_ONCE);
  };
  const form = filterForm(filter, (name, value) => {
    filter[name] = value;
    history.replaceState(null, "", filterLink(filter));
    marked(tabOf(filter));
    search();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  search();
  printed = () => shownUpTo(found.length);
  return el(
    "article",
    null,
    el("div", { class: "head" }, el("h1", { tabindex: "-1" }, "Bedragen naast elkaar"), printButton()),
    form,
    status,
    place,
    more,
  );
}

const tabOf = (filter) => (filter.uitkomst === DIFFERENT ? "verschillen" : "bedragen");
